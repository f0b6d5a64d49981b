/* hk_scan_lex.h - the scanner's own lexer. Private to hk_scan*.c; readers of documents need
 * hk_scan.h.
 *
 * A function takes where a token begins and returns where it ends, or NULL after recording what is
 * broken. Reading may run into the padding behind the document, never beyond it; a returned pointer
 * is never beyond the document's end. */
#ifndef HK_SCAN_LEX_H
#define HK_SCAN_LEX_H

#include "hk_scan.h"

#if !defined(HK_SCAN_PLAIN) && defined(__SSE2__)
#define HK_SCAN_SSE2
#include <emmintrin.h>
#elif !defined(HK_SCAN_PLAIN) && defined(__aarch64__) && defined(__ARM_NEON)
#define HK_SCAN_NEON
#include <arm_neon.h>
#endif

#define HK_SCAN_LIKELY(x) __builtin_expect(!!(x), 1)
#define HK_SCAN_RARE __attribute__((cold, noinline))

/* hk_scan_broken - the document is broken at `at`: MALFORMED "<rule>, is <what stands there> (byte
 * N)". Returns NULL always. */
HK_SCAN_RARE const unsigned char *hk_scan_broken(struct hk_scan *s, const unsigned char *at,
                                                 const char *rule);

/* The same with a text that needs no "is". */
HK_SCAN_RARE const unsigned char *hk_scan_broken_as(struct hk_scan *s, const unsigned char *at,
                                                    const char *text);

/* hk_scan_value_end - past the whole value that begins at p, which is checked in full. */
const unsigned char *hk_scan_value_end(struct hk_scan *s, const unsigned char *p);

/* hk_scan_number_end - past the number whose first byte, a minus or a digit, is at p. */
const unsigned char *hk_scan_number_end(struct hk_scan *s, const unsigned char *p);

/* hk_scan_escape_end - past the escape (surrogate pairs are one) whose backslash is at p. */
const unsigned char *hk_scan_escape_end(struct hk_scan *s, const unsigned char *p);

/* hk_scan_utf8_end - past the run of non-ASCII characters at p. */
const unsigned char *hk_scan_utf8_end(struct hk_scan *s, const unsigned char *p);

/* hk_scan_hex4 - four hexadecimal digits at p, all readable; -1 when one is none. */
int hk_scan_hex4(const unsigned char *p);

static inline bool hk_scan_is_space(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool hk_scan_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* White space from p on; compact documents have none, so the first byte decides. */
static inline const unsigned char *hk_scan_space(const unsigned char *p, const unsigned char *end)
{
    if (HK_SCAN_LIKELY(*p > ' '))
        return p;
    while (p < end && hk_scan_is_space(*p))
        p++;
    return p;
}

/* The first byte from p on that is not plain in a string: a quote, a backslash, a control character
 * or the start of a non-ASCII character. When there is none before the end, some pointer not before
 * the end. One test finds three of the four: x ^ 2 maps the quote (0x22) to 0x20 right above the
 * control characters and space (0x20) away from it, and as signed bytes non-ASCII is below them
 * all. */
static inline const unsigned char *hk_scan_plain_run(const unsigned char *p,
                                                     const unsigned char *end)
{
#if defined(HK_SCAN_SSE2)
    const __m128i two = _mm_set1_epi8(2), limit = _mm_set1_epi8(0x21);
    const __m128i backslash = _mm_set1_epi8('\\');
    for (; p < end; p += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i odd = _mm_or_si128(_mm_cmplt_epi8(_mm_xor_si128(x, two), limit),
                                   _mm_cmpeq_epi8(x, backslash));
        unsigned mask = (unsigned)_mm_movemask_epi8(odd);
        if (HK_SCAN_LIKELY(mask != 0))
            return p + __builtin_ctz(mask);
    }
#elif defined(HK_SCAN_NEON)
    for (; p < end; p += 16) {
        uint8x16_t x = vld1q_u8(p);
        int8x16_t flipped = vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(2)));
        uint8x16_t odd =
            vorrq_u8(vcltq_s8(flipped, vdupq_n_s8(0x21)), vceqq_u8(x, vdupq_n_u8('\\')));
        /* Four bits a byte: NEON has no movemask. */
        uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(odd), 4);
        uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
        if (HK_SCAN_LIKELY(mask != 0))
            return p + (__builtin_ctzll(mask) >> 2);
    }
#else
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    for (; p < end; p += 8) {
        uint64_t x;
        memcpy(&x, p, sizeof(x));
        uint64_t quote = x ^ (ones * 2), backslash = x ^ (ones * '\\');
        /* A borrow can only flag bytes above a true hit, so "any" is exact; the loop finds which.
         */
        if (((x | (quote - ones * 0x21) | (backslash - ones)) & highs) == 0)
            continue;
        for (unsigned i = 0; i < 8; i++)
            if ((signed char)(p[i] ^ 2) < 0x21 || p[i] == '\\')
                return p + i;
    }
#endif
    return p;
}

/* Past the string whose first byte behind the quote is at p. *escaped is set when it holds a
 * backslash, else left alone. */
static inline const unsigned char *hk_scan_string_end(struct hk_scan *s, const unsigned char *p,
                                                      bool *escaped)
{
    for (;;) {
        p = hk_scan_plain_run(p, s->end);
        if (!HK_SCAN_LIKELY(p < s->end))
            return hk_scan_broken_as(s, s->end, "must close a string, is the end of the document");
        if (HK_SCAN_LIKELY(*p == '"'))
            return p + 1;
        if (*p == '\\') {
            *escaped = true;
            p = hk_scan_escape_end(s, p);
        } else if (*p >= 0x80) {
            p = hk_scan_utf8_end(s, p);
        } else {
            return hk_scan_broken(s, p, "must be escaped in a string");
        }
        if (!p)
            return NULL;
    }
}

/* Past the literal at p (true, false or null); its first byte was looked at. */
static inline const unsigned char *hk_scan_literal_end(struct hk_scan *s, const unsigned char *p)
{
    size_t len = *p == 'f' ? 5 : 4;
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
    if (memcmp(p, word, len) != 0 || len > (size_t)(s->end - p))
        return hk_scan_broken(s, p, "must be true, false or null");
    return p + len;
}

#endif
