#include "hk_tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct loader {
    struct hk_scan s;
    const char *why; /* the first reason; NULL: none, or memory */
    bool failed;
};

static json_t *fail(struct loader *l, const char *why)
{
    if (!l->failed && !l->s.failed)
        l->why = why;
    l->failed = true;
    return NULL;
}

/* Whether the value could be made: NULL is memory. */
static json_t *made(struct loader *l, json_t *value)
{
    return value ? value : fail(l, NULL);
}

static json_t *load_number(struct loader *l)
{
    static const char too_large[] = "must not hold a number beyond 64 bits";
    struct hk_str raw = hk_scan_raw(&l->s);
    char text[64];
    if (l->s.failed || raw.len >= sizeof text)
        return fail(l, too_large);
    memcpy(text, raw.ptr, raw.len);
    text[raw.len] = '\0';
    errno = 0;
    if (strpbrk(text, ".eE")) {
        double real = strtod(text, NULL);
        return isfinite(real) ? made(l, json_real(real)) : fail(l, too_large);
    }
    long long integer = strtoll(text, NULL, 10);
    return errno ? fail(l, too_large) : made(l, json_integer(integer));
}

static json_t *load_str(struct loader *l)
{
    struct hk_str text = hk_scan_str(&l->s);
    if (l->s.failed || !text.ptr)
        return fail(l, NULL);
    return made(l, json_stringn_nocheck(text.ptr, text.len));
}

static json_t *load_value(struct loader *l);

static json_t *load_array(struct loader *l)
{
    struct hk_scan_iter it;
    json_t *array = json_array();
    hk_scan_array(&l->s, &it);
    while (array && !l->failed && hk_scan_item(&l->s, &it))
        if (json_array_append_new(array, load_value(l)) != 0)
            fail(l, NULL);
    return made(l, array);
}

static void load_member(struct loader *l, json_t *object, struct hk_str key)
{
    const char *why = NULL; /* memory, the key's too */
    if (key.ptr && memchr(key.ptr, '\0', key.len))
        why = "must not hold a NUL in a key";
    else if (key.ptr && json_object_getn(object, key.ptr, key.len))
        why = "must not hold a key twice in one object";
    else if (key.ptr && json_object_setn_new_nocheck(object, key.ptr, key.len, load_value(l)) == 0)
        return;
    fail(l, why);
}

static json_t *load_object(struct loader *l)
{
    struct hk_scan_iter it;
    struct hk_str key;
    json_t *object = json_object();
    hk_scan_object(&l->s, &it);
    while (object && !l->failed && hk_scan_member(&l->s, &it, &key))
        load_member(l, object, key);
    return made(l, object);
}

/* As deep as the scanner goes. Whatever was made is part of the tree, which is given up as a whole. */
static json_t *load_value(struct loader *l)
{
    switch (hk_scan_type(&l->s)) {
    case HK_JSON_OBJECT:
        return load_object(l);
    case HK_JSON_ARRAY:
        return load_array(l);
    case HK_JSON_STRING:
        return load_str(l);
    case HK_JSON_NUMBER:
        return load_number(l);
    case HK_JSON_BOOL:
        return hk_scan_bool(&l->s) ? json_true() : json_false();
    default:
        hk_scan_skip(&l->s);
        return json_null();
    }
}

json_t *hk_tree_load(struct hk_str text, struct hk_arena *arena, const char **why)
{
    struct loader l = {.failed = false};
    hk_scan_init(&l.s, text.ptr, text.len, arena, NULL);
    json_t *tree = load_value(&l);
    bool is_broken = l.s.failed || (!l.failed && hk_scan_end(&l.s) != 0);
    *why = is_broken && !arena->failed ? "is no JSON" : l.why;
    if (!is_broken && !l.failed)
        return tree;
    json_decref(tree);
    return NULL;
}

json_t *hk_tree_load_any(struct hk_str text, const char **why)
{
    struct hk_arena arena;
    json_t *tree = NULL;
    *why = NULL;
    hk_arena_init(&arena);
    char *padded = hk_arena_alloc(&arena, text.len + HK_SCAN_PAD);
    if (padded && text.len)
        memcpy(padded, text.ptr, text.len);
    if (padded)
        tree = hk_tree_load((struct hk_str){padded, text.len}, &arena, why);
    hk_arena_fini(&arena);
    return tree;
}
