#include "fc_drift.h"

#include "fc_config.h"

/* Labels of which one is not ours. */
static bool is_foreign_selector(struct hk_scan *s, const char *const *ours)
{
    struct hk_scan_iter it;
    struct hk_str key;
    bool is_foreign = false;
    hk_scan_object(s, &it);
    while (hk_scan_member(s, &it, &key)) {
        size_t i = 0;
        while (ours[i] && !hk_str_is(key, ours[i]))
            i++;
        is_foreign = is_foreign || !ours[i];
        hk_scan_skip(s);
    }
    return is_foreign;
}

/* One port under our name and another number. */
static bool is_renumbered(struct hk_scan *s, const struct fc_service_port *ours)
{
    static const char *const names[] = {"name", "port", NULL};
    struct hk_str name = {NULL, 0};
    struct hk_scan_iter it;
    int64_t number = 0;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0)
            name = hk_scan_str_or_null(s);
        else
            number = hk_scan_int(s);
    for (; ours->name; ours++)
        if (hk_str_is(name, ours->name))
            return number != ours->port;
    return false;
}

bool fc_service_is_beyond_repair(const struct fc_object *object, const struct fc_service *service,
                                 struct hk_arena *arena)
{
    static const char *const names[] = {"ports", "selector", NULL};
    static const char *const selected[] = {"app", "flame.xflops.io/cluster", NULL};
    struct hk_scan s;
    struct hk_scan_iter it, ports;
    bool is_beyond = false;
    if (!object || object->is_terminating || object->spec.len == 0)
        return false;
    hk_scan_init(&s, object->spec.ptr, object->spec.len, arena, NULL);
    hk_scan_object(&s, &it);
    for (int f; (f = hk_scan_field(&s, &it, names)) >= 0;) {
        if (f == 1) {
            is_beyond = is_foreign_selector(&s, selected) || is_beyond;
            continue;
        }
        hk_scan_array(&s, &ports);
        while (hk_scan_item(&s, &ports))
            is_beyond = is_renumbered(&s, service->ports) || is_beyond;
    }
    return is_beyond && !s.failed;
}

const char *fc_service_selected_app(const struct fc_object *object, struct hk_arena *arena)
{
    static const char *const names[] = {"selector", NULL}, *const inner[] = {"app", NULL};
    struct hk_scan s;
    struct hk_scan_iter it, selector;
    struct hk_str app = {NULL, 0};
    if (!object || object->spec.len == 0)
        return NULL;
    hk_scan_init(&s, object->spec.ptr, object->spec.len, arena, NULL);
    hk_scan_object(&s, &it);
    while (hk_scan_field(&s, &it, names) >= 0) {
        hk_scan_object(&s, &selector);
        while (hk_scan_field(&s, &selector, inner) >= 0)
            app = hk_arena_copy(arena, hk_scan_str_or_null(&s));
    }
    return s.failed ? NULL : app.ptr;
}

/* Something more than our label. */
static bool is_narrowed(struct hk_scan *s)
{
    static const char *const selected[] = {"flame.xflops.io/cluster", NULL};
    struct hk_scan_iter it;
    struct hk_str key;
    bool is_narrowed = false;
    hk_scan_object(s, &it);
    while (hk_scan_member(s, &it, &key)) {
        if (hk_str_is(key, "matchLabels")) {
            is_narrowed = is_foreign_selector(s, selected) || is_narrowed;
            continue;
        }
        is_narrowed = true;
        hk_scan_skip(s);
    }
    return is_narrowed;
}

bool fc_policy_is_beyond_repair(const struct fc_object *object, struct hk_arena *arena)
{
    static const char *const names[] = {"podSelector", NULL};
    struct hk_scan s;
    struct hk_scan_iter it;
    bool is_beyond = false;
    if (!object || object->is_terminating || object->spec.len == 0)
        return false;
    hk_scan_init(&s, object->spec.ptr, object->spec.len, arena, NULL);
    hk_scan_object(&s, &it);
    while (hk_scan_field(&s, &it, names) >= 0)
        is_beyond = is_narrowed(&s) || is_beyond;
    return is_beyond && !s.failed;
}

bool fc_config_is_beyond_repair(const struct fc_object *object, struct hk_str wanted_text,
                                struct hk_arena *arena)
{
    if (!object || object->is_terminating)
        return false;
    if (fc_raw_member(object->binary_data, FC_CONFIG_FILE, arena).ptr)
        return true;
    if (!object->is_immutable)
        return false;
    if (hk_str_is(object->kind, "Secret.v1"))
        return !fc_config_secret_holds(object, wanted_text, arena);
    return !hk_str_eq(fc_raw_member(object->data, FC_CONFIG_FILE, arena), wanted_text);
}
