#include "plan_diff.h"

#include <string.h>

#define DEPTH_MAX 64

struct diff {
    struct hk_arena *arena;
    json_t *fields;
    bool of_secret, failed;
    unsigned depth;
};

static void compare(struct diff *d, const char *path, const json_t *before, const json_t *after);

static void put(struct diff *d, json_t *object, const char *key, json_t *steals_value)
{
    d->failed |= json_object_set_new(object, key, steals_value) != 0;
}

static bool has_lines(const json_t *value)
{
    return json_is_string(value) && strchr(json_string_value(value), '\n');
}

static void add_lines(struct diff *d, json_t *field, const json_t *before, const json_t *after)
{
    bool both_texts = (!before || json_is_string(before)) && (!after || json_is_string(after));
    if (both_texts && (has_lines(before) || has_lines(after)))
        put(d, field, "lines",
            plan_lines(before ? json_string_value(before) : "",
                       after ? json_string_value(after) : ""));
}

static bool is_value(const char *path)
{
    size_t len = strcspn(path, ".[");
    return (len == 4 && memcmp(path, "data", 4) == 0) ||
           (len == 10 && memcmp(path, "stringData", 10) == 0);
}

static void add_field(struct diff *d, const char *path, const json_t *before, const json_t *after)
{
    json_t *field = json_pack("{s:s}", "path", path);
    if (d->of_secret && is_value(path)) {
        put(d, field, "secret", json_true());
    } else {
        if (before)
            put(d, field, "before", json_incref((json_t *)before));
        if (after)
            put(d, field, "after", json_incref((json_t *)after));
        add_lines(d, field, before, after);
    }
    d->failed |= json_array_append_new(d->fields, field) != 0;
}

/* a.b, a["b.c/d"]; a[name] in a list. */
static const char *deeper(struct diff *d, const char *path, const char *key, bool in_list)
{
    struct hk_str text;
    if (in_list)
        text = hk_arena_printf(d->arena, "%s[%s]", path, key);
    else if (key[strcspn(key, "./[]\"")])
        text = hk_arena_printf(d->arena, "%s[\"%s\"]", path, key);
    else
        text = hk_arena_printf(d->arena, "%s%s%s", path, *path ? "." : "", key);
    d->failed |= !text.ptr;
    return text.ptr ? text.ptr : "";
}

static const char *name_of(const json_t *item)
{
    return json_string_value(json_object_get(item, "name"));
}

static const json_t *named(const json_t *list, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *own = name_of(item);
        if (own && strcmp(own, name) == 0)
            return item;
    }
    return NULL;
}

/* Lists as Kubernetes merges them: every item an object with a name of its own. */
static bool has_names(const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!name_of(item) || named(list, name_of(item)) != item)
            return false;
    }
    return json_is_array(list);
}

/* One list as an object of its items by name; new. */
static json_t *by_name(struct diff *d, const json_t *list)
{
    size_t i;
    json_t *item, *object = json_object();
    json_array_foreach(list, i, item)
    {
        put(d, object, name_of(item), json_incref(item));
    }
    return object;
}

static void compare_members(struct diff *d, const char *path, const json_t *const sides[2],
                            bool in_list)
{
    const char *key;
    json_t *value;
    d->depth++;
    json_object_foreach((json_t *)sides[0], key, value)
    {
        compare(d, deeper(d, path, key, in_list), value, json_object_get(sides[1], key));
    }
    json_object_foreach((json_t *)sides[1], key, value)
    {
        if (!json_object_get(sides[0], key))
            compare(d, deeper(d, path, key, in_list), NULL, value);
    }
    d->depth--;
}

static void compare_lists(struct diff *d, const char *path, const json_t *before,
                          const json_t *after)
{
    json_auto_t *old = by_name(d, before), *new = by_name(d, after);
    size_t count = d->failed ? 0 : json_array_size(d->fields);
    compare_members(d, path, (const json_t *const[2]){old, new}, true);
    if (!d->failed && json_array_size(d->fields) == count) /* only their order changed */
        add_field(d, path, before, after);
}

static void compare(struct diff *d, const char *path, const json_t *before, const json_t *after)
{
    if (json_equal(before, after))
        return;
    if (json_is_object(before) && json_is_object(after) && d->depth < DEPTH_MAX)
        compare_members(d, path, (const json_t *const[2]){before, after}, false);
    else if (has_names(before) && has_names(after) && d->depth < DEPTH_MAX)
        compare_lists(d, path, before, after);
    else
        add_field(d, path, before, after);
}

json_t *plan_diff(const json_t *before, const json_t *after, bool of_secret)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    struct diff d = {.arena = &arena, .fields = json_array(), .of_secret = of_secret};
    compare(&d, "", before, after);
    hk_arena_fini(&arena);
    if (!d.failed)
        return d.fields;
    json_decref(d.fields);
    return NULL;
}

static json_t *project(const json_t *object, const json_t *shape, unsigned depth);

static json_t *project_object(const json_t *object, const json_t *shape, unsigned depth)
{
    const char *key;
    json_t *value, *out = json_object();
    json_object_foreach((json_t *)shape, key, value)
    {
        const json_t *member = json_object_get(object, key);
        if (member && json_object_set_new(out, key, project(member, value, depth)) != 0) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

/* Items without a counterpart stay as they are, unless the server may have added them to a list of names. */
static json_t *project_list(const json_t *list, const json_t *shape, unsigned depth)
{
    bool are_named = has_names(list) && has_names(shape);
    size_t i;
    json_t *item, *out = json_array();
    json_array_foreach(list, i, item)
    {
        const json_t *form = are_named ? named(shape, name_of(item)) : json_array_get(shape, i);
        if (are_named && !form)
            continue;
        if (json_array_append_new(out, form ? project(item, form, depth) : json_incref(item)) !=
            0) {
            json_decref(out);
            return NULL;
        }
    }
    return out;
}

static json_t *project(const json_t *object, const json_t *shape, unsigned depth)
{
    if (json_is_object(object) && json_is_object(shape) && depth < DEPTH_MAX)
        return project_object(object, shape, depth + 1);
    if (json_is_array(object) && json_is_array(shape) && depth < DEPTH_MAX)
        return project_list(object, shape, depth + 1);
    return json_incref((json_t *)object);
}

json_t *plan_project(const json_t *object, const json_t *shape)
{
    return project(object, shape, 0);
}
