/* hk_yaml_reader.h - libyaml's parser, one event at a time, with our errors; for hk_yaml*.c. */
#ifndef HK_YAML_READER_H
#define HK_YAML_READER_H

#include "hk_yaml_lines.h"

#include <yaml.h>

#define HK_YAML_ANCHOR_MAX 256

struct hk_yaml_anchor {
    const char *name; /* in the arena of the document's lines */
    json_t *value;    /* owned */
};

struct hk_yaml_reader {
    struct hk_str text;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    bool has_event;
    struct hk_err *err;
    struct hk_yaml_lines *lines; /* of the current document, as all below */
    struct hk_yaml_anchor anchors[HK_YAML_ANCHOR_MAX];
    size_t anchor_count;
    size_t alias_bytes; /* what aliases may still stand for */
};

/* hk_yaml_fail - MALFORMED with path "line N". Returns -1. */
int hk_yaml_fail(struct hk_yaml_reader *r, size_t line, const char *format, ...) HK_PRINTF(3, 4);

/* hk_yaml_next - make the next event the current one. Returns 0, or -1 with r->err. */
int hk_yaml_next(struct hk_yaml_reader *r) HK_MUST_USE;

static inline size_t hk_yaml_event_line(const struct hk_yaml_reader *r)
{
    return r->event.start_mark.line + 1;
}

static inline bool hk_yaml_event_is_plain(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* hk_yaml_read_value - the value that begins with the current event; afterwards its last event is
 * the current one. depth: collections around it. New reference; NULL with r->err. */
json_t *hk_yaml_read_value(struct hk_yaml_reader *r, unsigned depth, struct hk_yaml_node *node);

#endif
