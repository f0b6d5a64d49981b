/* timeline_svg.c - the document: its head, a panel for each cluster, the legend. */
#include "timeline_draw.h"

#include <inttypes.h>
#include <stdio.h>

void draw_text(struct draw *draw, const struct draw_words *words, struct hk_str text)
{
    struct hk_buf *out = &draw->out;
    hk_buf_add_str(out, HK_STR("<text"));
    svg_attr(out, "x", words->x);
    svg_attr(out, "y", words->y);
    if (words->anchor != 's')
        hk_buf_printf(out, " text-anchor=\"%s\"", words->anchor == 'm' ? "middle" : "end");
    if (words->class)
        hk_buf_printf(out, " class=\"%s\"", words->class);
    hk_buf_add_char(out, '>');
    if (words->width)
        svg_add_clipped(out, text, words->font ? words->font : DRAW_FONT, words->width);
    else
        svg_text(out, text);
    hk_buf_add_str(out, HK_STR("</text>\n"));
}

/* The widest name beside the lanes decides where time begins. */
static int gutter(const struct timeline *line, int64_t *widest)
{
    *widest = svg_width(hk_str_of(line->columns->noun), DRAW_FONT);
    for (size_t i = 0; i < line->cluster_count; i++) {
        struct view_rows rows;
        if (view_rows(&rows, &line->clusters[i]) != 0)
            return -1;
        for (size_t k = 0; k < rows.count; k++) {
            char name[DRAW_NAME];
            draw_row_name(&line->clusters[i], &rows.items[k], name);
            int64_t width = svg_width(hk_str_of(name), DRAW_FONT);
            *widest = width > *widest ? width : *widest;
        }
        hk_free(rows.items);
    }
    *widest = *widest > 210 * PX ? 210 * PX : *widest;
    return 0;
}

static void draw_under_head(struct draw *draw, int64_t y, const char *text)
{
    draw_text(draw, &(struct draw_words){DRAW_MARGIN, y, DRAW_WIDTH - 2 * DRAW_MARGIN, "m", 's', 0},
              hk_str_of(text));
}

/* The name, and how it ended. A namespace that leaves no room for the name has a line of its own. */
static void draw_head(struct draw *draw)
{
    const struct timeline_cluster *cluster = draw->cluster;
    char name[600];
    int64_t width = DRAW_WIDTH - 2 * DRAW_MARGIN;
    snprintf(name, sizeof name, "%s/%s", cluster->namespace, cluster->name);
    bool is_long = svg_width(hk_str_of(name), DRAW_HEAD) > width;
    draw_text(draw,
              &(struct draw_words){DRAW_MARGIN, draw->y + 16 * PX, width, "h", 's', DRAW_HEAD},
              hk_str_of(is_long ? cluster->name : name));
    if (is_long) {
        snprintf(name, sizeof name, "in namespace %s", cluster->namespace);
        draw_under_head(draw, draw->y + 36 * PX, name);
        draw->y += 16 * PX;
    }
    draw_under_head(draw, draw->y + 36 * PX, cluster->outcome);
    draw->y += 50 * PX;
}

/* Moves what is drawn so far away, so that something else can be put before it. */
static struct hk_buf set_aside(struct draw *draw)
{
    struct hk_buf drawn = draw->out;
    hk_buf_init(&draw->out);
    return drawn;
}

static void put_back(struct draw *draw, struct hk_buf *drawn)
{
    hk_buf_add_str(&draw->out, hk_buf_str(drawn));
    draw->out.failed |= drawn->failed;
    hk_buf_fini(drawn);
}

/* The grid and the lines of marks lie behind everything, and how far they go is known in the end. */
static int draw_cluster(struct draw *draw, const struct timeline_cluster *cluster)
{
    struct hk_buf before = set_aside(draw);
    draw->cluster = cluster;
    draw_head(draw);
    draw_marks(draw);
    int64_t top = draw->y;
    draw_state(draw);
    draw_levels(draw);
    int code = draw_lanes(draw);
    struct hk_buf front = set_aside(draw);
    put_back(draw, &before);
    hk_buf_add_str(&draw->out, HK_STR("<g>\n"));
    draw_axis(draw, top);
    draw_mark_lines(draw);
    put_back(draw, &front);
    hk_buf_add_str(&draw->out, HK_STR("</g>\n"));
    draw->y += (draw->scale.cut_count ? 48 : 34) * PX;
    return code;
}

/* What the picture shows, for those who do not see it. */
static void add_description(struct hk_buf *out, const struct timeline *line)
{
    hk_buf_add_str(out, HK_STR("<desc id=\"desc\">"));
    for (size_t i = 0; i < line->cluster_count; i++) {
        const struct timeline_cluster *cluster = &line->clusters[i];
        const struct played_low *low = &cluster->low;
        char when[64];
        svg_text(out, hk_str_of(cluster->namespace));
        hk_buf_add_char(out, '/');
        svg_text(out, hk_str_of(cluster->name));
        hk_buf_add_str(out, HK_STR(": "));
        svg_text(out, hk_str_of(cluster->outcome));
        hk_buf_add_str(out, HK_STR(".\n"));
        for (size_t k = 0; k < cluster->mark_count; k++) {
            view_time(when, sizeof when, cluster->marks[k].at_ms);
            hk_buf_printf(out, "At %s: ", when);
            svg_text(out, hk_str_of(cluster->marks[k].text));
            hk_buf_add_str(out, HK_STR(".\n"));
        }
        view_time(when, sizeof when, low->fewest_ms < 0 ? 0 : low->fewest_ms);
        if (low->fewest < low->fewest_of)
            hk_buf_printf(out, "Fewest: %" PRId64 " of %" PRId64 " %s ready at %s.\n", low->fewest,
                          low->fewest_of, line->columns->noun, when);
    }
    hk_buf_add_str(out, HK_STR("</desc>\n"));
}

static void add_title(struct hk_buf *out, const struct timeline *line)
{
    hk_buf_add_str(out, HK_STR("<title id=\"title\">The life of "));
    for (size_t i = 0; i < line->cluster_count; i++) {
        hk_buf_add_str(out, i ? HK_STR(", ") : HK_STR(""));
        svg_text(out, hk_str_of(line->clusters[i].namespace));
        hk_buf_add_char(out, '/');
        svg_text(out, hk_str_of(line->clusters[i].name));
    }
    hk_buf_add_str(out, HK_STR("</title>\n"));
}

static void add_document(struct hk_buf *out, const struct draw *draw)
{
    hk_buf_add_str(out, HK_STR("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    svg_attr(out, "width", DRAW_WIDTH);
    svg_attr(out, "height", draw->y);
    hk_buf_add_str(out, HK_STR(" viewBox=\"0 0 "));
    svg_px(out, DRAW_WIDTH);
    hk_buf_add_char(out, ' ');
    svg_px(out, draw->y);
    hk_buf_add_str(out, HK_STR("\" role=\"img\" aria-labelledby=\"title desc\">\n"));
    add_title(out, draw->line);
    add_description(out, draw->line);
    draw_style(out);
    hk_buf_add_str(out, HK_STR("<rect class=\"bg\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n"));
    hk_buf_add_str(out, hk_buf_str(&draw->out));
    hk_buf_add_str(out, HK_STR("</svg>\n"));
}

/* "flame-operator plan; the times are simulated" at the end. */
static void draw_foot(struct draw *draw, const char *by)
{
    char text[160];
    snprintf(text, sizeof text, "%s; the times are simulated", by);
    draw_text(draw,
              &(struct draw_words){DRAW_WIDTH - DRAW_MARGIN, draw->y + 4 * PX, 0, "m s", 'e', 0},
              hk_str_of(text));
    draw->y += 18 * PX;
}

int timeline_svg(struct hk_buf *out, const struct timeline *line, const char *by)
{
    struct draw draw = {.line = line, .y = DRAW_MARGIN};
    hk_buf_init(&draw.out);
    int code = gutter(line, &draw.scale.left);
    draw.scale.left += DRAW_MARGIN + 12 * PX;
    draw.scale.right = DRAW_WIDTH - DRAW_MARGIN;
    if (code == 0)
        code = view_scale_init(&draw.scale, line);
    for (size_t i = 0; i < line->cluster_count && code == 0; i++) {
        draw.y += i ? 18 * PX : 0;
        code = draw_cluster(&draw, &line->clusters[i]);
    }
    if (code == 0) {
        draw_legend(&draw);
        draw_foot(&draw, by);
        add_document(out, &draw);
    }
    bool failed = draw.out.failed || out->failed || line->failed;
    hk_buf_fini(&draw.out);
    return failed ? -1 : code;
}
