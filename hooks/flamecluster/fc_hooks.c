/* The hooks: a request in, decisions made, the answer out. Glue only. */
#include "fc.h"

#include "fc_decisions.h"
#include "fc_describe.h"
#include "fc_fields.h"

static void on_parent(void *arg, struct hk_scan *s)
{
    struct fc_request *r = arg;
    fc_parent_read(s, r->arena, &r->parent);
}

static void on_child(void *arg, const struct hk_object_key *key, struct hk_scan *s)
{
    struct fc_request *r = arg;
    fc_observe_child(&r->observed, r->arena, key, s);
}

static void on_related(void *arg, const struct hk_object_key *key, struct hk_scan *s)
{
    struct fc_request *r = arg;
    fc_related_read(&r->related, r->arena, key, s);
}

static int read_request(struct hk_call *call, struct fc_request *r, struct hk_err *err)
{
    static const struct hk_request_reader reader = {
        .parent = on_parent, .child = on_child, .related = on_related};
    *r = (struct fc_request){.arena = call->arena, .now_s = call->now_s, .report = call->report};
    if (hk_request_read(call, &reader, r, &r->kind, err) != 0)
        return -1;
    hk_call_release_body(call);
    if (call->arena->failed)
        return hk_err_memory(err);
    if (r->report) {
        r->report->namespace = r->parent.namespace;
        r->report->name = r->parent.name;
    }
    fc_references_resolve(&r->parent, &r->related, r->arena, &r->observed.references);
    return fc_observe_sort(&r->observed, r->arena, &r->parent.names, err);
}

static int sync_or_finalize(struct hk_call *call, bool is_finalizing, struct hk_buf *out,
                            struct hk_err *err)
{
    struct fc_request r;
    if (read_request(call, &r, err) != 0)
        return -1;
    return (is_finalizing || r.kind.finalizing ? fc_answer_finalize : fc_answer_sync)(&r, out, err);
}

static int sync_hook(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    return sync_or_finalize(call, false, out, err);
}

static int finalize_hook(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    return sync_or_finalize(call, true, out, err);
}

static int customize_hook(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    struct fc_request r;
    struct hk_jw w;
    if (read_request(call, &r, err) != 0)
        return -1;
    hk_jw_init(&w, out);
    fc_related_write_rules(&r.parent, &w);
    return call->arena->failed ? hk_err_memory(err) : 0;
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
    struct fc_request r = {.arena = call->arena};
    if (read_parent(call, &r.parent, err) != 0)
        return -1;
    if (!r.parent.is_valid)
        return fail_invalid(&r.parent.problems, err);
    if (hk_related_read(call, on_related, &r, err) != 0)
        return -1;
    fc_references_resolve(&r.parent, &r.related, r.arena, &r.observed.references);
    if (r.observed.references.reason)
        return hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "%.*s",
                          HK_STR_ARG(r.observed.references.message));
    return fc_answer_render(&r, out, err);
}

static int describe(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    struct fc_request r;
    return read_request(call, &r, err) == 0 ? fc_describe(&r, out, err) : -1;
}

/* No Secrets: whoever looks at a cluster need not be allowed to read them. */
static const struct hk_view view = {
    .resource = "flameclusters.flame.xflops.io",
    .children = "pods,services,endpointslices.discovery.k8s.io,configmaps,persistentvolumeclaims,"
                "poddisruptionbudgets.policy,networkpolicies.networking.k8s.io,statefulsets.apps",
    .label = "flame.xflops.io/cluster",
    .describe = describe,
};

static const struct hk_related_kind related_kinds[] = {{"v1", "Secret"}, {NULL, NULL}};

const struct hk_controller fc_controller = {
    .name = "flamecluster",
    .api_version = FC_API_VERSION,
    .kind = FC_KIND,
    .hooks = {[HK_HOOK_SYNC] = sync_hook,
              [HK_HOOK_FINALIZE] = finalize_hook,
              [HK_HOOK_CUSTOMIZE] = customize_hook},
    .validate = validate,
    .render = render,
    .related = related_kinds,
    .view = &view,
    .decisions = fc_decision_kinds,
};
