#include "fc_read.h"

#include "hk_utf8.h"

#include <stdio.h>

static void pull_secret_add(struct fc_reader *r, struct fc_pull_secret item)
{
    struct fc_pull_secrets *list = &r->out->spec.pull_secrets;
    struct fc_pull_secret *items =
        hk_arena_grow(r->arena, list->items, list->count, &list->cap, sizeof *items);
    if (!items)
        return;
    items[list->count++] = item;
    list->items = items;
}

/* null is no entry, as the API server has it. */
static void read_pull_secret(struct fc_reader *r, size_t at)
{
    static const char *const names[] = {"name", NULL};
    struct fc_pull_secret item = {.at = at};
    struct fc_section section;
    if (hk_scan_type(r->s) == HK_JSON_NULL)
        fc_read_problem(r, "must be an object, is null");
    if (!fc_read_object(r, &section))
        return;
    while (fc_read_field(r, &section, names) >= 0)
        fc_read_str(r, &item.name);
    pull_secret_add(r, item);
}

static void read_pull_secrets(struct fc_reader *r)
{
    struct fc_section section;
    if (!fc_read_list(r, &section))
        return;
    for (size_t at = 0; fc_read_item(r, &section); at++)
        read_pull_secret(r, at);
}

static void read_spec(struct fc_reader *r)
{
    static const char *const names[] = {
        "executorManager",  "objectCache", "sessionManager", "startupPolicy",
        "imagePullSecrets", "podSecurity", "suspend",        "tls",
        "networkPolicy",    NULL};
    static const char *const startups[] = {"OrderedReady", "Parallel", NULL};
    static const char *const levels[] = {"Baseline", "Restricted", NULL};
    struct fc_spec *spec = &r->out->spec;
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        switch (f) {
        case 0:
            fc_read_executor_manager(r, &spec->executor);
            break;
        case 1:
            fc_read_object_cache(r, &spec->cache);
            break;
        case 2:
            fc_read_session_manager(r, &spec->session);
            break;
        case 3:
            spec->is_parallel = fc_read_word(r, startups, 0) == 1;
            break;
        case 4:
            read_pull_secrets(r);
            break;
        case 5:
            spec->is_restricted = fc_read_word(r, levels, 0) == 1;
            break;
        case 6:
            fc_read_bool(r, &spec->is_suspended);
            break;
        case 7:
            fc_read_tls(r, &spec->tls);
            break;
        case 8:
            fc_read_network_policy(r, &spec->network);
            break;
        }
}

static void read_metadata(struct fc_reader *r)
{
    static const char *const names[] = {"generation", "name", "namespace", NULL};
    struct hk_scan_iter it;
    hk_scan_object(r->s, &it);
    for (int f; (f = hk_scan_field(r->s, &it, names)) >= 0;)
        if (f == 0)
            r->out->generation = hk_scan_int(r->s);
        else if (f == 1)
            r->out->name = hk_arena_copy(r->arena, hk_scan_str(r->s));
        else
            r->out->namespace = hk_arena_copy(r->arena, hk_scan_str_or_null(r->s));
}

static void read_identity(struct fc_reader *r, const char *wanted)
{
    struct hk_str found = hk_scan_str(r->s);
    if (!r->s->failed && !hk_str_is(found, wanted))
        hk_scan_fail(r->s, "must be %s, is %.*s", wanted, (int)hk_utf8_clip(found, 80), found.ptr);
}

static bool has_error(const struct hk_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        if (!problems->items[i].is_warning)
            return true;
    return problems->more > 0;
}

void fc_parent_read(struct hk_scan *s, struct hk_arena *arena, struct fc_parent *out)
{
    static const char *const names[] = {"apiVersion", "kind", "metadata", "spec", "status", NULL};
    struct fc_reader r = {.s = s, .arena = arena, .out = out};
    fc_read_init(&r, "spec");
    struct hk_scan_iter it;
    *out = (struct fc_parent){
        .spec.executor = {.replicas = 1, .update = {.max_unavailable = {25, true}}},
        .spec.cache = {.replicas = 1}};
    enum hk_json_type type = hk_scan_type(s);
    if (type == HK_JSON_NULL)
        hk_scan_fail(s, "must be a " FC_KIND ", is null");
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        switch (f) {
        case 0:
            read_identity(&r, FC_API_VERSION);
            break;
        case 1:
            read_identity(&r, FC_KIND);
            break;
        case 2:
            read_metadata(&r);
            break;
        case 3:
            read_spec(&r);
            break;
        case 4:
            fc_old_status_read(s, arena, &out->status);
            break;
        }
    if (!s->failed && (it.seen & 3) != 3)
        hk_scan_fail(s, "has no %s", it.seen & 1 ? "kind" : "apiVersion");
    if (!s->failed && !arena->failed && out->name.len == 0)
        hk_scan_fail(s, "has no metadata.name");
    fc_names_make(&out->names, arena, out->name);
    if (out->spec.tls.is_set)
        fc_names_secure(&out->names, arena, !out->spec.tls.is_cache_plain);
    fc_spec_check(out, arena);
    out->is_valid = !has_error(&out->problems);
}
