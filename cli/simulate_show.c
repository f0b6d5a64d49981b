/* simulate_show.c - the steps for people: what happened within a moment is one line. */
#include "simulate_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MOMENT_MS 20 /* what happens within it is one step */
#define NAMES_MAX 6  /* or runs of numbers, in a line */

/* In the order in which one leads to another. */
enum verb { USER, GONE, TROUBLE, READY, REMOVED, UPDATED, REPLACED, CREATED };

static const struct {
    const char *word, *color;
} VERBS[] = {
    [USER] = {"you", "1"},         [CREATED] = {"created", "32"}, [REPLACED] = {"replaced", "36"},
    [UPDATED] = {"updated", "36"}, [REMOVED] = {"removed", "33"}, [GONE] = {"gone", "2"},
    [READY] = {"ready", "32"},     [TROUBLE] = {"trouble", "31"},
};

/* ---- output ---- */

static void paint(const struct show *show, struct hk_buf *out, const char *color, const char *text)
{
    if (show->color && color)
        hk_buf_printf(out, "\033[%sm%s\033[0m", color, text);
    else
        hk_buf_printf(out, "%s", text);
}

static const char *state_color(const struct show *show, const char *state)
{
    if (strcmp(state, show->columns->good) == 0)
        return "32";
    return strcmp(state, "Failed") == 0 ? "31" : "33";
}

static void write_out(struct show *show, struct hk_buf *line)
{
    hk_buf_add_char(line, '\n');
    show->failed |= line->failed;
    if (!show->is_silent)
        cli_write(hk_buf_str(line));
    hk_buf_fini(line);
}

static void add_padded(const struct show *show, struct hk_buf *out, const char *color,
                       const char *text, int width)
{
    int n = (int)strlen(text);
    paint(show, out, color, text);
    do
        hk_buf_add_char(out, ' ');
    while (++n < width);
}

/* Time, name, state, ready/desired: the left side of every step. */
static void begin_line(const struct show *show, struct hk_buf *out, int64_t at_ms,
                       const struct show_parent *parent)
{
    char text[64];
    snprintf(text, sizeof text, "%8.1fs  ", (double)at_ms / 1000);
    paint(show, out, "2", text);
    if (show->width)
        add_padded(show, out, "1", parent->name, show->width + 2);
    add_padded(show, out, state_color(show, parent->state), *parent->state ? parent->state : "-",
               12);
    snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, parent->ready, parent->desired);
    add_padded(show, out, NULL, *parent->state ? text : "-", 9);
}

void show_head(struct show *show)
{
    struct hk_buf line;
    if (show->json)
        return;
    hk_buf_init(&line);
    char text[160];
    snprintf(text, sizeof text, "%9s  %-*s%-12s%-9s%s", "TIME", show->width ? show->width + 2 : 0,
             show->width ? "NAME" : "", "STATE", "READY", "WHAT HAPPENED");
    paint(show, &line, "2", text);
    write_out(show, &line);
}

void show_note(struct show *show, const char *format, ...)
{
    char text[512];
    va_list args;
    if (show->json)
        return;
    show_flush(show);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct hk_buf line;
    hk_buf_init(&line);
    paint(show, &line, "2", text);
    write_out(show, &line);
}

/* ---- a line of entries ---- */

static bool same_group(const struct show_entry *a, const struct show_entry *b)
{
    return a->verb == b->verb && a->parent == b->parent && strcmp(a->kind, b->kind) == 0 &&
           strcmp(a->more, b->more) == 0;
}

static int entry_order(const void *a, const void *b)
{
    const struct show_entry *x = a, *y = b;
    int c = x->parent != y->parent ? (x->parent > y->parent) - (x->parent < y->parent)
                                   : x->verb - y->verb;
    if (!c)
        c = strcmp(x->kind, y->kind);
    if (!c)
        c = strcmp(x->more, y->more);
    return c ? c : played_order(x->name, y->name);
}

static const char *name_at(const void *entries, size_t i)
{
    return ((const struct show_entry *)entries)[i].name;
}

/* The names of a group. Returns the index behind it. */
static size_t add_names(const struct show *show, struct hk_buf *out, size_t i)
{
    const struct show_entry *e = show->entries;
    size_t end = i;
    while (end < show->entry_count && same_group(&e[i], &e[end]))
        end++;
    hk_buf_add_char(out, ' ');
    played_add_names(out, &(struct played_names){e, name_at, i, end}, NAMES_MAX);
    return end;
}

/* "created ConfigMap a, Pods b-0..2", "Pod b ready", "Pod b: ImagePullBackOff". */
static size_t add_group(const struct show *show, struct hk_buf *out, size_t i)
{
    const struct show_entry *e = &show->entries[i];
    const char *color = VERBS[e->verb].color, *word = VERBS[e->verb].word;
    bool many = i + 1 < show->entry_count && same_group(e, e + 1);
    bool is_first = i == 0 || e[-1].parent != e->parent || e[-1].verb != e->verb;
    bool leads = e->verb != READY && e->verb != GONE && e->verb != TROUBLE;
    if (leads && is_first) {
        paint(show, out, color, word);
        hk_buf_add_char(out, ' ');
    }
    hk_buf_printf(out, "%s%s%s%s", e->verb == USER ? e->more : "", e->verb == USER ? " " : "",
                  e->kind, many ? "s" : "");
    size_t next = add_names(show, out, i);
    if (*e->what)
        hk_buf_printf(out, ": %s", e->what);
    if (!leads) {
        hk_buf_printf(out, "%s", e->verb == TROUBLE ? ": " : " ");
        paint(show, out, color, e->verb == TROUBLE ? e->more : word);
    }
    return next;
}

static void write_parent(struct show *show, size_t p)
{
    struct hk_buf line;
    bool any = false;
    hk_buf_init(&line);
    begin_line(show, &line, show->first_ms, &show->parents[p]);
    for (size_t i = 0; i < show->entry_count;) {
        if (show->entries[i].parent != p) {
            i++;
            continue;
        }
        bool same_verb = any && show->entries[i - 1].verb == show->entries[i].verb;
        hk_buf_printf(&line, "%s", !any ? "" : same_verb ? ", " : "; ");
        i = add_group(show, &line, i);
        any = true;
    }
    if (!any)
        paint(show, &line, "2",
              *show->parents[p].message ? show->parents[p].message : "status written");
    write_out(show, &line);
}

static bool is_replaced(const struct show *show, const struct show_entry *entry)
{
    for (size_t i = 0; i < show->entry_count; i++) {
        const struct show_entry *other = &show->entries[i];
        if (other->verb == REPLACED && other->parent == entry->parent &&
            strcmp(other->kind, entry->kind) == 0 && strcmp(other->name, entry->name) == 0)
            return true;
    }
    return false;
}

/* That an object went says nothing more once its replacement is there; nor does a second telling. */
static void drop_idle(struct show *show)
{
    size_t kept = 0;
    struct show_entry *e = show->entries;
    for (size_t i = 0; i < show->entry_count; i++) {
        bool went = e[i].verb == GONE || e[i].verb == REMOVED;
        bool again =
            kept && same_group(&e[kept - 1], &e[i]) && strcmp(e[kept - 1].name, e[i].name) == 0;
        if (!again && !(went && is_replaced(show, &e[i])))
            e[kept++] = e[i];
    }
    show->entry_count = kept;
}

void show_flush(struct show *show)
{
    if (show->entry_count)
        qsort(show->entries, show->entry_count, sizeof *show->entries, entry_order);
    drop_idle(show);
    for (size_t p = 0; p < show->parent_count && !show->json; p++) {
        bool any = show->changed[p];
        for (size_t i = 0; i < show->entry_count; i++)
            any |= show->entries[i].parent == p;
        if (any)
            write_parent(show, p);
        show->changed[p] = false;
    }
    show->entry_count = 0;
    show->first_ms = -1;
}

/* ---- events ---- */

struct show_parent *show_parent_of(struct show *show, const json_t *object)
{
    const char *namespace = hk_sim_text(object, "metadata.namespace");
    const json_t *owner = json_array_get(hk_sim_get(object, "metadata.ownerReferences"), 0);
    const char *name = owner ? hk_sim_text(owner, "name") : hk_sim_text(object, "metadata.name");
    for (size_t i = 0; i < show->parent_count; i++)
        if (strcmp(show->parents[i].name, name) == 0 &&
            strcmp(show->parents[i].namespace, namespace) == 0)
            return &show->parents[i];
    return NULL;
}

/* What the user brings beside the parents, a Secret, is told of on the line of a neighbour. */
static struct show_parent *neighbour_of(struct show *show, const json_t *object)
{
    const char *namespace = hk_sim_text(object, "metadata.namespace");
    for (size_t i = 0; i < show->parent_count; i++)
        if (strcmp(show->parents[i].namespace, namespace) == 0)
            return &show->parents[i];
    return NULL;
}

static void add_entry(struct show *show, const struct show_parent *parent, enum verb verb,
                      const struct hk_sim_event *event, const char *more)
{
    const json_t *object = event->after ? event->after : event->before;
    if (show->entry_count == show->entry_cap) {
        size_t cap = show->entry_cap ? show->entry_cap * 2 : 64;
        struct show_entry *entries = hk_resize(show->entries, cap * sizeof *entries);
        if (!entries) {
            show->failed = true;
            return;
        }
        show->entries = entries;
        show->entry_cap = cap;
    }
    struct show_entry *entry = &show->entries[show->entry_count++];
    const char *name = played_short(hk_sim_text(object, "metadata.name"), parent->name);
    *entry = (struct show_entry){.verb = (int)verb, .parent = (size_t)(parent - show->parents)};
    snprintf(entry->kind, sizeof entry->kind, "%s", event->kind);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    snprintf(entry->more, sizeof entry->more, "%s", more);
}

/* Was an object of that name there before? Then the new one replaces it. */
static bool is_known(struct show *show, const struct hk_sim_event *event)
{
    char key[512];
    snprintf(key, sizeof key, "%s %s/%s", event->kind,
             hk_sim_text(event->after, "metadata.namespace"),
             hk_sim_text(event->after, "metadata.name"));
    if (json_object_get(show->known, key))
        return true;
    show->failed |= json_object_set_new(show->known, key, json_true()) != 0;
    return false;
}

static void pod_changed(struct show *show, const struct show_parent *parent,
                        const struct hk_sim_event *event)
{
    const char *why = played_trouble(event->after);
    if (hk_sim_pod_ready(event->after) && !hk_sim_pod_ready(event->before))
        add_entry(show, parent, READY, event, "");
    else if (*why && strcmp(why, played_trouble(event->before)) != 0)
        add_entry(show, parent, TROUBLE, event, why);
    else if (hk_sim_pod_ready(event->before) && !hk_sim_pod_ready(event->after))
        add_entry(show, parent, TROUBLE, event, "not ready");
}

static void parent_changed(struct show *show, struct show_parent *parent, const json_t *object)
{
    const struct played_columns *columns = show->columns;
    const char *state = hk_sim_text(object, columns->state);
    int64_t ready = hk_sim_int(object, columns->ready),
            desired = hk_sim_int(object, columns->desired);
    bool *changed = &show->changed[parent - show->parents];
    *changed |=
        strcmp(state, parent->state) != 0 || ready != parent->ready || desired != parent->desired;
    parent->ready = ready;
    parent->desired = desired;
    snprintf(parent->state, sizeof parent->state, "%s", state);
    snprintf(parent->message, sizeof parent->message, "%s", hk_sim_text(object, columns->message));
}

static void user_did(struct show *show, struct show_parent *parent,
                     const struct hk_sim_event *event)
{
    static const char *const words[] = {[HK_SIM_CREATED] = "create",
                                        [HK_SIM_UPDATED] = "change",
                                        [HK_SIM_STATUS] = "evict",
                                        [HK_SIM_DELETING] = "delete",
                                        [HK_SIM_NOTE] = ""};
    size_t count = show->entry_count;
    if (event->what <= HK_SIM_DELETING)
        add_entry(show, parent, USER, event, words[event->what]);
    if (event->what == HK_SIM_UPDATED && show->entry_count > count)
        show_diff(event->before, event->after, show->entries[count].what,
                  sizeof show->entries[count].what);
}

static void take(struct show *show, struct show_parent *parent, const struct hk_sim_event *event,
                 bool is_parent)
{
    bool is_pod = strcmp(event->kind, "Pod") == 0;
    if (event->what == HK_SIM_GONE && is_parent)
        parent->is_gone = true;
    if (event->actor == HK_SIM_USER && event->what <= HK_SIM_DELETING)
        user_did(show, parent, event);
    else if (event->what == HK_SIM_CREATED)
        add_entry(show, parent, is_known(show, event) ? REPLACED : CREATED, event, "");
    else if (event->what == HK_SIM_DELETING && !is_parent)
        add_entry(show, parent, REMOVED, event, "");
    else if (event->what == HK_SIM_UPDATED && !is_parent)
        add_entry(show, parent, UPDATED, event, "");
    else if (event->what == HK_SIM_GONE &&
             (is_parent || hk_sim_get(event->before, "metadata.deletionTimestamp")))
        add_entry(show, parent, GONE, event, "");
    else if (event->what == HK_SIM_STATUS && is_pod)
        pod_changed(show, parent, event);
    else if (event->what == HK_SIM_ERROR)
        add_entry(show, parent, TROUBLE, event, event->text);
    if (event->what == HK_SIM_STATUS && is_parent)
        parent_changed(show, parent, event->after);
}

void show_event(void *arg, const struct hk_sim_event *event)
{
    struct show *show = arg;
    const json_t *object = event->after ? event->after : event->before;
    struct show_parent *parent = object ? show_parent_of(show, object) : NULL;
    bool by_user = event->actor == HK_SIM_USER;
    if (!parent && object && by_user)
        parent = neighbour_of(show, object);
    if (show->json && !show->is_silent)
        show_json_event(event, parent);
    bool is_parent = event->kind && strcmp(event->kind, show->columns->kind) == 0;
    if (object && event->kind && (is_parent || strcmp(event->kind, "Pod") == 0))
        show_count(show, event);
    if (!parent || !event->kind)
        return;
    if (show->first_ms >= 0 &&
        (event->at_ms - show->first_ms >= MOMENT_MS || by_user != show->by_user))
        show_flush(show);
    show->by_user = by_user;
    if (show->first_ms < 0)
        show->first_ms = event->at_ms;
    take(show, parent, event, is_parent);
}
