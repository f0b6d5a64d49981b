/* The conditions of the status. Every type and reason stands in docs/reference/flamecluster.md. */
#include "fc_status_view.h"

static void set(struct hk_cond_list *list, const struct fc_view *v, struct hk_cond next)
{
    next.observed_generation = v->in->parent->generation;
    hk_cond_set(list, &v->in->parent->status.conditions, next, v->in->now_s);
}

static struct hk_cond condition(const char *type, bool is_true, const char *reason,
                                struct hk_str message)
{
    return (struct hk_cond){.type = hk_str_of(type),
                            .status = is_true ? HK_COND_TRUE : HK_COND_FALSE,
                            .reason = hk_str_of(reason),
                            .message = message};
}

/* Between the executor managers and Pods of its own. */
static bool is_switching(const struct fc_view *v)
{
    const struct fc_plan *plan = v->in->plan;
    return plan && plan->cache.is_served_by_own != fc_spec_has_caches(&v->in->parent->spec);
}

static const char *why_not_ready(const struct fc_view *v)
{
    if (v->in->is_finalizing)
        return "Terminating";
    if (!v->in->parent->is_valid)
        return "InvalidSpec";
    if (v->is_suspended)
        return "Suspended";
    if (v->is_waiting)
        return v->references->reason;
    if (!v->health.is_session_ready)
        return "SessionManagerNotReady";
    if (v->health.ready < v->health.wanted)
        return "ExecutorsNotReady";
    if (v->health.caches_ready < v->health.caches_wanted)
        return "ObjectCacheNotReady";
    if (v->is_paused)
        return "Paused";
    return v->is_rolling ? "RollingOut" : is_switching(v) ? "SwitchingObjectCache" : "ScalingDown";
}

static const char *what_goes_on(const struct fc_view *v)
{
    if (v->in->is_finalizing)
        return "Terminating";
    if (v->is_suspended)
        return "Suspending";
    if (v->is_waiting)
        return "WaitingForSecret";
    return v->is_rolling ? "RollingOut" : "Progressing";
}

/* Why nothing goes on although the cluster is not all that the spec asks for: the user wants it so.
 * NULL: something goes on, or there is nothing left to do. */
static const char *why_at_rest(const struct fc_view *v)
{
    if (v->is_suspended && fc_observed_pods(v->in->observed) == 0)
        return "Suspended";
    return v->is_paused && v->has_all ? "Paused" : NULL;
}

/* kubectl wait, Helm, Flux and Argo CD read these three (kstatus): Ready means that the cluster is
 * all that the spec asks for, and Reconciling and Stalled are never true at once. */
static void set_summary(struct hk_cond_list *list, const struct fc_view *v, struct hk_str message)
{
    bool is_invalid = !v->in->parent->is_valid && !v->in->is_finalizing;
    bool is_stalled = is_invalid || (v->in->plan && v->in->plan->stuck > 0);
    const char *at_rest = why_at_rest(v);
    bool is_reconciling = !is_stalled && !v->is_settled && !at_rest;
    set(list, v,
        condition("Ready", v->is_settled, v->is_settled ? "AllComponentsReady" : why_not_ready(v),
                  message));
    set(list, v,
        condition("Reconciling", is_reconciling,
                  is_reconciling ? what_goes_on(v)
                  : is_stalled   ? "Stalled"
                  : at_rest      ? at_rest
                                 : "Settled",
                  is_reconciling || at_rest ? message : HK_STR("")));
    set(list, v,
        condition("Stalled", is_stalled,
                  is_invalid   ? "InvalidSpec"
                  : is_stalled ? "PodsFailing"
                               : "NotStalled",
                  is_stalled ? message : HK_STR("")));
}

static void set_components(struct hk_cond_list *list, const struct fc_view *v)
{
    const struct fc_health *h = &v->health;
    bool all = h->ready == h->wanted;
    set(list, v,
        condition("SessionManagerReady", h->is_session_ready,
                  h->is_session_ready    ? "PodReady"
                  : v->is_suspended      ? "Suspended"
                  : h->is_session_failed ? "PodFailed"
                                         : "PodNotReady",
                  v->session_words));
    set(list, v,
        condition("ExecutorsReady", all,
                  !all && v->is_suspended ? "Suspended"
                  : !all                  ? "PodsNotReady"
                  : h->wanted == 0        ? "NoneWanted"
                                          : "PodsReady",
                  v->executors_words));
}

/* Only where the cache has Pods of its own. */
static void set_cache(struct hk_cond_list *list, const struct fc_view *v)
{
    const struct fc_health *h = &v->health;
    bool all = h->caches_ready == h->caches_wanted;
    if (!h->has_caches)
        return;
    set(list, v,
        condition("ObjectCacheReady", all,
                  !all && v->is_suspended ? "Suspended"
                  : !all                  ? "PodsNotReady"
                  : h->caches_wanted == 0 ? "NoneWanted"
                                          : "PodsReady",
                  v->caches_words));
}

/* The one reason of all warnings. */
static const char *warning_reason(const struct fc_view *v)
{
    const struct hk_problems *problems = &v->in->parent->problems;
    const char *reason = "NoWarnings";
    size_t seen = 0;
    for (size_t i = 0; i < problems->count; i++) {
        const struct hk_problem *p = &problems->items[i];
        if (!p->is_warning)
            continue;
        if (seen++ && strcmp(reason, p->reason) != 0)
            return "SeveralWarnings";
        reason = p->reason;
    }
    return reason;
}

static void set_spec(struct hk_cond_list *list, const struct fc_view *v)
{
    bool is_valid = v->in->parent->is_valid, has_warning = v->warning_words.len > 0;
    set(list, v,
        condition("SpecValid", is_valid, is_valid ? "Valid" : "Invalid", v->problem_words));
    set(list, v, condition("SpecWarning", has_warning, warning_reason(v), v->warning_words));
}

/* Its reasons, when False, are "SecretNotFound", "SecretKeyNotFound" and "SecretInvalid". */
static void set_references(struct hk_cond_list *list, const struct fc_view *v)
{
    const struct fc_references *references = v->references;
    if (references->has_any)
        set(list, v,
            condition("ReferencesResolved", !references->reason,
                      references->reason ? references->reason : "Resolved", references->message));
}

void fc_view_conditions(const struct fc_view *view, struct hk_str message,
                        struct hk_cond_list *list)
{
    set_summary(list, view, message);
    set_components(list, view);
    set_cache(list, view);
    set_spec(list, view);
    set_references(list, view);
}
