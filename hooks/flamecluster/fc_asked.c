#include "fc_asked.h"

#include "hk_tree.h"

static json_t *parse(struct hk_str raw, bool *failed)
{
    const char *why;
    if (raw.len == 0)
        return NULL;
    json_t *value = hk_tree_load_any(raw, &why);
    *failed = *failed || (!value && !why);
    return value;
}

static void put_new(json_t *into, const char *key, json_t *value, bool *failed)
{
    if (json_object_set_new(into, key, value) != 0)
        *failed = true;
}

json_t *fc_last_applied_new(const struct fc_object *object, bool *failed)
{
    json_auto_t *annotations = parse(object->annotations, failed);
    const json_t *text =
        json_object_get(annotations, "metacontroller.k8s.io/last-applied-configuration");
    if (!json_is_string(text))
        return NULL;
    json_auto_t *asked =
        parse((struct hk_str){json_string_value(text), json_string_length(text)}, failed);
    return json_is_object(asked) ? json_incref(asked) : NULL;
}

/* {"f:a":{},".":{}} -> {"a":null} */
static json_t *names_new(const json_t *fields, bool *failed)
{
    json_t *names = json_object(), *value;
    const char *key;
    json_object_foreach((json_t *)fields, key, value) if (strncmp(key, "f:", 2) == 0)
        put_new(names, key + 2, json_null(), failed);
    return names;
}

/* {"k:{\"port\":8080,...}":{"f:nodePort":{}}} -> [{"port":8080,"nodePort":null}] */
static json_t *ports_new(const json_t *fields, bool *failed)
{
    json_t *ports = json_array(), *value;
    const char *key;
    json_object_foreach((json_t *)fields, key, value)
    {
        json_t *port = strncmp(key, "k:", 2) == 0 ? names_new(value, failed) : NULL;
        if (!port)
            continue;
        json_auto_t *id = parse(hk_str_of(key + 2), failed);
        put_new(port, "port", json_incref(json_object_get(id, "port")), failed);
        if (json_array_append_new(ports, port) != 0)
            *failed = true;
    }
    return ports;
}

static json_t *sketch_new(const json_t *fields, bool *failed)
{
    const json_t *metadata = json_object_get(fields, "f:metadata");
    const json_t *spec = json_object_get(fields, "f:spec");
    json_t *sketch = json_object(), *in = json_object(), *names = names_new(spec, failed);
    put_new(in, "annotations", names_new(json_object_get(metadata, "f:annotations"), failed),
            failed);
    put_new(in, "labels", names_new(json_object_get(metadata, "f:labels"), failed), failed);
    put_new(names, "ports", ports_new(json_object_get(spec, "f:ports"), failed), failed);
    put_new(sketch, "metadata", in, failed);
    put_new(sketch, "spec", names, failed);
    return sketch;
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

json_t *fc_asked_new(const struct fc_object *object, bool *failed)
{
    json_t *asked = fc_last_applied_new(object, failed), *entry;
    json_auto_t *managers = asked ? NULL : parse(object->managed_fields, failed);
    size_t i;
    json_array_foreach(managers, i, entry)
    {
        if (!asked && is_text(json_object_get(entry, "manager"), "metacontroller") &&
            is_text(json_object_get(entry, "operation"), "Apply"))
            asked = sketch_new(json_object_get(entry, "fieldsV1"), failed);
    }
    return asked;
}
