/* The rules of a podTemplate: those that the merge needs, and what the API server would refuse in every
 * Pod, sync after sync, for the fields that are used most. The rest of a Pod is open. */
#include "fc_pod_template.h"

#include "hk_name.h"
#include "hk_qty.h"
#include "hk_utf8.h"

#include <stdarg.h>
#include <stdio.h>

struct check {
    struct fc_parent *parent;
    struct hk_arena *arena;
    const struct fc_pod_owner *owner;
};

/* A value of the template, and the way to it: the path becomes text only where something is wrong. */
struct place {
    const json_t *value;    /* NULL: absent, null or of a wrong type */
    const struct place *in; /* NULL: the podTemplate itself */
    const char *name;       /* of a member; NULL: an item of a list */
    size_t at;              /* of an item */
    bool is_key;            /* of a map, whose names may be anything */
};

#define CLIP(text) (int)hk_utf8_clip(hk_str_of(text), 60), (text)

/* As deep as the rules go. */
static void write_path(const struct place *place, const char *field, struct hk_buf *out)
{
    if (!place->in) {
        hk_buf_printf(out, "spec.%s.podTemplate", field);
        return;
    }
    write_path(place->in, field, out);
    if (!place->name)
        hk_buf_printf(out, "[%zu]", place->at);
    else
        hk_buf_printf(out, place->is_key ? "[%s]" : ".%s", place->name);
}

static void say(struct check *c, const struct place *place, const char *format, ...)
    HK_PRINTF(3, 4);

static void say(struct check *c, const struct place *place, const char *format, ...)
{
    struct hk_buf path;
    char text[512];
    va_list args;
    hk_buf_init(&path);
    write_path(place, c->owner->field, &path);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *at = hk_buf_cstr(&path);
    if (at)
        fc_problem_add(c->parent, c->arena, at, "%s", text);
    else
        c->arena->failed = true;
    hk_buf_fini(&path);
}

static struct place member_place(const struct place *of, const char *name)
{
    return (struct place){.in = of, .name = name};
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    default:
        return "null";
    }
}

/* JSON_TRUE stands for a boolean. */
static bool has_type(const json_t *value, json_type wanted)
{
    return wanted == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == wanted;
}

static const char *wanted_name(json_type wanted)
{
    switch (wanted) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    default:
        return "a boolean";
    }
}

/* A value of another type is none, which is said. */
static void need(struct check *c, struct place *place, json_type wanted)
{
    if (!place->value || has_type(place->value, wanted))
        return;
    say(c, place, "must be %s, is %s", wanted_name(wanted), type_name(place->value));
    place->value = NULL;
}

/* null is absent: the API server takes it away from every field that the CRD knows. */
static struct place member(struct check *c, const struct place *of, const char *name,
                           json_type wanted)
{
    struct place found = member_place(of, name);
    found.value = json_object_get(of->value, name);
    if (json_is_null(found.value))
        found.value = NULL;
    need(c, &found, wanted);
    return found;
}

static bool has_value(const struct place *of, const char *name)
{
    const json_t *value = json_object_get(of->value, name);
    return value && !json_is_null(value);
}

/* The text of a member that must be there; NULL: it is not, which is said. */
static const char *required(struct check *c, const struct place *of, const char *name,
                            const char *what)
{
    struct place found = member(c, of, name, JSON_STRING);
    if (found.value && json_string_length(found.value) > 0)
        return json_string_value(found.value);
    if (found.value || !has_value(of, name))
        say(c, &found, "is required: %s", what);
    return NULL;
}

static bool is_too_long(struct check *c, const struct place *list, size_t most)
{
    size_t count =
        json_is_array(list->value) ? json_array_size(list->value) : json_object_size(list->value);
    if (count > most)
        say(c, list, "must have at most %zu entries, has %zu", most, count);
    return count > most;
}

/* A list of objects, each with a key of its own. */
struct list_rule {
    const char *name, *key;
    size_t most;
    const char *what;  /* "is required: ..." */
    const char *again; /* "must not name the same ... again"; NULL: it may */
    void (*check_item)(struct check *c, const struct place *item, const char *key);
};

static bool is_before(const json_t *list, size_t i, const char *name, const char *key)
{
    for (size_t k = 0; k < i; k++) {
        const char *other = json_string_value(json_object_get(json_array_get(list, k), name));
        if (other && strcmp(other, key) == 0)
            return true;
    }
    return false;
}

static void check_list(struct check *c, const struct place *of, const struct list_rule *rule)
{
    const struct place list = member(c, of, rule->name, JSON_ARRAY);
    if (is_too_long(c, &list, rule->most))
        return;
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        struct place item = {.value = json_array_get(list.value, i), .in = &list, .at = i};
        need(c, &item, JSON_OBJECT);
        if (!item.value)
            continue;
        const char *key = rule->key ? required(c, &item, rule->key, rule->what) : NULL;
        if (key && rule->again && is_before(list.value, i, rule->key, key))
            say(c, &item, "%s", rule->again);
        if (rule->check_item)
            rule->check_item(c, &item, key);
    }
}

/* ---- maps ---- */

/* One of several is named, the same whatever their order in the request. */
static void check_keys(struct check *c, const struct place *map)
{
    const char *key, *wrong = NULL;
    json_t *value;
    json_object_foreach((json_t *)map->value, key, value)
    {
        bool is_wrong = !json_is_null(value) && !hk_name_is_qualified(hk_str_of(key));
        if (is_wrong && (!wrong || strcmp(key, wrong) < 0))
            wrong = key;
    }
    if (wrong)
        say(c, map,
            "must have keys that are [domain/]name of at most 63 letters, digits, '-', '_' and "
            "'.', has \"%.*s\"",
            CLIP(wrong));
}

/* The entries but those that are null. */
static void check_entries(struct check *c, const struct place *map,
                          void (*check_entry)(struct check *c, struct place *entry))
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map->value, key, value)
    {
        struct place entry = {.value = value, .in = map, .name = key, .is_key = true};
        if (!json_is_null(value))
            check_entry(c, &entry);
    }
}

static void check_annotation(struct check *c, struct place *entry)
{
    need(c, entry, JSON_STRING);
}

static void check_label(struct check *c, struct place *entry)
{
    need(c, entry, JSON_STRING);
    const struct hk_str text = {json_string_value(entry->value), json_string_length(entry->value)};
    if (entry->value && !hk_name_is_label_value(text))
        say(c, entry,
            "must be at most 63 letters, digits, '-', '_' and '.', beginning and ending with a "
            "letter or digit, is \"%.*s\"",
            (int)hk_utf8_clip(text, 60), text.ptr);
}

static void check_map(struct check *c, const struct place *of, const char *name,
                      void (*check_entry)(struct check *c, struct place *entry))
{
    const struct place map = member(c, of, name, JSON_OBJECT);
    if (is_too_long(c, &map, FC_POD_LIST_MAX))
        return;
    check_keys(c, &map);
    check_entries(c, &map, check_entry);
}

/* ---- containers ---- */

static void check_name(struct check *c, const struct place *item, const char *name)
{
    const struct place place = member_place(item, "name");
    if (name && !hk_name_is_dns1123_label(hk_str_of(name)))
        say(c, &place,
            "must be a DNS-1123 label: at most 63 lower-case letters, digits and '-', beginning "
            "and ending with a letter or digit, is \"%.*s\"",
            CLIP(name));
}

static void check_env(struct check *c, const struct place *item, const char *name)
{
    const struct place place = member_place(item, "name");
    bool is_good = true;
    for (const char *at = name; at && *at; at++)
        is_good = is_good && *at >= ' ' && *at <= '~' && *at != '=';
    if (!is_good)
        say(c, &place, "must be printable ASCII without '=', is \"%.*s\"", CLIP(name));
    member(c, item, "value", JSON_STRING);
}

static void check_mount(struct check *c, const struct place *item, const char *path)
{
    const struct place place = member_place(item, "mountPath");
    required(c, item, "name", "the name of a volume");
    if (path && strchr(path, ':'))
        say(c, &place, "must not hold ':', is \"%.*s\"", CLIP(path));
}

static void check_port(struct check *c, const struct place *item, const char *key)
{
    const struct place port = member(c, item, "containerPort", JSON_INTEGER);
    json_int_t number = json_integer_value(port.value);
    (void)key;
    if (!has_value(item, "containerPort"))
        say(c, &port, "is required: the number of a port");
    else if (port.value && (number < 1 || number > 65535))
        say(c, &port, "must be a whole number from 1 to 65535, is %" JSON_INTEGER_FORMAT, number);
}

/* A number with a fraction is none: the CRD takes whole numbers and texts. */
static void check_quantity(struct check *c, struct place *entry)
{
    static const char rule[] = "must be a quantity of 0 or more, such as 500m, 2 or 4Gi";
    const struct hk_str text = {json_string_value(entry->value), json_string_length(entry->value)};
    struct hk_qty qty;
    if (json_is_integer(entry->value) && json_integer_value(entry->value) >= 0)
        return;
    if (!text.ptr)
        say(c, entry, "%s", rule);
    else if (hk_qty_parse(text, &qty, NULL) != 0 || qty.milli < 0)
        say(c, entry, "%s, is \"%.*s\"", rule, (int)hk_utf8_clip(text, 60), text.ptr);
}

static void check_quantities(struct check *c, const struct place *resources, const char *name)
{
    const struct place map = member(c, resources, name, JSON_OBJECT);
    if (!is_too_long(c, &map, FC_RESOURCES_MAX))
        check_entries(c, &map, check_quantity);
}

static void check_any_container(struct check *c, const struct place *item, const char *name)
{
    static const struct list_rule lists[] = {
        {"env", "name", FC_POD_ENV_MAX, "the name of a variable",
         "must not name the same variable again", check_env},
        {"ports", NULL, FC_POD_LIST_MAX, NULL, NULL, check_port},
        {"volumeMounts", "mountPath", FC_POD_LIST_MAX, "a path in the container",
         "must not name the same path again", check_mount},
    };
    check_name(c, item, name);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        check_list(c, item, &lists[i]);
    const struct place resources = member(c, item, "resources", JSON_OBJECT);
    check_quantities(c, &resources, "limits");
    check_quantities(c, &resources, "requests");
}

static void check_container(struct check *c, const struct place *item, const char *name)
{
    check_any_container(c, item, name);
    if (name && strcmp(name, c->owner->container) != 0)
        required(c, item, "image", "a container image");
}

static void check_init_container(struct check *c, const struct place *item, const char *name)
{
    const struct place place = member_place(item, "name");
    check_any_container(c, item, name);
    required(c, item, "image", "a container image");
    if (name && strcmp(name, c->owner->container) == 0)
        say(c, &place, "must not be %s, which the component's own container has", name);
}

/* The API server refuses a Pod whose containers share a name, of whatever kind. */
static void check_container_names(struct check *c, const struct place *spec)
{
    const struct place place = member_place(spec, "initContainers");
    const json_t *containers = json_object_get(spec->value, "containers"), *init;
    const json_t *list = json_object_get(spec->value, "initContainers");
    size_t i;
    json_array_foreach(list, i, init)
    {
        const char *name = json_string_value(json_object_get(init, "name"));
        if (name && is_before(containers, json_array_size(containers), "name", name))
            say(c, &place, "must not have a name of containers, has \"%.*s\"", CLIP(name));
    }
}

/* ---- volumes ---- */

static bool is_volume(struct check *c, const struct place *spec, const char *name)
{
    const json_t *volumes = json_object_get(spec->value, "volumes");
    for (const char *const *own = c->owner->volumes; *own; own++)
        if (strcmp(*own, name) == 0)
            return true;
    return is_before(volumes, json_array_size(volumes), "name", name);
}

/* The first mount of a volume that is not there: the Pod would be refused after the old one is gone. */
static const char *mount_of_nothing(struct check *c, const struct place *spec,
                                    const json_t *container)
{
    const json_t *mounts = json_object_get(container, "volumeMounts"), *mount;
    size_t i;
    json_array_foreach(mounts, i, mount)
    {
        const char *name = json_string_value(json_object_get(mount, "name"));
        if (name && *name && !is_volume(c, spec, name))
            return name;
    }
    return NULL;
}

static void check_volumes(struct check *c, const struct place *spec, const char *list)
{
    const struct place place = member_place(spec, list);
    const json_t *containers = json_object_get(spec->value, list), *container;
    size_t i;
    json_array_foreach(containers, i, container)
    {
        const char *name = mount_of_nothing(c, spec, container);
        if (name)
            say(c, &place, "must mount volumes that are there, has \"%.*s\"", CLIP(name));
    }
}

/* ---- the Pod ---- */

static void check_types(struct check *c, const struct place *spec)
{
    static const struct {
        const char *name;
        json_type type;
    } members[] = {{"affinity", JSON_OBJECT},
                   {"automountServiceAccountToken", JSON_TRUE},
                   {"dnsConfig", JSON_OBJECT},
                   {"dnsPolicy", JSON_STRING},
                   {"enableServiceLinks", JSON_TRUE},
                   {"hostNetwork", JSON_TRUE},
                   {"nodeName", JSON_STRING},
                   {"priorityClassName", JSON_STRING},
                   {"runtimeClassName", JSON_STRING},
                   {"schedulerName", JSON_STRING},
                   {"securityContext", JSON_OBJECT},
                   {"serviceAccountName", JSON_STRING},
                   {"shareProcessNamespace", JSON_TRUE},
                   {"terminationGracePeriodSeconds", JSON_INTEGER}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        member(c, spec, members[i].name, members[i].type);
}

static void check_spec(struct check *c, const struct place *spec)
{
    static const struct list_rule lists[] = {
        {"containers", "name", FC_POD_CONTAINERS_MAX, "the name of a container",
         "must not name the same container again", check_container},
        {"initContainers", "name", FC_POD_CONTAINERS_MAX, "the name of a container",
         "must not name the same container again", check_init_container},
        {"volumes", "name", FC_POD_LIST_MAX, "the name of a volume",
         "must not name the same volume again", check_name},
        {"hostAliases", NULL, FC_POD_LIST_MAX, NULL, NULL, NULL},
        {"imagePullSecrets", NULL, FC_POD_LIST_MAX, NULL, NULL, NULL},
        {"tolerations", NULL, FC_POD_LIST_MAX, NULL, NULL, NULL},
        {"topologySpreadConstraints", NULL, FC_POD_LIST_MAX, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        check_list(c, spec, &lists[i]);
    check_map(c, spec, "nodeSelector", check_label);
    check_container_names(c, spec);
    check_volumes(c, spec, "containers");
    check_volumes(c, spec, "initContainers");
    check_types(c, spec);
}

static bool is_too_deep(const json_t *value, unsigned depth)
{
    const char *key;
    json_t *inner;
    size_t i;
    if (depth > FC_POD_TEMPLATE_DEPTH)
        return true;
    json_array_foreach(value, i, inner) if (is_too_deep(inner, depth + 1)) return true;
    json_object_foreach((json_t *)value, key, inner) if (is_too_deep(inner, depth + 1)) return true;
    return false;
}

/* White space does not count. */
static bool is_too_large(struct check *c, const struct place *root, struct hk_str text)
{
    size_t size =
        text.len > FC_POD_TEMPLATE_MAX ? json_dumpb(root->value, NULL, 0, JSON_COMPACT) : 0;
    if (size > FC_POD_TEMPLATE_MAX)
        say(c, root, "must have at most %d bytes as JSON, has %zu", FC_POD_TEMPLATE_MAX, size);
    return size > FC_POD_TEMPLATE_MAX;
}

static void warn_protected(void *arg, const char *path, const char *instead)
{
    struct check *c = arg;
    const char *field = c->owner->field;
    struct hk_str at = hk_arena_printf(c->arena, "spec.%s.podTemplate.%s", field, path);
    if (!at.ptr)
        return;
    if (instead)
        fc_warning_add(c->parent, c->arena, "ProtectedField", at.ptr,
                       "does nothing here: set spec.%s.%s", field, instead);
    else
        fc_warning_add(c->parent, c->arena, "ProtectedField", at.ptr,
                       "is the operator's own and stays as it is");
}

static void check_template(struct check *c, json_t *template, struct hk_str text)
{
    struct place root = {.value = template};
    const struct fc_pod_strip strip = {c->owner->container, warn_protected, c};
    need(c, &root, JSON_OBJECT);
    if (is_too_large(c, &root, text))
        return;
    if (is_too_deep(template, 0)) {
        say(c, &root, "must not be nested deeper than %d levels", FC_POD_TEMPLATE_DEPTH);
        return;
    }
    const struct place metadata = member(c, &root, "metadata", JSON_OBJECT);
    const struct place spec = member(c, &root, "spec", JSON_OBJECT);
    check_map(c, &metadata, "labels", check_label);
    check_map(c, &metadata, "annotations", check_annotation);
    check_spec(c, &spec);
    fc_pod_template_strip(template, &strip);
}

void fc_pod_template_check(struct fc_parent *parent, struct hk_arena *arena,
                           const struct fc_pod_owner *owner, struct hk_str text)
{
    struct check c = {parent, arena, owner};
    const struct place root = {.value = NULL};
    const char *why;
    if (text.len == 0)
        return;
    json_auto_t *template = hk_tree_load(text, arena, &why);
    if (template)
        check_template(&c, template, text);
    else if (why)
        say(&c, &root, "%s", why);
    else
        arena->failed = true;
}

void fc_pod_templates_check(struct fc_parent *parent, struct hk_arena *arena)
{
    static const char *const session[] = {"config", "data", "events", "flame-tls", "logs", NULL};
    static const char *const executor[] = {"cache", "config", "data", "flame-tls", "logs",
                                           "run",   "tmp",    "work", NULL};
    static const char *const cache[] = {"cache", "config", "data", "flame-tls", "logs", NULL};
    static const struct fc_pod_owner owners[] = {
        {"executorManager", "executor-manager", executor},
        {"objectCache", "object-cache", cache},
        {"sessionManager", "session-manager", session},
    };
    const struct fc_spec *spec = &parent->spec;
    const struct fc_component *components[] = {&spec->executor.component, &spec->cache.component,
                                               &spec->session.component};
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++)
        fc_pod_template_check(parent, arena, &owners[i], components[i]->pod_template);
}
