/* hk_sim_children.c - makes the observed children what the hook wants.
 * source: metacontroller pkg/controller/common/manage_children.go 4.17, dynamic-apply (restated).
 */
#include "hk_sim_impl.h"

#include <stdio.h>

json_t *hk_sim_owner_ref(const json_t *parent)
{
    return json_pack("{s:s,s:b,s:b,s:s,s:s,s:s}", "apiVersion", hk_sim_text(parent, "apiVersion"),
                     "blockOwnerDeletion", 1, "controller", 1, "kind", hk_sim_text(parent, "kind"),
                     "name", hk_sim_text(parent, "metadata.name"), "uid",
                     hk_sim_text(parent, "metadata.uid"));
}

static void set_last_applied(struct hk_sim *sim, json_t *object, const json_t *applied)
{
    char *text = json_dumps(applied, JSON_COMPACT | JSON_SORT_KEYS);
    json_t *metadata = hk_sim_child(sim, object, "metadata");
    hk_sim_set(sim, hk_sim_child(sim, metadata, "annotations"), SIM_LAST_APPLIED,
               text ? json_string(text) : NULL);
    hk_sim_free_text(text);
}

/* A desired child, and the claimed one that it is to be. */
struct wish {
    const json_t *desired;
    struct sim_shelf *shelf;  /* NULL: it is of no child kind */
    struct sim_version *seen; /* NULL: it is not there */
};

static struct wish look_up(const struct hk_sim *sim, const struct sim_claim *claims,
                           const json_t *desired)
{
    const char *kind = hk_sim_text(desired, "kind");
    const json_t *metadata = json_object_get(desired, "metadata");
    for (size_t s = 0; s < sim->shelf_count; s++) {
        struct sim_shelf *shelf = sim->shelves[s];
        if (shelf->is_child && strcmp(shelf->kind.kind, kind) == 0)
            return (struct wish){desired, shelf,
                                 hk_sim_list_find(&claims->lists[s],
                                                  hk_sim_text(metadata, "namespace"),
                                                  hk_sim_text(metadata, "name"))};
    }
    return (struct wish){.desired = desired};
}

/* New; NULL: out of memory. */
static struct wish *look_up_all(struct hk_sim *sim, const struct sim_claim *claims,
                                const json_t *desired)
{
    size_t count = json_array_size(desired);
    struct wish *wishes = hk_alloc((count + 1) * sizeof *wishes);
    sim->failed |= !wishes;
    sim->manages++;
    for (size_t i = 0; wishes && i < count; i++) {
        wishes[i] = look_up(sim, claims, json_array_get(desired, i));
        if (wishes[i].seen)
            wishes[i].seen->wanted_by = sim->manages;
    }
    return wishes;
}

static int delete_seen(struct hk_sim *sim, struct sim_shelf *shelf, const struct sim_version *seen,
                       struct hk_err *err)
{
    struct hk_sim_ref ref = {shelf->kind.kind, seen->namespace, seen->name};
    struct hk_err why = {0};
    if (hk_sim_store_delete(sim, shelf, ref, seen->uid, &why) == 0 || why.kind == HK_ERR_NOT_FOUND)
        return 0;
    return hk_err_set(err, HK_ERR_INTERNAL, NULL, "can't delete %s %s/%s: %s", ref.kind,
                      ref.namespace, ref.name, why.text);
}

/* The object with what it is to become merged in; NULL: nothing would change. */
static json_t *updated(struct hk_sim *sim, const json_t *seen, const json_t *desired)
{
    const char *text = hk_sim_annotation(seen, SIM_LAST_APPLIED);
    json_t *last = *text ? json_loads(text, 0, NULL) : NULL;
    json_t *merged = hk_sim_merge(sim, seen, last, desired);
    json_decref(last);
    hk_sim_carry_server_fields(sim, merged, seen);
    set_last_applied(sim, merged, desired);
    if (merged && !json_equal(merged, seen))
        return merged;
    json_decref(merged);
    return NULL;
}

/* Losing a race is no error: the next sync sees who won. */
static int refused(const struct hk_err *why, const char *verb, struct hk_err *err)
{
    if (why->kind != HK_ERR_INVALID)
        return 0;
    return hk_err_set(err, HK_ERR_INTERNAL, NULL, "can't %s: %s", verb, why->text);
}

static int update(struct hk_sim *sim, struct sim_shelf *shelf, const struct sim_version *seen,
                  const json_t *desired, struct hk_err *err)
{
    if (shelf->kind.update == HK_SIM_ON_DELETE ||
        hk_sim_get(seen->json, "metadata.deletionTimestamp"))
        return 0;
    json_t *merged = updated(sim, seen->json, desired);
    if (!merged)
        return 0;
    if (shelf->kind.update == HK_SIM_RECREATE) {
        json_decref(merged);
        return delete_seen(sim, shelf, seen, err);
    }
    /* Gone or newer than what was seen: Metacontroller lets the next sync see to it. */
    struct hk_err why = {0};
    const char *version = hk_sim_text(seen->json, "metadata.resourceVersion");
    hk_sim_store_replace(sim, shelf, merged, version, &why);
    return refused(&why, "update", err);
}

static int create(struct hk_sim *sim, struct sim_shelf *shelf, const json_t *desired,
                  const json_t *parent, struct hk_err *err)
{
    json_t *object = hk_sim_copy(sim, desired);
    set_last_applied(sim, object, desired);
    json_t *metadata = hk_sim_child(sim, object, "metadata");
    hk_sim_set(sim, metadata, "ownerReferences", json_pack("[o]", hk_sim_owner_ref(parent)));
    /* When it exists already the cache is behind, or it is somebody else's: not an error. */
    struct hk_err why = {0};
    hk_sim_store_create(sim, shelf, object, &why);
    return refused(&why, "create", err);
}

static int apply(struct hk_sim *sim, const struct wish *wish, const json_t *parent,
                 struct hk_err *err)
{
    if (!wish->shelf)
        return hk_err_set(err, HK_ERR_INTERNAL, NULL, "no child resource %s %s",
                          hk_sim_text(wish->desired, "apiVersion"),
                          hk_sim_text(wish->desired, "kind"));
    if (wish->seen)
        return update(sim, wish->shelf, wish->seen, wish->desired, err);
    return create(sim, wish->shelf, wish->desired, parent, err);
}

static int delete_unwanted(struct hk_sim *sim, const struct sim_claim *claims, struct hk_err *err)
{
    int result = 0;
    for (size_t s = 0; s < sim->shelf_count; s++) {
        for (size_t i = 0; i < claims->lists[s].count; i++) {
            const struct sim_version *seen = claims->lists[s].items[i];
            if (seen->wanted_by != sim->manages &&
                !hk_sim_get(seen->json, "metadata.deletionTimestamp") &&
                delete_seen(sim, sim->shelves[s], seen, err) != 0)
                result = -1;
        }
    }
    return result;
}

int hk_sim_manage(struct hk_sim *sim, const json_t *parent, const struct sim_claim *claims,
                  const json_t *desired, struct hk_err *err)
{
    struct wish *wishes = look_up_all(sim, claims, desired);
    if (!wishes)
        return hk_err_memory(err);
    int result = delete_unwanted(sim, claims, err);
    for (size_t i = 0; i < json_array_size(desired); i++) {
        if (apply(sim, &wishes[i], parent, err) != 0)
            result = -1;
    }
    hk_free(wishes);
    return result;
}
