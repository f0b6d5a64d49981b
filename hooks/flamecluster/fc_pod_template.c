#include "fc_pod_template.h"

#include <stdlib.h>

/* A set that fails (out of memory) must not be missing in silence: it marks the merge. */
struct merge {
    bool failed;
};

static void put(struct merge *m, json_t *into, const char *key, json_t *value)
{
    if (json_object_set(into, key, value) != 0)
        m->failed = true;
}

/* As deep as the template is. */
static void merge_object(struct merge *m, json_t *base, json_t *over)
{
    const char *key;
    json_t *value;
    json_object_foreach(over, key, value)
    {
        json_t *old = json_object_get(base, key);
        if (json_is_null(value))
            json_object_del(base, key);
        else if (json_is_object(value) && json_is_object(old))
            merge_object(m, old, value);
        else
            put(m, base, key, value);
    }
}

static bool has_same(const json_t *a, const json_t *b, const char *key)
{
    const json_t *left = json_object_get(a, key), *right = json_object_get(b, key);
    return left && right && json_equal(left, right);
}

static bool is_same_name(const json_t *a, const json_t *b)
{
    return has_same(a, b, "name");
}

static bool is_same_device(const json_t *a, const json_t *b)
{
    return has_same(a, b, "devicePath");
}

static size_t folder_len(const json_t *mount)
{
    const char *path = json_string_value(json_object_get(mount, "mountPath"));
    size_t len = path ? strlen(path) : 0;
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

static bool is_same_folder(const json_t *a, const json_t *b)
{
    const char *left = json_string_value(json_object_get(a, "mountPath"));
    const char *right = json_string_value(json_object_get(b, "mountPath"));
    size_t len = folder_len(a);
    return left && right && len == folder_len(b) && memcmp(left, right, len) == 0;
}

static const char *protocol_of(const json_t *port)
{
    const char *protocol = json_string_value(json_object_get(port, "protocol"));
    return protocol ? protocol : "TCP";
}

/* Number and protocol are the API server's own key: two ports that share them are refused by a
 * server-side apply. */
static bool is_same_port(const json_t *a, const json_t *b)
{
    return is_same_name(a, b) ||
           (has_same(a, b, "containerPort") && strcmp(protocol_of(a), protocol_of(b)) == 0);
}

/* A list whose entries are joined; one without join is replaced whole. */
struct list_rule {
    const char *name;
    bool (*is_same)(const json_t *a, const json_t *b);
    void (*join)(struct merge *m, json_t *base, json_t *over);
};

static const struct list_rule *rule_find(const struct list_rule *rules, const char *name)
{
    while (rules->name && strcmp(rules->name, name) != 0)
        rules++;
    return rules->name ? rules : NULL;
}

/* In the first entry's place that it stands for, or at the end. */
static void merge_item(struct merge *m, const struct list_rule *rule, json_t *list, json_t *over)
{
    bool is_placed = false;
    for (size_t i = 0; i < json_array_size(list);) {
        json_t *old = json_array_get(list, i);
        if (!rule->is_same(old, over)) {
            i++;
            continue;
        }
        if (is_placed) {
            json_array_remove(list, i);
            continue;
        }
        if (rule->join)
            rule->join(m, old, over);
        else if (json_array_set(list, i, over) != 0)
            m->failed = true;
        is_placed = true;
        i++;
    }
    if (!is_placed && json_array_append(list, over) != 0)
        m->failed = true;
}

static void merge_list(struct merge *m, const struct list_rule *rule, json_t *base, json_t *over)
{
    json_t *list = json_object_get(base, rule->name), *item;
    size_t i;
    if (!list) {
        list = json_array();
        if (json_object_set_new(base, rule->name, list) != 0) {
            m->failed = true; /* and the list is gone */
            return;
        }
    }
    json_array_foreach(over, i, item) merge_item(m, rule, list, item);
}

/* Members that rules names are joined, the others merged; those named in `whole` replaced. null is no list:
 * the API server drops it from a field that the CRD knows. */
static void merge_members(struct merge *m, json_t *base, json_t *over,
                          const struct list_rule *rules, const char *const *whole)
{
    const char *key;
    json_t *value;
    json_object_foreach(over, key, value)
    {
        const struct list_rule *rule = rule_find(rules, key);
        json_t *old = json_object_get(base, key);
        bool is_whole = !json_is_object(value) || !json_is_object(old);
        for (size_t i = 0; whole[i]; i++)
            is_whole = is_whole || strcmp(whole[i], key) == 0;
        if (rule)
            merge_list(m, rule, base, value);
        else if (json_is_null(value))
            json_object_del(base, key);
        else if (is_whole)
            put(m, base, key, value);
        else
            merge_object(m, old, value);
    }
}

static void merge_container(struct merge *m, json_t *base, json_t *over)
{
    static const struct list_rule rules[] = {{"env", is_same_name, NULL},
                                             {"ports", is_same_port, NULL},
                                             {"volumeMounts", is_same_folder, NULL},
                                             {"volumeDevices", is_same_device, NULL},
                                             {NULL, NULL, NULL}};
    static const char *const whole[] = {"lifecycle", "livenessProbe", "readinessProbe",
                                        "startupProbe", NULL};
    merge_members(m, base, over, rules, whole);
}

static void merge_spec(struct merge *m, json_t *base, json_t *over)
{
    static const struct list_rule rules[] = {{"containers", is_same_name, merge_container},
                                             {"initContainers", is_same_name, merge_container},
                                             {"volumes", is_same_name, NULL},
                                             {NULL, NULL, NULL}};
    static const char *const whole[] = {NULL};
    merge_members(m, base, over, rules, whole);
}

static int compare_pairs(const void *a, const void *b)
{
    return hk_str_cmp(((const struct fc_pair *)a)->key, ((const struct fc_pair *)b)->key);
}

/* The members that are strings; null is no label. */
static struct fc_pairs pairs_of(json_t *map, struct hk_arena *arena)
{
    struct fc_pairs pairs = {.count = 0};
    const char *key;
    json_t *value;
    pairs.items = hk_arena_alloc(arena, (json_object_size(map) + 1) * sizeof *pairs.items);
    if (!pairs.items)
        return pairs;
    json_object_foreach(map, key, value)
    {
        if (!json_is_string(value))
            continue;
        const struct hk_str text = {json_string_value(value), json_string_length(value)};
        pairs.items[pairs.count++] =
            (struct fc_pair){hk_arena_copy(arena, hk_str_of(key)), hk_arena_copy(arena, text)};
    }
    qsort(pairs.items, pairs.count, sizeof *pairs.items, compare_pairs);
    return pairs;
}

int fc_pod_template_merge(struct hk_str text, const char *container, struct hk_arena *arena,
                          struct fc_pod_parts *parts, struct hk_err *err)
{
    struct merge m = {.failed = false};
    const struct fc_pod_strip strip = {.container = container};
    const char *why;
    json_auto_t *template = hk_tree_load(text, arena, &why);
    json_auto_t *spec = hk_tree_load(parts->spec, arena, &why);
    if (!template || !spec)
        return hk_err_memory(err);
    fc_pod_template_strip(template, &strip);
    merge_spec(&m, spec, json_object_get(template, "spec"));
    if (m.failed || fc_pod_canonical(spec) != 0)
        return hk_err_memory(err);
    hk_auto_free char *dumped = json_dumps(spec, JSON_COMPACT | JSON_SORT_KEYS);
    const json_t *metadata = json_object_get(template, "metadata");
    const struct fc_pod_parts merged = {
        .labels = pairs_of(json_object_get(metadata, "labels"), arena),
        .annotations = pairs_of(json_object_get(metadata, "annotations"), arena),
        .spec = hk_arena_copy(arena, hk_str_of(dumped)),
    };
    if (!dumped || arena->failed)
        return hk_err_memory(err);
    *parts = merged;
    return 0;
}
