/* hk_sim_merge.c - Metacontroller's dynamic-apply merge: what was applied last and is not wanted
 * any more goes, what is wanted is set, what others set stays. Lists whose items all have one of
 * the usual keys are merged as maps; other lists are replaced. source: metacontroller
 * pkg/dynamic/apply 4.17 (restated). */
#include "hk_sim_impl.h"

#define MERGE_DEPTH_MAX 64

/* In order of precedence. */
static const char *const MERGE_KEYS[] = {"containerPort", "port", "mountPath", "name",
                                         "uid",           "ip",   "path"};

static json_t *merge(struct hk_sim *sim, const json_t *observed, const json_t *last,
                     const json_t *desired, unsigned depth);

static bool all_have(const json_t *list, const char *key)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!json_object_get(item, key))
            return false;
    }
    return true;
}

/* NULL: not a list that is really a map. */
static const char *find_merge_key(const json_t *observed, const json_t *last, const json_t *desired)
{
    if (json_array_size(observed) + json_array_size(last) + json_array_size(desired) == 0)
        return NULL;
    for (size_t i = 0; i < sizeof MERGE_KEYS / sizeof *MERGE_KEYS; i++)
        if (all_have(observed, MERGE_KEYS[i]) && all_have(last, MERGE_KEYS[i]) &&
            all_have(desired, MERGE_KEYS[i]))
            return MERGE_KEYS[i];
    return NULL;
}

static const json_t *find_item(const json_t *list, const char *key, const json_t *value)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (json_equal(json_object_get(item, key), value))
            return item;
    }
    return NULL;
}

static json_t *merge_object(struct hk_sim *sim, const json_t *observed, const json_t *last,
                            const json_t *desired, unsigned depth)
{
    json_t *merged = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)observed, key, value)
    {
        if (!json_object_get(desired, key) && !json_object_get(last, key))
            hk_sim_set(sim, merged, key, hk_sim_copy(sim, value));
    }
    json_object_foreach((json_t *)desired, key, value)
    {
        hk_sim_set(sim, merged, key,
                   merge(sim, json_object_get(observed, key), json_object_get(last, key), value,
                         depth + 1));
    }
    return merged;
}

static json_t *merge_list_map(struct hk_sim *sim, const json_t *const lists[3], const char *key,
                              unsigned depth)
{
    const json_t *observed = lists[0], *last = lists[1], *desired = lists[2];
    json_t *merged = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(observed, i, item)
    {
        const json_t *id = json_object_get(item, key);
        const json_t *wanted = find_item(desired, key, id), *before = find_item(last, key, id);
        if (wanted)
            hk_sim_append(sim, merged, merge(sim, item, before, wanted, depth + 1));
        else if (!before)
            hk_sim_append(sim, merged, hk_sim_copy(sim, item));
    }
    json_array_foreach(desired, i, item)
    {
        if (!find_item(merged, key, json_object_get(item, key)))
            hk_sim_append(sim, merged, hk_sim_copy(sim, item));
    }
    return merged;
}

static json_t *merge(struct hk_sim *sim, const json_t *observed, const json_t *last,
                     const json_t *desired, unsigned depth)
{
    if (depth > MERGE_DEPTH_MAX) {
        sim->failed = true;
        return NULL;
    }
    if (json_is_object(observed))
        return merge_object(sim, observed, last, desired, depth);
    if (!json_is_array(observed))
        return hk_sim_copy(sim, desired);
    const char *key = find_merge_key(observed, last, desired);
    const json_t *const lists[3] = {observed, last, desired};
    return key ? merge_list_map(sim, lists, key, depth) : hk_sim_copy(sim, desired);
}

json_t *hk_sim_merge(struct hk_sim *sim, const json_t *observed, const json_t *last,
                     const json_t *desired)
{
    return merge(sim, observed, last, desired, 0);
}
