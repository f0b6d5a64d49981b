/* timeline_view.h - where things of a timeline go: time to place, ticks, lanes put together, labels beside each other.
 * Lengths are tenths of a pixel. Pure, and nothing of a picture's form. */
#ifndef TIMELINE_VIEW_H
#define TIMELINE_VIEW_H

#include "timeline.h"

#define VIEW_CUTS_MAX 6
#define VIEW_TICKS_MAX 64

/* A stretch of time in which nothing happens, drawn short. */
struct view_cut {
    int64_t from_ms, to_ms;
};

/* Time from left to right, the same for all clusters of a picture. */
struct view_scale {
    int64_t from_ms, to_ms; /* what is shown */
    int64_t left, right;    /* where */
    struct view_cut cuts[VIEW_CUTS_MAX];
    size_t cut_count;
};

/* view_scale_init - the scale for all that happens; left and right are set before. Returns 0, or -1 without memory. */
int view_scale_init(struct view_scale *scale, const struct timeline *line);

/* view_x - the place of a moment; what is outside of the scale is at its border. */
int64_t view_x(const struct view_scale *scale, int64_t ms);

struct view_tick {
    int64_t ms, x;
};

/* view_ticks - round moments, far enough from each other for their labels. */
size_t view_ticks(const struct view_scale *scale, struct view_tick ticks[VIEW_TICKS_MAX]);

/* view_time - "4.8 s", "90 s", "2 min 30 s", "1 h". view_pause - about: "4 min", "26 h". */
void view_time(char *text, size_t size, int64_t ms);
void view_pause(char *text, size_t size, int64_t ms);

enum view_row_kind {
    VIEW_LANE,  /* one lane */
    VIEW_SAME,  /* several, all the same */
    VIEW_STACK, /* many: how many are in which phase */
};

/* Lanes [first, end) of a cluster. */
struct view_row {
    enum view_row_kind kind;
    size_t first, end;
    int64_t height, gap; /* gap: below it */
    bool has_label;
};

struct view_rows {
    struct view_row *items; /* hk_free */
    size_t count;
    int64_t height;
};

/* view_rows - returns 0, or -1 without memory. */
int view_rows(struct view_rows *rows, const struct timeline_cluster *cluster);

/* A label at a place in time: right of it, or left of it. Lines of text are rows; row 0 is the top one. */
struct view_label {
    int64_t x, width;
    unsigned lines;
    bool is_left;
    unsigned row; /* set by view_place */
};

/* view_place - rows so that no two labels overlap, those on the left higher up. Returns the number of rows. */
unsigned view_place(struct view_label *labels, size_t count);

#endif
