/* hk_report.h - what a hook decided, beside its answer: for the log and the metrics. A controller says it in words of its own
 * table, so that nothing here knows what they mean. */
#ifndef HK_REPORT_H
#define HK_REPORT_H

#include "hk_mem.h"

#include <stdint.h>

/* A kind of decision: one row of a controller's table, which an action of NULL ends. All static. */
struct hk_decision_kind {
    const char *action; /* a verb for what becomes of the objects: "create", "wait" */
    const char *reason; /* why, one CamelCase word */
    const char *words;  /* why, for people: "its template changed" */
    bool is_change;     /* the answer changes something; else it only holds back */
};

struct hk_decision {
    size_t kind;           /* index in the controller's table */
    uint64_t count;        /* of the objects */
    struct hk_str objects; /* "Pods worker-0..2, worker-5" */
};

/* Empty before a call. Text is borrowed from the arena of the call. */
struct hk_report {
    struct hk_str namespace, name; /* the parent's; namespace may be absent */
    struct hk_str state_before,
        state;              /* a word for how it is: as it came, as it is answered; absent: none */
    struct hk_str problems; /* where its spec is not valid: "spec.a, spec.b"; absent: it is */
    bool is_problem_new;    /* they are others than those that its status tells of */
    bool is_recovered;      /* its status tells of problems, and there are none */
    uint64_t observed, desired; /* children */
    struct hk_decision *items;  /* in the order of deciding */
    size_t count, cap;
};

/* hk_report_add - one more decision; none of 0 objects. Without memory it is dropped, which the arena remembers. */
void hk_report_add(struct hk_report *report, struct hk_arena *arena, struct hk_decision decision);

#endif
