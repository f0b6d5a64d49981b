/* timeline_top.c - what stands around the lanes: marks, the state, the count, the axis of time, the legend. */
#include "timeline_draw.h"

#include <inttypes.h>
#include <stdio.h>

#define MARK_LINES 3          /* of one label */
#define MARK_WIDTH (520 * PX) /* of a line */
#define MARK_MIN (150 * PX)   /* less room on the right: the label goes to the left */
#define LINE (15 * PX)

/* ---- marks ---- */

/* A label's text, in lines. */
struct mark_text {
    struct hk_str lines[MARK_LINES];
    unsigned count;
};

/* Where to break what is too long: between two changes, or else two words. */
static size_t break_at(struct hk_str all, size_t most)
{
    for (size_t i = most; i > most / 3; i--)
        if (all.ptr[i] == ' ' && all.ptr[i - 1] == ',')
            return i;
    for (size_t i = most; i > 0; i--)
        if (all.ptr[i] == ' ')
            return i;
    return most;
}

/* The last line is clipped where it is drawn. */
static void wrap(struct mark_text *text, struct hk_str all, int64_t font, int64_t width)
{
    text->count = 0;
    while (text->count < MARK_LINES && (all.len || !text->count)) {
        size_t len = svg_fit(all, font, width);
        bool is_last = len == all.len || text->count + 1 == MARK_LINES;
        len = is_last || !len ? all.len : break_at(all, len);
        text->lines[text->count++] = (struct hk_str){all.ptr, len};
        while (len < all.len && all.ptr[len] == ' ')
            len++;
        all = (struct hk_str){all.ptr + len, all.len - len};
    }
}

static int64_t widest(const struct mark_text *text, int64_t font, int64_t width)
{
    int64_t most = 0;
    for (unsigned i = 0; i < text->count; i++) {
        int64_t w = svg_width(text->lines[i], font);
        most = w > most ? w : most;
    }
    return most > width ? width : most;
}

/* Bold letters are wider. */
static int64_t font_of(const struct timeline_mark *mark)
{
    return mark->is_fault ? DRAW_BOLD : DRAW_FONT;
}

static void label_init(const struct draw *draw, const struct timeline_mark *mark,
                       struct view_label *label, struct mark_text *text)
{
    int64_t x = view_x(&draw->scale, mark->at_ms), room = draw->scale.right - x - 9 * PX;
    *label = (struct view_label){.x = x, .is_left = room < MARK_MIN};
    if (label->is_left)
        room = x - DRAW_MARGIN - 9 * PX;
    int64_t width = room < MARK_WIDTH ? room : MARK_WIDTH;
    wrap(text, hk_str_of(mark->text), font_of(mark), width);
    label->width = widest(text, font_of(mark), width) + 18 * PX;
    label->lines = text->count;
}

static void draw_label(struct draw *draw, const struct timeline_mark *mark,
                       const struct view_label *label, const struct mark_text *text)
{
    struct hk_buf *out = &draw->out;
    int64_t top = draw->y + label->row * LINE, side = label->is_left ? -9 * PX : 9 * PX;
    hk_buf_add_str(out, HK_STR("<rect class=\"box\""));
    svg_attr(out, "x", label->is_left ? label->x - label->width + 4 * PX : label->x + 5 * PX);
    svg_attr(out, "y", top);
    svg_attr(out, "width", label->width - 9 * PX);
    svg_attr(out, "height", label->lines * LINE);
    hk_buf_add_str(out, HK_STR("/>"));
    for (unsigned i = 0; i < text->count; i++)
        draw_text(draw,
                  &(struct draw_words){label->x + side, top + i * LINE + 11 * PX,
                                       label->width - 18 * PX, mark->is_fault ? "e" : NULL,
                                       label->is_left ? 'e' : 's', font_of(mark)},
                  text->lines[i]);
}

static void draw_sign(struct draw *draw, int64_t x, int64_t y, bool is_fault)
{
    hk_buf_printf(&draw->out, "<path class=\"%s\" d=\"M", is_fault ? "fault" : "user");
    svg_px(&draw->out, x);
    hk_buf_add_char(&draw->out, ' ');
    svg_px(&draw->out, y);
    hk_buf_add_str(&draw->out,
                   is_fault ? HK_STR("l5 5-5 5-5-5z\"/>\n") : HK_STR("m-4.5 1h9l-4.5 8z\"/>\n"));
}

/* The last label tells of all that have none. */
static size_t label_marks(struct draw *draw, struct timeline_mark *marks, char *more, size_t size)
{
    const struct timeline_cluster *cluster = draw->cluster;
    size_t count = cluster->mark_count < DRAW_MARKS ? cluster->mark_count : DRAW_MARKS;
    for (size_t i = 0; i < count; i++)
        marks[i] = cluster->marks[i];
    if (count < cluster->mark_count) {
        snprintf(more, size, "%s, and %zu more such moments", marks[count - 1].text,
                 cluster->mark_count - count);
        marks[count - 1].text = more;
    }
    return count;
}

void draw_marks(struct draw *draw)
{
    const struct timeline_cluster *cluster = draw->cluster;
    struct timeline_mark marks[DRAW_MARKS];
    struct view_label labels[DRAW_MARKS];
    struct mark_text texts[DRAW_MARKS];
    char more[600];
    size_t count = label_marks(draw, marks, more, sizeof more);
    for (size_t i = 0; i < count; i++)
        label_init(draw, &marks[i], &labels[i], &texts[i]);
    unsigned rows = view_place(labels, count);
    for (size_t i = 0; i < count; i++) {
        draw_label(draw, &marks[i], &labels[i], &texts[i]);
        draw->mark_tops[i] = draw->y + labels[i].row * LINE + 2 * PX;
        draw_sign(draw, labels[i].x, draw->mark_tops[i], marks[i].is_fault);
    }
    for (size_t i = 0; i < cluster->mark_count; i++)
        *(cluster->marks[i].is_fault ? &draw->has_fault : &draw->has_user) = true;
    draw->y += rows * LINE + 8 * PX;
}

void draw_mark_lines(struct draw *draw)
{
    const struct timeline_cluster *cluster = draw->cluster;
    for (size_t i = 0; i < cluster->mark_count && i < DRAW_MARKS; i++) {
        hk_buf_printf(&draw->out, "<path class=\"%s\" d=\"M",
                      cluster->marks[i].is_fault ? "fline" : "line");
        svg_px(&draw->out, view_x(&draw->scale, cluster->marks[i].at_ms));
        hk_buf_add_char(&draw->out, ' ');
        svg_px(&draw->out, draw->mark_tops[i] + 8 * PX);
        hk_buf_add_char(&draw->out, 'V');
        svg_px(&draw->out, draw->y);
        hk_buf_add_str(&draw->out, HK_STR("\"/>\n"));
    }
}

/* ---- state ---- */

#define STATE_MIN (30 * PX) /* in less room not even the beginning of a state's name is told */

static char state_letter(const char *state)
{
    static const char *const known[] = {"Pending", "Running", "Failed", "Suspended", "Terminating"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(state, known[i]) == 0)
            return *state;
    return 'S';
}

static void draw_segment(struct draw *draw, const struct timeline_state *state, int64_t from,
                         int64_t to)
{
    struct hk_buf *out = &draw->out;
    const char letter = state_letter(state->text);
    struct hk_str text = hk_str_of(state->text);
    hk_buf_printf(out, "<rect class=\"s%c\"", letter);
    svg_attr(out, "x", from);
    svg_attr(out, "y", draw->y);
    svg_attr(out, "width", to - from);
    hk_buf_add_str(out, HK_STR(" height=\"20\"><title>"));
    svg_text(out, text);
    hk_buf_printf(out, "</title></rect><rect class=\"a%c\"", letter);
    svg_attr(out, "x", from);
    svg_attr(out, "y", draw->y);
    svg_attr(out, "width", to - from < 3 * PX ? to - from : 3 * PX);
    hk_buf_add_str(out, HK_STR(" height=\"20\"/>\n"));
    int64_t room = to - from - 11 * PX, width = svg_width(text, DRAW_FONT);
    bool is_small = width > room;
    if (room >= STATE_MIN)
        draw_text(draw,
                  &(struct draw_words){from + 8 * PX, draw->y + 14 * PX, room,
                                       is_small ? "s" : NULL, 's',
                                       is_small ? DRAW_SMALL : DRAW_FONT},
                  text);
}

static void gutter_text(struct draw *draw, int64_t y, const char *class, const char *text)
{
    int64_t right = draw->scale.left - 8 * PX;
    draw_text(draw, &(struct draw_words){right, y, right - DRAW_MARGIN, class, 'e', 0},
              hk_str_of(text));
}

void draw_state(struct draw *draw)
{
    const struct timeline_cluster *cluster = draw->cluster;
    gutter_text(draw, draw->y + 14 * PX, NULL, "state");
    for (size_t i = 0; i < cluster->state_count; i++) {
        const struct timeline_state *state = &cluster->states[i];
        int64_t from = view_x(&draw->scale, state->from_ms), to = draw->scale.right;
        if (i + 1 < cluster->state_count)
            to = view_x(&draw->scale, state[1].from_ms);
        if (*state->text && to > from)
            draw_segment(draw, state, from, to);
    }
    draw->y += 30 * PX;
}

/* ---- the count ---- */

#define CURVE (54 * PX)
#define HEADROOM (18 * PX)

static int64_t level_y(const struct draw *draw, int64_t value, int64_t most)
{
    return draw->y + HEADROOM + CURVE - CURVE * value / most;
}

/* One more Pod for a moment too short to be seen: the next to be replaced goes as soon as the last is ready. A dip is
 * always drawn. */
static bool is_blip(const struct draw *draw, size_t i)
{
    const struct timeline_level *level = &draw->cluster->levels[i];
    return i + 1 < draw->cluster->level_count && level[1].ready < level->ready &&
           view_x(&draw->scale, level[1].at_ms) - view_x(&draw->scale, level->at_ms) < PX;
}

static void add_steps(struct draw *draw, bool is_wanted, int64_t most)
{
    const struct timeline_cluster *cluster = draw->cluster;
    int64_t last_y = level_y(draw, 0, most);
    for (size_t i = 0; i < cluster->level_count; i++) {
        const struct timeline_level *level = &cluster->levels[i];
        int64_t y = level_y(draw, is_wanted ? level->wanted : level->ready, most);
        if (i && (y == last_y || (!is_wanted && is_blip(draw, i))))
            continue;
        last_y = y;
        hk_buf_add_char(&draw->out, i ? 'H' : 'M');
        svg_px(&draw->out, view_x(&draw->scale, level->at_ms));
        hk_buf_add_char(&draw->out, i ? 'V' : ' ');
        svg_px(&draw->out, y);
    }
    hk_buf_add_char(&draw->out, 'H');
    svg_px(&draw->out, draw->scale.right);
}

/* The words are above the curve, the line goes down to the point. */
static void draw_low(struct draw *draw, int64_t most)
{
    const struct played_low *low = &draw->cluster->low;
    struct hk_buf *out = &draw->out;
    char when[64], text[160];
    if (low->fewest >= low->fewest_of)
        return;
    view_time(when, sizeof when, low->fewest_ms < 0 ? 0 : low->fewest_ms);
    snprintf(text, sizeof text, "fewest: %" PRId64 " of %" PRId64 " at %s", low->fewest,
             low->fewest_of, when);
    int64_t x = view_x(&draw->scale, low->fewest_ms), y = level_y(draw, low->fewest, most);
    bool is_left = x + svg_width(hk_str_of(text), DRAW_BOLD) + 8 * PX > draw->scale.right;
    hk_buf_add_str(out, HK_STR("<path class=\"fline\" d=\"M"));
    svg_px(out, x);
    hk_buf_add_char(out, ' ');
    svg_px(out, draw->y);
    hk_buf_add_char(out, 'V');
    svg_px(out, y);
    hk_buf_add_str(out, HK_STR("\"/><circle class=\"fault\" r=\"4\""));
    svg_attr(out, "cx", x);
    svg_attr(out, "cy", y);
    hk_buf_add_str(out, HK_STR("/>\n"));
    draw_text(draw,
              &(struct draw_words){x + (is_left ? -6 : 6) * PX, draw->y + 11 * PX, 0, "e",
                                   is_left ? 'e' : 's', 0},
              hk_str_of(text));
}

void draw_levels(struct draw *draw)
{
    const struct timeline_cluster *cluster = draw->cluster;
    int64_t most = 0;
    char text[32];
    for (size_t i = 0; i < cluster->level_count; i++) {
        const struct timeline_level *level = &cluster->levels[i];
        most = level->ready > most ? level->ready : most;
        most = level->wanted > most ? level->wanted : most;
    }
    if (most == 0)
        return;
    struct hk_buf *out = &draw->out;
    int64_t zero = level_y(draw, 0, most);
    hk_buf_add_str(out, HK_STR("<path class=\"area\" d=\""));
    add_steps(draw, false, most);
    hk_buf_add_char(out, 'V');
    svg_px(out, zero);
    hk_buf_add_char(out, 'H');
    svg_px(out, view_x(&draw->scale, cluster->levels[0].at_ms));
    hk_buf_add_str(out, HK_STR("z\"/><path class=\"want\" d=\""));
    add_steps(draw, true, most);
    hk_buf_add_str(out, HK_STR("\"/><path class=\"curve\" d=\""));
    add_steps(draw, false, most);
    hk_buf_add_str(out, HK_STR("\"/>\n"));
    draw_low(draw, most);
    snprintf(text, sizeof text, "%" PRId64, most);
    gutter_text(draw, draw->y + HEADROOM + 5 * PX, "m s", text);
    gutter_text(draw, draw->y + HEADROOM + CURVE / 2, NULL, draw->line->columns->noun);
    gutter_text(draw, draw->y + HEADROOM + CURVE / 2 + 15 * PX, NULL, "ready");
    gutter_text(draw, zero + 3 * PX, "m s", "0");
    draw->has_wanted = true;
    draw->y = zero + 16 * PX;
}

/* ---- time ---- */

static void draw_cuts(struct draw *draw, int64_t top)
{
    struct hk_buf *out = &draw->out;
    for (size_t i = 0; i < draw->scale.cut_count; i++) {
        const struct view_cut *cut = &draw->scale.cuts[i];
        int64_t from = view_x(&draw->scale, cut->from_ms), to = view_x(&draw->scale, cut->to_ms);
        char text[64];
        hk_buf_add_str(out, HK_STR("<rect class=\"cut\""));
        svg_attr(out, "x", from);
        svg_attr(out, "y", top);
        svg_attr(out, "width", to - from);
        svg_attr(out, "height", draw->y - top);
        hk_buf_add_str(out, HK_STR("/>"));
        view_pause(text, sizeof text, cut->to_ms - cut->from_ms);
        draw_text(draw, &(struct draw_words){(from + to) / 2, draw->y + 30 * PX, 0, "m s", 'm', 0},
                  hk_str_of(text));
    }
}

void draw_axis(struct draw *draw, int64_t top)
{
    struct view_tick ticks[VIEW_TICKS_MAX];
    struct hk_buf *out = &draw->out;
    size_t count = view_ticks(&draw->scale, ticks);
    draw_cuts(draw, top);
    hk_buf_add_str(out, HK_STR("<path class=\"grid\" d=\""));
    for (size_t i = 0; i < count; i++) {
        hk_buf_add_char(out, 'M');
        svg_px(out, ticks[i].x);
        hk_buf_add_char(out, ' ');
        svg_px(out, top);
        hk_buf_add_char(out, 'V');
        svg_px(out, draw->y + 4 * PX);
    }
    hk_buf_add_str(out, HK_STR("\"/><path class=\"axis\" d=\"M"));
    svg_px(out, draw->scale.left);
    hk_buf_add_char(out, ' ');
    svg_px(out, draw->y);
    hk_buf_add_char(out, 'H');
    svg_px(out, draw->scale.right);
    hk_buf_add_str(out, HK_STR("\"/>\n"));
    for (size_t i = 0; i < count; i++) {
        char text[64];
        view_time(text, sizeof text, ticks[i].ms);
        draw_text(draw, &(struct draw_words){ticks[i].x, draw->y + 16 * PX, 0, "m s", 'm', 0},
                  hk_str_of(text));
    }
}

/* ---- the legend ---- */

/* One entry: a sample, made by the caller, and its words. */
struct entry {
    int64_t x, y;
};

static void next_entry(struct draw *draw, struct entry *entry, const char *words)
{
    int64_t width = 26 * PX + svg_width(hk_str_of(words), DRAW_SMALL) + 14 * PX;
    if (entry->x + width > DRAW_WIDTH - DRAW_MARGIN) {
        entry->x = DRAW_MARGIN;
        entry->y += 20 * PX;
    }
    draw_text(draw, &(struct draw_words){entry->x + 26 * PX, entry->y + 10 * PX, 0, "s", 's', 0},
              hk_str_of(words));
}

static void entry_done(struct entry *entry, const char *words)
{
    entry->x += 26 * PX + svg_width(hk_str_of(words), DRAW_SMALL) + 14 * PX;
}

static void phase_entry(struct draw *draw, struct entry *entry, enum timeline_phase phase,
                        unsigned template)
{
    static const char *const words[] = {"pending", "ready", "in trouble", "terminating"};
    static const char *const nth[] = {"1st", "2nd", "3rd", "4th"};
    char text[80];
    bool is_pending = phase == TIMELINE_PENDING;
    if (draw->templates < 2 || phase == TIMELINE_FAILED)
        snprintf(text, sizeof text, "%s", words[phase]);
    else if (draw->line->has_before && draw->templates == 2)
        snprintf(text, sizeof text, "%s, %s template", words[phase], template ? "new" : "old");
    else
        snprintf(text, sizeof text, "%s, %s template", words[phase], nth[template]);
    next_entry(draw, entry, text);
    hk_buf_add_str(&draw->out, HK_STR("<rect"));
    draw_bar_class(draw, phase, template, false);
    svg_attr(&draw->out, "x", entry->x + (is_pending ? PX / 2 : 0));
    svg_attr(&draw->out, "y", entry->y + (is_pending ? PX / 2 : 0));
    svg_attr(&draw->out, "width", 20 * PX - (is_pending ? PX : 0));
    svg_attr(&draw->out, "height", 12 * PX - (is_pending ? PX : 0));
    hk_buf_add_str(&draw->out, HK_STR("/>\n"));
    entry_done(entry, text);
}

static void sign_entry(struct draw *draw, struct entry *entry, bool is_fault)
{
    const char *words = is_fault ? "a fault" : "what you do";
    next_entry(draw, entry, words);
    draw_sign(draw, entry->x + 12 * PX, entry->y + PX, is_fault);
    entry_done(entry, words);
}

static void line_entry(struct draw *draw, struct entry *entry)
{
    next_entry(draw, entry, "wanted");
    hk_buf_add_str(&draw->out, HK_STR("<path class=\"want\" d=\"M"));
    svg_px(&draw->out, entry->x);
    hk_buf_add_char(&draw->out, ' ');
    svg_px(&draw->out, entry->y + 6 * PX);
    hk_buf_add_str(&draw->out, HK_STR("h20\"/>\n"));
    entry_done(entry, "wanted");
}

static void cut_entry(struct draw *draw, struct entry *entry)
{
    const char *words = "a long pause, drawn short";
    next_entry(draw, entry, words);
    hk_buf_add_str(&draw->out, HK_STR("<rect class=\"cut\" width=\"20\" height=\"12\""));
    svg_attr(&draw->out, "x", entry->x);
    svg_attr(&draw->out, "y", entry->y);
    hk_buf_add_str(&draw->out, HK_STR("/>\n"));
    entry_done(entry, words);
}

void draw_legend(struct draw *draw)
{
    struct entry entry = {DRAW_MARGIN, draw->y};
    for (enum timeline_phase phase = 0; phase < TIMELINE_PHASES; phase++)
        for (unsigned i = 0; i < DRAW_TEMPLATES; i++)
            if (draw->used[phase][i])
                phase_entry(draw, &entry, phase, i);
    if (draw->has_wanted)
        line_entry(draw, &entry);
    if (draw->scale.cut_count)
        cut_entry(draw, &entry);
    if (draw->has_user)
        sign_entry(draw, &entry, false);
    if (draw->has_fault)
        sign_entry(draw, &entry, true);
    draw->y = entry.y + 26 * PX;
}
