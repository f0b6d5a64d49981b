/* Which of the other children come, go, or are made anew. */
#include "fc_decisions_note.h"

static bool is_left_out(const struct fc_decided *d, const struct fc_object *object)
{
    for (const struct fc_object *const *o = d->left_out; *o; o++)
        if (*o == object)
            return true;
    return false;
}

static bool is_config(const struct fc_decided *d, const struct fc_object *object)
{
    const struct fc_observed *observed = d->in->observed;
    bool is_ours = object == (d->config->is_secret ? observed->config_secret : observed->config);
    return is_ours || d->is_old_config_kept;
}

/* Is it asked for, among what is no Pod and no StatefulSet? */
static bool is_asked(const struct fc_decided *d, const struct fc_object *object)
{
    const struct fc_observed *observed = d->in->observed;
    const struct fc_parent *parent = &d->request->parent;
    if (object == observed->config || object == observed->config_secret)
        return is_config(d, object);
    if (object == observed->session_service || object == observed->cache_service ||
        hk_str_is(object->kind, FC_CLAIM_KIND))
        return true;
    if (hk_str_is(object->kind, "NetworkPolicy.networking.k8s.io/v1"))
        return parent->spec.network.is_enabled && hk_str_eq(object->name, parent->name);
    return parent->spec.executor.disruption.is_set &&
           hk_str_is(object->kind, "PodDisruptionBudget.policy/v1") &&
           hk_str_eq(object->name, parent->names.executor_manager);
}

static void note_observed(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_observed *observed = d->in->observed;
    for (size_t i = 0; i < observed->object_count; i++) {
        const struct fc_object *object = &observed->objects[i];
        bool is_set = observed->stateful && hk_str_is(object->kind, FC_STATEFUL_SET) &&
                      hk_str_eq(object->name, d->request->parent.names.executor_manager);
        if (object->is_terminating || is_set)
            continue;
        if (is_left_out(d, object))
            fc_note_object(notes, FC_REPLACE_BEYOND_REPAIR, object);
        else if (!is_asked(d, object))
            fc_note_object(notes, FC_REMOVE_UNWANTED, object);
    }
}

static void note_config(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_observed *observed = d->in->observed;
    bool is_secret = d->config->is_secret;
    const struct fc_object *ours = is_secret ? observed->config_secret : observed->config;
    struct hk_str name = d->request->parent.names.config;
    if (d->config->is_unknown || d->config->is_observed)
        return;
    if (!ours)
        fc_note_name(notes, FC_CREATE_MISSING, is_secret ? "Secret" : "ConfigMap", name);
    else if (!ours->is_terminating && !is_left_out(d, ours))
        fc_note_object(notes, FC_UPDATE_CONFIG, ours);
}

/* Whom it selects goes over to others, or waits for them. */
static void note_cache_service(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_object *service = d->in->observed->cache_service;
    const struct fc_cache_plan *cache = &d->plan->cache;
    const char *other =
        (cache->is_served_by_own ? &fc_cache_service : &fc_own_cache_service)->selected_app;
    if (!service || service->is_terminating || is_left_out(d, service))
        return;
    if (cache->is_served_by_own != fc_spec_has_caches(d->in->spec))
        fc_note_object(notes, cache->is_served_by_own ? FC_WAIT_EXECUTORS : FC_WAIT_CACHE, service);
    else if (d->in->cache_app && strcmp(d->in->cache_app, other) == 0)
        fc_note_object(notes, FC_UPDATE_CACHE, service);
}

static void note_missing(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_observed *observed = d->in->observed;
    const struct fc_parent *parent = &d->request->parent;
    const struct fc_names *names = &parent->names;
    if (!observed->session_service)
        fc_note_name(notes, FC_CREATE_MISSING, "Service", names->session_manager);
    if (!observed->cache_service)
        fc_note_name(notes, FC_CREATE_MISSING, "Service", names->object_cache);
    if (parent->spec.network.is_enabled &&
        !fc_observed_find(observed, "NetworkPolicy.networking.k8s.io/v1", parent->name))
        fc_note_name(notes, FC_CREATE_MISSING, "NetworkPolicy", parent->name);
    if (parent->spec.executor.disruption.is_set &&
        !fc_observed_find(observed, "PodDisruptionBudget.policy/v1", names->executor_manager))
        fc_note_name(notes, FC_CREATE_MISSING, "PodDisruptionBudget", names->executor_manager);
}

static void note_claims(struct fc_notes *notes, const struct fc_decided *d)
{
    const struct fc_claims *claims = d->claims;
    for (size_t i = 0; i < claims->count; i++)
        if (!claims->items[i].is_observed && i < claims->first_cache)
            fc_note_name(notes, FC_CREATE_MISSING, "PersistentVolumeClaim", claims->items[i].name);
        else if (!claims->items[i].is_observed)
            fc_note_index(notes, FC_CREATE_MISSING, &fc_cache_claims,
                          (int64_t)(i - claims->first_cache));
}

void fc_note_objects(struct fc_notes *notes, const struct fc_decided *d)
{
    note_config(notes, d);
    note_missing(notes, d);
    note_claims(notes, d);
    note_cache_service(notes, d);
    note_observed(notes, d);
}
