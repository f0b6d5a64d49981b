/* hk_sim_sets.c - the StatefulSet controller: Pods by ordinal, scaling and roll-outs, and the status that
 * counts them. source: k8s.io/kubernetes pkg/controller/statefulset 1.36 (restated). */
#include "hk_sim_impl.h"

#include "hk_hash.h"

#include <stdio.h>

/* What the controller needs to hear of a change. */
#define LATENCY_MS 20
#define SET_MAX 100000 /* Pods of a set, whatever its status says */
#define REVISION_LABEL "controller-revision-hash"
#define REVISION_SIZE 320

/* One look at one set. */
struct look {
    struct hk_sim *sim;
    struct sim_shelf *pods;
    const json_t *object;
    struct sim_set *set;
    const char *uid, *namespace, *name;
    int64_t replicas, partition;
    bool is_rolling_update;
    char current[REVISION_SIZE], update[REVISION_SIZE]; /* revisions */
};

/* What status says of a set's Pods. */
struct counts {
    int64_t replicas, ready, current, updated;
};

void hk_sim_sets_wake(struct hk_sim *sim, const char *kind)
{
    const struct sim_shelf *shelf = hk_sim_shelf_find(sim, "StatefulSet");
    bool is_heard = strcmp(kind, "Pod") == 0 || strcmp(kind, "StatefulSet") == 0;
    if (is_heard && shelf && shelf->live.count && sim->sets_due_ms == SIM_NEVER)
        sim->sets_due_ms = sim->now_ms + LATENCY_MS;
}

int64_t hk_sim_sets_next(const struct hk_sim *sim)
{
    return sim->sets_due_ms;
}

static void set_fini(struct sim_set *set)
{
    hk_free(set->uid);
    json_decref(set->current);
}

void hk_sim_sets_fini(struct hk_sim *sim)
{
    for (size_t i = 0; i < sim->set_count; i++)
        set_fini(&sim->sets[i]);
    hk_free(sim->sets);
}

static struct sim_set *remember(struct hk_sim *sim, const json_t *object)
{
    const char *uid = hk_sim_text(object, "metadata.uid");
    for (size_t i = 0; i < sim->set_count; i++)
        if (strcmp(sim->sets[i].uid, uid) == 0)
            return &sim->sets[i];
    struct sim_set *sets = hk_resize(sim->sets, (sim->set_count + 1) * sizeof *sets);
    if (!sets) {
        sim->failed = true;
        return NULL;
    }
    sim->sets = sets;
    sets[sim->set_count++] =
        (struct sim_set){.uid = hk_sim_strdup(sim, uid),
                         .current = hk_sim_copy(sim, hk_sim_get(object, "spec.template"))};
    return sim->failed ? NULL : &sets[sim->set_count - 1];
}

/* Whose set is gone. */
static void forget(struct hk_sim *sim, const struct sim_shelf *shelf)
{
    for (size_t i = 0; i < sim->set_count;) {
        bool is_live = false;
        for (size_t k = 0; k < shelf->live.count && !is_live; k++)
            is_live = strcmp(shelf->live.items[k]->uid, sim->sets[i].uid) == 0;
        if (is_live) {
            i++;
            continue;
        }
        set_fini(&sim->sets[i]);
        sim->sets[i] = sim->sets[--sim->set_count];
    }
}

static void revision_of(struct look *look, const json_t *template, char revision[REVISION_SIZE])
{
    char *text = json_dumps(template, JSON_COMPACT | JSON_SORT_KEYS);
    char hash[HK_HASH64_SIZE] = "";
    if (text)
        hk_hash64_hex(hk_str_of(text), hash);
    else
        look->sim->failed = true;
    snprintf(revision, REVISION_SIZE, "%s-%.10s", look->name, hash);
    hk_sim_free_text(text);
}

/* The ordinal of a Pod of this set; -1: it is none. */
static int64_t ordinal_of(const struct look *look, const struct sim_version *pod)
{
    if (!pod->owner || strcmp(pod->owner, look->uid) != 0)
        return -1;
    return atoll(pod->name + strlen(look->name) + 1);
}

static bool is_terminating(const json_t *pod)
{
    return hk_sim_get(pod, "metadata.deletionTimestamp") != NULL;
}

/* "": none. */
static const char *revision_label(const json_t *pod)
{
    const json_t *labels = hk_sim_get(pod, "metadata.labels");
    const char *text = json_string_value(json_object_get(labels, REVISION_LABEL));
    return text ? text : "";
}

static bool is_of(const json_t *pod, const char *revision)
{
    return strcmp(revision_label(pod), revision) == 0;
}

static void pod_name(const struct look *look, int64_t ordinal, char name[300])
{
    snprintf(name, 300, "%s-%lld", look->name, (long long)ordinal);
}

/* The set's Pod of this ordinal; NULL: none, or somebody else's of that name. */
static const struct sim_version *find_pod(const struct look *look, int64_t ordinal)
{
    char name[300];
    pod_name(look, ordinal, name);
    const struct sim_version *live = hk_sim_list_find(&look->pods->live, look->namespace, name);
    return live && ordinal_of(look, live) == ordinal ? live : NULL;
}

static void delete_pod(const struct look *look, const struct sim_version *pod)
{
    struct hk_sim_ref ref = {"Pod", look->namespace, pod->name};
    if (!is_terminating(pod->json) &&
        hk_sim_store_delete(look->sim, look->pods, ref, NULL, NULL) != 0)
        look->sim->failed = true;
}

static void make_pod(const struct look *look, int64_t ordinal, bool is_old)
{
    struct hk_sim *sim = look->sim;
    const json_t *template =
        is_old ? look->set->current : hk_sim_get(look->object, "spec.template");
    char name[300], number[24];
    pod_name(look, ordinal, name);
    snprintf(number, sizeof number, "%lld", (long long)ordinal);
    json_t *pod = hk_sim_copy(sim, template);
    json_t *metadata = hk_sim_child(sim, pod, "metadata");
    json_t *labels = hk_sim_child(sim, metadata, "labels");
    hk_sim_set_text(sim, pod, "apiVersion", "v1");
    hk_sim_set_text(sim, pod, "kind", "Pod");
    hk_sim_set_text(sim, metadata, "name", name);
    hk_sim_set_text(sim, metadata, "namespace", look->namespace);
    hk_sim_set_text(sim, labels, REVISION_LABEL, is_old ? look->current : look->update);
    hk_sim_set_text(sim, labels, "apps.kubernetes.io/pod-index", number);
    hk_sim_set_text(sim, labels, "statefulset.kubernetes.io/pod-name", name);
    hk_sim_set(sim, metadata, "ownerReferences", json_pack("[o]", hk_sim_owner_ref(look->object)));
    hk_sim_set_text(sim, hk_sim_child(sim, pod, "spec"), "hostname", name);
    /* Refused, or the name is taken: it tries again when something changes. */
    struct hk_err why = {0};
    if (hk_sim_store_create(sim, look->pods, pod, &why) != 0 && why.kind == HK_ERR_MEMORY)
        sim->failed = true;
}

static void create_pod(const struct look *look, int64_t ordinal)
{
    make_pod(look, ordinal, look->is_rolling_update && ordinal < look->partition);
}

static bool has_ended(const struct sim_version *pod)
{
    const char *phase = pod->is_ready ? "" : hk_sim_text(pod->json, "status.phase");
    return strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0;
}

/* All ordinals at once, as podManagementPolicy Parallel has it. A Pod that ended is deleted, to come back. */
static void scale(const struct look *look)
{
    for (size_t i = look->pods->live.count; i-- > 0;) {
        if (i >= look->pods->live.count)
            continue; /* one that goes at once leaves the list */
        const struct sim_version *pod = look->pods->live.items[i];
        int64_t ordinal = ordinal_of(look, pod);
        if (ordinal >= 0 && (ordinal >= look->replicas || has_ended(pod)))
            delete_pod(look, pod);
    }
    for (int64_t ordinal = 0; ordinal < look->replicas; ordinal++)
        if (!find_pod(look, ordinal))
            create_pod(look, ordinal);
}

/* From the highest ordinal down, each once the ones above it are Ready again. */
static void roll_one(const struct look *look)
{
    for (int64_t ordinal = look->replicas - 1; ordinal >= look->partition; ordinal--) {
        const struct sim_version *pod = find_pod(look, ordinal);
        if (pod && !is_of(pod->json, look->update)) {
            delete_pod(look, pod);
            return;
        }
        if (!pod || !pod->is_ready)
            return;
    }
}

static void roll_many(const struct look *look, int64_t max_unavailable)
{
    int64_t left = max_unavailable;
    for (int64_t ordinal = 0; ordinal < look->replicas; ordinal++) {
        const struct sim_version *pod = find_pod(look, ordinal);
        left -= !pod || !pod->is_ready;
    }
    for (int64_t ordinal = look->replicas - 1; ordinal >= look->partition && left > 0; ordinal--) {
        const struct sim_version *pod = find_pod(look, ordinal);
        if (!pod || is_of(pod->json, look->update) || is_terminating(pod->json))
            continue;
        delete_pod(look, pod);
        left--;
    }
}

static struct counts count(const struct look *look)
{
    struct counts counts = {0};
    for (size_t i = 0; i < look->pods->live.count; i++) {
        const struct sim_version *pod = look->pods->live.items[i];
        if (ordinal_of(look, pod) < 0)
            continue;
        const char *revision = is_terminating(pod->json) ? "" : revision_label(pod->json);
        counts.replicas++;
        counts.ready += pod->is_ready;
        counts.current += strcmp(revision, look->current) == 0;
        counts.updated += strcmp(revision, look->update) == 0;
    }
    return counts;
}

/* The update's revision becomes the current one once all Pods are of it. */
static void complete(struct look *look, struct counts *counts)
{
    if (!look->is_rolling_update || counts->updated != look->replicas ||
        counts->ready != look->replicas || counts->replicas != look->replicas)
        return;
    json_decref(look->set->current);
    look->set->current = hk_sim_copy(look->sim, hk_sim_get(look->object, "spec.template"));
    memcpy(look->current, look->update, sizeof look->current);
    counts->current = counts->updated;
}

static void put_count(struct hk_sim *sim, json_t *status, const char *key, int64_t value)
{
    if (value)
        hk_sim_set_int(sim, status, key, value);
}

static void write_status(struct look *look)
{
    struct hk_sim *sim = look->sim;
    struct sim_shelf *shelf = hk_sim_shelf_find(sim, "StatefulSet");
    struct counts counts = count(look);
    complete(look, &counts);
    json_t *status =
        json_pack("{s:I,s:i,s:s,s:I,s:I,s:s}", "availableReplicas", (json_int_t)counts.ready,
                  "collisionCount", 0, "currentRevision", look->current, "observedGeneration",
                  (json_int_t)hk_sim_int(look->object, "metadata.generation"), "replicas",
                  (json_int_t)counts.replicas, "updateRevision", look->update);
    put_count(sim, status, "currentReplicas", counts.current);
    put_count(sim, status, "readyReplicas", counts.ready);
    put_count(sim, status, "updatedReplicas", counts.updated);
    struct sim_version *live = hk_sim_list_find(&shelf->live, look->namespace, look->name);
    hk_sim_store_write_status(sim, shelf, live, status);
}

static struct look look_at(struct hk_sim *sim, const json_t *object)
{
    struct look look = {
        .sim = sim,
        .pods = hk_sim_shelf_find(sim, "Pod"),
        .object = object,
        .set = remember(sim, object),
        .uid = hk_sim_text(object, "metadata.uid"),
        .namespace = hk_sim_text(object, "metadata.namespace"),
        .name = hk_sim_text(object, "metadata.name"),
        .replicas = hk_sim_int(object, "spec.replicas"),
        .partition = hk_sim_int(object, "spec.updateStrategy.rollingUpdate.partition"),
    };
    if (sim->failed)
        return look;
    look.is_rolling_update =
        strcmp(hk_sim_text(object, "spec.updateStrategy.type"), "RollingUpdate") == 0;
    revision_of(&look, look.set->current, look.current);
    revision_of(&look, hk_sim_get(object, "spec.template"), look.update);
    return look;
}

static void look_after(struct hk_sim *sim, const json_t *object)
{
    struct look look = look_at(sim, object);
    int64_t most = hk_sim_int(object, "spec.updateStrategy.rollingUpdate.maxUnavailable");
    if (sim->failed || !look.pods)
        return;
    scale(&look);
    if (look.is_rolling_update && sim->options.max_unavailable)
        roll_many(&look, most);
    else if (look.is_rolling_update)
        roll_one(&look);
    if (!sim->failed)
        write_status(&look);
}

/* The template of the current revision is not in the object; all that counts is that it is another one. */
static void mark_current(struct look *look)
{
    struct hk_sim *sim = look->sim;
    json_t *annotations =
        hk_sim_child(sim, hk_sim_child(sim, look->set->current, "metadata"), "annotations");
    hk_sim_set_text(sim, annotations, "revision",
                    hk_sim_text(look->object, "status.currentRevision"));
    revision_of(look, look->set->current, look->current);
}

void hk_sim_sets_restore(struct hk_sim *sim, const json_t *object)
{
    struct look look = look_at(sim, object);
    int64_t count = hk_sim_int(object, "status.replicas");
    int64_t ready = hk_sim_int(object, "status.readyReplicas"), first_new = 0;
    if (sim->failed || !look.pods)
        return;
    if (strcmp(hk_sim_text(object, "status.currentRevision"),
               hk_sim_text(object, "status.updateRevision")) != 0) {
        mark_current(&look);
        first_new = count - hk_sim_int(object, "status.updatedReplicas");
    }
    for (int64_t ordinal = 0; ordinal < count && ordinal < SET_MAX && !sim->failed; ordinal++) {
        if (!find_pod(&look, ordinal))
            make_pod(&look, ordinal, ordinal < first_new);
        const struct sim_version *pod = find_pod(&look, ordinal);
        if (pod)
            hk_sim_pods_start(sim, pod->json, ordinal < ready);
    }
}

void hk_sim_sets_live(struct hk_sim *sim)
{
    struct sim_shelf *shelf = hk_sim_shelf_find(sim, "StatefulSet");
    if (sim->sets_due_ms > sim->now_ms)
        return;
    sim->sets_due_ms = SIM_NEVER;
    sim->actor = HK_SIM_CLUSTER;
    forget(sim, shelf);
    for (size_t i = 0; i < shelf->live.count && !sim->failed; i++) {
        struct sim_version *live = shelf->live.items[i];
        if (is_terminating(live->json))
            continue;
        live->refs++;
        look_after(sim, live->json);
        hk_sim_version_free(live);
    }
}
