/* fuzz_scan.c - the scanner on any bytes, held against three others: jansson takes the same
 * documents and finds the same values in them; the scanner without SIMD says the same to the last
 * byte of the error; and skipping says what reading says. Where jansson is of another mind for good
 * reason, it says so below. */
#include "fuzz.h"
#include "scan_trace.h"

#include "hk_scan.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void check(bool good, const char *what, const char *detail)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_scan: %s: %s\n", what, detail);
    abort();
}

static json_t *build(struct hk_scan *s, bool *duplicate);

/* As jansson reads it: an integer when it is written like one, else a double. */
static json_t *build_number(struct hk_scan *s)
{
    struct hk_scan probe = *s;
    probe.err = NULL;
    int64_t value = hk_scan_int(&probe);
    struct hk_str raw = hk_scan_raw(s);
    if (!raw.ptr)
        return NULL;
    char *text = strndup(raw.ptr, raw.len);
    check(text != NULL, "out of memory", "");
    bool integer = strcspn(text, ".eE") == raw.len;
    double real = strtod(text, NULL);
    check(probe.failed || (double)value == real, "hk_scan_int and strtod differ", text);
    json_t *json = integer && !probe.failed ? json_integer(value) : json_real(real);
    free(text);
    return json;
}

static json_t *build_object(struct hk_scan *s, bool *duplicate)
{
    json_t *json = json_object();
    struct hk_scan_iter it;
    struct hk_str key;
    hk_scan_object(s, &it);
    while (hk_scan_member(s, &it, &key)) {
        *duplicate |= json_object_getn(json, key.ptr, key.len) != NULL;
        json_t *value = build(s, duplicate);
        if (value)
            check(json_object_setn_new(json, key.ptr, key.len, value) == 0, "jansson refuses",
                  "a key");
    }
    return json;
}

static json_t *build_array(struct hk_scan *s, bool *duplicate)
{
    json_t *json = json_array();
    struct hk_scan_iter it;
    hk_scan_array(s, &it);
    while (hk_scan_item(s, &it)) {
        json_t *value = build(s, duplicate);
        if (value)
            check(json_array_append_new(json, value) == 0, "jansson refuses", "an item");
    }
    return json;
}

/* jansson's tree of the next value, by way of the scanner. NULL after a failure. */
static json_t *build(struct hk_scan *s, bool *duplicate)
{
    struct hk_str text;
    switch (hk_scan_type(s)) {
    case HK_JSON_OBJECT:
        return build_object(s, duplicate);
    case HK_JSON_ARRAY:
        return build_array(s, duplicate);
    case HK_JSON_NUMBER:
        return build_number(s);
    case HK_JSON_STRING:
        text = hk_scan_str(s);
        return text.ptr ? json_stringn(text.ptr, text.len) : NULL;
    case HK_JSON_BOOL:
        return json_boolean(hk_scan_bool(s));
    default:
        hk_scan_skip(s);
        return s->failed ? NULL : json_null();
    }
}

static size_t depth_of(const json_t *json)
{
    size_t deepest = 0, depth, i;
    const char *key;
    json_t *value;
    if (json_is_object(json)) {
        json_object_foreach((json_t *)(uintptr_t)json, key, value) deepest =
            (depth = depth_of(value)) > deepest ? depth : deepest;
    } else if (json_is_array(json)) {
        json_array_foreach(json, i, value) deepest =
            (depth = depth_of(value)) > deepest ? depth : deepest;
    } else {
        return 0;
    }
    return deepest + 1;
}

/* What jansson makes of the document, or NULL, and whether its verdict is worth anything. */
static json_t *load(const char *text, size_t len, bool *counts, bool *duplicate)
{
    json_error_t error;
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES;
    json_t *json = json_loadb(text, len, flags, &error);
    enum json_error_code code = json ? json_error_unknown : json_error_code(&error);
    /* Its numbers are long long and double, and it has no NUL in a key: it stops there and says
     * nothing about the rest. */
    *counts = code != json_error_numeric_overflow && code != json_error_null_byte_in_key;
    *duplicate = code == json_error_duplicate_key;
    /* It overlooks a NUL byte behind a number or literal; no JSON document holds one. */
    if (memchr(text, 0, len)) {
        json_decref(json);
        json = NULL;
        *counts = true;
    }
    return json;
}

static void check_jansson(const char *text, size_t len)
{
    bool counts, theirs, ours = false;
    json_t *want = load(text, len, &counts, &theirs);
    struct hk_arena arena;
    struct hk_err err = {0};
    struct hk_scan s;
    hk_arena_init(&arena);
    hk_scan_init(&s, text, len, &arena, &err);
    json_t *got = build(&s, &ours);
    bool good = hk_scan_end(&s) == 0;
    if (strncmp(err.text, "must not be nested deeper", 25) == 0) /* jansson goes down to 2048 */
        check(!want || depth_of(want) > HK_SCAN_DEPTH_MAX, "not that deep", err.text);
    else if (theirs) /* reported before what follows was looked at */
        check(ours || !good, "a duplicate was missed", err.text);
    else if (counts) {
        check(good == (want != NULL) || (good && ours), "jansson disagrees", err.text);
        check(!good || ours || json_equal(got, want), "values differ", "");
        check(!good || !ours, "jansson sees no duplicate", "");
    }
    check(good == (err.kind == HK_ERR_NONE), "verdict and error differ", err.text);
    json_decref(got);
    json_decref(want);
    hk_arena_fini(&arena);
}

/* The same fields come out of an object whichever way it is read. */
static void check_fields(const char *text, size_t len)
{
    static const char *const NAMES[] = {"", "a", "b", "metadata", "spec", "status", "name", NULL};
    struct hk_arena arena;
    struct hk_scan fields, members;
    struct hk_scan_iter a, b;
    struct hk_str key = {0};
    hk_arena_init(&arena);
    hk_scan_init(&fields, text, len, &arena, NULL);
    hk_scan_init(&members, text, len, &arena, NULL);
    hk_scan_object(&fields, &a);
    hk_scan_object(&members, &b);
    for (int f; (f = hk_scan_field(&fields, &a, NAMES)) >= 0;) {
        while (hk_scan_member(&members, &b, &key) && !hk_str_is(key, NAMES[f]))
            hk_scan_skip(&members);
        check(key.ptr && members.cur == fields.cur, "fields differ", NAMES[f]);
        struct hk_str one = hk_scan_raw(&fields), two = hk_scan_raw(&members);
        check(hk_str_eq(one, two), "values of fields differ", NAMES[f]);
    }
    hk_arena_fini(&arena);
}

static bool same_err(const struct hk_err *a, const struct hk_err *b)
{
    return a->kind == b->kind && strcmp(a->path, b->path) == 0 && strcmp(a->text, b->text) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan_trace simd, plain;
    char path[48], *text = malloc(size + HK_SCAN_PAD);
    check(text != NULL, "out of memory", "");
    if (size > 0)
        memcpy(text, data, size);
    /* The document's own bytes behind it: what would go on best must not be taken for a part of it.
     */
    for (size_t i = 0; i < HK_SCAN_PAD; i++)
        text[size + i] = size > 0 ? (char)data[i % size] : '1';
    scan_trace(text, size, &simd);
    scan_plain_trace(text, size, &plain);
    check(same_err(&simd.skipped, &plain.skipped) && same_err(&simd.read, &plain.read) &&
              simd.hash == plain.hash,
          "SIMD and plain differ", simd.read.text);
    check(same_err(&simd.skipped, &simd.read), "skipping and reading differ", simd.skipped.text);
    check_jansson(text, size);
    check_fields(text, size);
    free(text);
    if (size > 0) /* unchecked text without padding, any offset */
        hk_scan_path((const char *)data, size, data[0] * size / 256, path,
                     data[size - 1] % sizeof(path));
    return 0;
}
