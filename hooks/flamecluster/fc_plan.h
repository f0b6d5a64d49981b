/* fc_plan.h - what to do with each Pod. Pure decisions on structs: no JSON, no clock.
 *
 * A Pod is replaced by leaving it out of the answer (Metacontroller deletes it) and asking for it
 * again once it is gone. Nothing is remembered: the same observation gives the same decisions, so
 * seeing an old one twice is harmless. */
#ifndef FC_PLAN_H
#define FC_PLAN_H

#include "fc_observe.h"

/* A Pod that ended is not replaced sooner than this after it ended. */
#define FC_REPLACE_AFTER_S 10
/* A child that Pods wait for and that somebody else's object keeps from coming is tried again so often:
 * Metacontroller does not tell when that one goes. */
#define FC_RETRY_AFTER_S 10

enum fc_action {
    FC_WAIT,    /* not there, and not asked for yet */
    FC_CREATE,  /* not there: asked for */
    FC_KEEP,    /* there: asked for again; also every Pod that is being deleted already */
    FC_REPLACE, /* there: left out, to come back new */
    FC_REMOVE,  /* there: left out for good */
};

static inline bool fc_action_is_answered(enum fc_action action)
{
    return action == FC_CREATE || action == FC_KEEP;
}

/* What a plan is made from. */
struct fc_plan_input {
    const struct fc_observed *observed;
    const struct fc_spec *spec;
    const char *session_hash; /* of the wanted templates, 16 digits */
    const char *executor_hash;
    const char *cache_hash;   /* NULL: the cache has no Pods of its own */
    bool is_config_observed;  /* the file that the Pods mount is there as they are to read it */
    bool lacks_session_claim; /* it needs one, which is not there */
    const bool *
        cache_claims; /* of each cache that the spec asks for: it is there, or none is needed; NULL: none is */
    const char *
        cache_app; /* whose Pods the observed cache Service selects; NULL: nobody's that is known */
    int64_t now_s;
};

/* The cache's own Pods. */
struct fc_cache_plan {
    uint8_t *actions;      /* enum fc_action of index 0..replicas-1 */
    int64_t replicas;      /* 0 without an image */
    bool is_served_by_own; /* the Service selects them, not the executor managers */
    bool is_taking_over;   /* it selects the executor managers still */
    bool is_kept;          /* those that nobody wants stay until the Service has left them */
    int64_t current;       /* observed, whatever their state */
    int64_t ready, updated, stale; /* as of executors */
    int64_t stuck;
};

/* The StatefulSet: what is asked of it, where its action is an answered one. */
struct fc_stateful_plan {
    enum fc_action action;
    int64_t replicas, partition;
    int64_t max_unavailable; /* 0: not said */
};

struct fc_plan {
    enum fc_action session;
    uint8_t *executors; /* enum fc_action of index 0..replicas-1 */
    int64_t replicas;
    struct fc_cache_plan cache;
    struct fc_stateful_plan stateful;
    int64_t resync_after_s; /* 0: nothing is waited for but the world */

    bool is_session_current;   /* it is there, Ready and of the wanted hash */
    bool is_session_stale;     /* it is there with another hash */
    bool is_session_serving;   /* as current as it is going to be, and Ready */
    bool may_create_executors; /* the config, and the session manager, are what a new one needs */
    bool may_roll_executors;   /* stale ones may go */
    bool is_switching;         /* executors of the form that is not wanted are left */
    bool is_behind; /* the StatefulSet's counts are of an older spec, or it is being deleted */
    int64_t max_unavailable;
    int64_t current; /* observed executor managers, whatever their state */
    int64_t ready;   /* wanted ones that are Ready */
    int64_t updated; /* wanted ones of the wanted hash, Ready or not */
    int64_t stale;   /* wanted ones of another hash */
    int64_t stuck;   /* Pods that cannot start, are kept, and heal only from outside */
};

/* fc_max_unavailable - how many of the replicas a roll-out may take: a percentage is rounded down, at
 * least 1; Recreate takes all. */
int64_t fc_max_unavailable(const struct fc_update_strategy *update, int64_t replicas);

/* fc_plan_may_switch - may executors of the one form give way to the other? They all go at once, so never for a session
 * manager that is not the wanted one, nor while roll-outs are paused or they alone serve the cache that is to leave them. */
bool fc_plan_may_switch(const struct fc_plan_input *in, const struct fc_plan *plan);

/* The StatefulSet's part: fc_plan_count_stateful - its Pods, beside those that are counted already; fc_plan_stateful - the
 * decision, once the gates are decided. */
void fc_plan_count_stateful(const struct fc_plan_input *in, struct fc_plan *plan);
void fc_plan_stateful(const struct fc_plan_input *in, struct fc_plan *plan);

/* fc_stateful_may_have_old_pods - may Pods be left that are not of the template with this hash? NULL tolerated: none. */
bool fc_stateful_may_have_old_pods(const struct fc_stateful *set, const char *hash);

/* fc_plan_make - decide. out->executors lives in arena. Returns 0, or -1: out of memory. */
int fc_plan_make(const struct fc_plan_input *in, struct hk_arena *arena, struct fc_plan *out,
                 struct hk_err *err) HK_MUST_USE;

#endif
