/* hk_base64.c - strict: what Go's base64.StdEncoding decodes is decoded, and nothing else. */
#include "hk_base64.h"

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hk_base64_encode(struct hk_str bytes, struct hk_buf *out)
{
    if (hk_buf_reserve(out, (bytes.len + 2) / 3 * 4) != 0)
        return;
    for (size_t i = 0; i < bytes.len; i += 3) {
        const unsigned char *in = (const unsigned char *)bytes.ptr + i;
        size_t left = bytes.len - i;
        unsigned group = (unsigned)in[0] << 16;
        group |= left > 1 ? (unsigned)in[1] << 8 : 0;
        group |= left > 2 ? in[2] : 0;
        char *to = out->data + out->len;
        to[0] = DIGITS[group >> 18];
        to[1] = DIGITS[group >> 12 & 63];
        to[2] = DIGITS[group >> 6 & 63];
        to[3] = DIGITS[group & 63];
        if (left < 3)
            to[3] = '=';
        if (left < 2)
            to[2] = '=';
        out->len += 4;
    }
}

/* The value of a digit; -1: it is none. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What was read so far. */
struct decoding {
    char *out;
    size_t len;
    unsigned group;  /* the bits of the group that is open */
    unsigned digits; /* how many it has, padding too */
    unsigned padding;
};

/* Four digits are three bytes, each `=` in their place one less. */
static void close_group(struct decoding *d)
{
    for (unsigned i = 0; i < 3 - d->padding; i++)
        d->out[d->len++] = (char)(d->group >> (16 - 8 * i) & 255);
    d->group = 0;
    d->digits = 0;
}

static bool take(struct decoding *d, char c)
{
    int value = value_of(c);
    bool is_closed = d->padding > 0 && d->digits == 0;
    if (is_closed || (value < 0 && c != '='))
        return false;
    if (c == '=' ? d->digits < 2 : d->padding > 0)
        return false;
    d->padding += c == '=';
    d->group = d->group << 6 | (unsigned)(value < 0 ? 0 : value);
    if (++d->digits == 4)
        close_group(d);
    return true;
}

bool hk_base64_decode(struct hk_str text, struct hk_arena *arena, struct hk_str *bytes)
{
    struct decoding d = {.out = hk_arena_alloc(arena, text.len / 4 * 3 + 4)};
    *bytes = (struct hk_str){NULL, 0};
    if (!d.out)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\n' && text.ptr[i] != '\r' && !take(&d, text.ptr[i]))
            return false;
    if (d.digits != 0)
        return false;
    *bytes = (struct hk_str){d.out, d.len};
    return true;
}
