#include "fc_plan.h"

int64_t fc_max_unavailable(int64_t replicas)
{
    return replicas / 4 > 0 ? replicas / 4 : 1;
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
    if (plan->is_session_stale)
        return in->is_config_observed ? FC_REPLACE : FC_KEEP;
    if (pod->is_ended && may_replace_ended(pod, in->now_s, plan))
        return FC_REPLACE;
    plan->is_session_current = pod->is_ready;
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

/* What no budget has a say in. Without a session manager of the wanted template, nothing is created
 * and nothing replaced: a new executor manager could not register, and a running one is worth more.
 */
static enum fc_action decide_executor(const struct fc_plan_input *in, const struct fc_pod *pod,
                                      struct fc_plan *plan)
{
    if (!pod)
        return plan->may_change_executors ? FC_CREATE : FC_WAIT;
    if (pod->is_terminating || !plan->may_change_executors)
        return FC_KEEP;
    if (is_stale(pod, in->executor_hash) && !pod->is_ready)
        return FC_REPLACE;
    if (pod->is_ended && may_replace_ended(pod, in->now_s, plan))
        return FC_REPLACE;
    return FC_KEEP;
}

/* Stale and Ready: from the highest index down, as long as the budget lasts. */
static void roll_executors(const struct fc_plan_input *in, const struct fc_pod **wanted,
                           struct fc_plan *plan)
{
    int64_t unavailable = plan->replicas - plan->ready;
    if (!plan->may_change_executors)
        return;
    for (int64_t i = plan->replicas - 1; i >= 0 && unavailable < plan->max_unavailable; i--) {
        const struct fc_pod *pod = wanted[i];
        if (!pod || !pod->is_ready || !is_stale(pod, in->executor_hash))
            continue;
        plan->executors[i] = FC_REPLACE;
        unavailable++;
    }
}

int fc_plan_make(const struct fc_plan_input *in, struct hk_arena *arena, struct fc_plan *out,
                 struct hk_err *err)
{
    size_t count = (size_t)in->replicas;
    const struct fc_pod **wanted = hk_arena_alloc(arena, (count + 1) * sizeof *wanted);
    *out = (struct fc_plan){
        .executors = hk_arena_alloc(arena, count + 1),
        .replicas = in->replicas,
        .max_unavailable = fc_max_unavailable(in->replicas),
        .current = (int64_t)in->observed->executor_count,
    };
    if (!wanted || !out->executors)
        return hk_err_memory(err);
    for (size_t i = 0; i < in->observed->executor_count; i++)
        if (in->observed->executors[i]->index < in->replicas)
            wanted[in->observed->executors[i]->index] = in->observed->executors[i];
    out->session = decide_session(in, out);
    out->may_change_executors = out->is_session_current && in->is_config_observed;
    out->stuck = is_stuck(in->observed->session, out->session);
    for (size_t i = 0; i < count; i++) {
        count_executor(wanted[i], in->executor_hash, out);
        enum fc_action action = decide_executor(in, wanted[i], out);
        out->executors[i] = (uint8_t)action;
        out->stuck += out->is_session_current && is_stuck(wanted[i], action);
    }
    roll_executors(in, wanted, out);
    return 0;
}
