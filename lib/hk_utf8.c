#include "hk_utf8.h"

void hk_utf8_copy(char *to, size_t size, const char *from)
{
    const unsigned char *p = (const unsigned char *)from;
    const unsigned char *end = p + strlen(from);
    size_t used = 0;
    while (p < end) {
        size_t len = hk_utf8_next(p, end);
        const char *unit = (const char *)p;
        size_t unit_len = len;
        if (len == 0) {
            unit = HK_UTF8_REPLACEMENT;
            unit_len = sizeof(HK_UTF8_REPLACEMENT) - 1;
        } else if (*p < 0x20 || *p == 0x7F) {
            unit = " ";
        }
        if (used + unit_len >= size)
            break;
        memcpy(to + used, unit, unit_len);
        used += unit_len;
        p += len ? len : 1;
    }
    to[used] = '\0';
}

size_t hk_utf8_clip(struct hk_str text, size_t max)
{
    if (text.len <= max)
        return text.len;
    while (max > 0 && ((unsigned char)text.ptr[max] & 0xC0) == 0x80)
        max--;
    return max;
}

size_t hk_utf8_count(struct hk_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}
