/* greeting.c - a Greeting {spec{to:string, text:string="Hello"}} becomes a ConfigMap with the
 * sentence. Everything it needs is in lib/: a request is read in one pass into a struct, the answer
 * is written from it, and nothing else is kept. */
#include "greeting.h"

#include "hk_jw.h"

/* What one sync needs to know. */
struct greeting {
    struct hk_str name, to, text;
    bool exists; /* the ConfigMap is observed */
};

static void read_metadata(struct greeting *g, struct hk_scan *s)
{
    static const char *const names[] = {"name", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    while (hk_scan_field(s, &it, names) >= 0)
        g->name = hk_scan_str(s);
}

static void read_spec(struct greeting *g, struct hk_scan *s)
{
    static const char *const names[] = {"to", "text", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        *(f == 0 ? &g->to : &g->text) = hk_scan_str_or_null(s);
}

static void read_parent(void *arg, struct hk_scan *s)
{
    static const char *const names[] = {"metadata", "spec", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        (f == 0 ? read_metadata : read_spec)(arg, s);
}

static void read_child(void *arg, const struct hk_object_key *key, struct hk_scan *s)
{
    struct greeting *g = arg;
    if (hk_str_is(key->kind, "ConfigMap.v1"))
        g->exists = true;
    hk_scan_skip(s);
}

static void write_config_map(struct hk_jw *w, const struct greeting *g, struct hk_arena *arena)
{
    struct hk_str text = g->text.ptr ? g->text : HK_STR("Hello");
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "v1");
    hk_jw_member_object(w, "data");
    hk_jw_member_str(w, "greeting",
                     hk_arena_printf(arena, "%.*s, %.*s!", HK_STR_ARG(text), HK_STR_ARG(g->to)));
    hk_jw_object_end(w);
    hk_jw_member_cstr(w, "kind", "ConfigMap");
    hk_jw_member_object(w, "metadata");
    hk_jw_member_str(w, "name", g->name);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

static int sync(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    static const struct hk_request_reader reader = {.parent = read_parent, .child = read_child};
    struct greeting g = {0};
    struct hk_request request;
    struct hk_jw w;
    if (hk_request_read(call, &reader, &g, &request, err) != 0)
        return -1;
    if (!g.to.ptr)
        return hk_err_set(err, HK_ERR_INVALID, "parent.spec.to", "is required");
    hk_jw_init(&w, out);
    hk_jw_object(&w);
    hk_jw_member_array(&w, "children");
    write_config_map(&w, &g, call->arena);
    hk_jw_array_end(&w);
    hk_jw_member_object(&w, "status");
    hk_jw_member_bool(&w, "delivered", g.exists);
    hk_jw_object_end(&w);
    hk_jw_object_end(&w);
    return call->arena->failed ? hk_err_memory(err) : 0;
}

const struct hk_controller greeting_controller = {
    .name = "greeting",
    .api_version = "greetings.example.org/v1",
    .kind = "Greeting",
    .hooks = {[HK_HOOK_SYNC] = sync},
};
