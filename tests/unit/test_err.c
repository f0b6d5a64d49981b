/* test_err.c - the error record: first wins, clipping, prefixes, the table of kinds. */
#include "hk_err.h"
#include "hk_log.h"
#include "run_suite.h"

#include <check.h>

static struct hk_err made(const char *path, const char *text)
{
    struct hk_err err = {0};
    ck_assert_int_eq(hk_err_set(&err, HK_ERR_INVALID, path, "%s", text), -1);
    return err;
}

static void fill(char *to, const char *unit, size_t times, const char *tail)
{
    to[0] = '\0';
    while (times--)
        strcat(to, unit);
    strcat(to, tail);
}

START_TEST(set_records_everything)
{
    struct hk_err err = {0};
    ck_assert_int_eq(hk_err_set(&err, HK_ERR_TOO_LARGE, "parent.spec", "is %d, at most %d", 7, 3),
                     -1);
    ck_assert_int_eq(err.kind, HK_ERR_TOO_LARGE);
    ck_assert_str_eq(err.path, "parent.spec");
    ck_assert_str_eq(err.text, "is 7, at most 3");
}
END_TEST

START_TEST(first_error_wins)
{
    struct hk_err err = made("a", "first");
    ck_assert_int_eq(hk_err_set(&err, HK_ERR_INTERNAL, "b", "second"), -1);
    ck_assert_int_eq(hk_err_memory(&err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_INVALID);
    ck_assert_str_eq(err.path, "a");
    ck_assert_str_eq(err.text, "first");
}
END_TEST

START_TEST(null_err_and_null_path)
{
    ck_assert_int_eq(hk_err_set(NULL, HK_ERR_INVALID, "a", "text"), -1);
    ck_assert_int_eq(hk_err_memory(NULL), -1);
    hk_err_prefix(NULL, "a");
    struct hk_err err = made(NULL, "text");
    ck_assert_str_eq(err.path, "");
}
END_TEST

START_TEST(memory_is_an_error_of_its_own)
{
    struct hk_err err = {0};
    ck_assert_int_eq(hk_err_memory(&err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_MEMORY);
    ck_assert_str_eq(err.path, "");
    ck_assert_str_eq(err.text, "out of memory");
}
END_TEST

/* Texts of `count` units and a tail, and the length that stays of text (192) and path (128). */
static const struct {
    const char *unit;
    size_t count;
    const char *tail;
    size_t text_len, path_len;
} clips[] = {
    {"x", 127, "", 127, 127},
    {"x", 128, "", 128, 127},
    {"x", 191, "", 191, 127},
    {"x", 192, "", 191, 127},
    {"x", 1000, "", 191, 127},
    {"x", 125, "\xC3\xA9", 127, 127},
    {"x", 126, "\xC3\xA9", 128, 126},
    {"x", 189, "\xC3\xA9", 191, 127},
    {"x", 190, "\xC3\xA9", 190, 127},
    {"x", 188, "\xE2\x82\xAC", 191, 127},
    {"x", 189, "\xE2\x82\xAC", 189, 127},
    {"x", 190, "\xE2\x82\xAC", 190, 127},
    {"x", 187, "\xF0\x9F\x94\xA5", 191, 127},
    {"x", 188, "\xF0\x9F\x94\xA5", 188, 127},
    {"x", 190, "\xF0\x9F\x94\xA5", 190, 127},
    {"\xF0\x9F\x94\xA5", 100, "", 188, 124},
    {"\xC3\xA9", 200, "", 190, 126},
};

START_TEST(clips_at_a_character)
{
    char input[1100];
    fill(input, clips[_i].unit, clips[_i].count, clips[_i].tail);
    struct hk_err err = made(input, input);
    ck_assert_uint_eq(strlen(err.text), clips[_i].text_len);
    ck_assert_uint_eq(strlen(err.path), clips[_i].path_len);
    ck_assert_int_eq(strncmp(err.text, input, clips[_i].text_len), 0);
    ck_assert_int_eq(strncmp(err.path, input, clips[_i].path_len), 0);
}
END_TEST

#define FFFD "\xEF\xBF\xBD"

static const struct {
    const char *in, *want;
} mends[] = {
    {"two\nlines\r\tand \x7F", "two lines  and  "},
    {"stray \x80 here", "stray " FFFD " here"},
    {"cut \xE2\x82", "cut " FFFD FFFD},
    {"overlong \xC0\xAF", "overlong " FFFD FFFD},
    {"overlong \xE0\x9F\xBF", "overlong " FFFD FFFD FFFD},
    {"overlong \xF0\x8F\xBF\xBF", "overlong " FFFD FFFD FFFD FFFD},
    {"surrogate \xED\xA0\x80", "surrogate " FFFD FFFD FFFD},
    {"beyond \xF4\x90\x80\x80", "beyond " FFFD FFFD FFFD FFFD},
    {"beyond \xF5\x80\x80\x80", "beyond " FFFD FFFD FFFD FFFD},
    {"edges \x7E\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
     "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
     "edges \x7E\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
     "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
};

START_TEST(text_is_one_line_of_utf8)
{
    struct hk_err err = made(mends[_i].in, mends[_i].in);
    ck_assert_str_eq(err.text, mends[_i].want);
    ck_assert_str_eq(err.path, mends[_i].want);
}
END_TEST

/* A replacement is longer than what it replaces: the buffer it is made in must still hold enough.
 */
START_TEST(mended_text_is_clipped_too)
{
    char input[400];
    memset(input, '\xFF', sizeof(input) - 1);
    input[sizeof(input) - 1] = '\0';
    struct hk_err err = made(input, input);
    ck_assert_uint_eq(strlen(err.text), 189);
    ck_assert_uint_eq(strlen(err.path), 126);
    ck_assert_int_eq(strncmp(err.text + 186, FFFD, 3), 0);
}
END_TEST

static const struct {
    const char *prefix, *path, *want;
} prefixes[] = {
    {"parent", "spec.x", "parent.spec.x"},
    {"parent", "", "parent"},
    {"children", "[Pod.v1][a]", "children[Pod.v1][a]"},
    {"", "spec", "spec"},
    {"", "", ""},
    {NULL, "spec", "spec"},
};

START_TEST(prefix_joins)
{
    struct hk_err err = made(prefixes[_i].path, "text");
    hk_err_prefix(&err, prefixes[_i].prefix);
    ck_assert_str_eq(err.path, prefixes[_i].want);
    ck_assert_str_eq(err.text, "text");
}
END_TEST

START_TEST(prefix_needs_an_error)
{
    struct hk_err err = {0};
    hk_err_prefix(&err, "parent");
    ck_assert_int_eq(err.kind, HK_ERR_NONE);
    ck_assert_str_eq(err.path, "");
}
END_TEST

START_TEST(long_prefix_clips_the_tail)
{
    char path[128], prefix[300];
    fill(path, "p", 100, "");
    struct hk_err err = made(path, "text");
    hk_err_prefix(&err, "0123456789012345678901234");
    ck_assert_uint_eq(strlen(err.path), 126);
    hk_err_prefix(&err, "ab");
    ck_assert_uint_eq(strlen(err.path), 127);
    ck_assert_int_eq(strncmp(err.path, "ab.0123", 7), 0);

    fill(prefix, "\xC3\xA9", 140, "");
    hk_err_prefix(&err, prefix);
    ck_assert_uint_eq(strlen(err.path), 126);
    ck_assert_int_eq(strncmp(err.path, prefix, 126), 0);
}
END_TEST

static const struct {
    enum hk_err_kind kind;
    const char *word;
    int status, level;
} kinds[] = {
    {HK_ERR_NONE, "none", 200, HK_LOG_DEBUG},
    {HK_ERR_MALFORMED, "malformed", 400, HK_LOG_WARN},
    {HK_ERR_INVALID, "invalid", 400, HK_LOG_WARN},
    {HK_ERR_UNAUTHORIZED, "unauthorized", 401, HK_LOG_WARN},
    {HK_ERR_NOT_FOUND, "notFound", 404, HK_LOG_INFO},
    {HK_ERR_METHOD, "methodNotAllowed", 405, HK_LOG_INFO},
    {HK_ERR_LENGTH_REQUIRED, "lengthRequired", 411, HK_LOG_INFO},
    {HK_ERR_TOO_LARGE, "tooLarge", 413, HK_LOG_WARN},
    {HK_ERR_MEDIA_TYPE, "unsupportedMediaType", 415, HK_LOG_INFO},
    {HK_ERR_OVERLOADED, "overloaded", 429, HK_LOG_WARN},
    {HK_ERR_MEMORY, "outOfMemory", 500, HK_LOG_ERROR},
    {HK_ERR_INTERNAL, "internal", 500, HK_LOG_ERROR},
    {HK_ERR_COUNT, "internal", 500, HK_LOG_ERROR}, /* no kind */
};

START_TEST(kinds_have_words_and_statuses)
{
    ck_assert_str_eq(hk_err_word(kinds[_i].kind), kinds[_i].word);
    ck_assert_int_eq(hk_err_http_status(kinds[_i].kind), kinds[_i].status);
    ck_assert_int_eq(hk_err_log_level(kinds[_i].kind), kinds[_i].level);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("err");
    TCase *tc = tcase_create("err");
    tcase_add_test(tc, set_records_everything);
    tcase_add_test(tc, first_error_wins);
    tcase_add_test(tc, null_err_and_null_path);
    tcase_add_test(tc, memory_is_an_error_of_its_own);
    tcase_add_loop_test(tc, clips_at_a_character, 0, COUNT(clips));
    tcase_add_loop_test(tc, text_is_one_line_of_utf8, 0, COUNT(mends));
    tcase_add_test(tc, mended_text_is_clipped_too);
    tcase_add_loop_test(tc, prefix_joins, 0, COUNT(prefixes));
    tcase_add_test(tc, prefix_needs_an_error);
    tcase_add_test(tc, long_prefix_clips_the_tail);
    tcase_add_loop_test(tc, kinds_have_words_and_statuses, 0, COUNT(kinds));
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
