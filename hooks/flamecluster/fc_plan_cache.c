/* The object cache's own Pods, and the switch between them and the executor managers, which serve the cache where it has
 * none: whoever serves leaves last, so that the Service always has somebody behind it. */
#include "fc_plan_pod.h"

#include "fc_services.h"

struct planner {
    const struct fc_plan_input *in;
    struct fc_plan *plan;
    const struct fc_pod **wanted; /* of index 0..replicas-1; NULL where there is none */
    bool may_roll;
};

static bool is_selected(const struct fc_plan_input *in, const struct fc_service *service)
{
    return in->cache_app && strcmp(in->cache_app, service->selected_app) == 0;
}

/* Executor managers take the cache back once they are what the spec asks for, its folder included, and one is Ready;
 * where old ones are kept on purpose, as they are. */
static bool may_executors_serve(const struct fc_plan_input *in, const struct fc_plan *plan)
{
    const struct fc_update_strategy *update = &in->spec->executor.update;
    bool may_be_old = update->is_paused || update->type == FC_ON_DELETE;
    return plan->replicas == 0 || (plan->ready > 0 && (plan->stale == 0 || may_be_old));
}

static size_t count_ready(const struct fc_pod_set *set)
{
    size_t ready = 0;
    for (size_t i = 0; i < set->count; i++)
        ready += set->items[i]->is_ready;
    return ready;
}

/* Whom the Service is to select. It goes over only when those who serve now are not missed. */
static void decide_service(const struct fc_plan_input *in, struct fc_plan *plan)
{
    struct fc_cache_plan *cache = &plan->cache;
    bool wants_own = in->cache_hash != NULL;
    bool may_switch = in->spec->is_suspended;
    cache->is_served_by_own = wants_own;
    cache->is_taking_over = wants_own && is_selected(in, &fc_cache_service);
    if (cache->is_taking_over)
        may_switch = may_switch || cache->ready > 0 || cache->replicas == 0 || plan->ready == 0;
    else if (!wants_own && is_selected(in, &fc_own_cache_service))
        may_switch =
            may_switch || count_ready(&in->observed->caches) == 0 || may_executors_serve(in, plan);
    else
        may_switch = true;
    if (!may_switch)
        cache->is_served_by_own = !wants_own;
}

static enum fc_action decide(const struct planner *p, int64_t index)
{
    const struct fc_pod *pod = p->wanted[index];
    const struct fc_plan_input *in = p->in;
    bool may_come = in->is_config_observed && (!in->cache_claims || in->cache_claims[index]);
    if (!may_come && p->plan->resync_after_s == 0)
        p->plan->resync_after_s = FC_RETRY_AFTER_S;
    if (!pod)
        return may_come ? FC_CREATE : FC_WAIT;
    if (pod->is_terminating)
        return FC_KEEP;
    if (p->may_roll && may_come && fc_pod_is_stale(pod, in->cache_hash) && !pod->is_ready)
        return FC_REPLACE;
    if (may_come && pod->is_ended &&
        fc_pod_may_be_replaced(pod, in->now_s, &p->plan->resync_after_s))
        return FC_REPLACE;
    return FC_KEEP;
}

/* Stale and Ready: one, of the highest index, while all others are Ready. */
static void roll(const struct planner *p)
{
    const struct fc_plan_input *in = p->in;
    struct fc_cache_plan *cache = &p->plan->cache;
    if (!p->may_roll || cache->ready < cache->replicas)
        return;
    for (int64_t i = cache->replicas - 1; i >= 0; i--) {
        if (!fc_pod_is_stale(p->wanted[i], in->cache_hash) ||
            (in->cache_claims && !in->cache_claims[i]))
            continue;
        cache->actions[i] = FC_REPLACE;
        return;
    }
}

static void count(const struct planner *p)
{
    struct fc_cache_plan *cache = &p->plan->cache;
    for (int64_t i = 0; i < cache->replicas; i++) {
        const struct fc_pod *pod = p->wanted[i];
        if (!pod)
            continue;
        cache->ready += pod->is_ready;
        if (fc_pod_is_stale(pod, p->in->cache_hash))
            cache->stale++;
        else
            cache->updated++;
    }
}

static void plan_running(const struct planner *p)
{
    struct fc_cache_plan *cache = &p->plan->cache;
    for (int64_t i = 0; i < cache->replicas; i++)
        cache->actions[i] = (uint8_t)decide(p, i);
    roll(p);
    for (int64_t i = 0; i < cache->replicas; i++)
        cache->stuck += fc_pod_is_stuck(p->wanted[i], (enum fc_action)cache->actions[i]);
    cache->is_kept = !p->in->cache_hash && is_selected(p->in, &fc_own_cache_service);
}

/* Suspended: after the executors, which use it. */
static void plan_leaving(const struct planner *p)
{
    struct fc_cache_plan *cache = &p->plan->cache;
    cache->is_kept = fc_observed_executors(p->in->observed) > 0;
    for (int64_t i = 0; i < cache->replicas; i++)
        cache->actions[i] =
            p->wanted[i] && cache->is_kept ? (uint8_t)FC_KEEP : (uint8_t)fc_pod_leave(p->wanted[i]);
}

int fc_plan_caches(const struct fc_plan_input *in, struct hk_arena *arena, struct fc_plan *plan,
                   struct hk_err *err)
{
    const struct fc_pod_set *pods = &in->observed->caches;
    const struct fc_update_strategy *update = &in->spec->executor.update;
    int64_t replicas = in->cache_hash ? in->spec->cache.replicas : 0;
    struct planner p = {
        .in = in,
        .plan = plan,
        .wanted = hk_arena_alloc(arena, ((size_t)replicas + 1) * sizeof *p.wanted),
        .may_roll = in->is_config_observed && plan->is_session_current && !update->is_paused,
    };
    plan->cache = (struct fc_cache_plan){
        .actions = hk_arena_alloc(arena, (size_t)replicas + 1),
        .replicas = replicas,
        .current = (int64_t)pods->count,
    };
    if (!p.wanted || !plan->cache.actions)
        return hk_err_memory(err);
    for (size_t i = 0; i < pods->count; i++)
        if (pods->items[i]->index < replicas)
            p.wanted[pods->items[i]->index] = pods->items[i];
    count(&p);
    decide_service(in, plan);
    if (in->spec->is_suspended)
        plan_leaving(&p);
    else
        plan_running(&p);
    return 0;
}
