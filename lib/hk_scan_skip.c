/* hk_scan_skip.c - past whole values at full speed: what the scanner spends its time in.
 *
 * No recursion: open objects and arrays are one byte each on a small stack. Inside an object (or an
 * array) the code itself knows where it is, so the stack is only asked when something closes. */
#include "hk_scan_lex.h"

#include "hk_utf8.h"

int hk_scan_hex4(const unsigned char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = p[i], lower = c | 0x20;
        if (hk_scan_is_digit(c))
            value = value * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* The \uXXXX at p: its code unit, or -1 after recording what is broken. */
static int code_unit(struct hk_scan *s, const unsigned char *p)
{
    for (int i = 2; i < 6; i++) {
        unsigned char c = p[i], lower = c | 0x20;
        if (p + i >= s->end || !(hk_scan_is_digit(c) || (lower >= 'a' && lower <= 'f'))) {
            (void)hk_scan_broken(s, p + i, "must be a hexadecimal digit");
            return -1;
        }
    }
    return hk_scan_hex4(p + 2);
}

const unsigned char *hk_scan_escape_end(struct hk_scan *s, const unsigned char *p)
{
    static const char SIMPLE[] = "\"\\/bfnrt";
    if (p + 1 >= s->end || (p[1] != 'u' && (p[1] == 0 || !strchr(SIMPLE, p[1]))))
        return hk_scan_broken(s, p + 1, "must be a valid escape");
    if (p[1] != 'u')
        return p + 2;
    int unit = code_unit(s, p);
    if (unit < 0)
        return NULL;
    if (unit < 0xd800 || unit > 0xdfff)
        return p + 6;
    if (unit >= 0xdc00 || p + 7 >= s->end || p[6] != '\\' || p[7] != 'u')
        return hk_scan_broken_as(s, p, "must not be a lone surrogate");
    int low = code_unit(s, p + 6);
    if (low < 0)
        return NULL;
    if (low < 0xdc00 || low > 0xdfff)
        return hk_scan_broken_as(s, p, "must not be a lone surrogate");
    return p + 12;
}

const unsigned char *hk_scan_utf8_end(struct hk_scan *s, const unsigned char *p)
{
    while (p < s->end && *p >= 0x80) {
        size_t len = hk_utf8_next(p, s->end);
        if (len == 0)
            return hk_scan_broken(s, p, "must be valid UTF-8");
        p += len;
    }
    return p;
}

/* Past one digit or more. */
static const unsigned char *digits_end(struct hk_scan *s, const unsigned char *p)
{
    const unsigned char *start = p;
    while (p < s->end && hk_scan_is_digit(*p))
        p++;
    return p > start ? p : hk_scan_broken(s, p, "must be a digit");
}

const unsigned char *hk_scan_number_end(struct hk_scan *s, const unsigned char *p)
{
    const unsigned char *end = s->end;
    if (*p == '-')
        p++;
    if (p < end && *p == '0')
        p++;
    else
        p = digits_end(s, p);
    if (p && p < end && *p == '.')
        p = digits_end(s, p + 1);
    if (p && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        p = digits_end(s, p);
    }
    return p;
}

/* Past the string, number or literal at p; anything else is broken. */
static inline const unsigned char *scalar_end(struct hk_scan *s, const unsigned char *p)
{
    bool escaped;
    if (!HK_SCAN_LIKELY(p < s->end))
        return hk_scan_broken(s, p, "must be a value");
    if (HK_SCAN_LIKELY(*p == '"'))
        return hk_scan_string_end(s, p + 1, &escaped);
    if (hk_scan_is_digit(*p) || *p == '-')
        return hk_scan_number_end(s, p);
    if (*p == 't' || *p == 'f' || *p == 'n')
        return hk_scan_literal_end(s, p);
    return hk_scan_broken(s, p, "must be a value");
}

/* Past a member's key, its colon and the white space around it. */
static inline const unsigned char *key_end(struct hk_scan *s, const unsigned char *p)
{
    bool escaped;
    if (!HK_SCAN_LIKELY(p < s->end && *p == '"'))
        return hk_scan_broken(s, p, "must be a key");
    p = hk_scan_string_end(s, p + 1, &escaped);
    if (!p)
        return NULL;
    p = hk_scan_space(p, s->end);
    if (!HK_SCAN_LIKELY(p < s->end && *p == ':'))
        return hk_scan_broken(s, p, "must be ':'");
    return hk_scan_space(p + 1, s->end);
}

const unsigned char *hk_scan_value_end(struct hk_scan *s, const unsigned char *p)
{
    unsigned char closers[HK_SCAN_DEPTH_MAX];
    const unsigned char *const end = s->end;
    const unsigned bottom = s->depth;
    unsigned depth = bottom;

value:
    if (p < end && (*p == '{' || *p == '[')) {
        if (depth == HK_SCAN_DEPTH_MAX)
            return hk_scan_broken_as(s, p, "must not be nested deeper than 256 levels");
        unsigned char closer =
            *p + 2; /* in ASCII a closing bracket is two behind its opening one */
        p = hk_scan_space(p + 1, end);
        if (p < end && *p == closer) {
            p++;
        } else {
            closers[depth++] = closer;
            if (closer == '}')
                goto key;
            goto value;
        }
    } else {
        p = scalar_end(s, p);
        if (!p)
            return NULL;
    }
    while (depth > bottom) {
        p = hk_scan_space(p, end);
        if (p >= end || (*p != ',' && *p != closers[depth - 1]))
            return hk_scan_broken(
                s, p, closers[depth - 1] == '}' ? "must be ',' or '}'" : "must be ',' or ']'");
        if (*p++ != ',') {
            depth--;
            continue;
        }
        p = hk_scan_space(p, end);
        if (closers[depth - 1] == ']')
            goto value;
        goto key;
    }
    return p;

key:
    p = key_end(s, p);
    if (p)
        goto value;
    return NULL;
}
