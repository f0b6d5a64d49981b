/* The StatefulSet of executor managers: their Pod's template, and how many of which. */
#include "fc_render.h"

#include "hk_scan.h"

/* Old templates that Kubernetes keeps; nothing here goes back to one. */
#define REVISIONS 2

/* The index is each Pod's own: Kubernetes has a label of its own for it. */
static void write_labels(struct hk_scan *s, struct hk_jw *w)
{
    struct hk_scan_iter it;
    struct hk_str key;
    hk_jw_member_object(w, "labels");
    hk_scan_object(s, &it);
    while (hk_scan_member(s, &it, &key)) {
        struct hk_str value = hk_scan_raw(s);
        if (hk_str_is(key, FC_POD_INDEX))
            continue;
        hk_jw_key(w, key);
        hk_jw_raw(w, value);
    }
    hk_jw_object_end(w);
}

static void write_template_metadata(struct hk_scan *s, struct hk_jw *w)
{
    static const char *const names[] = {"annotations", "labels", NULL};
    struct hk_scan_iter it;
    hk_jw_member_object(w, "metadata");
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0) {
            hk_jw_key(w, HK_STR("annotations"));
            hk_jw_raw(w, hk_scan_raw(s));
        } else {
            write_labels(s, w);
        }
    hk_jw_object_end(w);
}

/* What the Pod has but its name. Its text is our own, with members in order, so it is scanned rather than rendered
 * once more. */
static void write_template(const struct fc_render *r, const struct fc_pod_template *pod,
                           struct hk_jw *w)
{
    static const char *const names[] = {"metadata", "spec", NULL};
    size_t len = pod->text.len;
    char *text = hk_arena_alloc(r->arena, len + HK_SCAN_PAD);
    struct hk_scan s;
    struct hk_scan_iter it;
    if (!text)
        return;
    memcpy(text, pod->text.data, len);
    hk_scan_init(&s, text, len, r->arena, NULL);
    hk_jw_member_object(w, "template");
    hk_scan_object(&s, &it);
    for (int f; (f = hk_scan_field(&s, &it, names)) >= 0;)
        if (f == 0) {
            write_template_metadata(&s, w);
        } else {
            hk_jw_key(w, HK_STR("spec"));
            hk_jw_raw(w, hk_scan_raw(&s));
        }
    hk_jw_object_end(w);
}

static void write_strategy(bool is_on_delete, const struct fc_stateful_plan *plan, struct hk_jw *w)
{
    hk_jw_member_object(w, "updateStrategy");
    if (!is_on_delete) {
        hk_jw_member_object(w, "rollingUpdate");
        if (plan->max_unavailable)
            hk_jw_member_int(w, "maxUnavailable", plan->max_unavailable);
        hk_jw_member_int(w, "partition", plan->partition);
        hk_jw_object_end(w);
    }
    hk_jw_member_cstr(w, "type", is_on_delete ? "OnDelete" : "RollingUpdate");
    hk_jw_object_end(w);
}

/* No serviceName: executor managers are not found by a name of their own. Parallel: they do not wait for each other, and
 * a roll-out that came to a stop is undone by going back. Both are written once and for good. */
void fc_render_stateful_set(const struct fc_render *r, const struct fc_pod_template *pod,
                            const struct fc_stateful_plan *plan, struct hk_jw *w)
{
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "apps/v1");
    hk_jw_member_cstr(w, "kind", "StatefulSet");
    hk_jw_member_object(w, "metadata");
    fc_render_metadata(r, "flame-executor-manager", r->parent->names.executor_manager, w);
    hk_jw_member_object(w, "spec");
    hk_jw_member_cstr(w, "podManagementPolicy", "Parallel");
    hk_jw_member_int(w, "replicas", plan->replicas);
    hk_jw_member_int(w, "revisionHistoryLimit", REVISIONS);
    fc_render_executor_selector(r, w);
    write_template(r, pod, w);
    write_strategy(r->parent->spec.executor.update.type == FC_ON_DELETE, plan, w);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}
