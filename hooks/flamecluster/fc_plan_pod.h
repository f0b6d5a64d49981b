/* fc_plan_pod.h - what is decided about one Pod whatever its role; for fc_plan*.c and fc_decisions*.c alone. */
#ifndef FC_PLAN_POD_H
#define FC_PLAN_POD_H

#include "fc_plan.h"

static inline bool fc_pod_is_stale(const struct fc_pod *pod, const char *hash)
{
    return strcmp(pod->hash, hash) != 0;
}

/* fc_pod_is_stuck - an ended Pod is replaced in its time, a stale one when its turn comes; these wait for
 * somebody. pod may be NULL. */
static inline bool fc_pod_is_stuck(const struct fc_pod *pod, enum fc_action action)
{
    return pod && action == FC_KEEP && pod->is_failed && !pod->is_ended && !pod->is_terminating;
}

/* fc_pod_leave - the action on one that nobody wants; pod may be NULL. */
static inline enum fc_action fc_pod_leave(const struct fc_pod *pod)
{
    if (!pod)
        return FC_WAIT;
    return pod->is_terminating ? FC_KEEP : FC_REMOVE;
}

/* fc_pod_may_be_replaced - may a Pod that ended be replaced now? If not yet, the hook asks to be called again in
 * time: *resync_after_s. */
static inline bool fc_pod_may_be_replaced(const struct fc_pod *pod, int64_t now_s,
                                          int64_t *resync_after_s)
{
    int64_t left = pod->ended_s + FC_REPLACE_AFTER_S - now_s;
    /* A clock that runs behind the node's must not stretch the wait beyond the rule. */
    if (left > FC_REPLACE_AFTER_S)
        left = FC_REPLACE_AFTER_S;
    if (left <= 0)
        return true;
    if (*resync_after_s == 0 || left < *resync_after_s)
        *resync_after_s = left;
    return false;
}

/* fc_plan_caches - the cache's own Pods and whom its Service selects; after the session manager, and after the
 * executors are counted. Returns 0, or -1: out of memory. */
int fc_plan_caches(const struct fc_plan_input *in, struct hk_arena *arena, struct fc_plan *plan,
                   struct hk_err *err) HK_MUST_USE;

#endif
