#include "status_read.h"

#include <stdlib.h>

static void read_object(struct status_items *items, struct hk_scan *s, unsigned depth);

static void read_list(struct status_items *items, struct hk_scan *s)
{
    struct hk_scan_iter it;
    hk_scan_array(s, &it);
    while (hk_scan_item(s, &it))
        read_object(items, s, 1);
}

/* A request's {kind{name{}}}. */
static void read_children(struct status_items *items, struct hk_scan *s)
{
    struct hk_scan_iter kinds, names;
    struct hk_str key;
    hk_scan_object(s, &kinds);
    while (hk_scan_member(s, &kinds, &key)) {
        hk_scan_object(s, &names);
        while (hk_scan_member(s, &names, &key))
            read_object(items, s, 1);
    }
}

static void read_owner(struct status_items *items, struct hk_scan *s, struct status_item *item)
{
    const char *const names[] = {items->label, NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    while (hk_scan_field(s, &it, names) >= 0)
        item->owner = hk_scan_str_or_null(s);
}

static void read_metadata(struct status_items *items, struct hk_scan *s, struct status_item *item)
{
    static const char *const names[] = {"labels", "name", "namespace", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0)
            read_owner(items, s, item);
        else
            *(f == 1 ? &item->name : &item->namespace) = hk_scan_str_or_null(s);
}

static void add(struct status_items *items, const struct status_item *item)
{
    struct status_item *list =
        hk_arena_grow(items->arena, items->items, items->count, &items->cap, sizeof *list);
    if (!list)
        return;
    items->items = list;
    list[items->count++] = *item;
}

static bool is_list(struct hk_str kind)
{
    return kind.len >= 4 && memcmp(kind.ptr + kind.len - 4, "List", 4) == 0;
}

/* What holds objects is only looked for at the top: a ConfigMap may have an "items" too. */
static void read_part(struct status_items *items, struct hk_scan *s, int field)
{
    switch (field) {
    case 0:
        read_children(items, s);
        break;
    case 1:
        read_list(items, s);
        break;
    case 2:
        items->is_request = true;
        read_object(items, s, 1);
        break;
    default:
        items->related = hk_scan_raw(s);
        break;
    }
}

static void read_object(struct status_items *items, struct hk_scan *s, unsigned depth)
{
    static const char *const top[] = {"children",   "items", "parent",   "related",
                                      "apiVersion", "kind",  "metadata", NULL};
    const char *const *names = depth == 0 ? top : top + 4;
    int shift = depth == 0 ? 4 : 0;
    struct status_item item = {0};
    struct hk_str version = {NULL, 0}, kind = {NULL, 0};
    struct hk_scan_iter it;
    if (hk_scan_type(s) != HK_JSON_OBJECT) {
        hk_scan_fail(s, depth == 0 ? "must be a JSON object, as kubectl get -o json prints it"
                                   : "must be an object");
        return;
    }
    const char *start = (const char *)s->cur;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f < shift)
            read_part(items, s, f);
        else if (f == shift + 2)
            read_metadata(items, s, &item);
        else
            *(f == shift ? &version : &kind) = hk_scan_str_or_null(s);
    if (s->failed || is_list(kind) || (depth == 0 && items->is_request))
        return;
    if (!kind.len || !version.len || !item.name.len) {
        hk_scan_fail(s, "must be an object with apiVersion, kind and metadata.name");
        return;
    }
    item.kind = hk_arena_printf(items->arena, "%.*s.%.*s", HK_STR_ARG(kind), HK_STR_ARG(version));
    item.raw = (struct hk_str){start, (size_t)((const char *)s->cur - start)};
    add(items, &item);
}

int status_items_read(struct status_items *items, struct hk_str text, struct hk_err *err)
{
    struct hk_scan s;
    hk_scan_init(&s, text.ptr, text.len, items->arena, err);
    read_object(items, &s, 0);
    if (hk_scan_end(&s) != 0)
        return -1;
    return items->arena->failed ? hk_err_memory(err) : 0;
}

static int order(const void *a, const void *b)
{
    const struct status_item *x = a, *y = b;
    int c = hk_str_cmp(x->namespace, y->namespace);
    if (!c)
        c = hk_str_cmp(x->owner, y->owner);
    if (!c)
        c = hk_str_cmp(x->kind, y->kind);
    return c ? c : hk_str_cmp(x->name, y->name);
}

void status_items_sort(struct status_items *items)
{
    if (items->count)
        qsort(items->items, items->count, sizeof *items->items, order);
}

const struct status_item *status_items_find(const struct status_items *items,
                                            const struct status_item *like)
{
    return items->count ? bsearch(like, items->items, items->count, sizeof *like, order) : NULL;
}
