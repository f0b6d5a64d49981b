/* timeline_bars.c - the lanes: a bar for each Pod, many as counts on top of each other. */
#include "timeline_draw.h"

#include <inttypes.h>
#include <stdio.h>

#define WHY_MIN (24 * PX) /* a reason in less room says nothing */

static void add_box(struct hk_buf *out, const int64_t box[4])
{
    hk_buf_add_char(out, 'M');
    svg_px(out, box[0]);
    hk_buf_add_char(out, ' ');
    svg_px(out, box[1]);
    hk_buf_add_char(out, 'h');
    svg_px(out, box[2]);
    hk_buf_add_char(out, 'v');
    svg_px(out, box[3]);
    hk_buf_add_char(out, 'h');
    svg_px(out, -box[2]);
    hk_buf_add_char(out, 'z');
}

/* Where a span is drawn. A new Pod begins a little later, so that it is seen to be another. */
static void span_box(const struct draw *draw, const struct view_row *row,
                     const struct timeline_span *span, int64_t box[4])
{
    const struct timeline_lane *lane = &draw->cluster->lanes[row->first];
    int64_t from = view_x(&draw->scale, span->from_ms);
    int64_t to = view_x(&draw->scale, span->to_ms);
    bool follows = span > lane->spans && span[-1].pod != span->pod;
    int64_t inset = row->height < DRAW_THIN || span->phase != TIMELINE_PENDING ? 0 : PX / 2;
    from += follows && to - from > 3 * PX ? PX : 0;
    int64_t width = to - from < PX / 2 ? PX / 2 : to - from; /* short, but not unseen */
    box[0] = from + inset;
    box[1] = draw->y + inset;
    box[2] = width - 2 * inset < PX / 2 ? PX / 2 : width - 2 * inset;
    box[3] = row->height - 2 * inset;
}

static void draw_why(struct draw *draw, const struct timeline_span *span, const int64_t box[4])
{
    if (!*span->why || box[3] < 12 * PX || box[2] < WHY_MIN)
        return;
    struct hk_str why = hk_str_of(span->why);
    int64_t room = box[2] - 10 * PX, width = svg_width(why, DRAW_SMALL);
    if (width > room)
        return;
    const int64_t back[4] = {box[0] + 3 * PX, box[1] + PX, width + 4 * PX, box[3] - 2 * PX};
    hk_buf_add_str(&draw->out, HK_STR("<path class=\"cf\" d=\""));
    add_box(&draw->out, back);
    hk_buf_add_str(&draw->out, HK_STR("\"/>"));
    draw_text(
        draw,
        &(struct draw_words){box[0] + 5 * PX, draw->y + (box[3] / 2) + 4 * PX, 0, "s w", 's', 0},
        why);
}

/* One path for all spans of the lane that look alike. */
static void draw_looks(struct draw *draw, const struct view_row *row, const bool todo_phase[],
                       unsigned template)
{
    const struct timeline_lane *lane = &draw->cluster->lanes[row->first];
    for (enum timeline_phase phase = 0; phase < TIMELINE_PHASES; phase++) {
        bool any = false;
        for (size_t i = 0; i < lane->count && todo_phase[phase]; i++) {
            const struct timeline_span *span = &lane->spans[i];
            int64_t box[4];
            if (span->phase != phase || span->template % DRAW_TEMPLATES != template)
                continue;
            if (!any) {
                hk_buf_add_str(&draw->out, HK_STR("<path"));
                draw_bar_class(draw, phase, template, row->height < DRAW_THIN);
                hk_buf_add_str(&draw->out, HK_STR(" d=\""));
            }
            any = true;
            span_box(draw, row, span, box);
            add_box(&draw->out, box);
        }
        if (any)
            hk_buf_add_str(&draw->out, HK_STR("\"/>\n"));
    }
}

static const char *phase_word(const struct timeline_span *span)
{
    static const char *const words[] = {"pending", "ready", "failed", "terminating"};
    return *span->why ? span->why : words[span->phase];
}

/* What a pointer is told, where the picture stands by itself. */
static void add_lane_title(struct draw *draw, const struct timeline_lane *lane)
{
    hk_buf_add_str(&draw->out, HK_STR("<title>"));
    svg_text(&draw->out, hk_str_of(lane->name));
    for (size_t i = 0; i < lane->count; i++) {
        char when[64];
        const struct timeline_span *span = &lane->spans[i];
        view_time(when, sizeof when, span->from_ms < 0 ? 0 : span->from_ms);
        hk_buf_printf(&draw->out, "%s %s ", i ? "," : ":", when);
        svg_text(&draw->out, hk_str_of(phase_word(span)));
    }
    hk_buf_add_str(&draw->out, HK_STR("</title>\n"));
}

void draw_row_name(const struct timeline_cluster *cluster, const struct view_row *row,
                   char name[DRAW_NAME])
{
    const char *first = cluster->lanes[row->first].name, *last = cluster->lanes[row->end - 1].name;
    const char *number = played_number(last);
    if (row->end - row->first == 1)
        snprintf(name, DRAW_NAME, "%s", first);
    else
        snprintf(name, DRAW_NAME, "%s..%s", first, number ? number : last);
}

static void draw_row_label(struct draw *draw, const struct view_row *row)
{
    char name[DRAW_NAME];
    int64_t right = draw->scale.left - 8 * PX, middle = draw->y + row->height / 2 + 4 * PX;
    if (!row->has_label)
        return;
    draw_row_name(draw->cluster, row, name);
    draw_text(draw,
              &(struct draw_words){right, middle, right - DRAW_MARGIN,
                                   row->height < DRAW_THIN ? "m s" : NULL, 'e', 0},
              hk_str_of(name));
}

static void draw_lane(struct draw *draw, const struct view_row *row)
{
    const struct timeline_lane *lane = &draw->cluster->lanes[row->first];
    bool phases[TIMELINE_PHASES] = {0}, is_thin = row->height < DRAW_THIN;
    bool templates[DRAW_TEMPLATES] = {0};
    for (size_t i = 0; i < lane->count; i++) {
        phases[lane->spans[i].phase] = true;
        templates[lane->spans[i].template % DRAW_TEMPLATES] = true;
    }
    if (!is_thin) {
        hk_buf_add_str(&draw->out, HK_STR("<g>"));
        add_lane_title(draw, lane);
    }
    for (unsigned template = 0; template <DRAW_TEMPLATES; template ++)
        if (templates[template])
            draw_looks(draw, row, phases, template);
    for (size_t i = 0; i < lane->count && !is_thin; i++) {
        int64_t box[4];
        span_box(draw, row, &lane->spans[i], box);
        draw_why(draw, &lane->spans[i], box);
    }
    if (!is_thin)
        hk_buf_add_str(&draw->out, HK_STR("</g>\n"));
}

/* ---- many lanes as counts ---- */

#define LOOKS (TIMELINE_PHASES * DRAW_TEMPLATES)

/* From the bottom: ready ones, the newest template first, then those that are not. */
static unsigned look_of(const struct timeline_span *span)
{
    static const unsigned order[] = {[TIMELINE_READY] = 0,
                                     [TIMELINE_PENDING] = 1,
                                     [TIMELINE_TERMINATING] = 2,
                                     [TIMELINE_FAILED] = 3};
    unsigned color = span->template % DRAW_TEMPLATES;
    return order[span->phase] * DRAW_TEMPLATES + DRAW_TEMPLATES - 1 - color;
}

/* changes: for each place (a pixel) how many of each look come; summed up, how many there are. */
static void count_looks(const struct draw *draw, const struct view_row *row, int64_t *counts,
                        size_t places)
{
    for (size_t k = row->first; k < row->end; k++) {
        const struct timeline_lane *lane = &draw->cluster->lanes[k];
        for (size_t i = 0; i < lane->count; i++) {
            const struct timeline_span *span = &lane->spans[i];
            unsigned look = look_of(span);
            size_t from = (size_t)(view_x(&draw->scale, span->from_ms) - draw->scale.left) / PX;
            size_t to = (size_t)(view_x(&draw->scale, span->to_ms) - draw->scale.left) / PX;
            counts[from * LOOKS + look]++;
            if (to < places)
                counts[to * LOOKS + look]--;
        }
    }
    for (size_t p = 1; p < places; p++)
        for (unsigned look = 0; look < LOOKS; look++)
            counts[p * LOOKS + look] += counts[(p - 1) * LOOKS + look];
}

/* Up to and with a look, from the bottom. */
static int64_t height_at(const struct view_row *row, const int64_t *counts, unsigned look)
{
    int64_t sum = 0;
    for (unsigned i = 0; i <= look; i++)
        sum += counts[i];
    return row->height * sum / (int64_t)(row->end - row->first);
}

/* The upper border from left to right, then the lower one back. */
static void add_border(struct draw *draw, const struct view_row *row, const int64_t *counts,
                       size_t places, unsigned look)
{
    struct hk_buf *out = &draw->out;
    int64_t bottom = draw->y + row->height, last = -1;
    for (size_t p = 0; p < places; p++) {
        int64_t y = height_at(row, counts + p * LOOKS, look);
        if (y == last)
            continue;
        hk_buf_add_str(out, p ? HK_STR("H") : HK_STR("M"));
        svg_px(out, draw->scale.left + (int64_t)p * PX);
        hk_buf_add_str(out, p ? HK_STR("V") : HK_STR(" "));
        svg_px(out, bottom - y);
        last = y;
    }
    hk_buf_add_char(out, 'H');
    svg_px(out, draw->scale.left + (int64_t)places * PX);
    last = -1;
    for (size_t p = places; p-- > 0;) {
        int64_t y = look ? height_at(row, counts + p * LOOKS, look - 1) : 0;
        if (y == last)
            continue;
        if (p + 1 < places) {
            hk_buf_add_char(out, 'H');
            svg_px(out, draw->scale.left + (int64_t)(p + 1) * PX);
        }
        hk_buf_add_char(out, 'V');
        svg_px(out, bottom - y);
        last = y;
    }
    hk_buf_add_str(out, HK_STR("z"));
}

static void draw_stack_axis(struct draw *draw, const struct view_row *row)
{
    char text[80];
    int64_t right = draw->scale.left - 8 * PX, room = right - DRAW_MARGIN;
    snprintf(text, sizeof text, "%zu", row->end - row->first);
    draw_text(draw, &(struct draw_words){right, draw->y + 9 * PX, room, "m s", 'e', DRAW_SMALL},
              hk_str_of(text));
    draw_text(draw,
              &(struct draw_words){right, draw->y + row->height, room, "m s", 'e', DRAW_SMALL},
              HK_STR("0"));
    draw_text(draw,
              &(struct draw_words){right, draw->y + row->height / 2 + 20 * PX, room, "m s", 'e',
                                   DRAW_SMALL},
              HK_STR("how many, by phase"));
}

static int draw_stack(struct draw *draw, const struct view_row *row)
{
    size_t places = (size_t)(draw->scale.right - draw->scale.left) / PX;
    int64_t *counts = hk_alloc((places + 1) * LOOKS * sizeof *counts);
    if (!counts)
        return -1;
    memset(counts, 0, (places + 1) * LOOKS * sizeof *counts);
    count_looks(draw, row, counts, places);
    static const enum timeline_phase phases[] = {TIMELINE_READY, TIMELINE_PENDING,
                                                 TIMELINE_TERMINATING, TIMELINE_FAILED};
    for (unsigned look = 0; look < LOOKS; look++) {
        bool any = false;
        for (size_t p = 0; p < places && !any; p++)
            any = counts[p * LOOKS + look] > 0;
        if (!any)
            continue;
        hk_buf_add_str(&draw->out, HK_STR("<path"));
        draw_bar_class(draw, phases[look / DRAW_TEMPLATES],
                       DRAW_TEMPLATES - 1 - look % DRAW_TEMPLATES, true);
        hk_buf_add_str(&draw->out, HK_STR(" d=\""));
        add_border(draw, row, counts, places, look);
        hk_buf_add_str(&draw->out, HK_STR("\"/>\n"));
    }
    hk_free(counts);
    draw_stack_axis(draw, row);
    return 0;
}

int draw_lanes(struct draw *draw)
{
    struct view_rows rows;
    if (view_rows(&rows, draw->cluster) != 0)
        return -1;
    int code = 0;
    for (size_t i = 0; i < draw->cluster->template_count; i++) {
        unsigned same = 0;
        for (size_t k = 0; k <= i; k++)
            same +=
                strcmp(draw->cluster->templates[k].group, draw->cluster->templates[i].group) == 0;
        draw->templates = same > draw->templates ? same : draw->templates;
    }
    for (size_t i = 0; i < rows.count && code == 0; i++) {
        const struct view_row *row = &rows.items[i];
        draw_row_label(draw, row);
        if (row->kind == VIEW_STACK)
            code = draw_stack(draw, row);
        else
            draw_lane(draw, row);
        draw->y += row->height + row->gap;
    }
    hk_free(rows.items);
    return code;
}
