/* hk_qty.c - quantities as exact decimals. What Kubernetes writes back is not always its canonical
 * form: it keeps the text it read when a quick look finds it good enough ("+5", "1.500", "1E3"
 * stay). That look is restated in is_kept, since a Pod written in any other form would be updated
 * at every sync. */
#include "hk_qty.h"

#include <stdio.h>

#define NANO (-9)
#define MILLI (-3)
#define EXPONENT_MAX 2000000000 /* Kubernetes wraps around a little later */
/* The digits of the longest text (61 before Ei), times 2^60 (19 more), and multiply's room. */
#define DIGITS_MAX (HK_QTY_TEXT_SIZE + 20)

enum format { DECIMAL_SI, BINARY_SI, DECIMAL_EXPONENT };

/* A quantity taken apart; digits borrowed. */
struct parts {
    bool negative;
    struct hk_str whole, fraction; /* whole without leading zeros */
    enum format format;
    int64_t exponent; /* of 10, or of 1024 in BINARY_SI */
};

/* value = digits * 10^exponent; no zeros at either end; zero has no digits. */
struct decimal {
    bool negative;
    unsigned char digits[DIGITS_MAX]; /* most significant first */
    size_t count;
    int64_t exponent;
};

static const struct suffix {
    const char *text;
    enum format format;
    int exponent;
} suffixes[] = {
    {"", DECIMAL_SI, 0},   {"n", DECIMAL_SI, -9}, {"u", DECIMAL_SI, -6}, {"m", DECIMAL_SI, -3},
    {"k", DECIMAL_SI, 3},  {"M", DECIMAL_SI, 6},  {"G", DECIMAL_SI, 9},  {"T", DECIMAL_SI, 12},
    {"P", DECIMAL_SI, 15}, {"E", DECIMAL_SI, 18}, {"Ki", BINARY_SI, 1},  {"Mi", BINARY_SI, 2},
    {"Gi", BINARY_SI, 3},  {"Ti", BINARY_SI, 4},  {"Pi", BINARY_SI, 5},  {"Ei", BINARY_SI, 6},
};

#define SUFFIX_COUNT (sizeof(suffixes) / sizeof(suffixes[0]))

static const char *suffix_of(enum format format, int64_t exponent)
{
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        if (suffixes[i].exponent == exponent && (suffixes[i].format == format || exponent == 0))
            return suffixes[i].text;
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct hk_str take_digits(struct hk_str *rest)
{
    struct hk_str digits = {rest->ptr, 0};
    while (digits.len < rest->len && is_digit(rest->ptr[digits.len]))
        digits.len++;
    rest->ptr += digits.len;
    rest->len -= digits.len;
    return digits;
}

static bool take_char(struct hk_str *rest, const char *any_of)
{
    if (rest->len == 0 || rest->ptr[0] == '\0' || !strchr(any_of, rest->ptr[0]))
        return false;
    rest->ptr++;
    rest->len--;
    return true;
}

/* e3, E+3, e-3 */
static int read_exponent(struct hk_str rest, struct parts *parts)
{
    if (!take_char(&rest, "eE"))
        return -1;
    int64_t sign = rest.len && rest.ptr[0] == '-' ? -1 : 1;
    take_char(&rest, "+-");
    struct hk_str digits = take_digits(&rest);
    if (digits.len == 0 || rest.len)
        return -1;
    int64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        value = value * 10 + (digits.ptr[i] - '0');
        if (value > EXPONENT_MAX)
            return -1;
    }
    parts->format = DECIMAL_EXPONENT;
    parts->exponent = sign * value;
    return 0;
}

static int read_suffix(struct hk_str rest, struct parts *parts)
{
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        if (hk_str_is(rest, suffixes[i].text)) {
            parts->format = suffixes[i].format;
            parts->exponent = suffixes[i].exponent;
            return 0;
        }
    }
    return read_exponent(rest, parts);
}

static int read_parts(struct hk_str text, struct parts *parts)
{
    struct hk_str rest = text;
    parts->negative = rest.len && rest.ptr[0] == '-';
    take_char(&rest, "+-");
    parts->whole = take_digits(&rest);
    bool has_digit = parts->whole.len > 0;
    while (parts->whole.len && parts->whole.ptr[0] == '0') {
        parts->whole.ptr++;
        parts->whole.len--;
    }
    parts->fraction = (struct hk_str){"", 0};
    if (take_char(&rest, "."))
        parts->fraction = take_digits(&rest);
    if (!has_digit && parts->fraction.len == 0)
        return -1;
    return read_suffix(rest, parts);
}

static void normalise(struct decimal *d)
{
    size_t zeros = 0;
    while (zeros < d->count && d->digits[zeros] == 0)
        zeros++;
    d->count -= zeros;
    memmove(d->digits, d->digits + zeros, d->count);
    while (d->count && d->digits[d->count - 1] == 0) {
        d->count--;
        d->exponent++;
    }
    if (d->count == 0)
        d->exponent = 0;
}

/* By at most 1024, which adds at most 4 digits. DIGITS_MAX has room for Ei and these. */
static void multiply(struct decimal *d, unsigned factor)
{
    const size_t room = 4;
    memmove(d->digits + room, d->digits, d->count);
    memset(d->digits, 0, room);
    d->count += room;
    unsigned carry = 0;
    for (size_t i = d->count; i-- > 0;) {
        unsigned value = d->digits[i] * factor + carry;
        d->digits[i] = (unsigned char)(value % 10);
        carry = value / 10;
    }
    normalise(d);
}

static void add_digits(struct decimal *d, struct hk_str digits)
{
    for (size_t i = 0; i < digits.len; i++)
        d->digits[d->count++] = (unsigned char)(digits.ptr[i] - '0');
}

static struct decimal decimal_of(const struct parts *parts)
{
    struct decimal d = {.negative = parts->negative};
    add_digits(&d, parts->whole);
    add_digits(&d, parts->fraction);
    d.exponent = -(int64_t)parts->fraction.len;
    if (parts->format != BINARY_SI)
        d.exponent += parts->exponent;
    normalise(&d);
    for (int64_t i = 0; parts->format == BINARY_SI && i < parts->exponent; i++)
        multiply(&d, 1024);
    return d;
}

/* Away from zero, to a multiple of 10^exponent. */
static void round_up(struct decimal *d, int64_t exponent)
{
    if (d->count == 0 || d->exponent >= exponent)
        return;
    int64_t drop = exponent - d->exponent;
    size_t keep = drop < (int64_t)d->count ? d->count - (size_t)drop : 0;
    d->count = keep;
    d->exponent = exponent;
    /* What was dropped ended in a digit that is not 0: it always rounds. */
    while (keep > 0 && d->digits[keep - 1] == 9)
        d->digits[--keep] = 0;
    if (keep > 0) {
        d->digits[keep - 1]++;
    } else {
        memmove(d->digits + 1, d->digits, d->count);
        d->digits[0] = 1;
        d->count++;
    }
    normalise(d);
}

/* Without regard to signs. */
static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
    if (a->count == 0 || b->count == 0)
        return (a->count > 0) - (b->count > 0);
    int64_t a_top = (int64_t)a->count + a->exponent;
    int64_t b_top = (int64_t)b->count + b->exponent;
    if (a_top != b_top)
        return a_top < b_top ? -1 : 1;
    return hk_str_cmp((struct hk_str){(const char *)a->digits, a->count},
                      (struct hk_str){(const char *)b->digits, b->count});
}

static struct decimal decimal_of_digits(const char *digits)
{
    struct parts parts = {.whole = hk_str_of(digits), .fraction = HK_STR(""), .format = DECIMAL_SI};
    return decimal_of(&parts);
}

/* Has it fewer digits before the point than 2^63? */
static bool is_far_below_int64_max(const struct decimal *d)
{
    return (int64_t)d->count + d->exponent < 19;
}

static int64_t milli_of(struct decimal d)
{
    round_up(&d, MILLI);
    int64_t value = 0;
    bool overflow = false;
    for (size_t i = 0; i < d.count; i++) {
        overflow |= __builtin_mul_overflow(value, INT64_C(10), &value);
        overflow |= __builtin_sub_overflow(value, (int64_t)d.digits[i], &value);
    }
    for (int64_t i = MILLI; i < d.exponent && d.count && !overflow; i++)
        overflow = __builtin_mul_overflow(value, INT64_C(10), &value);
    /* Built up below zero, where there is room for one more. */
    if (d.negative)
        return overflow ? INT64_MIN : value;
    return overflow || value == INT64_MIN ? INT64_MAX : -value;
}

static bool ends_in_three_zeros(const struct parts *parts)
{
    size_t zeros = 0;
    struct hk_str runs[] = {parts->fraction, parts->whole};
    for (size_t i = 0; i < 2; i++) {
        size_t at = runs[i].len;
        while (at > 0 && runs[i].ptr[at - 1] == '0')
            at--;
        zeros += runs[i].len - at;
        if (at > 0)
            break;
    }
    return zeros >= 3;
}

/* Does Kubernetes write this text back letter by letter? (Its fast path, which never rounds.) */
static bool is_kept(const struct parts *parts)
{
    if (parts->whole.len == 0)
        return false;
    if (parts->format == BINARY_SI) {
        if (parts->fraction.len || (int64_t)parts->whole.len > 14 - 3 * parts->exponent)
            return false;
        unsigned low = 0; /* the last three digits tell what is left of a division by 8 */
        for (size_t i = parts->whole.len > 3 ? parts->whole.len - 3 : 0; i < parts->whole.len; i++)
            low = low * 10 + (unsigned)(parts->whole.ptr[i] - '0');
        return low % 8 != 0;
    }
    int64_t scale = parts->exponent - (int64_t)parts->fraction.len;
    return parts->whole.len + parts->fraction.len <= 18 && scale >= NANO && scale % 3 == 0 &&
           !ends_in_three_zeros(parts);
}

struct text {
    char bytes[HK_QTY_TEXT_SIZE];
    size_t len;
};

static int write_digits(struct text *to, const struct decimal *d, size_t zeros)
{
    if (d->negative + d->count + zeros >= sizeof(to->bytes))
        return -1;
    if (d->negative)
        to->bytes[to->len++] = '-';
    for (size_t i = 0; i < d->count; i++)
        to->bytes[to->len++] = (char)('0' + d->digits[i]);
    memset(to->bytes + to->len, '0', zeros);
    to->len += zeros;
    return 0;
}

static int write_suffix(struct text *to, const char *suffix)
{
    size_t len = strlen(suffix);
    if (to->len + len >= sizeof(to->bytes))
        return -1;
    memcpy(to->bytes + to->len, suffix, len + 1);
    to->len += len;
    return 0;
}

/* A power of a thousand, as a suffix or exponent. */
static int write_decimal(struct text *to, const struct decimal *d, enum format format)
{
    int64_t zeros = ((d->exponent % 3) + 3) % 3;
    int64_t exponent = d->exponent - zeros;
    char power[24] = "";
    if (format == DECIMAL_EXPONENT && exponent)
        snprintf(power, sizeof(power), "e%lld", (long long)exponent);
    const char *suffix = format == DECIMAL_EXPONENT ? power : suffix_of(DECIMAL_SI, exponent);
    if (!suffix) /* 1000E and the like: Kubernetes writes them without a suffix, a thousandfold loss
                  */
        return -1;
    return write_digits(to, d, (size_t)zeros) < 0 ? -1 : write_suffix(to, suffix);
}

/* A whole number of at most 63 bits, as the largest power of 1024 that divides it. */
static int write_binary(struct text *to, const struct decimal *d)
{
    int64_t value = 0;
    for (size_t i = 0; i < d->count; i++)
        value = value * 10 + d->digits[i];
    for (int64_t i = 0; i < d->exponent; i++)
        value *= 10;
    int64_t power = 0;
    for (; value % 1024 == 0; value /= 1024)
        power++;
    to->len = (size_t)snprintf(to->bytes, sizeof(to->bytes), "%s%lld", d->negative ? "-" : "",
                               (long long)value);
    return write_suffix(to, suffix_of(BINARY_SI, power));
}

static int write_canonical(struct text *to, const struct decimal *d, enum format format)
{
    struct decimal kibi = decimal_of_digits("1024");
    if (d->count == 0)
        return write_suffix(to, "0");
    /* Below 1Ki, and with a fraction, the binary form would lose precision. */
    if (format == BINARY_SI && compare_sizes(d, &kibi) >= 0 && d->exponent >= 0)
        return write_binary(to, d);
    return write_decimal(to, d, format == DECIMAL_EXPONENT ? format : DECIMAL_SI);
}

static int refuse(struct hk_err *err, struct hk_str text, const char *why)
{
    return hk_err_set(err, HK_ERR_INVALID, NULL,
                      "must be a quantity such as 500m, 2, 1.5Gi or 1e3, is \"%.*s\"%s",
                      text.len < 40 ? (int)text.len : 40, text.ptr ? text.ptr : "", why);
}

/* The most that a binary quantity can be. */
static void clamp_to_int64(struct decimal *d)
{
    struct decimal max = decimal_of_digits("9223372036854775807");
    if (compare_sizes(d, &max) <= 0)
        return;
    max.negative = d->negative;
    *d = max;
}

int hk_qty_parse(struct hk_str text, struct hk_qty *qty, struct hk_err *err)
{
    struct parts parts;
    if (text.len >= HK_QTY_TEXT_SIZE)
        return refuse(err, text, "... (too long)");
    if (text.len == 0 || read_parts(text, &parts) < 0)
        return refuse(err, text, "");
    struct decimal d = decimal_of(&parts);
    struct text canonical = {.len = 0};
    if (is_kept(&parts)) {
        memcpy(canonical.bytes, text.ptr, text.len);
        canonical.bytes[text.len] = '\0';
    } else {
        round_up(&d, NANO);
        if (parts.format == BINARY_SI && !is_far_below_int64_max(&d))
            clamp_to_int64(&d);
        if (write_canonical(&canonical, &d, parts.format) < 0)
            return refuse(err, text, " (too large)");
    }
    qty->milli = milli_of(d);
    memcpy(qty->text, canonical.bytes, sizeof(qty->text));
    return 0;
}

static struct decimal decimal_of_text(const char *text)
{
    struct parts parts;
    if (read_parts(hk_str_of(text), &parts) < 0)
        return (struct decimal){0}; /* not from hk_qty_parse; a zeroed struct hk_qty is 0 */
    return decimal_of(&parts);
}

int hk_qty_cmp(const struct hk_qty *a, const struct hk_qty *b)
{
    /* Rounding and saturating keep the order, so thousandths that differ settle it. */
    if (a->milli != b->milli)
        return a->milli < b->milli ? -1 : 1;
    struct decimal x = decimal_of_text(a->text);
    struct decimal y = decimal_of_text(b->text);
    bool x_below = x.negative && x.count;
    bool y_below = y.negative && y.count;
    if (x_below != y_below)
        return x_below ? -1 : 1;
    return x_below ? compare_sizes(&y, &x) : compare_sizes(&x, &y);
}
