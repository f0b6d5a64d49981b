#include "screen.h"

#include "hk_time.h"
#include "hk_utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const CODES[] = {
    [PLAIN] = "", [BOLD] = "1", [DIM] = "2", [GREEN] = "32", [YELLOW] = "33", [RED] = "31"};

/* One character as it is shown. */
struct glyph {
    char text[12];
    size_t len, width;
    size_t taken; /* bytes of the text that it came from */
};

struct span {
    uint32_t first, last;
};

static bool is_in(const struct span *spans, uint32_t c)
{
    for (; spans->last; spans++)
        if (c >= spans->first && c <= spans->last)
            return true;
    return false;
}

/* Invisible, or turning around what follows. */
static bool is_tricky(uint32_t c)
{
    static const struct span spans[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},     {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE0FFF}, {0, 0}};
    return is_in(spans, c);
}

static size_t width_of(uint32_t c)
{
    static const struct span none[] = {{0x300, 0x36F}, {0xFE00, 0xFE0F}, {0, 0}};
    static const struct span two[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},
                                      {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},   {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}, {0, 0}};
    return is_in(none, c) ? 0 : is_in(two, c) ? 2 : 1;
}

static uint32_t decode(const unsigned char *p, size_t len)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t c = p[0] & masks[len];
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (p[i] & 0x3F);
    return c;
}

static struct glyph escaped(uint32_t c, size_t taken)
{
    struct glyph g = {.taken = taken};
    int n = snprintf(g.text, sizeof g.text, c < 0x100 ? "\\x%02" PRIx32 : "\\u%04" PRIx32, c);
    g.len = g.width = n > 0 ? (size_t)n : 0;
    return g;
}

static struct glyph next_glyph(const struct screen *s, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t len = hk_utf8_next(p, p + strnlen(text, 4));
    if (len == 0)
        return escaped(*p, 1);
    uint32_t c = decode(p, len);
    struct glyph g = {.taken = len, .len = len, .width = width_of(c)};
    if (c == '\n' || c == '\t')
        return (struct glyph){.text = " ", .len = 1, .width = 1, .taken = 1};
    if (is_tricky(c))
        return escaped(c, len);
    if (c >= 0x80 && !s->style->has_utf8)
        return (struct glyph){.text = "?", .len = 1, .width = 1, .taken = len};
    memcpy(g.text, text, len);
    return g;
}

size_t screen_width(const struct screen *s, const char *text)
{
    size_t width = 0;
    while (*text) {
        struct glyph g = next_glyph(s, text);
        width += g.width;
        text += g.taken;
    }
    return width;
}

static void put_glyph(struct screen *s, const struct glyph *g)
{
    size_t width = s->style->width;
    if (s->is_cut || s->is_hidden)
        return;
    /* The last column stays free: some terminals begin a line when it is written. */
    if (width && s->column + g->width > width - (width > 1)) {
        s->is_cut = true;
        return;
    }
    hk_buf_add(s->out, g->text, g->len);
    s->column += g->width;
}

/* How much of it fits, with room for the sign that there is more. */
static size_t fitting(const struct screen *s, const char *text)
{
    size_t width = s->style->width, column = s->column, room = 0, at = 0;
    if (!width)
        return strlen(text);
    while (text[at]) {
        struct glyph g = next_glyph(s, text + at);
        if (column + g.width + 1 <= width - 1)
            room = at + g.taken;
        if (column + g.width > width - 1)
            return room;
        column += g.width;
        at += g.taken;
    }
    return at;
}

void screen_put(struct screen *s, enum screen_color color, const char *text)
{
    bool is_colored = s->style->has_color && color != PLAIN && *text && !s->is_hidden && !s->is_cut;
    size_t fit = fitting(s, text), at = 0;
    if (is_colored)
        hk_buf_printf(s->out, "\033[%sm", CODES[color]);
    while (at < fit) {
        struct glyph g = next_glyph(s, text + at);
        put_glyph(s, &g);
        at += g.taken;
    }
    if (text[at] && !s->is_cut) {
        struct glyph more = {.text = "~", .len = 1, .width = 1};
        if (s->style->has_utf8)
            more = (struct glyph){.text = "…", .len = strlen("…"), .width = 1};
        put_glyph(s, &more);
        s->is_cut = true;
    }
    if (is_colored)
        hk_buf_add_str(s->out, HK_STR("\033[0m"));
}

void screen_printf(struct screen *s, enum screen_color color, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    screen_put(s, color, text);
}

void screen_sign(struct screen *s, enum screen_color color, const char *utf8, const char *ascii)
{
    screen_put(s, color, s->style->has_utf8 ? utf8 : ascii);
}

void screen_pad(struct screen *s, size_t column)
{
    static const struct glyph blank = {.text = " ", .len = 1, .width = 1};
    while (s->column < column && !s->is_cut && !s->is_hidden)
        put_glyph(s, &blank);
}

void screen_end(struct screen *s)
{
    size_t rows = s->style->rows;
    if (s->is_hidden) {
        s->hidden++;
    } else {
        if (s->style->is_live)
            hk_buf_add_str(s->out, HK_STR("\033[K"));
        hk_buf_add_char(s->out, '\n');
        s->lines++;
    }
    s->column = 0;
    s->is_cut = false;
    /* One row is for how many lines there are more, and in the last one the cursor waits. */
    s->is_hidden = rows && s->lines + 2 >= rows;
}

/* Bytes of the text that go on a line of this many columns, cut behind a word where there is one. */
static size_t line_of(const struct screen *s, const char *text, size_t room)
{
    size_t at = 0, column = 0, word = 0;
    while (text[at]) {
        struct glyph g = next_glyph(s, text + at);
        if (text[at] == ' ')
            word = at;
        if (column + g.width > room)
            return word ? word : at ? at : g.taken;
        column += g.width;
        at += g.taken;
    }
    return at;
}

void screen_wrap(struct screen *s, enum screen_color color, const char *text, size_t most)
{
    size_t from = s->column, width = s->style->width;
    char line[1024];
    for (size_t n = 1; *text; n++) {
        size_t len =
            width > from + 2 && n < most ? line_of(s, text, width - 1 - from) : strlen(text);
        if (len >= sizeof line)
            len = hk_utf8_clip((struct hk_str){text, strlen(text)}, sizeof line - 1);
        memcpy(line, text, len);
        line[len] = '\0';
        screen_pad(s, from);
        screen_put(s, color, line);
        screen_end(s);
        text += len;
        text += *text == ' ';
        if (n == most)
            break;
    }
}

struct screen_age screen_age(const struct screen *s, const char *since)
{
    struct screen_age age = {"-"};
    int64_t at;
    if (hk_time_parse(hk_str_of(since), &at) != 0)
        return age;
    int64_t seconds = s->style->now_s > at ? s->style->now_s - at : 0;
    int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (seconds < 120)
        snprintf(age.text, sizeof age.text, "%" PRId64 "s", seconds);
    else if (minutes < 120)
        snprintf(age.text, sizeof age.text, "%" PRId64 "m", minutes);
    else if (hours < 48)
        snprintf(age.text, sizeof age.text, "%" PRId64 "h", hours);
    else
        snprintf(age.text, sizeof age.text, "%" PRId64 "d", days);
    return age;
}
