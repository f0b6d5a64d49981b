/* hk_sim_json.c - reading and building the trees of objects. */
#include "hk_sim_impl.h"

void hk_sim_set(struct hk_sim *sim, json_t *object, const char *key, json_t *steals_value)
{
    if (json_object_set_new(object, key, steals_value) != 0)
        sim->failed = true;
}

void hk_sim_set_text(struct hk_sim *sim, json_t *object, const char *key, const char *text)
{
    hk_sim_set(sim, object, key, json_string(text));
}

void hk_sim_set_int(struct hk_sim *sim, json_t *object, const char *key, int64_t value)
{
    hk_sim_set(sim, object, key, json_integer(value));
}

void hk_sim_default(struct hk_sim *sim, json_t *object, const char *key, json_t *steals_value)
{
    if (json_object_get(object, key))
        json_decref(steals_value);
    else
        hk_sim_set(sim, object, key, steals_value);
}

void hk_sim_append(struct hk_sim *sim, json_t *array, json_t *steals_value)
{
    if (json_array_append_new(array, steals_value) != 0)
        sim->failed = true;
}

json_t *hk_sim_child(struct hk_sim *sim, json_t *object, const char *key)
{
    if (!json_is_object(json_object_get(object, key)))
        hk_sim_set(sim, object, key, json_object());
    return json_object_get(object, key);
}

json_t *hk_sim_copy(struct hk_sim *sim, const json_t *tree)
{
    json_t *copy = json_deep_copy(tree);
    if (!copy)
        sim->failed = true;
    return copy;
}

json_t *hk_sim_own(struct hk_sim *sim, json_t *object, const char *key)
{
    json_t *shared = json_object_get(object, key);
    if (json_is_object(shared))
        hk_sim_set(sim, object, key, json_copy(shared));
    return hk_sim_child(sim, object, key);
}

json_t *hk_sim_revise(struct hk_sim *sim, const json_t *object)
{
    json_t *copy = json_copy((json_t *)object);
    hk_sim_own(sim, copy, "metadata");
    return copy;
}

char *hk_sim_strdup(struct hk_sim *sim, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = hk_alloc(size);
    if (copy)
        memcpy(copy, text, size);
    else
        sim->failed = true;
    return copy;
}

void hk_sim_free_text(char *text)
{
    json_malloc_t alloc;
    json_free_t release;
    json_get_alloc_funcs(&alloc, &release);
    release(text);
}

const json_t *hk_sim_get(const json_t *object, const char *path)
{
    while (object && path) {
        const char *dot = strchr(path, '.');
        size_t len = dot ? (size_t)(dot - path) : strlen(path);
        char key[128];
        if (len >= sizeof key)
            return NULL;
        memcpy(key, path, len);
        key[len] = '\0';
        object = json_object_get(object, key);
        path = dot ? dot + 1 : NULL;
    }
    return object;
}

const char *hk_sim_text(const json_t *object, const char *path)
{
    const char *text = json_string_value(hk_sim_get(object, path));
    return text ? text : "";
}

int64_t hk_sim_int(const json_t *object, const char *path)
{
    return json_integer_value(hk_sim_get(object, path));
}

const char *hk_sim_annotation(const json_t *object, const char *key)
{
    const json_t *all = hk_sim_get(object, "metadata.annotations");
    const char *text = json_string_value(json_object_get(all, key));
    return text ? text : "";
}

bool hk_sim_pod_ready(const json_t *pod)
{
    size_t i;
    json_t *condition;
    if (hk_sim_get(pod, "metadata.deletionTimestamp") ||
        strcmp(hk_sim_text(pod, "status.phase"), "Running") != 0)
        return false;
    json_array_foreach(hk_sim_get(pod, "status.conditions"), i, condition)
    {
        if (strcmp(hk_sim_text(condition, "type"), "Ready") == 0)
            return strcmp(hk_sim_text(condition, "status"), "True") == 0;
    }
    return false;
}

const char *hk_sim_owner_uid(const json_t *object)
{
    size_t i;
    json_t *owner;
    json_array_foreach(hk_sim_get(object, "metadata.ownerReferences"), i, owner)
    {
        if (json_is_true(json_object_get(owner, "controller")))
            return json_string_value(json_object_get(owner, "uid"));
    }
    return NULL;
}

bool hk_sim_has_finalizer(const json_t *object, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(hk_sim_get(object, "metadata.finalizers"), i, item)
    {
        const char *text = json_string_value(item);
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

int hk_sim_compare(const struct sim_version *version, const char *namespace, const char *name)
{
    int c = strcmp(version->namespace, namespace);
    return c ? c : strcmp(version->name, name);
}

bool hk_sim_names_have(const struct sim_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static void names_add(struct hk_sim *sim, struct sim_names *names, const char *name)
{
    char **items = hk_resize(names->items, (names->count + 1) * sizeof *items);
    if (!items) {
        sim->failed = true;
        return;
    }
    names->items = items;
    items[names->count] = hk_sim_strdup(sim, name);
    names->count += items[names->count] != NULL;
}

void hk_sim_names_set(struct hk_sim *sim, struct sim_names *names, const char *name, bool present)
{
    if (hk_sim_names_have(names, name) == present)
        return;
    if (present) {
        names_add(sim, names, name);
        return;
    }
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0) {
            hk_free(names->items[i]);
            names->items[i] = names->items[--names->count];
            return;
        }
}

void hk_sim_names_fini(struct sim_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        hk_free(names->items[i]);
    hk_free(names->items);
    *names = (struct sim_names){0};
}
