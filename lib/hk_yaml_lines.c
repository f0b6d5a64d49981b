/* From a field path to the line it stands on. */
#include "hk_yaml_lines.h"

#include <stdlib.h>

struct hk_yaml_lines *hk_yaml_lines_new(void)
{
    struct hk_yaml_lines *lines = hk_alloc(sizeof *lines);
    if (!lines)
        return NULL;
    *lines = (struct hk_yaml_lines){0};
    hk_arena_init(&lines->arena);
    return lines;
}

void hk_yaml_lines_free(struct hk_yaml_lines *lines)
{
    if (!lines)
        return;
    hk_arena_fini(&lines->arena);
    hk_free(lines);
}

struct hk_yaml_node *hk_yaml_node_add(struct hk_yaml_lines *lines, struct hk_yaml_node ***tail,
                                      size_t line)
{
    struct hk_yaml_node *node = hk_arena_alloc(&lines->arena, sizeof *node);
    if (!node)
        return NULL;
    node->line = (unsigned)line;
    **tail = node;
    *tail = &node->next;
    return node;
}

static const struct hk_yaml_node *item_at(const struct hk_yaml_node *node, const char **path)
{
    char *end = NULL;
    unsigned long index = strtoul(*path + 1, &end, 10);
    if (end == *path + 1 || *end != ']')
        return NULL;
    const struct hk_yaml_node *item = node->child;
    while (item && index-- > 0)
        item = item->next;
    *path = end + 1;
    return item;
}

/* The member whose key the path goes on with, bare or in brackets. A key may hold dots and brackets
 * itself, so the keys that exist decide where it ends: the longest that fits. */
static const struct hk_yaml_node *member_at(const struct hk_yaml_node *node, const char **path)
{
    bool bracket = **path == '[';
    const char *text = *path + bracket;
    const struct hk_yaml_node *best = NULL;
    for (const struct hk_yaml_node *m = node->child; m; m = m->next) {
        if (strncmp(text, m->key.ptr, m->key.len) != 0 || (best && best->key.len > m->key.len))
            continue;
        char next = text[m->key.len];
        if (bracket ? next == ']' : next == '\0' || next == '.' || next == '[')
            best = m;
    }
    if (best)
        *path = text + best->key.len + bracket;
    return best;
}

unsigned hk_yaml_line(const struct hk_yaml_doc *doc, const char *path)
{
    if (!doc->lines)
        return doc->line;
    const struct hk_yaml_node *node = &doc->lines->root;
    while (*path) {
        const struct hk_yaml_node *next =
            node->is_sequence ? item_at(node, &path) : member_at(node, &path);
        if (!next)
            break;
        node = next;
        path += *path == '.';
    }
    return node->line;
}
