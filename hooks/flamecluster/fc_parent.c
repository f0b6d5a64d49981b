#include "fc_parent.h"

#include "hk_utf8.h"

#include <stdio.h>

struct reader {
    struct hk_scan *s;
    struct hk_arena *arena;
    struct fc_parent *out;
};

/* A value of the wrong type is a problem of the spec, not of the request. */
static bool has_type(struct reader *r, const char *path, enum hk_json_type wanted)
{
    enum hk_json_type type = hk_scan_type(r->s);
    if (type == wanted)
        return true;
    if (type != HK_JSON_NULL && type != HK_JSON_NONE) {
        const char *name = hk_json_type_name(wanted);
        fc_problem_add(r->out, r->arena, path, "must be %s %s, is %s",
                       strchr("aeiou", name[0]) ? "an" : "a", name, hk_json_type_name(type));
    }
    hk_scan_skip(r->s);
    return false;
}

static void read_str(struct reader *r, const char *path, struct hk_str *out)
{
    if (!has_type(r, path, HK_JSON_STRING))
        return;
    struct hk_str text = hk_scan_str(r->s);
    *out = text.len ? hk_arena_copy(r->arena, text) : (struct hk_str){NULL, 0};
}

bool fc_count_parse(struct hk_str text, int64_t *count)
{
    int64_t value = 0;
    if (text.len == 0 || text.len > 15)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    *count = value;
    return true;
}

static void read_count(struct reader *r, const char *path, int64_t max, int64_t *out)
{
    int64_t value = 0;
    if (!has_type(r, path, HK_JSON_NUMBER))
        return;
    struct hk_str raw = hk_scan_raw(r->s);
    if (!fc_count_parse(raw, &value) || value > max)
        fc_problem_add(r->out, r->arena, path, "must be a whole number from 0 to %lld, is %.*s",
                       (long long)max, raw.len > 40 ? 40 : (int)raw.len, raw.ptr ? raw.ptr : "");
    else
        *out = value;
}

static void read_bool(struct reader *r, const char *path, bool *out)
{
    if (has_type(r, path, HK_JSON_BOOL))
        *out = hk_scan_bool(r->s);
}

/* "A, B or C" */
static struct hk_str join_words(struct hk_arena *arena, const char *const *words)
{
    struct hk_str text = hk_str_of(words[0]);
    for (size_t i = 1; words[i]; i++)
        text = hk_arena_printf(arena, "%.*s%s%s", HK_STR_ARG(text), words[i + 1] ? ", " : " or ",
                               words[i]);
    return text;
}

/* The place of one word among those allowed; given what it is when unset. Case counts, and an empty
 * string is none of them: an enum of the CRD. */
static unsigned read_word(struct reader *r, const char *path, const char *const *words,
                          unsigned unset)
{
    if (!has_type(r, path, HK_JSON_STRING))
        return unset;
    struct hk_str text = hk_scan_str(r->s);
    for (unsigned i = 0; words[i]; i++)
        if (hk_str_is(text, words[i]))
            return i;
    struct hk_str allowed = join_words(r->arena, words);
    fc_problem_add(r->out, r->arena, path, "must be %.*s, is \"%.*s\"", HK_STR_ARG(allowed),
                   (int)hk_utf8_clip(text, 60), text.ptr ? text.ptr : "");
    return unset;
}

static void quantity_insert(struct reader *r, struct fc_quantities *list, struct fc_quantity item)
{
    size_t at = list->count;
    struct fc_quantity *items =
        hk_arena_grow(r->arena, list->items, list->count, &list->cap, sizeof *items);
    if (!items)
        return;
    while (at > 0 && hk_str_cmp(items[at - 1].name, item.name) > 0)
        at--;
    memmove(items + at + 1, items + at, (list->count - at) * sizeof *items);
    items[at] = item;
    list->items = items;
    list->count++;
}

static void quantity_problem(struct reader *r, const char *path, struct hk_str name,
                             const char *text, const char *found)
{
    struct hk_str at = hk_arena_printf(r->arena, "%s[%.*s]", path, HK_STR_ARG(name));
    fc_problem_add(r->out, r->arena, at.ptr ? at.ptr : path, "%s%s", text, found);
}

/* One name: quantity. A quantity may be a JSON string or a number (int-or-string). */
static void read_quantity(struct reader *r, const char *path, struct hk_str name,
                          struct fc_quantities *list)
{
    struct fc_quantity item;
    struct hk_err err = {0};
    enum hk_json_type type = hk_scan_type(r->s);
    struct hk_str raw = type == HK_JSON_STRING ? hk_scan_str(r->s) : hk_scan_raw(r->s);
    for (size_t i = 0; i < list->count; i++)
        if (hk_str_eq(list->items[i].name, name))
            hk_scan_fail(r->s, "the key is there twice");
    if (type != HK_JSON_STRING && type != HK_JSON_NUMBER) {
        quantity_problem(r, path, name, "must be a quantity, is ", hk_json_type_name(type));
    } else if (hk_qty_parse(raw, &item.qty, &err) != 0) {
        quantity_problem(r, path, name, err.text, "");
    } else if (item.qty.milli < 0) {
        quantity_problem(r, path, name, "must be 0 or more, is ", item.qty.text);
    } else {
        item.name = hk_arena_copy(r->arena, name);
        quantity_insert(r, list, item);
    }
}

static void read_quantities(struct reader *r, const char *path, struct fc_quantities *list)
{
    struct hk_scan_iter it;
    struct hk_str key;
    if (!has_type(r, path, HK_JSON_OBJECT))
        return;
    hk_scan_object(r->s, &it);
    while (hk_scan_member(r->s, &it, &key))
        read_quantity(r, path, key, list);
}

static void read_resources(struct reader *r, const char *const paths[3], struct fc_resources *out)
{
    static const char *const names[] = {"limits", "requests", NULL};
    struct hk_scan_iter it;
    if (!has_type(r, paths[0], HK_JSON_OBJECT))
        return;
    hk_scan_object(r->s, &it);
    for (int f; (f = hk_scan_field(r->s, &it, names)) >= 0;)
        read_quantities(r, paths[f + 1], f == 0 ? &out->limits : &out->requests);
}

static const char *read_pull_policy(struct reader *r, const char *path)
{
    static const char *const words[] = {"Always", "IfNotPresent", "Never", NULL};
    return words[read_word(r, path, words, 3)];
}

static void read_session(struct reader *r)
{
    static const char *const names[] = {"image",   "policy",          "resources", "slot",
                                        "storage", "imagePullPolicy", NULL};
    static const char *const resource_paths[] = {"spec.sessionManager.resources",
                                                 "spec.sessionManager.resources.limits",
                                                 "spec.sessionManager.resources.requests"};
    struct fc_session_manager *session = &r->out->spec.session;
    struct hk_scan_iter it;
    if (!has_type(r, "spec.sessionManager", HK_JSON_OBJECT))
        return;
    hk_scan_object(r->s, &it);
    for (int f; (f = hk_scan_field(r->s, &it, names)) >= 0;)
        switch (f) {
        case 0:
            read_str(r, "spec.sessionManager.image", &session->image);
            break;
        case 1:
            read_str(r, "spec.sessionManager.policy", &session->policy);
            break;
        case 2:
            read_resources(r, resource_paths, &session->resources);
            break;
        case 3:
            read_str(r, "spec.sessionManager.slot", &session->slot);
            break;
        case 4:
            read_str(r, "spec.sessionManager.storage", &session->storage);
            break;
        case 5:
            session->pull_policy = read_pull_policy(r, "spec.sessionManager.imagePullPolicy");
            break;
        }
}

/* "25%" or 2, as Kubernetes' int-or-string. */
static bool parse_unavailable(struct hk_str text, bool is_percent, int64_t *out)
{
    int64_t max = is_percent ? 100 : FC_REPLICAS_MAX;
    if (is_percent && (text.len == 0 || text.ptr[--text.len] != '%'))
        return false;
    return text.len > 0 && text.ptr[0] != '0' && fc_count_parse(text, out) && *out <= max;
}

static void read_max_unavailable(struct reader *r, struct fc_update_strategy *update)
{
    static const char path[] = "spec.executorManager.updateStrategy.maxUnavailable";
    static const char rule[] =
        "must be a whole number from 1 to 100000 or a percentage from 1% to 100%";
    int64_t value = 0;
    enum hk_json_type type = hk_scan_type(r->s);
    bool is_text = type == HK_JSON_STRING;
    struct hk_str text = is_text ? hk_scan_str(r->s) : hk_scan_raw(r->s);
    if (type == HK_JSON_NULL || type == HK_JSON_NONE)
        return;
    if (!is_text && type != HK_JSON_NUMBER) {
        fc_problem_add(r->out, r->arena, path, "%s, is %s", rule, hk_json_type_name(type));
    } else if (!parse_unavailable(text, is_text, &value)) {
        const char *quote = is_text ? "\"" : "";
        fc_problem_add(r->out, r->arena, path, "%s, is %s%.*s%s", rule, quote,
                       (int)hk_utf8_clip(text, 40), text.ptr ? text.ptr : "", quote);
    } else {
        update->max_unavailable = value;
        update->is_percent = is_text;
    }
}

static void read_update(struct reader *r)
{
    static const char *const names[] = {"maxUnavailable", "paused", "type", NULL};
    static const char *const types[] = {[FC_ROLLING_UPDATE] = "RollingUpdate",
                                        [FC_ON_DELETE] = "OnDelete",
                                        [FC_RECREATE] = "Recreate",
                                        NULL};
    struct fc_update_strategy *update = &r->out->spec.executor.update;
    struct hk_scan_iter it;
    if (!has_type(r, "spec.executorManager.updateStrategy", HK_JSON_OBJECT))
        return;
    hk_scan_object(r->s, &it);
    for (int f; (f = hk_scan_field(r->s, &it, names)) >= 0;)
        if (f == 0)
            read_max_unavailable(r, update);
        else if (f == 1)
            read_bool(r, "spec.executorManager.updateStrategy.paused", &update->is_paused);
        else
            update->type = (enum fc_update)read_word(r, "spec.executorManager.updateStrategy.type",
                                                     types, FC_ROLLING_UPDATE);
}

static void read_executor(struct reader *r)
{
    static const char *const names[] = {"image", "maxExecutors",   "replicas",        "resources",
                                        "shim",  "updateStrategy", "imagePullPolicy", NULL};
    static const char *const resource_paths[] = {"spec.executorManager.resources",
                                                 "spec.executorManager.resources.limits",
                                                 "spec.executorManager.resources.requests"};
    struct fc_executor_manager *executor = &r->out->spec.executor;
    struct hk_scan_iter it;
    if (!has_type(r, "spec.executorManager", HK_JSON_OBJECT))
        return;
    hk_scan_object(r->s, &it);
    for (int f; (f = hk_scan_field(r->s, &it, names)) >= 0;)
        switch (f) {
        case 0:
            read_str(r, "spec.executorManager.image", &executor->image);
            break;
        case 1:
            read_count(r, "spec.executorManager.maxExecutors", INT32_MAX, &executor->max_executors);
            break;
        case 2:
            read_count(r, "spec.executorManager.replicas", FC_REPLICAS_MAX, &executor->replicas);
            break;
        case 3:
            read_resources(r, resource_paths, &executor->resources);
            break;
        case 4:
            read_str(r, "spec.executorManager.shim", &executor->shim);
            break;
        case 5:
            read_update(r);
            break;
        case 6:
            executor->pull_policy = read_pull_policy(r, "spec.executorManager.imagePullPolicy");
            break;
        }
}

static void read_cache(struct reader *r)
{
    static const char *const names[] = {"networkInterface", "storage", NULL};
    struct fc_object_cache *cache = &r->out->spec.cache;
    struct hk_scan_iter it;
    if (!has_type(r, "spec.objectCache", HK_JSON_OBJECT))
        return;
    hk_scan_object(r->s, &it);
    for (int f; (f = hk_scan_field(r->s, &it, names)) >= 0;)
        if (f == 0)
            read_str(r, "spec.objectCache.networkInterface", &cache->network_interface);
        else
            read_str(r, "spec.objectCache.storage", &cache->storage);
}

static void read_startup(struct reader *r)
{
    static const char *const words[] = {"OrderedReady", "Parallel", NULL};
    r->out->spec.is_parallel = read_word(r, "spec.startupPolicy", words, 0) == 1;
}

static void read_suspend(struct reader *r)
{
    read_bool(r, "spec.suspend", &r->out->spec.is_suspended);
}

static void pull_secret_add(struct reader *r, struct fc_pull_secret item)
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
static void read_pull_secret(struct reader *r, size_t at)
{
    static const char *const names[] = {"name", NULL};
    struct fc_pull_secret item = {.at = at};
    char path[64];
    struct hk_scan_iter it;
    snprintf(path, sizeof path, "spec.imagePullSecrets[%zu]", at);
    if (hk_scan_type(r->s) == HK_JSON_NULL)
        fc_problem_add(r->out, r->arena, path, "must be an object, is null");
    if (!has_type(r, path, HK_JSON_OBJECT))
        return;
    snprintf(path, sizeof path, "spec.imagePullSecrets[%zu].name", at);
    hk_scan_object(r->s, &it);
    while (hk_scan_field(r->s, &it, names) >= 0)
        read_str(r, path, &item.name);
    pull_secret_add(r, item);
}

static void read_pull_secrets(struct reader *r)
{
    struct hk_scan_iter it;
    if (!has_type(r, "spec.imagePullSecrets", HK_JSON_ARRAY))
        return;
    hk_scan_array(r->s, &it);
    for (size_t at = 0; hk_scan_item(r->s, &it); at++)
        read_pull_secret(r, at);
}

static void read_pod_security(struct reader *r)
{
    static const char *const words[] = {"Baseline", "Restricted", NULL};
    r->out->spec.is_restricted = read_word(r, "spec.podSecurity", words, 0) == 1;
}

static void read_spec(struct reader *r)
{
    static const char *const names[] = {"executorManager", "objectCache", "sessionManager",
                                        "startupPolicy",   "suspend",     "imagePullSecrets",
                                        "podSecurity",     NULL};
    static void (*const readers[])(struct reader *) = {
        read_executor, read_cache,        read_session,     read_startup,
        read_suspend,  read_pull_secrets, read_pod_security};
    struct hk_scan_iter it;
    if (!has_type(r, "spec", HK_JSON_OBJECT))
        return;
    hk_scan_object(r->s, &it);
    for (int f; (f = hk_scan_field(r->s, &it, names)) >= 0;)
        readers[f](r);
}

static void read_metadata(struct reader *r)
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

static void read_identity(struct reader *r, const char *wanted)
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
    struct reader r = {s, arena, out};
    struct hk_scan_iter it;
    *out = (struct fc_parent){
        .spec.executor = {.replicas = 1, .update = {.max_unavailable = 25, .is_percent = true}}};
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
    fc_spec_check(out, arena);
    out->is_valid = !has_error(&out->problems);
}
