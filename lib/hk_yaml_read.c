/* YAML in: a stream of documents from libyaml's events. */
#include "hk_yaml_reader.h"

#include <stdarg.h>
#include <stdio.h>

/* What all aliases of a document may stand for together: room for any manifest, none for a billion
 * laughs. */
#define ALIAS_BYTES_MAX (8U << 20)

int hk_yaml_fail(struct hk_yaml_reader *r, size_t line, const char *format, ...)
{
    char path[32], text[sizeof r->err->text];
    snprintf(path, sizeof path, "line %zu", line);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return hk_err_set(r->err, HK_ERR_MALFORMED, path, "%s", text);
}

/* Is a tab among the blanks that the 1-based line begins with? */
static bool is_indented_by_tab(struct hk_str text, size_t line)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    while (p && --line > 0) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : NULL;
    }
    while (p && p < end && *p == ' ')
        p++;
    return p && p < end && *p == '\t';
}

/* At the end libyaml counts a line that is not there when the last has no line break. */
static size_t clip_line(struct hk_str text, size_t line)
{
    size_t last = 1;
    for (size_t i = 0; i + 1 < text.len && last < line; i++)
        last += text.ptr[i] == '\n';
    return line < last ? line : last;
}

static int fail_reading(struct hk_yaml_reader *r)
{
    const yaml_parser_t *p = &r->parser;
    size_t line = 1;
    for (size_t i = 0; i < p->problem_offset && i < r->text.len; i++)
        line += r->text.ptr[i] == '\n';
    return hk_yaml_fail(r, line, "%s", p->problem ? p->problem : "cannot be read");
}

/* libyaml's verdict, in its own words. */
static int fail_parsing(struct hk_yaml_reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return hk_err_memory(r->err);
    if (p->error == YAML_READER_ERROR)
        return fail_reading(r);
    size_t line = clip_line(r->text, p->problem_mark.line + 1);
    if (is_indented_by_tab(r->text, line))
        return hk_yaml_fail(r, line, "is indented by a tab, must be by blanks");
    const char *problem = p->problem ? p->problem : "is no YAML";
    if (!p->context)
        return hk_yaml_fail(r, line, "%s", problem);
    return hk_yaml_fail(r, line, "%s %s that begins on line %zu", problem, p->context,
                        p->context_mark.line + 1);
}

int hk_yaml_next(struct hk_yaml_reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = yaml_parser_parse(&r->parser, &r->event) != 0;
    return r->has_event ? 0 : fail_parsing(r);
}

static void forget_anchors(struct hk_yaml_reader *r)
{
    while (r->anchor_count > 0)
        json_decref(r->anchors[--r->anchor_count].value);
}

static bool is_empty_document(const yaml_event_t *event)
{
    return hk_yaml_event_is_plain(event) && event->data.scalar.length == 0 &&
           !event->data.scalar.anchor && !event->data.scalar.tag;
}

/* The current event is the document's start; afterwards it is its end. */
static int read_document(struct hk_yaml_reader *r, struct hk_yaml_doc *doc)
{
    doc->lines = hk_yaml_lines_new();
    if (!doc->lines)
        return hk_err_memory(r->err);
    r->lines = doc->lines;
    r->alias_bytes = ALIAS_BYTES_MAX;
    doc->line = (unsigned)hk_yaml_event_line(r);
    if (hk_yaml_next(r) < 0)
        return -1;
    bool empty = is_empty_document(&r->event);
    if (!empty)
        doc->line = (unsigned)hk_yaml_event_line(r);
    doc->lines->root.line = doc->line;
    doc->root = empty ? NULL : hk_yaml_read_value(r, 0, &doc->lines->root);
    forget_anchors(r);
    return empty || doc->root ? hk_yaml_next(r) : -1;
}

static struct hk_yaml_doc *add_document(struct hk_yaml_stream *stream)
{
    size_t size = (stream->count + 1) * sizeof *stream->docs;
    bool full = (stream->count & (stream->count - 1)) == 0; /* room doubles at powers of two */
    if (full) {
        struct hk_yaml_doc *docs = hk_resize(stream->docs, 2 * size);
        if (!docs)
            return NULL;
        stream->docs = docs;
    }
    struct hk_yaml_doc *doc = &stream->docs[stream->count++];
    *doc = (struct hk_yaml_doc){0};
    return doc;
}

static int read_stream(struct hk_yaml_reader *r, struct hk_yaml_stream *stream)
{
    int result = hk_yaml_next(r);
    while (result == 0 && r->event.type != YAML_STREAM_END_EVENT) {
        if (r->event.type == YAML_DOCUMENT_START_EVENT) {
            struct hk_yaml_doc *doc = add_document(stream);
            result = doc ? read_document(r, doc) : hk_err_memory(r->err);
        }
        if (result == 0)
            result = hk_yaml_next(r);
    }
    return result;
}

/* Four hex digits behind "\u" at p, or -1. */
static int escape_at(const char *p, const char *end)
{
    int value = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        const char *digit = p[i] ? strchr("0123456789abcdef", p[i] | 0x20) : NULL;
        if (!digit)
            return -1;
        value = 16 * value + (int)(digit - "0123456789abcdef");
    }
    return value;
}

static void add_character(struct hk_buf *out, int c)
{
    const unsigned char utf8[] = {
        (unsigned char)(0xf0 | c >> 18), (unsigned char)(0x80 | (c >> 12 & 0x3f)),
        (unsigned char)(0x80 | (c >> 6 & 0x3f)), (unsigned char)(0x80 | (c & 0x3f))};
    hk_buf_add(out, utf8, sizeof utf8);
}

/* JSON may write a character beyond U+FFFF as two escapes, which YAML does not know: they become
 * the character itself. Line breaks are as before. */
static void join_surrogates(struct hk_str text, struct hk_buf *out)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p));
        const char *stop = backslash ? backslash : end;
        hk_buf_add(out, p, (size_t)(stop - p));
        int high = escape_at(stop, end);
        int low = (high & 0xfc00) == 0xd800 && high > 0 ? escape_at(stop + 6, end) : -1;
        if (low >= 0 && (low & 0xfc00) == 0xdc00) {
            add_character(out, 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
            p = stop + 12;
            continue;
        }
        size_t escape = (size_t)(end - stop) < 2 ? (size_t)(end - stop) : 2;
        hk_buf_add(out, stop, escape);
        p = stop + escape;
    }
}

static bool is_json_with_escapes(struct hk_str text)
{
    size_t i = 0;
    while (i < text.len && strchr(" \t\r\n", text.ptr[i]) && text.ptr[i])
        i++;
    return i < text.len && (text.ptr[i] == '{' || text.ptr[i] == '[') &&
           memmem(text.ptr, text.len, "\\u", 2) != NULL;
}

static int read_text(struct hk_str text, struct hk_yaml_stream *out, struct hk_err *err)
{
    struct hk_yaml_reader r = {.text = text, .err = err};
    if (!yaml_parser_initialize(&r.parser))
        return hk_err_memory(err);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.ptr, text.len);
    int result = read_stream(&r, out);
    if (r.has_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (result < 0)
        hk_yaml_stream_fini(out);
    return result;
}

int hk_yaml_parse(struct hk_str text, struct hk_yaml_stream *out, struct hk_err *err)
{
    *out = (struct hk_yaml_stream){0};
    if (!text.ptr)
        text = HK_STR("");
    if (!is_json_with_escapes(text))
        return read_text(text, out, err);
    struct hk_buf joined;
    hk_buf_init(&joined);
    join_surrogates(text, &joined);
    int result = joined.failed ? hk_err_memory(err) : read_text(hk_buf_str(&joined), out, err);
    hk_buf_fini(&joined);
    return result;
}

void hk_yaml_stream_fini(struct hk_yaml_stream *stream)
{
    for (size_t i = 0; i < stream->count; i++) {
        json_decref(stream->docs[i].root);
        hk_yaml_lines_free(stream->docs[i].lines);
    }
    hk_free(stream->docs);
    *stream = (struct hk_yaml_stream){0};
}
