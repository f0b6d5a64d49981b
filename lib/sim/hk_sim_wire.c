/* hk_sim_wire.c - the bytes of hook requests. */
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

void hk_sim_pad(struct hk_buf *out)
{
    /* The scanner may read a little beyond the end. */
    if (hk_buf_reserve(out, HK_SCAN_PAD) == 0)
        memset(out->data + out->len, 0, HK_SCAN_PAD);
}

void hk_sim_build_request(struct hk_sim *sim, struct sim_version *parent,
                          const struct sim_claim *claim, struct hk_buf *out)
{
    hk_buf_clear(out);
    add_controller(sim, out);
    add_version(sim, out, parent);
    add(out, ",\"children\":");
    add_groups(sim, out, claim->lists, false);
    add(out, ",\"related\":");
    add_groups(sim, out, claim->related, true);
    add(out, claim->finalizing ? ",\"finalizing\":true}" : ",\"finalizing\":false}");
    hk_sim_pad(out);
}

void hk_sim_build_customize(struct hk_sim *sim, struct sim_version *parent, struct hk_buf *out)
{
    hk_buf_clear(out);
    add_controller(sim, out);
    add_version(sim, out, parent);
    hk_buf_add_char(out, '}');
    hk_sim_pad(out);
}
