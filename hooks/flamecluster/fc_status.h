/* fc_status.h - status: what is there, in the reference's fields, in words and in conditions. */
#ifndef FC_STATUS_H
#define FC_STATUS_H

#include "fc_plan.h"
#include "fc_render.h"

struct fc_status_input {
    const struct fc_parent *parent;
    const struct fc_observed *observed;
    const struct fc_plan *plan; /* NULL: the spec is not valid, or the cluster is being deleted */
    const struct fc_config *config; /* NULL likewise */
    struct hk_str claims_words;     /* what is waited for; absent: nothing */
    bool is_finalizing;
    int64_t now_s;
    struct hk_arena *arena;
    struct hk_report *report; /* told of the state and of the spec's problems; may be NULL */
};

/* fc_status_write - the whole status object. conditions keep their lastTransitionTime from the
 * status that the parent had, unless they flip. */
void fc_status_write(const struct fc_status_input *in, struct hk_jw *w);

#endif
