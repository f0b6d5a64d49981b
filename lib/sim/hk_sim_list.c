/* hk_sim_list.c - versions of objects and ordered lists of them. */
#include "hk_sim_impl.h"

struct sim_version *hk_sim_version_new(struct hk_sim *sim, json_t *steals_json)
{
    struct sim_version *version = hk_alloc(sizeof *version);
    if (!version || !steals_json) {
        sim->failed = true;
        hk_free(version);
        json_decref(steals_json);
        return NULL;
    }
    *version = (struct sim_version){
        .refs = 1,
        .json = steals_json,
        .namespace = hk_sim_text(steals_json, "metadata.namespace"),
        .name = hk_sim_text(steals_json, "metadata.name"),
        .uid = hk_sim_text(steals_json, "metadata.uid"),
        .owner = hk_sim_owner_uid(steals_json),
        .is_ready = hk_sim_pod_ready(steals_json),
    };
    return version;
}

void hk_sim_version_free(struct sim_version *version)
{
    if (!version || --version->refs > 0)
        return;
    json_decref(version->json);
    hk_sim_free_text(version->text);
    hk_free(version);
}

const char *hk_sim_version_text(struct hk_sim *sim, struct sim_version *version, size_t *len)
{
    if (!version->text) {
        version->text = json_dumps(version->json, JSON_COMPACT | JSON_SORT_KEYS);
        version->text_len = version->text ? strlen(version->text) : 0;
        sim->failed |= !version->text;
    }
    *len = version->text_len;
    return version->text;
}

/* Where the object is, or would have to go. */
static size_t place(const struct sim_list *list, const char *namespace, const char *name)
{
    size_t low = 0, high = list->count;
    if (high && hk_sim_compare(list->items[high - 1], namespace, name) < 0)
        return high; /* lists are mostly made in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hk_sim_compare(list->items[middle], namespace, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct sim_list *list, size_t i, const char *namespace, const char *name)
{
    return i < list->count && hk_sim_compare(list->items[i], namespace, name) == 0;
}

struct sim_version *hk_sim_list_find(const struct sim_list *list, const char *namespace,
                                     const char *name)
{
    size_t i = place(list, namespace, name);
    return is_at(list, i, namespace, name) ? list->items[i] : NULL;
}

static bool grow(struct hk_sim *sim, struct sim_list *list)
{
    if (list->count < list->cap)
        return true;
    size_t cap = list->cap ? list->cap * 2 : 16;
    struct sim_version **items = hk_resize(list->items, cap * sizeof *items);
    if (!items) {
        sim->failed = true;
        return false;
    }
    list->items = items;
    list->cap = cap;
    return true;
}

void hk_sim_list_put(struct hk_sim *sim, struct sim_list *list, struct sim_version *version)
{
    size_t i = place(list, version->namespace, version->name);
    if (is_at(list, i, version->namespace, version->name)) {
        version->refs++;
        hk_sim_version_free(list->items[i]);
        list->items[i] = version;
        return;
    }
    if (!grow(sim, list))
        return;
    version->refs++;
    memmove(list->items + i + 1, list->items + i, (list->count - i) * sizeof *list->items);
    list->items[i] = version;
    list->count++;
}

void hk_sim_list_drop(struct sim_list *list, const char *namespace, const char *name)
{
    size_t i = place(list, namespace, name);
    if (!is_at(list, i, namespace, name))
        return;
    struct sim_version *version = list->items[i];
    list->count--;
    memmove(list->items + i, list->items + i + 1, (list->count - i) * sizeof *list->items);
    hk_sim_version_free(version); /* last: the names may point into it */
}

void hk_sim_list_fini(struct sim_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        hk_sim_version_free(list->items[i]);
    hk_free(list->items);
    *list = (struct sim_list){0};
}
