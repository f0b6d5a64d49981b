/* Log lines, read back through a pipe. */
#include "hk_log.h"

#include "failalloc.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#define TIME_LEN 24 /* "2026-11-21T05:49:46.123Z" */

static int ends[2];

static void open_log(enum hk_log_level level, enum hk_log_format format)
{
    ck_assert_int_eq(pipe(ends), 0);
    hk_log_setup(level, format, ends[1]);
}

/* What was logged, with digits of its time turned to 0. */
static const char *read_log(size_t time_at)
{
    static char text[2048];
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    close(ends[0]);
    for (size_t i = time_at; i < time_at + TIME_LEN && i < (size_t)n; i++)
        if (text[i] >= '0' && text[i] <= '9')
            text[i] = '0';
    return text;
}

static const struct hk_log_field FIELDS[] = {
    {"path", HK_STR("/a b"), 0},
    {"word", HK_STR("x"), 0},
    {"empty", HK_STR(""), 0},
    {"bytes", {NULL, 0}, -42},
    {"bad", HK_STR("\"\\\n\x1b[2J\xff\xc3\xa4\xed\xa0\x80"), 0},
};
#define COUNT (sizeof FIELDS / sizeof *FIELDS)

START_TEST(a_line_is_json)
{
    open_log(HK_LOG_INFO, HK_LOG_JSON);
    hk_log(HK_LOG_WARN, "it\xfe said \"no\"", FIELDS, COUNT);
    ck_assert_str_eq(read_log(9),
                     "{\"time\":\"0000-00-00T00:00:00.000Z\",\"level\":\"warn\","
                     "\"msg\":\"it\xEF\xBF\xBD said \\\"no\\\"\",\"path\":\"/a b\",\"word\":\"x\","
                     "\"empty\":\"\",\"bytes\":-42,\"bad\":\"\\\"\\\\\\n\\u001b[2J\xEF\xBF\xBD"
                     "\xc3\xa4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"}\n");
}
END_TEST

START_TEST(a_line_is_text)
{
    open_log(HK_LOG_INFO, HK_LOG_TEXT);
    hk_log(HK_LOG_INFO, "a\nb", FIELDS, COUNT);
    ck_assert_str_eq(read_log(0),
                     "0000-00-00T00:00:00.000Z info  a?b path=\"/a b\" word=x empty=\"\" bytes=-42 "
                     "bad=\"\"\\??[2J\xEF\xBF\xBD\xc3\xa4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"\n");
}
END_TEST

START_TEST(less_than_the_level_is_not_written)
{
    for (int at = HK_LOG_DEBUG; at <= HK_LOG_ERROR; at++)
        for (int level = HK_LOG_DEBUG; level <= HK_LOG_ERROR; level++) {
            open_log((enum hk_log_level)at, HK_LOG_JSON);
            hk_log((enum hk_log_level)level, "x", NULL, 0);
            ck_assert_int_eq(read_log(9)[0] != '\0', level >= at);
            ck_assert_int_eq(hk_log_enabled((enum hk_log_level)level), level >= at);
        }
}
END_TEST

START_TEST(words_are_parsed)
{
    enum hk_log_level level = HK_LOG_ERROR;
    enum hk_log_format format = HK_LOG_TEXT;
    ck_assert_int_eq(hk_log_level_parse("debug", &level), 0);
    ck_assert_int_eq(level, HK_LOG_DEBUG);
    ck_assert_int_eq(hk_log_level_parse("error", &level), 0);
    ck_assert_int_eq(level, HK_LOG_ERROR);
    ck_assert_int_eq(hk_log_format_parse("json", &format), 0);
    ck_assert_int_eq(format, HK_LOG_JSON);
    ck_assert_int_eq(hk_log_format_parse("text", &format), 0);
    ck_assert_int_eq(format, HK_LOG_TEXT);
    ck_assert_int_eq(hk_log_level_parse("", &level), -1);
    ck_assert_int_eq(hk_log_level_parse("INFO", &level), -1);
    ck_assert_int_eq(hk_log_format_parse("xml", &format), -1);
    ck_assert_int_eq(level, HK_LOG_ERROR);
    ck_assert_int_eq(format, HK_LOG_TEXT);
}
END_TEST

static int log_a_line(void *arg)
{
    (void)arg;
    open_log(HK_LOG_INFO, HK_LOG_JSON);
    hk_log(HK_LOG_INFO, "whole", NULL, 0);
    bool is_whole = strstr(read_log(9), "\"msg\":\"whole\"}\n") != NULL;
    return is_whole ? 0 : -1;
}

START_TEST(a_line_that_finds_no_memory_says_so)
{
    ck_assert_int_gt(failalloc_loop(log_a_line, NULL), 0);
    failalloc_start(0);
    open_log(HK_LOG_INFO, HK_LOG_JSON);
    hk_log(HK_LOG_INFO, "whole", NULL, 0);
    ck_assert_int_eq(failalloc_stop(), 0);
    ck_assert_str_eq(read_log(2048),
                     "{\"level\":\"error\",\"msg\":\"out of memory for a log line\"}\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");
    tcase_add_test(tcase, a_line_is_json);
    tcase_add_test(tcase, a_line_is_text);
    tcase_add_test(tcase, less_than_the_level_is_not_written);
    tcase_add_test(tcase, words_are_parsed);
    tcase_add_test(tcase, a_line_that_finds_no_memory_says_so);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
