/* hk_sim_defaults.c - what the API server fills into Pods, StatefulSets and Services.
 * source: k8s.io/kubernetes pkg/apis/core/v1 defaults, 1.36, as recorded from a real one
 * (restated). */
#include "hk_sim_impl.h"

#include <stdio.h>

/* {key, JSON text} pairs; a default goes in when the key is not there. */
struct fill {
    const char *key, *json;
};

static void fill_in(struct hk_sim *sim, json_t *object, const struct fill *fills, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!json_object_get(object, fills[i].key))
            hk_sim_set(sim, object, fills[i].key, json_loads(fills[i].json, JSON_DECODE_ANY, NULL));
}

#define FILL_IN(sim, object, fills) fill_in(sim, object, fills, sizeof(fills) / sizeof *(fills))

/* Of a Pod, and of the template of one. */
static const struct fill POD_SPEC[] = {
    {"dnsPolicy", "\"ClusterFirst\""},          {"restartPolicy", "\"Always\""},
    {"schedulerName", "\"default-scheduler\""}, {"securityContext", "{}"},
    {"terminationGracePeriodSeconds", "30"},
};
static const struct fill POD[] = {
    {"enableServiceLinks", "true"},
    {"preemptionPolicy", "\"PreemptLowerPriority\""},
    {"priority", "0"},
    {"serviceAccount", "\"default\""},
    {"serviceAccountName", "\"default\""},
    {"tolerations",
     "[{\"effect\":\"NoExecute\",\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\","
     "\"tolerationSeconds\":300},{\"effect\":\"NoExecute\",\"key\":\"node.kubernetes.io/"
     "unreachable\","
     "\"operator\":\"Exists\",\"tolerationSeconds\":300}]"},
};
static const struct fill CONTAINER[] = {
    {"resources", "{}"},
    {"terminationMessagePath", "\"/dev/termination-log\""},
    {"terminationMessagePolicy", "\"File\""},
};
static const struct fill PROBE[] = {
    {"failureThreshold", "3"},
    {"periodSeconds", "10"},
    {"successThreshold", "1"},
    {"timeoutSeconds", "1"},
};
static const struct fill STATEFUL_SET[] = {
    {"persistentVolumeClaimRetentionPolicy",
     "{\"whenDeleted\":\"Retain\",\"whenScaled\":\"Retain\"}"},
    {"podManagementPolicy", "\"OrderedReady\""},
    {"replicas", "1"},
    {"revisionHistoryLimit", "10"},
    {"serviceName", "\"\""},
};
static const struct fill SERVICE[] = {
    {"internalTrafficPolicy", "\"Cluster\""},
    {"ipFamilies", "[\"IPv4\"]"},
    {"ipFamilyPolicy", "\"SingleStack\""},
    {"sessionAffinity", "\"None\""},
    {"type", "\"ClusterIP\""},
};

/* Always for :latest or no tag, else IfNotPresent. */
static const char *pull_policy(const char *image)
{
    const char *slash = strrchr(image, '/');
    const char *tag = strrchr(slash ? slash : image, ':');
    bool is_latest = !strchr(image, '@') && (!tag || strcmp(tag, ":latest") == 0);
    return is_latest ? "Always" : "IfNotPresent";
}

static void container(struct hk_sim *sim, json_t *object)
{
    static const char *const probes[] = {"livenessProbe", "readinessProbe", "startupProbe"};
    size_t i;
    json_t *port;
    FILL_IN(sim, object, CONTAINER);
    hk_sim_default(sim, object, "imagePullPolicy",
                   json_string(pull_policy(hk_sim_text(object, "image"))));
    json_array_foreach(json_object_get(object, "ports"), i, port)
    {
        hk_sim_default(sim, port, "protocol", json_string("TCP"));
    }
    for (i = 0; i < sizeof probes / sizeof *probes; i++) {
        json_t *probe = json_object_get(object, probes[i]);
        if (probe)
            FILL_IN(sim, probe, PROBE);
    }
}

static void volume(struct hk_sim *sim, json_t *object)
{
    static const char *const with_mode[] = {"configMap", "secret", "projected", "downwardAPI"};
    for (size_t i = 0; i < sizeof with_mode / sizeof *with_mode; i++) {
        json_t *source = json_object_get(object, with_mode[i]);
        if (source)
            hk_sim_default(sim, source, "defaultMode", json_integer(420));
    }
}

/* Guaranteed is not told from Burstable: nothing here depends on it. */
static const char *qos_class(const json_t *containers)
{
    size_t i;
    json_t *item;
    json_array_foreach(containers, i, item)
    {
        const json_t *resources = json_object_get(item, "resources");
        if (json_object_size(json_object_get(resources, "requests")) ||
            json_object_size(json_object_get(resources, "limits")))
            return "Burstable";
    }
    return "BestEffort";
}

static void pod_spec(struct hk_sim *sim, json_t *spec)
{
    json_t *item;
    size_t i;
    FILL_IN(sim, spec, POD_SPEC);
    json_array_foreach(json_object_get(spec, "initContainers"), i, item)
    {
        container(sim, item);
    }
    json_array_foreach(json_object_get(spec, "containers"), i, item)
    {
        container(sim, item);
    }
    json_array_foreach(json_object_get(spec, "volumes"), i, item)
    {
        volume(sim, item);
    }
}

static void pod(struct hk_sim *sim, json_t *object)
{
    json_t *spec = hk_sim_child(sim, object, "spec");
    FILL_IN(sim, spec, POD);
    pod_spec(sim, spec);
    if (!json_object_get(object, "status"))
        hk_sim_set(sim, object, "status",
                   json_pack("{s:s,s:s}", "phase", "Pending", "qosClass",
                             qos_class(json_object_get(spec, "containers"))));
}

static void service(struct hk_sim *sim, json_t *object)
{
    json_t *spec = hk_sim_child(sim, object, "spec"), *port;
    size_t i;
    FILL_IN(sim, spec, SERVICE);
    if (!json_object_get(spec, "clusterIP") &&
        strcmp(hk_sim_text(spec, "type"), "ExternalName") != 0) {
        char ip[24];
        unsigned n = ++sim->ips;
        snprintf(ip, sizeof ip, "10.0.%u.%u", n / 250 % 250, n % 250 + 1);
        hk_sim_set_text(sim, spec, "clusterIP", ip);
    }
    hk_sim_default(sim, spec, "clusterIPs", json_pack("[s]", hk_sim_text(spec, "clusterIP")));
    json_array_foreach(json_object_get(spec, "ports"), i, port)
    {
        hk_sim_default(sim, port, "protocol", json_string("TCP"));
        hk_sim_default(sim, port, "targetPort", json_deep_copy(json_object_get(port, "port")));
    }
    hk_sim_service_default(sim, spec);
    hk_sim_default(sim, object, "status", json_pack("{s:{}}", "loadBalancer"));
}

static void stateful_set(struct hk_sim *sim, json_t *object)
{
    json_t *spec = hk_sim_child(sim, object, "spec");
    FILL_IN(sim, spec, STATEFUL_SET);
    json_t *update = hk_sim_child(sim, spec, "updateStrategy");
    hk_sim_default(sim, update, "type", json_string("RollingUpdate"));
    if (strcmp(hk_sim_text(update, "type"), "RollingUpdate") == 0) {
        json_t *rolling = hk_sim_child(sim, update, "rollingUpdate");
        hk_sim_default(sim, rolling, "partition", json_integer(0));
        if (sim->options.max_unavailable)
            hk_sim_default(sim, rolling, "maxUnavailable", json_integer(1));
        else /* a field that the server does not know goes without a word */
            json_object_del(rolling, "maxUnavailable");
    }
    pod_spec(sim, hk_sim_child(sim, hk_sim_child(sim, spec, "template"), "spec"));
    hk_sim_default(sim, object, "status",
                   json_pack("{s:i,s:i}", "availableReplicas", 0, "replicas", 0));
}

void hk_sim_defaults(struct hk_sim *sim, json_t *object)
{
    const char *kind = hk_sim_text(object, "kind");
    if (strcmp(kind, "Pod") == 0)
        pod(sim, object);
    else if (strcmp(kind, "Service") == 0)
        service(sim, object);
    else if (strcmp(kind, "PersistentVolumeClaim") == 0)
        hk_sim_volumes_default(sim, object);
    else if (strcmp(kind, "StatefulSet") == 0)
        stateful_set(sim, object);
}
