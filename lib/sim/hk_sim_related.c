/* hk_sim_related.c - the customize hook: asked once a generation of the parent, its rules picked
 * from the caches at each sync. Rules:
 * {apiVersion,resource,namespace?,names[]?,labelSelector{matchLabels}?}. */
#include "hk_sim_impl.h"

static int ask(struct hk_sim *sim, struct sim_work *work, struct sim_version *parent,
               struct hk_err *err)
{
    int64_t generation = hk_sim_int(parent->json, "metadata.generation");
    if (work->related_rules && work->related_generation == generation)
        return 0;
    hk_sim_build_customize(sim, parent, &sim->request);
    struct hk_str body = hk_sim_call_hook(sim, work, HK_HOOK_CUSTOMIZE, &sim->request, err);
    if (!body.ptr) {
        hk_err_prefix(err, hk_hook_name(HK_HOOK_CUSTOMIZE));
        return -1;
    }
    json_t *answer = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *rules = json_object_get(answer, "relatedResources");
    if (!answer || (rules && !json_is_array(rules))) {
        json_decref(answer);
        return hk_err_set(err, HK_ERR_INVALID, "relatedResources",
                          "can't unmarshal webhookResponse");
    }
    json_decref(work->related_rules);
    work->related_rules = rules ? json_incref(rules) : json_array();
    work->related_generation = generation;
    json_decref(answer);
    return 0;
}

static bool has_name(const json_t *names, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(names, i, item)
    {
        const char *text = json_string_value(item);
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return json_array_size(names) == 0;
}

static bool has_labels(const json_t *object, const json_t *wanted)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)wanted, key, value)
    {
        if (!json_equal(json_object_get(hk_sim_get(object, "metadata.labels"), key), value))
            return false;
    }
    return true;
}

static void pick(struct hk_sim *sim, const struct sim_shelf *shelf, const json_t *rule,
                 const char *parent_namespace, struct sim_list *list)
{
    const char *namespace = hk_sim_text(rule, "namespace");
    if (!*namespace)
    namespace = parent_namespace;
    for (size_t i = 0; i < shelf->seen.count; i++) {
        struct sim_version *seen = shelf->seen.items[i];
        if (strcmp(seen->namespace, namespace) == 0 &&
            has_name(json_object_get(rule, "names"), seen->name) &&
            has_labels(seen->json, hk_sim_get(rule, "labelSelector.matchLabels")))
            hk_sim_list_put(sim, list, seen);
    }
}

int hk_sim_related(struct hk_sim *sim, struct sim_work *work, struct sim_version *parent,
                   struct sim_claim *claim, struct hk_err *err)
{
    if (!sim->options.customize)
        return 0;
    if (ask(sim, work, parent, err) != 0)
        return -1;
    size_t i;
    json_t *rule;
    json_array_foreach(work->related_rules, i, rule)
    {
        for (size_t s = 0; s < sim->shelf_count; s++) {
            const char *resource = sim->shelves[s]->kind.resource;
            if (resource && strcmp(resource, hk_sim_text(rule, "resource")) == 0)
                pick(sim, sim->shelves[s], rule, parent->namespace, &claim->related[s]);
        }
    }
    return 0;
}
