/* hk_jw.c - the JSON writer. It is on the path of every sync: runs of plain bytes are copied 16 at
 * a time, and only a byte that needs it is looked at. */
#include "hk_jw.h"

#include "hk_utf8.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK 16

/* What a byte of a string needs: nothing, an escape (the letter after the backslash; 'u' for
 * \u00xx), or a check as the lead of a UTF-8 character. */
#define UTF8 1
static const unsigned char needs[256] = {
    ['\b'] = 'b', ['\t'] = 't',          ['\n'] = 'n',           ['\f'] = 'f',
    ['\r'] = 'r', ['"'] = '"',           ['\\'] = '\\',          [0x00 ... 0x07] = 'u',
    [0x0B] = 'u', [0x0E ... 0x1F] = 'u', [0x80 ... 0xFF] = UTF8,
};

/* Is one of eight bytes below 0x20, above 0x7f, a quote or a backslash? May say yes for no good reason,
 * never no. */
static bool has_special(uint64_t bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t quote = bytes ^ (ones * '"'), slash = bytes ^ (ones * '\\');
    return ((bytes | (bytes - ones * 0x20) | (quote - ones) | (slash - ones)) & high) != 0;
}

/* The bytes from p to end, fewer than two blocks of eight, when all of them are plain: as two words that may
 * overlap. false, and nothing copied, when one is not, or when there are too many or too few. */
static inline bool copy_short(char *to, const unsigned char *p, const unsigned char *end)
{
    size_t len = (size_t)(end - p);
    uint64_t head, tail;
    if (len >= sizeof head && len <= 2 * sizeof head) {
        memcpy(&head, p, sizeof head);
        memcpy(&tail, end - sizeof tail, sizeof tail);
        if (has_special(head) || has_special(tail))
            return false;
        memcpy(to, &head, sizeof head);
        memcpy(to + len - sizeof tail, &tail, sizeof tail);
        return true;
    }
    uint32_t first, last;
    if (len < sizeof first || len > sizeof head)
        return false;
    memcpy(&first, p, sizeof first);
    memcpy(&last, end - sizeof last, sizeof last);
    if (has_special((uint64_t)first << 32 | last))
        return false;
    memcpy(to, &first, sizeof first);
    memcpy(to + len - sizeof last, &last, sizeof last);
    return true;
}

/* Copies plain bytes from *from to the returned end of `to`, up to the first that is not plain or
 * to the end. May write up to BLOCK bytes beyond what it copies. */
static char *copy_plain(char *to, const unsigned char **from, const unsigned char *end)
{
    const unsigned char *p = *from;
#ifdef __SSE2__
    while (end - p >= BLOCK) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Signed: bytes from 0x80 are below 0x20 too, so one comparison finds both. */
        __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
        __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        int mask = _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
        _mm_storeu_si128((__m128i *)(void *)to, bytes);
        if (mask) {
            int plain = __builtin_ctz((unsigned)mask);
            *from = p + plain;
            return to + plain;
        }
        p += BLOCK;
        to += BLOCK;
    }
#endif
    if (copy_short(to, p, end)) {
        *from = end;
        return to + (end - p);
    }
    while (p < end && !needs[*p])
        *to++ = (char)*p++;
    *from = p;
    return to;
}

static char *put_escape(char *to, unsigned char byte)
{
    *to++ = '\\';
    *to++ = (char)needs[byte];
    if (needs[byte] == 'u') {
        memcpy(to, "00", 2);
        to[2] = (char)('0' + (byte >> 4));
        to[3] = "0123456789abcdef"[byte & 15];
        to += 4;
    }
    return to;
}

void hk_jw_escape(struct hk_buf *out, struct hk_str text)
{
    if (!text.ptr)
        return;
    const unsigned char *p = (const unsigned char *)text.ptr;
    const unsigned char *end = p + text.len;
    while (p != end) {
        /* Room for the rest as it stands, for one escape and for the block that overshoots. */
        if (hk_buf_reserve(out, (size_t)(end - p) + 6 + BLOCK) < 0)
            return;
        char *to = copy_plain(out->data + out->len, &p, end);
        while (p != end && needs[*p] == UTF8) {
            size_t len = hk_utf8_next(p, end);
            if (len == 0) {
                out->failed = true;
                return;
            }
            memcpy(to, p, len);
            to += len;
            p += len;
        }
        if (p != end && needs[*p])
            to = put_escape(to, *p++);
        out->len = (size_t)(to - out->data);
    }
}

void hk_jw_init(struct hk_jw *w, struct hk_buf *out)
{
    *w = (struct hk_jw){.out = out};
}

static uint64_t level_bit(const struct hk_jw *w)
{
    return UINT64_C(1) << w->depth;
}

/* A comma when something stands before at this depth. */
static void begin(struct hk_jw *w)
{
    if (w->has_member & level_bit(w))
        hk_buf_add_char(w->out, ',');
    w->has_member |= level_bit(w);
}

/* Once the buffer has failed nothing is tracked any more: the levels of a builder that carries on
 * need not balance with what was written. */
static void open_level(struct hk_jw *w, char bracket)
{
    if (w->depth + 1 >= HK_JW_DEPTH_MAX)
        w->out->failed = true;
    if (w->out->failed)
        return;
    begin(w);
    w->items += w->depth == HK_JW_ITEM_DEPTH;
    hk_buf_add_char(w->out, bracket);
    w->depth++;
    w->has_member &= ~level_bit(w);
#ifndef NDEBUG
    w->last_key[w->depth].len = 0;
#endif
}

static void close_level(struct hk_jw *w, char bracket)
{
    if (w->out->failed)
        return;
    assert(w->depth > 0);
    w->depth--;
    hk_buf_add_char(w->out, bracket);
}

void hk_jw_object(struct hk_jw *w)
{
    open_level(w, '{');
}

void hk_jw_object_end(struct hk_jw *w)
{
    close_level(w, '}');
}

void hk_jw_array(struct hk_jw *w)
{
    open_level(w, '[');
}

void hk_jw_array_end(struct hk_jw *w)
{
    close_level(w, ']');
}

#ifndef NDEBUG
/* Compares what stands in out, so a key that had to be escaped is left out of the comparison. */
static void check_order(struct hk_jw *w, size_t at)
{
    struct hk_str key = {w->out->data + at, w->out->len - at};
    struct hk_str last = {w->out->data + w->last_key[w->depth].at, w->last_key[w->depth].len};
    if (key.len && memchr(key.ptr, '\\', key.len))
        key.len = 0;
    if (key.len && last.len)
        assert(hk_str_cmp(last, key) < 0);
    w->last_key[w->depth].at = at;
    w->last_key[w->depth].len = key.len;
}
#endif

static void note_key(struct hk_jw *w, size_t at)
{
#ifndef NDEBUG
    if (!w->out->failed)
        check_order(w, at);
#else
    (void)w;
    (void)at;
#endif
}

void hk_jw_key(struct hk_jw *w, struct hk_str key)
{
    begin(w);
    w->has_member &= ~level_bit(w); /* the value that follows takes no comma */
    hk_buf_add_char(w->out, '"');
    size_t at = w->out->len;
    hk_jw_escape(w->out, key);
    note_key(w, at);
    hk_buf_add(w->out, "\":", 2);
}

void hk_jw_literal_key(struct hk_jw *w, const char *key, size_t len)
{
    if (hk_buf_reserve(w->out, len + 4) < 0)
        return;
    char *start = w->out->data + w->out->len, *to = start;
    if (w->has_member & level_bit(w))
        *to++ = ',';
    *to++ = '"';
    memcpy(to, key, len);
    memcpy(to + len, "\":", 2);
    w->out->len += (size_t)(to - start) + len;
    w->has_member &= ~level_bit(w);
    note_key(w, w->out->len - len);
    w->out->len += 2;
}

void hk_jw_str(struct hk_jw *w, struct hk_str value)
{
    struct hk_buf *out = w->out;
    const unsigned char *p = (const unsigned char *)value.ptr, *end = p ? p + value.len : p;
    if (hk_buf_reserve(out, (size_t)(end - p) + 3 + BLOCK) < 0)
        return;
    char *to = out->data + out->len;
    if (w->has_member & level_bit(w))
        *to++ = ',';
    w->has_member |= level_bit(w);
    *to++ = '"';
    to = copy_plain(to, &p, end);
    out->len = (size_t)(to - out->data);
    /* The rest, if any, begins with what needs a closer look. */
    if (p != end)
        hk_jw_escape(out, (struct hk_str){(const char *)p, (size_t)(end - p)});
    hk_buf_add_char(out, '"');
}

void hk_jw_cstr(struct hk_jw *w, const char *value)
{
    hk_jw_str(w, hk_str_of(value));
}

void hk_jw_int(struct hk_jw *w, int64_t value)
{
    begin(w);
    hk_buf_add_int(w->out, value);
}

void hk_jw_bool(struct hk_jw *w, bool value)
{
    hk_jw_raw(w, value ? HK_STR("true") : HK_STR("false"));
}

void hk_jw_null(struct hk_jw *w)
{
    hk_jw_raw(w, HK_STR("null"));
}

void hk_jw_raw(struct hk_jw *w, struct hk_str json)
{
    begin(w);
    w->items += w->depth == HK_JW_ITEM_DEPTH;
    hk_buf_add_str(w->out, json);
}
