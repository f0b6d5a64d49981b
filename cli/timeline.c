/* timeline.c - from a simulation's events to lanes, states, counts and marks. */
#include "timeline.h"
#include "simulate_json.h"

#include <stdio.h>
#include <stdlib.h>

void timeline_init(struct timeline *line, const struct played_columns *columns)
{
    *line = (struct timeline){.columns = columns, .lanes = json_object()};
    hk_arena_init(&line->arena);
    line->failed = !line->lanes;
}

void timeline_fini(struct timeline *line)
{
    for (size_t i = 0; i < line->cluster_count; i++)
        json_decref(line->clusters[i].parent);
    hk_arena_fini(&line->arena);
    json_decref(line->lanes);
}

/* ---- growing ---- */

static const char *keep(struct timeline *line, const char *text)
{
    struct hk_str copy = hk_arena_copy(&line->arena, hk_str_of(text));
    line->failed |= !copy.ptr;
    return copy.ptr ? copy.ptr : "";
}

/* Room for one more item behind the last; NULL without memory. */
static void *grow(struct timeline *line, void *items_ref, size_t *count, size_t *cap, size_t size)
{
    void *items;
    memcpy(&items, items_ref, sizeof items);
    if (*count == *cap) {
        items = hk_arena_grow(&line->arena, items, *count, cap, size);
        line->failed |= !items;
        if (!items)
            return NULL;
        memcpy(items_ref, &items, sizeof items);
    }
    return (char *)items + size * (*count)++;
}

#define ADD(line, owner, items, field)                                                             \
    grow(line, &(owner)->items, &(owner)->field##_count, &(owner)->field##_cap,                    \
         sizeof *(owner)->items)

/* ---- clusters ---- */

static struct timeline_cluster *cluster_find(struct timeline *line, const char *namespace,
                                             const char *name)
{
    for (size_t i = 0; i < line->cluster_count; i++)
        if (strcmp(line->clusters[i].name, name) == 0 &&
            strcmp(line->clusters[i].namespace, namespace) == 0)
            return &line->clusters[i];
    return NULL;
}

void timeline_add(struct timeline *line, const char *namespace, const char *name)
{
    if (cluster_find(line, namespace, name))
        return;
    struct timeline_cluster *cluster = ADD(line, line, clusters, cluster);
    if (cluster)
        *cluster = (struct timeline_cluster){.namespace = keep(line, namespace),
                                             .name = keep(line, name),
                                             .outcome = "",
                                             .low = {.up = -1}};
}

static struct timeline_cluster *cluster_need(struct timeline *line, const json_t *parent)
{
    const char *namespace = hk_sim_text(parent, "metadata.namespace");
    const char *name = hk_sim_text(parent, "metadata.name");
    timeline_add(line, namespace, name);
    return cluster_find(line, namespace, name);
}

/* A Pod is named after its cluster, whoever made it. Of two that fit, "a" and "a-b", the longer name is meant. */
static struct timeline_cluster *cluster_of(struct timeline *line, const json_t *pod)
{
    const char *namespace = hk_sim_text(pod, "metadata.namespace");
    const char *name = hk_sim_text(pod, "metadata.name");
    struct timeline_cluster *best = NULL;
    for (size_t i = 0; i < line->cluster_count; i++) {
        struct timeline_cluster *cluster = &line->clusters[i];
        if (strcmp(cluster->namespace, namespace) == 0 &&
            played_short(name, cluster->name) != name &&
            (!best || strlen(cluster->name) > strlen(best->name)))
            best = cluster;
    }
    return best;
}

/* ---- marks, states, counts ---- */

static void add_mark(struct timeline *line, struct timeline_cluster *cluster,
                     const struct timeline_mark *mark)
{
    const struct timeline_mark *last =
        cluster->mark_count ? &cluster->marks[cluster->mark_count - 1] : NULL;
    if (last && last->is_fault && mark->is_fault && strcmp(last->text, mark->text) == 0)
        return; /* the same trouble, again */
    struct timeline_mark *added = ADD(line, cluster, marks, mark);
    if (added)
        *added = (struct timeline_mark){mark->at_ms, mark->is_fault, keep(line, mark->text)};
}

static void add_state(struct timeline *line, struct timeline_cluster *cluster, int64_t at_ms,
                      const char *text)
{
    struct timeline_state *last =
        cluster->state_count ? &cluster->states[cluster->state_count - 1] : NULL;
    if (strcmp(last ? last->text : "", text) == 0)
        return;
    if (last && last->from_ms == at_ms) {
        last->text = keep(line, text);
        return;
    }
    struct timeline_state *state = ADD(line, cluster, states, state);
    if (state)
        *state = (struct timeline_state){at_ms, keep(line, text)};
}

static void add_level(struct timeline *line, struct timeline_cluster *cluster, int64_t at_ms)
{
    const json_t *parent = cluster->parent;
    int64_t wanted = played_wanted(line->columns, parent), ready = cluster->ready;
    struct timeline_level *last =
        cluster->level_count ? &cluster->levels[cluster->level_count - 1] : NULL;
    played_low_see(&cluster->low, &(struct played_seen){line->columns, parent, ready, at_ms});
    if (last && last->ready == ready && last->wanted == wanted)
        return;
    struct timeline_level *level =
        last && last->at_ms == at_ms ? last : ADD(line, cluster, levels, level);
    if (level)
        *level = (struct timeline_level){at_ms, ready, wanted};
}

/* ---- Pods ---- */

static unsigned template_of(struct timeline *line, struct timeline_cluster *cluster,
                            const struct timeline_lane *lane, const json_t *pod)
{
    const char *hash = hk_sim_annotation(pod, line->columns->template);
    unsigned number = 0;
    for (size_t i = 0; i < cluster->template_count; i++) {
        if (strcmp(cluster->templates[i].group, lane->group) != 0)
            continue;
        if (strcmp(cluster->templates[i].hash, hash) == 0)
            return number;
        number++;
    }
    struct timeline_template *template = ADD(line, cluster, templates, template);
    if (template)
        *template = (struct timeline_template){lane->group, keep(line, hash)};
    return number;
}

static struct timeline_lane *lane_add(struct timeline *line, struct timeline_cluster *cluster,
                                      const char *name)
{
    struct timeline_lane *lane = ADD(line, cluster, lanes, lane);
    if (!lane)
        return NULL;
    *lane = (struct timeline_lane){.name = keep(line, name)};
    const char *number = played_number(lane->name);
    size_t len = number ? (size_t)(number - lane->name) - 1 : strlen(lane->name);
    struct hk_str group = hk_arena_copy(&line->arena, (struct hk_str){lane->name, len});
    line->failed |= !group.ptr;
    lane->group = group.ptr ? group.ptr : "";
    const char *counted = line->columns->counted; /* "-executor-manager-" */
    lane->is_counted =
        number && strlen(counted) == len + 2 && strncmp(counted + 1, lane->name, len) == 0;
    return lane;
}

static struct timeline_lane *lane_of(struct timeline *line, struct timeline_cluster *cluster,
                                     const json_t *pod)
{
    char key[512];
    const char *name = hk_sim_text(pod, "metadata.name");
    snprintf(key, sizeof key, "%s/%s", cluster->namespace, name);
    const json_t *number = json_object_get(line->lanes, key);
    if (number)
        return &cluster->lanes[json_integer_value(number)];
    struct timeline_lane *lane = lane_add(line, cluster, played_short(name, cluster->name));
    if (lane && json_object_set_new(line->lanes, key,
                                    json_integer((json_int_t)cluster->lane_count - 1)) != 0)
        line->failed = true;
    return lane;
}

static struct timeline_span *last_span(const struct timeline_lane *lane)
{
    return lane->count ? &lane->spans[lane->count - 1] : NULL;
}

static void close_span(struct timeline_lane *lane, int64_t at_ms)
{
    struct timeline_span *last = last_span(lane);
    if (!last || last->to_ms != TIMELINE_OPEN)
        return;
    last->to_ms = at_ms;
    if (last->from_ms == at_ms)
        lane->count--;
}

/* Ready once, then no more: in trouble as well, though nothing names a reason. */
static enum timeline_phase phase_of(const struct timeline_lane *lane, const json_t *pod,
                                    const char **why)
{
    const struct timeline_span *last = last_span(lane);
    *why = "";
    if (hk_sim_get(pod, "metadata.deletionTimestamp"))
        return TIMELINE_TERMINATING;
    if (hk_sim_pod_ready(pod))
        return TIMELINE_READY;
    *why = played_trouble(pod);
    bool was_up = last && last->to_ms == TIMELINE_OPEN && last->phase != TIMELINE_PENDING;
    if (!**why && was_up)
        *why = "not ready";
    return **why ? TIMELINE_FAILED : TIMELINE_PENDING;
}

static void add_span(struct timeline *line, struct timeline_lane *lane,
                     const struct timeline_span *span)
{
    const struct timeline_span *last = last_span(lane);
    if (last && last->to_ms == TIMELINE_OPEN && last->phase == span->phase &&
        last->template == span->template && last->pod == span->pod &&
        strcmp(last->why, span->why) == 0)
        return;
    close_span(lane, span->from_ms);
    struct timeline_span *added =
        grow(line, &lane->spans, &lane->count, &lane->cap, sizeof *lane->spans);
    if (!added)
        return;
    *added = *span;
    added->why = *span->why ? keep(line, span->why) : "";
}

static void pod_is(struct timeline *line, struct timeline_cluster *cluster, const json_t *pod,
                   int64_t at_ms)
{
    struct timeline_lane *lane = lane_of(line, cluster, pod);
    if (!lane)
        return;
    const struct timeline_span *last = last_span(lane);
    bool is_new = last && last->to_ms != TIMELINE_OPEN;
    struct timeline_span span = {.from_ms = at_ms, .to_ms = TIMELINE_OPEN};
    span.phase = phase_of(lane, pod, &span.why);
    span.template = template_of(line, cluster, lane, pod);
    span.pod = last ? last->pod + is_new : 0;
    add_span(line, lane, &span);
}

static bool is_counted(const struct timeline *line, const struct timeline_cluster *cluster,
                       const json_t *pod)
{
    return played_is_counted(line->columns, cluster->name, hk_sim_text(pod, "metadata.name")) &&
           hk_sim_pod_ready(pod);
}

static void pod_event(struct timeline *line, const struct hk_sim_event *event, int64_t at_ms)
{
    const json_t *pod = event->after ? event->after : event->before;
    struct timeline_cluster *cluster = cluster_of(line, pod);
    if (!cluster || event->what > HK_SIM_GONE || (event->what == HK_SIM_DELETING && !event->after))
        return; /* that it is gone comes next */
    if (event->actor == HK_SIM_USER) {
        char text[320];
        snprintf(text, sizeof text, "%s is evicted",
                 played_short(hk_sim_text(pod, "metadata.name"), cluster->name));
        add_mark(line, cluster, &(struct timeline_mark){at_ms, true, text});
    }
    if (event->what == HK_SIM_GONE) {
        struct timeline_lane *lane = lane_of(line, cluster, pod);
        if (lane)
            close_span(lane, at_ms);
    } else {
        pod_is(line, cluster, pod, at_ms);
    }
    cluster->ready += event->after && is_counted(line, cluster, event->after);
    cluster->ready -= event->before && is_counted(line, cluster, event->before);
    add_level(line, cluster, at_ms);
}

/* ---- parents, and what else a user does ---- */

static void set_parent(struct timeline_cluster *cluster, const json_t *parent)
{
    json_t *old = cluster->parent;
    cluster->parent = json_incref((json_t *)parent);
    json_decref(old);
}

static void user_did(struct timeline *line, struct timeline_cluster *cluster,
                     const struct hk_sim_event *event, int64_t at_ms)
{
    char text[512], diff[400];
    bool is_parent = strcmp(event->kind, line->columns->kind) == 0;
    const json_t *object = event->after ? event->after : event->before;
    const char *name = hk_sim_text(object, "metadata.name");
    const char *of_kind = is_parent ? "" : event->kind, *space = is_parent ? "" : " ";
    if (event->what == HK_SIM_CREATED)
        snprintf(text, sizeof text, "you create %s%s%s", of_kind, space, name);
    else if (event->what == HK_SIM_DELETING)
        snprintf(text, sizeof text, "you delete %s%s%s", of_kind, space, name);
    else if (event->what != HK_SIM_UPDATED)
        return;
    else if (!is_parent)
        snprintf(text, sizeof text, "you change %s %s", event->kind, name);
    else {
        show_diff_short(event->before, event->after, diff, sizeof diff);
        snprintf(text, sizeof text, "you change %s", *diff ? diff : "its metadata");
    }
    add_mark(line, cluster, &(struct timeline_mark){at_ms, false, text});
}

static void parent_event(struct timeline *line, const struct hk_sim_event *event, int64_t at_ms)
{
    struct timeline_cluster *cluster =
        cluster_need(line, event->after ? event->after : event->before);
    if (!cluster)
        return;
    if (event->actor == HK_SIM_USER)
        user_did(line, cluster, event, at_ms);
    if (event->what == HK_SIM_ERROR && event->text)
        add_mark(line, cluster, &(struct timeline_mark){at_ms, true, event->text});
    if (event->what > HK_SIM_GONE || (event->what == HK_SIM_DELETING && !event->after))
        return;
    set_parent(cluster, event->what == HK_SIM_GONE ? NULL : event->after);
    add_state(line, cluster, at_ms, hk_sim_text(cluster->parent, line->columns->state));
    add_level(line, cluster, at_ms);
}

/* What the user brings beside the parents is a moment of each cluster in its namespace. */
static void other_event(struct timeline *line, const struct hk_sim_event *event, int64_t at_ms)
{
    const json_t *object = event->after ? event->after : event->before;
    const char *namespace = hk_sim_text(object, "metadata.namespace");
    for (size_t i = 0; i < line->cluster_count && event->actor == HK_SIM_USER; i++)
        if (strcmp(line->clusters[i].namespace, namespace) == 0)
            user_did(line, &line->clusters[i], event, at_ms);
}

void timeline_event(struct timeline *line, const struct hk_sim_event *event)
{
    int64_t at_ms = event->at_ms - line->origin_ms;
    if (!event->kind || !(event->after || event->before)) {
        if (event->what == HK_SIM_NOTE && event->text)
            timeline_mark(line, event->at_ms, true, event->text);
        return;
    }
    if (strcmp(event->kind, line->columns->kind) == 0)
        parent_event(line, event, at_ms);
    else if (strcmp(event->kind, "Pod") == 0)
        pod_event(line, event, at_ms);
    else
        other_event(line, event, at_ms);
}

/* ---- the beginning and the end ---- */

void timeline_begin(struct timeline *line, const struct hk_sim *sim)
{
    const json_t *object;
    line->origin_ms = hk_sim_now_ms(sim);
    line->has_before = true;
    for (size_t i = 0; (object = hk_sim_nth(sim, line->columns->kind, i)); i++) {
        struct timeline_cluster *cluster = cluster_need(line, object);
        if (!cluster)
            return;
        set_parent(cluster, object);
        add_state(line, cluster, TIMELINE_BEFORE, hk_sim_text(object, line->columns->state));
    }
    for (size_t i = 0; (object = hk_sim_nth(sim, "Pod", i)); i++) {
        struct timeline_cluster *cluster = cluster_of(line, object);
        if (cluster)
            pod_is(line, cluster, object, TIMELINE_BEFORE);
        if (cluster)
            cluster->ready += is_counted(line, cluster, object);
    }
    for (size_t i = 0; i < line->cluster_count; i++)
        add_level(line, &line->clusters[i], TIMELINE_BEFORE);
}

void timeline_mark(struct timeline *line, int64_t at_ms, bool is_fault, const char *text)
{
    for (size_t i = 0; i < line->cluster_count; i++)
        add_mark(line, &line->clusters[i],
                 &(struct timeline_mark){at_ms - line->origin_ms, is_fault, text});
}

void timeline_outcome(struct timeline *line, const char *namespace, const char *name,
                      const char *text)
{
    struct timeline_cluster *cluster = cluster_find(line, namespace, name);
    if (cluster)
        cluster->outcome = keep(line, text);
}

static int rank(const struct timeline_lane *lane)
{
    return lane->is_counted ? 2 : played_number(lane->name) != NULL;
}

static int lane_order(const void *a, const void *b)
{
    const struct timeline_lane *x = a, *y = b;
    int c = rank(x) - rank(y);
    return c ? c : played_order(x->name, y->name);
}

void timeline_end(struct timeline *line, int64_t now_ms)
{
    line->end_ms = now_ms - line->origin_ms;
    for (size_t i = 0; i < line->cluster_count; i++) {
        struct timeline_cluster *cluster = &line->clusters[i];
        if (cluster->lane_count)
            qsort(cluster->lanes, cluster->lane_count, sizeof *cluster->lanes, lane_order);
    }
}
