/* hk_scan.c - the pull side of the scanner: values, objects and arrays as a reader asks for them.
 */
#include "hk_scan_lex.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#define VALUE_CLIP 40 /* bytes of a refused number that are shown */

const char *hk_json_type_name(enum hk_json_type type)
{
    static const char *const NAMES[] = {"nothing", "null",  "boolean", "number",
                                        "string",  "array", "object"};
    return NAMES[type];
}

/* Every failure ends here. The path costs a second walk, so it is only looked for when someone
 * asks. */
static HK_SCAN_RARE void fail_at(struct hk_scan *s, const unsigned char *at, enum hk_err_kind kind,
                                 const char *text)
{
    s->failed = true;
    if (!s->err || s->err->kind != HK_ERR_NONE)
        return;
    char path[sizeof(s->err->path)];
    size_t offset = (size_t)((at < s->end ? at : s->end) - s->base);
    hk_scan_path((const char *)s->base, (size_t)(s->end - s->base), offset, path, sizeof(path));
    (void)hk_err_set(s->err, kind, path, "%s (byte %zu)", text, offset);
}

const unsigned char *hk_scan_broken_as(struct hk_scan *s, const unsigned char *at, const char *text)
{
    fail_at(s, at, HK_ERR_MALFORMED, text);
    return NULL;
}

const unsigned char *hk_scan_broken(struct hk_scan *s, const unsigned char *at, const char *rule)
{
    char text[128];
    if (at >= s->end)
        snprintf(text, sizeof(text), "%s, is the end of the document", rule);
    else if (*at > ' ' && *at < 0x7f)
        snprintf(text, sizeof(text), "%s, is '%c'", rule, *at);
    else
        snprintf(text, sizeof(text), "%s, is byte 0x%02x", rule, *at);
    return hk_scan_broken_as(s, at, text);
}

int hk_scan_fail(struct hk_scan *s, const char *format, ...)
{
    char text[160];
    if (s->failed)
        return -1;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fail_at(s, s->cur, HK_ERR_INVALID, text);
    return -1;
}

void hk_scan_init(struct hk_scan *s, const char *text, size_t len, struct hk_arena *arena,
                  struct hk_err *err)
{
    const unsigned char *base = (const unsigned char *)text;
    *s = (struct hk_scan){.base = base, .cur = base, .end = base + len, .arena = arena, .err = err};
}

/* Moves to the next byte that is no white space. false after a failure. */
static bool ready(struct hk_scan *s)
{
    if (s->failed)
        return false;
    s->cur = hk_scan_space(s->cur, s->end);
    return true;
}

static bool nothing_read(const struct hk_scan *s)
{
    const unsigned char *p = s->cur;
    while (p > s->base && hk_scan_is_space(p[-1]))
        p--;
    return p == s->base;
}

int hk_scan_end(struct hk_scan *s)
{
    if (!ready(s))
        return -1;
    if (nothing_read(s))
        (void)hk_scan_broken(s, s->cur, "must be a value");
    else if (s->depth > 0)
        fail_at(s, s->cur, HK_ERR_INTERNAL, "the reader left an object or array open");
    else if (s->cur < s->end)
        (void)hk_scan_broken(s, s->cur, "must be the end of the document");
    return s->failed ? -1 : 0;
}

static enum hk_json_type type_of(unsigned char c)
{
    switch (c) {
    case 'n':
        return HK_JSON_NULL;
    case 't':
    case 'f':
        return HK_JSON_BOOL;
    case '"':
        return HK_JSON_STRING;
    case '[':
        return HK_JSON_ARRAY;
    case '{':
        return HK_JSON_OBJECT;
    default:
        return c == '-' || hk_scan_is_digit(c) ? HK_JSON_NUMBER : HK_JSON_NONE;
    }
}

enum hk_json_type hk_scan_type(struct hk_scan *s)
{
    return ready(s) && s->cur < s->end ? type_of(*s->cur) : HK_JSON_NONE;
}

/* Is a value of this type next? Else fails: INVALID when it is another, MALFORMED when it is none.
 */
static bool expect(struct hk_scan *s, enum hk_json_type type, const char *rule)
{
    if (s->failed)
        return false;
    enum hk_json_type actual = hk_scan_type(s);
    if (HK_SCAN_LIKELY(actual == type))
        return true;
    if (actual == HK_JSON_NONE)
        (void)hk_scan_broken(s, s->cur, "must be a value");
    else
        (void)hk_scan_fail(s, "%s, is %s", rule, hk_json_type_name(actual));
    return false;
}

/* The token was good up to p, or p is NULL and it was not. */
static bool advance(struct hk_scan *s, const unsigned char *p)
{
    if (p)
        s->cur = p;
    return p != NULL;
}

void hk_scan_skip(struct hk_scan *s)
{
    if (ready(s))
        (void)advance(s, hk_scan_value_end(s, s->cur));
}

struct hk_str hk_scan_raw(struct hk_scan *s)
{
    if (!ready(s))
        return (struct hk_str){0};
    const char *start = (const char *)s->cur;
    if (!advance(s, hk_scan_value_end(s, s->cur)))
        return (struct hk_str){0};
    return (struct hk_str){start, (size_t)((const char *)s->cur - start)};
}

struct hk_str hk_scan_raw_copy(struct hk_scan *s)
{
    struct hk_str raw = hk_scan_raw(s);
    char *copy = raw.ptr ? hk_arena_alloc(s->arena, raw.len + HK_SCAN_PAD) : NULL;
    if (!copy)
        return (struct hk_str){0};
    memcpy(copy, raw.ptr, raw.len);
    return (struct hk_str){copy, raw.len};
}

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c >= 0x10000) {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
    } else if (c >= 0x800) {
        *out++ = (char)(0xe0 | c >> 12);
    }
    if (c >= 0x800)
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    else
        *out++ = (char)(0xc0 | c >> 6);
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

/* The checked escape at p, written to *out. Returns past it. */
static const unsigned char *put_escape(const unsigned char *p, char **out)
{
    if (p[1] != 'u') {
        *(*out)++ = (char)hk_scan_escapes[p[1]];
        return p + 2;
    }
    unsigned c = (unsigned)hk_scan_hex4(p + 2);
    bool pair = c >= 0xd800 && c <= 0xdfff;
    if (pair)
        c = 0x10000 + ((c & 0x3ff) << 10 | ((unsigned)hk_scan_hex4(p + 8) & 0x3ff));
    *out = put_utf8(*out, c);
    return p + (pair ? 12 : 6);
}

/* A checked string's bytes with its escapes resolved; an escape is never shorter than what it
 * means. */
static struct hk_str unescape(struct hk_scan *s, const unsigned char *p, const unsigned char *end)
{
    char *text = hk_arena_alloc(s->arena, (size_t)(end - p));
    if (!text) {
        s->failed = true;
        (void)hk_err_memory(s->err);
        return (struct hk_str){0};
    }
    char *out = text;
    while (p < end) {
        if (*p == '\\')
            p = put_escape(p, &out);
        else
            *out++ = (char)*p++;
    }
    return (struct hk_str){text, (size_t)(out - text)};
}

/* The string whose opening quote is at s->cur. */
static inline struct hk_str read_string(struct hk_scan *s)
{
    bool escaped = false;
    const unsigned char *start = s->cur + 1;
    if (!advance(s, hk_scan_string_end(s, start, &escaped)))
        return (struct hk_str){0};
    if (escaped)
        return unescape(s, start, s->cur - 1);
    return (struct hk_str){(const char *)start, (size_t)(s->cur - 1 - start)};
}

struct hk_str hk_scan_str(struct hk_scan *s)
{
    return expect(s, HK_JSON_STRING, "must be a string") ? read_string(s) : (struct hk_str){0};
}

/* Was there a null? It is consumed. Failing also ends here, with true: there is nothing to read. */
static bool take_null(struct hk_scan *s)
{
    if (s->failed)
        return true;
    if (hk_scan_type(s) != HK_JSON_NULL)
        return false;
    (void)advance(s, hk_scan_literal_end(s, s->cur));
    return true;
}

struct hk_str hk_scan_str_or_null(struct hk_scan *s)
{
    return take_null(s) ? (struct hk_str){0} : hk_scan_str(s);
}

bool hk_scan_bool(struct hk_scan *s)
{
    if (!expect(s, HK_JSON_BOOL, "must be a boolean"))
        return false;
    bool value = *s->cur == 't';
    return advance(s, hk_scan_literal_end(s, s->cur)) && value;
}

/* The exponent of a checked number, from behind its e on. Saturates far beyond any document's
 * length. */
static int64_t exponent(const unsigned char *p, const unsigned char *end)
{
    const int64_t limit = INT64_C(1) << 60;
    bool negative = *p == '-';
    int64_t value = 0;
    for (p += negative || *p == '+'; p < end; p++)
        value = value > limit / 16 ? limit : value * 10 + (*p - '0');
    return negative ? -value : value;
}

/* value = value * 10 - digit; numbers are built below zero since int64 reaches one further there.
 */
static bool push_digit(int64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_sub_overflow(*value, digit, value);
}

/* What keeps the checked number [p, end) from being an int64, or NULL and its value. Exact whatever
 * way it is written: 3.0, 3e2 and 300e-2 are integers, 0.5e1 is. */
static const char *to_int(const unsigned char *p, const unsigned char *end, int64_t *value)
{
    static const char RANGE[] = "must fit in 64 bits", INTEGRAL[] = "must be an integer";
    const unsigned char *e = p;
    while (e < end && (*e | 0x20) != 'e')
        e++;
    bool negative = *p == '-', in_range = true, fraction = false;
    int64_t scale = e < end ? exponent(e + 1, end) : 0, zeros = 0;
    *value = 0;
    /* Zeros are only pushed when a digit follows, so that trailing ones can meet a negative
     * exponent. */
    for (p += negative; p < e; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        scale -= fraction;
        zeros++;
        if (*p == '0')
            continue;
        for (; in_range && *value != 0 && zeros > 1; zeros--)
            in_range = push_digit(value, 0);
        in_range = in_range && push_digit(value, *p - '0');
        zeros = 0;
    }
    if (*value == 0 && in_range)
        return NULL;
    if (scale + zeros < 0)
        return INTEGRAL;
    for (scale += zeros; in_range && scale > 0; scale--)
        in_range = push_digit(value, 0);
    if (!in_range || (!negative && *value == INT64_MIN))
        return RANGE;
    *value = negative ? *value : -*value;
    return NULL;
}

int64_t hk_scan_int(struct hk_scan *s)
{
    if (!expect(s, HK_JSON_NUMBER, "must be an integer"))
        return 0;
    const unsigned char *start = s->cur, *end = hk_scan_number_end(s, start);
    if (!end)
        return 0;
    int64_t value;
    const char *rule = to_int(start, end, &value);
    if (rule) {
        int len = end - start > VALUE_CLIP ? VALUE_CLIP : (int)(end - start);
        (void)hk_scan_fail(s, "%s, is %.*s", rule, len, (const char *)start);
        return 0;
    }
    s->cur = end;
    return value;
}

/* Opens an object or array; null and every failure leave the iterator closed (depth 0). */
static void open_iter(struct hk_scan *s, struct hk_scan_iter *it, enum hk_json_type type)
{
    *it = (struct hk_scan_iter){0};
    if (take_null(s) ||
        !expect(s, type, type == HK_JSON_OBJECT ? "must be an object" : "must be an array"))
        return;
    if (s->depth == HK_SCAN_DEPTH_MAX) {
        (void)hk_scan_broken_as(s, s->cur, "must not be nested deeper than 256 levels");
        return;
    }
    s->cur++;
    it->depth = ++s->depth;
}

void hk_scan_object(struct hk_scan *s, struct hk_scan_iter *it)
{
    open_iter(s, it, HK_JSON_OBJECT);
}

void hk_scan_array(struct hk_scan *s, struct hk_scan_iter *it)
{
    open_iter(s, it, HK_JSON_ARRAY);
}

/* To where the next member or item begins. false: closed (now or before) or failed. */
static inline bool next(struct hk_scan *s, struct hk_scan_iter *it, unsigned char closer)
{
    if (it->depth == 0 || !ready(s))
        return false;
    if (it->depth != s->depth) {
        fail_at(s, s->cur, HK_ERR_INTERNAL, "the reader left an object or array open");
        return false;
    }
    if (s->cur < s->end && *s->cur == closer) {
        s->cur++;
        s->depth--;
        it->depth = 0;
        return false;
    }
    if (it->started) {
        if (s->cur >= s->end || *s->cur != ',') {
            (void)hk_scan_broken(s, s->cur,
                                 closer == '}' ? "must be ',' or '}'" : "must be ',' or ']'");
            return false;
        }
        s->cur = hk_scan_space(s->cur + 1, s->end);
    }
    it->started = true;
    return true;
}

bool hk_scan_item(struct hk_scan *s, struct hk_scan_iter *it)
{
    if (!next(s, it, ']'))
        return false;
    if (s->cur < s->end && type_of(*s->cur) != HK_JSON_NONE)
        return true;
    (void)hk_scan_broken(s, s->cur, "must be a value");
    return false;
}

/* Inline: the readers of objects spend their time here. */
static inline bool member(struct hk_scan *s, struct hk_scan_iter *it, struct hk_str *key)
{
    *key = (struct hk_str){0};
    if (!next(s, it, '}'))
        return false;
    if (s->cur >= s->end || *s->cur != '"') {
        (void)hk_scan_broken(s, s->cur, "must be a key");
        return false;
    }
    struct hk_str found = read_string(s);
    if (!found.ptr)
        return false;
    s->cur = hk_scan_space(s->cur, s->end);
    if (s->cur >= s->end || *s->cur != ':') {
        (void)hk_scan_broken(s, s->cur, "must be ':'");
        return false;
    }
    s->cur = hk_scan_space(s->cur + 1, s->end);
    *key = found;
    return true;
}

bool hk_scan_member(struct hk_scan *s, struct hk_scan_iter *it, struct hk_str *key)
{
    return member(s, it, key);
}

/* Names are short and mostly differ in their first byte: no call is worth it. */
static inline bool is_name(const char *name, struct hk_str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (name[i] != key.ptr[i] || name[i] == '\0')
            return false;
    return name[key.len] == '\0';
}

static inline int find_name(const char *const *names, struct hk_str key)
{
    for (int i = 0; names[i]; i++)
        if (is_name(names[i], key))
            return i;
    return -1;
}

int hk_scan_field(struct hk_scan *s, struct hk_scan_iter *it, const char *const *names)
{
    struct hk_str key;
    while (member(s, it, &key)) {
        int found = find_name(names, key);
        if (found < 0) {
            hk_scan_skip(s);
            continue;
        }
        if (it->seen >> found & 1) {
            (void)hk_scan_fail(s, "must not be given twice");
            return -1;
        }
        it->seen |= UINT64_C(1) << found;
        return found;
    }
    return -1;
}
