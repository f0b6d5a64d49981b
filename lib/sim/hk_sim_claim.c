/* hk_sim_claim.c - which observed objects are a parent's children: owned ones whose label matches,
 * orphans with the label are adopted, owned ones without it are let go.
 * source: metacontroller pkg/third_party/kubernetes ControllerRefManager (restated). */
#include "hk_sim_impl.h"

static void write_owner(struct hk_sim *sim, struct sim_shelf *shelf, const struct sim_version *seen,
                        const json_t *parent)
{
    json_t *object = hk_sim_copy(sim, seen->json);
    json_t *metadata = json_object_get(object, "metadata");
    if (parent)
        hk_sim_set(sim, metadata, "ownerReferences", json_pack("[o]", hk_sim_owner_ref(parent)));
    else
        json_object_del(metadata, "ownerReferences");
    /* A conflict means that the cache was old; the next sync sees it. */
    hk_sim_store_replace(sim, shelf, object, hk_sim_text(seen->json, "metadata.resourceVersion"),
                         NULL);
}

static bool claim(struct hk_sim *sim, struct sim_shelf *shelf, const struct sim_version *seen,
                  const json_t *parent)
{
    const char *uid = hk_sim_text(parent, "metadata.uid"), *owner = seen->owner;
    const char *label = json_string_value(
        json_object_get(hk_sim_get(seen->json, "metadata.labels"), SIM_UID_LABEL));
    bool matches = label && strcmp(label, uid) == 0;
    if (owner && strcmp(owner, uid) != 0)
        return false;
    if (owner && matches)
        return true;
    if (hk_sim_get(parent, "metadata.deletionTimestamp"))
        return false;
    if (owner) {
        write_owner(sim, shelf, seen, NULL);
        return false;
    }
    if (!matches || hk_sim_get(seen->json, "metadata.deletionTimestamp"))
        return false;
    write_owner(sim, shelf, seen, parent);
    return true;
}

void hk_sim_claim(struct hk_sim *sim, const json_t *parent, struct sim_claim *claims)
{
    const char *namespace = hk_sim_text(parent, "metadata.namespace");
    for (size_t s = 0; s < sim->shelf_count; s++) {
        struct sim_shelf *shelf = sim->shelves[s];
        for (size_t i = 0; shelf->is_child && i < shelf->seen.count; i++) {
            struct sim_version *seen = shelf->seen.items[i];
            if (strcmp(seen->namespace, namespace) == 0 && claim(sim, shelf, seen, parent))
                hk_sim_list_put(sim, &claims->lists[s], seen);
        }
    }
}
