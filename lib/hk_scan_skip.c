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

const unsigned char hk_scan_escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* Past the escape at p; a pair of surrogates is one. */
static const unsigned char *escape_end(struct hk_scan *s, const unsigned char *p)
{
    if (p + 1 >= s->end || (p[1] != 'u' && hk_scan_escapes[p[1]] == 0))
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

/* Past the run of non-ASCII characters at p. */
static const unsigned char *utf8_end(struct hk_scan *s, const unsigned char *p)
{
    while (p < s->end && *p >= 0x80) {
        size_t len = hk_utf8_next(p, s->end);
        if (len == 0)
            return hk_scan_broken(s, p, "must be valid UTF-8");
        p += len;
    }
    return p;
}

const unsigned char *hk_scan_odd_end(struct hk_scan *s, const unsigned char *p)
{
    if (*p == '\\')
        return escape_end(s, p);
    if (*p >= 0x80)
        return utf8_end(s, p);
    return hk_scan_broken(s, p, "must be escaped in a string");
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
    bool escaped = false;
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
    bool escaped = false;
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

static inline bool is_opening(const unsigned char *p, const unsigned char *end)
{
    return p < end && (*p == '{' || *p == '[');
}

const unsigned char *hk_scan_value_end(struct hk_scan *s, const unsigned char *p)
{
    unsigned char closers[HK_SCAN_DEPTH_MAX + 1];
    const unsigned char *const end = s->end;
    const unsigned bottom = s->depth;
    unsigned depth = bottom;

    if (!is_opening(p, end))
        return scalar_end(s, p);
open:
    if (depth == HK_SCAN_DEPTH_MAX)
        return hk_scan_broken_as(s, p, "must not be nested deeper than 256 levels");
    closers[++depth] = *p + 2; /* in ASCII a closing bracket is two behind its opening one */
    p = hk_scan_space(p + 1, end);
    if (p < end && *p == closers[depth])
        goto close;
    if (closers[depth] == ']')
        goto item;
member:
    p = key_end(s, p);
    if (!p)
        return NULL;
    if (is_opening(p, end))
        goto open;
    p = scalar_end(s, p);
    if (!p)
        return NULL;
member_done:
    p = hk_scan_space(p, end);
    if (HK_SCAN_LIKELY(p < end && *p == ',')) {
        p = hk_scan_space(p + 1, end);
        goto member;
    }
    if (p >= end || *p != '}')
        return hk_scan_broken(s, p, "must be ',' or '}'");
close:
    p++;
    if (--depth == bottom)
        return p;
    if (closers[depth] == '}')
        goto member_done;
    goto item_done;
item:
    if (is_opening(p, end))
        goto open;
    p = scalar_end(s, p);
    if (!p)
        return NULL;
item_done:
    p = hk_scan_space(p, end);
    if (p < end && *p == ',') {
        p = hk_scan_space(p + 1, end);
        goto item;
    }
    if (p < end && *p == ']')
        goto close;
    return hk_scan_broken(s, p, "must be ',' or ']'");
}
