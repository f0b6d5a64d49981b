/* hk_sim_podstatus.c - a Pod's status as the kubelet (or the node controller) writes it. */
#include "hk_sim_impl.h"

#include <stdio.h>

const json_t *hk_sim_condition(const json_t *object, const char *type)
{
    size_t i;
    json_t *condition;
    json_array_foreach(hk_sim_get(object, "status.conditions"), i, condition)
    {
        if (strcmp(hk_sim_text(condition, "type"), type) == 0)
            return condition;
    }
    return NULL;
}

/* Appends a condition; lastTransitionTime stays while the status does. reason NULL: true. */
static void condition(struct hk_sim *sim, json_t *list, const json_t *object, const char *type,
                      const char *reason)
{
    const char *status = reason ? "False" : "True";
    const json_t *old = hk_sim_condition(object, type);
    char now[HK_TIME_SIZE];
    hk_sim_time_text(sim, sim->now_ms, now);
    bool is_same = old && strcmp(hk_sim_text(old, "status"), status) == 0;
    json_t *made = json_pack("{s:n,s:s,s:s,s:s}", "lastProbeTime", "lastTransitionTime",
                             is_same ? hk_sim_text(old, "lastTransitionTime") : now, "status",
                             status, "type", type);
    if (reason)
        hk_sim_set_text(sim, made, "reason", reason);
    hk_sim_append(sim, list, made);
}

static json_t *conditions(struct hk_sim *sim, const struct sim_pod *pod, const json_t *object)
{
    json_t *list = json_array();
    const char *reason = pod->stage == POD_RUNNING ? NULL
                         : pod->stage == POD_ENDED ? "PodFailed"
                                                   : "ContainersNotReady";
    char why[400];
    if (pod->waits_for_claim && hk_sim_volumes_missing(sim, object, why, sizeof why)) {
        condition(sim, list, object, "PodScheduled", "Unschedulable");
        hk_sim_set_text(sim, json_array_get(list, 0), "message", why);
    }
    if (pod->stage != POD_CREATED) {
        condition(sim, list, object, "Initialized", NULL);
        condition(sim, list, object, "Ready", pod->is_lost ? "NodeNotReady" : reason);
        condition(sim, list, object, "ContainersReady", reason);
        condition(sim, list, object, "PodScheduled", NULL);
    }
    return list;
}

static json_t *waiting(const char *reason, const char *format, const char *name)
{
    char message[512];
    snprintf(message, sizeof message, format, name); /* a literal of ours, one %s at most */
    json_t *state = json_pack("{s:{s:s}}", "waiting", "reason", reason);
    if (*message)
        json_object_set_new(json_object_get(state, "waiting"), "message", json_string(message));
    return state;
}

static json_t *terminated(struct hk_sim *sim, int exit_code, const char *reason)
{
    char now[HK_TIME_SIZE];
    hk_sim_time_text(sim, sim->now_ms, now);
    return json_pack("{s:{s:i,s:s,s:s}}", "terminated", "exitCode", exit_code, "finishedAt", now,
                     "reason", reason);
}

static bool is_bad(const struct hk_sim *sim, const char *image)
{
    return hk_sim_names_have(&sim->bad_images, image);
}

static json_t *container_state(struct hk_sim *sim, const struct sim_pod *pod,
                               const json_t *container)
{
    const char *image = hk_sim_text(container, "image");
    char now[HK_TIME_SIZE];
    hk_sim_time_text(sim, sim->now_ms, now);
    switch (pod->stage) {
    case POD_PULL_FAILED:
        if (is_bad(sim, image))
            return waiting("ErrImagePull", "failed to pull image \"%s\": not found", image);
        break;
    case POD_BACKOFF:
        if (is_bad(sim, image))
            return waiting("ImagePullBackOff", "Back-off pulling image \"%s\"", image);
        break;
    case POD_CRASHED:
        return waiting("CrashLoopBackOff", "back-off 10s restarting failed container=%s",
                       hk_sim_text(container, "name"));
    case POD_ENDED:
        return terminated(sim, 137, "Error");
    case POD_RUNNING:
        break;
    case POD_CREATED:
    case POD_SCHEDULED:
    case POD_STOPPING:
        return waiting("ContainerCreating", "", "");
    }
    return json_pack("{s:{s:s}}", "running", "startedAt", now);
}

static json_t *container_statuses(struct hk_sim *sim, const struct sim_pod *pod,
                                  const json_t *object)
{
    json_t *list = json_array(), *container;
    size_t i;
    json_array_foreach(hk_sim_get(object, "spec.containers"), i, container)
    {
        json_t *state = container_state(sim, pod, container);
        bool is_running = json_object_get(state, "running") != NULL;
        json_t *last = pod->restarts ? terminated(sim, 1, "Error") : json_object();
        hk_sim_append(sim, list,
                      json_pack("{s:s,s:s,s:o,s:s,s:b,s:i,s:o}", "image",
                                hk_sim_text(container, "image"), "imageID", "", "lastState", last,
                                "name", hk_sim_text(container, "name"), "ready", is_running,
                                "restartCount", pod->restarts, "state", state));
    }
    return list;
}

static const char *phase(const struct sim_pod *pod)
{
    if (pod->stage == POD_ENDED)
        return "Failed";
    return pod->stage == POD_RUNNING || pod->stage == POD_CRASHED ? "Running" : "Pending";
}

json_t *hk_sim_pod_status(struct hk_sim *sim, const struct sim_pod *pod, const json_t *object)
{
    const char *started = hk_sim_text(object, "status.startTime");
    char now[HK_TIME_SIZE];
    hk_sim_time_text(sim, sim->now_ms, now);
    json_t *status = json_object();
    hk_sim_set(sim, status, "conditions", conditions(sim, pod, object));
    hk_sim_set_text(sim, status, "phase", phase(pod));
    hk_sim_set_text(sim, status, "qosClass", hk_sim_text(object, "status.qosClass"));
    if (pod->stage == POD_CREATED)
        return status;
    hk_sim_set(sim, status, "containerStatuses", container_statuses(sim, pod, object));
    hk_sim_set_text(sim, status, "hostIP", "127.0.0.1");
    hk_sim_set_text(sim, status, "startTime", *started ? started : now);
    if (pod->stage == POD_ENDED) {
        hk_sim_set_text(sim, status, "reason", "Evicted");
        hk_sim_set_text(sim, status, "message", "The node was low on resource: memory.");
    }
    return status;
}
