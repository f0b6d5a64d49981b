/* hk_yaml_private.h - what the hk_yaml*.c files share; for them and their tests alone. */
#ifndef HK_YAML_PRIVATE_H
#define HK_YAML_PRIVATE_H

#include "hk_yaml.h"

#define HK_YAML_DEPTH_MAX 64

/* hk_yaml_is_ambiguous - could some reader, of YAML 1.1 or 1.2, take this plain scalar for anything
 * but a string? Errs to yes: 12:30:45, 1_000, y, 2026-01-01, <<, =, +inf. */
bool hk_yaml_is_ambiguous(struct hk_str text);

/* hk_yaml_typed - a plain scalar as Kubernetes' reader types it: null, boolean, integer, real, else
 * a string. *value: new reference, NULL when out of memory. -1: .inf, .nan, 1e999, which JSON
 * cannot hold. */
int hk_yaml_typed(struct hk_str text, json_t **value) HK_MUST_USE;

/* hk_yaml_scalar_is_safe - true when the text between the style's delimiters is the text itself;
 * a proof, not a guess: where it says yes, hk_yaml_scalar_slow gives the same bytes. */
bool hk_yaml_scalar_is_safe(struct hk_str text, enum hk_yaml_style style);

/* hk_yaml_scalar_slow - the text as one line in the wished style through libyaml, appended to out.
 * Returns 0, or -1: no UTF-8, or out of memory; out is then unchanged. */
int hk_yaml_scalar_slow(struct hk_buf *out, struct hk_str text,
                        enum hk_yaml_style style) HK_MUST_USE;

#endif
