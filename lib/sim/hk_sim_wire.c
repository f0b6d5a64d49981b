/* hk_sim_wire.c - the bytes of hook requests, and responses read as Metacontroller reads them. */
#include "hk_sim_impl.h"

#include "hk_jw.h"

static void add(struct hk_buf *out, const char *text)
{
    hk_buf_add(out, text, strlen(text));
}

static void add_quoted(struct hk_buf *out, const char *text)
{
    hk_buf_add_char(out, '"');
    hk_jw_escape(out, hk_str_of(text));
    hk_buf_add_char(out, '"');
}

static void add_version(struct hk_sim *sim, struct hk_buf *out, struct sim_version *version)
{
    size_t len = 0;
    const char *text = hk_sim_version_text(sim, version, &len);
    if (text)
        hk_buf_add(out, text, len);
}

static void add_controller(const struct hk_sim *sim, struct hk_buf *out)
{
    add(out, "{\"controller\":{\"kind\":\"CompositeController\",\"apiVersion\":"
             "\"metacontroller.k8s.io/v1alpha1\",\"metadata\":{\"name\":");
    add_quoted(out, sim->options.controller);
    add(out, "},\"spec\":{\"parentResource\":{\"apiVersion\":");
    add_quoted(out, sim->options.parent.api_version);
    add(out, ",\"resource\":");
    add_quoted(out, sim->options.parent.resource);
    add(out, "},\"generateSelector\":true},\"status\":{}},\"parent\":");
}

/* {"Pod.v1":{"default/a":{...}}}; v1 keys are the names alone. */
static void add_groups(struct hk_sim *sim, struct hk_buf *out, const struct sim_list *lists,
                       bool is_related)
{
    bool any = false;
    hk_buf_add_char(out, '{');
    for (size_t s = 0; s < sim->shelf_count; s++) {
        const struct sim_shelf *shelf = sim->shelves[s];
        const struct sim_list *list = &lists[s];
        if (is_related ? list->count == 0 : !shelf->is_child)
            continue;
        hk_buf_printf(out, "%s\"%s.%s\":{", any ? "," : "", shelf->kind.kind,
                      shelf->kind.api_version);
        for (size_t i = 0; i < list->count; i++) {
            hk_buf_printf(out, i ? ",\"%s%s%s\":" : "\"%s%s%s\":",
                          sim->options.v1 ? "" : list->items[i]->namespace,
                          sim->options.v1 ? "" : "/", list->items[i]->name);
            add_version(sim, out, list->items[i]);
        }
        hk_buf_add_char(out, '}');
        any = true;
    }
    hk_buf_add_char(out, '}');
}

static void finish(struct hk_buf *out)
{
    /* The scanner may read a little beyond the end. */
    if (hk_buf_reserve(out, HK_SCAN_PAD) == 0)
        memset(out->data + out->len, 0, HK_SCAN_PAD);
}

void hk_sim_build_request(struct hk_sim *sim, struct sim_version *parent,
                          const struct sim_claim *claim, struct hk_buf *out)
{
    add_controller(sim, out);
    add_version(sim, out, parent);
    add(out, ",\"children\":");
    add_groups(sim, out, claim->lists, false);
    add(out, ",\"related\":");
    add_groups(sim, out, claim->related, true);
    add(out, claim->finalizing ? ",\"finalizing\":true}" : ",\"finalizing\":false}");
    finish(out);
}

void hk_sim_build_customize(struct hk_sim *sim, struct sim_version *parent, struct hk_buf *out)
{
    add_controller(sim, out);
    add_version(sim, out, parent);
    hk_buf_add_char(out, '}');
    finish(out);
}

struct field {
    const char *name;
    bool (*is_valid)(const json_t *value);
};

static bool is_object_or_null(const json_t *value)
{
    return json_is_object(value) || json_is_null(value);
}

static bool is_array_or_null(const json_t *value)
{
    return json_is_array(value) || json_is_null(value);
}

static bool is_number_or_null(const json_t *value)
{
    return json_is_number(value) || json_is_null(value);
}

static bool is_bool_or_null(const json_t *value)
{
    return json_is_boolean(value) || json_is_null(value);
}

static const struct field FIELDS[] = {
    {"children", is_array_or_null},
    {"finalized", is_bool_or_null},
    {"resyncAfterSeconds", is_number_or_null},
    {"status", is_object_or_null},
};

static int check_field(const struct hk_sim *sim, const char *key, const json_t *value,
                       struct hk_err *err)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        if (strcmp(key, FIELDS[i].name) != 0)
            continue;
        if (FIELDS[i].is_valid(value))
            return 0;
        return hk_err_set(err, HK_ERR_INVALID, key, "can't unmarshal webhookResponse: wrong type");
    }
    if (sim->options.v1)
        return 0;
    return hk_err_set(err, HK_ERR_INVALID, key, "strict validation failed: unknown field \"%s\"",
                      key);
}

static int check_children(const json_t *children, struct hk_err *err)
{
    size_t i;
    json_t *child;
    json_array_foreach(children, i, child)
    {
        if (!*hk_sim_text(child, "kind") || !*hk_sim_text(child, "apiVersion") ||
            !*hk_sim_text(child, "metadata.name"))
            return hk_err_set(err, HK_ERR_INVALID, "children",
                              "item %zu has no apiVersion, kind or name", i);
    }
    return 0;
}

json_t *hk_sim_read_answer(const struct hk_sim *sim, struct hk_str body, struct hk_err *err)
{
    json_error_t why;
    json_t *answer =
        json_loadb(body.ptr, body.len, sim->options.v1 ? 0 : JSON_REJECT_DUPLICATES, &why);
    const char *key;
    json_t *value;
    if (!json_is_object(answer)) {
        hk_err_set(err, HK_ERR_MALFORMED, NULL, "can't unmarshal webhookResponse: %s",
                   answer ? "not an object" : why.text);
        json_decref(answer);
        return NULL;
    }
    json_object_foreach(answer, key, value)
    {
        if (check_field(sim, key, value, err) != 0) {
            json_decref(answer);
            return NULL;
        }
    }
    if (check_children(json_object_get(answer, "children"), err) != 0) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}
