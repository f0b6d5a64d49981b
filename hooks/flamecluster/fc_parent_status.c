/* The status as it was written last. It is written by this controller alone, but the API server of a
 * cluster without our schema would take anything: what has another type is passed over instead of
 * failing every sync from then on. */
#include "fc_parent.h"

static struct hk_str read_str(struct hk_scan *s, struct hk_arena *arena)
{
    if (hk_scan_type(s) == HK_JSON_STRING)
        return hk_arena_copy(arena, hk_scan_str(s));
    hk_scan_skip(s);
    return (struct hk_str){NULL, 0};
}

static int64_t read_count(struct hk_scan *s)
{
    int64_t value = 0;
    return fc_count_parse(hk_scan_raw(s), &value) ? value : 0;
}

static bool begin_object(struct hk_scan *s, struct hk_scan_iter *it)
{
    if (hk_scan_type(s) != HK_JSON_OBJECT) {
        hk_scan_skip(s);
        return false;
    }
    hk_scan_object(s, it);
    return true;
}

static void read_endpoint(struct hk_scan *s, struct hk_arena *arena, struct hk_str *out)
{
    static const char *const names[] = {"endpoint", NULL};
    struct hk_scan_iter it;
    if (!begin_object(s, &it))
        return;
    while (hk_scan_field(s, &it, names) >= 0)
        *out = read_str(s, arena);
}

static void read_executors(struct hk_scan *s, struct fc_old_status *out)
{
    static const char *const names[] = {"ready", "replicas", "updated", NULL};
    int64_t *const counts[] = {&out->executor_ready, &out->executor_replicas,
                               &out->executor_updated};
    struct hk_scan_iter it;
    if (!begin_object(s, &it))
        return;
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        *counts[f] = read_count(s);
}

static void read_cache(struct hk_scan *s, struct hk_arena *arena, struct fc_old_status *out)
{
    static const char *const names[] = {"endpoint", "ready", "replicas", NULL};
    struct hk_scan_iter it;
    if (!begin_object(s, &it))
        return;
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0) {
            out->cache_endpoint = read_str(s, arena);
        } else if (f == 1) {
            out->cache_ready = read_count(s);
        } else {
            out->cache_replicas = read_count(s);
            out->has_caches = true;
        }
}

static void read_conditions(struct hk_scan *s, struct hk_arena *arena, struct hk_cond_list *list)
{
    hk_cond_read(list, s);
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].type = hk_arena_copy(arena, list->items[i].type);
        list->items[i].reason = hk_arena_copy(arena, list->items[i].reason);
        list->items[i].message = hk_arena_copy(arena, list->items[i].message);
    }
}

void fc_old_status_read(struct hk_scan *s, struct hk_arena *arena, struct fc_old_status *out)
{
    static const char *const names[] = {
        "conditions",  "configGeneration", "configHash", "executorManager",
        "objectCache", "sessionManager",   "state",      NULL};
    struct hk_scan_iter it;
    if (!begin_object(s, &it))
        return;
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        switch (f) {
        case 0:
            read_conditions(s, arena, &out->conditions);
            break;
        case 1:
            out->config_generation = read_count(s);
            break;
        case 2:
            out->config_hash = read_str(s, arena);
            break;
        case 3:
            read_executors(s, out);
            break;
        case 4:
            read_cache(s, arena, out);
            break;
        case 5:
            read_endpoint(s, arena, &out->session_endpoint);
            break;
        case 6:
            out->state = read_str(s, arena);
            break;
        }
}
