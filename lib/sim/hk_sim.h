/* hk_sim.h - a cluster in memory for any controller: what Metacontroller, the API server, the
 * kubelets and bad luck would do, on virtual time. Nothing sleeps; the same options give the same run.
 *
 * What is played (source: Metacontroller 4.17, Kubernetes 1.36; restated):
 *
 * - Metacontroller: the finalizer comes first; children are claimed by ownerReference and the label
 *   controller-uid (generateSelector); one hook call a sync; create, update by the kind's strategy
 *   (dynamic-apply's three-way merge), delete what is observed and not desired; status replaced
 *   whole with observedGeneration; resyncAfterSeconds; errors retried with backoff; ETag and 304.
 * - The API server: uid, resourceVersion, generation, defaults, refusals, conflicts, graceful
 *   deletion, finalizers, garbage collection by ownerReference.
 * - Pods: Pending, scheduled, Running and Ready; images that cannot be pulled; eviction, crash
 *   loops, lost nodes, slow termination.
 * - PersistentVolumeClaims: bound a moment later, grown, never shrunk, and kept while a Pod uses them.
 * - StatefulSets: their Pods by ordinal, scaling, roll-outs with partition (and maxUnavailable where the
 *   server knows it), revisions and counts in status. podManagementPolicy Parallel alone.
 * - Caches: the parents and each child kind are observed through a cache of their own, a consistent
 *   snapshot of an earlier moment that only moves forward.
 * - Faults: requests that get lost, answers that get lost, old requests sent again.
 *
 * Not played: Metacontroller's RollingUpdate strategies, server-side apply, admission, cluster-scoped parents.
 *
 * Objects are jansson trees, borrowed ones are const and never change: a write makes a new tree, which shares
 * with the old one what stays the same.
 * threads: one a simulation. Running out of memory fails the simulation for good. */
#ifndef HK_SIM_H
#define HK_SIM_H

#include "hk_hook.h"

#include <jansson.h>

enum hk_sim_update { HK_SIM_IN_PLACE, HK_SIM_ON_DELETE, HK_SIM_RECREATE };

/* A kind of object. Kinds are told apart by `kind` alone: two groups with one Kind cannot meet
 * here. */
struct hk_sim_kind {
    const char *api_version;   /* "v1", "apps/v1" */
    const char *kind;          /* "Pod" */
    const char *resource;      /* "pods": what a customize hook asks for; NULL: cannot be related */
    enum hk_sim_update update; /* of a child kind */
};

/* ---- the hook's side ---- */

struct hk_sim_request {
    enum hk_hook hook;
    struct hk_str body; /* HK_SCAN_PAD readable bytes follow */
    int64_t now_s;
    const char *if_none_match; /* NULL: none */
};

struct hk_sim_answer {
    int status;         /* HTTP status */
    int retry_after_s;  /* of a 429 */
    char etag[64];      /* empty: none */
    struct hk_buf body; /* initialised by the caller, who also frees it */
};

/* One call of a hook, for hk_sim_options.call. Returns 0 when there is an answer, whatever its
 * status, or -1 with err: none came. hk_sim_call_controller - in process; controller is a const
 * struct hk_controller *. */
int hk_sim_call_controller(void *controller, const struct hk_sim_request *request,
                           struct hk_sim_answer *answer, struct hk_err *err);

/* hk_sim_call_http - over HTTP; server is a const struct hk_sim_server *. A connection a call. */
struct hk_sim_server {
    const char *host; /* all borrowed */
    int port;
    const char *path; /* before the hook's name: "/greeting" for POST /greeting/sync */
};
int hk_sim_call_http(void *server, const struct hk_sim_request *request,
                     struct hk_sim_answer *answer, struct hk_err *err);

/* ---- what happened ---- */

enum hk_sim_actor { HK_SIM_USER, HK_SIM_HOOK, HK_SIM_CLUSTER }; /* who caused it */
enum hk_sim_what {
    HK_SIM_CREATED,
    HK_SIM_UPDATED,  /* spec, data, labels or annotations */
    HK_SIM_STATUS,   /* status alone */
    HK_SIM_DELETING, /* deletion was asked for; after holds the deletionTimestamp, NULL when gone at
                        once */
    HK_SIM_GONE,
    HK_SIM_SYNCED, /* a hook answered and its answer was carried out; before = the parent as sent */
    HK_SIM_ERROR,  /* a SyncError; text says what Metacontroller would record */
    HK_SIM_LOST,   /* a request or an answer was lost on purpose */
    HK_SIM_NOTE,   /* something else worth a line: a node went down */
};

/* What one sync saw. Borrowed during the callback. */
struct hk_sim_view {
    const json_t *parent;
    const json_t *const *children; /* in the request's order */
    size_t count;
    enum hk_hook hook;
    struct hk_str answer; /* the response's bytes; absent until there is one */
    const json_t *reply;  /* the same as a tree, children completed with what Metacontroller adds */
};

struct hk_sim_event {
    int64_t at_ms; /* virtual time since the start */
    enum hk_sim_what what;
    enum hk_sim_actor actor;
    const char *kind;
    const json_t *before, *after; /* either may be NULL; borrowed during the callback */
    const struct hk_sim_view
        *view;        /* what the hook saw, when actor is HK_SIM_HOOK or what is SYNCED */
    const char *text; /* may be NULL */
};

struct hk_sim_counters {
    unsigned syncs;        /* calls of sync or finalize that were answered with 200 or 304 */
    unsigned not_modified; /* of these, 304 */
    unsigned errors;       /* SyncErrors */
    unsigned lost;         /* requests and answers lost on purpose */
    unsigned repeated;     /* old requests sent again */
    unsigned impure;       /* of these, answered with other bytes than the first time */
    unsigned created, updated, deleted; /* children, by the hook's will */
    unsigned
        in_vain; /* updates of children that changed nothing: the server has it in another form */
    unsigned status_writes;
};

/* ---- options ---- */

/* How long things take, in virtual milliseconds. Each is stretched by up to jitter_pct percent. */
struct hk_sim_pace {
    int64_t schedule_ms; /* created -> scheduled */
    int64_t start_ms;    /* scheduled -> Running and Ready: pulling, starting, probing */
    int64_t
        stop_ms; /* deletion asked -> gone; -1: the whole grace period (a PID 1 deaf to SIGTERM) */
    int64_t backoff_ms; /* ErrImagePull -> ImagePullBackOff */
    int64_t bind_ms;    /* a claim asks for a volume, or for a larger one -> it has it */
    unsigned jitter_pct;
};
#define HK_SIM_PACE                                                                                \
    ((struct hk_sim_pace){.schedule_ms = 300,                                                      \
                          .start_ms = 3000,                                                        \
                          .stop_ms = 1500,                                                         \
                          .backoff_ms = 10000,                                                     \
                          .bind_ms = 500,                                                          \
                          .jitter_pct = 0})

struct hk_sim_faults {
    unsigned lose_request_pct; /* the hook is not called */
    unsigned lose_answer_pct;  /* it is called, its answer is lost */
    unsigned repeat_pct; /* after an answer the same request is sent once more, as a proxy may */
    int64_t lag_ms;      /* every cache hears of each change up to this much later */
};

struct hk_sim_options {
    const char *controller; /* name of the CompositeController */
    struct hk_sim_kind parent;
    const struct hk_sim_kind *children; /* NULL: hk_sim_core_kinds */
    size_t child_count;
    bool v1;        /* children keyed by name alone, response read loosely */
    bool customize; /* ask the customize hook for related objects */
    bool no_finalize;
    bool no_etag;
    bool max_unavailable; /* feature gate MaxUnavailableStatefulSet: off in Kubernetes up to 1.36 */
    int64_t start_s;      /* 0: 2026-01-01T00:00:00Z */
    uint64_t seed;        /* of jitter, lag and faults */
    struct hk_sim_pace pace;
    int (*call)(void *arg, const struct hk_sim_request *request, struct hk_sim_answer *answer,
                struct hk_err *err);
    void *call_arg;
    void (*on_event)(
        void *arg, const struct hk_sim_event *event); /* may be NULL; must not change the cluster */
    void *event_arg;
};

/* Pods on delete, the rest in place: what most controllers manage. */
extern const struct hk_sim_kind hk_sim_core_kinds[8];

/* ---- life ---- */

struct hk_sim; /* opaque */

/* hk_sim_new - an empty cluster. Strings and arrays in options are borrowed for its whole life.
 * Caller frees. NULL: out of memory. */
struct hk_sim *hk_sim_new(const struct hk_sim_options *options, struct hk_err *err) HK_MUST_USE;
void hk_sim_free(struct hk_sim *sim); /* NULL tolerated */

/* hk_sim_restore - the cluster as one hook request shows it: parent, children and related objects, with their uids,
 * owners and status. Each Pod goes on from the stage that its status says, one that waits for its image or crashes
 * stays so. A StatefulSet's Pods, which no request has, are made from its status. Time begins at the latest time in
 * the request. For a new simulation alone; there are no events. Copies.
 * fails: INVALID: not such a request; another parent's kind; a child of an unknown kind. */
int hk_sim_restore(struct hk_sim *sim, const json_t *request, struct hk_err *err) HK_MUST_USE;

/* hk_sim_step - go on to the next moment at which something happens, not beyond until_ms (since the
 * start). *idle: nothing is pending before until_ms; time is then until_ms. */
int hk_sim_step(struct hk_sim *sim, int64_t until_ms, bool *idle, struct hk_err *err) HK_MUST_USE;

/* hk_sim_run - steps until the cluster settled or for_ms passed. Settled: nothing is pending, or
 * only the hook's own resyncs and nothing changed for 10 virtual minutes, and the last sync did not
 * fail. */
int hk_sim_run(struct hk_sim *sim, int64_t for_ms, bool *settled, struct hk_err *err) HK_MUST_USE;

int64_t hk_sim_now_ms(const struct hk_sim *sim);                         /* since the start */
const struct hk_sim_counters *hk_sim_counters(const struct hk_sim *sim); /* borrowed, live */
/* hk_sim_last_answer - the bytes of the last answer to a sync or finalize; absent: none yet. */
struct hk_str hk_sim_last_answer(const struct hk_sim *sim);
const char *hk_sim_last_error(
    const struct hk_sim *sim); /* text of the last SyncError, NULL: last sync was good */

void hk_sim_set_faults(struct hk_sim *sim, const struct hk_sim_faults *faults); /* copies */
/* hk_sim_poke - have every parent synced now, as a resync would. */
void hk_sim_poke(struct hk_sim *sim);

/* ---- what a user does ---- */

struct hk_sim_ref {
    const char *kind, *namespace, *name;
};

/* hk_sim_put - create the object, or replace all of it but status and what the server owns. Copies.
 * fails: INVALID: no apiVersion, kind or name; another apiVersion for a known Kind; what the API
 * server would refuse. */
int hk_sim_put(struct hk_sim *sim, const json_t *object, struct hk_err *err) HK_MUST_USE;

/* hk_sim_patch - an RFC 7386 merge patch, as `kubectl edit` sends it. fails: NOT_FOUND; INVALID:
 * refused. */
int hk_sim_patch(struct hk_sim *sim, struct hk_sim_ref ref, const json_t *patch,
                 struct hk_err *err) HK_MUST_USE;

int hk_sim_delete(struct hk_sim *sim, struct hk_sim_ref ref,
                  struct hk_err *err) HK_MUST_USE; /* NOT_FOUND */

const json_t *hk_sim_find(const struct hk_sim *sim,
                          struct hk_sim_ref ref); /* live, borrowed; NULL */
/* hk_sim_nth - the live objects of a kind in order of namespace and name; NULL beyond the last. */
const json_t *hk_sim_nth(const struct hk_sim *sim, const char *kind, size_t n);
/* hk_sim_children_left - live objects that some parent owns, or owned before it went. */
size_t hk_sim_children_left(const struct hk_sim *sim);

/* ---- what befalls Pods ---- */

void hk_sim_fail_image(struct hk_sim *sim, const char *image,
                       bool bad); /* later and present waiting Pods */
int hk_sim_evict(struct hk_sim *sim, const char *namespace, const char *name,
                 struct hk_err *err) HK_MUST_USE;
/* hk_sim_crash - CrashLoopBackOff for for_ms, or for good with 0. */
int hk_sim_crash(struct hk_sim *sim, const char *namespace, const char *name, int64_t for_ms,
                 struct hk_err *err) HK_MUST_USE;
/* hk_sim_node - a node stops or starts to answer. Its Pods lose Ready at once, are deleted after
 * 300 s and stay Terminating until it is back. */
void hk_sim_node(struct hk_sim *sim, const char *node, bool up);

/* ---- reading objects ---- */

/* hk_sim_get - the value at a dotted path ("status.executorManager.ready"); NULL: none. */
const json_t *hk_sim_get(const json_t *object, const char *path);
const char *hk_sim_text(const json_t *object, const char *path);      /* "" when it is no string */
int64_t hk_sim_int(const json_t *object, const char *path);           /* 0 when it is no integer */
const char *hk_sim_annotation(const json_t *object, const char *key); /* "" : none */
bool hk_sim_pod_ready(const json_t *pod); /* Running, Ready True and not being deleted */

#endif
