/* A report made from the texts: each parent as its controller describes it, and what else is known of its parts. */
#include "status.h"

#include "hk_jw.h"
#include "hk_sim.h"
#include "hk_tree.h"
#include "status_read.h"

#include <stdlib.h>

#define EVENTS_MAX 5

struct making {
    const struct status_query *query;
    struct status_items items;
    struct hk_arena arena;
    struct hk_err *err;
    json_t *report;
    bool is_out_of_memory;
};

void status_texts_init(struct status_texts *texts)
{
    *texts = (struct status_texts){0};
}

void status_texts_fini(struct status_texts *texts)
{
    hk_buf_fini(&texts->parents);
    hk_buf_fini(&texts->children);
    hk_buf_fini(&texts->events);
    hk_buf_fini(&texts->unreadable);
}

/* ---- trees ---- */

static void put(struct making *m, json_t *object, const char *key, json_t *steals)
{
    if (json_object_set_new(object, key, steals) != 0)
        m->is_out_of_memory = true;
}

static void put_text(struct making *m, json_t *object, const char *key, struct hk_str text)
{
    put(m, object, key, json_stringn(text.ptr ? text.ptr : "", text.len));
}

static void push(struct making *m, json_t *array, json_t *steals)
{
    if (json_array_append_new(array, steals) != 0)
        m->is_out_of_memory = true;
}

static json_t *load(struct making *m, struct hk_str text)
{
    const char *why = NULL;
    json_t *tree = hk_tree_load(text, &m->arena, &why);
    if (!tree && why)
        hk_err_set(m->err, HK_ERR_INVALID, NULL, "%s", why);
    else if (!tree)
        m->is_out_of_memory = true;
    return tree;
}

/* ---- a parent's children ---- */

struct range {
    const struct status_item *first, *end;
};

static bool is_of(const struct status_item *child, const struct status_item *parent)
{
    return hk_str_eq(child->owner, parent->name) && hk_str_eq(child->namespace, parent->namespace);
}

static struct range children_of(const struct making *m, const struct status_item *parent)
{
    const struct status_item *item = m->items.items, *end = item + m->items.count;
    while (item < end && !is_of(item, parent))
        item++;
    struct range range = {item, item};
    while (range.end < end && is_of(range.end, parent))
        range.end++;
    return range;
}

static bool is_kind(const struct status_item *item, const char *kind)
{
    size_t n = strlen(kind);
    return item->kind.len > n && memcmp(item->kind.ptr, kind, n) == 0 && item->kind.ptr[n] == '.';
}

/* Metacontroller's request, as far as it can be put together. A child twice is reported by whoever reads it: it stands in
 * the request once, so it is found here. */
static int write_children(struct making *m, struct range children, struct hk_jw *w)
{
    hk_jw_member_object(w, "children");
    for (const struct status_item *c = children.first; c < children.end; c++) {
        bool is_first = c == children.first || !hk_str_eq(c[-1].kind, c->kind);
        if (!is_first && hk_str_eq(c[-1].name, c->name))
            return hk_err_set(m->err, HK_ERR_INVALID, NULL, "%.*s %.*s is there twice",
                              HK_STR_ARG(c->kind), HK_STR_ARG(c->name));
        if (is_first && c > children.first)
            hk_jw_object_end(w);
        if (is_first) {
            hk_jw_key(w, c->kind);
            hk_jw_object(w);
        }
        hk_jw_key(w, c->name);
        hk_jw_raw(w, c->raw);
    }
    if (children.first < children.end)
        hk_jw_object_end(w);
    hk_jw_object_end(w);
    return 0;
}

static int write_request(struct making *m, const struct status_item *parent, struct range children,
                         struct hk_buf *out)
{
    struct hk_jw w;
    hk_jw_init(&w, out);
    hk_jw_object(&w);
    if (write_children(m, children, &w) != 0)
        return -1;
    hk_jw_key(&w, HK_STR("parent"));
    hk_jw_raw(&w, parent->raw);
    if (m->items.related.len) {
        hk_jw_key(&w, HK_STR("related"));
        hk_jw_raw(&w, m->items.related);
    }
    hk_jw_object_end(&w);
    return hk_buf_reserve(out, HK_SCAN_PAD) < 0 ? hk_err_memory(m->err) : 0;
}

static json_t *describe(struct making *m, const struct status_item *parent, struct range children)
{
    struct hk_buf request, out;
    json_t *tree = NULL;
    hk_buf_init(&request);
    hk_buf_init(&out);
    if (write_request(m, parent, children, &request) == 0) {
        memset(request.data + request.len, 0, HK_SCAN_PAD);
        struct hk_call call = {
            .body = hk_buf_str(&request), .now_s = m->query->now_s, .arena = &m->arena};
        const struct hk_view *view = m->query->controller->view;
        if (view->describe(&call, &out, m->err) == 0 && hk_buf_reserve(&out, HK_SCAN_PAD) == 0) {
            memset(out.data + out.len, 0, HK_SCAN_PAD);
            tree = load(m, hk_buf_str(&out));
        }
    }
    m->is_out_of_memory |= out.failed;
    hk_buf_fini(&request);
    hk_buf_fini(&out);
    return tree;
}

/* ---- Pods ---- */

struct pod_details {
    struct hk_str created_at, node;
    int64_t restarts;
};

static void read_restarts(struct hk_scan *s, struct pod_details *pod)
{
    static const char *const status[] = {"containerStatuses", NULL};
    static const char *const names[] = {"restartCount", NULL};
    struct hk_scan_iter it, list, container;
    hk_scan_object(s, &it);
    while (hk_scan_field(s, &it, status) >= 0) {
        hk_scan_array(s, &list);
        while (hk_scan_item(s, &list)) {
            hk_scan_object(s, &container);
            while (hk_scan_field(s, &container, names) >= 0) {
                int64_t count = hk_scan_int(s);
                if (count > 0 && count < INT32_MAX)
                    pod->restarts += count;
            }
        }
    }
}

static void read_one(struct hk_scan *s, const char *name, struct hk_str *out)
{
    const char *const names[] = {name, NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    while (hk_scan_field(s, &it, names) >= 0)
        *out = hk_scan_str_or_null(s);
}

static void read_pod(struct making *m, struct hk_str raw, struct pod_details *pod)
{
    static const char *const names[] = {"metadata", "spec", "status", NULL};
    struct hk_scan s;
    struct hk_scan_iter it;
    hk_scan_init(&s, raw.ptr, raw.len, &m->arena, m->err);
    hk_scan_object(&s, &it);
    for (int f; (f = hk_scan_field(&s, &it, names)) >= 0;)
        if (f == 0)
            read_one(&s, "creationTimestamp", &pod->created_at);
        else if (f == 1)
            read_one(&s, "nodeName", &pod->node);
        else
            read_restarts(&s, pod);
}

static void add_details(struct making *m, const struct status_item *parent, json_t *pods)
{
    size_t i;
    json_t *pod;
    json_array_foreach(pods, i, pod)
    {
        struct status_item like = {.kind = HK_STR("Pod.v1"),
                                   .namespace = parent->namespace,
                                   .owner = parent->name,
                                   .name = hk_str_of(hk_sim_text(pod, "name"))};
        const struct status_item *item = status_items_find(&m->items, &like);
        struct pod_details details = {0};
        if (item)
            read_pod(m, item->raw, &details);
        put_text(m, pod, "createdAt", details.created_at);
        if (details.node.len)
            put_text(m, pod, "node", details.node);
        put(m, pod, "restarts", json_integer(details.restarts));
    }
}

/* ---- other objects, and events ---- */

static const char *note_of(const json_t *described, const struct status_item *item)
{
    size_t i;
    json_t *note;
    json_array_foreach(json_object_get(described, "notes"), i, note)
    {
        if (hk_str_is(item->kind, hk_sim_text(note, "kind")) &&
            hk_str_is(item->name, hk_sim_text(note, "name")))
            return hk_sim_text(note, "text");
    }
    return NULL;
}

static void add_object(struct making *m, json_t *described, const struct status_item *item,
                       const json_t *slices)
{
    bool ok = true;
    json_t *tree = load(m, item->raw), *to = json_object();
    const char *dot = memchr(item->kind.ptr, '.', item->kind.len);
    const char *note = note_of(described, item);
    if (tree)
        put(m, to, "facts", status_facts(tree, slices, &ok));
    put_text(m, to, "kind", (struct hk_str){item->kind.ptr, (size_t)(dot - item->kind.ptr)});
    put_text(m, to, "name", item->name);
    if (note)
        put(m, to, "note", json_string(note));
    put(m, to, "ok", json_boolean(ok));
    push(m, json_object_get(described, "objects"), to);
    json_decref(tree);
}

static void add_objects(struct making *m, json_t *described, struct range children)
{
    json_t *slices = json_array();
    put(m, described, "objects", json_array());
    for (const struct status_item *c = children.first; c < children.end; c++)
        if (is_kind(c, "EndpointSlice"))
            push(m, slices, load(m, c->raw));
    for (const struct status_item *c = children.first; c < children.end; c++)
        if (!is_kind(c, "EndpointSlice") && !is_kind(c, "Pod"))
            add_object(m, described, c, slices);
    json_decref(slices);
}

static const char *event_time(const json_t *event)
{
    static const char *const paths[] = {"series.lastObservedTime", "lastTimestamp", "eventTime",
                                        "metadata.creationTimestamp"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (*hk_sim_text(event, paths[i]))
            return hk_sim_text(event, paths[i]);
    return "";
}

/* An earlier object of the same name has left its events behind. */
static bool is_about(const json_t *event, const struct status_query *query,
                     const struct status_item *parent, const char *uid)
{
    return strcmp(hk_sim_text(event, "involvedObject.kind"), query->controller->kind) == 0 &&
           hk_str_is(parent->name, hk_sim_text(event, "involvedObject.name")) &&
           hk_str_is(parent->namespace, hk_sim_text(event, "involvedObject.namespace")) &&
           strcmp(hk_sim_text(event, "type"), "Warning") == 0 &&
           (!*uid || strcmp(hk_sim_text(event, "involvedObject.uid"), uid) == 0);
}

/* The newest first, the oldest of too many goes. */
static void insert_event(struct making *m, json_t *events, const json_t *event)
{
    json_t *to = json_object();
    int64_t count = json_integer_value(hk_sim_get(event, "series.count"));
    if (count == 0)
        count = json_integer_value(json_object_get(event, "count"));
    put(m, to, "count", json_integer(count > 0 ? count : 1));
    put(m, to, "lastAt", json_string(event_time(event)));
    put(m, to, "message", json_string(hk_sim_text(event, "message")));
    put(m, to, "reason", json_string(hk_sim_text(event, "reason")));
    size_t at = 0;
    while (at < json_array_size(events) &&
           strcmp(hk_sim_text(json_array_get(events, at), "lastAt"), event_time(event)) >= 0)
        at++;
    if (json_array_insert_new(events, at, to) != 0)
        m->is_out_of_memory = true;
    if (json_array_size(events) > EVENTS_MAX)
        json_array_remove(events, EVENTS_MAX);
}

static void add_events(struct making *m, json_t *described, const struct status_item *parent,
                       const char *uid)
{
    put(m, described, "events", json_array());
    for (size_t i = 0; i < m->items.count; i++) {
        if (!is_kind(&m->items.items[i], "Event"))
            continue;
        json_t *event = load(m, m->items.items[i].raw);
        if (event && is_about(event, m->query, parent, uid))
            insert_event(m, json_object_get(described, "events"), event);
        json_decref(event);
    }
}

/* ---- the report ---- */

static void add_parent(struct making *m, const struct status_item *parent)
{
    struct range children = children_of(m, parent);
    json_t *described = describe(m, parent, children), *tree = load(m, parent->raw);
    size_t i;
    json_t *component;
    if (described && tree) {
        const char *deleted = hk_sim_text(tree, "metadata.deletionTimestamp");
        put_text(m, described, "namespace", parent->namespace);
        put_text(m, described, "name", parent->name);
        put(m, described, "createdAt",
            json_string(hk_sim_text(tree, "metadata.creationTimestamp")));
        if (*deleted) {
            put(m, described, "deletedAt", json_string(deleted));
            put(m, described, "ready", json_false());
        }
        json_array_foreach(json_object_get(described, "components"), i, component)
        {
            add_details(m, parent, json_object_get(component, "pods"));
            /* Nobody wants them any more, whatever the spec says. */
            if (*deleted)
                put(m, component, "desired", json_integer(0));
        }
        add_details(m, parent, json_object_get(described, "pods"));
        add_objects(m, described, children);
        add_events(m, described, parent, hk_sim_text(tree, "metadata.uid"));
        push(m, json_object_get(m->report, "clusters"), json_incref(described));
    }
    json_decref(described);
    json_decref(tree);
}

static bool is_parent(const struct making *m, const struct status_item *item)
{
    const struct hk_controller *c = m->query->controller;
    return is_kind(item, c->kind) &&
           hk_str_is((struct hk_str){item->kind.ptr + strlen(c->kind) + 1,
                                     item->kind.len - strlen(c->kind) - 1},
                     c->api_version) &&
           (!m->query->namespace || hk_str_is(item->namespace, m->query->namespace));
}

/* All, or those that are named, in the order of their names. */
static int add_parents(struct making *m)
{
    const struct status_query *q = m->query;
    for (size_t n = 0; n < (q->name_count ? q->name_count : 1); n++) {
        size_t found = 0;
        for (size_t i = 0; i < m->items.count && m->err->kind == HK_ERR_NONE; i++) {
            const struct status_item *item = &m->items.items[i];
            if (!is_parent(m, item) || (q->name_count && !hk_str_is(item->name, q->names[n])))
                continue;
            add_parent(m, item);
            found++;
        }
        if (!found && q->name_count && m->err->kind == HK_ERR_NONE)
            return hk_err_set(m->err, HK_ERR_NOT_FOUND, NULL, "there is no %s \"%.64s\"%s%.64s",
                              q->controller->kind, q->names[n],
                              q->namespace ? " in namespace " : "",
                              q->namespace ? q->namespace : "");
    }
    return m->err->kind == HK_ERR_NONE ? 0 : -1;
}

static void add_unreadable(struct making *m, const struct hk_buf *lines)
{
    struct hk_str rest = hk_buf_str(lines);
    put(m, m->report, "unreadable", json_array());
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
        json_t *line = json_stringn(rest.ptr, n);
        /* Not UTF-8: what cannot be shown is at least told of. */
        push(m, json_object_get(m->report, "unreadable"),
             line ? line : json_string("kubectl's words are no UTF-8"));
        n += end != NULL;
        rest = (struct hk_str){rest.ptr + n, rest.len - n};
    }
}

static int read_texts(struct making *m, const struct status_texts *texts)
{
    const struct hk_buf *const all[] = {&texts->parents, &texts->children, &texts->events};
    for (size_t i = 0; i < 3; i++)
        if (all[i]->len && status_items_read(&m->items, hk_buf_str(all[i]), m->err) != 0)
            return -1;
    status_items_sort(&m->items);
    return 0;
}

json_t *status_report_make(const struct status_query *query, const struct status_texts *texts,
                           struct hk_err *err)
{
    struct making m = {.query = query, .err = err, .report = json_object()};
    hk_arena_init(&m.arena);
    m.items.arena = &m.arena;
    m.items.label = query->controller->view->label;
    put(&m, m.report, "clusters", json_array());
    add_unreadable(&m, &texts->unreadable);
    if (read_texts(&m, texts) == 0)
        (void)add_parents(&m);
    put(&m, m.report, "isRequest", json_boolean(m.items.is_request));
    if ((m.is_out_of_memory || m.arena.failed) && err->kind == HK_ERR_NONE)
        (void)hk_err_memory(err);
    hk_arena_fini(&m.arena);
    if (err->kind == HK_ERR_NONE)
        return m.report;
    json_decref(m.report);
    return NULL;
}
