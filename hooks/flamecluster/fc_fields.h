/* fc_fields.h - fields that no FlameCluster has. */
#ifndef FC_FIELDS_H
#define FC_FIELDS_H

#include "fc_parent.h"

/* fc_fields_check - warn of every unknown field in one FlameCluster, but for those of metadata and status.
 * An API server drops them before a hook could see them, so this is for files alone. in: s before the
 * object, which fc_parent_read has read already. */
void fc_fields_check(struct hk_scan *s, struct hk_arena *arena, struct fc_parent *parent);

#endif
