/* test_jw.c - the JSON writer: layout, escapes, UTF-8, the order of keys, limits. */
#include "failalloc.h"
#include "hk_jw.h"
#include "run_suite.h"

#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(a_document_is_compact)
{
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_jw_object(&w);
    hk_jw_member_array(&w, "a");
    hk_jw_int(&w, 1);
    hk_jw_str(&w, HK_STR("x"));
    hk_jw_null(&w);
    hk_jw_bool(&w, true);
    hk_jw_array(&w);
    hk_jw_array_end(&w);
    hk_jw_object(&w);
    hk_jw_object_end(&w);
    hk_jw_raw(&w, HK_STR("[1,2]"));
    hk_jw_cstr(&w, "end");
    hk_jw_array_end(&w);
    hk_jw_member_bool(&w, "b", false);
    hk_jw_member_cstr(&w, "c", "text");
    hk_jw_member_int(&w, "d", INT64_MIN);
    hk_jw_member_object(&w, "e");
    hk_jw_member_str(&w, "f", HK_STR("g"));
    hk_jw_object_end(&w);
    hk_jw_key(&w, HK_STR("g"));
    hk_jw_raw(&w, HK_STR("{\"x\":1}"));
    hk_jw_key(&w, HK_STR("h"));
    hk_jw_array(&w);
    hk_jw_array_end(&w);
    hk_jw_object_end(&w);
    ck_assert_str_eq(hk_buf_cstr(&buf),
                     "{\"a\":[1,\"x\",null,true,[],{},[1,2],\"end\"],\"b\":false,\"c\":\"text\","
                     "\"d\":-9223372036854775808,\"e\":{\"f\":\"g\"},\"g\":{\"x\":1},\"h\":[]}");
    ck_assert_uint_eq(w.depth, 0);
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(absent_strings_are_empty)
{
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_jw_array(&w);
    hk_jw_str(&w, (struct hk_str){NULL, 0});
    hk_jw_cstr(&w, NULL);
    hk_jw_str(&w, HK_STR(""));
    hk_jw_array_end(&w);
    ck_assert_str_eq(hk_buf_cstr(&buf), "[\"\",\"\",\"\"]");
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(it_appends_to_what_is_there)
{
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_buf_add_str(&buf, HK_STR("{\"zzz\":"));
    hk_jw_init(&w, &buf);
    hk_jw_object(&w);
    hk_jw_member_int(&w, "a", 1);
    hk_jw_object_end(&w);
    hk_buf_add_char(&buf, '}');
    ck_assert_str_eq(hk_buf_cstr(&buf), "{\"zzz\":{\"a\":1}}");
    hk_buf_fini(&buf);
}
END_TEST

static const struct {
    const char *text;
    size_t len;
    const char *want;
} escapes[] = {
#define ROW(text, want)                                                                            \
    {                                                                                              \
        text, sizeof(text) - 1, want                                                               \
    }
    ROW("", ""),
    ROW("plain /text~\x7F", "plain /text~\x7F"),
    ROW("\"\\", "\\\"\\\\"),
    ROW("\b\f\n\r\t", "\\b\\f\\n\\r\\t"),
    ROW("a\0b", "a\\u0000b"),
    ROW("\x01\x07\x0B\x0E\x1F", "\\u0001\\u0007\\u000b\\u000e\\u001f"),
    ROW("\x10 \x20!", "\\u0010  !"),
    ROW("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA5", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA5"),
    ROW("\xC3\xA9\n\xC3\xA9\"", "\xC3\xA9\\n\xC3\xA9\\\""),
    ROW("\xE2\x80\xA8<&>", "\xE2\x80\xA8<&>"), /* Go's HTML escapes are not wanted */
    ROW("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF", "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"),
};

START_TEST(escapes_are_the_documented_ones)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    hk_jw_escape(&buf, (struct hk_str){escapes[_i].text, escapes[_i].len});
    ck_assert_str_eq(hk_buf_cstr(&buf), escapes[_i].want);
    hk_buf_fini(&buf);
}
END_TEST

static struct hk_str one_escape(unsigned char byte, char text[8])
{
    static const char *const letters[256] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    if (letters[byte])
        return hk_str_of(letters[byte]);
    if (byte >= 0x20) {
        text[0] = (char)byte;
        return (struct hk_str){text, 1};
    }
    snprintf(text, 8, "\\u%04x", byte);
    return hk_str_of(text);
}

static bool is_run_of(const char *text, size_t len, char c)
{
    return len == 0 || (text[0] == c && memcmp(text, text + 1, len - 1) == 0);
}

static bool escapes_one_byte(struct hk_buf *buf, char *text, size_t len, size_t at)
{
    char room[8];
    struct hk_str unit = one_escape((unsigned char)text[at], room);
    hk_buf_clear(buf);
    hk_jw_escape(buf, (struct hk_str){text, len});
    return !buf->failed && buf->len == len - 1 + unit.len && is_run_of(buf->data, at, 'x') &&
           memcmp(buf->data + at, unit.ptr, unit.len) == 0 &&
           is_run_of(buf->data + at + unit.len, len - 1 - at, 'x');
}

/* Each ASCII byte at each place of strings around the block size, the string ending where a read
 * beyond its end is seen by a sanitizer. */
START_TEST(every_byte_at_every_place)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    for (size_t len = 1; len <= 40; len++) {
        char *text = malloc(len);
        for (size_t at = 0; at < len; at++) {
            memset(text, 'x', len);
            for (unsigned byte = 0; byte < 0x80; byte++) {
                text[at] = (char)byte;
                if (!escapes_one_byte(&buf, text, len, at))
                    ck_abort_msg("byte %02x at %zu of %zu", byte, at, len);
            }
        }
        free(text);
    }
    hk_buf_fini(&buf);
}
END_TEST

static const char *const bad_utf8[] = {
    "\x80",
    "\xBF",
    "\xC0\xAF",
    "\xC1\xBF",
    "\xC2",
    "\xC3(",
    "\xE2\x82",
    "\xE0\x9F\xBF",
    "\xED\xA0\x80",
    "\xED\xBF\xBF",
    "\xF0\x8F\xBF\xBF",
    "\xF0\x9F\x94",
    "\xF4\x90\x80\x80",
    "\xF5\x80\x80\x80",
    "\xFF",
    "\xE2(\xA1",
    "\xE2\x82(",
    "\xF0\x9F(\xA5",
    "\xF0\x9F\x94(",
    "\xC3\xA9\xA9",
};

START_TEST(invalid_utf8_fails_wherever_it_stands)
{
    for (size_t before = 0; before < 40; before++) {
        for (size_t after = 0; after < 20; after += 19) {
            char text[80] = "";
            memset(text, 'x', before);
            strcat(text, bad_utf8[_i]);
            memset(text + strlen(text), 'y', after);
            struct hk_buf buf;
            hk_buf_init(&buf);
            hk_jw_escape(&buf, hk_str_of(text));
            ck_assert(buf.failed);
            ck_assert_ptr_null(hk_buf_cstr(&buf));
            hk_buf_fini(&buf);
        }
    }
}
END_TEST

START_TEST(invalid_utf8_in_a_key_or_value_fails_the_buffer)
{
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_jw_object(&w);
    if (_i == 0)
        hk_jw_key(&w, HK_STR("\xFF"));
    else
        hk_jw_key(&w, HK_STR("a"));
    hk_jw_cstr(&w, _i == 0 ? "a" : "\xFF");
    hk_jw_member_int(&w, "b", 1);
    hk_jw_object_end(&w);
    ck_assert(buf.failed);
    hk_buf_fini(&buf);
}
END_TEST

/* Objects and arrays in turn, each in the one before. */
static void nested(struct hk_jw *w, struct hk_buf *buf, unsigned levels)
{
    hk_buf_init(buf);
    hk_jw_init(w, buf);
    for (unsigned i = 0; i < levels; i++) {
        if (i % 2) {
            hk_jw_array(w);
        } else {
            hk_jw_object(w);
            hk_jw_key(w, HK_STR("k"));
        }
    }
}

START_TEST(depth_is_limited)
{
    struct hk_buf buf;
    struct hk_jw w;
    nested(&w, &buf, HK_JW_DEPTH_MAX - 2);
    hk_jw_array(&w);
    hk_jw_int(&w, 1);
    hk_jw_int(&w, 2);
    hk_jw_array_end(&w);
    ck_assert(!buf.failed);
    hk_buf_fini(&buf);

    nested(&w, &buf, HK_JW_DEPTH_MAX - 1);
    ck_assert(!buf.failed);
    ck_assert_uint_eq(w.depth, HK_JW_DEPTH_MAX - 1);
    hk_jw_int(&w, 1);
    for (unsigned i = HK_JW_DEPTH_MAX - 1; i-- > 0;) {
        if (i % 2)
            hk_jw_array_end(&w);
        else
            hk_jw_object_end(&w);
    }
    ck_assert(!buf.failed);
    json_t *tree = json_loadb(buf.data, buf.len, 0, NULL);
    ck_assert_ptr_nonnull(tree);
    json_decref(tree);
    hk_buf_fini(&buf);

    nested(&w, &buf, HK_JW_DEPTH_MAX);
    ck_assert(buf.failed);
    for (unsigned i = 0; i < 2 * HK_JW_DEPTH_MAX; i++) /* carrying on does no harm */
        hk_jw_array(&w);
    for (unsigned i = 0; i < 4 * HK_JW_DEPTH_MAX; i++)
        hk_jw_array_end(&w);
    ck_assert(buf.failed);
    hk_buf_fini(&buf);
}
END_TEST

static void write_two_keys(struct hk_buf *buf, const char *first, const char *second)
{
    struct hk_jw w;
    hk_buf_init(buf);
    hk_jw_init(&w, buf);
    hk_jw_object(&w);
    hk_jw_member_object(&w, first);
    hk_jw_member_int(&w, "zz", 1); /* another level's keys do not count */
    hk_jw_object_end(&w);
    hk_jw_member_int(&w, second, 1);
    hk_jw_object_end(&w);
}

static const char *const ascending[][2] = {
    {"a", "b"}, {"a", "aa"}, {"B", "a"}, {"a", "\xC3\xA9"}, {"", "a"}, {"a-b", "a.b"},
};

START_TEST(ascending_keys_are_good)
{
    struct hk_buf buf;
    write_two_keys(&buf, ascending[_i][0], ascending[_i][1]);
    ck_assert(!buf.failed);
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(objects_in_an_array_each_begin_anew)
{
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_jw_array(&w);
    for (int i = 0; i < 2; i++) {
        hk_jw_object(&w);
        hk_jw_member_int(&w, "a", 1);
        hk_jw_member_int(&w, "b", 1);
        hk_jw_object_end(&w);
    }
    hk_jw_array_end(&w);
    ck_assert_str_eq(hk_buf_cstr(&buf), "[{\"a\":1,\"b\":1},{\"a\":1,\"b\":1}]");
    hk_buf_fini(&buf);
}
END_TEST

/* The order of keys whose text in the output is escaped is not the order of their bytes. */
START_TEST(escaped_keys_are_not_judged)
{
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_jw_object(&w);
    hk_jw_key(&w, HK_STR("a\"b"));
    hk_jw_int(&w, 1);
    hk_jw_member_int(&w, "aAb", 1);
    hk_jw_member_int(&w, "aBb", 1);
    hk_jw_object_end(&w);
    ck_assert_str_eq(hk_buf_cstr(&buf), "{\"a\\\"b\":1,\"aAb\":1,\"aBb\":1}");
    hk_buf_fini(&buf);
}
END_TEST

#ifndef NDEBUG
static const char *const not_ascending[][2] = {
    {"b", "a"}, {"a", "a"}, {"aa", "a"}, {"a", "B"}, {"\xC3\xA9", "z"},
};

START_TEST(other_orders_abort_in_debug)
{
    struct hk_buf buf;
    write_two_keys(&buf, not_ascending[_i][0], not_ascending[_i][1]);
}
END_TEST

START_TEST(one_end_too_many_aborts_in_debug)
{
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_jw_object_end(&w);
}
END_TEST
#endif

static int write_document(void *arg)
{
    (void)arg;
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_jw_array(&w);
    for (int i = 0; i < 400; i++) {
        hk_jw_object(&w);
        hk_jw_member_int(&w, "id", i);
        hk_jw_member_cstr(&w, "text", "some \"text\" \xC3\xA9\n of more than one block");
        hk_jw_object_end(&w);
    }
    hk_jw_array_end(&w);
    int status = buf.failed ? -1 : 0;
    if (status == 0) {
        json_t *tree = json_loadb(buf.data, buf.len, 0, NULL);
        status = tree ? 0 : -1;
        json_decref(tree);
    }
    hk_buf_fini(&buf);
    return status;
}

START_TEST(every_failing_allocation_is_noticed)
{
    ck_assert_int_gt(failalloc_loop(write_document, NULL), 5);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("jw");
    TCase *tc = tcase_create("jw");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_document_is_compact);
    tcase_add_test(tc, absent_strings_are_empty);
    tcase_add_test(tc, it_appends_to_what_is_there);
    tcase_add_loop_test(tc, escapes_are_the_documented_ones, 0, COUNT(escapes));
    tcase_add_test(tc, every_byte_at_every_place);
    tcase_add_loop_test(tc, invalid_utf8_fails_wherever_it_stands, 0, COUNT(bad_utf8));
    tcase_add_loop_test(tc, invalid_utf8_in_a_key_or_value_fails_the_buffer, 0, 2);
    tcase_add_test(tc, depth_is_limited);
    tcase_add_loop_test(tc, ascending_keys_are_good, 0, COUNT(ascending));
    tcase_add_test(tc, objects_in_an_array_each_begin_anew);
    tcase_add_test(tc, escaped_keys_are_not_judged);
#ifndef NDEBUG
    tcase_add_loop_test_raise_signal(tc, other_orders_abort_in_debug, SIGABRT, 0,
                                     COUNT(not_ascending));
    tcase_add_test_raise_signal(tc, one_end_too_many_aborts_in_debug, SIGABRT);
#endif
    tcase_add_test(tc, every_failing_allocation_is_noticed);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
