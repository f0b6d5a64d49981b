/* The picture of a report: a tree for each parent, or a table of all. */
#include "status_show.h"

#include "hk_sim.h"

#include <inttypes.h>
#include <stdio.h>

#define MESSAGE_LINES 4

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

void status_branch(struct screen *s, bool is_last)
{
    if (is_last)
        screen_sign(s, DIM, "└─ ", "`- ");
    else
        screen_sign(s, DIM, "├─ ", "|- ");
}

void status_trunk(struct screen *s, bool is_last_above)
{
    if (is_last_above)
        screen_put(s, PLAIN, "   ");
    else
        screen_sign(s, DIM, "│  ", "|  ");
}

static enum screen_color state_color(const json_t *parent)
{
    if (is_true(parent, "ready"))
        return GREEN;
    return strcmp(text_of(parent, "state"), "Failed") == 0 ? RED : YELLOW;
}

static const char *state_of(const json_t *parent)
{
    const char *state = text_of(parent, "state");
    if (json_object_get(parent, "deletedAt"))
        return "Terminating";
    return *state ? state : "no status yet";
}

/* ---- the head ---- */

static void show_lag(struct screen *s, const json_t *parent)
{
    int64_t generation = number_of(parent, "generation"),
            seen = number_of(parent, "observedGeneration");
    if (seen >= generation)
        return;
    if (seen == 0)
        screen_put(s, YELLOW, "  The operator has written no status yet: is it running?");
    else
        screen_printf(s, YELLOW,
                      "  This status is of generation %" PRId64
                      ", the operator has not answered to %" PRId64 " yet.",
                      seen, generation);
    screen_end(s);
}

static void show_head(struct screen *s, const json_t *parent)
{
    screen_put(s, BOLD, text_of(parent, "namespace"));
    screen_put(s, BOLD, *text_of(parent, "namespace") ? "/" : "");
    screen_put(s, BOLD, text_of(parent, "name"));
    screen_put(s, PLAIN, "  ");
    screen_put(s, state_color(parent), state_of(parent));
    screen_put(s, PLAIN, is_true(parent, "ready") ? "" : ", not ready");
    screen_printf(s, DIM, "  generation %" PRId64 ", config %" PRId64 ", age ",
                  number_of(parent, "generation"), number_of(parent, "configGeneration"));
    screen_put(s, DIM, screen_age(s, text_of(parent, "createdAt")).text);
    if (json_object_get(parent, "deletedAt")) {
        screen_put(s, YELLOW, ", being deleted for ");
        screen_put(s, YELLOW, screen_age(s, text_of(parent, "deletedAt")).text);
    }
    screen_end(s);
    if (*text_of(parent, "message")) {
        screen_put(s, PLAIN, "  ");
        screen_wrap(s, PLAIN, text_of(parent, "message"), MESSAGE_LINES);
    }
    show_lag(s, parent);
    screen_end(s);
}

/* ---- components ---- */

static enum screen_color part_color(int64_t ready, int64_t desired)
{
    return ready >= desired ? GREEN : ready > 0 ? YELLOW : RED;
}

static void show_progress(struct screen *s, const json_t *part)
{
    int64_t ready = number_of(part, "ready"), desired = number_of(part, "desired");
    int64_t updated = number_of(part, "updated"), most = number_of(part, "maxUnavailable");
    bool is_rolling = json_object_get(part, "updated") && updated < desired;
    if (is_rolling)
        screen_printf(s, YELLOW, ", updated %" PRId64 " of %" PRId64, updated, desired);
    if (ready < desired)
        screen_printf(s, PLAIN, ", %" PRId64 " unavailable", desired - ready);
    if (most && (is_rolling || ready < desired))
        screen_printf(s, PLAIN, "%s of at most %" PRId64, ready < desired ? "" : ", 0 unavailable",
                      most);
}

static void show_part_line(struct screen *s, const json_t *part)
{
    int64_t ready = number_of(part, "ready"), desired = number_of(part, "desired");
    size_t pods = json_array_size(json_object_get(part, "pods"));
    screen_put(s, BOLD, text_of(part, "name"));
    screen_put(s, PLAIN, "  ");
    if (desired > 0) {
        screen_printf(s, part_color(ready, desired), "%" PRId64 "/%" PRId64 " ready", ready,
                      desired);
        show_progress(s, part);
    } else if (pods > 0) {
        screen_printf(s, YELLOW, "%zu Pod%s left", pods, pods == 1 ? "" : "s");
    }
    if (json_object_get(part, "note")) {
        screen_put(s, PLAIN, desired > 0 || pods > 0 ? ", " : "");
        screen_put(s, PLAIN, text_of(part, "note"));
    } else if (desired == 0 && pods == 0) {
        screen_put(s, PLAIN, "none wanted");
    }
    if (*text_of(part, "endpoint")) {
        screen_put(s, PLAIN, "  ");
        screen_put(s, DIM, text_of(part, "endpoint"));
    }
    screen_end(s);
}

/* Where no Pod is seen although some are ready, none can be read. */
static int64_t missing_of(const json_t *part)
{
    int64_t pods = (int64_t)json_array_size(json_object_get(part, "pods"));
    int64_t desired = number_of(part, "desired");
    if (pods == 0 && number_of(part, "ready") > 0)
        return 0;
    return desired > pods ? desired - pods : 0;
}

static int show_components(struct screen *s, const json_t *parent, bool has_more)
{
    const json_t *parts = json_object_get(parent, "components");
    size_t i;
    json_t *part;
    json_array_foreach(parts, i, part)
    {
        struct status_pods pods = {
            .pods = json_object_get(part, "pods"),
            .parent = text_of(parent, "name"),
            .missing = missing_of(part),
            .is_last_above = i + 1 == json_array_size(parts) && !has_more,
        };
        status_branch(s, pods.is_last_above);
        show_part_line(s, part);
        if (status_show_pods(s, &pods) != 0)
            return -1;
    }
    return 0;
}

static int show_strangers(struct screen *s, const json_t *parent, bool has_more)
{
    struct status_pods pods = {
        .pods = json_object_get(parent, "pods"),
        .parent = text_of(parent, "name"),
        .is_last_above = !has_more,
    };
    if (json_array_size(pods.pods) == 0)
        return 0;
    status_branch(s, !has_more);
    screen_put(s, BOLD, "other Pods");
    screen_put(s, PLAIN, "  of no component");
    screen_end(s);
    return status_show_pods(s, &pods);
}

/* ---- other objects ---- */

static void show_objects(struct screen *s, const json_t *parent)
{
    const json_t *objects = json_object_get(parent, "objects");
    size_t i, kinds = 0, names = 0;
    json_t *object;
    json_array_foreach(objects, i, object)
    {
        size_t kind = screen_width(s, text_of(object, "kind"));
        size_t name = screen_width(s, text_of(object, "name"));
        kinds = kind > kinds ? kind : kinds;
        names = name > names ? name : names;
    }
    json_array_foreach(objects, i, object)
    {
        status_branch(s, i + 1 == json_array_size(objects));
        size_t at = s->column;
        screen_put(s, PLAIN, text_of(object, "kind"));
        screen_pad(s, at += kinds + 2);
        screen_put(s, PLAIN, text_of(object, "name"));
        if (*text_of(object, "facts") || *text_of(object, "note"))
            screen_pad(s, at + names + 2);
        screen_put(s, is_true(object, "ok") ? PLAIN : YELLOW, text_of(object, "facts"));
        if (*text_of(object, "note"))
            screen_printf(s, PLAIN, "%s", *text_of(object, "facts") ? ", " : "");
        screen_put(s, PLAIN, text_of(object, "note"));
        screen_end(s);
    }
}

/* ---- conditions and events ---- */

/* The longest text of a list's member, and at least that of its heading. */
static size_t widest(const struct screen *s, const json_t *list, const char *key,
                     const char *heading)
{
    size_t i, width = strlen(heading);
    json_t *item;
    json_array_foreach(list, i, item)
    {
        size_t w = screen_width(s, text_of(item, key));
        width = w > width ? w : width;
    }
    return width + 2;
}

static void show_conditions(struct screen *s, const json_t *parent)
{
    const json_t *list = json_object_get(parent, "conditions");
    size_t types = widest(s, list, "type", "CONDITION");
    size_t statuses = widest(s, list, "status", "STATUS");
    size_t reasons = widest(s, list, "reason", "REASON");
    size_t i;
    json_t *c;
    if (json_array_size(list) == 0)
        return;
    screen_end(s);
    screen_put(s, DIM, "CONDITION");
    screen_pad(s, types);
    screen_put(s, DIM, "STATUS");
    screen_pad(s, types + statuses);
    screen_put(s, DIM, "REASON");
    screen_pad(s, types + statuses + reasons);
    screen_put(s, DIM, "SINCE  MESSAGE");
    screen_end(s);
    json_array_foreach(list, i, c)
    {
        const char *message = text_of(c, "message");
        bool is_said = strcmp(message, text_of(parent, "message")) == 0;
        screen_put(s, PLAIN, text_of(c, "type"));
        screen_pad(s, types);
        screen_put(s, is_true(c, "good") ? GREEN : YELLOW, text_of(c, "status"));
        screen_pad(s, types + statuses);
        screen_put(s, PLAIN, text_of(c, "reason"));
        screen_pad(s, types + statuses + reasons);
        screen_put(s, DIM, screen_age(s, text_of(c, "since")).text);
        if (*message && !is_said) {
            screen_pad(s, types + statuses + reasons + 7);
            screen_put(s, PLAIN, message);
        }
        screen_end(s);
    }
}

static void show_events(struct screen *s, const json_t *parent)
{
    const json_t *events = json_object_get(parent, "events");
    size_t reasons = widest(s, events, "reason", "WARNING"), i;
    json_t *event;
    if (json_array_size(events) == 0)
        return;
    screen_end(s);
    screen_put(s, DIM, "WARNING");
    screen_pad(s, reasons);
    screen_put(s, DIM, "LAST   TIMES  MESSAGE");
    screen_end(s);
    json_array_foreach(events, i, event)
    {
        screen_put(s, YELLOW, text_of(event, "reason"));
        screen_pad(s, reasons);
        screen_put(s, DIM, screen_age(s, text_of(event, "lastAt")).text);
        screen_pad(s, reasons + 7);
        screen_printf(s, DIM, "%" PRId64, number_of(event, "count"));
        screen_pad(s, reasons + 14);
        screen_put(s, PLAIN, text_of(event, "message"));
        screen_end(s);
    }
}

static void show_unreadable(struct screen *s, const json_t *report)
{
    const json_t *lines = json_object_get(report, "unreadable");
    size_t i;
    json_t *line;
    if (json_array_size(lines) == 0)
        return;
    screen_end(s);
    json_array_foreach(lines, i, line)
    {
        screen_put(s, YELLOW, "not shown: ");
        screen_put(s, PLAIN, json_string_value(line));
        screen_end(s);
    }
}

static int end_screen(struct screen *s)
{
    if (s->hidden == 0)
        return s->out->failed ? -1 : 0;
    size_t more = s->hidden;
    s->is_hidden = false;
    screen_printf(s, DIM, "(%zu lines more)", more);
    hk_buf_add_str(s->out, s->style->is_live ? HK_STR("\033[K\n") : HK_STR("\n"));
    return s->out->failed ? -1 : 0;
}

int status_show_tree(const struct status_style *style, const json_t *report, struct hk_buf *out)
{
    struct screen s = {.style = style, .out = out};
    size_t i;
    json_t *parent;
    json_array_foreach(json_object_get(report, "clusters"), i, parent)
    {
        bool has_objects = json_array_size(json_object_get(parent, "objects")) > 0;
        bool has_pods = json_array_size(json_object_get(parent, "pods")) > 0;
        if (i > 0)
            screen_end(&s);
        show_head(&s, parent);
        if (show_components(&s, parent, has_objects || has_pods) != 0 ||
            show_strangers(&s, parent, has_objects) != 0)
            return -1;
        show_objects(&s, parent);
        show_conditions(&s, parent);
        show_events(&s, parent);
    }
    show_unreadable(&s, report);
    return end_screen(&s);
}

int status_show_trouble(const struct status_style *style, const char *text, struct hk_buf *out)
{
    struct screen s = {.style = style, .out = out};
    if (!text)
        return -1;
    while (*text) {
        size_t len = strcspn(text, "\n");
        screen_put(&s, RED, "! ");
        char line[1024];
        snprintf(line, sizeof line, "%.*s", (int)len, text);
        screen_put(&s, PLAIN, line);
        screen_end(&s);
        text += len + (text[len] == '\n');
    }
    return end_screen(&s);
}

/* ---- the table ---- */

enum { NAMESPACE, NAME, STATE, READY, UPDATED, CONFIG, AGE, MESSAGE, COLUMNS };

struct cells {
    char text[COLUMNS][256];
};

/* The component that is rolled out in steps, or NULL. */
static const json_t *main_part(const json_t *parent)
{
    size_t i;
    json_t *part;
    json_array_foreach(json_object_get(parent, "components"), i, part)
    {
        if (json_object_get(part, "updated"))
            return part;
    }
    return NULL;
}

static void set(struct cells *cells, int column, const char *text)
{
    snprintf(cells->text[column], sizeof cells->text[column], "%s", text);
}

static void fill(const struct screen *s, const json_t *parent, struct cells *cells)
{
    const json_t *part = main_part(parent);
    int64_t desired = number_of(part, "desired");
    set(cells, NAMESPACE, text_of(parent, "namespace"));
    set(cells, NAME, text_of(parent, "name"));
    set(cells, STATE, state_of(parent));
    snprintf(cells->text[READY], sizeof cells->text[READY], "%" PRId64 "/%" PRId64,
             number_of(part, "ready"), desired);
    snprintf(cells->text[UPDATED], sizeof cells->text[UPDATED], "%" PRId64 "/%" PRId64,
             number_of(part, "updated"), desired);
    snprintf(cells->text[CONFIG], sizeof cells->text[CONFIG], "%" PRId64,
             number_of(parent, "configGeneration"));
    set(cells, AGE, screen_age(s, text_of(parent, "createdAt")).text);
}

static void measure(const struct screen *s, const json_t *clusters, size_t widths[COLUMNS])
{
    size_t i;
    json_t *parent;
    struct cells cells;
    json_array_foreach(clusters, i, parent)
    {
        fill(s, parent, &cells);
        for (int c = 0; c < MESSAGE; c++) {
            size_t w = screen_width(s, cells.text[c]) + 2;
            widths[c] = w > widths[c] ? w : widths[c];
        }
    }
}

static void show_row(struct screen *s, const json_t *parent, const size_t widths[COLUMNS])
{
    struct cells cells;
    size_t at = 0;
    fill(s, parent, &cells);
    for (int c = 0; c < MESSAGE; c++) {
        screen_put(s, c == STATE ? state_color(parent) : PLAIN, cells.text[c]);
        screen_pad(s, at += widths[c]);
    }
    screen_put(s, PLAIN, text_of(parent, "message"));
    screen_end(s);
}

int status_show_table(const struct status_style *style, const json_t *report, struct hk_buf *out)
{
    static const char *const headings[] = {"NAMESPACE", "NAME",   "STATE", "READY",
                                           "UPDATED",   "CONFIG", "AGE",   "MESSAGE"};
    struct screen s = {.style = style, .out = out};
    const json_t *clusters = json_object_get(report, "clusters");
    size_t widths[COLUMNS], at = 0, i;
    json_t *parent;
    for (int c = 0; c < COLUMNS; c++)
        widths[c] = strlen(headings[c]) + 2;
    measure(&s, clusters, widths);
    for (int c = 0; c < COLUMNS; c++) {
        screen_put(&s, DIM, headings[c]);
        screen_pad(&s, c < MESSAGE ? at += widths[c] : 0);
    }
    screen_end(&s);
    json_array_foreach(clusters, i, parent) show_row(&s, parent, widths);
    show_unreadable(&s, report);
    return end_screen(&s);
}
