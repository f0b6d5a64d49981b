/* The scanner with SIMD against the one without, and both against jansson's verdict, on recorded
 * bodies with every single byte replaced, removed or doubled. */
#include "scan_trace.h"

#include "hk_scan.h"
#include "run_suite.h"

#include <check.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define CORPUS HK_TEST_SOURCE_DIR "/tests/fuzz/corpus/scan/"
#define BODY_MAX (1 << 17)

/* One byte of each kind that the grammar tells apart. */
static const char CLASSES[] = "\0\x1f \n\"\\/{}[],:-+.019eEaftnuxz\x7f\x80\xbf\xc3\xe2\xed\xf0\xff";

static char *load(const char *name, size_t *len)
{
    char path[512];
    snprintf(path, sizeof(path), CORPUS "%s", name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    char *text = calloc(1, BODY_MAX + HK_SCAN_PAD);
    ck_assert_ptr_nonnull(text);
    *len = fread(text, 1, BODY_MAX, file);
    fclose(file);
    return text;
}

static bool same_err(const struct hk_err *a, const struct hk_err *b)
{
    return a->kind == b->kind && strcmp(a->path, b->path) == 0 && strcmp(a->text, b->text) == 0;
}

/* Both scanners say the same of text[0..len), to the last byte of the error. */
static struct scan_trace check_same(const char *text, size_t len)
{
    struct scan_trace simd, plain;
    scan_trace(text, len, &simd);
    scan_plain_trace(text, len, &plain);
    ck_assert_msg(same_err(&simd.skipped, &plain.skipped) && same_err(&simd.read, &plain.read) &&
                      simd.hash == plain.hash,
                  "%.*s\n  simd:  %s|%s\n  plain: %s|%s", (int)len, text, simd.read.path,
                  simd.read.text, plain.read.path, plain.read.text);
    ck_assert_msg(same_err(&simd.skipped, &simd.read), "%.*s\n  skip: %s\n  read: %s", (int)len,
                  text, simd.skipped.text, simd.read.text);
    return simd;
}

/* jansson takes what the scanner takes, but for two things: it swallows a NUL byte behind a number
 * or literal, though nothing in JSON holds one, and it knows no number beyond a double. */
static void check_verdict(const char *text, size_t len)
{
    json_error_t error;
    struct scan_trace trace = check_same(text, len);
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
    json_t *json = json_loadb(text, len, flags, &error);
    bool good = json && !memchr(text, 0, len);
    bool overflow = !json && json_error_code(&error) == json_error_numeric_overflow;
    json_decref(json);
    ck_assert_msg(overflow || good == (trace.read.kind == HK_ERR_NONE),
                  "%.*s\n  jansson: %s\n  scan: %s", (int)len, text, good ? "good" : error.text,
                  trace.read.text);
}

START_TEST(test_corpus)
{
    size_t files = 0, len;
    DIR *dir = opendir(CORPUS);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char *text = load(entry->d_name, &len);
        for (size_t cut = len > 512 ? len - 512 : 0; cut <= len; cut++)
            check_same(text, cut);
        /* Every alignment of the same text to the blocks it is read in. */
        for (size_t shift = 0; shift < 16; shift++) {
            check_same(text, len);
            memmove(text + 1, text, len);
            text[0] = ' ';
            len++;
        }
        free(text);
        files++;
    }
    closedir(dir);
    ck_assert_uint_ge(files, 20);
}
END_TEST

START_TEST(test_mutated)
{
    static const char *const NAMES[] = {"pod-status-waiting.json",
                                        "escapes.json",
                                        "numbers.json",
                                        "utf8.json",
                                        "blocks.json",
                                        "literals.json"};
    size_t len;
    char *text = load(NAMES[_i], &len);
    check_verdict(text, len);
    for (size_t at = 0; at < len; at++) {
        char kept = text[at];
        for (size_t i = 0; i < sizeof(CLASSES) - 1; i++) {
            text[at] = CLASSES[i];
            check_verdict(text, len);
        }
        text[at] = kept;
        memmove(text + at + 1, text + at, len - at); /* doubled */
        check_verdict(text, len + 1);
        memmove(text + at, text + at + 2, len - at - 1); /* removed */
        check_verdict(text, len - 1);
        memmove(text + at + 1, text + at, len - 1 - at);
        text[at] = kept;
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan_plain");
    TCase *tcase = tcase_create("same");
    tcase_add_test(tcase, test_corpus);
    tcase_add_loop_test(tcase, test_mutated, 0, 6);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
