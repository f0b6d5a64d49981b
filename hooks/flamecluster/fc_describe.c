#include "fc_describe.h"

#include "fc_config.h"
#include "fc_health.h"
#include "hk_time.h"

/* A component as it is shown. Pods beyond `desired` are shown too: they are on their way out. */
struct part {
    const char *name, *note; /* note NULL: none */
    const struct fc_pod *const *pods;
    size_t count;
    int64_t desired, ready, updated;
    int64_t max_unavailable; /* 0: not said */
    const char *hash;        /* of the wanted template; empty: unknown */
    struct hk_str endpoint;  /* absent: none */
};

static const char *state_of(const struct fc_pod *pod)
{
    if (pod->is_terminating)
        return "terminating";
    if (pod->is_ready)
        return "ready";
    return pod->is_failed ? "failed" : pod->is_ended ? "ended" : "waiting";
}

static bool is_old(const struct fc_pod *pod, const char *hash)
{
    return *hash && strcmp(pod->hash, hash) != 0;
}

static void write_pod(const struct fc_pod *pod, const char *hash, struct hk_jw *w)
{
    hk_jw_object(w);
    if (pod->message.len)
        hk_jw_member_str(w, "message", pod->message);
    hk_jw_member_str(w, "name", pod->name);
    hk_jw_member_bool(w, "old", is_old(pod, hash));
    if (pod->reason.len)
        hk_jw_member_str(w, "reason", pod->reason);
    hk_jw_member_cstr(w, "state", state_of(pod));
    hk_jw_object_end(w);
}

static void write_pods(const struct fc_pod *const *pods, size_t count, const char *hash,
                       struct hk_jw *w)
{
    hk_jw_member_array(w, "pods");
    for (size_t i = 0; i < count; i++)
        write_pod(pods[i], hash, w);
    hk_jw_array_end(w);
}

static void write_part(const struct part *part, struct hk_jw *w)
{
    hk_jw_object(w);
    hk_jw_member_int(w, "desired", part->desired);
    if (part->endpoint.len)
        hk_jw_member_str(w, "endpoint", part->endpoint);
    if (part->max_unavailable)
        hk_jw_member_int(w, "maxUnavailable", part->max_unavailable);
    hk_jw_member_cstr(w, "name", part->name);
    if (part->note)
        hk_jw_member_cstr(w, "note", part->note);
    write_pods(part->pods, part->count, part->hash, w);
    hk_jw_member_int(w, "ready", part->ready);
    if (part->updated >= 0)
        hk_jw_member_int(w, "updated", part->updated);
    hk_jw_object_end(w);
}

static int64_t count_updated(const struct part *part)
{
    int64_t updated = 0;
    for (size_t i = 0; i < part->count && part->pods[i]->index < part->desired; i++)
        updated += !is_old(part->pods[i], part->hash);
    return updated;
}

/* The one template that as many Pods have as the operator counts as updated; empty: none, or several. */
static const char *hash_by_count(const struct part *part, int64_t wanted)
{
    const char *found = "";
    for (size_t i = 0; i < part->count; i++) {
        const char *hash = part->pods[i]->hash;
        int64_t same = 0;
        for (size_t k = 0; k < part->count; k++)
            same += strcmp(part->pods[k]->hash, hash) == 0;
        if (same != wanted || !*hash || strcmp(found, hash) == 0)
            continue;
        if (*found)
            return "";
        found = hash;
    }
    return found;
}

/* The status is about the spec as it is. */
static const struct hk_cond *fresh_ready(const struct fc_parent *parent)
{
    const struct hk_cond *ready = hk_cond_find(&parent->status.conditions, HK_STR("Ready"));
    return ready && ready->observed_generation >= parent->generation ? ready : NULL;
}

static bool is_ready(const struct fc_parent *parent)
{
    const struct hk_cond *ready = fresh_ready(parent);
    return ready && ready->status == HK_COND_TRUE;
}

/* The operator's own count is right where the two differ: it knows the Secrets, and may be another version. Then its count tells
 * which template is the wanted one, or nothing does. */
static void judge_age(struct part *part, const struct fc_parent *parent)
{
    int64_t counted = parent->status.executor_updated;
    bool is_fresh = fresh_ready(parent) != NULL;
    if (part->count == 0) {
        part->updated = counted;
        return;
    }
    part->updated = count_updated(part);
    if (*part->hash && !(is_fresh && part->updated < counted))
        return;
    part->hash = is_fresh && counted > 0 ? hash_by_count(part, counted) : "";
    part->updated = *part->hash ? count_updated(part) : counted;
}

static const char *roll_out_note(const struct fc_request *r, const struct fc_stateful *set)
{
    const struct fc_update_strategy *update = &r->parent.spec.executor.update;
    if (r->parent.is_valid && update->is_paused)
        return "roll-outs are paused";
    if (r->parent.is_valid && update->type != FC_ROLLING_UPDATE)
        return update->type == FC_ON_DELETE ? "OnDelete" : "Recreate";
    return set ? "StatefulSet" : NULL;
}

static void describe_session(const struct fc_request *r, const struct fc_hashes *hashes,
                             struct hk_jw *w)
{
    const struct fc_pod *session = r->observed.session;
    struct part part = {
        .name = "session manager",
        .pods = &session,
        .count = session != NULL,
        .desired = !r->parent.spec.is_suspended,
        .ready = session && session->is_ready,
        .hash = hashes->session,
        .endpoint = r->parent.status.session_endpoint,
        .updated = -1,
    };
    const struct hk_cond *ready =
        hk_cond_find(&r->parent.status.conditions, HK_STR("SessionManagerReady"));
    if (r->observed.pod_count == 0 && ready)
        part.ready = ready->status == HK_COND_TRUE;
    /* All is as it is wanted: this program's own idea of the template is another version's. */
    if (is_ready(&r->parent))
        part.hash = "";
    write_part(&part, w);
}

static void describe_executors(const struct fc_request *r, const struct fc_hashes *hashes,
                               struct hk_jw *w)
{
    const struct fc_parent *parent = &r->parent;
    const struct fc_executor_manager *executor = &parent->spec.executor;
    int64_t replicas = parent->is_valid ? executor->replicas : parent->status.executor_replicas;
    struct part part = {
        .name = "executor managers",
        .note = roll_out_note(r, r->observed.stateful),
        .pods = r->observed.executors.items,
        .count = r->observed.executors.count,
        .desired = parent->spec.is_suspended ? 0 : replicas,
        .hash = hashes->executor,
    };
    for (size_t i = 0; i < part.count; i++)
        part.ready += part.pods[i]->is_ready && part.pods[i]->index < part.desired;
    if (part.count == 0 && r->observed.pod_count == 0)
        part.ready =
            r->observed.stateful ? r->observed.stateful->ready : parent->status.executor_ready;
    judge_age(&part, parent);
    if (parent->is_valid && executor->update.type == FC_ROLLING_UPDATE && part.desired > 0)
        part.max_unavailable = fc_max_unavailable(&executor->update, replicas);
    write_part(&part, w);
}

static void describe_caches(const struct fc_request *r, const struct fc_hashes *hashes,
                            struct hk_jw *w)
{
    const struct fc_parent *parent = &r->parent;
    bool has_own = parent->is_valid ? fc_spec_has_caches(&parent->spec) : parent->status.has_caches;
    const struct fc_pod_set *caches = &r->observed.caches;
    struct part part = {
        .name = "object cache",
        .pods = caches->items,
        .count = caches->count,
        .hash = hashes->cache,
        .endpoint = parent->status.cache_endpoint,
        .updated = -1,
    };
    if (!has_own)
        part.note = "served by the executor managers";
    else if (!parent->spec.is_suspended)
        part.desired =
            parent->is_valid ? parent->spec.cache.replicas : parent->status.cache_replicas;
    for (size_t i = 0; i < part.count; i++)
        part.ready += part.pods[i]->is_ready && part.pods[i]->index < part.desired;
    if (has_own && r->observed.pod_count == 0)
        part.ready = parent->status.cache_ready;
    if (has_own && part.count > 0 && *part.hash)
        part.updated = count_updated(&part);
    write_part(&part, w);
}

/* Is it good news when this one is True? The others only tell of something. */
static bool is_good(const struct hk_cond *c)
{
    bool is_bad_news = hk_str_is(c->type, "Stalled") || hk_str_is(c->type, "SpecWarning") ||
                       hk_str_is(c->type, "Reconciling");
    return c->status == (is_bad_news ? HK_COND_FALSE : HK_COND_TRUE);
}

static void write_conditions(const struct hk_cond_list *list, struct hk_jw *w)
{
    static const char *const words[] = {"Unknown", "True", "False"};
    char since[HK_TIME_SIZE];
    hk_jw_member_array(w, "conditions");
    for (size_t i = 0; i < list->count; i++) {
        const struct hk_cond *c = &list->items[i];
        hk_time_format(c->since_s, since);
        hk_jw_object(w);
        hk_jw_member_bool(w, "good", is_good(c));
        hk_jw_member_str(w, "message", c->message);
        hk_jw_member_str(w, "reason", c->reason);
        hk_jw_member_cstr(w, "since", since);
        hk_jw_member_cstr(w, "status", words[c->status]);
        hk_jw_member_str(w, "type", c->type);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}

/* What is particular to an object: which generation of the configuration it holds. */
static void write_notes(const struct fc_request *r, struct hk_jw *w)
{
    const struct fc_object *config = r->observed.config;
    struct hk_str generation = {NULL, 0};
    if (config)
        generation = fc_raw_member(config->annotations, FC_CONFIG_GENERATION, r->arena);
    hk_jw_member_array(w, "notes");
    if (generation.len) {
        hk_jw_object(w);
        hk_jw_member_cstr(w, "kind", "ConfigMap.v1");
        hk_jw_member_str(w, "name", config->name);
        hk_jw_member_str(
            w, "text", hk_arena_printf(r->arena, "config generation %.*s", HK_STR_ARG(generation)));
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}

int fc_describe(struct fc_request *r, struct hk_buf *out, struct hk_err *err)
{
    const struct fc_parent *parent = &r->parent;
    const struct hk_cond *ready = hk_cond_find(&parent->status.conditions, HK_STR("Ready"));
    struct fc_hashes hashes;
    struct hk_jw w;
    if (fc_answer_hashes(r, &hashes, err) != 0)
        return -1;
    hk_jw_init(&w, out);
    hk_jw_object(&w);
    hk_jw_member_array(&w, "components");
    describe_session(r, &hashes, &w);
    describe_executors(r, &hashes, &w);
    describe_caches(r, &hashes, &w);
    hk_jw_array_end(&w);
    write_conditions(&parent->status.conditions, &w);
    hk_jw_member_int(&w, "configGeneration", parent->status.config_generation);
    hk_jw_member_int(&w, "generation", parent->generation);
    hk_jw_member_str(&w, "message", ready ? ready->message : HK_STR(""));
    write_notes(r, &w);
    hk_jw_member_int(&w, "observedGeneration", ready ? ready->observed_generation : 0);
    write_pods(r->observed.strangers.items, r->observed.strangers.count, "", &w);
    hk_jw_member_bool(&w, "ready", is_ready(parent));
    hk_jw_member_str(&w, "state", parent->status.state);
    hk_jw_object_end(&w);
    return r->arena->failed ? hk_err_memory(err) : 0;
}
