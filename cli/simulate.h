/* simulate.h - what `simulate` shows: one line a step, and a summary, as text or as JSON lines. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include "cli.h"
#include "played.h"

#include <inttypes.h>

/* One parent as it was last heard of. */
struct show_parent {
    char name[128], namespace[128];
    char state[32], message[512];
    int64_t ready, desired;
    int64_t up; /* counted Pods that are Ready: what the status will say */
    struct played_low low;
    bool is_gone;
};

/* Something that happened, waiting for its line. */
struct show_entry {
    int verb;
    char kind[64], name[256];
    char more[256]; /* what the user did; why there is trouble */
    char what[256]; /* what the user changed */
    size_t parent;
};

struct show {
    const struct played_columns *columns;
    const struct hk_sim *sim; /* set once it is there */
    bool json, color, failed;
    bool is_silent; /* nothing is shown: standard output is for something else */
    struct show_parent *parents;
    size_t parent_count;
    struct show_entry *entries;
    size_t entry_count, entry_cap;
    json_t *known;    /* {"Pod namespace/name": true}: what was there before */
    int64_t first_ms; /* of the entries */
    bool by_user;     /* the last event was a user's: what follows is a line of its own */
    bool *changed;    /* which parents' state or count changed since their last line */
    int width;        /* of the name column; 0: one parent, no column */
};

void show_init(struct show *show, const struct played_columns *columns, bool json);
void show_fini(struct show *show);

/* show_parent_add - a parent that lines will tell of; before the first event. */
int show_parent_add(struct show *show, const char *namespace, const char *name);

void show_head(struct show *show);                             /* the columns' names */
void show_event(void *show, const struct hk_sim_event *event); /* an on_event */
void show_flush(struct show *show);                            /* the line that is due */
void show_note(struct show *show, const char *format, ...)
    HK_PRINTF(2, 3); /* a line between steps */
/* show_parent_of - whose object this is, or which it is; NULL: none that is shown. */
struct show_parent *show_parent_of(struct show *show, const json_t *object);

/* show_count - an event of a Pod or a parent: how many counted Pods are Ready. */
void show_count(struct show *show, const struct hk_sim_event *event);

/* show_outcome - "Running, 1 of 1 executor managers ready, settled after 10.0 s". */
void show_outcome(const struct show *show, const struct show_parent *parent, bool settled,
                  char *text, size_t size);

/* show_summary - how it ended. Returns whether every parent is where it was asked to be. */
bool show_summary(struct show *show, bool settled, bool deleted);

#endif
