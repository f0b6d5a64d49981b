/* hk_sim_restore.c - a cluster that lives already, as a hook request shows it. */
#include "hk_sim_impl.h"

#define DEPTH_MAX 64

/* The latest time in a tree. */
static void latest(const json_t *tree, int64_t *seconds, unsigned depth)
{
    const char *key, *text = json_string_value(tree);
    int64_t found;
    json_t *value;
    size_t i;
    if (text && hk_time_parse(hk_str_of(text), &found) == 0 && found > *seconds)
        *seconds = found;
    if (depth == DEPTH_MAX)
        return;
    json_object_foreach((json_t *)tree, key, value)
    {
        latest(value, seconds, depth + 1);
    }
    json_array_foreach(tree, i, value)
    {
        latest(value, seconds, depth + 1);
    }
}

static void take_time(struct hk_sim *sim, const json_t *object)
{
    latest(hk_sim_get(object, "metadata.creationTimestamp"), &sim->options.start_s, 0);
    latest(json_object_get(object, "status"), &sim->options.start_s, 0);
}

/* What every live object has; namespace: of one that names none. */
static json_t *complete(struct hk_sim *sim, const json_t *object, const char *namespace)
{
    char uid[37];
    json_t *copy = hk_sim_copy(sim, object), *metadata = hk_sim_child(sim, copy, "metadata");
    hk_sim_uid(sim, uid);
    hk_sim_default(sim, metadata, "uid", json_string(uid));
    hk_sim_default(sim, metadata, "namespace", json_string(namespace));
    hk_sim_defaults(sim, copy);
    return copy;
}

/* The hook was shown it, so Metacontroller had claimed it, whatever a request that was cut down says. */
static void own(struct hk_sim *sim, json_t *child, const json_t *owner)
{
    const char *uid = hk_sim_text(owner, "metadata.uid"), *found = hk_sim_owner_uid(child);
    json_t *metadata = hk_sim_child(sim, child, "metadata");
    if (!found || strcmp(found, uid) != 0)
        hk_sim_set(sim, metadata, "ownerReferences", json_pack("[o]", hk_sim_owner_ref(owner)));
    hk_sim_set_text(sim, hk_sim_child(sim, metadata, "labels"), SIM_UID_LABEL, uid);
}

static int load_child(struct hk_sim *sim, const json_t *object, const json_t *owner,
                      struct hk_err *err)
{
    struct sim_shelf *shelf = hk_sim_shelf_for(sim, object, err);
    if (!shelf)
        return -1;
    if (!shelf->is_child)
        return hk_err_set(err, HK_ERR_INVALID, NULL, "no child is a %s", shelf->kind.kind);
    json_t *copy = complete(sim, object, hk_sim_text(owner, "metadata.namespace"));
    own(sim, copy, owner);
    hk_sim_store_load(sim, shelf, copy);
    return 0;
}

/* What the customize hook asked for may be a child as well, and is there then. */
static int load_related(struct hk_sim *sim, const json_t *object, const json_t *parent,
                        struct hk_err *err)
{
    struct sim_shelf *shelf = hk_sim_shelf_for(sim, object, err);
    if (!shelf)
        return -1;
    json_t *copy = complete(sim, object, hk_sim_text(parent, "metadata.namespace"));
    if (hk_sim_list_find(&shelf->live, hk_sim_text(copy, "metadata.namespace"),
                         hk_sim_text(copy, "metadata.name")))
        json_decref(copy);
    else
        hk_sim_store_load(sim, shelf, copy);
    return 0;
}

/* {"Pod.v1":{"default/a":{}}} */
static int load_groups(struct hk_sim *sim, const json_t *request, bool are_children,
                       struct hk_err *err)
{
    const char *member = are_children ? "children" : "related", *group, *key;
    const json_t *groups = json_object_get(request, member);
    const json_t *parent = sim->shelves[0]->live.items[0]->json;
    json_t *objects, *object;
    if (groups && !json_is_object(groups) && !json_is_null(groups))
        return hk_err_set(err, HK_ERR_INVALID, member, "must be an object");
    json_object_foreach((json_t *)groups, group, objects)
    {
        json_object_foreach(objects, key, object)
        {
            take_time(sim, object);
            int result = are_children ? load_child(sim, object, parent, err)
                                      : load_related(sim, object, parent, err);
            if (result == 0)
                continue;
            hk_err_prefix(err, key);
            hk_err_prefix(err, group);
            hk_err_prefix(err, member);
            return -1;
        }
    }
    return 0;
}

static int load_parent(struct hk_sim *sim, const json_t *parent, struct hk_err *err)
{
    struct sim_shelf *shelf = sim->shelves[0];
    if (!json_is_object(parent))
        return hk_err_set(err, HK_ERR_INVALID, "parent", "is required, must be an object");
    if (strcmp(hk_sim_text(parent, "kind"), shelf->kind.kind) != 0 ||
        hk_sim_shelf_for(sim, parent, err) != shelf)
        return hk_err_set(err, HK_ERR_INVALID, "parent", "must be a %s with a name, is a %s",
                          shelf->kind.kind, hk_sim_text(parent, "kind"));
    take_time(sim, parent);
    hk_sim_store_load(sim, shelf, complete(sim, parent, "default"));
    return 0;
}

/* Once all is there, and it is known what time it is. */
static void load_sets(struct hk_sim *sim)
{
    const struct sim_shelf *sets = hk_sim_shelf_find(sim, "StatefulSet");
    for (size_t i = 0; sets && i < sets->live.count && !sim->failed; i++)
        hk_sim_sets_restore(sim, sets->live.items[i]->json);
}

static int load(struct hk_sim *sim, const json_t *request, struct hk_err *err)
{
    if (load_parent(sim, json_object_get(request, "parent"), err) != 0)
        return -1;
    if (sim->failed)
        return 0;
    if (load_groups(sim, request, true, err) != 0 || load_groups(sim, request, false, err) != 0)
        return -1;
    load_sets(sim);
    return 0;
}

int hk_sim_restore(struct hk_sim *sim, const json_t *request, struct hk_err *err)
{
    void (*tell)(void *, const struct hk_sim_event *) = sim->options.on_event;
    sim->actor = HK_SIM_CLUSTER;
    sim->options.on_event = NULL;
    sim->options.start_s = 0;
    int result = load(sim, request, err);
    sim->options.on_event = tell;
    return sim->failed ? hk_err_memory(err) : result;
}
