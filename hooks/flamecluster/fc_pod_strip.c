/* The fields of a Pod that are the operator's own: what its names, its selectors, its order and its
 * configuration hang on. They are passed over and named, not refused: a template that was made for
 * another kind of Pod still does most of what it says. */
#include "fc_pod_template.h"

#include "fc_config.h"

#include <stdio.h>

#define PATH_SIZE 512
/* Keys of one map that are named; more say nothing new. */
#define NAMED_MAX 8

static void found(const struct fc_pod_strip *strip, const char *path, const char *instead)
{
    if (strip->found)
        strip->found(strip->arg, path, instead);
}

/* Which keys of a map are ours, and what the path to one is. */
struct key_rule {
    bool (*is_ours)(const char *key);
    const char *place; /* before the key */
    const char *close; /* after it */
};

/* The first of our keys after one, in the order of their bytes; NULL: none. */
static const char *next_key(json_t *map, const struct key_rule *rule, const char *after)
{
    const char *key, *first = NULL;
    json_t *value;
    json_object_foreach(map, key, value)
    {
        bool is_after = !after || strcmp(key, after) > 0;
        if (is_after && rule->is_ours(key) && (!first || strcmp(key, first) < 0))
            first = key;
    }
    return first;
}

/* Named in one order, whatever that of the request is. */
static void strip_keys(json_t *map, const struct key_rule *rule, const struct fc_pod_strip *strip)
{
    const char *key = NULL;
    char path[PATH_SIZE];
    void *next;
    json_t *value;
    for (int i = 0; i < NAMED_MAX && (key = next_key(map, rule, key)); i++) {
        snprintf(path, sizeof path, "%s%s%s", rule->place, key, rule->close);
        found(strip, path, NULL);
    }
    json_object_foreach_safe(map, next, key, value) if (rule->is_ours(key))
        json_object_del(map, key);
}

static bool has_prefix(const char *key, const char *prefix)
{
    return strncmp(key, prefix, strlen(prefix)) == 0;
}

static bool is_among(const char *key, const char *const *names)
{
    while (*names && strcmp(*names, key) != 0)
        names++;
    return *names != NULL;
}

/* controller-uid is what Metacontroller finds its Pods by. */
static bool is_our_label(const char *key)
{
    static const char *const names[] = {"app",
                                        "app.kubernetes.io/component",
                                        "app.kubernetes.io/instance",
                                        "app.kubernetes.io/managed-by",
                                        "app.kubernetes.io/name",
                                        "app.kubernetes.io/part-of",
                                        "controller-uid",
                                        NULL};
    return has_prefix(key, "flame.xflops.io/") || is_among(key, names);
}

static bool is_our_annotation(const char *key)
{
    return has_prefix(key, "flame.xflops.io/") || has_prefix(key, "metacontroller.k8s.io/");
}

static bool is_no_template_metadata(const char *key)
{
    return strcmp(key, "labels") != 0 && strcmp(key, "annotations") != 0;
}

/* Flame knows an executor manager by its hostname, and containers that are debugged with come later. */
static bool is_our_spec(const char *key)
{
    static const char *const names[] = {
        "ephemeralContainers", "hostname", "hostnameOverride", "restartPolicy", "subdomain",
        "setHostnameAsFQDN",   NULL};
    return is_among(key, names);
}

static bool is_named(const json_t *entry, const char *name)
{
    const char *found_name = json_string_value(json_object_get(entry, "name"));
    return found_name && strcmp(found_name, name) == 0;
}

static bool is_our_volume(const json_t *volume)
{
    return is_named(volume, "config") || is_named(volume, "flame-tls");
}

/* Is path the folder, or something below that would hide a part of it? */
static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* The folders of the configuration and of the certificates. */
static bool is_our_mount(const json_t *mount)
{
    const char *path = json_string_value(json_object_get(mount, "mountPath"));
    return path && (is_below(path, "/etc/flame") || is_below(path, FC_TLS_DIR));
}

/* Entries of a list: place is the path to the list. */
static void strip_entries(json_t *list, bool (*is_ours)(const json_t *), const char *place,
                          const struct fc_pod_strip *strip)
{
    char path[PATH_SIZE];
    size_t at = 0;
    for (size_t i = 0; i < json_array_size(list); at++) {
        if (!is_ours(json_array_get(list, i))) {
            i++;
            continue;
        }
        snprintf(path, sizeof path, "%.400s[%zu]", place, at);
        found(strip, path, NULL);
        json_array_remove(list, i);
    }
}

/* Of the component's own container. */
static void strip_container(json_t *container, size_t at, const struct fc_pod_strip *strip)
{
    static const struct {
        const char *name, *instead;
    } members[] = {{"args", NULL},
                   {"image", "image"},
                   {"imagePullPolicy", "imagePullPolicy"},
                   {"resources", "resources"}};
    char path[PATH_SIZE];
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (!json_object_get(container, members[i].name))
            continue;
        snprintf(path, sizeof path, "spec.containers[%zu].%s", at, members[i].name);
        found(strip, path, members[i].instead);
        json_object_del(container, members[i].name);
    }
    snprintf(path, sizeof path, "spec.containers[%zu].volumeMounts", at);
    strip_entries(json_object_get(container, "volumeMounts"), is_our_mount, path, strip);
}

void fc_pod_template_strip(json_t *template, const struct fc_pod_strip *strip)
{
    static const struct key_rule metadata_keys = {is_no_template_metadata, "metadata.", ""};
    static const struct key_rule label_keys = {is_our_label, "metadata.labels[", "]"};
    static const struct key_rule annotation_keys = {is_our_annotation, "metadata.annotations[",
                                                    "]"};
    static const struct key_rule spec_keys = {is_our_spec, "spec.", ""};
    json_t *metadata = json_object_get(template, "metadata");
    json_t *spec = json_object_get(template, "spec"), *container;
    size_t i;
    strip_keys(metadata, &metadata_keys, strip);
    strip_keys(json_object_get(metadata, "labels"), &label_keys, strip);
    strip_keys(json_object_get(metadata, "annotations"), &annotation_keys, strip);
    strip_keys(spec, &spec_keys, strip);
    strip_entries(json_object_get(spec, "volumes"), is_our_volume, "spec.volumes", strip);
    json_array_foreach(json_object_get(spec, "containers"), i, container)
    {
        if (is_named(container, strip->container))
            strip_container(container, i, strip);
    }
}
