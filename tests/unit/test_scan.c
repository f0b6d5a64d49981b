/* The grammar: what the scanner takes and refuses, whether it skips or reads, and that it stays
 * within the text and its padding. What readers get is in test_scan_read.c. */
#include "scan_trace.h"

#include "hk_scan.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* What may stand behind the document: the scanner must never take it for a part of it. */
static const char PADS[] = "\0\"}],:1e. \\u{[\x80\xff";

/* The text at the very end of its block, so that reading beyond the padding is caught. */
static char *padded(struct hk_str text, char pad)
{
    char *block = malloc(text.len + HK_SCAN_PAD);
    ck_assert_ptr_nonnull(block);
    if (text.len > 0)
        memcpy(block, text.ptr, text.len);
    memset(block + text.len, pad, HK_SCAN_PAD);
    return block;
}

static void check_err(const struct hk_err *err, const struct hk_err *want, struct hk_str text)
{
    bool same = err->kind == want->kind && strcmp(err->path, want->path) == 0 &&
                strcmp(err->text, want->text) == 0;
    ck_assert_msg(same, "%.*s\n  got:  %s|%s|%s\n  want: %s|%s|%s", HK_STR_ARG(text),
                  hk_err_word(err->kind), err->path, err->text, hk_err_word(want->kind), want->path,
                  want->text);
}

/* Skipping and reading give the same verdict, whatever stands behind the document. */
static void check_document(struct hk_str text, const struct hk_err *want)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof(PADS) - 1; i++) {
        struct scan_trace trace;
        char *block = padded(text, PADS[i]);
        scan_trace(block, text.len, &trace);
        free(block);
        check_err(&trace.skipped, want, text);
        check_err(&trace.read, want, text);
        ck_assert_msg(i == 0 || hash == trace.hash, "%.*s: pad %zu", HK_STR_ARG(text), i);
        hash = trace.hash;
    }
}

static const struct hk_str GOOD[] = {
    HK_STR("null"),
    HK_STR("true"),
    HK_STR("false"),
    HK_STR("0"),
    HK_STR("-0"),
    HK_STR("7"),
    HK_STR("-10"),
    HK_STR("1234567890123456789012345678901234567890"),
    HK_STR("0.0"),
    HK_STR("-0.5"),
    HK_STR("10.25"),
    HK_STR("1e1"),
    HK_STR("1E+1"),
    HK_STR("0e-0"),
    HK_STR("1.5e007"),
    HK_STR("1e999999999999999999999"),
    HK_STR("\"\""),
    HK_STR("\"a\""),
    HK_STR("\"\x7f\""),
    HK_STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    HK_STR("\"\\u0000\\uABCD\\uabcd\\u00e9\""),
    HK_STR("\"\\ud800\\udc00\\uDBFF\\uDFFF\""),
    HK_STR("\"\xc2\x80\xdf\xbf\""),
    HK_STR("\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
    HK_STR("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
    HK_STR("\"fifteen bytes..\""),
    HK_STR("\"sixteen bytes...\""),
    HK_STR("\"fifteen bytes..\\\"\""),
    HK_STR("\"fourteen bytes\\\\\\\\\""),
    HK_STR("\"fifteen bytes..\xf0\x9f\x98\x80 and behind it more than a block\""),
    HK_STR("[]"),
    HK_STR("{}"),
    HK_STR("[[]]"),
    HK_STR("[{}]"),
    HK_STR("{\"\":{}}"),
    HK_STR("{\"\":[]}"),
    HK_STR("[1]"),
    HK_STR("[1,2]"),
    HK_STR("[[1],[2],{\"a\":3},4]"),
    HK_STR("{\"a\":1,\"b\":{\"c\":[true,false,null,\"\"]},\"d\":-1.5e3}"),
    HK_STR(" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n"),
    HK_STR(" { } "),
    HK_STR(" { \"a\" : { } , \"b\" : [ ] } "),
    HK_STR("[ 0 , -1 , \"x\" , true ]"),
};

START_TEST(test_good)
{
    check_document(GOOD[_i], &(struct hk_err){0});
}
END_TEST

#define END "is the end of the document"
static const struct {
    struct hk_str text;
    const char *path, *want;
} BAD[] = {
    {HK_STR(""), "", "must be a value, " END " (byte 0)"},
    {HK_STR(" \n"), "", "must be a value, " END " (byte 2)"},
    {HK_STR("\xef\xbb\xbf{}"), "", "must be a value, is byte 0xef (byte 0)"},
    {HK_STR("\xff\xfe[\0]\0"), "", "must be a value, is byte 0xff (byte 0)"},
    {HK_STR("\0[\0]"), "", "must be a value, is byte 0x00 (byte 0)"},
    {HK_STR("x"), "", "must be a value, is 'x' (byte 0)"},
    {HK_STR("'a'"), "", "must be a value, is ''' (byte 0)"},
    {HK_STR("NaN"), "", "must be a value, is 'N' (byte 0)"},
    {HK_STR("+1"), "", "must be a value, is '+' (byte 0)"},
    {HK_STR(".5"), "", "must be a value, is '.' (byte 0)"},
    {HK_STR("\f1"), "", "must be a value, is byte 0x0c (byte 0)"},
    {HK_STR("\xa0"), "", "must be a value, is byte 0xa0 (byte 0)"},
    {HK_STR("]"), "", "must be a value, is ']' (byte 0)"},
    {HK_STR("}"), "", "must be a value, is '}' (byte 0)"},
    {HK_STR("/**/1"), "", "must be a value, is '/' (byte 0)"},
    /* Behind the value */
    {HK_STR("1 2"), "", "must be the end of the document, is '2' (byte 2)"},
    {HK_STR("1\0"), "", "must be the end of the document, is byte 0x00 (byte 1)"},
    {HK_STR("{}]"), "", "must be the end of the document, is ']' (byte 2)"},
    {HK_STR("[],"), "", "must be the end of the document, is ',' (byte 2)"},
    {HK_STR("\"a\"\"b\""), "", "must be the end of the document, is '\"' (byte 3)"},
    {HK_STR("01"), "", "must be the end of the document, is '1' (byte 1)"},
    {HK_STR("1x"), "", "must be the end of the document, is 'x' (byte 1)"},
    {HK_STR("1\v"), "", "must be the end of the document, is byte 0x0b (byte 1)"},
    {HK_STR("truex"), "", "must be the end of the document, is 'x' (byte 4)"},
    /* Literals */
    {HK_STR("tru"), "", "must be true, false or null, is 't' (byte 0)"},
    {HK_STR("fals"), "", "must be true, false or null, is 'f' (byte 0)"},
    {HK_STR("nul"), "", "must be true, false or null, is 'n' (byte 0)"},
    {HK_STR("nuLl"), "", "must be true, false or null, is 'n' (byte 0)"},
    {HK_STR("[trux]"), "[0]", "must be true, false or null, is 't' (byte 1)"},
    /* Numbers */
    {HK_STR("-"), "", "must be a digit, " END " (byte 1)"},
    {HK_STR("-x"), "", "must be a digit, is 'x' (byte 1)"},
    {HK_STR("--1"), "", "must be a digit, is '-' (byte 1)"},
    {HK_STR("1."), "", "must be a digit, " END " (byte 2)"},
    {HK_STR("1.e1"), "", "must be a digit, is 'e' (byte 2)"},
    {HK_STR("1e"), "", "must be a digit, " END " (byte 2)"},
    {HK_STR("1e+"), "", "must be a digit, " END " (byte 3)"},
    {HK_STR("[1E-]"), "[0]", "must be a digit, is ']' (byte 4)"},
    {HK_STR("[0x1]"), "[0]", "must be ',' or ']', is 'x' (byte 2)"},
    {HK_STR("[-01]"), "[0]", "must be ',' or ']', is '1' (byte 3)"},
    {HK_STR("[1.5.1]"), "[0]", "must be ',' or ']', is '.' (byte 4)"},
    /* Strings */
    {HK_STR("\""), "", "must close a string, " END " (byte 1)"},
    {HK_STR("\"abc"), "", "must close a string, " END " (byte 4)"},
    {HK_STR("\"sixteen bytes..."), "", "must close a string, " END " (byte 17)"},
    {HK_STR("\"a\nb\""), "", "must be escaped in a string, is byte 0x0a (byte 2)"},
    {HK_STR("[\"a\0b\"]"), "[0]", "must be escaped in a string, is byte 0x00 (byte 3)"},
    {HK_STR("\"\x1f\""), "", "must be escaped in a string, is byte 0x1f (byte 1)"},
    {HK_STR("\"\\"), "", "must be a valid escape, " END " (byte 2)"},
    {HK_STR("\"\\x41\""), "", "must be a valid escape, is 'x' (byte 2)"},
    {HK_STR("\"\\'\""), "", "must be a valid escape, is ''' (byte 2)"},
    {HK_STR("\"\\\0\""), "", "must be a valid escape, is byte 0x00 (byte 2)"},
    {HK_STR("\"\\U0041\""), "", "must be a valid escape, is 'U' (byte 2)"},
    {HK_STR("\"\\u"), "", "must be a hexadecimal digit, " END " (byte 3)"},
    {HK_STR("\"\\u00g0\""), "", "must be a hexadecimal digit, is 'g' (byte 5)"},
    {HK_STR("\"\\u004\""), "", "must be a hexadecimal digit, is '\"' (byte 6)"},
    {HK_STR("\"\\u+041\""), "", "must be a hexadecimal digit, is '+' (byte 3)"},
    {HK_STR("\"a\\ud800\""), "", "must not be a lone surrogate (byte 2)"},
    {HK_STR("\"\\udbffx\""), "", "must not be a lone surrogate (byte 1)"},
    {HK_STR("\"\\ud800\\n\""), "", "must not be a lone surrogate (byte 1)"},
    {HK_STR("\"\\ud800\\u0041\""), "", "must not be a lone surrogate (byte 1)"},
    {HK_STR("\"\\ud800\\ud800\""), "", "must not be a lone surrogate (byte 1)"},
    {HK_STR("\"\\udc00\\ud800\""), "", "must not be a lone surrogate (byte 1)"},
    {HK_STR("\"\\ud800\\u00"), "", "must be a hexadecimal digit, " END " (byte 11)"},
    {HK_STR("{\"\\udfff\":1}"), "[\\udfff]", "must not be a lone surrogate (byte 2)"},
    /* UTF-8 */
    {HK_STR("\"\x80\""), "", "must be valid UTF-8, is byte 0x80 (byte 1)"},
    {HK_STR("\"\xc0\xaf\""), "", "must be valid UTF-8, is byte 0xc0 (byte 1)"},
    {HK_STR("\"\xc1\xbf\""), "", "must be valid UTF-8, is byte 0xc1 (byte 1)"},
    {HK_STR("\"\xc3\""), "", "must be valid UTF-8, is byte 0xc3 (byte 1)"},
    {HK_STR("\"\xe0\x9f\xbf\""), "", "must be valid UTF-8, is byte 0xe0 (byte 1)"},
    {HK_STR("\"\xe2\x82\""), "", "must be valid UTF-8, is byte 0xe2 (byte 1)"},
    {HK_STR("\"\xe2\x82\xac\xe2(\xac\""), "", "must be valid UTF-8, is byte 0xe2 (byte 4)"},
    {HK_STR("\"\xed\xa0\x80\""), "", "must be valid UTF-8, is byte 0xed (byte 1)"},
    {HK_STR("\"\xf0\x8f\xbf\xbf\""), "", "must be valid UTF-8, is byte 0xf0 (byte 1)"},
    {HK_STR("\"\xf4\x90\x80\x80\""), "", "must be valid UTF-8, is byte 0xf4 (byte 1)"},
    {HK_STR("\"\xf0\x9f\x98"), "", "must be valid UTF-8, is byte 0xf0 (byte 1)"},
    {HK_STR("\"\xf5\x80\x80\x80\""), "", "must be valid UTF-8, is byte 0xf5 (byte 1)"},
    {HK_STR("\"\xff\""), "", "must be valid UTF-8, is byte 0xff (byte 1)"},
    /* Arrays */
    {HK_STR("["), "", "must be a value, " END " (byte 1)"},
    {HK_STR("[,"), "[0]", "must be a value, is ',' (byte 1)"},
    {HK_STR("[,1]"), "[0]", "must be a value, is ',' (byte 1)"},
    {HK_STR("[1"), "[0]", "must be ',' or ']', " END " (byte 2)"},
    {HK_STR("[1,"), "[1]", "must be a value, " END " (byte 3)"},
    {HK_STR("[1,]"), "[1]", "must be a value, is ']' (byte 3)"},
    {HK_STR("[1,,2]"), "[1]", "must be a value, is ',' (byte 3)"},
    {HK_STR("[1 2]"), "[0]", "must be ',' or ']', is '2' (byte 3)"},
    {HK_STR("[1}"), "[0]", "must be ',' or ']', is '}' (byte 2)"},
    {HK_STR("[1:2]"), "[0]", "must be ',' or ']', is ':' (byte 2)"},
    {HK_STR("[[],[[x]]]"), "[1][0][0]", "must be a value, is 'x' (byte 6)"},
    /* Objects */
    {HK_STR("{"), "", "must be a key, " END " (byte 1)"},
    {HK_STR("{,}"), "", "must be a key, is ',' (byte 1)"},
    {HK_STR("{a:1}"), "", "must be a key, is 'a' (byte 1)"},
    {HK_STR("{1:1}"), "", "must be a key, is '1' (byte 1)"},
    {HK_STR("{\"a"), "", "must close a string, " END " (byte 3)"},
    {HK_STR("{\"a\""), "a", "must be ':', " END " (byte 4)"},
    {HK_STR("{\"a\"}"), "a", "must be ':', is '}' (byte 4)"},
    {HK_STR("{\"a\",1}"), "a", "must be ':', is ',' (byte 4)"},
    {HK_STR("{\"a\"1}"), "a", "must be ':', is '1' (byte 4)"},
    {HK_STR("{\"a\":"), "a", "must be a value, " END " (byte 5)"},
    {HK_STR("{\"a\":}"), "a", "must be a value, is '}' (byte 5)"},
    {HK_STR("{\"a\":,}"), "a", "must be a value, is ',' (byte 5)"},
    {HK_STR("{\"a\"::1}"), "a", "must be a value, is ':' (byte 5)"},
    {HK_STR("{\"a\":1"), "a", "must be ',' or '}', " END " (byte 6)"},
    {HK_STR("{\"a\":1,"), "", "must be a key, " END " (byte 7)"},
    {HK_STR("{\"a\":1,}"), "", "must be a key, is '}' (byte 7)"},
    {HK_STR("{\"a\":1,,}"), "", "must be a key, is ',' (byte 7)"},
    {HK_STR("{\"a\":1]"), "a", "must be ',' or '}', is ']' (byte 6)"},
    {HK_STR("{\"a\":1 \"b\":2}"), "a", "must be ',' or '}', is '\"' (byte 7)"},
    {HK_STR("{\"a\":{\"b\":{}x}}"), "a.b", "must be ',' or '}', is 'x' (byte 12)"},
    {HK_STR("{\"Pod.v1\":{\"ns/a\":{\"status\":{\"phase\":tRue}}}}"), "[Pod.v1][ns/a].status.phase",
     "must be true, false or null, is 't' (byte 37)"},
    {HK_STR("{\"conditions\":[{\"type\":\"\x01\"}]}"), "conditions[0].type",
     "must be escaped in a string, is byte 0x01 (byte 24)"},
};

START_TEST(test_bad)
{
    struct hk_err want = {.kind = HK_ERR_MALFORMED};
    snprintf(want.path, sizeof(want.path), "%s", BAD[_i].path);
    snprintf(want.text, sizeof(want.text), "%s", BAD[_i].want);
    check_document(BAD[_i].text, &want);
}
END_TEST

/* `open` n times, `middle`, `close` n times. */
static struct hk_str nested(const char *open, const char *middle, const char *close, size_t n)
{
    size_t a = strlen(open), b = strlen(close), m = strlen(middle);
    char *text = malloc(n * (a + b) + m + 1), *p = text;
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n; i++, p += a)
        memcpy(p, open, a);
    memcpy(p, middle, m);
    p += m;
    for (size_t i = 0; i < n; i++, p += b)
        memcpy(p, close, b);
    return (struct hk_str){text, (size_t)(p - text)};
}

static void check_nested(const char *open, const char *close, size_t n, const char *want)
{
    struct hk_str text = nested(open, "0", close, n);
    char *block = padded(text, ']');
    struct scan_trace trace;
    scan_trace(block, text.len, &trace);
    free(block);
    free((char *)text.ptr);
    ck_assert_int_eq(trace.skipped.kind, want ? HK_ERR_MALFORMED : HK_ERR_NONE);
    ck_assert_int_eq(trace.read.kind, want ? HK_ERR_MALFORMED : HK_ERR_NONE);
    ck_assert_str_eq(trace.skipped.text, want ? want : "");
    ck_assert_str_eq(trace.read.text, want ? want : "");
}

START_TEST(test_depth)
{
    check_nested("[", "]", HK_SCAN_DEPTH_MAX, NULL);
    check_nested("{\"k\":", "}", HK_SCAN_DEPTH_MAX, NULL);
    check_nested("[{\"k\":", "}]", HK_SCAN_DEPTH_MAX / 2, NULL);
    check_nested("[", "]", HK_SCAN_DEPTH_MAX + 1,
                 "must not be nested deeper than 256 levels (byte 256)");
    check_nested("{\"k\":", "}", HK_SCAN_DEPTH_MAX + 1,
                 "must not be nested deeper than 256 levels (byte 1280)");
    check_nested("[", "]", 100000, "must not be nested deeper than 256 levels (byte 256)");
    check_nested("[", "", 100000, "must not be nested deeper than 256 levels (byte 256)");
    check_nested("{\"\":", "", 100000, "must not be nested deeper than 256 levels (byte 1024)");
}
END_TEST

/* However many brackets are open, the padding's do not close them. */
START_TEST(test_pad_closes_nothing)
{
    for (size_t n = 1; n <= HK_SCAN_DEPTH_MAX; n++) {
        struct hk_str text = nested("[", "0", "", n);
        struct hk_err want = {.kind = HK_ERR_MALFORMED};
        hk_scan_path(text.ptr, text.len, text.len, want.path, sizeof(want.path));
        snprintf(want.text, sizeof(want.text), "must be ',' or ']', " END " (byte %zu)", n + 1);
        check_document(text, &want);
        free((char *)text.ptr);
    }
}
END_TEST

/* A file of the fuzz corpus. */
static struct hk_str load(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), HK_TEST_SOURCE_DIR "/tests/fuzz/corpus/scan/%s", name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    char *text = malloc(65536);
    ck_assert_ptr_nonnull(text);
    size_t len = fread(text, 1, 65536, file);
    fclose(file);
    ck_assert_uint_gt(len, 1000);
    return (struct hk_str){text, len};
}

/* Cut anywhere, a recorded body is refused at its end and nothing behind its padding is touched. */
START_TEST(test_truncated)
{
    static const char *const NAMES[] = {"child-pod.json", "parent-indented.json"};
    struct hk_str whole = load(NAMES[_i]);
    for (size_t len = 0; len < whole.len; len++) {
        struct hk_str text = {whole.ptr, len};
        struct scan_trace trace;
        char *block = padded(text, PADS[len % (sizeof(PADS) - 1)]);
        scan_trace(block, len, &trace);
        free(block);
        ck_assert_int_eq(trace.skipped.kind, HK_ERR_MALFORMED);
        check_err(&trace.read, &trace.skipped, text);
        size_t rest = len;
        while (rest > 0 && strchr("truefalsn\\0123456789abcdef", whole.ptr[rest - 1]) &&
               len - rest < 5)
            rest--;
        unsigned long offset = strtoul(strstr(trace.skipped.text, "(byte ") + 6, NULL, 10);
        ck_assert_msg(offset >= rest && offset <= len, "%zu: %s", len, trace.skipped.text);
    }
    free((char *)whole.ptr);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tcase = tcase_create("grammar");
    tcase_add_loop_test(tcase, test_good, 0, sizeof(GOOD) / sizeof(GOOD[0]));
    tcase_add_loop_test(tcase, test_bad, 0, sizeof(BAD) / sizeof(BAD[0]));
    tcase_add_test(tcase, test_depth);
    tcase_add_test(tcase, test_pad_closes_nothing);
    tcase_add_loop_test(tcase, test_truncated, 0, 2);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
