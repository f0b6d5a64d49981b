/* hk_sim_volumes.c - PersistentVolumeClaims: bound a moment after they are asked for, grown likewise, kept while a
 * Pod uses them. Every claim finds a volume, and every StorageClass lets its volumes grow. Which node a volume can
 * be reached from is not played.
 * source: k8s.io/kubernetes pkg/controller/volume/{persistentvolume,pvcprotection}, 1.36 (restated). */
#include "hk_sim_impl.h"

#include <stdio.h>

#define PROTECTION "kubernetes.io/pvc-protection"
#define CLAIM "PersistentVolumeClaim"

static const char *claim_of(const json_t *volume)
{
    return hk_sim_text(volume, "persistentVolumeClaim.claimName");
}

static bool is_bound(const json_t *claim)
{
    return strcmp(hk_sim_text(claim, "status.phase"), "Bound") == 0;
}

/* Nobody has to have declared the kind. */
static const json_t *find_claim(const struct hk_sim *sim, const char *namespace, const char *name)
{
    return hk_sim_find(sim, (struct hk_sim_ref){CLAIM, namespace, name});
}

bool hk_sim_volumes_missing(const struct hk_sim *sim, const json_t *pod, char *why, size_t size)
{
    size_t i;
    json_t *volume;
    json_array_foreach(hk_sim_get(pod, "spec.volumes"), i, volume)
    {
        const char *name = claim_of(volume);
        const json_t *claim = find_claim(sim, hk_sim_text(pod, "metadata.namespace"), name);
        if (!*name || (is_bound(claim) && !hk_sim_get(claim, "metadata.deletionTimestamp")))
            continue;
        snprintf(why, size, "0/4 nodes are available: persistentvolumeclaim \"%s\" %s", name,
                 !claim            ? "not found"
                 : is_bound(claim) ? "is being deleted"
                                   : "is not bound");
        return true;
    }
    return false;
}

void hk_sim_volumes_admit(struct hk_sim *sim, const json_t *claim)
{
    struct sim_binding *bindings =
        hk_resize(sim->bindings, (sim->binding_count + 1) * sizeof *bindings);
    if (!bindings) {
        sim->failed = true;
        return;
    }
    sim->bindings = bindings;
    bindings[sim->binding_count++] = (struct sim_binding){
        .uid = hk_sim_strdup(sim, hk_sim_text(claim, "metadata.uid")),
        .namespace = hk_sim_strdup(sim, hk_sim_text(claim, "metadata.namespace")),
        .name = hk_sim_strdup(sim, hk_sim_text(claim, "metadata.name")),
        .due_ms = sim->now_ms + hk_sim_jitter(sim, sim->options.pace.bind_ms),
    };
}

static void binding_free(struct sim_binding *binding)
{
    hk_free(binding->uid);
    hk_free(binding->namespace);
    hk_free(binding->name);
}

void hk_sim_volumes_fini(struct hk_sim *sim)
{
    for (size_t i = 0; i < sim->binding_count; i++)
        binding_free(&sim->bindings[i]);
    hk_free(sim->bindings);
}

int64_t hk_sim_volumes_next(const struct hk_sim *sim)
{
    int64_t next = SIM_NEVER;
    for (size_t i = 0; i < sim->binding_count; i++)
        if (sim->bindings[i].due_ms < next)
            next = sim->bindings[i].due_ms;
    return next;
}

/* The volume is there, and as large as was asked for. */
static void bind(struct hk_sim *sim, const struct sim_binding *binding)
{
    struct sim_shelf *shelf = hk_sim_shelf_find(sim, CLAIM);
    struct sim_version *live = hk_sim_list_find(&shelf->live, binding->namespace, binding->name);
    char volume[48];
    if (!live || strcmp(live->uid, binding->uid) != 0)
        return;
    json_t *status = json_pack("{s:s}", "phase", "Bound");
    hk_sim_set(sim, status, "accessModes",
               hk_sim_copy(sim, hk_sim_get(live->json, "spec.accessModes")));
    hk_sim_set(sim, status, "capacity",
               hk_sim_copy(sim, hk_sim_get(live->json, "spec.resources.requests")));
    snprintf(volume, sizeof volume, "pvc-%s", binding->uid);
    hk_sim_store_bind(sim, shelf, live, volume, status);
}

void hk_sim_volumes_live(struct hk_sim *sim)
{
    bool has_bound = false;
    sim->actor = HK_SIM_CLUSTER;
    for (size_t i = 0; i < sim->binding_count;) {
        struct sim_binding binding = sim->bindings[i];
        if (binding.due_ms > sim->now_ms) {
            i++;
            continue;
        }
        sim->bindings[i] = sim->bindings[--sim->binding_count];
        bind(sim, &binding);
        binding_free(&binding);
        has_bound = true;
    }
    if (has_bound)
        hk_sim_pods_wake(sim);
}

/* A Pod that no node has got yet holds nothing back. */
static bool is_used(const struct hk_sim *sim, const struct sim_version *claim)
{
    const struct sim_shelf *pods = hk_sim_shelf_find(sim, "Pod");
    for (size_t p = 0; pods && p < pods->live.count; p++) {
        const struct sim_version *pod = pods->live.items[p];
        size_t i;
        json_t *volume;
        if (strcmp(pod->namespace, claim->namespace) != 0 ||
            !*hk_sim_text(pod->json, "spec.nodeName"))
            continue;
        json_array_foreach(hk_sim_get(pod->json, "spec.volumes"), i, volume)
        {
            if (strcmp(claim_of(volume), claim->name) == 0)
                return true;
        }
    }
    return false;
}

static struct sim_version *find_released(const struct hk_sim *sim, const struct sim_shelf *shelf)
{
    for (size_t i = 0; i < shelf->live.count; i++) {
        struct sim_version *claim = shelf->live.items[i];
        if (hk_sim_get(claim->json, "metadata.deletionTimestamp") &&
            hk_sim_has_finalizer(claim->json, PROTECTION) && !is_used(sim, claim))
            return claim;
    }
    return NULL;
}

void hk_sim_volumes_release(struct hk_sim *sim)
{
    struct sim_shelf *shelf = hk_sim_shelf_find(sim, CLAIM);
    enum hk_sim_actor actor = sim->actor;
    const struct hk_sim_view *view = sim->view;
    sim->actor = HK_SIM_CLUSTER;
    sim->view = NULL;
    struct sim_version *claim = shelf ? find_released(sim, shelf) : NULL;
    for (; claim && !sim->failed; claim = find_released(sim, shelf))
        hk_sim_store_set_finalizer(sim, shelf, claim, PROTECTION, false);
    sim->actor = actor;
    sim->view = view;
}

void hk_sim_volumes_default(struct hk_sim *sim, json_t *claim)
{
    json_t *metadata = hk_sim_child(sim, claim, "metadata");
    json_t *spec = hk_sim_child(sim, claim, "spec");
    json_t *requests = hk_sim_child(sim, hk_sim_child(sim, spec, "resources"), "requests");
    struct hk_qty size;
    hk_sim_default(sim, spec, "storageClassName", json_string("standard"));
    hk_sim_default(sim, spec, "volumeMode", json_string("Filesystem"));
    if (hk_qty_parse(hk_str_of(hk_sim_text(requests, "storage")), &size, NULL) == 0)
        hk_sim_set_text(sim, requests, "storage", size.text);
    if (!json_object_get(claim, "status"))
        hk_sim_set(sim, claim, "status", json_pack("{s:s}", "phase", "Pending"));
    if (json_object_get(metadata, "deletionTimestamp") || hk_sim_has_finalizer(claim, PROTECTION))
        return;
    hk_sim_default(sim, metadata, "finalizers", json_array());
    hk_sim_append(sim, json_object_get(metadata, "finalizers"), json_string(PROTECTION));
}

static bool read_size(const json_t *claim, struct hk_qty *size)
{
    struct hk_str text = hk_str_of(hk_sim_text(claim, "spec.resources.requests.storage"));
    return hk_qty_parse(text, size, NULL) == 0 && size->milli > 0;
}

const char *hk_sim_volumes_refuse(const json_t *claim)
{
    struct hk_qty size;
    if (json_array_size(hk_sim_get(claim, "spec.accessModes")) == 0)
        return "spec.accessModes: Required value: at least 1 access mode is required";
    if (!read_size(claim, &size))
        return "spec.resources.requests.storage: Invalid value: must be greater than zero";
    return NULL;
}

/* Equal, but for what a bound claim may change. */
static bool is_same_spec(const json_t *old, const json_t *new, bool is_bound)
{
    const char *key;
    json_t *value;
    if (json_object_size(old) != json_object_size(new))
        return false;
    json_object_foreach((json_t *)old, key, value)
    {
        bool may_change = is_bound && strcmp(key, "resources") == 0;
        if (!may_change && !json_equal(value, json_object_get(new, key)))
            return false;
    }
    return true;
}

const char *hk_sim_volumes_refuse_update(const json_t *live, const json_t *claim)
{
    struct hk_qty before, after;
    if (!read_size(live, &before) || !read_size(claim, &after))
        return "spec.resources.requests.storage: Invalid value: must be greater than zero";
    if (!is_same_spec(json_object_get(live, "spec"), json_object_get(claim, "spec"),
                      is_bound(live)))
        return "spec: Forbidden: spec is immutable after creation except resources.requests and "
               "volumeAttributesClassName for bound claims";
    return hk_qty_cmp(&after, &before) < 0
               ? "spec.resources.requests.storage: Forbidden: field can not be less than "
                 "status.capacity"
               : NULL;
}
