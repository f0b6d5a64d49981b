/* Text cut and mended: what ends in a status or an error may have been cut anywhere. */
#include "hk_utf8.h"
#include "run_suite.h"

#include <check.h>

static const struct {
    size_t size;
    const char *from, *want;
} copy_rows[] = {
    {8, "", ""},
    {1, "abc", ""},
    {4, "abc", "abc"},
    {3, "abc", "ab"},
    {8, "a\nb\x1B\x7F", "a b  "},
    {3, "a\xC3\xA9", "a"},
    {4, "a\xC3\xA9", "a\xC3\xA9"},
    {8, "a\xC3", "a" HK_UTF8_REPLACEMENT},
    {4, "ab\xC3", "ab"},
    {16, "\xA9x\xF0\x9F\x98",
     HK_UTF8_REPLACEMENT "x" HK_UTF8_REPLACEMENT HK_UTF8_REPLACEMENT HK_UTF8_REPLACEMENT},
};

START_TEST(test_copy)
{
    char to[32];
    memset(to, 'z', sizeof to);
    hk_utf8_copy(to, copy_rows[_i].size, copy_rows[_i].from);
    ck_assert_str_eq(to, copy_rows[_i].want);
}
END_TEST

static const struct {
    const char *text;
    size_t max, want;
} clip_rows[] = {
    {"", 0, 0},
    {"abc", 3, 3},
    {"abc", 2, 2},
    {"a\xC3\xA9", 2, 1},
    {"a\xC3\xA9", 3, 3},
    {"\xF0\x9F\x98\x80", 3, 0},
    {"\xF0\x9F\x98\x80x", 4, 4},
};

START_TEST(test_clip)
{
    ck_assert_uint_eq(hk_utf8_clip(hk_str_of(clip_rows[_i].text), clip_rows[_i].max),
                      clip_rows[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_copy, 0, sizeof copy_rows / sizeof copy_rows[0]);
    tcase_add_loop_test(tcase, test_clip, 0, sizeof clip_rows / sizeof clip_rows[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
