/* hk_sim_user.c - what a person with kubectl does to the cluster, and sees of it. */
#include "hk_sim_impl.h"

#include <ctype.h>

/* Kinds that nobody declared come with the first object: Secrets for a customize hook, say. */
static struct sim_shelf *new_shelf(struct hk_sim *sim, const char *api_version, const char *kind)
{
    size_t len = strlen(kind);
    char *owned[3] = {hk_sim_strdup(sim, api_version), hk_sim_strdup(sim, kind), hk_alloc(len + 2)};
    struct sim_shelf *shelf = NULL;
    if (owned[0] && owned[1] && owned[2]) {
        for (size_t i = 0; i < len; i++)
            owned[2][i] = (char)tolower((unsigned char)kind[i]);
        memcpy(owned[2] + len, "s", 2);
        struct hk_sim_kind made = {owned[0], owned[1], owned[2], HK_SIM_IN_PLACE};
        shelf = hk_sim_shelf_add(sim, &made);
    }
    if (shelf) {
        memcpy(shelf->owned, owned, sizeof owned);
        return shelf;
    }
    sim->failed = true;
    for (size_t i = 0; i < 3; i++)
        hk_free(owned[i]);
    return NULL;
}

/* The types that the rest of the simulation counts on; an API server refuses others as well. */
static int check_metadata(const json_t *object, struct hk_err *err)
{
    const json_t *namespace = hk_sim_get(object, "metadata.namespace");
    const json_t *finalizers = hk_sim_get(object, "metadata.finalizers");
    size_t i;
    json_t *item;
    if (namespace && !json_is_string(namespace) && !json_is_null(namespace))
        return hk_err_set(err, HK_ERR_INVALID, "metadata.namespace", "must be a string");
    if (finalizers && !json_is_array(finalizers) && !json_is_null(finalizers))
        return hk_err_set(err, HK_ERR_INVALID, "metadata.finalizers", "must be a list of strings");
    json_array_foreach(finalizers, i, item)
    {
        if (!json_is_string(item))
            return hk_err_set(err, HK_ERR_INVALID, "metadata.finalizers",
                              "must be a list of strings");
    }
    return 0;
}

struct sim_shelf *hk_sim_shelf_for(struct hk_sim *sim, const json_t *object, struct hk_err *err)
{
    const char *api_version = hk_sim_text(object, "apiVersion"),
               *kind = hk_sim_text(object, "kind");
    if (!*api_version || !*kind || !*hk_sim_text(object, "metadata.name")) {
        hk_err_set(err, HK_ERR_INVALID, NULL,
                   "an object must have apiVersion, kind and metadata.name");
        return NULL;
    }
    if (check_metadata(object, err) != 0)
        return NULL;
    struct sim_shelf *shelf = hk_sim_shelf_find(sim, kind);
    if (shelf && strcmp(shelf->kind.api_version, api_version) != 0) {
        hk_err_set(err, HK_ERR_INVALID, "apiVersion", "must be %s for a %s, is %s",
                   shelf->kind.api_version, kind, api_version);
        return NULL;
    }
    if (!shelf && !(shelf = new_shelf(sim, api_version, kind)))
        hk_err_memory(err);
    return shelf;
}

int hk_sim_put(struct hk_sim *sim, const json_t *object, struct hk_err *err)
{
    struct sim_shelf *shelf = hk_sim_shelf_for(sim, object, err);
    if (!shelf)
        return -1;
    sim->actor = HK_SIM_USER;
    json_t *copy = hk_sim_copy(sim, object);
    json_t *metadata = hk_sim_child(sim, copy, "metadata");
    if (json_is_null(json_object_get(metadata, "namespace")))
        json_object_del(metadata, "namespace");
    hk_sim_default(sim, metadata, "namespace", json_string("default"));
    const struct sim_version *live = hk_sim_list_find(
        &shelf->live, hk_sim_text(metadata, "namespace"), hk_sim_text(metadata, "name"));
    int result;
    if (live) { /* as kubectl apply: who did not name them does not take them away */
        static const char *const kept[] = {"finalizers", "ownerReferences"};
        for (size_t i = 0; i < 2; i++) {
            json_t *value = json_object_get(json_object_get(live->json, "metadata"), kept[i]);
            if (value)
                hk_sim_default(sim, metadata, kept[i], json_incref(value));
        }
        result = hk_sim_store_replace(sim, shelf, copy, "", err);
    } else {
        result = hk_sim_store_create(sim, shelf, copy, err);
    }
    return sim->failed ? hk_err_memory(err) : result;
}

static struct sim_version *need(const struct hk_sim *sim, struct hk_sim_ref ref,
                                struct sim_shelf **shelf, struct hk_err *err)
{
    *shelf = hk_sim_shelf_find(sim, ref.kind);
    struct sim_version *live =
        *shelf ? hk_sim_list_find(&(*shelf)->live, ref.namespace, ref.name) : NULL;
    if (!live)
        hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "%s %s/%s not found", ref.kind, ref.namespace,
                   ref.name);
    return live;
}

static void merge_patch(struct hk_sim *sim, json_t *object, const json_t *patch, unsigned depth)
{
    const char *key;
    json_t *value;
    if (depth > 64) {
        sim->failed = true;
        return;
    }
    json_object_foreach((json_t *)patch, key, value)
    {
        if (json_is_null(value))
            json_object_del(object, key);
        else if (json_is_object(value))
            merge_patch(sim, hk_sim_child(sim, object, key), value, depth + 1);
        else
            hk_sim_set(sim, object, key, hk_sim_copy(sim, value));
    }
}

int hk_sim_patch(struct hk_sim *sim, struct hk_sim_ref ref, const json_t *patch, struct hk_err *err)
{
    struct sim_shelf *shelf;
    struct sim_version *live = need(sim, ref, &shelf, err);
    if (!live)
        return -1;
    sim->actor = HK_SIM_USER;
    json_t *object = hk_sim_copy(sim, live->json);
    merge_patch(sim, object, patch, 0);
    int result = hk_sim_store_replace(sim, shelf, object, "", err);
    return sim->failed ? hk_err_memory(err) : result;
}

int hk_sim_delete(struct hk_sim *sim, struct hk_sim_ref ref, struct hk_err *err)
{
    struct sim_shelf *shelf;
    if (!need(sim, ref, &shelf, err))
        return -1;
    sim->actor = HK_SIM_USER;
    return hk_sim_store_delete(sim, shelf, ref, NULL, err);
}

const json_t *hk_sim_find(const struct hk_sim *sim, struct hk_sim_ref ref)
{
    struct sim_shelf *shelf;
    const struct sim_version *live = need(sim, ref, &shelf, NULL);
    return live ? live->json : NULL;
}

const json_t *hk_sim_nth(const struct hk_sim *sim, const char *kind, size_t n)
{
    const struct sim_shelf *shelf = hk_sim_shelf_find(sim, kind);
    return shelf && n < shelf->live.count ? shelf->live.items[n]->json : NULL;
}

size_t hk_sim_children_left(const struct hk_sim *sim)
{
    size_t count = 0;
    for (size_t s = 0; s < sim->shelf_count; s++)
        for (size_t i = 0; i < sim->shelves[s]->live.count; i++)
            count += sim->shelves[s]->live.items[i]->owner != NULL;
    return count;
}
