#include "sync_check.h"

#include "hk_base64.h"
#include "hk_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check(bool good, const char *what, const char *detail)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_sync: %s: %s\n", what, detail);
    abort();
}

static json_t *get(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(get(object, key));
    return text ? text : "";
}

static const char *name_of(const json_t *child)
{
    return text_of(get(child, "metadata"), "name");
}

json_t *reversed_new(const json_t *value)
{
    if (json_is_array(value)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(list, reversed_new(json_array_get(value, i)));
        return list;
    }
    if (!json_is_object(value))
        return json_incref((json_t *)(uintptr_t)value);
    size_t n = 0, size = json_object_size(value);
    const char **keys = malloc((size + 1) * sizeof *keys), *key;
    json_t *member, *object = json_object();
    check(keys != NULL, "out of memory", "");
    json_object_foreach((json_t *)(uintptr_t)value, key, member) keys[n++] = key;
    while (n-- > 0)
        json_object_set_new(object, keys[n], reversed_new(get(value, keys[n])));
    free(keys);
    return object;
}

bool has_real(const json_t *value)
{
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member) if (has_real(member)) return true;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (has_real(json_array_get(value, i)))
            return true;
    return json_is_real(value);
}

/* Is the child filed under "Kind.version" this one? */
static bool is_of_kind(const json_t *child, const char *key)
{
    const char *kind = text_of(child, "kind"), *version = text_of(child, "apiVersion");
    size_t len = strlen(kind);
    return strncmp(key, kind, len) == 0 && key[len] == '.' && strcmp(key + len + 1, version) == 0;
}

static const json_t *child_find(const json_t *children, const char *key, const char *name)
{
    for (size_t i = 0; i < json_array_size(children); i++) {
        const json_t *child = json_array_get(children, i);
        if (is_of_kind(child, key) && strcmp(name_of(child), name) == 0)
            return child;
    }
    return NULL;
}

static bool is_same_object(const json_t *a, const json_t *b)
{
    return json_equal(get(a, "kind"), get(b, "kind")) &&
           json_equal(get(a, "apiVersion"), get(b, "apiVersion")) &&
           strcmp(name_of(a), name_of(b)) == 0;
}

static void check_children(const json_t *children)
{
    check(json_is_array(children), "children is no list", "");
    for (size_t i = 0; i < json_array_size(children); i++) {
        const json_t *child = json_array_get(children, i);
        const char *name = name_of(child);
        check(text_of(child, "apiVersion")[0] && text_of(child, "kind")[0] && name[0],
              "a child has no identity", name);
        for (size_t before = 0; before < i; before++)
            check(!is_same_object(json_array_get(children, before), child), "a child stands twice",
                  name);
    }
}

static void check_fields(const json_t *answer, const char *const *allowed)
{
    const char *key;
    json_t *value;
    check(json_is_object(answer), "the answer is no object", "");
    json_object_foreach((json_t *)(uintptr_t)answer, key, value)
    {
        size_t i = 0;
        while (allowed[i] && strcmp(allowed[i], key) != 0)
            i++;
        check(allowed[i] != NULL, "Metacontroller knows no such field", key);
    }
}

/* The observed children and what the answer says of each. */
struct sums {
    const json_t *children; /* of the answer */
    size_t observed, answered;
};

static void check_observed(struct sums *sums, const char *kind, const char *key,
                           const json_t *object)
{
    const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;
    const json_t *child = child_find(sums->children, kind, name);
    bool is_leaving = text_of(get(object, "metadata"), "deletionTimestamp")[0] != '\0';
    sums->observed++;
    sums->answered += child != NULL;
    check(child || !is_leaving || strcmp(kind, "Pod.v1") != 0, "a terminating Pod is left out",
          name);
}

static struct sums sum_up(const json_t *request, const json_t *answer)
{
    struct sums sums = {.children = get(answer, "children")};
    const char *kind, *key;
    json_t *objects, *object;
    json_object_foreach(get(request, "children"), kind, objects)
    {
        json_object_foreach(objects, key, object) check_observed(&sums, kind, key, object);
    }
    return sums;
}

/* The status of a condition; NULL: there is none. */
static const char *condition_of(const json_t *answer, const char *type)
{
    size_t i;
    json_t *condition;
    json_array_foreach(get(get(answer, "status"), "conditions"), i, condition)
    {
        if (strcmp(text_of(condition, "type"), type) == 0)
            return text_of(condition, "status");
    }
    return NULL;
}

static bool is_spec_valid(const json_t *answer)
{
    const char *status = condition_of(answer, "SpecValid");
    check(status != NULL, "no condition SpecValid", "");
    return status && strcmp(status, "True") == 0;
}

static bool is_resolved(const json_t *answer)
{
    const char *status = condition_of(answer, "ReferencesResolved");
    return !status || strcmp(status, "True") == 0;
}

/* A text of the spec stands in the configuration as it is; an empty one has no key there. */
static void check_setting(const json_t *wanted, const json_t *found, const char *key)
{
    const json_t *want = get(wanted, key), *got = get(found, key);
    if (json_string_length(want) == 0)
        check(!got, "the configuration has a key for nothing", key);
    else
        check(json_equal(want, got), "the configuration says something else", key);
}

static const json_t *first_of_kind(const json_t *children, const char *key)
{
    size_t i = 0;
    while (i < json_array_size(children) && !is_of_kind(json_array_get(children, i), key))
        i++;
    return json_array_get(children, i);
}

static void check_settings(const json_t *spec, const json_t *cluster)
{
    const json_t *session = get(spec, "sessionManager");
    if (!json_is_object(get(session, "slotResources")))
        check_setting(session, cluster, "slot");
    check_setting(session, cluster, "policy");
    /* a relative path becomes another one where it must lie in a volume */
    if (strcmp(text_of(spec, "podSecurity"), "Restricted") != 0 &&
        !json_is_object(get(session, "persistence")) &&
        !json_is_object(get(session, "storageFrom")))
        check_setting(session, cluster, "storage");
}

/* The file in a Secret. */
static struct hk_str decoded(const json_t *config, struct hk_arena *arena)
{
    const char *text = text_of(get(config, "data"), "flame-cluster.yaml");
    struct hk_str bytes = {NULL, 0};
    check(hk_base64_decode(hk_str_of(text), arena, &bytes), "the Secret is no base64", text);
    return bytes;
}

/* children: of the answer; observed: those that are there. One that is beyond repair is left out, to come back new. */
static void check_config(const json_t *parent, const json_t *children, const json_t *observed)
{
    const json_t *spec = get(parent, "spec");
    bool is_secret = json_is_object(get(get(spec, "sessionManager"), "storageFrom"));
    const char *kind = is_secret ? "Secret.v1" : "ConfigMap.v1";
    const json_t *config = first_of_kind(children, kind);
    struct hk_yaml_stream stream;
    struct hk_arena arena;
    struct hk_err err = {0};
    const char *text = text_of(get(config, "data"), "flame-cluster.yaml");
    check(config || json_object_size(get(observed, kind)) > 0, "there is no configuration", "");
    if (!config)
        return;
    hk_arena_init(&arena);
    if (is_secret)
        text = decoded(config, &arena).ptr;
    check(hk_yaml_parse(hk_str_of(text), &stream, &err) == 0, "the configuration is no YAML", text);
    check(stream.count == 1, "the configuration is not one document", text);
    const json_t *cluster = get(stream.docs[0].root, "cluster");
    check(strcmp(text_of(cluster, "name"), name_of(parent)) == 0, "another cluster's", text);
    check_settings(spec, cluster);
    hk_yaml_stream_fini(&stream);
    hk_arena_fini(&arena);
}

static void check_finalize(const struct sums *sums, const json_t *answer)
{
    bool is_done = json_is_true(get(answer, "finalized"));
    check(json_is_boolean(get(answer, "finalized")), "finalized is missing", "");
    check(sums->answered == json_array_size(sums->children), "finalizing creates", "");
    check(is_done == (sums->observed == 0), "finalized at the wrong time", "");
}

static void check_sync(const json_t *request, const json_t *answer, bool is_finalizing)
{
    static const char *const allowed[] = {"children", "finalized", "resyncAfterSeconds", "status",
                                          NULL};
    const json_t *resync = get(answer, "resyncAfterSeconds");
    json_int_t after = json_integer_value(resync);
    check_fields(answer, allowed);
    check_children(get(answer, "children"));
    check(json_is_object(get(answer, "status")), "there is no status", "");
    check(!resync || (json_is_integer(resync) && after > 0 && after <= 10), "resync when?", "");
    if (!request)
        return;
    struct sums sums = sum_up(request, answer);
    size_t count = json_array_size(sums.children);
    if (is_finalizing || json_is_true(get(request, "finalizing")))
        check_finalize(&sums, answer);
    else if (is_spec_valid(answer) && is_resolved(answer))
        check_config(get(request, "parent"), sums.children, get(request, "children"));
    else if (!is_spec_valid(answer) ||
             !json_is_true(get(get(get(request, "parent"), "spec"), "suspend")))
        check(sums.answered == sums.observed && count == sums.observed,
              "a spec that cannot be followed destroys or creates", "");
}

void check_answer(enum mode mode, const json_t *request, const struct answer *answer)
{
    static const char *const customize[] = {"relatedResources", NULL};
    json_error_t error = {.text = ""};
    if (mode == MODE_VALIDATE)
        return;
    json_auto_t *tree = json_loadb(answer->text.data, answer->text.len,
                                   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    check(tree != NULL, "the answer is no JSON", error.text);
    if (mode == MODE_CUSTOMIZE)
        check_fields(tree, customize);
    else if (mode != MODE_RENDER)
        check_sync(request, tree, mode == MODE_FINALIZE);
    else
        check_children(tree);
    if (mode == MODE_RENDER && request)
        check_config(request, tree, NULL);
}
