/* hk_sim_pods.c - scheduler, kubelet and node controller: each Pod's way from created to gone. */
#include "hk_sim_impl.h"

#include <stdio.h>

#define TOLERATION_MS 300000 /* of a node that does not answer, as every Pod gets it by default */

static struct sim_pod *find_pod(const struct hk_sim *sim, const char *uid)
{
    for (size_t i = 0; i < sim->pod_count; i++)
        if (strcmp(sim->pods[i].uid, uid) == 0)
            return &sim->pods[i];
    return NULL;
}

static void forget(struct hk_sim *sim, size_t i)
{
    hk_free(sim->pods[i].uid);
    hk_free(sim->pods[i].namespace);
    hk_free(sim->pods[i].name);
    sim->pods[i] = sim->pods[--sim->pod_count];
}

void hk_sim_pods_fini(struct hk_sim *sim)
{
    while (sim->pod_count)
        forget(sim, sim->pod_count - 1);
    hk_free(sim->pods);
}

void hk_sim_pods_admit(struct hk_sim *sim, const json_t *object)
{
    if (sim->pod_count == sim->pod_cap) {
        size_t cap = sim->pod_cap ? sim->pod_cap * 2 : 16;
        struct sim_pod *pods = hk_resize(sim->pods, cap * sizeof *pods);
        if (!pods) {
            sim->failed = true;
            return;
        }
        sim->pods = pods;
        sim->pod_cap = cap;
    }
    sim->pods[sim->pod_count++] = (struct sim_pod){
        .uid = hk_sim_strdup(sim, hk_sim_text(object, "metadata.uid")),
        .namespace = hk_sim_strdup(sim, hk_sim_text(object, "metadata.namespace")),
        .name = hk_sim_strdup(sim, hk_sim_text(object, "metadata.name")),
        .stage = POD_CREATED,
        .due_ms = sim->now_ms + hk_sim_jitter(sim, sim->options.pace.schedule_ms),
        .evict_at_ms = SIM_NEVER,
    };
}

static int64_t stop_ms(struct hk_sim *sim, const json_t *object)
{
    int64_t grace = hk_sim_int(object, "spec.terminationGracePeriodSeconds") * 1000;
    int64_t wanted = sim->options.pace.stop_ms;
    if (wanted < 0)
        return grace;
    wanted = hk_sim_jitter(sim, wanted);
    return wanted < grace ? wanted : grace;
}

void hk_sim_pods_stop(struct hk_sim *sim, const json_t *object)
{
    struct sim_pod *pod = find_pod(sim, hk_sim_text(object, "metadata.uid"));
    if (!pod)
        return;
    pod->stage = POD_STOPPING;
    pod->due_ms = sim->now_ms + stop_ms(sim, object);
    pod->evict_at_ms = SIM_NEVER;
}

/* By its name as well: a restored cluster may have one uid twice. */
void hk_sim_pods_gone(struct hk_sim *sim, const struct sim_version *version)
{
    for (size_t i = 0; i < sim->pod_count; i++) {
        struct sim_pod *pod = &sim->pods[i];
        if (strcmp(pod->uid, version->uid) == 0 &&
            hk_sim_compare(version, pod->namespace, pod->name) == 0)
            pod->is_gone = true;
    }
}

/* The Pod's live object, NULL when it is another one by now. */
static struct sim_version *object_of(const struct hk_sim *sim, const struct sim_pod *pod)
{
    const struct sim_shelf *shelf = hk_sim_shelf_find(sim, "Pod");
    struct sim_version *live = hk_sim_list_find(&shelf->live, pod->namespace, pod->name);
    return live && strcmp(live->uid, pod->uid) == 0 ? live : NULL;
}

static bool has_bad_image(const struct hk_sim *sim, const json_t *object)
{
    size_t i;
    json_t *container;
    json_array_foreach(hk_sim_get(object, "spec.containers"), i, container)
    {
        if (hk_sim_names_have(&sim->bad_images, hk_sim_text(container, "image")))
            return true;
    }
    return false;
}

static void write_status(struct hk_sim *sim, const struct sim_pod *pod, struct sim_version *live)
{
    hk_sim_store_write_status(sim, hk_sim_shelf_find(sim, "Pod"), live,
                              hk_sim_pod_status(sim, pod, live->json));
}

static void schedule(struct hk_sim *sim, struct sim_pod *pod, struct sim_version *live)
{
    char node[24];
    for (unsigned tries = 0; tries < 8; tries++) {
        snprintf(node, sizeof node, "node-%u", sim->nodes++ % 4);
        if (!hk_sim_names_have(&sim->lost_nodes, node))
            break;
    }
    pod->stage = POD_SCHEDULED;
    pod->due_ms = sim->now_ms + hk_sim_jitter(sim, sim->options.pace.start_ms);
    hk_sim_store_bind(sim, hk_sim_shelf_find(sim, "Pod"), live, node,
                      hk_sim_pod_status(sim, pod, live->json));
}

/* No node takes a Pod whose claims are not there. */
static bool waits_for_claim(struct hk_sim *sim, struct sim_pod *pod, struct sim_version *live)
{
    char why[400];
    pod->waits_for_claim = hk_sim_volumes_missing(sim, live->json, why, sizeof why);
    if (pod->waits_for_claim)
        write_status(sim, pod, live);
    return pod->waits_for_claim;
}

void hk_sim_pods_wake(struct hk_sim *sim)
{
    for (size_t i = 0; i < sim->pod_count; i++)
        if (sim->pods[i].waits_for_claim && sim->pods[i].stage == POD_CREATED)
            sim->pods[i].due_ms = sim->now_ms;
}

/* The next stage of a Pod whose moment has come. */
static void advance(struct hk_sim *sim, struct sim_pod *pod, struct sim_version *live)
{
    bool is_bad = has_bad_image(sim, live->json);
    int64_t backoff = sim->options.pace.backoff_ms;
    pod->due_ms = SIM_NEVER;
    switch (pod->stage) {
    case POD_CREATED:
        if (!waits_for_claim(sim, pod, live))
            schedule(sim, pod, live);
        return;
    case POD_SCHEDULED:
        pod->stage = is_bad ? POD_PULL_FAILED : POD_RUNNING;
        pod->due_ms = is_bad ? sim->now_ms + backoff : SIM_NEVER;
        break;
    case POD_PULL_FAILED:
    case POD_BACKOFF:
        pod->stage = is_bad ? POD_BACKOFF : POD_RUNNING;
        break;
    case POD_CRASHED:
        pod->stage = POD_RUNNING;
        break;
    case POD_STOPPING:
        hk_sim_store_remove(sim, hk_sim_shelf_find(sim, "Pod"), live);
        return;
    case POD_RUNNING:
    case POD_ENDED:
        return;
    }
    write_status(sim, pod, live);
}

static int64_t due_ms(const struct sim_pod *pod)
{
    return pod->is_lost ? pod->evict_at_ms : pod->due_ms;
}

int64_t hk_sim_pods_next(const struct hk_sim *sim)
{
    int64_t next = SIM_NEVER;
    for (size_t i = 0; i < sim->pod_count; i++)
        if (due_ms(&sim->pods[i]) < next)
            next = due_ms(&sim->pods[i]);
    return next;
}

static void live_on(struct hk_sim *sim, struct sim_pod *pod)
{
    struct sim_version *live = object_of(sim, pod);
    struct hk_sim_ref ref = {"Pod", pod->namespace, pod->name};
    if (!live)
        pod->is_gone = true;
    else if (!pod->is_lost)
        advance(sim, pod, live);
    else if (hk_sim_store_delete(sim, hk_sim_shelf_find(sim, "Pod"), ref, NULL, NULL) != 0)
        sim->failed = true;
}

void hk_sim_pods_live(struct hk_sim *sim)
{
    sim->actor = HK_SIM_CLUSTER;
    for (size_t i = 0; i < sim->pod_count;) {
        if (!sim->pods[i].is_gone && due_ms(&sim->pods[i]) <= sim->now_ms)
            live_on(sim, &sim->pods[i]);
        if (sim->pods[i].is_gone)
            forget(sim, i);
        else
            i++;
    }
}

/* ---- Pods that live already ---- */

void hk_sim_pods_start(struct hk_sim *sim, const json_t *object, bool ready)
{
    struct sim_pod *pod = find_pod(sim, hk_sim_text(object, "metadata.uid"));
    struct sim_version *live = pod ? object_of(sim, pod) : NULL;
    if (!live)
        return;
    schedule(sim, pod, live);
    live = object_of(sim, pod);
    if (!ready || !live)
        return;
    pod->stage = POD_RUNNING;
    pod->due_ms = SIM_NEVER;
    write_status(sim, pod, live);
}

/* The container that waits for something other than its creation; NULL: none. */
static const json_t *waiting_container(const json_t *object)
{
    size_t i;
    json_t *container;
    json_array_foreach(hk_sim_get(object, "status.containerStatuses"), i, container)
    {
        const char *reason = hk_sim_text(container, "state.waiting.reason");
        if (*reason && strcmp(reason, "ContainerCreating") != 0 &&
            strcmp(reason, "PodInitializing") != 0)
            return container;
    }
    return NULL;
}

/* It stays as it is: its image is one that cannot be pulled, or it crashes for good. */
static void restore_waiting(struct hk_sim *sim, struct sim_pod *pod, const json_t *object,
                            const json_t *waiting)
{
    const char *reason = hk_sim_text(waiting, "state.waiting.reason");
    size_t i;
    json_t *container;
    pod->due_ms = SIM_NEVER;
    pod->restarts = (int)hk_sim_int(waiting, "restartCount");
    pod->stage = strstr(reason, "Image") ? POD_BACKOFF : POD_CRASHED;
    json_array_foreach(hk_sim_get(object, "spec.containers"), i, container)
    {
        if (pod->stage == POD_BACKOFF &&
            strcmp(hk_sim_text(container, "name"), hk_sim_text(waiting, "name")) == 0)
            hk_sim_names_set(sim, &sim->bad_images, hk_sim_text(container, "image"), true);
    }
}

static void restore_lost(struct hk_sim *sim, struct sim_pod *pod, const char *node)
{
    hk_sim_names_set(sim, &sim->lost_nodes, node, true);
    pod->is_lost = true;
    pod->evict_at_ms = sim->now_ms + TOLERATION_MS;
}

void hk_sim_pods_restore(struct hk_sim *sim, const json_t *object)
{
    const char *phase = hk_sim_text(object, "status.phase"),
               *node = hk_sim_text(object, "spec.nodeName");
    const json_t *waiting = waiting_container(object);
    const char *ready = hk_sim_text(hk_sim_condition(object, "Ready"), "reason");
    hk_sim_pods_admit(sim, object);
    if (sim->failed)
        return;
    struct sim_pod *pod = &sim->pods[sim->pod_count - 1];
    if (hk_sim_get(object, "metadata.deletionTimestamp")) {
        hk_sim_pods_stop(sim, object);
    } else if (strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0) {
        pod->stage = POD_ENDED;
        pod->due_ms = SIM_NEVER;
    } else if (waiting) {
        restore_waiting(sim, pod, object, waiting);
    } else if (hk_sim_pod_ready(object)) {
        pod->stage = POD_RUNNING;
        pod->due_ms = SIM_NEVER;
    } else if (*node && strcmp(ready, "NodeNotReady") == 0) {
        pod->stage = POD_RUNNING;
        restore_lost(sim, pod, node);
    } else if (*node) {
        pod->stage = POD_SCHEDULED;
        pod->due_ms = sim->now_ms + hk_sim_jitter(sim, sim->options.pace.start_ms);
    } else if (strcmp(hk_sim_text(hk_sim_condition(object, "PodScheduled"), "reason"),
                      "Unschedulable") == 0) {
        pod->waits_for_claim = true; /* looked at again once a claim is bound */
        pod->due_ms = SIM_NEVER;
    }
}

/* ---- faults ---- */

static struct sim_pod *need_pod(struct hk_sim *sim, const char *namespace, const char *name,
                                struct hk_err *err)
{
    const json_t *object = hk_sim_find(sim, (struct hk_sim_ref){"Pod", namespace, name});
    struct sim_pod *pod = object ? find_pod(sim, hk_sim_text(object, "metadata.uid")) : NULL;
    if (!pod)
        hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "Pod %s/%s not found", namespace, name);
    return pod;
}

/* A fault moves only a Pod that could have it; one that stops or ended goes its way. */
static bool can_fail(const struct sim_pod *pod)
{
    return pod->stage != POD_STOPPING && pod->stage != POD_ENDED && !pod->is_lost;
}

int hk_sim_evict(struct hk_sim *sim, const char *namespace, const char *name, struct hk_err *err)
{
    struct sim_pod *pod = need_pod(sim, namespace, name, err);
    if (!pod)
        return -1;
    if (!can_fail(pod) || pod->stage == POD_CREATED)
        return 0;
    sim->actor = HK_SIM_USER;
    pod->stage = POD_ENDED;
    pod->due_ms = SIM_NEVER;
    write_status(sim, pod, object_of(sim, pod));
    return 0;
}

int hk_sim_crash(struct hk_sim *sim, const char *namespace, const char *name, int64_t for_ms,
                 struct hk_err *err)
{
    struct sim_pod *pod = need_pod(sim, namespace, name, err);
    if (!pod)
        return -1;
    if (!can_fail(pod) || (pod->stage != POD_RUNNING && pod->stage != POD_CRASHED))
        return 0;
    sim->actor = HK_SIM_USER;
    pod->stage = POD_CRASHED;
    pod->restarts++;
    pod->due_ms = for_ms > 0 ? sim->now_ms + for_ms : SIM_NEVER;
    write_status(sim, pod, object_of(sim, pod));
    return 0;
}

void hk_sim_fail_image(struct hk_sim *sim, const char *image, bool bad)
{
    hk_sim_names_set(sim, &sim->bad_images, image, bad);
    if (bad)
        return;
    for (size_t i = 0; i < sim->pod_count; i++) {
        struct sim_pod *pod = &sim->pods[i];
        struct sim_version *live = object_of(sim, pod);
        if (live && (pod->stage == POD_PULL_FAILED || pod->stage == POD_BACKOFF) &&
            !has_bad_image(sim, live->json))
            pod->due_ms = sim->now_ms + sim->options.pace.start_ms;
    }
}

static void node_lost(struct hk_sim *sim, struct sim_pod *pod, struct sim_version *live)
{
    pod->is_lost = true;
    if (pod->stage == POD_STOPPING)
        return;
    pod->evict_at_ms = sim->now_ms + TOLERATION_MS;
    write_status(sim, pod, live);
}

static void node_back(struct hk_sim *sim, struct sim_pod *pod, struct sim_version *live)
{
    pod->is_lost = false;
    pod->evict_at_ms = SIM_NEVER;
    if (pod->due_ms < sim->now_ms)
        pod->due_ms = sim->now_ms;
    if (pod->stage != POD_STOPPING)
        write_status(sim, pod, live);
}

void hk_sim_node(struct hk_sim *sim, const char *node, bool up)
{
    hk_sim_names_set(sim, &sim->lost_nodes, node, !up);
    sim->actor = HK_SIM_USER;
    hk_sim_tell(sim,
                (struct hk_sim_event){.what = HK_SIM_NOTE,
                                      .kind = "Node",
                                      .text = up ? "a node is back" : "a node does not answer"});
    sim->actor = HK_SIM_CLUSTER;
    for (size_t i = 0; i < sim->pod_count; i++) {
        struct sim_pod *pod = &sim->pods[i];
        struct sim_version *live = object_of(sim, pod);
        if (!live || pod->is_lost != up ||
            strcmp(hk_sim_text(live->json, "spec.nodeName"), node) != 0)
            continue;
        if (up)
            node_back(sim, pod, live);
        else
            node_lost(sim, pod, live);
    }
}
