/* hk_name.h - Kubernetes names and label syntax. source: apimachinery util/validation, k8s 1.36. */
#ifndef HK_NAME_H
#define HK_NAME_H

#include "hk_mem.h"

bool hk_name_is_dns1123_label(struct hk_str name);     /* [a-z0-9]([-a-z0-9]*[a-z0-9])?, <= 63 */
bool hk_name_is_dns1035_label(struct hk_str name);     /* [a-z]([-a-z0-9]*[a-z0-9])?, <= 63 */
bool hk_name_is_dns1123_subdomain(struct hk_str name); /* labels joined by '.', <= 253 */
bool hk_name_is_qualified(struct hk_str name);         /* label or annotation key: [prefix/]name */
bool hk_name_is_label_value(struct hk_str value);      /* empty or <= 63 of [-_.A-Za-z0-9] */

/* hk_name_shorten - name when it fits in max bytes, else its head, a '-' and 8 hex digits of its hash,
 * together at most max bytes (the head is cut back to a letter or digit), so that two long names stay
 * apart. max >= 10. {NULL,0}: out of memory. */
struct hk_str hk_name_shorten(struct hk_arena *arena, struct hk_str name, size_t max);

#endif
