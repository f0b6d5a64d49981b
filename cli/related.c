/* What the parents among the files may refer to. */
#include "input.h"

const char *cli_object_namespace(const struct cli_object *object)
{
    const json_t *metadata = json_object_get(object->root, "metadata");
    const char *namespace = json_string_value(json_object_get(metadata, "namespace"));
    return namespace && *namespace ? namespace : "default";
}

/* {"Secret.v1":{"default/a":{}}}. Without a namespace a file's objects are in the one that kubectl is set to, so
 * they meet parents without one, too. */
static int file_object(struct cli_input *in, json_t *all, const struct cli_object *object)
{
    const json_t *metadata = json_object_get(object->root, "metadata");
    const char *name = json_string_value(json_object_get(metadata, "name"));
    const char *namespace = json_string_value(json_object_get(metadata, "namespace"));
    struct hk_str kind = hk_arena_printf(
        &in->arena, "%s.%s", json_string_value(json_object_get(object->root, "kind")),
        json_string_value(json_object_get(object->root, "apiVersion")));
    struct hk_str key = hk_arena_printf(&in->arena, "%s%s%s", namespace ? namespace : "",
                                        namespace ? "/" : "", name ? name : "");
    if (!kind.ptr || !key.ptr)
        return -1;
    json_t *objects = json_object_get(all, kind.ptr);
    if (!objects) {
        objects = json_object();
        if (json_object_set_new(all, kind.ptr, objects) != 0)
            return -1;
    }
    return json_object_set(objects, key.ptr, (json_t *)object->root);
}

struct hk_str cli_related_body(struct cli_input *in)
{
    json_auto_t *all = json_object();
    for (size_t i = 0; i < in->related_count; i++)
        if (file_object(in, all, &in->related[i]) != 0)
            return (struct hk_str){NULL, 0};
    size_t len = json_dumpb(all, NULL, 0, JSON_COMPACT);
    char *text = len ? hk_arena_alloc(&in->arena, len + HK_SCAN_PAD) : NULL;
    if (!text || json_dumpb(all, text, len, JSON_COMPACT) != len)
        return (struct hk_str){NULL, 0};
    return (struct hk_str){text, len};
}
