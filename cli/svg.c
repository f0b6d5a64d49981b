#include "svg.h"

#include "hk_utf8.h"

#include <inttypes.h>

/* U+FFFE and U+FFFF, and the control characters of Latin-1, are not for documents. */
static bool is_forbidden(const unsigned char *p, size_t len)
{
    if (len == 1)
        return *p < 0x20 || *p == 0x7f;
    if (len == 2)
        return p[0] == 0xC2 && p[1] < 0xA0;
    return len == 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE;
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void svg_text(struct hk_buf *out, struct hk_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr, *end = p + text.len;
    while (p < end) {
        size_t len = hk_utf8_next(p, end);
        const char *escaped = len == 1 ? entity((char)*p) : NULL;
        if (len == 0 || is_forbidden(p, len))
            escaped = HK_UTF8_REPLACEMENT;
        if (escaped)
            hk_buf_add_str(out, hk_str_of(escaped));
        else
            hk_buf_add(out, p, len);
        p += len ? len : 1;
    }
}

void svg_px(struct hk_buf *out, int64_t tenths)
{
    if (tenths < 0)
        hk_buf_add_char(out, '-');
    int64_t size = tenths < 0 ? -tenths : tenths;
    hk_buf_add_int(out, size / PX);
    if (size % PX)
        hk_buf_printf(out, ".%" PRId64, size % PX);
}

void svg_attr(struct hk_buf *out, const char *name, int64_t tenths)
{
    hk_buf_printf(out, " %s=\"", name);
    svg_px(out, tenths);
    hk_buf_add_char(out, '"');
}

/* In hundredths of the font's size: the widest of DejaVu Sans, Verdana, Segoe UI, Roboto and Helvetica, rounded up. */
static int64_t advance(const unsigned char *p, size_t len)
{
    if (len > 1) /* dashes and arrows are no wider than an m; other scripts may be square */
        return len == 3 && p[0] == 0xE2 ? 100 : len == 2 ? 70 : 105;
    if (strchr("il.,:;|!'j", *p))
        return 38;
    if (strchr("mwMW@%", *p))
        return 102;
    if (strchr(" ftr()[]I/-", *p))
        return 46;
    if (strchr("=+<>~#&OQ", *p))
        return 85;
    return *p >= 'A' && *p <= 'Z' ? 78 : 65;
}

/* The width up to each character is told to `limit`, which ends at the first that is beyond it. */
static size_t measure(struct hk_str text, int64_t font_px, int64_t limit, int64_t *width)
{
    const unsigned char *p = (const unsigned char *)text.ptr, *end = p + text.len;
    int64_t sum = 0;
    while (p < end) {
        size_t len = hk_utf8_next(p, end);
        int64_t more = advance(p, len ? len : 3) * font_px / 10;
        if (sum + more > limit)
            break;
        sum += more;
        p += len ? len : 1;
    }
    *width = sum;
    return (size_t)(p - (const unsigned char *)text.ptr);
}

int64_t svg_width(struct hk_str text, int64_t font_px)
{
    int64_t width;
    measure(text, font_px, INT64_MAX - 100000, &width);
    return width;
}

size_t svg_fit(struct hk_str text, int64_t font_px, int64_t width)
{
    int64_t used;
    if (measure(text, font_px, width, &used) == text.len)
        return text.len;
    return measure(text, font_px, width - font_px * PX, &used);
}

void svg_add_clipped(struct hk_buf *out, struct hk_str text, int64_t font_px, int64_t width)
{
    size_t len = svg_fit(text, font_px, width);
    svg_text(out, (struct hk_str){text.ptr, len});
    if (len < text.len)
        hk_buf_add_str(out, HK_STR("\xE2\x80\xA6"));
}
