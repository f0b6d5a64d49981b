/* test_log.c - log lines: their form, one write a line, what is dropped, what is mended. */
#include "failalloc.h"
#include "hk_log.h"
#include "hk_time.h"
#include "run_suite.h"

#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A packet socket keeps the bounds of writes: one packet is one write(2). */
static int ends[2];

static void open_ends(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
}

static void close_ends(void)
{
    hk_log_setup(HK_LOG_INFO, HK_LOG_JSON, STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
}

static char line[70000];

static ssize_t next_line(void)
{
    ssize_t len = recv(ends[0], line, sizeof(line) - 1, MSG_DONTWAIT);
    line[len < 0 ? 0 : len] = '\0';
    return len;
}

/* The time of a line, which must be about now; what follows it is put to *rest. */
static void check_time(const char *text, const char **rest)
{
    int64_t seconds = 0;
    ck_assert_uint_ge(strlen(text), 24);
    ck_assert_int_eq(text[19], '.');
    ck_assert_int_eq(hk_time_parse((struct hk_str){text, 24}, &seconds), 0);
    ck_assert_int_le(llabs(seconds - (int64_t)time(NULL)), 60);
    *rest = text + 24;
}

static const struct hk_log_field two[] = {{"path", {"/a b", 4}, 0}, {"status", {NULL, 0}, -200}};

static const struct {
    enum hk_log_level level;
    const char *message;
    struct hk_log_field field;
    const char *json, *text; /* after the time */
} lines[] = {
    {HK_LOG_DEBUG,
     "m",
     {"k", {"v", 1}, 0},
     "\",\"level\":\"debug\",\"msg\":\"m\",\"k\":\"v\"}\n",
     " debug m k=v\n"},
    {HK_LOG_INFO,
     "m",
     {"k", {NULL, 0}, INT64_MIN},
     "\",\"level\":\"info\",\"msg\":\"m\",\"k\":-9223372036854775808}\n",
     " info  m k=-9223372036854775808\n"},
    {HK_LOG_WARN,
     "m",
     {"k", {"", 0}, 7},
     "\",\"level\":\"warn\",\"msg\":\"m\",\"k\":\"\"}\n",
     " warn  m k=\"\"\n"},
    {HK_LOG_ERROR,
     "a \"b\"\nc",
     {"k", {"x y=\"\n", 6}, 0},
     "\",\"level\":\"error\",\"msg\":\"a \\\"b\\\"\\nc\",\"k\":\"x y=\\\"\\n\"}\n",
     " error a \"b\" c k=\"x y=\\\"\\n\"\n"},
    {HK_LOG_ERROR,
     "\xFFm\xE2\x82",
     {"k", {"\x80\xC3\xA9\xED\xA0\x80", 6}, 0},
     "\",\"level\":\"error\",\"msg\":\"\xEF\xBF\xBDm\xEF\xBF\xBD\xEF\xBF\xBD\","
     "\"k\":\"\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"}\n",
     " error \xEF\xBF\xBDm\xEF\xBF\xBD\xEF\xBF\xBD "
     "k=\"\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"\n"},
    {HK_LOG_INFO,
     "m",
     {"k", {"a\0b", 3}, 0},
     "\",\"level\":\"info\",\"msg\":\"m\",\"k\":\"a\\u0000b\"}\n",
     " info  m k=\"a\\u0000b\"\n"},
    {HK_LOG_INFO,
     "\x1B[2J",
     {"k", {"\x1B[2J", 4}, 0},
     "\",\"level\":\"info\",\"msg\":\"\\u001b[2J\",\"k\":\"\\u001b[2J\"}\n",
     " info   [2J k=\"\\u001b[2J\"\n"},
    {HK_LOG_INFO,
     "m",
     {"k",
      {"\xC2\x9B"
       "2J\x7F\xC2\xA0",
       7},
      0},
     "\",\"level\":\"info\",\"msg\":\"m\",\"k\":\"\xC2\x9B"
     "2J\x7F\xC2\xA0\"}\n",
     " info  m k=\"\\u009b2J\\u007f\xC2\xA0\"\n"},
    {HK_LOG_INFO,
     NULL,
     {"k", {"v", 1}, 0},
     "\",\"level\":\"info\",\"msg\":\"\",\"k\":\"v\"}\n",
     " info   k=v\n"},
};

START_TEST(a_line_as_json)
{
    const char *rest;
    hk_log_setup(HK_LOG_DEBUG, HK_LOG_JSON, ends[1]);
    hk_log(lines[_i].level, lines[_i].message, &lines[_i].field, 1);
    ck_assert_int_gt(next_line(), 0);
    json_t *tree = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(tree);
    json_decref(tree);
    ck_assert_int_eq(strncmp(line, "{\"time\":\"", 9), 0);
    check_time(line + 9, &rest);
    ck_assert_str_eq(rest, lines[_i].json);
    ck_assert_int_lt(next_line(), 0);
}
END_TEST

START_TEST(a_line_as_text)
{
    const char *rest;
    hk_log_setup(HK_LOG_DEBUG, HK_LOG_TEXT, ends[1]);
    hk_log(lines[_i].level, lines[_i].message, &lines[_i].field, 1);
    ck_assert_int_gt(next_line(), 0);
    check_time(line, &rest);
    ck_assert_str_eq(rest, lines[_i].text);
    ck_assert_int_lt(next_line(), 0);
}
END_TEST

START_TEST(many_fields_and_none)
{
    const char *rest;
    hk_log_setup(HK_LOG_INFO, HK_LOG_TEXT, ends[1]);
    hk_log(HK_LOG_INFO, "m", two, 2);
    next_line();
    check_time(line, &rest);
    ck_assert_str_eq(rest, " info  m path=\"/a b\" status=-200\n");
    hk_log(HK_LOG_INFO, "m", NULL, 0);
    next_line();
    check_time(line, &rest);
    ck_assert_str_eq(rest, " info  m\n");
}
END_TEST

START_TEST(a_long_line_is_one_write)
{
    static char text[50000];
    memset(text, 'x', sizeof(text));
    struct hk_log_field field = {"k", {text, sizeof(text)}, 0};
    hk_log_setup(HK_LOG_INFO, HK_LOG_JSON, ends[1]);
    hk_log(HK_LOG_INFO, "m", &field, 1);
    ck_assert_int_gt(next_line(), 50000);
    ck_assert_str_eq(line + strlen(line) - 4, "x\"}\n");
    ck_assert_int_lt(next_line(), 0);
}
END_TEST

START_TEST(levels_below_are_dropped)
{
    for (int set = HK_LOG_DEBUG; set <= HK_LOG_ERROR; set++) {
        hk_log_setup((enum hk_log_level)set, HK_LOG_JSON, ends[1]);
        for (int level = HK_LOG_DEBUG; level <= HK_LOG_ERROR; level++) {
            ck_assert(hk_log_enabled((enum hk_log_level)level) == (level >= set));
            hk_log((enum hk_log_level)level, "m", NULL, 0);
            ck_assert((next_line() > 0) == (level >= set));
        }
    }
}
END_TEST

START_TEST(words_are_parsed)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    enum hk_log_level level = HK_LOG_WARN;
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(hk_log_level_parse(levels[i], &level), 0);
        ck_assert_int_eq((int)level, i);
    }
    enum hk_log_format format;
    ck_assert_int_eq(hk_log_format_parse("json", &format), 0);
    ck_assert_int_eq(format, HK_LOG_JSON);
    ck_assert_int_eq(hk_log_format_parse("text", &format), 0);
    ck_assert_int_eq(format, HK_LOG_TEXT);
    static const char *const wrong[] = {"", "INFO", "warning", "info ", "jso", "jsonl", NULL};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ck_assert_int_eq(hk_log_level_parse(wrong[i], &level), -1);
        ck_assert_int_eq(hk_log_format_parse(wrong[i], &format), -1);
    }
    ck_assert_int_eq(level, HK_LOG_ERROR);
    ck_assert_int_eq(format, HK_LOG_TEXT);
}
END_TEST

/* A line that memory fails is replaced whole; nothing leaks, nothing half-made is written. */
static int log_a_line(void *arg)
{
    static char text[2000];
    const enum hk_log_format *format = arg;
    memset(text, '"', sizeof(text));
    struct hk_log_field field = {"k", {text, sizeof(text)}, 0};
    hk_log(HK_LOG_INFO, "m", &field, 1);
    ssize_t len = next_line();
    ck_assert_int_gt(len, 0);
    if (len > 2000)
        return line[len - 1] == '\n' ? 0 : -1;
    ck_assert_str_eq(line, *format == HK_LOG_JSON
                               ? "{\"level\":\"error\",\"msg\":\"out of memory for a log line\"}\n"
                               : "error out of memory for a log line\n");
    return -1;
}

START_TEST(failing_allocations_replace_the_line)
{
    enum hk_log_format format = _i ? HK_LOG_TEXT : HK_LOG_JSON;
    hk_log_setup(HK_LOG_INFO, format, ends[1]);
    ck_assert_int_gt(failalloc_loop(log_a_line, &format), 1);
}
END_TEST

static void *log_from_a_thread(void *arg)
{
    struct hk_log_field field = {"thread", {NULL, 0}, *(int *)arg};
    for (int i = 0; i < 50; i++)
        hk_log(HK_LOG_INFO, "from a thread", &field, 1);
    return NULL;
}

START_TEST(threads_do_not_mix_lines)
{
    pthread_t threads[4];
    int numbers[4];
    int seen = 0;
    hk_log_setup(HK_LOG_INFO, HK_LOG_JSON, ends[1]);
    for (int i = 0; i < 4; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, log_from_a_thread, &numbers[i]), 0);
    }
    while (seen < 200) {
        ssize_t len = recv(ends[0], line, sizeof(line) - 1, 0);
        ck_assert_int_gt(len, 0);
        json_t *tree = json_loadb(line, (size_t)len, 0, NULL);
        ck_assert_ptr_nonnull(tree);
        json_decref(tree);
        seen++;
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_lt(next_line(), 0);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tc = tcase_create("log");
    tcase_add_checked_fixture(tc, open_ends, close_ends);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_line_as_json, 0, COUNT(lines));
    tcase_add_loop_test(tc, a_line_as_text, 0, COUNT(lines));
    tcase_add_test(tc, many_fields_and_none);
    tcase_add_test(tc, a_long_line_is_one_write);
    tcase_add_test(tc, levels_below_are_dropped);
    tcase_add_test(tc, words_are_parsed);
    tcase_add_loop_test(tc, failing_allocations_replace_the_line, 0, 2);
    tcase_add_test(tc, threads_do_not_mix_lines);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
