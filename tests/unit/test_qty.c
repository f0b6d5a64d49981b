/* test_qty.c - quantities against what Kubernetes' own library makes of the same text. */
#include "hk_qty.h"
#include "run_suite.h"

#include <check.h>

static const struct row {
    const char *text;
    const char *canonical; /* NULL: refused */
    int64_t milli;
} rows[] = {
#include "qty_rows.h"
};

START_TEST(as_kubernetes_does)
{
    const struct row *row = &rows[_i];
    struct hk_qty qty = {.milli = 77, .text = "untouched"};
    struct hk_err err = {0};
    int status = hk_qty_parse(hk_str_of(row->text), &qty, &err);
    if (!row->canonical) {
        ck_assert_msg(status == -1, "\"%s\" was read as %s", row->text, qty.text);
        ck_assert_int_eq(err.kind, HK_ERR_INVALID);
        ck_assert_str_eq(err.path, "");
        ck_assert_int_eq(strncmp(err.text, "must be a quantity such as 500m, ", 33), 0);
        ck_assert_int_eq(qty.milli, 77);
        ck_assert_str_eq(qty.text, "untouched");
        return;
    }
    ck_assert_msg(status == 0, "\"%s\": %s", row->text, err.text);
    ck_assert_str_eq(qty.text, row->canonical);
    ck_assert_int_eq(qty.milli, row->milli);

    struct hk_qty again;
    ck_assert_int_eq(hk_qty_parse(hk_str_of(qty.text), &again, NULL), 0);
    ck_assert_str_eq(again.text, qty.text);
    ck_assert_int_eq(again.milli, qty.milli);
    ck_assert_int_eq(hk_qty_cmp(&again, &qty), 0);
}
END_TEST

static const struct {
    const char *text, *error;
} errors[] = {
    {"", "must be a quantity such as 500m, 2, 1.5Gi or 1e3, is \"\""},
    {"1GB", "must be a quantity such as 500m, 2, 1.5Gi or 1e3, is \"1GB\""},
    {"1000E", "must be a quantity such as 500m, 2, 1.5Gi or 1e3, is \"1000E\" (too large)"},
    {"1234567890123456789012345678901234567890123456789012345678901234",
     "must be a quantity such as 500m, 2, 1.5Gi or 1e3, is "
     "\"1234567890123456789012345678901234567890\"... (too long)"},
};

START_TEST(errors_say_what_was_found)
{
    struct hk_qty qty;
    struct hk_err err = {0};
    ck_assert_int_eq(hk_qty_parse(hk_str_of(errors[_i].text), &qty, &err), -1);
    ck_assert_str_eq(err.text, errors[_i].error);
}
END_TEST

START_TEST(any_bytes_are_taken)
{
    struct hk_qty qty;
    static const char nul[] = "1\0Ki";
    ck_assert_int_eq(hk_qty_parse((struct hk_str){nul, 4}, &qty, NULL), -1);
    ck_assert_int_eq(hk_qty_parse((struct hk_str){nul, 2}, &qty, NULL), -1);
    ck_assert_int_eq(hk_qty_parse((struct hk_str){NULL, 0}, &qty, NULL), -1);
    ck_assert_int_eq(hk_qty_parse(HK_STR("1\xFF"), &qty, NULL), -1);
    ck_assert_int_eq(hk_qty_parse((struct hk_str){"12345", 2}, &qty, NULL), 0);
    ck_assert_str_eq(qty.text, "12");
}
END_TEST

/* Exponents that Go would compute for minutes. */
static const struct row far_rows[] = {
    {"1e-2000000000", "1e-9", 1},
    {"-1e-2000000000", "-1e-9", -1},
    {"1e1999999999", "10e1999999998", INT64_MAX},
    {"-1e1999999999", "-10e1999999998", INT64_MIN},
    {"0e2000000000", "0", 0},
    {"1e2000000001", NULL, 0},
    {"1e-2000000001", NULL, 0},
    {"1e4294967299", NULL, 0},
    {"1e18446744073709551619", NULL, 0},
};

START_TEST(far_exponents)
{
    struct hk_qty qty;
    int status = hk_qty_parse(hk_str_of(far_rows[_i].text), &qty, NULL);
    ck_assert_int_eq(status, far_rows[_i].canonical ? 0 : -1);
    if (status == 0) {
        ck_assert_str_eq(qty.text, far_rows[_i].canonical);
        ck_assert_int_eq(qty.milli, far_rows[_i].milli);
    }
}
END_TEST

/* Ascending; the same rank is the same value. */
static const struct {
    const char *text;
    int rank;
} order[] = {
    {"-1e1000", -9},
    {"-99999999999999999999", -8},
    {"-8Ei", -7},
    {"-1Ki", -6},
    {"-1k", -5},
    {"-1", -4},
    {"-1n", -3},
    {"-0", 0},
    {"0Ki", 0},
    {"0", 0},
    {"0.1n", 1},
    {"1n", 1},
    {"1m", 2},
    {"0.001", 2},
    {"999m", 3},
    {"1", 4},
    {"1000m", 4},
    {"+1.000", 4},
    {"1e0", 4},
    {"1k", 5},
    {"1e3", 5},
    {"1023", 6},
    {"1Ki", 7},
    {"1.024k", 7},
    {"0.0009765625Mi", 7},
    {"1Gi", 8},
    {"1024Mi", 8},
    {"1073741825", 9},
    {"9223372036854775807m", 10},
    {"9223372036854775808m", 11},
    {"9223372036854775806", 12},
    {"9223372036854775807", 13},
    {"8Ei", 13},
    {"9223372036854775808", 14},
    {"9.3E", 15},
    {"18446744073709551615", 16},
    {"18446744073709551616", 17},
    {"18446744073709551616.000000001", 18},
    {"18446744073709551616.000000002", 19},
    {"1e999", 20},
    {"10e999", 21},
    {"1e1000", 21},
    {"2e1000", 22},
};

START_TEST(comparison_is_exact)
{
    struct hk_qty a, b;
    ck_assert_int_eq(hk_qty_parse(hk_str_of(order[_i].text), &a, NULL), 0);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        ck_assert_int_eq(hk_qty_parse(hk_str_of(order[i].text), &b, NULL), 0);
        int want = (order[_i].rank > order[i].rank) - (order[_i].rank < order[i].rank);
        int got = hk_qty_cmp(&a, &b);
        ck_assert_msg((got > 0) - (got < 0) == want, "%s against %s gives %d", order[_i].text,
                      order[i].text, got);
    }
}
END_TEST

START_TEST(a_zeroed_quantity_is_zero)
{
    struct hk_qty zero = {0}, one, minus;
    ck_assert_int_eq(hk_qty_parse(HK_STR("1"), &one, NULL), 0);
    ck_assert_int_eq(hk_qty_parse(HK_STR("-1"), &minus, NULL), 0);
    ck_assert_int_lt(hk_qty_cmp(&zero, &one), 0);
    ck_assert_int_gt(hk_qty_cmp(&zero, &minus), 0);
    ck_assert_int_eq(hk_qty_cmp(&zero, &zero), 0);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("qty");
    TCase *tc = tcase_create("qty");
    tcase_add_loop_test(tc, as_kubernetes_does, 0, COUNT(rows));
    tcase_add_loop_test(tc, errors_say_what_was_found, 0, COUNT(errors));
    tcase_add_test(tc, any_bytes_are_taken);
    tcase_add_loop_test(tc, far_exponents, 0, COUNT(far_rows));
    tcase_add_loop_test(tc, comparison_is_exact, 0, COUNT(order));
    tcase_add_test(tc, a_zeroed_quantity_is_zero);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
