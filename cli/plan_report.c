/* plan_report.c - the objects and Pods before and after, compared. */
#include "plan.h"
#include "plan_diff.h"

#include <stdlib.h>

#define LAST_APPLIED "metacontroller.k8s.io/last-applied-configuration"
#define HASH "flame.xflops.io/template-hash"
#define MOMENT_MS 20 /* what happens within it is one step */

static void put(struct plan *plan, json_t *object, const char *key, json_t *steals_value)
{
    plan->failed |= json_object_set_new(object, key, steals_value) != 0;
}

static void append(struct plan *plan, json_t *list, json_t *steals_value)
{
    plan->failed |= json_array_append_new(list, steals_value) != 0;
}

static json_t *seconds(int64_t ms)
{
    return json_real((double)ms / 1000);
}

/* ---- one object, before and after ---- */

/* A copy without what the server and the cluster write. */
static json_t *stripped(struct plan *plan, const json_t *object)
{
    static const char *const written[] = {"creationTimestamp", "deletionGracePeriodSeconds",
                                          "deletionTimestamp", "finalizers",
                                          "generation",        "managedFields",
                                          "ownerReferences",   "resourceVersion",
                                          "selfLink",          "uid"};
    /* Labels that name a Pod or who made it. */
    static const char *const own[] = {"apps.kubernetes.io/pod-index", "controller-revision-hash",
                                      "controller-uid", "flame.xflops.io/pod-index",
                                      "statefulset.kubernetes.io/pod-name"};
    json_t *copy = json_deep_copy(object), *metadata = json_object_get(copy, "metadata");
    json_t *annotations = json_object_get(metadata, "annotations");
    plan->failed |= !copy;
    json_object_del(copy, "status");
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        json_object_del(metadata, written[i]);
    json_object_del(annotations, LAST_APPLIED);
    if (json_object_size(annotations) == 0)
        json_object_del(metadata, "annotations");
    if (strcmp(hk_sim_text(object, "kind"), "Pod") != 0)
        return copy;
    json_object_del(annotations, HASH);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        json_object_del(json_object_get(metadata, "labels"), own[i]);
    json_object_del(json_object_get(copy, "spec"), "nodeName");
    return copy;
}

/* What the hook asked for, as Metacontroller notes it; new, NULL: it is not noted. */
static json_t *desired(struct plan *plan, const json_t *object)
{
    const char *text = hk_sim_annotation(object, LAST_APPLIED);
    json_t *tree = *text ? json_loads(text, 0, NULL) : NULL;
    json_t *form = tree ? stripped(plan, tree) : NULL;
    json_decref(tree);
    return form;
}

static bool is_same_object(const json_t *before, const json_t *after)
{
    return strcmp(hk_sim_text(before, "metadata.uid"), hk_sim_text(after, "metadata.uid")) == 0;
}

static json_t *project_new(struct plan *plan, const json_t *object, const json_t *shape)
{
    json_t *whole = stripped(plan, object);
    json_t *form = plan_project(whole, shape);
    json_decref(whole);
    return form;
}

/* The fields that differ. An object that was made anew lacks what an API server had filled in, so the two are
 * compared by what the hook asked for. */
static json_t *fields_of(struct plan *plan, const json_t *before, const json_t *after)
{
    bool is_same = is_same_object(before, after);
    json_auto_t *old = is_same ? NULL : desired(plan, before);
    json_auto_t *new = is_same ? NULL : desired(plan, after);
    if (old && !new)
        new = project_new(plan, after, old);
    else if (new && !old)
        old = project_new(plan, before, new);
    else if (!old)
        old = stripped(plan, before), new = stripped(plan, after);
    json_t *fields = plan_diff(old, new, strcmp(hk_sim_text(after, "kind"), "Secret") == 0);
    plan->failed |= !fields || !old || !new;
    return fields;
}

/* ---- objects ---- */

static json_t *named(const char *kind, const char *name)
{
    return json_pack("{s:s,s:s}", "kind", kind, "name", name);
}

static void compare_object(struct plan *plan, json_t *objects, const json_t *before,
                           const json_t *after)
{
    json_t *unchanged = json_object_get(objects, "unchanged");
    json_t *fields = fields_of(plan, before, after);
    if (json_array_size(fields) == 0) {
        plan->failed |= json_integer_set(unchanged, json_integer_value(unchanged) + 1) != 0;
        json_decref(fields);
        return;
    }
    json_t *entry = named(hk_sim_text(after, "kind"), hk_sim_text(after, "metadata.name"));
    put(plan, entry, "fields", fields);
    append(plan, json_object_get(objects, "changed"), entry);
}

static void compare_kind(struct plan *plan, json_t *objects, const char *kind)
{
    const json_t *before = json_object_get(plan->before, kind);
    const json_t *after = json_object_get(plan->after, kind);
    const char *name;
    json_t *object;
    json_object_foreach((json_t *)before, name, object)
    {
        const json_t *now = json_object_get(after, name);
        if (now)
            compare_object(plan, objects, object, now);
        else
            append(plan, json_object_get(objects, "removed"), named(kind, name));
    }
    json_object_foreach((json_t *)after, name, object)
    {
        if (!json_object_get(before, name))
            append(plan, json_object_get(objects, "created"), named(kind, name));
    }
}

static json_t *objects_of(struct plan *plan)
{
    json_t *objects =
        json_pack("{s:[],s:[],s:[],s:i}", "created", "changed", "removed", "unchanged", 0);
    const char *kind;
    json_t *all;
    json_object_foreach(plan->before, kind, all)
    {
        if (strcmp(kind, "Pod") != 0)
            compare_kind(plan, objects, kind);
    }
    return objects;
}

/* ---- Pods ---- */

static int by_name(const void *a, const void *b)
{
    return played_order(*(const char *const *)a, *(const char *const *)b);
}

/* A list of names of Pods, sorted as people count. */
static json_t *sorted(struct plan *plan, const json_t *list)
{
    size_t count = json_array_size(list);
    const char **names = hk_alloc((count + 1) * sizeof *names);
    json_t *out = json_array();
    plan->failed |= !names;
    for (size_t i = 0; names && i < count; i++)
        names[i] = json_string_value(json_array_get(list, i));
    if (names)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; names && i < count; i++)
        append(plan, out, json_string(names[i]));
    hk_free(names);
    return out;
}

static void put_sorted(struct plan *plan, json_t *object, const char *key, json_t *steals_list)
{
    put(plan, object, key, sorted(plan, steals_list));
    json_decref(steals_list);
}

static const char *owner_of(const json_t *object)
{
    const json_t *owners = hk_sim_get(object, "metadata.ownerReferences");
    return hk_sim_text(json_array_get(owners, 0), "kind");
}

/* Why a Pod is replaced: its own fields; what it mounts, which its hash counts in; who makes it; its end. */
static const char *reason_of(const json_t *before, const json_t *after, const json_t *fields)
{
    if (json_array_size(fields))
        return "template";
    if (strcmp(hk_sim_annotation(before, HASH), hk_sim_annotation(after, HASH)) != 0)
        return "configuration";
    return strcmp(owner_of(before), owner_of(after)) != 0 ? "owner" : "ended";
}

/* Pods of a component that change alike are one entry. */
static void add_change(struct plan *plan, json_t *changes, const json_t *before,
                       const json_t *after)
{
    json_auto_t *fields = fields_of(plan, before, after);
    const char *app = hk_sim_text(after, "metadata.labels.app");
    const char *reason = reason_of(before, after, fields);
    const char *name = hk_sim_text(after, "metadata.name");
    size_t i;
    json_t *change;
    json_array_foreach(changes, i, change)
    {
        if (strcmp(hk_sim_text(change, "app"), app) == 0 &&
            strcmp(hk_sim_text(change, "reason"), reason) == 0 &&
            json_equal(json_object_get(change, "fields"), fields)) {
            append(plan, json_object_get(change, "pods"), json_string(name));
            return;
        }
    }
    append(plan, changes,
           json_pack("{s:s,s:[s],s:s,s:O}", "app", app, "pods", name, "reason", reason, "fields",
                     fields));
}

static bool has(const json_t *list, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(item), name) == 0)
            return true;
    }
    return false;
}

/* The removals of Pods that come back, those of one moment as a step. */
static json_t *order_of(struct plan *plan, json_t *replaced)
{
    json_t *order = json_array(), *step = NULL, *removal;
    json_auto_t *seen = json_object();
    int64_t first = 0;
    size_t i;
    json_array_foreach(plan->removals, i, removal)
    {
        const char *name = hk_sim_text(removal, "name");
        int64_t at = hk_sim_int(removal, "at");
        if (!json_object_get(json_object_get(plan->before, "Pod"), name) ||
            !json_object_get(json_object_get(plan->after, "Pod"), name))
            continue;
        if (!step || at - first >= MOMENT_MS) {
            first = at;
            step = json_pack("{s:o,s:[]}", "seconds", seconds(at), "pods");
            append(plan, order, step);
        }
        json_t *pods = json_object_get(step, "pods");
        if (!has(pods, name))
            append(plan, pods, json_string(name));
        if (!json_object_get(seen, name))
            append(plan, replaced, json_string(name));
        put(plan, seen, name, json_true());
    }
    json_array_foreach(order, i, step)
    {
        put(plan, step, "pods", sorted(plan, json_object_get(step, "pods")));
    }
    return order;
}

static void compare_pods(struct plan *plan, json_t *pods, const json_t *replaced)
{
    const json_t *before = json_object_get(plan->before, "Pod");
    const json_t *after = json_object_get(plan->after, "Pod");
    json_t *created = json_array(), *removed = json_array(), *kept = json_array();
    const char *name;
    json_t *object;
    json_object_foreach((json_t *)before, name, object)
    {
        const json_t *now = json_object_get(after, name);
        if (!now)
            append(plan, removed, json_string(name));
        else if (is_same_object(object, now))
            append(plan, kept, json_string(name));
    }
    json_object_foreach((json_t *)after, name, object)
    {
        if (!json_object_get(before, name))
            append(plan, created, json_string(name));
    }
    put_sorted(plan, pods, "created", created);
    put_sorted(plan, pods, "removed", removed);
    put_sorted(plan, pods, "kept", kept);
    json_t *changes = json_array(), *change;
    size_t i;
    json_array_foreach(replaced, i, object)
    {
        name = json_string_value(object);
        add_change(plan, changes, json_object_get(before, name), json_object_get(after, name));
    }
    json_array_foreach(changes, i, change)
    {
        put(plan, change, "pods", sorted(plan, json_object_get(change, "pods")));
        json_object_del(change, "app");
    }
    put(plan, pods, "changes", changes);
}

static json_t *pods_of(struct plan *plan)
{
    json_t *pods = json_object(), *replaced = json_array();
    json_t *order = order_of(plan, replaced);
    compare_pods(plan, pods, replaced);
    put(plan, pods, "replaced", replaced);
    put(plan, pods, "order", order);
    return pods;
}

/* ---- the way, the end ---- */

static void put_part(struct plan *plan, json_t *report, const char *key, enum plan_part_of of)
{
    const struct plan_part *part = &plan->parts[of];
    json_t *out = json_pack("{s:I,s:I}", "before", (json_int_t)part->before, "after",
                            (json_int_t)part->ready);
    int64_t away = part->away_ms;
    if (part->since_ms >= 0)
        away += plan->last_ms - plan->start_ms - part->since_ms;
    if (of == PLAN_SESSION) {
        put(plan, out, "awaySeconds", seconds(away));
    } else {
        put(plan, out, "fewest", json_integer(part->fewest));
        put(plan, out, "fewestAtSeconds", seconds(part->fewest_ms));
    }
    put(plan, report, key, out);
}

static json_t *troubles_of(struct plan *plan)
{
    json_t *troubles = json_array(), *pod;
    const char *name;
    json_object_foreach(json_object_get(plan->after, "Pod"), name, pod)
    {
        const char *reason = played_trouble(pod);
        if (*reason || !hk_sim_pod_ready(pod))
            append(plan, troubles,
                   json_pack("{s:s,s:s}", "pod", name, "reason", *reason ? reason : "not Ready"));
    }
    return troubles;
}

static json_t *end_of(struct plan *plan)
{
    const struct played_columns *columns = &played_columns;
    const json_t *parent =
        hk_sim_find(plan->sim, (struct hk_sim_ref){plan->kind, plan->namespace, plan->name});
    json_t *end = json_pack("{s:b,s:b,s:f,s:s,s:s,s:I,s:I}", "settled", plan->settled, "asAskedFor",
                            plan->settled && plan_is_as_asked(parent), "seconds",
                            (double)(plan->last_ms - plan->start_ms) / 1000, "state",
                            hk_sim_text(parent, columns->state), "message",
                            hk_sim_text(parent, columns->message), "ready",
                            (json_int_t)hk_sim_int(parent, columns->ready), "desired",
                            (json_int_t)hk_sim_int(parent, columns->desired));
    const char *error = hk_sim_last_error(plan->sim);
    if (error)
        put(plan, end, "error", json_string(error));
    put(plan, end, "troubles", troubles_of(plan));
    return end;
}

static bool is_change(const json_t *section)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section, key, value)
    {
        if (strcmp(key, "kept") != 0 && json_array_size(value))
            return true;
    }
    return false;
}

json_t *plan_report(struct plan *plan)
{
    json_t *report = json_pack("{s:s,s:s}", "namespace", plan->namespace, "name", plan->name);
    json_t *objects = objects_of(plan), *pods = pods_of(plan);
    put(plan, report, "changes", json_boolean(is_change(objects) || is_change(pods)));
    put(plan, report, "objects", objects);
    put(plan, report, "pods", pods);
    put_part(plan, report, "sessionManager", PLAN_SESSION);
    put_part(plan, report, "executorManagers", PLAN_EXECUTORS);
    if (plan->parts[PLAN_CACHES].before || plan->parts[PLAN_CACHES].ready)
        put_part(plan, report, "objectCaches", PLAN_CACHES);
    put(plan, report, "warnings", plan_warnings(plan, report));
    put(plan, report, "end", end_of(plan));
    if (!plan->failed)
        return report;
    json_decref(report);
    return NULL;
}
