/* Children kept exactly as they are, when the spec cannot be followed or the cluster is being
 * deleted: each is asked for again with the fields that this controller owns and the values that it
 * has now. */
#include "fc_render.h"

#include "fc_asked.h"
#include "hk_tree.h"

#include <stdio.h>

void fc_render_kept_pod(const struct fc_pod *pod, struct hk_jw *w)
{
    /* Pods are never updated in place, so the name is all that it takes. */
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "v1");
    hk_jw_member_cstr(w, "kind", "Pod");
    hk_jw_member_object(w, "metadata");
    hk_jw_member_str(w, "name", pod->name);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

/* A part that cannot be built (out of memory) must not be missing in silence: asking without it
 * would take it away from the child. */
struct keeper {
    bool failed;
    bool is_unreadable; /* and not for want of memory */
};

static json_t *parse(struct keeper *k, struct hk_str raw)
{
    const char *why;
    if (raw.len == 0)
        return NULL;
    json_t *value = hk_tree_load_any(raw, &why);
    if (!value) {
        k->failed = true;
        k->is_unreadable = why != NULL;
    }
    return value;
}

static void put_new(struct keeper *k, json_t *into, const char *key, json_t *value)
{
    if (json_object_set_new(into, key, value) != 0)
        k->failed = true;
}

/* The members of `from` that are named, as a new object. */
static json_t *pick_new(struct keeper *k, const json_t *from, const char *const *names)
{
    json_t *picked = json_object();
    for (size_t i = 0; names[i]; i++) {
        json_t *value = json_object_get(from, names[i]);
        if (value)
            put_new(k, picked, names[i], json_incref(value));
    }
    return picked;
}

/* One port of a Service, and its node port where that was asked for. */
static json_t *port_new(struct keeper *k, const json_t *port, const json_t *asked_ports)
{
    static const char *const names[] = {"name", "port", "protocol", "targetPort", NULL};
    json_t *kept = pick_new(k, port, names), *asked, *node_port = json_object_get(port, "nodePort");
    size_t i;
    json_array_foreach(asked_ports, i, asked)
    {
        if (node_port && json_object_get(asked, "nodePort") &&
            json_equal(json_object_get(asked, "port"), json_object_get(port, "port")))
            put_new(k, kept, "nodePort", json_incref(node_port));
    }
    return kept;
}

/* Addresses, node ports and so on are the API server's, unless they were asked for. */
static json_t *service_spec_new(struct keeper *k, struct hk_str raw, const json_t *asked)
{
    static const char *const names[] = {"selector", "type", NULL};
    static const char *const more[] = {"externalTrafficPolicy", "internalTrafficPolicy",
                                       "loadBalancerClass",     "loadBalancerSourceRanges",
                                       "sessionAffinity",       NULL};
    json_auto_t *spec = parse(k, raw);
    json_t *kept = pick_new(k, spec, names), *ports = json_array(), *port;
    size_t i;
    for (i = 0; more[i]; i++)
        if (json_object_get(asked, more[i]) && json_object_get(spec, more[i]))
            put_new(k, kept, more[i], json_incref(json_object_get(spec, more[i])));
    json_array_foreach(json_object_get(spec, "ports"), i, port)
    {
        json_t *item = port_new(k, port, json_object_get(asked, "ports"));
        if (json_array_append_new(ports, item) != 0)
            k->failed = true;
    }
    put_new(k, kept, "ports", ports);
    return kept;
}

/* What others put into a map is theirs: asked for once, it would be taken away by the first answer
 * that does not ask for it again. asked: names of which all are ours; may be NULL. */
static json_t *ours_new(struct keeper *k, struct hk_str raw, bool (*is_ours)(const char *key),
                        const json_t *asked)
{
    json_auto_t *all = parse(k, raw);
    json_t *ours = json_object(), *value;
    const char *key;
    json_object_foreach(all, key, value)
    {
        if (is_ours(key) || json_object_get(asked, key))
            put_new(k, ours, key, json_incref(value));
    }
    return ours;
}

static bool has_our_prefix(const char *key)
{
    static const char prefix[] = "flame.xflops.io/";
    return strncmp(key, prefix, sizeof prefix - 1) == 0;
}

static bool is_our_label(const char *key)
{
    static const char *const names[] = {
        "app",
        "app.kubernetes.io/component",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/managed-by",
        "app.kubernetes.io/name",
        "app.kubernetes.io/part-of",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(key, names[i]) == 0)
            return true;
    return has_our_prefix(key);
}

static bool is_our_file(const char *key)
{
    return strcmp(key, FC_CONFIG_FILE) == 0;
}

/* Nothing is asked for that was not asked for before, not even an empty object: the answer is then
 * the very one that made the child, and Metacontroller finds nothing to write. */
static void put_unless_empty_new(struct keeper *k, json_t *into, const char *key, json_t *value)
{
    if (value && json_object_size(value) == 0)
        json_decref(value);
    else
        put_new(k, into, key, value);
}

/* Metacontroller adds its own label to each answer by itself. */
static json_t *metadata_new(struct keeper *k, const struct fc_object *object, const json_t *asked)
{
    const json_t *was = json_object_get(asked, "metadata");
    json_t *kept = json_object(), *labels;
    put_unless_empty_new(
        k, kept, "annotations",
        ours_new(k, object->annotations, has_our_prefix, json_object_get(was, "annotations")));
    labels = ours_new(k, object->labels, is_our_label, json_object_get(was, "labels"));
    json_object_del(labels, "controller-uid");
    put_unless_empty_new(k, kept, "labels", labels);
    put_new(k, kept, "name", json_stringn(object->name.ptr, object->name.len));
    return kept;
}

static void put_part(struct keeper *k, json_t *kept, const char *key, struct hk_str raw)
{
    json_t *value = parse(k, raw);
    if (value)
        put_new(k, kept, key, value);
}

/* A claim's volume and mode are the API server's. */
static void put_claim(struct keeper *k, json_t *kept, const struct fc_object *object)
{
    static const char *const names[] = {"accessModes", "resources", "storageClassName", NULL};
    json_auto_t *spec = parse(k, object->spec);
    if (spec)
        put_new(k, kept, "spec", pick_new(k, spec, names));
}

/* A kind whose fields are not all known here: all that was asked for last, and where that is not known, all that
 * is there. */
static void put_content(struct keeper *k, json_t *kept, const struct fc_object *object)
{
    static const char *const names[] = {"data", "spec", "type", NULL};
    json_auto_t *asked = fc_last_applied_new(object, &k->failed);
    if (asked) {
        json_auto_t *picked = pick_new(k, asked, names);
        if (json_object_update(kept, picked) != 0)
            k->failed = true;
        return;
    }
    if (hk_str_is(object->kind, FC_CLAIM_KIND)) {
        put_claim(k, kept, object);
        return;
    }
    put_part(k, kept, "data", object->data);
    put_part(k, kept, "spec", object->spec);
    put_part(k, kept, "type", object->type);
}

/* "Service.v1" -> v1, Service; "StatefulSet.apps/v1" -> apps/v1, StatefulSet. */
static void put_identity(struct keeper *k, json_t *kept, struct hk_str kind)
{
    const char *dot = memchr(kind.ptr, '.', kind.len);
    size_t name_len = dot ? (size_t)(dot - kind.ptr) : kind.len;
    size_t version_at = dot ? name_len + 1 : kind.len;
    put_new(k, kept, "apiVersion", json_stringn(kind.ptr + version_at, kind.len - version_at));
    put_new(k, kept, "kind", json_stringn(kind.ptr, name_len));
}

static int append_text(const char *text, size_t size, void *buf)
{
    hk_buf_add(buf, text, size);
    return ((struct hk_buf *)buf)->failed ? -1 : 0;
}

static int fail(const struct keeper *k, const struct fc_object *object, struct hk_err *err)
{
    char path[128];
    if (!k->is_unreadable)
        return hk_err_memory(err);
    snprintf(path, sizeof path, "children[%.*s]", HK_STR_ARG(object->kind));
    return hk_err_set(err, HK_ERR_INVALID, path,
                      "%.*s holds a number beyond 64 bits, a NUL in a key or a key twice",
                      HK_STR_ARG(object->name));
}

static int render_kept(const struct fc_object *object, bool is_emptied, struct hk_jw *w,
                       struct hk_err *err)
{
    struct keeper k = {.failed = false};
    struct hk_buf text;
    json_auto_t *kept = json_object(), *asked = fc_asked_new(object, &k.failed);
    hk_buf_init(&text);
    put_identity(&k, kept, object->kind);
    put_new(&k, kept, "metadata", metadata_new(&k, object, asked));
    if (hk_str_is(object->kind, "Service.v1"))
        put_new(&k, kept, "spec",
                service_spec_new(&k, object->spec, json_object_get(asked, "spec")));
    else if (hk_str_is(object->kind, "ConfigMap.v1") && object->data.len)
        put_unless_empty_new(&k, kept, "data", ours_new(&k, object->data, is_our_file, NULL));
    else if (!hk_str_is(object->kind, "ConfigMap.v1"))
        put_content(&k, kept, object);
    json_t *spec = json_object_get(kept, "spec");
    if (is_emptied && json_is_object(spec))
        put_new(&k, spec, "replicas", json_integer(0));
    if (k.failed ||
        json_dump_callback(kept, append_text, &text, JSON_COMPACT | JSON_SORT_KEYS) != 0)
        k.failed = true;
    hk_jw_raw(w, hk_buf_str(&text));
    hk_buf_fini(&text);
    return k.failed ? fail(&k, object, err) : 0;
}

int fc_render_kept_object(const struct fc_object *object, struct hk_jw *w, struct hk_err *err)
{
    return render_kept(object, false, w, err);
}

int fc_render_emptied_object(const struct fc_object *object, struct hk_jw *w, struct hk_err *err)
{
    return render_kept(object, true, w, err);
}
