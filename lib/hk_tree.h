/* hk_tree.h - a small JSON document as a jansson tree.
 *
 * In place of jansson's own parser: that one goes on in silence when a string does not fit into memory, and
 * then reads what it does not have. Here every allocation counts. */
#ifndef HK_TREE_H
#define HK_TREE_H

#include "hk_scan.h"

#include <jansson.h>

/* hk_tree_load - one value as a tree.
 * in: text, HK_SCAN_PAD readable bytes follow.   out: a new reference, or NULL and *why.
 * fails: *why says what is wrong (static): not JSON, a key twice, a number beyond 64 bits, a NUL in a key; or is NULL
 * when memory ran out. A number with a fraction or an exponent is a real.
 * owns: strings with escapes stay in arena as well. */
json_t *hk_tree_load(struct hk_str text, struct hk_arena *arena, const char **why) HK_MUST_USE;

/* hk_tree_load_any - the same of a text that nothing readable follows: it is copied first. owns: nothing. */
json_t *hk_tree_load_any(struct hk_str text, const char **why) HK_MUST_USE;

#endif
