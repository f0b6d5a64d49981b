#include "fc_observe.h"

#include "hk_time.h"

#include <stdio.h>
#include <stdlib.h>

#define TEMPLATE_HASH "flame.xflops.io/template-hash"

/* Why a container does not run, gathered while its Pod is read. Borrowed from the request. */
struct trouble {
    struct hk_str phase, reason, message;          /* the Pod's own: Evicted, NodeLost */
    struct hk_str waiting_reason, waiting_message; /* the worst waiting container's */
    struct hk_str terminated_reason;
    struct hk_str condition_reason, condition_message; /* PodScheduled, else Ready */
    int64_t ended_s, changed_s, created_s;
    bool is_stuck; /* waits for something it will not get */
    bool is_condition_ready;
};

static bool is_stuck_reason(struct hk_str reason)
{
    static const char *const reasons[] = {
        "ImagePullBackOff",           "ErrImagePull",         "InvalidImageName",
        "CreateContainerConfigError", "CreateContainerError", "CrashLoopBackOff",
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (hk_str_is(reason, reasons[i]))
            return true;
    return false;
}

static int64_t read_time(struct hk_scan *s)
{
    int64_t seconds = 0;
    struct hk_str text = hk_scan_str_or_null(s);
    return text.len && hk_time_parse(text, &seconds) == 0 ? seconds : 0;
}

static void read_waiting(struct hk_scan *s, struct trouble *t)
{
    static const char *const names[] = {"message", "reason", NULL};
    struct hk_str reason = {NULL, 0}, message = {NULL, 0};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        *(f == 0 ? &message : &reason) = hk_scan_str_or_null(s);
    if (t->is_stuck || (t->waiting_reason.len && !is_stuck_reason(reason)))
        return;
    t->waiting_reason = reason;
    t->waiting_message = message;
    t->is_stuck = is_stuck_reason(reason);
}

static void read_terminated(struct hk_scan *s, struct trouble *t)
{
    static const char *const names[] = {"finishedAt", "reason", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;) {
        if (f == 1) {
            struct hk_str reason = hk_scan_str_or_null(s);
            /* An init container's good end explains nothing. */
            if (!hk_str_is(reason, "Completed"))
                t->terminated_reason = reason;
            continue;
        }
        int64_t finished = read_time(s);
        if (finished > t->ended_s)
            t->ended_s = finished;
    }
}

static void read_container_statuses(struct hk_scan *s, struct trouble *t)
{
    static const char *const names[] = {"state", NULL};
    static const char *const states[] = {"terminated", "waiting", NULL};
    struct hk_scan_iter list, it, state;
    hk_scan_array(s, &list);
    while (hk_scan_item(s, &list)) {
        hk_scan_object(s, &it);
        while (hk_scan_field(s, &it, names) >= 0) {
            hk_scan_object(s, &state);
            for (int f; (f = hk_scan_field(s, &state, states)) >= 0;)
                (f == 0 ? read_terminated : read_waiting)(s, t);
        }
    }
}

static void use_condition(struct trouble *t, struct hk_str type, struct hk_str status,
                          struct hk_str reason, struct hk_str message)
{
    bool is_scheduled = hk_str_is(type, "PodScheduled");
    bool is_true = hk_str_is(status, "True");
    if (hk_str_is(type, "Ready"))
        t->is_condition_ready = is_true;
    else if (!is_scheduled)
        return;
    /* Not scheduled is the cause; not Ready is only its consequence. */
    if (is_true || (t->condition_reason.len && !is_scheduled))
        return;
    t->condition_reason = reason;
    t->condition_message = message;
}

static void read_conditions(struct hk_scan *s, struct trouble *t)
{
    static const char *const names[] = {
        "lastTransitionTime", "message", "reason", "status", "type", NULL};
    struct hk_scan_iter list, it;
    hk_scan_array(s, &list);
    while (hk_scan_item(s, &list)) {
        struct hk_str text[5] = {{NULL, 0}};
        hk_scan_object(s, &it);
        for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
            text[f] = hk_scan_str_or_null(s);
        use_condition(t, text[4], text[3], text[2], text[1]);
        int64_t changed_s = 0;
        if (text[0].len && hk_time_parse(text[0], &changed_s) == 0 && changed_s > t->changed_s)
            t->changed_s = changed_s;
    }
}

static void read_pod_status(struct hk_scan *s, struct trouble *t)
{
    static const char *const names[] = {
        "conditions", "containerStatuses", "initContainerStatuses", "message", "phase", "reason",
        NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        switch (f) {
        case 0:
            read_conditions(s, t);
            break;
        case 1:
        case 2:
            read_container_statuses(s, t);
            break;
        case 3:
            t->message = hk_scan_str_or_null(s);
            break;
        case 4:
            t->phase = hk_scan_str_or_null(s);
            break;
        case 5:
            t->reason = hk_scan_str_or_null(s);
            break;
        }
}

static void read_template_hash(struct hk_scan *s, struct fc_pod *pod)
{
    static const char *const names[] = {TEMPLATE_HASH, NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    while (hk_scan_field(s, &it, names) >= 0) {
        struct hk_str hash = hk_scan_str_or_null(s);
        if (hash.len == sizeof pod->hash - 1)
            memcpy(pod->hash, hash.ptr, hash.len);
    }
}

static void read_pod_metadata(struct hk_scan *s, struct fc_pod *pod, struct trouble *t)
{
    static const char *const names[] = {"annotations", "creationTimestamp", "deletionTimestamp",
                                        NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0)
            read_template_hash(s, pod);
        else if (f == 1)
            t->created_s = read_time(s);
        else
            pod->is_terminating = hk_scan_str_or_null(s).len > 0;
}

/* The Pod's own words, the cause before its consequences. */
static void explain(struct fc_pod *pod, const struct trouble *t, struct hk_arena *arena)
{
    struct hk_str reason = t->reason, message = t->message;
    if (reason.len == 0 && t->waiting_reason.len) {
        reason = t->waiting_reason;
        message = t->waiting_message;
    } else if (reason.len == 0 && t->terminated_reason.len) {
        reason = t->terminated_reason;
    } else if (reason.len == 0 && pod->is_ended) {
        reason = t->phase;
    } else if (reason.len == 0 && t->condition_reason.len) {
        reason = t->condition_reason;
        message = t->condition_message;
    }
    pod->reason = hk_arena_copy(arena, reason);
    pod->message = hk_arena_copy(arena, message);
}

static void judge(struct fc_pod *pod, const struct trouble *t)
{
    bool has_failed = hk_str_is(t->phase, "Failed");
    pod->is_ended = has_failed || hk_str_is(t->phase, "Succeeded");
    pod->is_failed = has_failed || t->is_stuck;
    pod->is_ready = hk_str_is(t->phase, "Running") && t->is_condition_ready && !pod->is_terminating;
    if (!pod->is_ended)
        return;
    /* An evicted Pod may have no container that says when it ended. */
    pod->ended_s = t->ended_s ? t->ended_s : t->changed_s ? t->changed_s : t->created_s;
}

static void pod_add(struct fc_observed *observed, struct hk_arena *arena, const struct fc_pod *pod)
{
    struct fc_pod_block *block = observed->pods;
    if (!block || block->count == FC_POD_BLOCK) {
        block = hk_arena_alloc(arena, sizeof *block);
        if (!block)
            return;
        block->older = observed->pods;
        observed->pods = block;
    }
    block->items[block->count++] = *pod;
    observed->pod_count++;
}

static void read_pod(struct fc_observed *observed, struct hk_arena *arena,
                     const struct hk_object_key *key, struct hk_scan *s)
{
    static const char *const names[] = {"metadata", "status", NULL};
    struct fc_pod pod = {.index = -1};
    struct trouble t = {0};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0)
            read_pod_metadata(s, &pod, &t);
        else
            read_pod_status(s, &t);
    if (s->failed)
        return;
    judge(&pod, &t);
    if (!pod.is_ready)
        explain(&pod, &t, arena);
    pod.name = hk_arena_copy(arena, key->name);
    pod_add(observed, arena, &pod);
}

static void read_object_metadata(struct hk_scan *s, struct fc_object *object)
{
    static const char *const names[] = {"annotations",   "deletionTimestamp", "labels",
                                        "managedFields", "generation",        NULL};
    struct hk_str *const parts[] = {&object->annotations, NULL, &object->labels,
                                    &object->managed_fields, NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (parts[f])
            *parts[f] = hk_scan_raw_copy(s);
        else if (f == 4)
            object->generation = hk_scan_int(s);
        else
            object->is_terminating = hk_scan_str_or_null(s).len > 0;
}

static void read_object(struct fc_observed *observed, struct hk_arena *arena,
                        const struct hk_object_key *key, struct hk_scan *s)
{
    static const char *const names[] = {"binaryData", "data",   "immutable", "metadata",
                                        "spec",       "status", "type",      NULL};
    struct fc_object object = {.kind = hk_arena_copy(arena, key->kind),
                               .name = hk_arena_copy(arena, key->name)};
    struct hk_str *const parts[] = {&object.binary_data, &object.data,   NULL,        NULL,
                                    &object.spec,        &object.status, &object.type};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (parts[f])
            *parts[f] = hk_scan_raw_copy(s);
        else if (f == 3)
            read_object_metadata(s, &object);
        else
            object.is_immutable = hk_str_is(hk_scan_raw(s), "true");
    struct fc_object *objects = hk_arena_grow(arena, observed->objects, observed->object_count,
                                              &observed->object_cap, sizeof object);
    if (s->failed || !objects)
        return;
    observed->objects = objects;
    objects[observed->object_count++] = object;
}

void fc_observe_child(struct fc_observed *observed, struct hk_arena *arena,
                      const struct hk_object_key *key, struct hk_scan *s)
{
    const char *dot = memchr(key->kind.ptr, '.', key->kind.len);
    if (!dot || dot == key->kind.ptr || dot + 1 == key->kind.ptr + key->kind.len)
        hk_scan_fail(s, "must be filed under Kind.version");
    else if (key->name.len == 0)
        hk_scan_fail(s, "must be filed under its name");
    else
        (hk_str_is(key->kind, "Pod.v1") ? read_pod : read_object)(observed, arena, key, s);
}

/* "<cluster><infix><index>" -> index, in the one way that we write it; -1: another name. */
static int64_t index_of(struct hk_str name, struct hk_str cluster, struct hk_str infix)
{
    size_t at = cluster.len + infix.len;
    int64_t index = 0;
    if (!hk_str_has_prefix(name, cluster) || name.len <= at || name.len - at > 9 ||
        memcmp(name.ptr + cluster.len, infix.ptr, infix.len) != 0 ||
        (name.ptr[at] == '0' && name.len - at > 1))
        return -1;
    for (; at < name.len; at++) {
        if (name.ptr[at] < '0' || name.ptr[at] > '9')
            return -1;
        index = index * 10 + (name.ptr[at] - '0');
    }
    return index;
}

static int by_index(const void *a, const void *b)
{
    const struct fc_pod *x = *(const struct fc_pod *const *)a,
                        *y = *(const struct fc_pod *const *)b;
    return (x->index > y->index) - (x->index < y->index);
}

/* Two entries for one child (in two namespaces, or in both versions' form) would make one of them
 * count twice, and which one is kept would depend on the request's order. */
static int fail_twice(struct hk_str kind, struct hk_str name, struct hk_err *err)
{
    char path[128];
    snprintf(path, sizeof path, "children[%.*s]", HK_STR_ARG(kind));
    return hk_err_set(err, HK_ERR_INVALID, path, "holds %.*s twice", HK_STR_ARG(name));
}

static int fail_pod_twice(const struct fc_pod *pod, struct hk_err *err)
{
    return fail_twice(HK_STR("Pod.v1"), pod->name, err);
}

static int sort_by_index(struct fc_pod_set *set, struct hk_err *err)
{
    const struct fc_pod **list = set->items;
    bool is_sorted = true;
    for (size_t i = 1; i < set->count && is_sorted; i++)
        is_sorted = list[i - 1]->index < list[i]->index;
    if (is_sorted)
        return 0;
    qsort(list, set->count, sizeof *list, by_index);
    for (size_t i = 1; i < set->count; i++)
        if (list[i - 1]->index == list[i]->index)
            return fail_pod_twice(list[i], err);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct fc_pod *x = *(const struct fc_pod *const *)a,
                        *y = *(const struct fc_pod *const *)b;
    return hk_str_cmp(x->name, y->name);
}

static int by_kind_and_name(const void *a, const void *b)
{
    const struct fc_object *x = a, *y = b;
    int kinds = hk_str_cmp(x->kind, y->kind);
    return kinds ? kinds : hk_str_cmp(x->name, y->name);
}

static int sort_by_name(struct fc_pod_set *set, struct hk_err *err)
{
    const struct fc_pod **list = set->items;
    if (set->count)
        qsort(list, set->count, sizeof *list, by_name);
    for (size_t i = 1; i < set->count; i++)
        if (by_name(&list[i - 1], &list[i]) == 0)
            return fail_pod_twice(list[i], err);
    return 0;
}

static int sort_objects(struct fc_observed *observed, struct hk_err *err)
{
    const struct fc_object *list = observed->objects;
    if (observed->object_count)
        qsort(observed->objects, observed->object_count, sizeof *list, by_kind_and_name);
    for (size_t i = 1; i < observed->object_count; i++)
        if (by_kind_and_name(&list[i - 1], &list[i]) == 0)
            return fail_twice(list[i].kind, list[i].name, err);
    return 0;
}

const struct fc_object *fc_observed_find(const struct fc_observed *observed, const char *kind,
                                         struct hk_str name)
{
    for (size_t i = 0; i < observed->object_count; i++) {
        const struct fc_object *object = &observed->objects[i];
        if (hk_str_eq(object->name, name) && hk_str_is(object->kind, kind))
            return object;
    }
    return NULL;
}

static void pod_set_add(struct fc_pod_set *set, const struct fc_pod *pod)
{
    set->items[set->count++] = pod;
}

/* Who is this, by its name? */
static int assign_role(struct fc_observed *observed, struct fc_pod *pod,
                       const struct fc_names *names, struct hk_err *err)
{
    struct hk_str cluster = names->cluster;
    if ((pod->index = index_of(pod->name, cluster, HK_STR("-executor-manager-"))) >= 0)
        pod_set_add(&observed->executors, pod);
    else if ((pod->index = index_of(pod->name, cluster, HK_STR("-object-cache-"))) >= 0)
        pod_set_add(&observed->caches, pod);
    else if (!hk_str_eq(pod->name, names->session_manager))
        pod_set_add(&observed->strangers, pod);
    else if (observed->session)
        return fail_pod_twice(pod, err);
    else
        observed->session = pod;
    return 0;
}

static int find_stateful(struct fc_observed *observed, struct hk_arena *arena,
                         const struct fc_names *names, struct hk_err *err)
{
    const struct fc_object *object =
        fc_observed_find(observed, FC_STATEFUL_SET, names->executor_manager);
    struct fc_stateful *set = object ? hk_arena_alloc(arena, sizeof *set) : NULL;
    if (object && !set)
        return hk_err_memory(err);
    observed->stateful = set;
    return set ? fc_stateful_read(object, arena, set, err) : 0;
}

int64_t fc_observed_pods(const struct fc_observed *observed)
{
    return (int64_t)observed->pod_count + fc_stateful_pods_left(observed->stateful);
}

int64_t fc_observed_executors(const struct fc_observed *observed)
{
    return (int64_t)observed->executors.count + fc_stateful_pods_left(observed->stateful);
}

int fc_observe_sort(struct fc_observed *observed, struct hk_arena *arena,
                    const struct fc_names *names, struct hk_err *err)
{
    struct fc_pod_set *const sets[] = {&observed->executors, &observed->caches,
                                       &observed->strangers};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (!(sets[i]->items =
                  hk_arena_alloc(arena, (observed->pod_count + 1) * sizeof *sets[i]->items)))
            return hk_err_memory(err);
    for (struct fc_pod_block *block = observed->pods; block; block = block->older)
        for (size_t i = 0; i < block->count; i++)
            if (assign_role(observed, &block->items[i], names, err) != 0)
                return -1;
    if (sort_by_index(&observed->executors, err) != 0 ||
        sort_by_index(&observed->caches, err) != 0 ||
        sort_by_name(&observed->strangers, err) != 0 || sort_objects(observed, err) != 0)
        return -1;
    observed->config = fc_observed_find(observed, "ConfigMap.v1", names->config);
    observed->config_secret = fc_observed_find(observed, "Secret.v1", names->config);
    observed->session_service = fc_observed_find(observed, "Service.v1", names->session_manager);
    observed->cache_service = fc_observed_find(observed, "Service.v1", names->object_cache);
    return find_stateful(observed, arena, names, err);
}

struct hk_str fc_raw_member(struct hk_str raw, const char *key, struct hk_arena *arena)
{
    const char *const names[] = {key, NULL};
    struct hk_str value = {NULL, 0};
    struct hk_scan s;
    struct hk_scan_iter it;
    if (raw.len == 0)
        return value;
    hk_scan_init(&s, raw.ptr, raw.len, arena, NULL);
    if (hk_scan_type(&s) != HK_JSON_OBJECT)
        return value;
    hk_scan_object(&s, &it);
    while (hk_scan_field(&s, &it, names) >= 0)
        value = hk_arena_copy(arena, hk_scan_str_or_null(&s));
    return s.failed ? (struct hk_str){NULL, 0} : value;
}
