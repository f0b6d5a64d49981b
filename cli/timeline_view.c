#include "timeline_view.h"
#include "svg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CUT_MIN_MS 60000    /* a shorter pause is drawn as long as it is */
#define CUT_WIDTH (54 * PX) /* of a longer one: its words fit */
#define TICK_MIN (70 * PX)

/* ---- the scale ---- */

struct moments {
    int64_t *ms;
    size_t count, cap;
    bool failed;
};

static void add_moment(struct moments *moments, int64_t ms)
{
    if (ms == TIMELINE_BEFORE || ms == TIMELINE_OPEN || moments->failed)
        return;
    if (moments->count == moments->cap) {
        size_t cap = moments->cap ? moments->cap * 2 : 256;
        int64_t *items = hk_resize(moments->ms, cap * sizeof *items);
        moments->failed = !items;
        if (!items)
            return;
        moments->ms = items;
        moments->cap = cap;
    }
    moments->ms[moments->count++] = ms;
}

static void add_moments(struct moments *moments, const struct timeline *line)
{
    for (size_t i = 0; i < line->cluster_count; i++) {
        const struct timeline_cluster *cluster = &line->clusters[i];
        for (size_t k = 0; k < cluster->lane_count; k++)
            for (size_t s = 0; s < cluster->lanes[k].count; s++) {
                const struct timeline_span *span = &cluster->lanes[k].spans[s];
                add_moment(moments, span->from_ms);
                add_moment(moments, span->to_ms);
            }
        for (size_t k = 0; k < cluster->state_count; k++)
            add_moment(moments, cluster->states[k].from_ms);
        for (size_t k = 0; k < cluster->level_count; k++)
            add_moment(moments, cluster->levels[k].at_ms);
        for (size_t k = 0; k < cluster->mark_count; k++)
            add_moment(moments, cluster->marks[k].at_ms);
    }
}

static int moment_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int cut_order(const void *a, const void *b)
{
    const struct view_cut *x = a, *y = b;
    return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

/* Keeps the longest. */
static void add_cut(struct view_scale *scale, int64_t from_ms, int64_t to_ms)
{
    size_t i = scale->cut_count;
    if (i < VIEW_CUTS_MAX) {
        scale->cuts[scale->cut_count++] = (struct view_cut){from_ms, to_ms};
        return;
    }
    for (size_t k = i = 0; k < VIEW_CUTS_MAX; k++)
        if (scale->cuts[k].to_ms - scale->cuts[k].from_ms <
            scale->cuts[i].to_ms - scale->cuts[i].from_ms)
            i = k;
    if (to_ms - from_ms > scale->cuts[i].to_ms - scale->cuts[i].from_ms)
        scale->cuts[i] = (struct view_cut){from_ms, to_ms};
}

/* A long pause among short ones would leave no room for what happens. Some of it stays on each side. */
static void find_cuts(struct view_scale *scale, const struct moments *moments)
{
    int64_t busy = 0;
    for (size_t i = 1; i < moments->count; i++)
        if (moments->ms[i] - moments->ms[i - 1] <= CUT_MIN_MS)
            busy += moments->ms[i] - moments->ms[i - 1];
    int64_t margin = busy / 20 < 1000 ? 1000 : busy / 20;
    for (size_t i = 1; i < moments->count; i++) {
        int64_t pause = moments->ms[i] - moments->ms[i - 1];
        if (pause > CUT_MIN_MS && pause > busy / 2 && pause > 4 * margin)
            add_cut(scale, moments->ms[i - 1] + margin, moments->ms[i] - margin);
    }
    qsort(scale->cuts, scale->cut_count, sizeof *scale->cuts, cut_order);
}

static int64_t cut_time(const struct view_scale *scale)
{
    int64_t sum = 0;
    for (size_t i = 0; i < scale->cut_count; i++)
        sum += scale->cuts[i].to_ms - scale->cuts[i].from_ms;
    return sum;
}

int view_scale_init(struct view_scale *scale, const struct timeline *line)
{
    struct moments moments = {0};
    add_moment(&moments, 0);
    add_moments(&moments, line);
    if (moments.failed) {
        hk_free(moments.ms);
        return -1;
    }
    qsort(moments.ms, moments.count, sizeof *moments.ms, moment_order);
    int64_t first = moments.ms[0], last = moments.ms[moments.count - 1];
    scale->cut_count = 0;
    find_cuts(scale, &moments);
    hk_free(moments.ms);
    int64_t busy = last - first - cut_time(scale);
    busy = busy < 4000 ? 4000 : busy;
    scale->from_ms = line->has_before ? first - busy / 7 : first;
    scale->to_ms = last + busy / 7; /* how it stays */
    return 0;
}

/* Pixels for what is not cut. */
static int64_t room(const struct view_scale *scale)
{
    return scale->right - scale->left - (int64_t)scale->cut_count * CUT_WIDTH;
}

int64_t view_x(const struct view_scale *scale, int64_t ms)
{
    int64_t at = ms < scale->from_ms ? scale->from_ms : ms > scale->to_ms ? scale->to_ms : ms;
    int64_t x = scale->left, live = at - scale->from_ms;
    for (size_t i = 0; i < scale->cut_count && scale->cuts[i].from_ms < at; i++) {
        const struct view_cut *cut = &scale->cuts[i];
        int64_t len = cut->to_ms - cut->from_ms;
        int64_t in = at < cut->to_ms ? at - cut->from_ms : len;
        live -= in;
        x += CUT_WIDTH * in / len;
    }
    return x + live * room(scale) / (scale->to_ms - scale->from_ms - cut_time(scale));
}

/* ---- ticks ---- */

static bool is_cut(const struct view_scale *scale, int64_t ms)
{
    for (size_t i = 0; i < scale->cut_count; i++)
        if (ms >= scale->cuts[i].from_ms && ms <= scale->cuts[i].to_ms)
            return true;
    return false;
}

static int64_t step_of(const struct view_scale *scale)
{
    static const int64_t steps[] = {100,     200,     500,     1000,     2000,     5000,    10000,
                                    15000,   30000,   60000,   120000,   300000,   600000,  900000,
                                    1800000, 3600000, 7200000, 14400000, 43200000, 86400000};
    int64_t live = scale->to_ms - scale->from_ms - cut_time(scale);
    size_t i = 0, last = sizeof steps / sizeof *steps - 1;
    while (i < last && steps[i] * room(scale) / live < TICK_MIN)
        i++;
    return steps[i];
}

static int64_t label_width(int64_t ms)
{
    char text[64];
    view_time(text, sizeof text, ms);
    return svg_width(hk_str_of(text), 11);
}

/* Are its words clear of the last ones and of the border? */
static bool has_room(const struct view_scale *scale, const struct view_tick *last, int64_t ms)
{
    int64_t x = view_x(scale, ms), width = label_width(ms);
    return x + width / 2 <= scale->right + 16 * PX &&
           (!last || x - last->x >= (label_width(last->ms) + width) / 2 + 8 * PX);
}

size_t view_ticks(const struct view_scale *scale, struct view_tick ticks[VIEW_TICKS_MAX])
{
    int64_t step = step_of(scale), ms = scale->from_ms < 0 ? 0 : scale->from_ms / step * step;
    size_t count = 0;
    while (ms <= scale->to_ms && count < VIEW_TICKS_MAX) {
        if (!is_cut(scale, ms) && has_room(scale, count ? &ticks[count - 1] : NULL, ms))
            ticks[count++] = (struct view_tick){ms, view_x(scale, ms)};
        ms += step;
        for (size_t i = 0; i < scale->cut_count; i++) /* not step by step through a week */
            if (ms > scale->cuts[i].from_ms && ms < scale->cuts[i].to_ms)
                ms = (scale->cuts[i].to_ms + step - 1) / step * step;
    }
    return count;
}

void view_pause(char *text, size_t size, int64_t ms)
{
    int64_t s = ms / 1000, minutes = s / 60, hours = minutes / 60;
    if (minutes < 2)
        snprintf(text, size, "%" PRId64 " s", s);
    else if (hours < 2)
        snprintf(text, size, "%" PRId64 " min", minutes);
    else if (hours < 48)
        snprintf(text, size, "%" PRId64 " h", hours);
    else
        snprintf(text, size, "%" PRId64 " days", hours / 24);
}

void view_time(char *text, size_t size, int64_t ms)
{
    int64_t s = ms / 1000, tenth = ms % 1000 / 100;
    if (s < 120) {
        snprintf(text, size, tenth ? "%" PRId64 ".%" PRId64 " s" : "%" PRId64 " s", s, tenth);
        return;
    }
    struct hk_buf out;
    hk_buf_init(&out);
    if (s >= 3600)
        hk_buf_printf(&out, "%" PRId64 " h ", s / 3600);
    if (s % 3600 >= 60)
        hk_buf_printf(&out, "%" PRId64 " min ", s % 3600 / 60);
    if (s % 60)
        hk_buf_printf(&out, "%" PRId64 " s ", s % 60);
    const char *words = hk_buf_cstr(&out);
    snprintf(text, size, "%.*s", out.len ? (int)out.len - 1 : 0, words ? words : "");
    hk_buf_fini(&out);
}

/* ---- rows ---- */

#define MANY 24      /* lanes of a group; more are drawn thinner, those that are the same as one */
#define TOO_MANY 128 /* more are not drawn one by one */
#define GROUP_GAP (4 * PX)
#define THIN_HEIGHT (420 * PX)
#define LABEL_EVERY (14 * PX)

static bool same_span(const struct timeline_span *a, const struct timeline_span *b)
{
    return a->from_ms == b->from_ms && a->to_ms == b->to_ms && a->phase == b->phase &&
           a->template == b->template && a->pod == b->pod && strcmp(a->why, b->why) == 0;
}

static bool same_life(const struct timeline_lane *a, const struct timeline_lane *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_span(&a->spans[i], &b->spans[i]))
            return false;
    return true;
}

static size_t group_end(const struct timeline_cluster *cluster, size_t first)
{
    size_t end = first;
    while (end < cluster->lane_count &&
           strcmp(cluster->lanes[end].group, cluster->lanes[first].group) == 0)
        end++;
    return end;
}

static size_t same_end(const struct timeline_cluster *cluster, size_t first, size_t limit)
{
    size_t end = first + 1;
    while (end < limit && same_life(&cluster->lanes[first], &cluster->lanes[end]))
        end++;
    return end;
}

static size_t count_same(const struct timeline_cluster *cluster, size_t first, size_t end)
{
    size_t count = 0;
    for (size_t i = first; i < end; i = same_end(cluster, i, end))
        count++;
    return count;
}

static void add_row(struct view_rows *rows, const struct view_row *row)
{
    rows->items[rows->count++] = *row;
    rows->height += row->height + row->gap;
}

static void add_thin(struct view_rows *rows, size_t first, size_t end)
{
    int64_t pitch = THIN_HEIGHT / (int64_t)(end - first);
    int64_t since = LABEL_EVERY;
    for (size_t i = first; i < end; i++) {
        struct view_row row = {VIEW_LANE, i, i + 1, pitch - PX, PX, since >= LABEL_EVERY};
        since = (row.has_label ? 0 : since) + pitch;
        add_row(rows, &row);
    }
}

static void add_group(struct view_rows *rows, const struct timeline_cluster *cluster, size_t first,
                      size_t end)
{
    size_t count = end - first;
    if (count <= MANY) {
        for (size_t i = first; i < end; i++)
            add_row(rows, &(struct view_row){VIEW_LANE, i, i + 1, 15 * PX, 4 * PX, true});
    } else if (count_same(cluster, first, end) <= MANY) {
        for (size_t i = first, next; i < end; i = next) {
            next = same_end(cluster, i, end);
            add_row(rows, &(struct view_row){next - i > 1 ? VIEW_SAME : VIEW_LANE, i, next,
                                             (next - i > 1 ? 22 : 15) * PX, 4 * PX, true});
        }
    } else if (count <= TOO_MANY) {
        add_thin(rows, first, end);
    } else {
        add_row(rows, &(struct view_row){VIEW_STACK, first, end, 240 * PX, 4 * PX, true});
    }
}

int view_rows(struct view_rows *rows, const struct timeline_cluster *cluster)
{
    *rows = (struct view_rows){.items = hk_alloc((cluster->lane_count + 1) * sizeof *rows->items)};
    if (!rows->items)
        return -1;
    for (size_t i = 0, end; i < cluster->lane_count; i = end) {
        end = group_end(cluster, i);
        add_group(rows, cluster, i, end);
        if (end < cluster->lane_count) {
            rows->items[rows->count - 1].gap += GROUP_GAP;
            rows->height += GROUP_GAP;
        }
    }
    return 0;
}

/* ---- labels ---- */

static void box(const struct view_label *label, int64_t *from, int64_t *to)
{
    *from = label->is_left ? label->x - label->width : label->x;
    *to = *from + label->width;
}

static bool overlap(const struct view_label *a, const struct view_label *b)
{
    int64_t a_from, a_to, b_from, b_to;
    box(a, &a_from, &a_to);
    box(b, &b_from, &b_to);
    return a_from < b_to && b_from < a_to && a->row < b->row + b->lines &&
           b->row < a->row + a->lines;
}

unsigned view_place(struct view_label *labels, size_t count)
{
    unsigned rows = 0;
    for (size_t i = 0; i < count; i++) {
        labels[i].row = 0;
        for (size_t k = 0; k < i; k++)
            if (overlap(&labels[i], &labels[k])) {
                labels[i].row = labels[k].row + labels[k].lines;
                k = (size_t)-1; /* those before may lie in the new one's way */
            }
        if (labels[i].row + labels[i].lines > rows)
            rows = labels[i].row + labels[i].lines;
    }
    return rows;
}
