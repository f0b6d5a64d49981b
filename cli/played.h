/* played.h - what `simulate` and `plan` share: a controller in a simulated cluster, where its parents tell how they
 * are, and names in runs. */
#ifndef PLAYED_H
#define PLAYED_H

#include "args.h"
#include "input.h"

#include "hk_hook.h"
#include "hk_sim.h"

/* Where a controller's parent tells how it is, and which of its Pods are counted. */
struct played_columns {
    const char *kind;                              /* the parent's */
    const char *state, *ready, *desired, *message; /* dotted paths in the parent */
    const char *wanted;                            /* where the spec says how many */
    const char *counted;                           /* Pods named <parent>COUNTED<number> */
    const char *noun;                              /* plural of what is counted */
    const char *good;                              /* the state of a cluster that is up */
    const char *suspended;                         /* where the spec says that no Pod is to run */
    const char *at_rest;                           /* the state of such a cluster */
    const char *template;                          /* the annotation that tells a Pod's template */
};

extern const struct played_columns played_columns;

/* played_options - the controller called in process, at the usual pace. */
struct hk_sim_options played_options(const struct hk_controller *controller);

/* How many counted Pods are Ready, at a moment. */
struct played_seen {
    const struct played_columns *columns;
    const json_t *parent; /* as it lives; NULL: it is gone */
    int64_t ready, at_ms;
};

/* The worst moment since all that were wanted were up; {.up = -1} at first. */
struct played_low {
    int64_t up; /* how many were wanted when last all were up; -1: never yet */
    int64_t fewest, fewest_of,
        fewest_ms; /* beside what was up and wanted; fewest == fewest_of: there was none */
};

void played_low_see(struct played_low *low, const struct played_seen *seen);

/* played_wanted - how many are to run now: none of a parent that is suspended or on its way out. */
int64_t played_wanted(const struct played_columns *columns, const json_t *parent);

/* played_is_counted - is this the name of a counted Pod of the parent? */
bool played_is_counted(const struct played_columns *columns, const char *parent, const char *name);

/* played_fail_images - these images cannot be pulled from now on. Warns of one that nothing in the input names: a typing
 * mistake would look like a change that comes through. */
void played_fail_images(struct hk_sim *sim, const struct cli_input *in,
                        const struct cli_list *images);

/* played_trouble - why the Pod is in trouble, borrowed; "": it is not, or only on its way. */
const char *played_trouble(const json_t *pod);

/* played_short - the name without its parent's, after which every object is named; borrowed from name. */
const char *played_short(const char *name, const char *parent);

/* played_number - where the number at the end of "executor-manager-12" begins; NULL: there is none. */
const char *played_number(const char *name);

/* played_order - by name, those that differ in the number at the end by that; as strcmp. */
int played_order(const char *a, const char *b);

/* Names [first, end) of any list, ordered. */
struct played_names {
    const void *list;
    const char *(*at)(const void *list, size_t i);
    size_t first, end;
};

/* played_add_names - "a, b-0..2 and 4 more": runs of numbers as one, not more than `most` of names and runs. */
void played_add_names(struct hk_buf *out, const struct played_names *names, size_t most);

#endif
