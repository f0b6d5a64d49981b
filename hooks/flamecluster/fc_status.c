#include "fc_status_view.h"

static struct hk_str join_problems(const struct hk_problems *problems, bool warnings,
                                   struct hk_arena *arena)
{
    struct hk_str text = {NULL, 0};
    size_t more = warnings ? 0 : problems->more, named = 0;
    for (size_t i = 0; i < problems->count; i++) {
        const struct hk_problem *p = &problems->items[i];
        if (p->is_warning != warnings)
            continue;
        if (named == 3) {
            more++;
            continue;
        }
        text = hk_arena_printf(arena, "%.*s%s%.*s: %.*s", HK_STR_ARG(text), named++ ? "; " : "",
                               HK_STR_ARG(p->path), HK_STR_ARG(p->text));
    }
    return more ? hk_arena_printf(arena, "%.*s; and %zu more", HK_STR_ARG(text), more) : text;
}

static void look_at_plan(struct fc_view *v)
{
    const struct fc_plan *plan = v->in->plan;
    const struct fc_update_strategy *update = &v->in->parent->spec.executor.update;
    bool is_old = plan->is_session_stale || plan->is_switching || plan->is_behind ||
                  plan->cache.stale > 0 || (plan->stale > 0 && update->type != FC_ON_DELETE);
    v->is_suspended = v->in->parent->spec.is_suspended;
    if (v->is_suspended)
        return;
    v->is_rolling = is_old && !update->is_paused;
    v->is_paused = is_old && update->is_paused;
    v->has_all = v->health.is_session_ready && v->health.ready == v->health.wanted &&
                 plan->current == v->health.wanted && plan->cache.ready == plan->cache.replicas &&
                 plan->cache.current == plan->cache.replicas &&
                 plan->cache.is_served_by_own == fc_spec_has_caches(&v->in->parent->spec);
    v->is_settled = v->has_all && !is_old;
}

/* Why there is no session manager: its configuration is not there yet, or the Pod is on its way. */
static struct hk_str no_session_words(const struct fc_status_input *in)
{
    const struct fc_names *names = &in->parent->names;
    if (in->config && !in->config->is_observed)
        return hk_arena_printf(in->arena, "Session Manager not ready: waiting for %s %.*s",
                               in->config->is_secret ? "Secret" : "ConfigMap",
                               HK_STR_ARG(names->config));
    return fc_health_session_words(in->parent, in->observed, in->arena);
}

static struct fc_view view_of(const struct fc_status_input *in)
{
    const struct fc_parent *parent = in->parent;
    const struct fc_references *references = &in->observed->references;
    struct fc_view v = {.in = in, .references = references};
    int64_t wanted =
        parent->is_valid ? parent->spec.executor.replicas : parent->status.executor_replicas;
    bool has_caches =
        parent->is_valid ? fc_spec_has_caches(&parent->spec) : parent->status.has_caches;
    int64_t caches = !has_caches        ? 0
                     : parent->is_valid ? parent->spec.cache.replicas
                                        : parent->status.cache_replicas;
    v.health = fc_health_of(in->observed, wanted, caches);
    v.health.is_parallel = parent->spec.is_parallel;
    v.health.has_caches = has_caches;
    if (in->plan)
        look_at_plan(&v);
    v.is_waiting = references->reason && parent->is_valid && !in->plan && !in->is_finalizing;
    v.problem_words = join_problems(&parent->problems, false, in->arena);
    v.warning_words = join_problems(&parent->problems, true, in->arena);
    struct hk_str suspended =
        v.is_suspended ? HK_STR("spec.suspend is true") : (struct hk_str){NULL, 0};
    if (!v.health.is_session_ready)
        v.session_words = suspended.len ? suspended
                          : in->observed->session
                              ? fc_health_session_words(parent, in->observed, in->arena)
                              : no_session_words(in);
    if (v.health.ready < wanted)
        v.executors_words = suspended.len
                                ? suspended
                                : fc_health_executors_words(in->observed, &v.health, in->arena);
    if (v.health.caches_ready < caches)
        v.caches_words =
            suspended.len ? suspended : fc_health_caches_words(in->observed, &v.health, in->arena);
    return v;
}

static struct hk_str state_of(const struct fc_view *v)
{
    const struct fc_health *h = &v->health;
    if (v->in->is_finalizing)
        return HK_STR("Terminating");
    if (!v->in->parent->is_valid)
        return v->in->parent->status.state.len ? v->in->parent->status.state : HK_STR("Pending");
    if (v->is_suspended)
        return HK_STR("Suspended");
    if (h->is_session_failed || (h->wanted > 0 && h->failed >= h->wanted))
        return HK_STR("Failed");
    if (h->is_session_ready && (h->ready > 0 || h->wanted == 0))
        return HK_STR("Running");
    return HK_STR("Pending");
}

static struct hk_str remaining_words(const struct fc_view *v)
{
    const struct fc_observed *o = v->in->observed;
    int64_t pods = fc_observed_pods(o);
    size_t objects = o->object_count;
    if (pods == 0 && objects == 0)
        return HK_STR("Deleted");
    return hk_arena_printf(v->in->arena, "Deleting: %lld Pod%s and %zu other object%s left",
                           (long long)pods, pods == 1 ? "" : "s", objects, objects == 1 ? "" : "s");
}

static struct hk_str suspended_words(const struct fc_view *v)
{
    int64_t pods = fc_observed_pods(v->in->observed);
    if (pods == 0)
        return HK_STR("Suspended");
    return hk_arena_printf(v->in->arena, "Suspending: %lld Pod%s left to delete", (long long)pods,
                           pods == 1 ? "" : "s");
}

/* ", 1/2 Object Caches updated" where some are not. */
static struct hk_str caches_updated(const struct fc_view *v)
{
    const struct fc_cache_plan *cache = &v->in->plan->cache;
    if (cache->stale == 0)
        return HK_STR("");
    return hk_arena_printf(v->in->arena, ", %lld/%lld Object Caches updated",
                           (long long)cache->updated, (long long)cache->replicas);
}

static struct hk_str paused_words(const struct fc_view *v)
{
    const struct fc_plan *plan = v->in->plan;
    return hk_arena_printf(
        v->in->arena, "Roll-out paused: %s%lld/%lld Executor Managers updated%.*s",
        plan->is_session_stale ? "Session Manager not updated, " : "", (long long)plan->updated,
        (long long)plan->replicas, HK_STR_ARG(caches_updated(v)));
}

static struct hk_str leaving_words(const struct fc_view *v)
{
    const struct fc_plan *plan = v->in->plan;
    int64_t executors = plan->current - plan->replicas;
    int64_t caches = plan->cache.current - plan->cache.replicas;
    bool has_switched = plan->cache.is_served_by_own == fc_spec_has_caches(&v->in->parent->spec);
    if (executors > 0)
        return hk_arena_printf(v->in->arena, "Scaling down: %lld Executor Manager%s left to delete",
                               (long long)executors, executors == 1 ? "" : "s");
    if (!has_switched)
        return plan->cache.is_served_by_own
                   ? HK_STR("Switching the Object Cache: its own Pods serve until the Executor "
                            "Managers do")
                   : HK_STR("Switching the Object Cache: the Executor Managers serve until its "
                            "own Pods do");
    if (caches > 0)
        return hk_arena_printf(v->in->arena, "Scaling down: %lld Object Cache%s left to delete",
                               (long long)caches, caches == 1 ? "" : "s");
    return (struct hk_str){NULL, 0};
}

/* What goes on while all that is wanted is Ready. */
static struct hk_str progress_words(const struct fc_view *v)
{
    const struct fc_plan *plan = v->in->plan;
    struct hk_str leaving = leaving_words(v);
    if (v->is_rolling)
        return hk_arena_printf(
            v->in->arena, "Rolling out: %s%lld/%lld Executor Managers updated%.*s",
            plan->is_session_stale ? "Session Manager first, " : "", (long long)plan->updated,
            (long long)plan->replicas, HK_STR_ARG(caches_updated(v)));
    if (leaving.len)
        return leaving;
    if (plan->stale > 0 && !v->is_paused)
        return hk_arena_printf(v->in->arena,
                               "All components healthy; OnDelete: %lld/%lld Executor Managers "
                               "updated, the others wait to be deleted",
                               (long long)plan->updated, (long long)plan->replicas);
    return HK_STR("All components healthy");
}

/* Either may be absent. */
static struct hk_str join(struct hk_str a, struct hk_str b, struct hk_arena *arena)
{
    if (a.len == 0 || b.len == 0)
        return a.len ? a : b;
    return hk_arena_printf(arena, "%.*s; %.*s", HK_STR_ARG(a), HK_STR_ARG(b));
}

static struct hk_str message_of(const struct fc_view *v)
{
    struct hk_arena *arena = v->in->arena;
    if (v->in->is_finalizing)
        return remaining_words(v);
    if (!v->in->parent->is_valid)
        return hk_arena_printf(arena, "Invalid: %.*s", HK_STR_ARG(v->problem_words));
    if (v->is_suspended)
        return suspended_words(v);
    if (v->is_waiting)
        return hk_arena_printf(arena, "Waiting: %.*s", HK_STR_ARG(v->references->message));
    struct hk_str trouble = join(v->session_words, v->executors_words, arena);
    trouble = join(trouble, v->caches_words, arena);
    struct hk_str words = v->is_paused  ? join(trouble, paused_words(v), arena)
                          : trouble.len ? trouble
                                        : progress_words(v);
    return join(words, v->in->claims_words, arena);
}

static void write_executors(const struct fc_view *v, struct hk_jw *w)
{
    const struct fc_plan *plan = v->in->plan;
    hk_jw_member_object(w, "executorManager");
    const struct fc_observed *observed = v->in->observed;
    int64_t current = (int64_t)observed->executors.count;
    if (observed->stateful)
        current += observed->stateful->pods;
    hk_jw_member_int(w, "current", current);
    hk_jw_member_int(w, "ready", v->health.ready);
    hk_jw_member_int(w, "replicas", v->health.wanted);
    hk_jw_member_str(w, "selector", v->in->parent->names.executor_selector);
    hk_jw_member_int(w, "updated", plan ? plan->updated : v->in->parent->status.executor_updated);
    hk_jw_object_end(w);
}

/* A spec that cannot be followed changes no scheme. */
static struct hk_str endpoint(const struct fc_view *v, struct hk_str wanted, struct hk_str old)
{
    bool is_kept = !v->in->plan && !v->in->is_finalizing;
    return is_kept && old.len ? old : wanted;
}

static void write_session(const struct fc_view *v, struct hk_jw *w)
{
    hk_jw_member_object(w, "sessionManager");
    hk_jw_member_str(
        w, "endpoint",
        endpoint(v, v->in->parent->names.session_endpoint, v->in->parent->status.session_endpoint));
    hk_jw_member_int(w, "ready", v->health.is_session_ready);
    hk_jw_object_end(w);
}

static void write_caches(const struct fc_view *v, struct hk_jw *w)
{
    hk_jw_member_object(w, "objectCache");
    hk_jw_member_str(
        w, "endpoint",
        endpoint(v, v->in->parent->names.cache_endpoint, v->in->parent->status.cache_endpoint));
    if (v->health.has_caches) {
        hk_jw_member_int(w, "ready", v->health.caches_ready);
        hk_jw_member_int(w, "replicas", v->health.caches_wanted);
    }
    hk_jw_object_end(w);
}

static void write_config(const struct fc_view *v, struct hk_jw *w)
{
    const struct fc_config *config = v->in->config;
    const struct fc_old_status *old = &v->in->parent->status;
    hk_jw_member_int(w, "configGeneration", config ? config->generation : old->config_generation);
    hk_jw_member_str(w, "configHash", config ? hk_str_of(config->hash) : old->config_hash);
}

/* Where the problems are: what is written there may be nothing for a log. */
static struct hk_str problem_paths(const struct fc_view *v)
{
    const struct hk_problems *problems = &v->in->parent->problems;
    struct hk_str text = {NULL, 0};
    size_t named = 0, more = problems->more;
    for (size_t i = 0; i < problems->count; i++) {
        if (problems->items[i].is_warning)
            continue;
        if (named == 3)
            more++;
        else
            text = hk_arena_printf(v->in->arena, "%.*s%s%.*s", HK_STR_ARG(text),
                                   named++ ? ", " : "", HK_STR_ARG(problems->items[i].path));
    }
    return more ? hk_arena_printf(v->in->arena, "%.*s and %zu more", HK_STR_ARG(text), more) : text;
}

static void tell(const struct fc_view *v, struct hk_report *report)
{
    const struct fc_parent *parent = v->in->parent;
    const struct hk_cond *before = hk_cond_find(&parent->status.conditions, HK_STR("SpecValid"));
    bool was_invalid = before && before->status == HK_COND_FALSE;
    report->state_before = parent->status.state;
    report->state = state_of(v);
    report->is_recovered = was_invalid && parent->is_valid;
    /* Whoever deletes a cluster need not mend it first. */
    if (parent->is_valid || v->in->is_finalizing)
        return;
    report->problems = problem_paths(v);
    report->is_problem_new = !was_invalid || !hk_str_eq(before->message, v->problem_words);
}

void fc_status_write(const struct fc_status_input *in, struct hk_jw *w)
{
    struct fc_view v = view_of(in);
    struct hk_str message = message_of(&v);
    struct hk_cond_list conditions = {.count = 0};
    fc_view_conditions(&v, message, &conditions);
    hk_jw_object(w);
    hk_jw_key(w, HK_STR("conditions"));
    hk_cond_write(&conditions, w);
    write_config(&v, w);
    write_executors(&v, w);
    hk_jw_member_str(w, "message", message);
    write_caches(&v, w);
    write_session(&v, w);
    hk_jw_member_str(w, "state", state_of(&v));
    hk_jw_object_end(w);
    if (in->report)
        tell(&v, in->report);
}
