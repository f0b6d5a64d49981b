/* test_time.c - RFC 3339: what is read, what is refused, what is written. */
#include "hk_time.h"
#include "run_suite.h"

#include <check.h>

static const struct {
    const char *text;
    int64_t seconds;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:01Z", 1},
    {"1969-12-31T23:59:59Z", -1},
    {"2026-11-21T05:49:46Z", 1795240186},
    {"2026-11-21T05:49:46.999999999Z", 1795240186},
    {"2026-11-21T05:49:46.5+00:00", 1795240186},
    {"1969-12-31T23:59:59.9Z", -1},
    {"2026-11-21T07:49:46+02:00", 1795240186},
    {"2026-11-21T00:19:46-05:30", 1795240186},
    {"2026-11-21T05:49:46-00:00", 1795240186},
    {"2026-11-22T05:48:46+23:59", 1795240186},
    {"2026-11-21t05:49:46z", 1795240186},
    {"2000-02-29T00:00:00Z", 951782400},
    {"2000-03-01T00:00:00Z", 951868800},
    {"2024-02-29T12:00:00Z", 1709208000},
    {"1900-03-01T00:00:00Z", -2203891200},
    {"2038-01-19T03:14:08Z", 2147483648},
    {"0000-01-01T00:00:00Z", -62167219200},
    {"0001-01-01T00:00:00Z", -62135596800},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"9999-12-31T23:59:59-23:59", 253402387139},
    {"0000-01-01T00:00:00+23:59", -62167305540},
};

START_TEST(good_times_are_read)
{
    int64_t seconds = 0;
    ck_assert_int_eq(hk_time_parse(hk_str_of(good[_i].text), &seconds), 0);
    ck_assert_int_eq(seconds, good[_i].seconds);
}
END_TEST

static const char *const bad[] = {
    "",
    "2026",
    "2026-11-21",
    "2026-11-21T05:49:46",
    "2026-11-21T05:49:46Zx",
    "2026-11-21T05:49:46ZZ",
    " 2026-11-21T05:49:46Z",
    "2026-11-21T05:49:46Z ",
    "2026-11-21 05:49:46Z",
    "2026-11-21T05:49Z",
    "2026-11-21T5:49:46Z",
    "2026-1-21T05:49:46Z",
    "26-11-21T05:49:46Z",
    "+2026-11-21T05:49:46Z",
    "-001-11-21T05:49:46Z",
    "12026-11-21T05:49:46Z",
    "2026-00-21T05:49:46Z",
    "2026-13-21T05:49:46Z",
    "2026-11-00T05:49:46Z",
    "2026-11-31T05:49:46Z",
    "2026-02-29T05:49:46Z",
    "1900-02-29T05:49:46Z",
    "2026-01-32T05:49:46Z",
    "2026-11-21T24:00:00Z",
    "2026-11-21T05:60:00Z",
    "2026-12-31T23:59:60Z",
    "2026-11-21T05:49:46.Z",
    "2026-11-21T05:49:46.",
    "2026-11-21T05:49:46,5Z",
    "2026-11-21T05:49:46+02",
    "2026-11-21T05:49:46+0200",
    "2026-11-21T05:49:46+24:00",
    "2026-11-21T05:49:46+02:60",
    "2026-11-21T05:49:46*02:00",
    "2026-11-21T05:49:46+02:00Z",
    "2026-11-21T05:49:4",
    "2026-11-21T05:49:46\xC3\xA9",
};

START_TEST(bad_times_are_refused)
{
    int64_t seconds = 77;
    ck_assert_int_eq(hk_time_parse(hk_str_of(bad[_i]), &seconds), -1);
    ck_assert_int_eq(seconds, 77);
}
END_TEST

START_TEST(length_counts_not_a_nul)
{
    int64_t seconds = 77;
    static const char text[] = "1970-01-01T00:00:01Z\0";
    ck_assert_int_eq(hk_time_parse((struct hk_str){text, sizeof(text) - 1}, &seconds), -1);
    ck_assert_int_eq(hk_time_parse((struct hk_str){NULL, 0}, &seconds), -1);
    ck_assert_int_eq(hk_time_parse((struct hk_str){"1970-01-01T00:00:01\0", 20}, &seconds), -1);
    ck_assert_int_eq(hk_time_parse((struct hk_str){"1970-01-01T00:00:01Z5", 20}, &seconds), 0);
    ck_assert_int_eq(seconds, 1);
}
END_TEST

static const struct {
    int64_t seconds;
    const char *text;
} written[] = {
    {0, "1970-01-01T00:00:00Z"},
    {-1, "1969-12-31T23:59:59Z"},
    {1795240186, "2026-11-21T05:49:46Z"},
    {951782400, "2000-02-29T00:00:00Z"},
    {-62167219200, "0000-01-01T00:00:00Z"},
    {-62167219201, "0000-01-01T00:00:00Z"},
    {INT64_MIN, "0000-01-01T00:00:00Z"},
    {253402300799, "9999-12-31T23:59:59Z"},
    {253402300800, "9999-12-31T23:59:59Z"},
    {INT64_MAX, "9999-12-31T23:59:59Z"},
};

START_TEST(times_are_written)
{
    char text[HK_TIME_SIZE];
    hk_time_format(written[_i].seconds, text);
    ck_assert_str_eq(text, written[_i].text);
}
END_TEST

/* Every day of 10000 years, at a time of day that moves, against itself and the calendar's order.
 */
START_TEST(every_day_comes_back)
{
    char before[HK_TIME_SIZE] = "", text[HK_TIME_SIZE];
    int64_t of_day = 0;
    for (int64_t day = -62167219200; day <= 253402214400; day += 86400) {
        of_day = (of_day + 7919) % 86400;
        hk_time_format(day + of_day, text);
        int64_t seconds = 0;
        if (hk_time_parse(hk_str_of(text), &seconds) < 0 || seconds != day + of_day ||
            strcmp(before, text) >= 0)
            ck_abort_msg("%lld after %s became %s, read as %lld", (long long)(day + of_day), before,
                         text, (long long)seconds);
        memcpy(before, text, sizeof(text));
    }
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("time");
    TCase *tc = tcase_create("time");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, good_times_are_read, 0, COUNT(good));
    tcase_add_loop_test(tc, bad_times_are_refused, 0, COUNT(bad));
    tcase_add_test(tc, length_counts_not_a_nul);
    tcase_add_loop_test(tc, times_are_written, 0, COUNT(written));
    tcase_add_test(tc, every_day_comes_back);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
