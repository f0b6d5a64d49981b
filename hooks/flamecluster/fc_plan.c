#include "fc_plan_pod.h"

int64_t fc_max_unavailable(const struct fc_update_strategy *update, int64_t replicas)
{
    int64_t count = update->max_unavailable.value;
    if (update->type == FC_RECREATE)
        count = replicas;
    else if (update->max_unavailable.is_percent)
        count = replicas * count / 100;
    return count > 0 ? count : 1;
}

static enum fc_action decide_session(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_pod *pod = in->observed->session;
    /* The config comes first: a Pod that starts on an old one keeps it. So does the claim: it may be refused. */
    bool may_come = in->is_config_observed && !in->lacks_session_claim;
    if (!pod)
        return may_come ? FC_CREATE : FC_WAIT;
    if (pod->is_terminating)
        return FC_KEEP;
    plan->is_session_stale = fc_pod_is_stale(pod, in->session_hash);
    if (plan->is_session_stale && !in->spec->executor.update.is_paused)
        return may_come ? FC_REPLACE : FC_KEEP;
    if (pod->is_ended && fc_pod_may_be_replaced(pod, in->now_s, &plan->resync_after_s))
        return FC_REPLACE;
    plan->is_session_serving = pod->is_ready;
    plan->is_session_current = pod->is_ready && !plan->is_session_stale;
    return FC_KEEP;
}

static void count_executor(const struct fc_plan_input *in, const struct fc_pod *pod,
                           struct fc_plan *plan)
{
    if (!pod)
        return;
    plan->ready += pod->is_ready;
    if (in->spec->executor.is_stateful || fc_pod_is_stale(pod, in->executor_hash))
        plan->stale++;
    else
        plan->updated++;
}

/* What must stand before executors come and go. A new executor manager could not register without a
 * session manager, so it waits for one, unless the user wants it at once; and a running one is worth
 * more than a new one. Old ones serve the cache until its own Pods do. While the roll-out is paused, the old session manager is the one to wait for:
 * what is missing still comes. */
static void decide_gates(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_update_strategy *update = &in->spec->executor.update;
    plan->may_create_executors =
        in->is_config_observed && (plan->is_session_serving || in->spec->is_parallel);
    plan->may_roll_executors = in->is_config_observed && plan->is_session_current &&
                               !update->is_paused && update->type != FC_ON_DELETE &&
                               !plan->cache.is_taking_over;
}

/* Where a StatefulSet is wanted, Pods come only while the switch has to wait, and never beside one that is there: its
 * Pods have the same names. */
static bool may_create_pods(const struct fc_plan_input *in, const struct fc_plan *plan)
{
    if (!plan->may_create_executors || in->observed->stateful)
        return false;
    return !in->spec->executor.is_stateful || (plan->is_switching && !fc_plan_may_switch(in, plan));
}

/* What no budget has a say in. */
static enum fc_action decide_executor(const struct fc_plan_input *in, const struct fc_pod *pod,
                                      struct fc_plan *plan)
{
    if (!pod)
        return may_create_pods(in, plan) ? FC_CREATE : FC_WAIT;
    if (pod->is_terminating)
        return FC_KEEP;
    if (in->spec->executor.is_stateful && fc_plan_may_switch(in, plan))
        return FC_REMOVE;
    if (plan->may_roll_executors && fc_pod_is_stale(pod, in->executor_hash) && !pod->is_ready)
        return FC_REPLACE;
    if (plan->may_create_executors && pod->is_ended &&
        fc_pod_may_be_replaced(pod, in->now_s, &plan->resync_after_s))
        return FC_REPLACE;
    return FC_KEEP;
}

/* Stale and Ready: from the highest index down, as long as the budget lasts. */
static void roll_executors(const struct fc_plan_input *in, const struct fc_pod **wanted,
                           struct fc_plan *plan)
{
    int64_t unavailable = plan->replicas - plan->ready;
    if (!plan->may_roll_executors || in->spec->executor.is_stateful)
        return;
    for (int64_t i = plan->replicas - 1; i >= 0 && unavailable < plan->max_unavailable; i--) {
        const struct fc_pod *pod = wanted[i];
        if (!pod || !pod->is_ready || !fc_pod_is_stale(pod, in->executor_hash))
            continue;
        plan->executors[i] = FC_REPLACE;
        unavailable++;
    }
}

/* Suspended: executors first, so that they end beside a session manager, as when the cluster is
 * deleted. */
static void plan_leaving(const struct fc_plan_input *in, const struct fc_pod **wanted,
                         struct fc_plan *plan)
{
    const struct fc_pod *session = in->observed->session;
    for (int64_t i = 0; i < plan->replicas; i++)
        plan->executors[i] = (uint8_t)fc_pod_leave(wanted[i]);
    const struct fc_observed *o = in->observed;
    bool has_others = fc_observed_pods(o) > (session ? 1 : 0);
    plan->session = session && has_others ? FC_KEEP : fc_pod_leave(session);
}

static void plan_running(const struct fc_plan_input *in, const struct fc_pod **wanted,
                         struct fc_plan *plan)
{
    decide_gates(in, plan);
    plan->stuck = plan->cache.stuck + fc_pod_is_stuck(in->observed->session, plan->session);
    for (int64_t i = 0; i < plan->replicas; i++) {
        enum fc_action action = decide_executor(in, wanted[i], plan);
        plan->executors[i] = (uint8_t)action;
        plan->stuck += plan->is_session_serving && fc_pod_is_stuck(wanted[i], action);
    }
    roll_executors(in, wanted, plan);
    if ((!in->is_config_observed || in->lacks_session_claim) && plan->resync_after_s == 0)
        plan->resync_after_s = FC_RETRY_AFTER_S;
}

int fc_plan_make(const struct fc_plan_input *in, struct hk_arena *arena, struct fc_plan *out,
                 struct hk_err *err)
{
    const struct fc_executor_manager *executor = &in->spec->executor;
    size_t count = (size_t)executor->replicas;
    const struct fc_pod **wanted = hk_arena_alloc(arena, (count + 1) * sizeof *wanted);
    *out = (struct fc_plan){
        .executors = hk_arena_alloc(arena, count + 1),
        .replicas = executor->replicas,
        .max_unavailable = fc_max_unavailable(&executor->update, executor->replicas),
        .current = (int64_t)in->observed->executors.count,
    };
    if (!wanted || !out->executors)
        return hk_err_memory(err);
    for (size_t i = 0; i < in->observed->executors.count; i++)
        if (in->observed->executors.items[i]->index < executor->replicas)
            wanted[in->observed->executors.items[i]->index] = in->observed->executors.items[i];
    for (size_t i = 0; i < count; i++)
        count_executor(in, wanted[i], out);
    fc_plan_count_stateful(in, out);
    out->is_switching =
        executor->is_stateful ? in->observed->executors.count > 0 : in->observed->stateful != NULL;
    if (!in->spec->is_suspended)
        out->session = decide_session(in, out);
    if (fc_plan_caches(in, arena, out, err) != 0)
        return -1;
    if (in->spec->is_suspended)
        plan_leaving(in, wanted, out);
    else
        plan_running(in, wanted, out);
    fc_plan_stateful(in, out);
    return 0;
}
