/* The hooks: a request in, decisions made, the answer out. Glue only. */
#include "fc.h"

#include "fc_drift.h"
#include "fc_fields.h"
#include "fc_status.h"

/* What one request holds, read. */
struct request {
    struct hk_request kind;
    struct fc_parent parent;
    struct fc_observed observed;
    struct hk_arena *arena;
};

static void on_parent(void *arg, struct hk_scan *s)
{
    struct request *r = arg;
    fc_parent_read(s, r->arena, &r->parent);
}

static void on_child(void *arg, const struct hk_object_key *key, struct hk_scan *s)
{
    struct request *r = arg;
    fc_observe_child(&r->observed, r->arena, key, s);
}

static int read_request(struct hk_call *call, struct request *r, struct hk_err *err)
{
    static const struct hk_request_reader reader = {.parent = on_parent, .child = on_child};
    *r = (struct request){.arena = call->arena};
    if (hk_request_read(call, &reader, r, &r->kind, err) != 0)
        return -1;
    hk_call_release_body(call);
    if (call->arena->failed)
        return hk_err_memory(err);
    return fc_observe_sort(&r->observed, r->arena, r->parent.name, err);
}

/* An answer being made: what its parts are rendered with. */
struct answer {
    const struct request *request;
    struct fc_config config;
    struct fc_pod_template session, executor;
    struct fc_plan plan;
    struct hk_jw w;
};

static void write_session(struct answer *a)
{
    if (fc_action_is_answered(a->plan.session))
        fc_render_pod(&a->session, 0, &a->w);
}

/* Pods that nobody wants are left out, all but those that are being deleted anyway: executors from
 * index `from` on, and strangers. */
static void write_leaving(const struct fc_observed *observed, int64_t from, struct hk_jw *w)
{
    for (size_t i = 0; i < observed->executor_count; i++)
        if (observed->executors[i]->index >= from && observed->executors[i]->is_terminating)
            fc_render_kept_pod(observed->executors[i], w);
    for (size_t i = 0; i < observed->stranger_count; i++)
        if (observed->strangers[i]->is_terminating)
            fc_render_kept_pod(observed->strangers[i], w);
}

static int write_kept_objects(const struct fc_observed *observed, struct hk_jw *w,
                              struct hk_err *err)
{
    for (size_t i = 0; i < observed->object_count; i++)
        if (fc_render_kept_object(&observed->objects[i], w, err) != 0)
            return -1;
    return 0;
}

static void write_executors(struct answer *a)
{
    for (int64_t i = 0; i < a->plan.replicas; i++)
        if (fc_action_is_answered(a->plan.executors[i]))
            fc_render_pod(&a->executor, i, &a->w);
    write_leaving(&a->request->observed, a->plan.replicas, &a->w);
}

static void write_status(const struct answer *a, struct hk_jw *w, bool has_plan, bool is_finalizing,
                         int64_t now_s)
{
    const struct fc_status_input in = {
        .parent = &a->request->parent,
        .observed = &a->request->observed,
        .plan = has_plan ? &a->plan : NULL,
        .config = has_plan ? &a->config : NULL,
        .is_finalizing = is_finalizing,
        .now_s = now_s,
        .arena = a->request->arena,
    };
    hk_jw_key(w, HK_STR("status"));
    fc_status_write(&in, w);
}

/* What merging cannot repair is left out once, to come back new. */
static void write_objects(struct answer *a, const struct fc_render *render)
{
    const struct fc_observed *observed = &a->request->observed;
    const struct fc_names *names = &render->parent->names;
    struct hk_arena *arena = render->arena;
    if (!fc_config_is_beyond_repair(observed->config, hk_buf_str(&a->config.text), arena))
        fc_render_config_map(render, &a->w);
    if (!fc_service_is_beyond_repair(observed->session_service, &fc_session_service, arena))
        fc_render_service(render, &fc_session_service, names->session_manager, &a->w);
    if (!fc_service_is_beyond_repair(observed->cache_service, &fc_cache_service, arena))
        fc_render_service(render, &fc_cache_service, names->object_cache, &a->w);
}

static void write_wanted(struct answer *a, const struct fc_render *render, int64_t now_s)
{
    struct hk_jw *w = &a->w;
    hk_jw_object(w);
    hk_jw_member_array(w, "children");
    write_objects(a, render);
    write_session(a);
    write_executors(a);
    hk_jw_array_end(w);
    if (a->plan.resync_after_s)
        hk_jw_member_int(w, "resyncAfterSeconds", a->plan.resync_after_s);
    write_status(a, w, true, false, now_s);
    hk_jw_object_end(w);
}

/* The config and the Pods' templates, which everything else is decided and written with. */
static int answer_prepare(struct answer *a, const struct fc_render *render, struct hk_err *err)
{
    const struct request *r = a->request;
    if (fc_config_make(&r->parent, &r->observed, r->arena, &a->config, err) != 0 ||
        fc_render_session_template(render, &a->session, err) != 0)
        return -1;
    return fc_render_executor_template(render, &a->executor, err);
}

static void answer_fini(struct answer *a)
{
    fc_pod_template_fini(&a->session);
    fc_pod_template_fini(&a->executor);
    fc_config_fini(&a->config);
}

static int answer_valid(struct answer *a, int64_t now_s, struct hk_err *err)
{
    const struct request *r = a->request;
    const struct fc_render render = {&r->parent, &a->config, r->arena, {NULL, 0}};
    struct fc_plan_input in = {
        .observed = &r->observed,
        .spec = &r->parent.spec,
        .session_hash = a->session.hash,
        .executor_hash = a->executor.hash,
        .now_s = now_s,
    };
    if (answer_prepare(a, &render, err) != 0)
        return -1;
    in.is_config_observed = a->config.is_observed;
    if (fc_plan_make(&in, r->arena, &a->plan, err) != 0)
        return -1;
    write_wanted(a, &render, now_s);
    return 0;
}

/* An invalid spec is followed by nothing: all that is there stays as it is, and nothing new comes.
 */
static int answer_invalid(struct answer *a, int64_t now_s, struct hk_err *err)
{
    const struct fc_observed *observed = &a->request->observed;
    struct hk_jw *w = &a->w;
    hk_jw_object(w);
    hk_jw_member_array(w, "children");
    if (write_kept_objects(observed, w, err) != 0)
        return -1;
    if (observed->session)
        fc_render_kept_pod(observed->session, w);
    for (size_t i = 0; i < observed->executor_count; i++)
        fc_render_kept_pod(observed->executors[i], w);
    for (size_t i = 0; i < observed->stranger_count; i++)
        fc_render_kept_pod(observed->strangers[i], w);
    hk_jw_array_end(w);
    write_status(a, w, false, false, now_s);
    hk_jw_object_end(w);
    return 0;
}

/* Deleted in order: executors, then the session manager, then the rest. Only what is there is kept:
 * to ask for anything else would create it. */
static int answer_finalize(struct answer *a, int64_t now_s, struct hk_err *err)
{
    const struct fc_observed *observed = &a->request->observed;
    struct hk_jw *w = &a->w;
    bool has_executors = observed->executor_count + observed->stranger_count > 0;
    bool has_pods = observed->pod_count > 0;
    hk_jw_object(w);
    hk_jw_member_array(w, "children");
    if (has_pods && write_kept_objects(observed, w, err) != 0)
        return -1;
    if (observed->session && (has_executors || observed->session->is_terminating))
        fc_render_kept_pod(observed->session, w);
    write_leaving(observed, 0, w);
    hk_jw_array_end(w);
    hk_jw_member_bool(w, "finalized", !has_pods && observed->object_count == 0);
    write_status(a, w, false, true, now_s);
    hk_jw_object_end(w);
    return 0;
}

static int sync_or_finalize(struct hk_call *call, bool is_finalizing, struct hk_buf *out,
                            struct hk_err *err)
{
    struct request r;
    struct answer a = {.request = &r};
    int rc = 0;
    if (read_request(call, &r, err) != 0)
        return -1;
    hk_jw_init(&a.w, out);
    if (is_finalizing || r.kind.finalizing)
        rc = answer_finalize(&a, call->now_s, err);
    else if (!r.parent.is_valid)
        rc = answer_invalid(&a, call->now_s, err);
    else
        rc = answer_valid(&a, call->now_s, err);
    answer_fini(&a);
    return rc == 0 && call->arena->failed ? hk_err_memory(err) : rc;
}

static int sync_hook(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    return sync_or_finalize(call, false, out, err);
}

static int finalize_hook(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    return sync_or_finalize(call, true, out, err);
}

/* A FlameCluster refers to no other object yet. */
static int customize_hook(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    struct request r;
    struct hk_jw w;
    if (read_request(call, &r, err) != 0)
        return -1;
    hk_jw_init(&w, out);
    hk_jw_object(&w);
    hk_jw_member_array(&w, "relatedResources");
    hk_jw_array_end(&w);
    hk_jw_object_end(&w);
    return 0;
}

static int read_parent(struct hk_call *call, struct fc_parent *parent, struct hk_err *err)
{
    struct hk_scan s;
    hk_scan_init(&s, call->body.ptr, call->body.len, call->arena, err);
    fc_parent_read(&s, call->arena, parent);
    if (hk_scan_end(&s) != 0)
        return -1;
    return call->arena->failed ? hk_err_memory(err) : 0;
}

static int validate(struct hk_call *call, struct hk_problems *problems, struct hk_err *err)
{
    struct fc_parent parent;
    struct hk_scan s;
    if (read_parent(call, &parent, err) != 0)
        return -1;
    hk_scan_init(&s, call->body.ptr, call->body.len, call->arena, err);
    fc_fields_check(&s, call->arena, &parent);
    if (hk_scan_end(&s) != 0)
        return -1;
    *problems = parent.problems;
    return call->arena->failed ? hk_err_memory(err) : 0;
}

static void write_all(struct answer *a, const struct fc_render *render)
{
    const struct fc_names *names = &render->parent->names;
    const struct fc_spec *spec = &render->parent->spec;
    struct hk_jw *w = &a->w;
    hk_jw_array(w);
    fc_render_config_map(render, w);
    fc_render_service(render, &fc_session_service, names->session_manager, w);
    fc_render_service(render, &fc_cache_service, names->object_cache, w);
    if (!spec->is_suspended)
        fc_render_pod(&a->session, 0, w);
    for (int64_t i = 0; !spec->is_suspended && i < spec->executor.replicas; i++)
        fc_render_pod(&a->executor, i, w);
    hk_jw_array_end(w);
}

static int fail_invalid(const struct hk_problems *problems, struct hk_err *err)
{
    size_t i = 0;
    while (i + 1 < problems->count && problems->items[i].is_warning)
        i++;
    return hk_err_set(err, HK_ERR_INVALID, problems->items[i].path.ptr, "%.*s",
                      HK_STR_ARG(problems->items[i].text));
}

static int render(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    struct request r = {.arena = call->arena};
    struct answer a = {.request = &r};
    int rc = -1;
    if (read_parent(call, &r.parent, err) != 0)
        return -1;
    if (!r.parent.is_valid)
        return fail_invalid(&r.parent.problems, err);
    const struct fc_render with = {&r.parent, &a.config, call->arena, r.parent.namespace};
    hk_jw_init(&a.w, out);
    if (answer_prepare(&a, &with, err) == 0) {
        write_all(&a, &with);
        rc = call->arena->failed ? hk_err_memory(err) : 0;
    }
    answer_fini(&a);
    return rc;
}

const struct hk_controller fc_controller = {
    .name = "flamecluster",
    .api_version = FC_API_VERSION,
    .kind = FC_KIND,
    .hooks = {[HK_HOOK_SYNC] = sync_hook,
              [HK_HOOK_FINALIZE] = finalize_hook,
              [HK_HOOK_CUSTOMIZE] = customize_hook},
    .validate = validate,
    .render = render,
};
