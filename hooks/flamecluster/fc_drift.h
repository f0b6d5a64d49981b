/* fc_drift.h - changes that others made to a child and that asking for the right one cannot undo.
 *
 * Metacontroller merges what is asked for into what is there: a port under another number, or a label added to a
 * selector, is somebody else's and stays. A Service then has two ports of one name, which the API server
 * refuses at every sync, or selects nothing. Such a child is replaced as a Pod is: left out, and asked for again
 * once it is gone. */
#ifndef FC_DRIFT_H
#define FC_DRIFT_H

#include "fc_observe.h"
#include "fc_services.h"

/* fc_service_is_beyond_repair - a selector with a key that is not ours, or a port of ours by name under
 * another number. false: the object is absent (NULL), fine, or repaired by merging. */
bool fc_service_is_beyond_repair(const struct fc_object *object, const struct fc_service *service,
                                 struct hk_arena *arena);

/* fc_service_selected_app - whose Pods an observed Service selects, in arena; NULL: it is not there, or says nothing
 * that we would. */
const char *fc_service_selected_app(const struct fc_object *object, struct hk_arena *arena);
/* fc_policy_is_beyond_repair - a NetworkPolicy for fewer Pods than those of the cluster. */
bool fc_policy_is_beyond_repair(const struct fc_object *object, struct hk_arena *arena);

/* fc_config_is_beyond_repair - a ConfigMap or Secret made immutable with another text, or a ConfigMap with our file
 * in binaryData. */
bool fc_config_is_beyond_repair(const struct fc_object *object, struct hk_str wanted_text,
                                struct hk_arena *arena);

#endif
