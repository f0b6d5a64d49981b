/* hk_yaml_lines.h - the lines of a document's values, a tree beside the values; for hk_yaml*.c. */
#ifndef HK_YAML_LINES_H
#define HK_YAML_LINES_H

#include "hk_mem.h"
#include "hk_yaml_private.h"

struct hk_yaml_node {
    struct hk_str key; /* in a mapping, in the arena */
    struct hk_yaml_node *child, *next;
    unsigned line; /* of the key in a mapping, of the value elsewhere */
    bool is_sequence;
};

struct hk_yaml_lines {
    struct hk_arena arena; /* all but this */
    struct hk_yaml_node root;
};

struct hk_yaml_lines *hk_yaml_lines_new(void);        /* NULL: out of memory */
void hk_yaml_lines_free(struct hk_yaml_lines *lines); /* NULL is fine */

/* hk_yaml_node_add - a new node at **tail, which moves on behind it. NULL: out of memory. */
struct hk_yaml_node *hk_yaml_node_add(struct hk_yaml_lines *lines, struct hk_yaml_node ***tail,
                                      size_t line);

#endif
