#include "fc_plan.h"

int64_t fc_max_unavailable(const struct fc_update_strategy *update, int64_t replicas)
{
    int64_t count = update->max_unavailable.value;
    if (update->type == FC_RECREATE)
        count = replicas;
    else if (update->max_unavailable.is_percent)
        count = replicas * count / 100;
    return count > 0 ? count : 1;
}

static bool is_stale(const struct fc_pod *pod, const char *hash)
{
    return strcmp(pod->hash, hash) != 0;
}

/* May a Pod that ended be replaced now? If not yet, the hook asks to be called again in time. */
static bool may_replace_ended(const struct fc_pod *pod, int64_t now_s, struct fc_plan *plan)
{
    int64_t left = pod->ended_s + FC_REPLACE_AFTER_S - now_s;
    /* A clock that runs behind the node's must not stretch the wait beyond the rule. */
    if (left > FC_REPLACE_AFTER_S)
        left = FC_REPLACE_AFTER_S;
    if (left <= 0)
        return true;
    if (plan->resync_after_s == 0 || left < plan->resync_after_s)
        plan->resync_after_s = left;
    return false;
}

static enum fc_action decide_session(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_pod *pod = in->observed->session;
    /* The config comes first: a Pod that starts on an old one keeps it. */
    if (!pod)
        return in->is_config_observed ? FC_CREATE : FC_WAIT;
    if (pod->is_terminating)
        return FC_KEEP;
    plan->is_session_stale = is_stale(pod, in->session_hash);
    if (plan->is_session_stale && !in->spec->executor.update.is_paused)
        return in->is_config_observed ? FC_REPLACE : FC_KEEP;
    if (pod->is_ended && may_replace_ended(pod, in->now_s, plan))
        return FC_REPLACE;
    plan->is_session_serving = pod->is_ready;
    plan->is_session_current = pod->is_ready && !plan->is_session_stale;
    return FC_KEEP;
}

static void count_executor(const struct fc_pod *pod, const char *hash, struct fc_plan *plan)
{
    if (!pod)
        return;
    plan->ready += pod->is_ready;
    if (is_stale(pod, hash))
        plan->stale++;
    else
        plan->updated++;
}

/* An ended Pod is replaced in its time, a stale one when its turn comes; these wait for somebody.
 * An executor manager exits until it finds a session manager, so only beside one does it count. */
static bool is_stuck(const struct fc_pod *pod, enum fc_action action)
{
    return pod && action == FC_KEEP && pod->is_failed && !pod->is_ended && !pod->is_terminating;
}

/* What must stand before executors come and go. A new executor manager could not register without a
 * session manager, so it waits for one, unless the user wants it at once; and a running one is worth
 * more than a new one. While the roll-out is paused, the old session manager is the one to wait for:
 * what is missing still comes. */
static void decide_gates(const struct fc_plan_input *in, struct fc_plan *plan)
{
    const struct fc_update_strategy *update = &in->spec->executor.update;
    plan->may_create_executors =
        in->is_config_observed && (plan->is_session_serving || in->spec->is_parallel);
    plan->may_roll_executors = in->is_config_observed && plan->is_session_current &&
                               !update->is_paused && update->type != FC_ON_DELETE;
}

/* What no budget has a say in. */
static enum fc_action decide_executor(const struct fc_plan_input *in, const struct fc_pod *pod,
                                      struct fc_plan *plan)
{
    if (!pod)
        return plan->may_create_executors ? FC_CREATE : FC_WAIT;
    if (pod->is_terminating)
        return FC_KEEP;
    if (plan->may_roll_executors && is_stale(pod, in->executor_hash) && !pod->is_ready)
        return FC_REPLACE;
    if (plan->may_create_executors && pod->is_ended && may_replace_ended(pod, in->now_s, plan))
        return FC_REPLACE;
    return FC_KEEP;
}

/* Stale and Ready: from the highest index down, as long as the budget lasts. */
static void roll_executors(const struct fc_plan_input *in, const struct fc_pod **wanted,
                           struct fc_plan *plan)
{
    int64_t unavailable = plan->replicas - plan->ready;
    if (!plan->may_roll_executors)
        return;
    for (int64_t i = plan->replicas - 1; i >= 0 && unavailable < plan->max_unavailable; i--) {
        const struct fc_pod *pod = wanted[i];
        if (!pod || !pod->is_ready || !is_stale(pod, in->executor_hash))
            continue;
        plan->executors[i] = FC_REPLACE;
        unavailable++;
    }
}

static enum fc_action leave(const struct fc_pod *pod)
{
    if (!pod)
        return FC_WAIT;
    return pod->is_terminating ? FC_KEEP : FC_REMOVE;
}

/* Suspended: executors first, so that they end beside a session manager, as when the cluster is
 * deleted. */
static void plan_leaving(const struct fc_plan_input *in, const struct fc_pod **wanted,
                         struct fc_plan *plan)
{
    const struct fc_pod *session = in->observed->session;
    for (int64_t i = 0; i < plan->replicas; i++)
        plan->executors[i] = (uint8_t)leave(wanted[i]);
    const struct fc_observed *o = in->observed;
    size_t others = o->executors.count + o->caches.count + o->strangers.count;
    plan->session = session && others > 0 ? FC_KEEP : leave(session);
}

static void plan_running(const struct fc_plan_input *in, const struct fc_pod **wanted,
                         struct fc_plan *plan)
{
    plan->session = decide_session(in, plan);
    decide_gates(in, plan);
    plan->stuck = is_stuck(in->observed->session, plan->session);
    for (int64_t i = 0; i < plan->replicas; i++) {
        enum fc_action action = decide_executor(in, wanted[i], plan);
        plan->executors[i] = (uint8_t)action;
        plan->stuck += plan->is_session_serving && is_stuck(wanted[i], action);
    }
    roll_executors(in, wanted, plan);
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
        count_executor(wanted[i], in->executor_hash, out);
    if (in->spec->is_suspended)
        plan_leaving(in, wanted, out);
    else
        plan_running(in, wanted, out);
    return 0;
}
