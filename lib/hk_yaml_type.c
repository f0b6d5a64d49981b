/* What a plain scalar means. Two questions that must not be mixed: what we read it as (one answer,
 * that of Kubernetes' own reader), and whether any reader might read it as something else (then the
 * writer quotes it). */
#include "hk_yaml_private.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define NUMBER_MAX 128 /* no sane number is longer */

static bool is_one_of(struct hk_str text, const char *const *words)
{
    for (; *words; words++) {
        if (hk_str_is(text, *words))
            return true;
    }
    return false;
}

static bool is_one_of_any_case(struct hk_str text, const char *const *words)
{
    for (; *words; words++) {
        if (strlen(*words) == text.len && strncasecmp(text.ptr, *words, text.len) == 0)
            return true;
    }
    return false;
}

static struct hk_str after(struct hk_str text, size_t n)
{
    return (struct hk_str){text.ptr + n, text.len - n};
}

static struct hk_str after_sign(struct hk_str text)
{
    return text.len && (text.ptr[0] == '+' || text.ptr[0] == '-') ? after(text, 1) : text;
}

static size_t span(struct hk_str text, const char *set)
{
    size_t n = 0;
    while (n < text.len && text.ptr[n] && strchr(set, text.ptr[n]))
        n++;
    return n;
}

static bool looks_like_date(struct hk_str text)
{
    return text.len >= 6 && span(text, "0123456789") == 4 && text.ptr[4] == '-' &&
           isdigit((unsigned char)text.ptr[5]);
}

/* Digits, '_', ':' and at most one '.', then perhaps an exponent: every decimal, octal and
 * sexagesimal form of either version is in here. */
static bool looks_like_number(struct hk_str text)
{
    size_t mantissa = span(text, "0123456789_.:");
    unsigned dots = 0, digits = 0;
    for (size_t i = 0; i < mantissa; i++) {
        dots += text.ptr[i] == '.';
        digits += isdigit((unsigned char)text.ptr[i]) != 0;
    }
    if (!digits || dots > 1)
        return false;
    struct hk_str rest = after(text, mantissa);
    if (rest.len && (rest.ptr[0] == 'e' || rest.ptr[0] == 'E'))
        rest = after_sign(after(rest, 1));
    return span(rest, "0123456789_") == rest.len;
}

static bool has_base_prefix(struct hk_str text, const char *letters)
{
    return text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] && strchr(letters, text.ptr[1]);
}

bool hk_yaml_is_ambiguous(struct hk_str text)
{
    static const char *const WORDS[] = {"y",     "n",    "yes", "no", "on", "off", "true",
                                        "false", "null", "~",   "<<", "=",  NULL};
    static const char *const SIGNED_WORDS[] = {".inf", ".nan", "inf", "infinity", "nan", NULL};
    if (text.len == 0 || is_one_of_any_case(text, WORDS))
        return true;
    struct hk_str bare = after_sign(text);
    if (is_one_of_any_case(bare, SIGNED_WORDS) || looks_like_date(text) || looks_like_number(bare))
        return true;
    /* Some readers take underscores out before they look: 0_o17. */
    if (bare.len && memchr(bare.ptr, '_', bare.len) && strchr("0123456789._", bare.ptr[0]))
        return span(bare, "0123456789abcdefABCDEFxXoO_.:pP+-") == bare.len;
    if (has_base_prefix(bare, "xX"))
        return span(after(bare, 2), "0123456789abcdefABCDEF_.pP+-") == bare.len - 2;
    return has_base_prefix(bare, "bBoO") && span(after(bare, 2), "0123456789_") == bare.len - 2;
}

/* Integers as Go's ParseInt with base 0 reads them, underscores taken out first. 0: not an integer.
 */
static int int_base(const char **digits)
{
    const char *d = *digits;
    if (d[0] != '0' || !d[1])
        return 10;
    int base = d[1] == 'x' || d[1] == 'X' ? 16 : d[1] == 'b' || d[1] == 'B' ? 2 : 8;
    *digits = base != 8 || d[1] == 'o' || d[1] == 'O' ? d + 2 : d + 1;
    return base;
}

static json_t *typed_int(const char *text)
{
    char with_sign[NUMBER_MAX + 2];
    const char *digits = text + (*text == '-' || *text == '+');
    int base = int_base(&digits);
    const char *allowed = base == 16   ? "0123456789abcdefABCDEF"
                          : base == 10 ? "0123456789"
                          : base == 8  ? "01234567"
                                       : "01";
    /* strtoll would take a second prefix. */
    if (!*digits || digits[strspn(digits, allowed)])
        return NULL;
    snprintf(with_sign, sizeof with_sign, "%s%s", *text == '-' ? "-" : "", digits);
    errno = 0;
    long long value = strtoll(with_sign, NULL, base);
    return errno ? NULL : json_integer(value);
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *text)
{
    const char *p = text + (*text == '-' || *text == '+');
    size_t whole = strspn(p, "0123456789");
    p += whole;
    if (*p == '.') {
        size_t fraction = strspn(++p, "0123456789");
        if (whole + fraction == 0)
            return false;
        p += fraction;
    } else if (!whole) {
        return false;
    }
    if (*p != 'e' && *p != 'E')
        return *p == '\0';
    p++;
    p += *p == '-' || *p == '+';
    size_t exponent = strspn(p, "0123456789");
    return exponent && p[exponent] == '\0';
}

/* The caller has seen that the first character is a digit, a sign or a dot. */
static int typed_number(struct hk_str text, json_t **value)
{
    char plain[NUMBER_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < text.len && n < NUMBER_MAX; i++) {
        if (text.ptr[i] != '_')
            plain[n++] = text.ptr[i];
    }
    plain[n] = '\0';
    if (text.len > NUMBER_MAX || (*value = typed_int(plain)) == NULL) {
        bool is_number = text.len <= NUMBER_MAX && is_float(plain);
        double real = is_number ? strtod(plain, NULL) : 0;
        if (isinf(real))
            return -1;
        *value = is_number ? json_real(real) : json_stringn(text.ptr, text.len);
    }
    return 0;
}

int hk_yaml_typed(struct hk_str text, json_t **value)
{
    static const char *const NULLS[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const TRUES[] = {"true", "True", "TRUE", "y",  "Y",  "yes",
                                        "Yes",  "YES",  "on",   "On", "ON", NULL};
    static const char *const FALSES[] = {"false", "False", "FALSE", "n",   "N",   "no",
                                         "No",    "NO",    "off",   "Off", "OFF", NULL};
    static const char *const NO_JSON[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                          "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                                          ".NaN",  ".NAN",  NULL};
    *value = NULL;
    if (text.len <= 5 && is_one_of(text, NO_JSON))
        return -1;
    if (text.len <= 5 && is_one_of(text, NULLS))
        *value = json_null();
    else if (text.len <= 5 && is_one_of(text, TRUES))
        *value = json_true();
    else if (text.len <= 5 && is_one_of(text, FALSES))
        *value = json_false();
    else if (strchr("0123456789+-.", text.ptr[0]) && text.ptr[0])
        return typed_number(text, value);
    else
        *value = json_stringn(text.ptr, text.len);
    return 0;
}
