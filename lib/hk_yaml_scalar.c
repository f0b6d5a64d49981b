/* One scalar as text. libyaml knows the rules of quoting and escaping; it costs microseconds, so a
 * text that provably needs neither is taken as it is. */
#include "hk_utf8.h"
#include "hk_yaml_private.h"

#include <yaml.h>

#include <limits.h>

const char *hk_yaml_version(void)
{
    return yaml_get_version_string();
}

/* Safe anywhere in a plain scalar of block style, whatever stands beside it. */
static const bool PLAIN_CHAR[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true,
    ['.'] = true,         ['/'] = true,         ['@'] = true,         ['%'] = true,
    ['+'] = true,         ['='] = true,         [','] = true,         [';'] = true,
    ['('] = true,         [')'] = true,         ['$'] = true,         ['-'] = true,
};

/* The letters that the ambiguous words begin with. */
static bool may_begin_word(char c)
{
    return strchr("yYnNtToOfFiI", c) != NULL;
}

/* ':' and ' ' are safe only between two safe characters. */
static bool is_safe_plain(struct hk_str text)
{
    unsigned char first = text.len ? (unsigned char)text.ptr[0] : 0;
    bool is_letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    if (!is_letter && first != '/')
        return false;
    bool joint = false;
    for (size_t i = 1; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = PLAIN_CHAR[c];
        if (!plain && (joint || (c != ':' && c != ' ')))
            return false;
        joint = !plain;
    }
    /* What begins with a letter or '/' is ambiguous only as a word, and those are short. */
    bool may_be_word = text.len <= 8 && may_begin_word(text.ptr[0]);
    return !joint && !(may_be_word && hk_yaml_is_ambiguous(text));
}

static bool is_safe_double(struct hk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            return false;
    }
    return true;
}

bool hk_yaml_scalar_is_safe(struct hk_str text, enum hk_yaml_style style)
{
    return style == HK_YAML_DOUBLE ? is_safe_double(text) : is_safe_plain(text);
}

/* libyaml's own check lets surrogates and code points beyond U+10FFFF through. */
static bool is_utf8(struct hk_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr, *end = p + text.len;
    size_t len = 1;
    for (; p < end && len; p += len)
        len = hk_utf8_next(p, end);
    return len != 0;
}

static int write_handler(void *out, unsigned char *bytes, size_t len)
{
    struct hk_buf *buf = out;
    hk_buf_add(buf, bytes, len);
    return !buf->failed;
}

/* Takes the event over, good or not; initialised tells whether its making went well. */
static int emit(yaml_emitter_t *emitter, yaml_event_t *event, int initialised)
{
    return initialised && yaml_emitter_emit(emitter, event) ? 0 : -1;
}

static int emit_scalar(yaml_emitter_t *emitter, struct hk_str text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    return emit(emitter, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text.ptr,
                                             (int)text.len, 1, 1, style));
}

/* `- TEXT` and a newline: inside a sequence libyaml's choice is that of any place in block style,
 * without the document end marks that it may write after a scalar at the root. */
static int emit_document(yaml_emitter_t *emitter, struct hk_str text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    if (emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) ||
        emit(emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) ||
        emit(emitter, &event,
             yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                  YAML_BLOCK_SEQUENCE_STYLE)) ||
        emit_scalar(emitter, text, style) ||
        emit(emitter, &event, yaml_sequence_end_event_initialize(&event)) ||
        emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)) ||
        emit(emitter, &event, yaml_stream_end_event_initialize(&event)))
        return -1;
    return yaml_emitter_flush(emitter) ? 0 : -1;
}

static int libyaml_scalar(struct hk_buf *out, struct hk_str text, yaml_scalar_style_t style)
{
    struct hk_buf line;
    hk_buf_init(&line);
    yaml_emitter_t emitter;
    if (!yaml_emitter_initialize(&emitter))
        return -1;
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    yaml_emitter_set_output(&emitter, write_handler, &line);
    int result = emit_document(&emitter, text, style);
    yaml_emitter_delete(&emitter);
    if (result == 0 && !line.failed && line.len > 3) /* without "- " and the newline */
        hk_buf_add(out, line.data + 2, line.len - 3);
    else
        result = -1;
    hk_buf_fini(&line);
    return result;
}

static bool has_line_break(struct hk_str text)
{
    return text.len && (memchr(text.ptr, '\n', text.len) || memchr(text.ptr, '\r', text.len));
}

int hk_yaml_scalar_slow(struct hk_buf *out, struct hk_str text, enum hk_yaml_style style)
{
    if (text.len == 0)
        text = HK_STR("");
    if (text.len > INT_MAX || !is_utf8(text))
        return -1;
    size_t start = out->len;
    if (style == HK_YAML_PLAIN && !has_line_break(text) && !hk_yaml_is_ambiguous(text)) {
        if (libyaml_scalar(out, text, YAML_PLAIN_SCALAR_STYLE) < 0)
            return -1;
        /* Where plain cannot be, libyaml takes single quotes; one kind of quotes is enough. */
        if (out->len > start && out->data[start] != '\'')
            return 0;
        out->len = start;
    }
    return libyaml_scalar(out, text, YAML_DOUBLE_QUOTED_SCALAR_STYLE) < 0 || out->failed ? -1 : 0;
}
