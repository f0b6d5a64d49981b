/* Why each Pod comes, goes, or has to wait. The plan says what becomes of it; what is asked here is why, by the rules of
 * fc_plan*.c in their order. */
#include "fc_decisions_note.h"

#include "fc_plan_pod.h"

/* Nothing to tell. */
#define NOTHING FC_DECISION_COUNT

/* ---- gates ---- */

/* What a change of the executor managers waits for, whoever makes their Pods; NOTHING: no more than its turn. */
static enum fc_decision why_not_switched(const struct fc_decided *d)
{
    if (d->in->spec->executor.update.is_paused)
        return FC_BLOCK_PAUSED;
    if (!d->in->is_config_observed)
        return FC_WAIT_CONFIG;
    if (!d->plan->is_session_current)
        return FC_WAIT_SESSION;
    return d->plan->cache.is_taking_over ? FC_WAIT_CACHE : NOTHING;
}

static enum fc_decision why_not_rolled(const struct fc_decided *d)
{
    const struct fc_update_strategy *update = &d->in->spec->executor.update;
    if (!update->is_paused && update->type == FC_ON_DELETE)
        return FC_BLOCK_ON_DELETE;
    enum fc_decision why = why_not_switched(d);
    return why == NOTHING ? FC_BLOCK_UNAVAILABLE : why;
}

static enum fc_decision why_not_created(const struct fc_decided *d)
{
    if (!d->in->is_config_observed)
        return FC_WAIT_CONFIG;
    return d->plan->may_create_executors ? FC_WAIT_WORKLOAD : FC_WAIT_SESSION;
}

/* Of a cache, or the session manager. */
static enum fc_decision why_may_not_come(const struct fc_decided *d, bool has_claim)
{
    if (!d->in->is_config_observed)
        return FC_WAIT_CONFIG;
    return has_claim ? NOTHING : FC_WAIT_CLAIM;
}

/* ---- one Pod ---- */

static enum fc_decision how_ended(const struct fc_pod *pod)
{
    return hk_str_is(pod->reason, "Evicted") ? FC_REPLACE_EVICTED : FC_REPLACE_ENDED;
}

static enum fc_decision why_replaced(const struct fc_pod *pod, const char *hash)
{
    if (fc_pod_is_stale(pod, hash))
        return pod->is_ready ? FC_REPLACE_TEMPLATE : FC_REPLACE_NOT_READY;
    return how_ended(pod);
}

static enum fc_decision why_removed(const struct fc_decided *d)
{
    return d->in->spec->is_suspended ? FC_REMOVE_SUSPENDED : FC_REMOVE_WORKLOAD;
}

static enum fc_decision why_created(bool is_counted, int64_t index, int64_t replicas)
{
    return is_counted && index >= replicas ? FC_CREATE_SCALED_UP : FC_CREATE_MISSING;
}

/* What keeps a Pod that is not what it should be. */
struct keepers {
    enum fc_decision stale, ended, failing;
};

static enum fc_decision why_kept(const struct fc_pod *pod, const char *hash,
                                 const struct keepers *keepers)
{
    if (pod->is_terminating)
        return NOTHING;
    if (fc_pod_is_stale(pod, hash))
        return keepers->stale;
    if (pod->is_ended)
        return keepers->ended;
    return pod->is_failed ? keepers->failing : NOTHING;
}

/* Nobody is told twice: one that ended waits for what it lacks, then for its time. */
static enum fc_decision or_time(enum fc_decision lack)
{
    return lack == NOTHING ? FC_WAIT_ENDED : lack;
}

/* ---- executor managers ---- */

static enum fc_decision of_missing_executor(const struct fc_decided *d, int64_t index)
{
    const struct fc_old_status *status = &d->request->parent.status;
    if (d->plan->executors[index] == FC_CREATE)
        return why_created(status->state.len > 0, index, status->executor_replicas);
    bool is_none_wanted = d->in->spec->is_suspended || d->in->spec->executor.is_stateful;
    return is_none_wanted ? NOTHING : why_not_created(d);
}

static enum fc_decision of_executor(const struct fc_decided *d, const struct fc_pod *pod,
                                    const struct keepers *keepers)
{
    const struct fc_spec *spec = d->in->spec;
    switch ((enum fc_action)d->plan->executors[pod->index]) {
    case FC_REPLACE:
        return why_replaced(pod, d->in->executor_hash);
    case FC_REMOVE:
        return why_removed(d);
    default:
        if (spec->is_suspended)
            return NOTHING;
        if (spec->executor.is_stateful && !pod->is_terminating)
            return why_not_switched(d);
        return why_kept(pod, d->in->executor_hash, keepers);
    }
}

/* All there, all Ready, all of the wanted template: so it is nearly always. */
static bool are_executors_settled(const struct fc_decided *d)
{
    const struct fc_plan *plan = d->plan;
    return !d->in->spec->is_suspended && !d->in->spec->executor.is_stateful &&
           !d->in->observed->stateful && plan->updated == plan->replicas &&
           plan->ready == plan->replicas &&
           (int64_t)d->in->observed->executors.count == plan->replicas;
}

static void note_executors(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_pod_set *set = &d->in->observed->executors;
    size_t next = 0;
    if (are_executors_settled(d))
        return;
    /* Without a session manager it is no wonder that they fail. */
    const struct keepers keepers = {
        .stale = why_not_rolled(d),
        .ended = or_time(d->plan->may_create_executors ? NOTHING : why_not_created(d)),
        .failing = d->plan->is_session_serving ? FC_BLOCK_FAILING : NOTHING,
    };
    for (int64_t i = 0; i < d->plan->replicas; i++) {
        bool is_there = next < set->count && set->items[next]->index == i;
        enum fc_decision kind =
            is_there ? of_executor(d, set->items[next++], &keepers) : of_missing_executor(d, i);
        if (kind != NOTHING)
            fc_note_index(notes, kind, &fc_executor_pods, i);
    }
    for (; next < set->count; next++)
        if (!set->items[next]->is_terminating)
            fc_note_index(notes,
                          d->in->spec->is_suspended ? FC_REMOVE_SUSPENDED : FC_REMOVE_SCALED_DOWN,
                          &fc_executor_pods, set->items[next]->index);
}

/* ---- the StatefulSet ---- */

static enum fc_decision of_missing_set(const struct fc_decided *d)
{
    if (d->plan->stateful.action == FC_CREATE)
        return FC_CREATE_MISSING;
    bool is_wanted = d->in->spec->executor.is_stateful && !d->in->spec->is_suspended;
    return is_wanted ? why_not_created(d) : NOTHING;
}

/* Asked for no Pods, to be left out later. */
static enum fc_decision of_leaving_set(const struct fc_decided *d, const struct fc_stateful *set)
{
    bool is_suspended = d->in->spec->is_suspended;
    if (d->plan->stateful.action == FC_REMOVE)
        return why_removed(d);
    if (set->replicas > 0)
        return is_suspended ? FC_UPDATE_SUSPENDED : FC_UPDATE_WORKLOAD;
    return fc_stateful_pods_left(set) > 0 ? FC_WAIT_LEAVING : NOTHING;
}

static enum fc_decision of_replicas(const struct fc_decided *d, const struct fc_stateful *set)
{
    int64_t asked = d->plan->stateful.replicas, wanted = d->in->spec->executor.replicas;
    if (asked > set->replicas)
        return FC_UPDATE_SCALED_UP;
    if (asked < set->replicas)
        return asked == 0 && wanted > 0 ? FC_UPDATE_RECREATE : FC_UPDATE_SCALED_DOWN;
    if (wanted <= asked)
        return NOTHING;
    bool is_emptying = d->in->spec->executor.update.type == FC_RECREATE && asked == 0 &&
                       fc_stateful_pods_left(set) > 0;
    return is_emptying ? FC_WAIT_LEAVING : why_not_created(d);
}

static void note_set(struct fc_notes *notes, const struct fc_decided *d, enum fc_decision kind)
{
    if (kind != NOTHING)
        fc_note_name(notes, kind, "StatefulSet", d->request->parent.names.executor_manager);
}

static void note_stateful(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_stateful *set = d->in->observed->stateful;
    const struct fc_spec *spec = d->in->spec;
    bool is_wanted = spec->executor.is_stateful;
    if (!set) {
        note_set(notes, d, of_missing_set(d));
    } else if (set->is_terminating) {
        return;
    } else if (spec->is_suspended || (!is_wanted && fc_plan_may_switch(d->in, d->plan))) {
        note_set(notes, d, of_leaving_set(d, set));
    } else {
        note_set(notes, d, of_replicas(d, set));
        if (strcmp(set->hash, d->in->executor_hash) != 0)
            note_set(notes, d, FC_UPDATE_TEMPLATE);
        if (!is_wanted)
            note_set(notes, d, why_not_switched(d));
        else if (d->plan->stateful.partition > 0)
            note_set(notes, d, why_not_rolled(d));
    }
}

/* ---- the object cache ---- */

static enum fc_decision why_cache_may_not_come(const struct fc_decided *d, int64_t index)
{
    return why_may_not_come(d, !d->in->cache_claims || d->in->cache_claims[index]);
}

static struct keepers cache_keepers(const struct fc_decided *d, int64_t index)
{
    enum fc_decision lack = why_cache_may_not_come(d, index), stale = lack;
    if (d->in->spec->executor.update.is_paused)
        stale = FC_BLOCK_PAUSED;
    else if (lack == NOTHING)
        stale = d->plan->is_session_current ? FC_BLOCK_UNAVAILABLE : FC_WAIT_SESSION;
    return (struct keepers){stale, or_time(lack), FC_BLOCK_FAILING};
}

static enum fc_decision of_missing_cache(const struct fc_decided *d, int64_t index)
{
    const struct fc_old_status *status = &d->request->parent.status;
    if (d->plan->cache.actions[index] == FC_CREATE)
        return why_created(status->has_caches, index, status->cache_replicas);
    return d->in->spec->is_suspended ? NOTHING : why_cache_may_not_come(d, index);
}

static enum fc_decision of_cache(const struct fc_decided *d, const struct fc_pod *pod)
{
    const struct keepers keepers = cache_keepers(d, pod->index);
    switch ((enum fc_action)d->plan->cache.actions[pod->index]) {
    case FC_REPLACE:
        return why_replaced(pod, d->in->cache_hash);
    case FC_REMOVE:
        return FC_REMOVE_SUSPENDED;
    default:
        if (d->in->spec->is_suspended)
            return pod->is_terminating ? NOTHING : FC_WAIT_LEAVING;
        return why_kept(pod, d->in->cache_hash, &keepers);
    }
}

/* One that has a number beyond those that are wanted. */
static enum fc_decision of_cache_beyond(const struct fc_decided *d)
{
    bool is_suspended = d->in->spec->is_suspended;
    if (d->plan->cache.is_kept)
        return is_suspended ? FC_WAIT_LEAVING : FC_WAIT_EXECUTORS;
    if (is_suspended)
        return FC_REMOVE_SUSPENDED;
    return d->in->cache_hash ? FC_REMOVE_SCALED_DOWN : FC_REMOVE_UNWANTED;
}

static void note_caches(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_pod_set *set = &d->in->observed->caches;
    size_t next = 0;
    for (int64_t i = 0; i < d->plan->cache.replicas; i++) {
        bool is_there = next < set->count && set->items[next]->index == i;
        enum fc_decision kind = is_there ? of_cache(d, set->items[next++]) : of_missing_cache(d, i);
        if (kind != NOTHING)
            fc_note_index(notes, kind, &fc_cache_pods, i);
    }
    for (; next < set->count; next++)
        if (!set->items[next]->is_terminating)
            fc_note_index(notes, of_cache_beyond(d), &fc_cache_pods, set->items[next]->index);
}

/* ---- the session manager ---- */

static enum fc_decision of_session(const struct fc_decided *d)
{
    const struct fc_pod *pod = d->in->observed->session;
    enum fc_decision why = why_may_not_come(d, !d->in->lacks_session_claim);
    bool is_paused = d->in->spec->executor.update.is_paused;
    const struct keepers keepers = {is_paused ? FC_BLOCK_PAUSED : why, FC_WAIT_ENDED,
                                    FC_BLOCK_FAILING};
    if (d->plan->session == FC_CREATE)
        return FC_CREATE_MISSING;
    if (!pod)
        return d->in->spec->is_suspended ? NOTHING : why;
    switch (d->plan->session) {
    case FC_REPLACE:
        /* Its own change waits for nobody, Ready or not. */
        return d->plan->is_session_stale && !is_paused ? FC_REPLACE_TEMPLATE : how_ended(pod);
    case FC_REMOVE:
        return FC_REMOVE_SUSPENDED;
    default:
        if (d->in->spec->is_suspended)
            return pod->is_terminating ? NOTHING : FC_WAIT_LEAVING;
        return why_kept(pod, d->in->session_hash, &keepers);
    }
}

void fc_note_pods(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_pod_set *strangers = &d->in->observed->strangers;
    enum fc_decision session = of_session(d);
    if (session != NOTHING)
        fc_note_name(notes, session, "Pod", d->request->parent.names.session_manager);
    note_stateful(notes, d);
    note_executors(notes, d);
    note_caches(notes, d);
    for (size_t i = 0; i < strangers->count; i++)
        if (!strangers->items[i]->is_terminating)
            fc_note_name(notes, FC_REMOVE_UNWANTED, "Pod", strangers->items[i]->name);
}
