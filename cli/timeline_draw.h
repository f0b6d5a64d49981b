/* timeline_draw.h - what the parts of timeline_svg share. */
#ifndef TIMELINE_DRAW_H
#define TIMELINE_DRAW_H

#include "svg.h"
#include "timeline_svg.h"
#include "timeline_view.h"

#define DRAW_WIDTH (840 * PX)
#define DRAW_MARGIN (20 * PX)
#define DRAW_FONT 12       /* px, of most text */
#define DRAW_HEAD 20       /* as wide as the bold letters of a heading, 18 px, are */
#define DRAW_BOLD 13       /* as wide as bold letters of DRAW_FONT are */
#define DRAW_SMALL 11      /* of axes and of what stands in bars */
#define DRAW_TEMPLATES 4   /* colours; more templates take them again */
#define DRAW_MARKS 8       /* labels of a cluster; more would hide what they mark */
#define DRAW_THIN (6 * PX) /* a lower bar has no outline, and no words */

struct draw {
    struct hk_buf out;
    const struct timeline *line;
    const struct timeline_cluster *cluster; /* the one that is drawn */
    struct view_scale scale;
    int64_t y; /* where to go on */
    /* What the legend has to explain. */
    bool used[TIMELINE_PHASES][DRAW_TEMPLATES];
    bool has_user, has_fault, has_wanted;
    unsigned templates;            /* the most that a group has */
    int64_t mark_tops[DRAW_MARKS]; /* where the line of each mark begins */
};

/* Text at a place; class: of draw_style. anchor: 's' start, 'm' middle, 'e' end. */
struct draw_words {
    int64_t x, y, width; /* width: clipped to it; 0: not */
    const char *class;
    char anchor;
    int64_t font;
};

void draw_text(struct draw *draw, const struct draw_words *words, struct hk_str text);
void draw_style(struct hk_buf *out); /* <style> and <defs> */
void draw_marks(struct draw *draw);  /* what the user did and what befell, above the rest */
void draw_state(struct draw *draw);  /* the band of states */
void draw_levels(struct draw *draw); /* how many are ready */
int draw_lanes(struct draw *draw);   /* 0, or -1 without memory */
void draw_axis(struct draw *draw,
               int64_t top); /* behind all that is between top and y, and its labels below y */
void draw_mark_lines(struct draw *draw); /* down to y */
void draw_legend(struct draw *draw);

/* draw_row_name - "executor-manager-0..24". */
#define DRAW_NAME 400
void draw_row_name(const struct timeline_cluster *cluster, const struct view_row *row,
                   char name[DRAW_NAME]);

/* draw_bar_class - class of a bar in a phase: ` class="..."`, with or without pattern. */
void draw_bar_class(struct draw *draw, enum timeline_phase phase, unsigned template, bool is_thin);

#endif
