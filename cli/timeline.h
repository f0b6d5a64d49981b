/* timeline.h - the life of clusters as it is drawn: a lane for each Pod, the state and the count above, and what
 * befell them. Recorded from a simulation's events; knows nothing of a picture's form.
 *
 *     struct timeline line;
 *     timeline_init(&line, &played_columns);
 *     timeline_begin(&line, sim);                    when the cluster did not begin empty: from here on
 *     timeline_event(&line, event)...                an on_event
 *     timeline_end(&line, hk_sim_now_ms(sim));
 *
 * All lives in an arena; `failed` says that it ran out of memory. */
#ifndef TIMELINE_H
#define TIMELINE_H

#include "played.h"

#include "hk_mem.h"

enum timeline_phase {
    TIMELINE_PENDING, /* it is, and was not ready yet */
    TIMELINE_READY,
    TIMELINE_FAILED, /* in trouble: `why` says which */
    TIMELINE_TERMINATING,
    TIMELINE_PHASES
};

#define TIMELINE_OPEN INT64_MAX   /* to_ms of what goes on in the end */
#define TIMELINE_BEFORE INT64_MIN /* from_ms of what was there when it began */

struct timeline_span {
    int64_t from_ms, to_ms;
    enum timeline_phase phase;
    unsigned template; /* 0: the first that Pods of its group had */
    unsigned pod;      /* 0: the first Pod of the lane; its successors count up */
    const char *why;   /* "" but for FAILED */
};

/* All Pods of one name, one after another. */
struct timeline_lane {
    const char *name;  /* without the cluster's */
    const char *group; /* without the number */
    bool is_counted;   /* one of those of which so many are wanted */
    struct timeline_span *spans;
    size_t count, cap;
};

struct timeline_state {
    int64_t from_ms;
    const char *text; /* "": none */
};

struct timeline_level {
    int64_t at_ms, ready, wanted;
};

struct timeline_mark {
    int64_t at_ms;
    bool is_fault; /* else: what the user did */
    const char *text;
};

struct timeline_template {
    const char *group, *hash;
};

struct timeline_cluster {
    const char *namespace, *name;
    const char *outcome; /* one line: how it ended; "": not known */
    struct timeline_lane *lanes;
    struct timeline_state *states;
    struct timeline_level *levels;
    struct timeline_mark *marks;
    struct timeline_template *templates;
    size_t lane_count, state_count, level_count, mark_count, template_count;
    size_t lane_cap, state_cap, level_cap, mark_cap, template_cap;
    json_t *parent; /* as it was last; NULL: it is not */
    int64_t ready;
    struct played_low low;
};

struct timeline {
    struct hk_arena arena;
    const struct played_columns *columns;
    struct timeline_cluster *clusters;
    size_t cluster_count, cluster_cap;
    json_t *lanes;     /* {"namespace/name": number of the lane} */
    int64_t origin_ms; /* the moment that is called 0 */
    int64_t end_ms;    /* since then; the last change is not always the end */
    bool has_before;   /* it began with a cluster that was there */
    bool failed;
};

void timeline_init(struct timeline *line, const struct played_columns *columns);
void timeline_fini(struct timeline *line);

/* timeline_add - a cluster that is to be shown, whether anything happens to it or not. */
void timeline_add(struct timeline *line, const char *namespace, const char *name);

/* timeline_begin - what lives in the simulation was there before, and now is 0. */
void timeline_begin(struct timeline *line, const struct hk_sim *sim);

void timeline_event(struct timeline *line, const struct hk_sim_event *event);

/* timeline_mark - a moment that no event tells of, at each cluster; at_ms since the simulation's start. */
void timeline_mark(struct timeline *line, int64_t at_ms, bool is_fault, const char *text);

/* timeline_outcome - how the cluster ended; a name that is not known changes nothing. */
void timeline_outcome(struct timeline *line, const char *namespace, const char *name,
                      const char *text);

/* timeline_end - puts the lanes in order: those without a number, others, those that are counted. */
void timeline_end(struct timeline *line, int64_t now_ms);

#endif
