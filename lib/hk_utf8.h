/* hk_utf8.h - one UTF-8 character at a time, for whoever must clip, check or mend text. The scanner
 * and the writer check whole runs by themselves and come here for what is not ASCII. */
#ifndef HK_UTF8_H
#define HK_UTF8_H

#include "hk_str.h"

#define HK_UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* hk_utf8_next - length of the character that begins at p < end: 1 to 4, or 0 when no valid one
 * does (stray or missing continuation, overlong form, surrogate, beyond U+10FFFF). */
static inline size_t hk_utf8_next(const unsigned char *p, const unsigned char *end)
{
    unsigned char lead = p[0];
    if (lead < 0x80)
        return 1;
    size_t len = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (len == 0 || (size_t)(end - p) < len)
        return 0;
    /* Only the second byte's range depends on the lead: it is what keeps overlongs, surrogates and
     * values beyond U+10FFFF out. */
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    return len;
}

/* hk_utf8_copy - what fits of `from`, whole characters only, mended for a JSON string and a line of
 * text: broken UTF-8 becomes U+FFFD, a control character a space. in: size > 0. to ends with NUL. */
void hk_utf8_copy(char *to, size_t size, const char *from);

/* hk_utf8_clip - the longest length <= max at which valid UTF-8 can be cut between characters. */
size_t hk_utf8_clip(struct hk_str text, size_t max);

/* hk_utf8_count - the number of characters in valid UTF-8. */
size_t hk_utf8_count(struct hk_str text);

#endif
