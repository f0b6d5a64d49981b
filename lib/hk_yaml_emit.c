/* The layout of block style. libyaml cannot indent a sequence inside a mapping, so lines, dashes
 * and colons are written here, and the text of a scalar by hk_yaml_scalar.c. */
#include "hk_yaml_private.h"

#include "hk_mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A reader may give up on a key that is longer than 1024 on its line; then it gets the form `?
 * key`. */
#define SIMPLE_KEY_MAX 1000

struct level {
    unsigned indent;
    bool is_map;
    bool has_entry;
    bool after_key; /* in a mapping: a key is written, its value is due */
    bool compact;   /* the first entry goes on the line of the parent's dash, or of the start */
};

struct hk_yaml_emit {
    struct hk_buf *out; /* borrowed */
    size_t start;       /* length of out when this began */
    unsigned depth;     /* open levels */
    bool has_root;
    bool failed;
    struct level levels[HK_YAML_DEPTH_MAX];
};

struct hk_yaml_emit *hk_yaml_emit_new(struct hk_buf *out)
{
    struct hk_yaml_emit *e = hk_alloc(sizeof *e);
    if (!e)
        return NULL;
    e->out = out;
    e->start = out->len;
    e->depth = 0;
    e->has_root = e->failed = false;
    return e;
}

static struct level *top(struct hk_yaml_emit *e)
{
    return e->depth ? &e->levels[e->depth - 1] : NULL;
}

static void put(struct hk_buf *out, const char *bytes, size_t len)
{
    if (hk_buf_reserve(out, len) < 0)
        return;
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
}

static void put_indent(struct hk_buf *out, unsigned indent)
{
    if (hk_buf_reserve(out, indent) < 0)
        return;
    memset(out->data + out->len, ' ', indent);
    out->len += indent;
}

/* Everything before an entry of the level: the end of the key's line before the first, the indent.
 */
static void put_lead(struct hk_yaml_emit *e, struct level *level)
{
    bool first = !level->has_entry;
    level->has_entry = true;
    if (first && level->compact)
        return;
    if (first)
        put(e->out, "\n", 1);
    put_indent(e->out, level->indent);
}

/* Before a scalar or a collection that is not a key: its place is checked, and the dash written. */
static bool begin_value(struct hk_yaml_emit *e)
{
    struct level *level = top(e);
    if (e->failed || (!level && e->has_root) || (level && level->is_map && !level->after_key)) {
        e->failed = true;
        return false;
    }
    e->has_root = true;
    if (level && level->is_map)
        level->after_key = false;
    if (level && !level->is_map) {
        put_lead(e, level);
        put(e->out, "-", 1);
    }
    return true;
}

static void open_level(struct hk_yaml_emit *e, bool is_map)
{
    struct level *parent = top(e);
    if (!begin_value(e))
        return;
    if (e->depth == HK_YAML_DEPTH_MAX) {
        e->failed = true;
        return;
    }
    bool in_seq = parent && !parent->is_map;
    e->levels[e->depth++] = (struct level){
        .indent = parent ? parent->indent + 2 : 0, .is_map = is_map, .compact = !parent || in_seq};
    /* Inside a sequence the blank after the dash is written with the first entry's line, which
     * starts in the column of the indent. An empty collection comes to the same: "- {}". */
    if (in_seq)
        put(e->out, " ", 1);
}

static void close_level(struct hk_yaml_emit *e, bool is_map)
{
    struct level *level = top(e);
    if (e->failed || !level || level->is_map != is_map || level->after_key) {
        e->failed = true;
        return;
    }
    e->depth--;
    if (level->has_entry)
        return;
    if (!level->compact)
        put(e->out, " ", 1);
    put(e->out, is_map ? "{}\n" : "[]\n", 3);
}

void hk_yaml_emit_map(struct hk_yaml_emit *e)
{
    if (e)
        open_level(e, true);
}

void hk_yaml_emit_map_end(struct hk_yaml_emit *e)
{
    if (e)
        close_level(e, true);
}

void hk_yaml_emit_seq(struct hk_yaml_emit *e)
{
    if (e)
        open_level(e, false);
}

void hk_yaml_emit_seq_end(struct hk_yaml_emit *e)
{
    if (e)
        close_level(e, false);
}

static void put_scalar(struct hk_yaml_emit *e, struct hk_str text, enum hk_yaml_style style)
{
    if (!hk_yaml_scalar_is_safe(text, style)) {
        if (hk_yaml_scalar_slow(e->out, text, style) < 0)
            e->failed = true;
        return;
    }
    bool quoted = style == HK_YAML_DOUBLE;
    if (hk_buf_reserve(e->out, text.len + 2) < 0)
        return;
    char *to = e->out->data + e->out->len;
    if (quoted)
        *to++ = '"';
    if (text.len)
        memcpy(to, text.ptr, text.len);
    to += text.len;
    if (quoted)
        *to++ = '"';
    e->out->len = (size_t)(to - e->out->data);
}

static void emit_key(struct hk_yaml_emit *e, struct level *level, struct hk_str key,
                     enum hk_yaml_style style)
{
    put_lead(e, level);
    size_t start = e->out->len;
    put_scalar(e, key, style);
    if (e->out->len - start > SIMPLE_KEY_MAX && !e->failed) {
        e->out->len = start;
        put(e->out, "? ", 2);
        put_scalar(e, key, style);
        put(e->out, "\n", 1);
        put_indent(e->out, level->indent);
    }
    put(e->out, ":", 1);
    level->after_key = true;
}

void hk_yaml_emit_str(struct hk_yaml_emit *e, struct hk_str value, enum hk_yaml_style style)
{
    if (!e || e->failed)
        return;
    struct level *level = top(e);
    if (level && level->is_map && !level->after_key) {
        emit_key(e, level, value, style);
        return;
    }
    if (!begin_value(e))
        return;
    if (level)
        put(e->out, " ", 1);
    put_scalar(e, value, style);
    put(e->out, "\n", 1);
}

/* A text that the caller knows to be good as it stands: a number, true, null. */
static void emit_verbatim(struct hk_yaml_emit *e, const char *text, size_t len)
{
    if (!e || !begin_value(e))
        return;
    if (e->depth)
        put(e->out, " ", 1);
    put(e->out, text, len);
    put(e->out, "\n", 1);
}

void hk_yaml_emit_int(struct hk_yaml_emit *e, int64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, value);
    emit_verbatim(e, text, (size_t)n);
}

int hk_yaml_emit_end(struct hk_yaml_emit *e)
{
    if (!e)
        return -1;
    bool good = !e->failed && !e->out->failed && e->depth == 0 && e->has_root;
    if (!good && e->out->len > e->start)
        e->out->len = e->start;
    hk_free(e);
    return good ? 0 : -1;
}

/* Trees. */

/* A character that YAML takes for a line break, or that no text may hold: U+0080 to U+009F, U+2028,
 * U+2029, U+FEFF, U+FFFE and U+FFFF. The text is UTF-8, as every string of jansson is. */
static bool is_special(const unsigned char *c, size_t left)
{
    if (c[0] == 0xc2)
        return left > 1 && c[1] < 0xa0;
    if (left < 3)
        return false;
    return (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9)) ||
           (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf) ||
           (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe);
}

/* Can the text stand as a literal block (`|`), byte for byte, and still when an editor saved the
 * file? No control character but tabs, no blank before a line's end, a first line that begins with
 * text. */
static bool is_literal(struct hk_str text)
{
    if (text.len < 2 || !memchr(text.ptr, '\n', text.len) || strchr(" \t\n", text.ptr[0]))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        bool blank_end = (c == ' ' || c == '\t') && (i + 1 == text.len || text.ptr[i + 1] == '\n');
        if (is_control || blank_end ||
            is_special((const unsigned char *)text.ptr + i, text.len - i))
            return false;
    }
    return true;
}

static void put_literal(struct hk_yaml_emit *e, struct hk_str text)
{
    struct level *level = top(e);
    unsigned indent = level ? level->indent + 2 : 2;
    if (!begin_value(e))
        return;
    size_t breaks = 0;
    while (text.ptr[text.len - 1 - breaks] == '\n')
        breaks++;
    if (level)
        put(e->out, " ", 1);
    put(e->out, "|", 1);
    if (breaks != 1)
        put(e->out, breaks ? "+" : "-", 1);
    put(e->out, "\n", 1);
    const char *end = text.ptr + text.len;
    for (const char *line = text.ptr; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((stop ? stop : end) - line);
        if (len)
            put_indent(e->out, indent);
        put(e->out, line, len);
        put(e->out, "\n", 1);
        line += len + 1;
    }
}

static void dump_str(struct hk_yaml_emit *e, const json_t *value)
{
    struct hk_str text = {json_string_value(value), json_string_length(value)};
    if (!e->failed && is_literal(text))
        put_literal(e, text);
    else
        hk_yaml_emit_str(e, text, HK_YAML_PLAIN);
}

/* The fewest digits that give the number back; with a '.' and a sign in the exponent, so that every
 * reader takes it for a number. */
static void dump_real(struct hk_yaml_emit *e, double value)
{
    char digits[64], text[80];
    double back = 0;
    int precision = 0;
    do {
        snprintf(digits, sizeof digits, "%.*g", ++precision, value);
        back = strtod(digits, NULL);
    } while (precision < 17 && (back < value || back > value));
    size_t mantissa = strcspn(digits, "e");
    bool has_point = memchr(digits, '.', mantissa) != NULL;
    int n = snprintf(text, sizeof text, "%.*s%s%s", (int)mantissa, digits, has_point ? "" : ".0",
                     digits + mantissa);
    emit_verbatim(e, text, (size_t)n);
}

static void dump_value(struct hk_yaml_emit *e, const json_t *value);

static void dump_object(struct hk_yaml_emit *e, const json_t *object)
{
    /* The iteration does not change the object; jansson has no const form of it. */
    json_t *tree = (json_t *)(uintptr_t)object;
    hk_yaml_emit_map(e);
    for (void *it = json_object_iter(tree); it && !e->failed;
         it = json_object_iter_next(tree, it)) {
        struct hk_str key = {json_object_iter_key(it), json_object_iter_key_len(it)};
        hk_yaml_emit_str(e, key, HK_YAML_PLAIN);
        dump_value(e, json_object_iter_value(it));
    }
    hk_yaml_emit_map_end(e);
}

static void dump_array(struct hk_yaml_emit *e, const json_t *array)
{
    hk_yaml_emit_seq(e);
    for (size_t i = 0; i < json_array_size(array) && !e->failed; i++)
        dump_value(e, json_array_get(array, i));
    hk_yaml_emit_seq_end(e);
}

/* Depth is bounded by the emitter's: open_level fails, and the loops above stop. */
static void dump_value(struct hk_yaml_emit *e, const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_OBJECT:
        dump_object(e, value);
        break;
    case JSON_ARRAY:
        dump_array(e, value);
        break;
    case JSON_STRING:
        dump_str(e, value);
        break;
    case JSON_INTEGER:
        hk_yaml_emit_int(e, json_integer_value(value));
        break;
    case JSON_REAL:
        dump_real(e, json_real_value(value));
        break;
    case JSON_TRUE:
        emit_verbatim(e, "true", 4);
        break;
    case JSON_FALSE:
        emit_verbatim(e, "false", 5);
        break;
    case JSON_NULL:
        emit_verbatim(e, "null", 4);
        break;
    }
}

int hk_yaml_dump(const json_t *tree, struct hk_buf *out, struct hk_err *err)
{
    struct hk_yaml_emit *e = hk_yaml_emit_new(out);
    if (!e)
        return hk_err_memory(err);
    dump_value(e, tree);
    bool too_deep = e->failed && e->depth == HK_YAML_DEPTH_MAX;
    if (hk_yaml_emit_end(e) == 0)
        return 0;
    if (too_deep)
        return hk_err_set(err, HK_ERR_INVALID, NULL, "is nested deeper than %d", HK_YAML_DEPTH_MAX);
    return hk_err_memory(err);
}
