/* plan.h - what `plan` finds out while a change is played, and the report that it makes of it. */
#ifndef PLAN_H
#define PLAN_H

#include "played.h"

/* Pods of one kind: how many are Ready. */
struct plan_part {
    int64_t ready, before, fewest;
    int64_t fewest_ms; /* since the change */
    int64_t away_ms;   /* how long none was Ready, up to since_ms */
    int64_t since_ms;  /* since when none is; -1: some are */
};

enum plan_part_of { PLAN_SESSION, PLAN_EXECUTORS, PLAN_CACHES, PLAN_PARTS };

struct plan {
    struct hk_sim *sim;
    const char *kind, *namespace, *name; /* the parent; borrowed */
    json_t *before;                      /* {kind: {name: object}}, and so `after` */
    json_t *after;
    json_t *parent_before;
    json_t *removals; /* [{at, name}] of Pods, in order; at is milliseconds since the change */
    struct plan_part parts[PLAN_PARTS];
    int64_t start_ms, last_ms; /* when the change was made; when the last thing happened */
    bool is_watching, settled, failed;
};

/* plan_event - an on_event; counts once plan_watch was called. */
void plan_event(void *plan, const struct hk_sim_event *event);

/* plan_watch - the change comes now. plan_end - the cluster is as it stays; settled: nothing is pending. */
void plan_watch(struct plan *plan);
void plan_end(struct plan *plan, bool settled);
void plan_fini(struct plan *plan);

/* plan_is_as_asked - is the parent up, or at rest, as its spec asks? */
bool plan_is_as_asked(const json_t *parent);

/* plan_report - new; NULL: out of memory:
 *
 *     {namespace, name, changes: bool,
 *      objects{created[{kind, name}], changed[{kind, name, fields[FIELD]}], removed[{kind, name}], unchanged: int},
 *      pods{created[name], removed[name], replaced[name], kept[name], order[{seconds, pods[name]}],
 *           changes[{pods[name], reason, fields[FIELD]}]},
 *      sessionManager{before, after, awaySeconds}, executorManagers{before, after, fewest, fewestAtSeconds},
 *      objectCaches{the same}?, warnings[text],
 *      end{settled, asAskedFor, seconds, state, message, ready, desired, troubles[{pod, reason}]}}
 *
 * reason of a replacement: "template" (fields), "configuration" (what the Pods mount), "owner" (another
 * workload), "ended" (nothing else).
 * before, after, fewest are numbers of Ready Pods; FIELD is plan_diff's. */
json_t *plan_report(struct plan *plan);

/* plan_warnings - new; NULL: out of memory. For a report that has its objects and Pods. */
json_t *plan_warnings(const struct plan *plan, const json_t *report);

/* plan_show - the report for people. Returns 0, or -1 without memory. */
int plan_show(const json_t *report);

/* plan_outcome - appends the end in one line: "Comes through: Running, 8 of 8 ...". */
void plan_outcome(const json_t *report, struct hk_buf *out);

#endif
