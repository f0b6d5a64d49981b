/* A value out of libyaml's events: a jansson tree, beside it the tree of its lines. */
#include "hk_yaml_reader.h"

#include <inttypes.h>
#include <stdio.h>

#define VALUE_BYTES 64 /* what one value of an alias counts, besides its text */

static struct hk_str scalar_text(const yaml_event_t *event)
{
    return (struct hk_str){(const char *)event->data.scalar.value, event->data.scalar.length};
}

static int refuse_tag(struct hk_yaml_reader *r, const yaml_char_t *tag)
{
    if (!tag)
        return 0;
    return hk_yaml_fail(r, hk_yaml_event_line(r), "tag %.64s: tags are not allowed",
                        (const char *)tag);
}

static json_t *read_scalar(struct hk_yaml_reader *r)
{
    struct hk_str text = scalar_text(&r->event);
    json_t *value = NULL;
    if (refuse_tag(r, r->event.data.scalar.tag) < 0)
        return NULL;
    if (!hk_yaml_event_is_plain(&r->event)) {
        value = json_stringn(text.ptr, text.len);
    } else if (hk_yaml_typed(text, &value) < 0) {
        hk_yaml_fail(r, hk_yaml_event_line(r), "%.64s is a number that JSON cannot hold", text.ptr);
        return NULL;
    }
    if (!value)
        hk_err_memory(r->err);
    return value;
}

/* What a copy would cost; false: more than is left, or too deep. */
static bool afford(const json_t *value, unsigned depth, size_t *left)
{
    size_t cost = VALUE_BYTES + (json_is_string(value) ? json_string_length(value) : 0);
    if (cost > *left || depth > HK_YAML_DEPTH_MAX)
        return false;
    *left -= cost;
    bool good = true;
    for (size_t i = 0; good && i < json_array_size(value); i++)
        good = afford(json_array_get(value, i), depth + 1, left);
    /* The iteration does not change the object; jansson has no const form of it. */
    json_t *object = json_is_object(value) ? (json_t *)(uintptr_t)value : NULL;
    for (void *it = json_object_iter(object); good && it; it = json_object_iter_next(object, it))
        good = afford(json_object_iter_value(it), depth + 1, left);
    return good;
}

static json_t *read_alias(struct hk_yaml_reader *r, unsigned depth)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    const json_t *value = NULL;
    for (size_t i = 0; i < r->anchor_count; i++) {
        if (strcmp(r->anchors[i].name, name) == 0)
            value = r->anchors[i].value;
    }
    if (!value) {
        hk_yaml_fail(r, hk_yaml_event_line(r), "alias *%.64s: no such anchor is complete before it",
                     name);
        return NULL;
    }
    if (!afford(value, depth, &r->alias_bytes)) {
        hk_yaml_fail(r, hk_yaml_event_line(r), "alias *%.64s: the aliases stand for too much",
                     name);
        return NULL;
    }
    json_t *copy = json_deep_copy(value);
    if (!copy)
        hk_err_memory(r->err);
    return copy;
}

static int read_item(struct hk_yaml_reader *r, json_t *array, unsigned depth,
                     struct hk_yaml_node ***tail)
{
    struct hk_yaml_node *item = hk_yaml_node_add(r->lines, tail, hk_yaml_event_line(r));
    if (!item)
        return hk_err_memory(r->err);
    json_t *value = hk_yaml_read_value(r, depth, item);
    if (!value)
        return -1;
    return json_array_append_new(array, value) < 0 ? hk_err_memory(r->err) : hk_yaml_next(r);
}

static json_t *read_sequence(struct hk_yaml_reader *r, unsigned depth, struct hk_yaml_node *node)
{
    json_auto_t *array = json_array();
    struct hk_yaml_node **tail = &node->child;
    node->is_sequence = true;
    int result = array ? refuse_tag(r, r->event.data.sequence_start.tag) : hk_err_memory(r->err);
    if (result == 0)
        result = hk_yaml_next(r);
    while (result == 0 && r->event.type != YAML_SEQUENCE_END_EVENT)
        result = read_item(r, array, depth + 1, &tail);
    return result == 0 ? json_incref(array) : NULL;
}

/* A mapping while it is read. */
struct mapping {
    json_t *object;
    json_t *merge; /* value of `<<` */
    struct hk_yaml_node *node;
    struct hk_yaml_node **tail;
    unsigned depth; /* of its members */
};

/* The key as JSON has it: numbers and booleans become text, as Kubernetes' reader makes them. The
 * text may lie in number. */
static struct hk_str key_of(const yaml_event_t *event, const json_t *typed, char number[24])
{
    if (json_is_boolean(typed))
        return json_is_true(typed) ? HK_STR("true") : HK_STR("false");
    if (!json_is_integer(typed))
        return scalar_text(event);
    int n = snprintf(number, 24, "%" PRId64, (int64_t)json_integer_value(typed));
    return (struct hk_str){number, (size_t)n};
}

static int key_text(struct hk_yaml_reader *r, struct hk_str *key)
{
    json_auto_t *typed = NULL;
    char number[24];
    if (hk_yaml_event_is_plain(&r->event) && hk_yaml_typed(scalar_text(&r->event), &typed) < 0)
        typed = NULL; /* .inf and the like are a text here */
    if (json_is_null(typed))
        return hk_yaml_fail(r, hk_yaml_event_line(r), "a key must not be null");
    *key = hk_arena_copy(&r->lines->arena, key_of(&r->event, typed, number));
    if (!key->ptr)
        return hk_err_memory(r->err);
    if (memchr(key->ptr, '\0', key->len))
        return hk_yaml_fail(r, hk_yaml_event_line(r), "a key must not hold a NUL character");
    return 0;
}

static int read_key(struct hk_yaml_reader *r, struct hk_str *key)
{
    if (r->event.type != YAML_SCALAR_EVENT)
        return hk_yaml_fail(r, hk_yaml_event_line(r), "a key must be a string");
    return refuse_tag(r, r->event.data.scalar.tag) < 0 ? -1 : key_text(r, key);
}

static int refuse_duplicate(struct hk_yaml_reader *r, const struct mapping *m, struct hk_str key,
                            size_t line)
{
    const struct hk_yaml_node *first = m->node->child;
    while (first && !hk_str_eq(first->key, key))
        first = first->next;
    return hk_yaml_fail(r, line, "key \"%.*s\" is given twice, first on line %u",
                        key.len < 64 ? (int)key.len : 64, key.ptr, first ? first->line : 0);
}

static int read_member(struct hk_yaml_reader *r, struct mapping *m)
{
    struct hk_str key;
    size_t line = hk_yaml_event_line(r);
    bool is_merge = hk_yaml_event_is_plain(&r->event) && hk_str_is(scalar_text(&r->event), "<<");
    if (read_key(r, &key) < 0)
        return -1;
    if (is_merge ? m->merge != NULL : json_object_getn(m->object, key.ptr, key.len) != NULL)
        return refuse_duplicate(r, m, key, line);
    struct hk_yaml_node *node = hk_yaml_node_add(r->lines, &m->tail, line);
    if (!node)
        return hk_err_memory(r->err);
    node->key = key;
    if (hk_yaml_next(r) < 0)
        return -1;
    json_t *value = hk_yaml_read_value(r, m->depth, node);
    if (!value)
        return -1;
    if (is_merge) {
        m->merge = value;
        return 0;
    }
    int set = json_object_setn_new(m->object, key.ptr, key.len, value);
    return set < 0 ? hk_err_memory(r->err) : 0;
}

/* `<<: *base` or `<<: [*a, *b]`: members that the mapping does not have itself; the first wins. */
static int merge(struct hk_yaml_reader *r, const struct mapping *m)
{
    const json_t *merge = m->merge;
    size_t count = json_is_array(merge) ? json_array_size(merge) : merge ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        json_t *from = json_is_array(merge) ? json_array_get(merge, i) : m->merge;
        if (!json_is_object(from))
            return hk_yaml_fail(r, hk_yaml_event_line(r),
                                "a merge key << must be a mapping or a list of them");
        if (json_object_update_missing(m->object, from) < 0)
            return hk_err_memory(r->err);
    }
    return 0;
}

static json_t *read_mapping(struct hk_yaml_reader *r, unsigned depth, struct hk_yaml_node *node)
{
    json_auto_t *object = json_object();
    struct mapping m = {.object = object, .node = node, .tail = &node->child, .depth = depth + 1};
    int result = object ? refuse_tag(r, r->event.data.mapping_start.tag) : hk_err_memory(r->err);
    if (result == 0)
        result = hk_yaml_next(r);
    while (result == 0 && r->event.type != YAML_MAPPING_END_EVENT) {
        result = read_member(r, &m);
        if (result == 0)
            result = hk_yaml_next(r);
    }
    if (result == 0)
        result = merge(r, &m);
    json_decref(m.merge);
    return result == 0 ? json_incref(object) : NULL;
}

/* Anchors hold complete values only, so that no value can hold itself. */
static int keep_anchor(struct hk_yaml_reader *r, const char *name, json_t *value)
{
    if (r->anchor_count == HK_YAML_ANCHOR_MAX)
        return hk_yaml_fail(r, hk_yaml_event_line(r), "has more than %d anchors",
                            HK_YAML_ANCHOR_MAX);
    r->anchors[r->anchor_count++] = (struct hk_yaml_anchor){name, json_incref(value)};
    return 0;
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

static json_t *read_bare(struct hk_yaml_reader *r, unsigned depth, struct hk_yaml_node *node)
{
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r);
    case YAML_ALIAS_EVENT:
        return read_alias(r, depth);
    case YAML_SEQUENCE_START_EVENT:
        return read_sequence(r, depth, node);
    default:
        return read_mapping(r, depth, node);
    }
}

json_t *hk_yaml_read_value(struct hk_yaml_reader *r, unsigned depth, struct hk_yaml_node *node)
{
    if (depth > HK_YAML_DEPTH_MAX) {
        hk_yaml_fail(r, hk_yaml_event_line(r), "is nested deeper than %d", HK_YAML_DEPTH_MAX);
        return NULL;
    }
    const yaml_char_t *anchor = anchor_of(&r->event);
    const char *name = NULL;
    if (anchor) {
        /* The event is gone when the value is complete. */
        struct hk_str copy = hk_arena_copy(&r->lines->arena, hk_str_of((const char *)anchor));
        name = copy.ptr;
        if (!name) {
            hk_err_memory(r->err);
            return NULL;
        }
    }
    json_t *value = read_bare(r, depth, node);
    if (value && name && keep_anchor(r, name, value) < 0) {
        json_decref(value);
        return NULL;
    }
    return value;
}
