/* hk_sim_store.c - the API server: what it fills in, keeps, counts and refuses on each write. */
#include "hk_sim_impl.h"

#include <stdio.h>

struct sim_shelf *hk_sim_shelf_find(const struct hk_sim *sim, const char *kind)
{
    for (size_t i = 0; i < sim->shelf_count; i++)
        if (strcmp(sim->shelves[i]->kind.kind, kind) == 0)
            return sim->shelves[i];
    return NULL;
}

void hk_sim_tell(struct hk_sim *sim, struct hk_sim_event event)
{
    event.at_ms = sim->now_ms;
    event.actor = sim->actor;
    event.view = sim->view;
    if (sim->options.on_event && !sim->failed)
        sim->options.on_event(sim->options.event_arg, &event);
}

static bool has_generation(const char *kind)
{
    static const char *const without[] = {"ConfigMap", "PersistentVolumeClaim", "Secret", "Service",
                                          "ServiceAccount"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (strcmp(kind, without[i]) == 0)
            return false;
    return true;
}

static bool is_claim(const struct sim_shelf *shelf)
{
    return strcmp(shelf->kind.kind, "PersistentVolumeClaim") == 0;
}

/* The object becomes the live one; returns it borrowed, NULL without memory. */
static struct sim_version *commit(struct hk_sim *sim, struct sim_shelf *shelf,
                                  json_t *steals_object)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)++sim->resource_version);
    hk_sim_set_text(sim, hk_sim_child(sim, steals_object, "metadata"), "resourceVersion", text);
    struct sim_version *version = hk_sim_version_new(sim, steals_object);
    if (!version)
        return NULL;
    hk_sim_list_put(sim, &shelf->live, version);
    hk_sim_cache_announce(sim, shelf, version, false);
    hk_sim_sets_wake(sim, shelf->kind.kind);
    sim->changed_ms = sim->now_ms;
    hk_sim_version_free(version); /* the list holds it */
    return version;
}

void hk_sim_store_load(struct hk_sim *sim, struct sim_shelf *shelf, json_t *steals_object)
{
    const struct sim_version *version = commit(sim, shelf, steals_object);
    if (!version)
        return;
    if (strcmp(shelf->kind.kind, "Pod") == 0)
        hk_sim_pods_restore(sim, version->json);
    else if (is_claim(shelf) && strcmp(hk_sim_text(version->json, "status.phase"), "Bound") != 0)
        hk_sim_volumes_admit(sim, version->json);
}

static void commit_change(struct hk_sim *sim, struct sim_shelf *shelf, json_t *steals_object,
                          enum hk_sim_what what)
{
    struct sim_version *old =
        hk_sim_list_find(&shelf->live, hk_sim_text(steals_object, "metadata.namespace"),
                         hk_sim_text(steals_object, "metadata.name"));
    if (!old) {
        json_decref(steals_object);
        sim->failed = true;
        return;
    }
    old->refs++;
    struct sim_version *version = commit(sim, shelf, steals_object);
    if (version)
        hk_sim_tell(sim, (struct hk_sim_event){.what = what,
                                               .kind = shelf->kind.kind,
                                               .before = old->json,
                                               .after = version->json});
    hk_sim_version_free(old);
}

static void collect(struct hk_sim *sim, const char *uid);

/* Pods own nothing. */
static bool is_there(const struct hk_sim *sim, const char *uid)
{
    for (size_t s = 0; s < sim->shelf_count; s++) {
        const struct sim_shelf *shelf = sim->shelves[s];
        size_t count = strcmp(shelf->kind.kind, "Pod") == 0 ? 0 : shelf->live.count;
        for (size_t i = 0; i < count; i++)
            if (strcmp(shelf->live.items[i]->uid, uid) == 0)
                return true;
    }
    return false;
}

/* What came after its owner went, as a cache that lags lets it, follows it too. */
static void collect_late(struct hk_sim *sim, const struct sim_version *version)
{
    const char *owner = version->owner;
    enum hk_sim_actor actor = sim->actor;
    const struct hk_sim_view *view = sim->view;
    char uid[64];
    if (!owner || is_there(sim, owner))
        return;
    snprintf(uid, sizeof uid, "%s", owner);
    sim->actor = HK_SIM_CLUSTER;
    sim->view = NULL;
    collect(sim, uid);
    sim->actor = actor;
    sim->view = view;
}

int hk_sim_store_create(struct hk_sim *sim, struct sim_shelf *shelf, json_t *steals_object,
                        struct hk_err *err)
{
    json_t *metadata = hk_sim_child(sim, steals_object, "metadata");
    hk_sim_default(sim, metadata, "namespace", json_string("default"));
    if (hk_sim_list_find(&shelf->live, hk_sim_text(metadata, "namespace"),
                         hk_sim_text(metadata, "name"))) {
        json_decref(steals_object);
        return hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "it exists already");
    }
    char uid[37], now[HK_TIME_SIZE];
    hk_sim_uid(sim, uid);
    hk_sim_time_text(sim, sim->now_ms, now);
    hk_sim_set_text(sim, metadata, "uid", uid);
    hk_sim_set_text(sim, metadata, "creationTimestamp", now);
    json_object_del(metadata, "deletionTimestamp");
    json_object_del(metadata, "generation");
    json_object_del(steals_object, "status");
    if (has_generation(shelf->kind.kind))
        hk_sim_set_int(sim, metadata, "generation", 1);
    hk_sim_defaults(sim, steals_object);
    if (hk_sim_validate(steals_object, err) != 0) {
        json_decref(steals_object);
        return -1;
    }
    struct sim_version *version = commit(sim, shelf, steals_object);
    if (!version)
        return 0;
    sim->counters.created += sim->actor == HK_SIM_HOOK;
    hk_sim_tell(sim, (struct hk_sim_event){
                         .what = HK_SIM_CREATED, .kind = shelf->kind.kind, .after = version->json});
    if (strcmp(shelf->kind.kind, "Pod") == 0)
        hk_sim_pods_admit(sim, version->json);
    if (is_claim(shelf))
        hk_sim_volumes_admit(sim, version->json);
    collect_late(sim, version);
    return 0;
}

/* Puts the member of `from` into `to`, or removes it there. */
static void carry(struct hk_sim *sim, json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    if (value)
        hk_sim_set(sim, to, key, hk_sim_copy(sim, value));
    else
        json_object_del(to, key);
}

void hk_sim_carry_server_fields(struct hk_sim *sim, json_t *object, const json_t *live)
{
    static const char *const owned[] = {"uid",
                                        "resourceVersion",
                                        "generation",
                                        "creationTimestamp",
                                        "deletionTimestamp",
                                        "deletionGracePeriodSeconds"};
    json_t *metadata = hk_sim_child(sim, object, "metadata");
    const json_t *old = json_object_get(live, "metadata");
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        carry(sim, metadata, old, owned[i]);
    carry(sim, object, live, "status");
    if (strcmp(hk_sim_text(object, "kind"), "Service") == 0) { /* its addresses never change */
        json_t *spec = hk_sim_child(sim, object, "spec");
        hk_sim_default(sim, spec, "clusterIP", json_deep_copy(hk_sim_get(live, "spec.clusterIP")));
        hk_sim_default(sim, spec, "clusterIPs",
                       json_deep_copy(hk_sim_get(live, "spec.clusterIPs")));
    }
}

static void bump_generation(struct hk_sim *sim, json_t *object)
{
    json_t *metadata = json_object_get(object, "metadata");
    if (json_object_get(metadata, "generation"))
        hk_sim_set_int(sim, metadata, "generation", hk_sim_int(metadata, "generation") + 1);
}

int hk_sim_store_replace(struct hk_sim *sim, struct sim_shelf *shelf, json_t *steals_object,
                         const char *expected_version, struct hk_err *err)
{
    struct sim_version *live =
        hk_sim_list_find(&shelf->live, hk_sim_text(steals_object, "metadata.namespace"),
                         hk_sim_text(steals_object, "metadata.name"));
    if (!live ||
        (*expected_version &&
         strcmp(expected_version, hk_sim_text(live->json, "metadata.resourceVersion")) != 0)) {
        json_decref(steals_object);
        return hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "it was changed or deleted meanwhile");
    }
    hk_sim_carry_server_fields(sim, steals_object, live->json);
    if (strcmp(shelf->kind.kind, "Service") == 0)
        hk_sim_service_carry(sim, steals_object, live->json);
    hk_sim_defaults(sim, steals_object);
    if (json_equal(steals_object, live->json)) {
        json_decref(steals_object);
        sim->counters.in_vain += sim->actor == HK_SIM_HOOK;
        return 0;
    }
    if (hk_sim_validate_update(live->json, steals_object, err) != 0) {
        json_decref(steals_object);
        return -1;
    }
    if (!json_equal(json_object_get(steals_object, "spec"), json_object_get(live->json, "spec"))) {
        bump_generation(sim, steals_object);
        if (is_claim(shelf))
            hk_sim_volumes_admit(sim, steals_object);
    }
    sim->counters.updated += sim->actor == HK_SIM_HOOK;
    commit_change(sim, shelf, steals_object, HK_SIM_UPDATED);
    return 0;
}

void hk_sim_store_write_status(struct hk_sim *sim, struct sim_shelf *shelf,
                               const struct sim_version *old, json_t *steals_status)
{
    if (json_equal(json_object_get(old->json, "status"), steals_status)) {
        json_decref(steals_status);
        return;
    }
    json_t *object = hk_sim_revise(sim, old->json);
    hk_sim_set(sim, object, "status", steals_status);
    if (object)
        commit_change(sim, shelf, object, HK_SIM_STATUS);
}

void hk_sim_store_bind(struct hk_sim *sim, struct sim_shelf *shelf, const struct sim_version *old,
                       const char *to, json_t *steals_status)
{
    json_t *object = hk_sim_revise(sim, old->json);
    bool is_pod = strcmp(shelf->kind.kind, "Pod") == 0;
    hk_sim_set_text(sim, hk_sim_own(sim, object, "spec"), is_pod ? "nodeName" : "volumeName", to);
    hk_sim_set(sim, object, "status", steals_status);
    if (object)
        commit_change(sim, shelf, object, HK_SIM_STATUS);
}

void hk_sim_store_set_finalizer(struct hk_sim *sim, struct sim_shelf *shelf,
                                struct sim_version *old, const char *name, bool present)
{
    if (hk_sim_has_finalizer(old->json, name) == present)
        return;
    json_t *object = hk_sim_revise(sim, old->json), *list = json_array(), *item;
    size_t i;
    json_array_foreach(hk_sim_get(old->json, "metadata.finalizers"), i, item)
    {
        const char *text = json_string_value(item);
        if (!text || strcmp(text, name) != 0)
            hk_sim_append(sim, list, json_incref(item));
    }
    if (present)
        hk_sim_append(sim, list, json_string(name));
    bool is_last = json_array_size(list) == 0;
    json_t *metadata = json_object_get(object, "metadata");
    if (is_last) {
        json_object_del(metadata, "finalizers");
        json_decref(list);
    } else {
        hk_sim_set(sim, metadata, "finalizers", list);
    }
    if (is_last && json_object_get(metadata, "deletionTimestamp")) {
        json_decref(object);
        hk_sim_store_remove(sim, shelf, old);
    } else if (object) {
        commit_change(sim, shelf, object, HK_SIM_UPDATED);
    }
}

/* How long the server lets the object live on; 0: not at all. */
static int64_t grace_s(const json_t *object)
{
    const char *phase = hk_sim_text(object, "status.phase");
    if (strcmp(hk_sim_text(object, "kind"), "Pod") != 0 || !*hk_sim_text(object, "spec.nodeName") ||
        strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0)
        return 0;
    return hk_sim_int(object, "spec.terminationGracePeriodSeconds");
}

static void start_deletion(struct hk_sim *sim, struct sim_shelf *shelf,
                           const struct sim_version *live, int64_t grace)
{
    char until[HK_TIME_SIZE];
    json_t *object = hk_sim_revise(sim, live->json);
    json_t *metadata = json_object_get(object, "metadata");
    hk_sim_time_text(sim, sim->now_ms + grace * 1000, until);
    hk_sim_set_text(sim, metadata, "deletionTimestamp", until);
    hk_sim_set_int(sim, metadata, "deletionGracePeriodSeconds", grace);
    bump_generation(sim, object);
    if (object)
        commit_change(sim, shelf, object, HK_SIM_DELETING);
}

int hk_sim_store_delete(struct hk_sim *sim, struct sim_shelf *shelf, struct hk_sim_ref ref,
                        const char *uid, struct hk_err *err)
{
    struct sim_version *live = hk_sim_list_find(&shelf->live, ref.namespace, ref.name);
    if (!live)
        return hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "%s %s/%s not found", ref.kind,
                          ref.namespace, ref.name);
    if (uid && strcmp(uid, live->uid) != 0)
        return hk_err_set(err, HK_ERR_INVALID, NULL,
                          "%s %s/%s: the UID in the precondition is another one", ref.kind,
                          ref.namespace, ref.name);
    if (hk_sim_get(live->json, "metadata.deletionTimestamp"))
        return 0;
    sim->counters.deleted += sim->actor == HK_SIM_HOOK;
    int64_t grace = grace_s(live->json);
    live->refs++;
    if (grace > 0) {
        start_deletion(sim, shelf, live, grace);
        hk_sim_pods_stop(sim, live->json);
    } else if (json_array_size(hk_sim_get(live->json, "metadata.finalizers"))) {
        start_deletion(sim, shelf, live, 0);
        hk_sim_volumes_release(sim);
    } else {
        hk_sim_tell(sim, (struct hk_sim_event){.what = HK_SIM_DELETING,
                                               .kind = shelf->kind.kind,
                                               .before = live->json});
        hk_sim_store_remove(sim, shelf, live);
    }
    hk_sim_version_free(live);
    return 0;
}

/* Garbage collection: what the removed object owned follows it. Backwards, since deleting takes
 * objects out of the list. */
static void collect(struct hk_sim *sim, const char *uid)
{
    for (size_t s = 0; s < sim->shelf_count; s++) {
        struct sim_shelf *shelf = sim->shelves[s];
        for (size_t i = shelf->live.count; i-- > 0;) {
            if (i >= shelf->live.count)
                continue; /* what it owned itself went with it */
            struct sim_version *child = shelf->live.items[i];
            if (!child->owner || strcmp(child->owner, uid) != 0)
                continue;
            struct hk_sim_ref ref = {shelf->kind.kind, child->namespace, child->name};
            if (hk_sim_store_delete(sim, shelf, ref, NULL, NULL) != 0)
                sim->failed = true;
        }
    }
}

void hk_sim_store_remove(struct hk_sim *sim, struct sim_shelf *shelf, struct sim_version *version)
{
    version->refs++;
    hk_sim_list_drop(&shelf->live, version->namespace, version->name);
    hk_sim_cache_announce(sim, shelf, version, true);
    if (strcmp(shelf->kind.kind, "Pod") == 0)
        hk_sim_pods_gone(sim, version);
    hk_sim_sets_wake(sim, shelf->kind.kind);
    sim->changed_ms = sim->now_ms;
    hk_sim_tell(sim, (struct hk_sim_event){
                         .what = HK_SIM_GONE, .kind = shelf->kind.kind, .before = version->json});
    enum hk_sim_actor actor = sim->actor;
    const struct hk_sim_view *view = sim->view;
    sim->actor = HK_SIM_CLUSTER;
    sim->view = NULL;
    collect(sim, version->uid);
    hk_sim_volumes_release(sim);
    sim->actor = actor;
    sim->view = view;
    hk_sim_version_free(version);
}
