/* A component's Pods: a line for each while there are few, else for each kind of trouble; hundreds fit on a screen. */
#include "status_show.h"

#include "hk_mem.h"
#include "hk_sim.h"
#include "played.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SINGLES_MAX 6 /* Pods that each have a line of their own */
#define GROUPS_MAX 8  /* lines for a component */
#define RUNS_MAX 3    /* runs of numbers in a name */

struct row {
    const json_t *pod;
    const char *name; /* without the parent's */
    const char *state, *reason;
    bool is_old;
};

struct group {
    const struct row *rows;
    size_t count;
    struct hk_buf names;
};

struct table {
    struct row *rows;
    struct group *groups;
    size_t row_count, group_count;
    size_t name_width, word_width, where_width;
};

static const struct state {
    const char *name, *utf8, *ascii;
    enum screen_color color;
} STATES[] = {
    {"failed", "✗", "x", RED},         {"ended", "✗", "x", RED},   {"waiting", "•", "*", YELLOW},
    {"terminating", "•", "*", YELLOW}, {"ready", "✓", "+", GREEN}, {"", "?", "?", PLAIN},
};

static const struct state *state_of(const char *name)
{
    const struct state *s = STATES;
    while (*s->name && strcmp(s->name, name) != 0)
        s++;
    return s;
}

static int by_kind(const struct row *x, const struct row *y)
{
    ptrdiff_t states = state_of(x->state) - state_of(y->state);
    int c = (states > 0) - (states < 0);
    if (!c)
        c = strcmp(x->reason, y->reason);
    return c ? c : (int)x->is_old - (int)y->is_old;
}

static int order(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int c = by_kind(x, y);
    return c ? c : played_order(x->name, y->name);
}

static bool follows(const struct row *before, const struct row *row)
{
    const char *a = played_number(before->name), *b = played_number(row->name);
    return a && b && atoll(b) == atoll(a) + 1;
}

/* "executor-manager-0..3,5,8..9 and 4 more": the name once, its numbers in runs. */
static void add_names(struct group *g)
{
    const char *number = played_number(g->rows->name);
    size_t i = 0, runs = 0;
    hk_buf_init(&g->names);
    if (!number) {
        hk_buf_add_str(&g->names, hk_str_of(g->rows->name));
        i = 1;
    } else {
        hk_buf_add(&g->names, g->rows->name, (size_t)(number - g->rows->name));
    }
    while (i < g->count && number && runs < RUNS_MAX) {
        size_t first = i++;
        number = played_number(g->rows[first].name);
        while (i < g->count && follows(&g->rows[i - 1], &g->rows[i]))
            i++;
        hk_buf_printf(&g->names, "%s%s", runs++ ? "," : "", number ? number : "?");
        if (i > first + 1)
            hk_buf_printf(&g->names, "..%s", played_number(g->rows[i - 1].name));
    }
    if (i < g->count)
        hk_buf_printf(&g->names, " and %zu more", g->count - i);
}

/* The words between name and place: "ImagePullBackOff", "ready, old template". */
static void word_of(const struct row *row, char *text, size_t size)
{
    bool has_reason = *row->reason && strcmp(row->state, "terminating") != 0;
    snprintf(text, size, "%s%s", has_reason ? row->reason : row->state,
             row->is_old ? ", old template" : "");
}

static void where_of(const struct group *g, char *text, size_t size)
{
    if (g->count > 1)
        snprintf(text, size, "%zu Pods", g->count);
    else
        snprintf(text, size, "%s",
                 *hk_sim_text(g->rows->pod, "node") ? hk_sim_text(g->rows->pod, "node")
                                                    : "no node");
}

static void widen(size_t *width, size_t to)
{
    *width = to > *width ? to : *width;
}

static void measure(const struct screen *s, struct table *t, size_t shown)
{
    char text[256];
    for (size_t i = 0; i < shown; i++) {
        const char *names = hk_buf_cstr(&t->groups[i].names);
        widen(&t->name_width, names ? screen_width(s, names) : 0);
        word_of(t->groups[i].rows, text, sizeof text);
        widen(&t->word_width, screen_width(s, text));
        where_of(&t->groups[i], text, sizeof text);
        widen(&t->where_width, screen_width(s, text));
    }
}

static int fill(struct table *t, const struct status_pods *pods, bool is_single)
{
    size_t n = json_array_size(pods->pods);
    t->rows = hk_alloc((n + 1) * sizeof *t->rows);
    t->groups = hk_alloc((n + 1) * sizeof *t->groups);
    if (!t->rows || !t->groups)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const json_t *pod = json_array_get(pods->pods, i);
        t->rows[t->row_count++] = (struct row){
            .pod = pod,
            .name = played_short(hk_sim_text(pod, "name"), pods->parent),
            .state = hk_sim_text(pod, "state"),
            .reason = hk_sim_text(pod, "reason"),
            .is_old = json_is_true(json_object_get(pod, "old")),
        };
    }
    qsort(t->rows, n, sizeof *t->rows, order);
    for (size_t i = 0; i < n;) {
        struct group *g = &t->groups[t->group_count++];
        *g = (struct group){.rows = &t->rows[i], .count = 1};
        while (!is_single && i + g->count < n && by_kind(g->rows, &g->rows[g->count]) == 0)
            g->count++;
        add_names(g);
        i += g->count;
    }
    return 0;
}

/* The oldest of a group, which is the one to worry about. */
static const char *oldest(const struct group *g)
{
    const char *found = hk_sim_text(g->rows->pod, "createdAt");
    for (size_t i = 1; i < g->count; i++) {
        const char *at = hk_sim_text(g->rows[i].pod, "createdAt");
        if (*at && (!*found || strcmp(at, found) < 0))
            found = at;
    }
    return found;
}

static int64_t restarts(const struct group *g)
{
    int64_t sum = 0;
    for (size_t i = 0; i < g->count; i++)
        sum += json_integer_value(json_object_get(g->rows[i].pod, "restarts"));
    return sum;
}

static void show_group(struct screen *s, const struct table *t, struct group *g)
{
    const struct state *state = state_of(g->rows->state);
    const char *message = hk_sim_text(g->rows->pod, "message");
    const char *names = hk_buf_cstr(&g->names);
    char text[256];
    int64_t again = restarts(g);
    screen_sign(s, state->color, state->utf8, state->ascii);
    screen_put(s, PLAIN, " ");
    size_t at = s->column;
    screen_put(s, PLAIN, names ? names : "");
    screen_pad(s, at += t->name_width + 2);
    word_of(g->rows, text, sizeof text);
    screen_put(s, state->color, text);
    screen_pad(s, at += t->word_width + 2);
    where_of(g, text, sizeof text);
    screen_put(s, DIM, text);
    screen_pad(s, at += t->where_width + 2);
    bool has_message = *message && strcmp(g->rows->state, "ready") != 0;
    screen_put(s, DIM, screen_age(s, oldest(g)).text);
    if (again || has_message)
        screen_pad(s, at + 4);
    if (again)
        screen_printf(s, YELLOW, "  %" PRId64 " restart%s", again, again == 1 ? "" : "s");
    if (has_message) {
        screen_put(s, PLAIN, "  ");
        screen_put(s, PLAIN, message);
    }
    screen_end(s);
}

static void show_rest(struct screen *s, const struct table *t, size_t from)
{
    size_t pods = 0;
    for (size_t i = from; i < t->group_count; i++)
        pods += t->groups[i].count;
    screen_printf(s, DIM, "and %zu Pod%s more (--all-pods shows all)", pods, pods == 1 ? "" : "s");
    screen_end(s);
}

static void show_missing(struct screen *s, int64_t missing)
{
    screen_sign(s, YELLOW, "•", "*");
    screen_printf(s, YELLOW, " %" PRId64 " Pod%s not there yet", missing, missing == 1 ? "" : "s");
    screen_end(s);
}

static void show_all(struct screen *s, const struct status_pods *pods, struct table *t)
{
    size_t shown = t->group_count;
    if (!s->style->all_pods && shown > GROUPS_MAX)
        shown = GROUPS_MAX;
    bool has_rest = shown<t->group_count, has_missing = pods->missing> 0;
    measure(s, t, shown);
    for (size_t i = 0; i < shown; i++) {
        status_trunk(s, pods->is_last_above);
        status_branch(s, i + 1 == shown && !has_rest && !has_missing);
        show_group(s, t, &t->groups[i]);
    }
    if (has_rest) {
        status_trunk(s, pods->is_last_above);
        status_branch(s, !has_missing);
        show_rest(s, t, shown);
    }
    if (has_missing) {
        status_trunk(s, pods->is_last_above);
        status_branch(s, true);
        show_missing(s, pods->missing);
    }
}

int status_show_pods(struct screen *s, const struct status_pods *pods)
{
    struct table t = {0};
    bool is_single = s->style->all_pods || json_array_size(pods->pods) <= SINGLES_MAX;
    int result = fill(&t, pods, is_single);
    if (result == 0)
        show_all(s, pods, &t);
    for (size_t i = 0; i < t.group_count; i++)
        hk_buf_fini(&t.groups[i].names);
    hk_free(t.rows);
    hk_free(t.groups);
    return result;
}
