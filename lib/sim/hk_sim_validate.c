/* hk_sim_validate.c - what the API server refuses of the core kinds, as far as a merge or a person
 * could come to it. source: k8s.io/kubernetes pkg/apis/core/validation, 1.36 (restated). */
#include "hk_sim_impl.h"

/* Two items of the list have the same value under the key, and under `beside` too (NULL: no matter). */
static bool has_twins(const json_t *list, const char *key, const char *beside)
{
    size_t i, k;
    json_t *a, *b;
    json_array_foreach(list, i, a)
    {
        json_array_foreach(list, k, b)
        {
            const json_t *value = json_object_get(a, key);
            if (k > i && value && json_equal(value, json_object_get(b, key)) &&
                (!beside || json_equal(json_object_get(a, beside), json_object_get(b, beside))))
                return true;
        }
    }
    return false;
}

static const char *service(const json_t *object)
{
    const json_t *ports = hk_sim_get(object, "spec.ports");
    bool may_be_bare = strcmp(hk_sim_text(object, "spec.clusterIP"), "None") == 0 ||
                       strcmp(hk_sim_text(object, "spec.type"), "ExternalName") == 0;
    size_t i;
    json_t *port;
    if (json_array_size(ports) == 0 && !may_be_bare)
        return "spec.ports: Required value";
    json_array_foreach(ports, i, port)
    {
        if (json_array_size(ports) > 1 && !*hk_sim_text(port, "name"))
            return "spec.ports.name: Required value";
        if (hk_sim_int(port, "port") < 1 || hk_sim_int(port, "port") > 65535)
            return "spec.ports.port: Invalid value: must be between 1 and 65535, inclusive";
    }
    if (has_twins(ports, "name", NULL))
        return "spec.ports.name: Duplicate value";
    if (has_twins(ports, "nodePort", NULL))
        return "spec.ports.nodePort: Duplicate value";
    return has_twins(ports, "port", "protocol")
               ? "spec.ports: Duplicate value"
               : hk_sim_service_refuse(json_object_get(object, "spec"));
}

static const char *pod_spec(const json_t *spec)
{
    size_t i;
    json_t *container;
    const json_t *containers = json_object_get(spec, "containers");
    if (json_array_size(containers) == 0)
        return "spec.containers: Required value";
    json_array_foreach(containers, i, container)
    {
        if (!*hk_sim_text(container, "name") || !*hk_sim_text(container, "image"))
            return "spec.containers: Required value: name and image";
        if (has_twins(json_object_get(container, "volumeMounts"), "mountPath", NULL))
            return "spec.containers.volumeMounts.mountPath: must be unique";
    }
    if (has_twins(containers, "name", NULL))
        return "spec.containers.name: Duplicate value";
    return has_twins(json_object_get(spec, "volumes"), "name", NULL)
               ? "spec.volumes.name: Duplicate value"
               : NULL;
}

static const char *pod(const json_t *object)
{
    return pod_spec(json_object_get(object, "spec"));
}

static const char *stateful_set(const json_t *object)
{
    const json_t *labels = hk_sim_get(object, "spec.template.metadata.labels");
    const json_t *selector = hk_sim_get(object, "spec.selector.matchLabels");
    const char *key;
    json_t *value;
    if (json_object_size(selector) == 0)
        return "spec.selector: Invalid value: empty selector is invalid for statefulset";
    json_object_foreach((json_t *)selector, key, value)
    {
        if (!json_equal(value, json_object_get(labels, key)))
            return "spec.template.metadata.labels: Invalid value: `selector` does not match "
                   "template `labels`";
    }
    if (hk_sim_int(object, "spec.replicas") < 0)
        return "spec.replicas: Invalid value: must be greater than or equal to 0";
    if (strcmp(hk_sim_text(object, "spec.updateStrategy.type"), "OnDelete") == 0 &&
        hk_sim_get(object, "spec.updateStrategy.rollingUpdate"))
        return "spec.updateStrategy.rollingUpdate: Invalid value: only allowed for updateStrategy "
               "'RollingUpdate'";
    if (strcmp(hk_sim_text(object, "spec.template.spec.restartPolicy"), "Always") != 0)
        return "spec.template.spec.restartPolicy: Unsupported value";
    return pod_spec(hk_sim_get(object, "spec.template.spec"));
}

/* The members of a StatefulSet's spec that may be changed. */
static bool is_changed_for_good(const json_t *live, const json_t *object)
{
    static const char *const free_ones[] = {"minReadySeconds",
                                            "ordinals",
                                            "persistentVolumeClaimRetentionPolicy",
                                            "replicas",
                                            "revisionHistoryLimit",
                                            "template",
                                            "updateStrategy"};
    json_t *before = json_copy(json_object_get(live, "spec"));
    json_t *after = json_copy(json_object_get(object, "spec"));
    for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++) {
        json_object_del(before, free_ones[i]);
        json_object_del(after, free_ones[i]);
    }
    bool is_changed = !json_equal(before, after);
    json_decref(before);
    json_decref(after);
    return is_changed;
}

static const char *config_map(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(object, "data"), key, value)
    {
        if (!json_is_string(value))
            return "data: must be a string";
    }
    return NULL;
}

int hk_sim_validate(const json_t *object, struct hk_err *err)
{
    static const struct {
        const char *kind;
        const char *(*refuse)(const json_t *object);
    } rules[] = {{"ConfigMap", config_map},
                 {"PersistentVolumeClaim", hk_sim_volumes_refuse},
                 {"Pod", pod},
                 {"Service", service},
                 {"StatefulSet", stateful_set}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        bool is_it = strcmp(hk_sim_text(object, "kind"), rules[i].kind) == 0;
        const char *why = is_it ? rules[i].refuse(object) : NULL;
        if (why)
            return hk_err_set(err, HK_ERR_INVALID, NULL, "%s \"%s\" is invalid: %s", rules[i].kind,
                              hk_sim_text(object, "metadata.name"), why);
    }
    return 0;
}

/* Why the change is refused, whatever the object becomes; NULL: it is not. */
static const char *refuse_update(const char *kind, const json_t *live, const json_t *object)
{
    if (strcmp(kind, "ConfigMap") == 0 && json_is_true(json_object_get(live, "immutable")) &&
        !json_equal(json_object_get(live, "data"), json_object_get(object, "data")))
        return "data: Forbidden: field is immutable when `immutable` is set";
    if (strcmp(kind, "PersistentVolumeClaim") == 0)
        return hk_sim_volumes_refuse_update(live, object);
    if (strcmp(kind, "Service") == 0)
        return hk_sim_service_refuse_update(live, object);
    if (strcmp(kind, "StatefulSet") == 0 && is_changed_for_good(live, object))
        return "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', "
               "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
               "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    return NULL;
}

int hk_sim_validate_update(const json_t *live, const json_t *object, struct hk_err *err)
{
    const char *kind = hk_sim_text(object, "kind");
    const char *why = refuse_update(kind, live, object);
    if (why)
        return hk_err_set(err, HK_ERR_INVALID, NULL, "%s \"%s\" is invalid: %s", kind,
                          hk_sim_text(object, "metadata.name"), why);
    return hk_sim_validate(object, err);
}
