#include "fc_answer.h"

#include "fc_decisions.h"
#include "fc_drift.h"

/* An answer being made: what its parts are rendered with. */
struct answer {
    struct fc_request *request;
    struct fc_render render;
    struct fc_config config;
    struct fc_claims claims;
    struct fc_pod_template session, executor, cache;
    struct fc_plan_input in;
    struct fc_plan plan;
    const struct fc_object *left_out[5]; /* beyond repair; ends with NULL */
    bool is_old_config_kept;
    struct hk_jw w;
};

/* ---- the children that are no Pods ---- */

static bool is_old(const struct answer *a, const struct fc_pod *pod)
{
    bool is_cache = *a->cache.hash && strcmp(pod->hash, a->cache.hash) == 0;
    return !is_cache && strcmp(pod->hash, a->session.hash) != 0 &&
           strcmp(pod->hash, a->executor.hash) != 0;
}

static bool has_old_pods(const struct answer *a)
{
    for (const struct fc_pod_block *block = a->request->observed.pods; block; block = block->older)
        for (size_t i = 0; i < block->count; i++)
            if (is_old(a, &block->items[i]))
                return true;
    return fc_stateful_may_have_old_pods(a->request->observed.stateful, a->executor.hash);
}

/* The config in the form that it does not have, or not any more: Pods of an old template mount it, and may be
 * started again. */
static int write_old_config(struct answer *a, const struct fc_object *old, struct hk_err *err)
{
    a->is_old_config_kept = old && (a->config.is_unknown || has_old_pods(a));
    return a->is_old_config_kept ? fc_render_kept_object(old, &a->w, err) : 0;
}

/* Once, where merging cannot repair it: it is to come back new. Offline nothing is observed. */
static void leave_out(struct answer *a, const struct fc_object *object)
{
    size_t i = 0;
    while (a->left_out[i])
        i++;
    a->left_out[i] = object;
}

static int write_config(struct answer *a, struct hk_err *err)
{
    const struct fc_observed *observed = &a->request->observed;
    bool is_secret = a->config.is_secret;
    const struct fc_object *ours = is_secret ? observed->config_secret : observed->config;
    if (a->config.is_unknown) {
        if (ours && fc_render_kept_object(ours, &a->w, err) != 0)
            return -1;
    } else if (fc_config_is_beyond_repair(ours, hk_buf_str(&a->config.text), a->request->arena)) {
        leave_out(a, ours);
    } else {
        fc_render_config(&a->render, &a->w);
    }
    return write_old_config(a, is_secret ? observed->config : observed->config_secret, err);
}

static void write_service(struct answer *a, const struct fc_service_wish *wish)
{
    if (fc_service_is_beyond_repair(wish->observed, wish->service, a->request->arena))
        leave_out(a, wish->observed);
    else
        fc_render_service(&a->render, wish, &a->w);
}

static void write_services(struct answer *a)
{
    const struct fc_observed *observed = &a->request->observed;
    const struct fc_spec *spec = &a->request->parent.spec;
    const struct fc_names *names = &a->request->parent.names;
    write_service(a, &(struct fc_service_wish){&fc_session_service, &spec->session.service,
                                               names->session_manager, observed->session_service});
    write_service(a, &(struct fc_service_wish){
                         a->plan.cache.is_served_by_own ? &fc_own_cache_service : &fc_cache_service,
                         &spec->cache.service, names->object_cache, observed->cache_service});
}

static void write_network_policy(struct answer *a)
{
    const struct fc_observed *observed = &a->request->observed;
    const struct fc_parent *parent = &a->request->parent;
    const struct fc_object *policy =
        fc_observed_find(observed, "NetworkPolicy.networking.k8s.io/v1", parent->name);
    if (!parent->spec.network.is_enabled)
        return;
    if (fc_policy_is_beyond_repair(policy, a->request->arena))
        leave_out(a, policy);
    else
        fc_render_network_policy(&a->render, &a->w);
}

static int write_objects(struct answer *a, struct hk_err *err)
{
    if (write_config(a, err) != 0)
        return -1;
    write_services(a);
    write_network_policy(a);
    if (a->request->parent.spec.executor.disruption.is_set)
        fc_render_disruption_budget(&a->render, &a->w);
    return 0;
}

/* Also those that the spec does not ask for any more: nobody's data goes with an edit. */
static int write_claims(struct answer *a, struct hk_err *err)
{
    for (size_t i = 0; i < a->claims.count; i++)
        fc_render_claim(&a->render, &a->claims.items[i], &a->w);
    for (size_t i = 0; i < a->claims.unused_count; i++)
        if (fc_render_kept_object(a->claims.unused[i], &a->w, err) != 0)
            return -1;
    return 0;
}

/* is_ending: what makes Pods is to make none. */
static int write_kept_objects(const struct fc_observed *observed, bool is_ending, struct hk_jw *w,
                              struct hk_err *err)
{
    for (size_t i = 0; i < observed->object_count; i++) {
        const struct fc_object *object = &observed->objects[i];
        bool is_emptied = is_ending && hk_str_is(object->kind, FC_STATEFUL_SET);
        if ((is_emptied ? fc_render_emptied_object : fc_render_kept_object)(object, w, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- Pods ---- */

/* Pods that nobody wants are left out, all but those that are being deleted anyway. Of a set with indices, those
 * from index `from` on. */
static void write_leaving(const struct fc_pod_set *set, int64_t from, struct hk_jw *w)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i]->index >= from && set->items[i]->is_terminating)
            fc_render_kept_pod(set->items[i], w);
}

static void write_kept_pods(const struct fc_pod_set *set, struct hk_jw *w)
{
    for (size_t i = 0; i < set->count; i++)
        fc_render_kept_pod(set->items[i], w);
}

static void write_caches(struct answer *a)
{
    const struct fc_cache_plan *plan = &a->plan.cache;
    const struct fc_pod_set *set = &a->request->observed.caches;
    for (int64_t i = 0; i < plan->replicas; i++)
        if (fc_action_is_answered(plan->actions[i]))
            fc_render_pod(&a->cache, i, &a->w);
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i]->index >= plan->replicas &&
            (plan->is_kept || set->items[i]->is_terminating))
            fc_render_kept_pod(set->items[i], &a->w);
}

static void write_pods(struct answer *a)
{
    const struct fc_observed *observed = &a->request->observed;
    if (fc_action_is_answered(a->plan.session))
        fc_render_pod(&a->session, 0, &a->w);
    write_caches(a);
    if (fc_action_is_answered(a->plan.stateful.action))
        fc_render_stateful_set(&a->render, &a->executor, &a->plan.stateful, &a->w);
    for (int64_t i = 0; i < a->plan.replicas; i++)
        if (fc_action_is_answered(a->plan.executors[i]))
            fc_render_pod(&a->executor, i, &a->w);
    write_leaving(&observed->executors, a->plan.replicas, &a->w);
    write_leaving(&observed->strangers, -1, &a->w);
}

/* ---- answers ---- */

static void open_children(struct answer *a)
{
    hk_jw_member_array(&a->w, "children");
}

static void close_children(struct answer *a)
{
    hk_jw_array_end(&a->w);
    if (a->request->report)
        a->request->report->desired = a->w.items;
}

static void write_status(struct answer *a, bool has_plan, bool is_finalizing)
{
    const struct fc_status_input in = {
        .parent = &a->request->parent,
        .observed = &a->request->observed,
        .plan = has_plan ? &a->plan : NULL,
        .config = has_plan ? &a->config : NULL,
        .claims_words = a->claims.missing,
        .is_finalizing = is_finalizing,
        .now_s = a->request->now_s,
        .arena = a->request->arena,
        .report = a->request->report,
    };
    hk_jw_key(&a->w, HK_STR("status"));
    fc_status_write(&in, &a->w);
}

static int write_wanted(struct answer *a, struct hk_err *err)
{
    struct hk_jw *w = &a->w;
    hk_jw_object(w);
    open_children(a);
    if (write_objects(a, err) != 0 || write_claims(a, err) != 0)
        return -1;
    write_pods(a);
    close_children(a);
    if (a->plan.resync_after_s)
        hk_jw_member_int(w, "resyncAfterSeconds", a->plan.resync_after_s);
    write_status(a, true, false);
    hk_jw_object_end(w);
    return 0;
}

/* The config and the Pods' templates, which everything else is decided and written with. */
static int prepare(struct answer *a, struct hk_err *err)
{
    struct fc_request *r = a->request;
    if (fc_config_make(&r->parent, &r->observed, r->arena, &a->config, err) != 0 ||
        fc_claims_make(&r->parent, &r->observed, r->arena, &a->claims, err) != 0 ||
        fc_render_session_template(&a->render, &a->session, err) != 0)
        return -1;
    if (fc_spec_has_caches(&r->parent.spec) &&
        fc_render_cache_template(&a->render, &a->cache, err) != 0)
        return -1;
    return fc_render_executor_template(&a->render, &a->executor, err);
}

/* Which caches have their claims; NULL without memory, which the arena remembers. */
static const bool *cache_claims(struct answer *a)
{
    int64_t count = a->request->parent.spec.cache.replicas;
    bool *has = hk_arena_alloc(a->request->arena, (size_t)count + 1);
    for (int64_t i = 0; has && i < count; i++)
        has[i] = fc_claims_has_cache(&a->claims, i);
    return has;
}

static int plan(struct answer *a, struct hk_err *err)
{
    const struct fc_request *r = a->request;
    a->in = (struct fc_plan_input){
        .observed = &r->observed,
        .spec = &r->parent.spec,
        .session_hash = a->session.hash,
        .executor_hash = a->executor.hash,
        .cache_hash = fc_spec_has_caches(&r->parent.spec) ? a->cache.hash : NULL,
        .is_config_observed = a->config.is_observed,
        .lacks_session_claim = !fc_claims_has_session(&a->claims),
        .cache_claims = cache_claims(a),
        .cache_app = fc_service_selected_app(r->observed.cache_service, r->arena),
        .now_s = r->now_s,
    };
    return fc_plan_make(&a->in, r->arena, &a->plan, err);
}

static void answer_init(struct answer *a, struct fc_request *request, struct hk_buf *out)
{
    *a = (struct answer){.request = request};
    a->render = (struct fc_render){
        &request->parent, &a->config, request->arena, {NULL, 0}, &request->observed.references};
    hk_jw_init(&a->w, out);
}

static int answer_fini(struct answer *a, int rc, struct hk_err *err)
{
    fc_pod_template_fini(&a->session);
    fc_pod_template_fini(&a->executor);
    fc_pod_template_fini(&a->cache);
    fc_config_fini(&a->config);
    return rc == 0 && a->request->arena->failed ? hk_err_memory(err) : rc;
}

static int answer_valid(struct answer *a, struct hk_err *err)
{
    if (prepare(a, err) != 0 || plan(a, err) != 0 || write_wanted(a, err) != 0)
        return -1;
    const struct fc_decided decided = {
        a->request, &a->in, &a->plan, &a->config, &a->claims, a->left_out, a->is_old_config_kept};
    if (a->request->report)
        fc_decisions_followed(&decided);
    return 0;
}

/* What is there stays as it is. */
static int answer_kept(struct answer *a, struct hk_err *err)
{
    const struct fc_observed *observed = &a->request->observed;
    struct hk_jw *w = &a->w;
    hk_jw_object(w);
    open_children(a);
    if (write_kept_objects(observed, false, w, err) != 0)
        return -1;
    if (observed->session)
        fc_render_kept_pod(observed->session, w);
    write_kept_pods(&observed->executors, w);
    write_kept_pods(&observed->caches, w);
    write_kept_pods(&observed->strangers, w);
    close_children(a);
    write_status(a, false, false);
    hk_jw_object_end(w);
    if (a->request->report)
        fc_decisions_kept(a->request);
    return 0;
}

/* Deleted in order: executors, then the cache, then the session manager, then the rest, claims among it. Only what is there is kept:
 * to ask for anything else would create it. */
static int answer_finalize(struct answer *a, struct hk_err *err)
{
    const struct fc_observed *observed = &a->request->observed;
    struct hk_jw *w = &a->w;
    bool has_pods = fc_observed_pods(observed) > 0;
    bool has_others = fc_observed_pods(observed) > (observed->session ? 1 : 0);
    hk_jw_object(w);
    open_children(a);
    if (has_pods && write_kept_objects(observed, true, w, err) != 0)
        return -1;
    if (observed->session && (has_others || observed->session->is_terminating))
        fc_render_kept_pod(observed->session, w);
    write_leaving(&observed->executors, 0, w);
    if (fc_observed_executors(observed) > 0)
        write_kept_pods(&observed->caches, w);
    else
        write_leaving(&observed->caches, 0, w);
    write_leaving(&observed->strangers, -1, w);
    close_children(a);
    hk_jw_member_bool(w, "finalized", !has_pods && observed->object_count == 0);
    write_status(a, false, true);
    hk_jw_object_end(w);
    if (a->request->report)
        fc_decisions_finalize(a->request);
    return 0;
}

/* To suspend takes nothing but the spec. */
static bool can_follow(const struct fc_request *request)
{
    const struct fc_parent *parent = &request->parent;
    bool is_resolved = !request->observed.references.reason;
    return parent->is_valid && (is_resolved || parent->spec.is_suspended);
}

int fc_answer_sync(struct fc_request *request, struct hk_buf *out, struct hk_err *err)
{
    struct answer a;
    answer_init(&a, request, out);
    return answer_fini(&a, can_follow(request) ? answer_valid(&a, err) : answer_kept(&a, err), err);
}

int fc_answer_finalize(struct fc_request *request, struct hk_buf *out, struct hk_err *err)
{
    struct answer a;
    answer_init(&a, request, out);
    return answer_fini(&a, answer_finalize(&a, err), err);
}

static void write_executors(struct answer *a)
{
    const struct fc_executor_manager *executor = &a->request->parent.spec.executor;
    struct fc_stateful_plan set = {.replicas = executor->replicas};
    if (executor->update.type == FC_ROLLING_UPDATE)
        set.max_unavailable = fc_max_unavailable(&executor->update, executor->replicas);
    if (executor->is_stateful)
        fc_render_stateful_set(&a->render, &a->executor, &set, &a->w);
    for (int64_t i = 0; !executor->is_stateful && i < executor->replicas; i++)
        fc_render_pod(&a->executor, i, &a->w);
}

static int write_all(struct answer *a, struct hk_err *err)
{
    const struct fc_spec *spec = &a->request->parent.spec;
    a->plan.cache.is_served_by_own = fc_spec_has_caches(spec);
    hk_jw_array(&a->w);
    if (write_objects(a, err) != 0)
        return -1;
    for (size_t i = 0; i < a->claims.count; i++)
        fc_render_claim(&a->render, &a->claims.items[i], &a->w);
    if (!spec->is_suspended)
        fc_render_pod(&a->session, 0, &a->w);
    for (int64_t i = 0;
         a->plan.cache.is_served_by_own && !spec->is_suspended && i < spec->cache.replicas; i++)
        fc_render_pod(&a->cache, i, &a->w);
    if (!spec->is_suspended)
        write_executors(a);
    hk_jw_array_end(&a->w);
    return 0;
}

int fc_answer_render(struct fc_request *request, struct hk_buf *out, struct hk_err *err)
{
    struct answer a;
    answer_init(&a, request, out);
    a.render.namespace = request->parent.namespace;
    int rc = prepare(&a, err);
    if (rc == 0)
        rc = write_all(&a, err);
    return answer_fini(&a, rc, err);
}

int fc_answer_hashes(struct fc_request *request, struct fc_hashes *out, struct hk_err *err)
{
    struct answer a;
    *out = (struct fc_hashes){{0}, {0}, {0}};
    if (!request->parent.is_valid || request->observed.references.reason)
        return 0;
    answer_init(&a, request, NULL);
    int rc = answer_fini(&a, prepare(&a, err), err);
    memcpy(out->session, a.session.hash, sizeof out->session);
    memcpy(out->executor, a.executor.hash, sizeof out->executor);
    memcpy(out->cache, a.cache.hash, sizeof out->cache);
    return rc;
}
