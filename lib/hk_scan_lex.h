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

/* What a backslash and this letter mean; 0 for those that are no simple escape. */
extern const unsigned char hk_scan_escapes[256];

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

/* Which of the HK_SCAN_BLOCK bytes at p are not plain in a string: quotes, backslashes, control
 * characters and all that is not ASCII. One bit a byte, in the bytes' order, HK_SCAN_STRIDE apart.
 * SIMD finds three of the four by one comparison: x ^ 2 takes the quote (0x22) down to 0x20, right
 * above the control characters, and the space there (0x20) out of the way; as a signed byte all
 * that is not ASCII is below them. */
#if defined(HK_SCAN_SSE2)
#define HK_SCAN_BLOCK 16
#define HK_SCAN_STRIDE 1
static inline uint64_t hk_scan_odd_bytes(const unsigned char *p)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i low = _mm_cmplt_epi8(_mm_xor_si128(x, _mm_set1_epi8(2)), _mm_set1_epi8(0x21));
    __m128i backslash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    return (uint64_t)_mm_movemask_epi8(_mm_or_si128(low, backslash));
}
#elif defined(HK_SCAN_NEON)
#define HK_SCAN_BLOCK 16
#define HK_SCAN_STRIDE 4
static inline uint64_t hk_scan_odd_bytes(const unsigned char *p)
{
    uint8x16_t x = vld1q_u8(p);
    int8x16_t flipped = vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(2)));
    uint8x16_t low = vcltq_s8(flipped, vdupq_n_s8(0x21));
    uint8x16_t odd = vorrq_u8(low, vceqq_u8(x, vdupq_n_u8('\\')));
    /* NEON has no movemask; this leaves four bits a byte, of which one is kept. */
    uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(odd), 4);
    return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) & UINT64_C(0x1111111111111111);
}
#else
#define HK_SCAN_BLOCK 8
#define HK_SCAN_STRIDE 8
static inline uint64_t hk_scan_odd_bytes(const unsigned char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), sevens = ones * 0x7f;
    uint64_t x;
    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    /* Each sum stays within its byte, so its top bit is exact: set when the byte is no such thing.
     */
    uint64_t t = x & sevens, no_control = t + ones * 0x60;
    uint64_t no_quote = (t ^ ones * '"') + sevens, no_backslash = (t ^ ones * '\\') + sevens;
    return (x | ~(no_control & no_quote & no_backslash)) & ones * 0x80;
}
#endif

/* Past what no block's mask settles, at p in a string: an escape that is not simple or is broken,
 * characters that are not ASCII, a bare control character. */
const unsigned char *hk_scan_odd_end(struct hk_scan *s, const unsigned char *p);

/* Past the string whose first byte behind the quote is at p. *escaped is set when it holds a
 * backslash, else left alone. Simple escapes are worked off in the mask, since looking at the same
 * bytes again would wait for all that came before. */
static inline const unsigned char *hk_scan_string_end(struct hk_scan *s, const unsigned char *p,
                                                      bool *escaped)
{
    const unsigned char *const end = s->end;
    while (p < end) {
        uint64_t odd = hk_scan_odd_bytes(p);
        const unsigned char *next = p + HK_SCAN_BLOCK;
        while (odd != 0) {
            unsigned bit = (unsigned)__builtin_ctzll(odd);
            const unsigned char *at = p + bit / HK_SCAN_STRIDE;
            if (HK_SCAN_LIKELY(*at == '"' && at < end))
                return at + 1;
            if (at >= end)
                break;
            *escaped |= *at == '\\';
            if (*at == '\\' && at + 1 < end && hk_scan_escapes[at[1]]) {
                next = at + 2 > next ? at + 2 : next;
                odd &= ~(UINT64_C(1) << bit | UINT64_C(1) << bit << HK_SCAN_STRIDE);
                continue;
            }
            next = hk_scan_odd_end(s, at);
            if (!next)
                return NULL;
            break;
        }
        p = next;
    }
    return hk_scan_broken_as(s, end, "must close a string, is the end of the document");
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
