/* What readers get from the scanner: values, types, objects, arrays and verdicts. */
#include "hk_scan.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A scanner over a copy of a document with exactly the padding it may read. */
struct reader {
    char *block;
    struct hk_arena arena;
    struct hk_err err;
    struct hk_scan scan;
};

static struct hk_scan *reader_init(struct reader *r, struct hk_str text)
{
    *r = (struct reader){.block = malloc(text.len + HK_SCAN_PAD)};
    ck_assert_ptr_nonnull(r->block);
    memcpy(r->block, text.ptr, text.len);
    memset(r->block + text.len, '"', HK_SCAN_PAD);
    hk_arena_init(&r->arena);
    hk_scan_init(&r->scan, r->block, text.len, &r->arena, &r->err);
    return &r->scan;
}

static void reader_fini(struct reader *r)
{
    hk_arena_fini(&r->arena);
    free(r->block);
}

/* The scanner ends as it should: fine, or with exactly this error. */
static void check_end(struct reader *r, enum hk_err_kind kind, const char *path, const char *text)
{
    ck_assert_int_eq(hk_scan_end(&r->scan), kind == HK_ERR_NONE ? 0 : -1);
    ck_assert_str_eq(r->err.text, text);
    ck_assert_str_eq(r->err.path, path);
    ck_assert_str_eq(hk_err_word(r->err.kind), hk_err_word(kind));
}

static const struct {
    struct hk_str text;
    int64_t value;
    const char *error;
} INTS[] = {
    {HK_STR("0"), 0, ""},
    {HK_STR("-0"), 0, ""},
    {HK_STR("0.000"), 0, ""},
    {HK_STR("0e99999999999999999999"), 0, ""},
    {HK_STR("-0.0e-5"), 0, ""},
    {HK_STR("1"), 1, ""},
    {HK_STR("-1"), -1, ""},
    {HK_STR("100"), 100, ""},
    {HK_STR("1020304050"), 1020304050, ""},
    {HK_STR("999999999999999999"), 999999999999999999, ""},
    {HK_STR("1000000000000000000"), 1000000000000000000, ""},
    {HK_STR("9223372036854775807"), INT64_MAX, ""},
    {HK_STR("-9223372036854775807"), -INT64_MAX, ""},
    {HK_STR("-9223372036854775808"), INT64_MIN, ""},
    {HK_STR("9223372036854775807.000"), INT64_MAX, ""},
    {HK_STR("9223372036854775.807e3"), INT64_MAX, ""},
    {HK_STR("922337203685477580700e-2"), INT64_MAX, ""},
    {HK_STR("-9.223372036854775808e+18"), INT64_MIN, ""},
    {HK_STR("3.0"), 3, ""},
    {HK_STR("3e2"), 300, ""},
    {HK_STR("3E+2"), 300, ""},
    {HK_STR("300e-2"), 3, ""},
    {HK_STR("0.5e1"), 5, ""},
    {HK_STR("1.50e1"), 15, ""},
    {HK_STR("0.0000000000000000000000000001e28"), 1, ""},
    {HK_STR("10000000000000000000000000000e-28"), 1, ""},
    {HK_STR("1e18"), 1000000000000000000, ""},
    {HK_STR("9223372036854775808"), 0, "must fit in 64 bits, is 9223372036854775808 (byte 0)"},
    {HK_STR("-9223372036854775809"), 0, "must fit in 64 bits, is -9223372036854775809 (byte 0)"},
    {HK_STR("18446744073709551616"), 0, "must fit in 64 bits, is 18446744073709551616 (byte 0)"},
    {HK_STR("1e19"), 0, "must fit in 64 bits, is 1e19 (byte 0)"},
    {HK_STR("1e18446744073709551617"), 0,
     "must fit in 64 bits, is 1e18446744073709551617 (byte 0)"},
    {HK_STR("1234567890123456789012345678901234567890123"), 0,
     "must fit in 64 bits, is 1234567890123456789012345678901234567890 (byte 0)"},
    {HK_STR("0.5"), 0, "must be an integer, is 0.5 (byte 0)"},
    {HK_STR("-3.01"), 0, "must be an integer, is -3.01 (byte 0)"},
    {HK_STR("35e-1"), 0, "must be an integer, is 35e-1 (byte 0)"},
    {HK_STR("1e-18446744073709551617"), 0,
     "must be an integer, is 1e-18446744073709551617 (byte 0)"},
    {HK_STR("9223372036854775807.5"), 0, "must be an integer, is 9223372036854775807.5 (byte 0)"},
};

START_TEST(test_int)
{
    struct reader r;
    const char *error = INTS[_i].error;
    reader_init(&r, INTS[_i].text);
    ck_assert_int_eq(hk_scan_int(&r.scan), INTS[_i].value);
    check_end(&r, *error ? HK_ERR_INVALID : HK_ERR_NONE, "", error);
    reader_fini(&r);
}
END_TEST

static const struct {
    struct hk_str text, value;
} STRINGS[] = {
    {HK_STR("\"\""), HK_STR("")},
    {HK_STR(" \"plain\" "), HK_STR("plain")},
    {HK_STR("\"\xc3\xa9\xe2\x82\xac\""), HK_STR("\xc3\xa9\xe2\x82\xac")},
    {HK_STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), HK_STR("\"\\/\b\f\n\r\t")},
    {HK_STR("\"\\u0000\\u007f\""), HK_STR("\0\x7f")},
    {HK_STR("\"\\u0080\\u07FF\""), HK_STR("\xc2\x80\xdf\xbf")},
    {HK_STR("\"\\u0800\\ud7ff\\uE000\\uffff\""),
     HK_STR("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf")},
    {HK_STR("\"\\ud800\\udc00\\uDBFF\\uDFFF\""), HK_STR("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
    {HK_STR("\"\\n\xc3\xa9\""), HK_STR("\n\xc3\xa9")},
    {HK_STR("\"\xc3\xa9\\n\""), HK_STR("\xc3\xa9\n")},
    {HK_STR("\"x\\ud83d\\ude00y\""), HK_STR("x\xf0\x9f\x98\x80y")},
    {HK_STR("\"fifteen bytes..\\nand the rest of it, longer than a block\""),
     HK_STR("fifteen bytes..\nand the rest of it, longer than a block")},
};

START_TEST(test_string)
{
    struct reader r;
    struct hk_str want = STRINGS[_i].value;
    reader_init(&r, STRINGS[_i].text);
    struct hk_str got = hk_scan_str(&r.scan);
    ck_assert_ptr_nonnull(got.ptr);
    ck_assert_uint_eq(got.len, want.len);
    ck_assert(hk_str_eq(got, want));
    check_end(&r, HK_ERR_NONE, "", "");
    reader_fini(&r);
    /* The same as a key. */
    char text[128];
    int len = snprintf(text, sizeof(text), "{%.*s:1}", HK_STR_ARG(STRINGS[_i].text));
    struct hk_scan_iter it;
    hk_scan_object(reader_init(&r, (struct hk_str){text, (size_t)len}), &it);
    ck_assert(hk_scan_member(&r.scan, &it, &got));
    ck_assert(got.ptr && hk_str_eq(got, want));
    reader_fini(&r);
}
END_TEST

/* Every way to read a value, so that a row can name one. */
static void read_str(struct hk_scan *s)
{
    ck_assert(!hk_scan_str(s).ptr || !s->failed);
}

static void read_str_or_null(struct hk_scan *s)
{
    ck_assert(!hk_scan_str_or_null(s).ptr || !s->failed);
}

static void read_int(struct hk_scan *s)
{
    ck_assert(hk_scan_int(s) == 0 || !s->failed);
}

static void read_bool(struct hk_scan *s)
{
    ck_assert(!hk_scan_bool(s) || !s->failed);
}

static void read_object(struct hk_scan *s)
{
    static const char *const NAMES[] = {"a", "b", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    while (hk_scan_field(s, &it, NAMES) >= 0)
        (void)hk_scan_int(s);
    ck_assert_int_eq(hk_scan_field(s, &it, NAMES), -1);
}

static void read_array(struct hk_scan *s)
{
    struct hk_scan_iter it;
    hk_scan_array(s, &it);
    while (hk_scan_item(s, &it))
        hk_scan_skip(s);
    ck_assert(!hk_scan_item(s, &it));
}

static const struct {
    void (*read)(struct hk_scan *s);
    struct hk_str text;
    enum hk_err_kind kind;
    const char *path, *want;
} READS[] = {
    {read_str, HK_STR("1"), HK_ERR_INVALID, "", "must be a string, is number (byte 0)"},
    {read_str, HK_STR(" null"), HK_ERR_INVALID, "", "must be a string, is null (byte 1)"},
    {read_str, HK_STR("{}"), HK_ERR_INVALID, "", "must be a string, is object (byte 0)"},
    {read_str, HK_STR("x"), HK_ERR_MALFORMED, "", "must be a value, is 'x' (byte 0)"},
    {read_str, HK_STR("\"x"), HK_ERR_MALFORMED, "",
     "must close a string, is the end of the document (byte 2)"},
    {read_str_or_null, HK_STR("null"), HK_ERR_NONE, "", ""},
    {read_str_or_null, HK_STR("\"\""), HK_ERR_NONE, "", ""},
    {read_str_or_null, HK_STR("true"), HK_ERR_INVALID, "", "must be a string, is boolean (byte 0)"},
    {read_str_or_null, HK_STR("nul"), HK_ERR_MALFORMED, "",
     "must be true, false or null, is 'n' (byte 0)"},
    {read_int, HK_STR("\"1\""), HK_ERR_INVALID, "", "must be an integer, is string (byte 0)"},
    {read_int, HK_STR("null"), HK_ERR_INVALID, "", "must be an integer, is null (byte 0)"},
    {read_int, HK_STR("-"), HK_ERR_MALFORMED, "",
     "must be a digit, is the end of the document (byte 1)"},
    {read_bool, HK_STR("true"), HK_ERR_NONE, "", ""},
    {read_bool, HK_STR("0"), HK_ERR_INVALID, "", "must be a boolean, is number (byte 0)"},
    {read_bool, HK_STR("falsy"), HK_ERR_MALFORMED, "",
     "must be true, false or null, is 'f' (byte 0)"},
    {read_object, HK_STR("null"), HK_ERR_NONE, "", ""},
    {read_object, HK_STR("{}"), HK_ERR_NONE, "", ""},
    {read_object, HK_STR("[]"), HK_ERR_INVALID, "", "must be an object, is array (byte 0)"},
    {read_object, HK_STR(""), HK_ERR_MALFORMED, "",
     "must be a value, is the end of the document (byte 0)"},
    {read_object, HK_STR("{\"a\":1,\"c\":[{\"a\":\"skipped\",\"a\":2}],\"b\":2}"), HK_ERR_NONE, "",
     ""},
    {read_object, HK_STR("{\"c\":1,\"c\":2,\"aa\":3,\"\":4}"), HK_ERR_NONE, "", ""},
    {read_object, HK_STR("{\"a\":1,\"b\":2,\"a\":3}"), HK_ERR_INVALID, "a",
     "must not be given twice (byte 17)"},
    {read_object, HK_STR("{\"a\":1,\"b\":2,\"c\":[],\"\\u0061\":3}"), HK_ERR_INVALID, "[\\u0061]",
     "must not be given twice (byte 29)"},
    {read_object, HK_STR("{\"a\":\"x\"}"), HK_ERR_INVALID, "a",
     "must be an integer, is string (byte 5)"},
    {read_object, HK_STR("{\"c\":[1,{\"d e\":\"\\q\"}]}"), HK_ERR_MALFORMED, "c[1][d e]",
     "must be a valid escape, is 'q' (byte 17)"},
    {read_object, HK_STR("{\"a\\u0000\":[]}"), HK_ERR_NONE, "", ""},
    {read_array, HK_STR("null"), HK_ERR_NONE, "", ""},
    {read_array, HK_STR(" [ ] "), HK_ERR_NONE, "", ""},
    {read_array, HK_STR("[1,[2],{}]"), HK_ERR_NONE, "", ""},
    {read_array, HK_STR("{}"), HK_ERR_INVALID, "", "must be an array, is object (byte 0)"},
    {read_array, HK_STR("[1,[2,x]]"), HK_ERR_MALFORMED, "[1][1]",
     "must be a value, is 'x' (byte 6)"},
};

START_TEST(test_read)
{
    struct reader r;
    READS[_i].read(reader_init(&r, READS[_i].text));
    check_end(&r, READS[_i].kind, READS[_i].path, READS[_i].want);
    reader_fini(&r);
    /* Nobody need want the error. */
    reader_init(&r, READS[_i].text);
    r.scan.err = NULL;
    READS[_i].read(&r.scan);
    ck_assert_int_eq(hk_scan_end(&r.scan), READS[_i].kind == HK_ERR_NONE ? 0 : -1);
    reader_fini(&r);
}
END_TEST

START_TEST(test_types)
{
    static const struct {
        struct hk_str text;
        enum hk_json_type type;
        const char *name;
    } rows[] = {
        {HK_STR(" null"), HK_JSON_NULL, "null"},    {HK_STR("true"), HK_JSON_BOOL, "boolean"},
        {HK_STR("false"), HK_JSON_BOOL, "boolean"}, {HK_STR("-1"), HK_JSON_NUMBER, "number"},
        {HK_STR("9"), HK_JSON_NUMBER, "number"},    {HK_STR("\"\""), HK_JSON_STRING, "string"},
        {HK_STR("\n[]"), HK_JSON_ARRAY, "array"},   {HK_STR("{}"), HK_JSON_OBJECT, "object"},
        {HK_STR(","), HK_JSON_NONE, "nothing"},     {HK_STR(" "), HK_JSON_NONE, "nothing"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reader r;
        ck_assert_int_eq(hk_scan_type(reader_init(&r, rows[i].text)), rows[i].type);
        ck_assert_str_eq(hk_json_type_name(rows[i].type), rows[i].name);
        ck_assert(!r.scan.failed);
        reader_fini(&r);
    }
}
END_TEST

START_TEST(test_fields_in_any_order)
{
    static const char *const NAMES[] = {"metadata", "status", "spec", NULL};
    static const int WANT[] = {2, 0, 1};
    struct reader r;
    struct hk_scan_iter it;
    struct hk_scan *s = reader_init(
        &r, HK_STR(" { \"spec\" : [ 1 ] , \"spe\" : { } , \"specs\":[[\"x\"]],"
                   "\"metad\\u0061ta\":{\"spec\":1},\"x\":{\"status\":2},\"status\":null } "));
    hk_scan_object(s, &it);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(hk_scan_field(s, &it, NAMES), WANT[i]);
        hk_scan_skip(s);
    }
    ck_assert_int_eq(hk_scan_field(s, &it, NAMES), -1);
    check_end(&r, HK_ERR_NONE, "", "");
    reader_fini(&r);
}
END_TEST

START_TEST(test_nested_reading)
{
    static const char *const OUTER[] = {"items", NULL}, *const INNER[] = {"n", NULL};
    struct reader r;
    struct hk_scan_iter outer, items, inner;
    int64_t sum = 0;
    struct hk_scan *s = reader_init(
        &r, HK_STR("{\"items\":[{\"n\":1},{},null,{\"m\":[],\"n\":20}],\"more\":[300]}"));
    hk_scan_object(s, &outer);
    while (hk_scan_field(s, &outer, OUTER) >= 0)
        for (hk_scan_array(s, &items); hk_scan_item(s, &items);)
            for (hk_scan_object(s, &inner); hk_scan_field(s, &inner, INNER) >= 0;)
                sum += hk_scan_int(s);
    ck_assert_int_eq(sum, 21);
    check_end(&r, HK_ERR_NONE, "", "");
    reader_fini(&r);
}
END_TEST

START_TEST(test_raw)
{
    struct reader r;
    struct hk_scan_iter it;
    struct hk_scan *s = reader_init(&r, HK_STR("[ {\"a\": [1] } ,\"\\n\", -1.5 ]"));
    static const char *const WANT[] = {"{\"a\": [1] }", "\"\\n\"", "-1.5"};
    hk_scan_array(s, &it);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(hk_scan_item(s, &it));
        ck_assert(hk_str_is(hk_scan_raw(s), WANT[i]));
    }
    ck_assert(!hk_scan_item(s, &it));
    check_end(&r, HK_ERR_NONE, "", "");
    reader_fini(&r);
    ck_assert_ptr_null(hk_scan_raw(reader_init(&r, HK_STR("[1"))).ptr);
    reader_fini(&r);
    s = reader_init(&r, HK_STR("{\"a\": [1]}"));
    struct hk_str copy = hk_scan_raw_copy(s);
    ck_assert(hk_str_is(copy, "{\"a\": [1]}") && copy.ptr != (const char *)s->base);
    for (size_t i = 0; i < HK_SCAN_PAD; i++) /* the sanitizers look on */
        ck_assert_int_eq(copy.ptr[copy.len + i], 0);
    reader_fini(&r);
    ck_assert_ptr_null(hk_scan_raw_copy(reader_init(&r, HK_STR("[1"))).ptr);
    reader_fini(&r);
}
END_TEST

START_TEST(test_sticky)
{
    static const char *const NAMES[] = {"a", NULL};
    struct reader r;
    struct hk_scan_iter it, object;
    struct hk_str key;
    struct hk_scan *s = reader_init(&r, HK_STR("[1,\"x\",true,{\"a\":1},null]"));
    hk_scan_array(s, &it);
    ck_assert(hk_scan_item(s, &it));
    ck_assert_ptr_null(hk_scan_str(s).ptr);
    const unsigned char *cur = s->cur;
    ck_assert_int_eq(hk_scan_type(s), HK_JSON_NONE);
    hk_scan_skip(s);
    ck_assert_ptr_null(hk_scan_raw(s).ptr);
    ck_assert_int_eq(hk_scan_int(s), 0);
    ck_assert(!hk_scan_bool(s));
    ck_assert_ptr_null(hk_scan_str_or_null(s).ptr);
    hk_scan_object(s, &object);
    ck_assert_int_eq(hk_scan_field(s, &object, NAMES), -1);
    ck_assert(!hk_scan_member(s, &object, &key));
    ck_assert_ptr_null(key.ptr);
    ck_assert(!hk_scan_item(s, &it));
    hk_scan_array(s, &object);
    ck_assert(!hk_scan_item(s, &object));
    ck_assert_int_eq(hk_scan_fail(s, "a later verdict"), -1);
    ck_assert_ptr_eq(s->cur, cur);
    check_end(&r, HK_ERR_INVALID, "[0]", "must be a string, is number (byte 1)");
    reader_fini(&r);
}
END_TEST

/* A verdict names the value that was just read, and the one that is next before it is read. */
START_TEST(test_fail)
{
    static const char *const NAMES[] = {"spec", NULL}, *const INNER[] = {"replicas", NULL};
    for (int after = 0; after < 2; after++) {
        struct reader r;
        struct hk_scan_iter it, spec;
        struct hk_scan *s = reader_init(&r, HK_STR("{\"spec\":{\"replicas\":-12,\"x\":1}}"));
        hk_scan_object(s, &it);
        ck_assert_int_eq(hk_scan_field(s, &it, NAMES), 0);
        hk_scan_object(s, &spec);
        ck_assert_int_eq(hk_scan_field(s, &spec, INNER), 0);
        if (after)
            ck_assert_int_eq(hk_scan_int(s), -12);
        ck_assert_int_eq(hk_scan_fail(s, "must be %d or more", 0), -1);
        ck_assert_int_eq(hk_scan_field(s, &spec, INNER), -1);
        check_end(&r, HK_ERR_INVALID, "spec.replicas",
                  after ? "must be 0 or more (byte 23)" : "must be 0 or more (byte 20)");
        reader_fini(&r);
    }
}
END_TEST

START_TEST(test_fail_on_closed_object)
{
    struct reader r;
    struct hk_scan_iter it, inner;
    struct hk_str key;
    struct hk_scan *s = reader_init(&r, HK_STR("{\"a\":{\"b\":1},\"c\":2}"));
    hk_scan_object(s, &it);
    ck_assert(hk_scan_member(s, &it, &key));
    for (hk_scan_object(s, &inner); hk_scan_member(s, &inner, &key);)
        hk_scan_skip(s);
    hk_scan_fail(s, "must have a name");
    check_end(&r, HK_ERR_INVALID, "a", "must have a name (byte 12)");
    reader_fini(&r);
}
END_TEST

/* A reader that leaves early is our bug, and is not put down to the document. */
START_TEST(test_left_open)
{
    struct reader r;
    struct hk_scan_iter it, inner;
    struct hk_scan *s = reader_init(&r, HK_STR("[[1,2],3]"));
    hk_scan_array(s, &it);
    ck_assert(hk_scan_item(s, &it));
    hk_scan_array(s, &inner);
    ck_assert(hk_scan_item(s, &inner));
    hk_scan_skip(s);
    ck_assert(!hk_scan_item(s, &it));
    check_end(&r, HK_ERR_INTERNAL, "[0][0]", "the reader left an object or array open (byte 3)");
    reader_fini(&r);
    hk_scan_array(reader_init(&r, HK_STR("[]")), &it);
    check_end(&r, HK_ERR_INTERNAL, "", "the reader left an object or array open (byte 1)");
    reader_fini(&r);
    reader_init(&r, HK_STR(" "));
    check_end(&r, HK_ERR_MALFORMED, "", "must be a value, is the end of the document (byte 1)");
    reader_fini(&r);
}
END_TEST

/* Levels that readers opened count like those that are skipped. */
START_TEST(test_depth_is_shared)
{
    for (unsigned opened = 0; opened <= HK_SCAN_DEPTH_MAX; opened += HK_SCAN_DEPTH_MAX / 4) {
        char text[2 * HK_SCAN_DEPTH_MAX + 2];
        struct reader r;
        struct hk_scan_iter it;
        memset(text, '[', HK_SCAN_DEPTH_MAX + 1);
        memset(text + HK_SCAN_DEPTH_MAX + 1, ']', HK_SCAN_DEPTH_MAX + 1);
        struct hk_scan *s = reader_init(&r, (struct hk_str){text, sizeof(text)});
        for (unsigned i = 0; i < opened; i++) {
            hk_scan_array(s, &it);
            ck_assert(hk_scan_item(s, &it));
        }
        if (opened == HK_SCAN_DEPTH_MAX)
            hk_scan_array(s, &it);
        else
            hk_scan_skip(s);
        ck_assert_int_eq(hk_scan_end(s), -1);
        ck_assert_str_eq(r.err.text, "must not be nested deeper than 256 levels (byte 256)");
        reader_fini(&r);
    }
}
END_TEST

static void *no_memory(size_t size)
{
    (void)size;
    return NULL;
}

static void *no_more_memory(void *ptr, size_t size)
{
    (void)ptr;
    return no_memory(size);
}

START_TEST(test_out_of_memory)
{
    struct reader r;
    struct hk_scan_iter it;
    struct hk_str key;
    hk_mem_set_alloc(no_memory, no_more_memory, free);
    ck_assert_ptr_null(hk_scan_str(reader_init(&r, HK_STR("\"\\n\""))).ptr);
    check_end(&r, HK_ERR_MEMORY, "", r.err.text);
    reader_fini(&r);
    hk_scan_object(reader_init(&r, HK_STR("{\"\\n\":1}")), &it);
    ck_assert(!hk_scan_member(&r.scan, &it, &key));
    check_end(&r, HK_ERR_MEMORY, "", r.err.text);
    reader_fini(&r);
    hk_mem_set_alloc(NULL, NULL, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan_read");
    TCase *tcase = tcase_create("read");
    tcase_add_loop_test(tcase, test_int, 0, sizeof(INTS) / sizeof(INTS[0]));
    tcase_add_loop_test(tcase, test_string, 0, sizeof(STRINGS) / sizeof(STRINGS[0]));
    tcase_add_loop_test(tcase, test_read, 0, sizeof(READS) / sizeof(READS[0]));
    tcase_add_test(tcase, test_types);
    tcase_add_test(tcase, test_fields_in_any_order);
    tcase_add_test(tcase, test_nested_reading);
    tcase_add_test(tcase, test_raw);
    tcase_add_test(tcase, test_sticky);
    tcase_add_test(tcase, test_fail);
    tcase_add_test(tcase, test_fail_on_closed_object);
    tcase_add_test(tcase, test_left_open);
    tcase_add_test(tcase, test_depth_is_shared);
    tcase_add_test(tcase, test_out_of_memory);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
