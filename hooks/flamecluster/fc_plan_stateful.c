/* What to ask of the StatefulSet of executor managers. Its controller makes and replaces the Pods; what is left to
 * decide is how many there may be and whether a new template may reach them. Decided from the observed object
 * alone, so that an old one seen twice is answered alike, and settled once the controller has counted. */
#include "fc_plan.h"

/* Are there Pods of an old template? UNKNOWN: its controller has not counted since the last change. */
enum age { AGE_NEW, AGE_OLD, AGE_UNKNOWN };

static enum age age_of(const struct fc_stateful *set, const char *hash)
{
    if (strcmp(set->hash, hash) != 0)
        return AGE_OLD;
    if (!set->is_fresh)
        return AGE_UNKNOWN;
    return set->updated >= set->pods ? AGE_NEW : AGE_OLD;
}

/* The same, beyond doubt: a Pod that is being deleted is in the one count and not in the other, but while its controller
 * knows of one template only, that Pod has it. (Or one of a template that came and went meanwhile.) */
static bool is_surely_old(const struct fc_stateful *set, enum age age, const char *hash)
{
    return age == AGE_OLD && !(set->is_rolled && strcmp(set->hash, hash) == 0);
}

static bool is_recreated(const struct fc_plan_input *in)
{
    return in->spec->executor.update.type == FC_RECREATE;
}

/* All at once is what no StatefulSet does by itself: it is emptied, and filled again when the last Pod is gone. */
static int64_t decide_replicas(const struct fc_plan_input *in, const struct fc_plan *plan,
                               enum age age)
{
    const struct fc_stateful *set = in->observed->stateful;
    int64_t wanted = in->spec->executor.replicas;
    if (is_recreated(in) && plan->may_roll_executors && is_surely_old(set, age, in->executor_hash))
        return 0;
    if (is_recreated(in) && set->replicas == 0 && fc_stateful_pods_left(set) > 0)
        return 0;
    /* Pods of the other form still have the names, or new ones must wait as they always do. */
    bool may_grow = plan->may_create_executors && in->observed->executors.count == 0;
    return wanted <= set->replicas || may_grow ? wanted : set->replicas;
}

/* Pods below the partition keep the template that they have, and come back with it. It is held up only while there is
 * something to hold: else it would be rewritten whenever the session manager is away for a moment. */
static int64_t decide_partition(const struct fc_plan_input *in, const struct fc_plan *plan,
                                enum age age)
{
    bool is_held = in->observed->stateful->partition > 0;
    if (plan->may_roll_executors || age == AGE_NEW)
        return 0;
    return age == AGE_OLD || is_held ? plan->stateful.replicas : 0;
}

static void decide(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_stateful *set = in->observed->stateful;
    const struct fc_executor_manager *executor = &in->spec->executor;
    struct fc_stateful_plan *out = &plan->stateful;
    if (!set) {
        bool is_free = in->observed->executors.count == 0;
        out->action = plan->may_create_executors && is_free ? FC_CREATE : FC_WAIT;
        out->replicas = executor->replicas;
        return;
    }
    enum age age = age_of(set, in->executor_hash);
    out->action = FC_KEEP;
    out->replicas = decide_replicas(in, plan, age);
    out->partition = decide_partition(in, plan, age);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool fc_stateful_may_have_old_pods(const struct fc_stateful *set, const char *hash)
{
    return fc_stateful_pods_left(set) > 0 && age_of(set, hash) != AGE_NEW;
}

void fc_plan_count_stateful(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_stateful *set = in->observed->stateful;
    if (!set)
        return;
    plan->current += set->pods;
    plan->ready = least(plan->ready + set->ready, plan->replicas);
    if (!in->spec->executor.is_stateful) {
        plan->stale += set->pods;
        return;
    }
    enum age age = age_of(set, in->executor_hash);
    plan->is_behind = age == AGE_UNKNOWN || set->is_terminating;
    if (strcmp(set->hash, in->executor_hash) == 0)
        plan->updated += least(set->updated, plan->replicas);
    if (plan->is_behind)
        plan->stale++;
    else if (is_surely_old(set, age, in->executor_hash))
        plan->stale += set->pods > plan->updated ? set->pods - plan->updated : 1;
}

/* Emptied first, and left out only then: whoever deletes it before could meet its Pods' names again. */
static void leave(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_stateful *set = in->observed->stateful;
    bool is_wanted = in->spec->executor.is_stateful;
    if (!set)
        return;
    plan->stateful.action =
        set->is_terminating || is_wanted || fc_stateful_pods_left(set) > 0 ? FC_KEEP : FC_REMOVE;
}

bool fc_plan_may_switch(const struct fc_plan_input *in, const struct fc_plan *plan)
{
    return in->is_config_observed && plan->is_session_current &&
           !in->spec->executor.update.is_paused && !plan->cache.is_taking_over;
}

void fc_plan_stateful(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_stateful *set = in->observed->stateful;
    bool is_wanted = in->spec->executor.is_stateful;
    if (in->spec->executor.update.type == FC_ROLLING_UPDATE && !(set && set->lacks_max_unavailable))
        plan->stateful.max_unavailable = plan->max_unavailable;
    if (in->spec->is_suspended || (!is_wanted && (!set || fc_plan_may_switch(in, plan))))
        leave(in, plan);
    else
        decide(in, plan);
}
