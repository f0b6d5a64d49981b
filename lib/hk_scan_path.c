/* hk_scan_path.c - from a byte's offset to the path of the value it belongs to.
 *
 * Only ever run when something failed, on text that may be broken or unchecked, so it goes byte by
 * byte, needs no padding and stops at the first thing it does not understand. */
#include "hk_scan_lex.h"

#include "hk_utf8.h"

#include <stdio.h>

/* The walk over a document. Lengths count on when the path is full, so that leaving a level makes
 * room again. */
struct walk {
    const unsigned char *p, *stop; /* stop: the byte looked for */
    const unsigned char *end;
    char *path;
    size_t size, len;
    unsigned depth;
    struct {
        size_t len;   /* of the path to the object or array itself */
        size_t index; /* of the item */
        bool is_array;
    } open[HK_SCAN_DEPTH_MAX];
};

static void put(struct walk *w, char c)
{
    if (w->len < w->size)
        w->path[w->len] = c;
    w->len++;
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_identifier(const unsigned char *p, const unsigned char *end)
{
    bool good = p < end && !hk_scan_is_digit(*p);
    for (; good && p < end; p++)
        good = is_letter(*p) || hk_scan_is_digit(*p) || *p == '_';
    return good;
}

/* A key as it is written, its escapes too; what would not print is a question mark. */
static void put_key(struct walk *w, const unsigned char *p, const unsigned char *end)
{
    bool plain = is_identifier(p, end);
    if (!plain)
        put(w, '[');
    else if (w->len > 0)
        put(w, '.');
    while (p < end) {
        size_t len = *p < ' ' || *p == 0x7f ? 0 : hk_utf8_next(p, end);
        if (len == 0)
            put(w, '?');
        for (size_t i = 0; i < len; i++)
            put(w, (char)p[i]);
        p += len ? len : 1;
    }
    if (!plain)
        put(w, ']');
}

static void put_index(struct walk *w, size_t index)
{
    char text[24];
    snprintf(text, sizeof(text), "[%zu]", index);
    for (const char *c = text; *c; c++)
        put(w, *c);
}

static void space(struct walk *w)
{
    while (w->p < w->end && hk_scan_is_space(*w->p))
        w->p++;
}

/* Past the string at p; false when it has no end. */
static bool string(struct walk *w)
{
    for (w->p++; w->p < w->end; w->p++) {
        if (*w->p == '"') {
            w->p++;
            return true;
        }
        if (*w->p == '\\')
            w->p++;
    }
    return false;
}

/* Into the member or item at p: its key or index joins the path. false: the walk is over. */
static bool enter(struct walk *w)
{
    w->len = w->open[w->depth - 1].len;
    if (w->open[w->depth - 1].is_array) {
        put_index(w, w->open[w->depth - 1].index);
        return true;
    }
    const unsigned char *key = w->p;
    if (w->p >= w->end || *w->p != '"' || !string(w))
        return false;
    put_key(w, key + 1, w->p - 1);
    space(w);
    if (w->p > w->stop || w->p >= w->end || *w->p != ':')
        return false;
    w->p++;
    space(w);
    return true;
}

/* Into the object or array at p, and its first member or item if it has one. */
static bool open_level(struct walk *w)
{
    if (w->depth == HK_SCAN_DEPTH_MAX)
        return false;
    bool is_array = *w->p == '[';
    unsigned char closer = is_array ? ']' : '}';
    w->p++;
    space(w);
    if (w->p > w->stop || w->p >= w->end)
        return false;
    w->open[w->depth].len = w->len;
    w->open[w->depth].index = 0;
    w->open[w->depth].is_array = is_array;
    w->depth++;
    return *w->p == closer || enter(w);
}

static bool close_level(struct walk *w)
{
    if (w->depth == 0)
        return false;
    w->len = w->open[--w->depth].len;
    w->p++;
    return true;
}

/* Past the comma at p, into what follows it. */
static bool next(struct walk *w)
{
    if (w->depth == 0)
        return false;
    w->p++;
    space(w);
    w->open[w->depth - 1].index++;
    w->len = w->open[w->depth - 1].len;
    return w->p <= w->stop && enter(w);
}

/* Past the number or literal at p; false when there is none. */
static bool word(struct walk *w)
{
    const unsigned char *start = w->p;
    while (w->p < w->end && (hk_scan_is_digit(*w->p) || is_letter(*w->p) || *w->p == '-' ||
                             *w->p == '+' || *w->p == '.'))
        w->p++;
    return w->p > start;
}

/* Past one scalar, comma or bracket. */
static bool step(struct walk *w)
{
    switch (*w->p) {
    case '"':
        return string(w);
    case '{':
    case '[':
        return open_level(w);
    case '}':
    case ']':
        return close_level(w);
    case ',':
        return next(w);
    default:
        return word(w);
    }
}

/* How much of a path of len bytes is kept so that a NUL fits too: no half character at its end. */
static size_t clip(const char *path, size_t len, size_t size)
{
    const unsigned char *p = (const unsigned char *)path;
    size_t cut = len < size ? len : size - 1, last = cut;
    while (last > 0 && (p[last - 1] & 0xc0) == 0x80)
        last--;
    if (last > 0 && hk_utf8_next(p + last - 1, p + cut) == 0)
        return last - 1;
    return cut;
}

void hk_scan_path(const char *text, size_t len, size_t offset, char *path, size_t size)
{
    struct walk w = {.p = (const unsigned char *)text, .path = path, .size = size};
    w.end = w.p + len;
    w.stop = w.p + (offset < len ? offset : len);
    if (size == 0)
        return;
    do
        space(&w);
    while (w.p < w.stop && w.p < w.end && step(&w));
    path[clip(path, w.len, size)] = '\0';
}
