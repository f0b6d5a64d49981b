/* hk_sim_impl.h - what the files of the simulation share; nobody else includes it. */
#ifndef HK_SIM_IMPL_H
#define HK_SIM_IMPL_H

#include "hk_qty.h"
#include "hk_sim.h"
#include "hk_time.h"

#include <stdlib.h>

/* One version of an object. Never changes, so store, caches and requests share it by count. */
struct sim_version {
    unsigned refs;
    json_t *json;
    char *text; /* compact, sorted keys; made when a request first needs it */
    size_t text_len;
    unsigned wanted_by; /* the last answer that wants it, as hk_sim.manages counts them */
    const char *namespace, *name, *uid; /* within json; "" when it has none */
    const char *owner;                  /* uid of the controlling owner, within json; NULL: none */
    bool is_ready;                      /* of a Pod */
};

/* Versions in order of namespace and name. */
struct sim_list {
    struct sim_version **items;
    size_t count, cap;
};

/* What a cache has still to hear. */
struct sim_change {
    int64_t due_ms;
    struct sim_version *version;
    bool is_gone;
};

/* All objects of one kind: the truth, and the cache that follows it. */
struct sim_shelf {
    struct hk_sim_kind kind;
    bool is_child, is_parent;
    struct sim_list live, seen;
    struct sim_change *changes; /* [heard, change_count) are pending, in order of due_ms */
    size_t heard, change_count, change_cap;
    char *owned[3]; /* strings of a kind that nobody declared */
};

enum sim_stage {
    POD_CREATED,
    POD_SCHEDULED,
    POD_RUNNING,
    POD_PULL_FAILED, /* ErrImagePull */
    POD_BACKOFF,     /* ImagePullBackOff */
    POD_CRASHED,
    POD_ENDED,
    POD_STOPPING,
};

/* The kubelet's own memory of one Pod. */
struct sim_pod {
    char *uid, *namespace, *name;
    enum sim_stage stage;
    int64_t due_ms;      /* of the next stage; SIM_NEVER: none */
    int64_t evict_at_ms; /* node lost: when the Pod gets deleted; SIM_NEVER */
    int restarts;
    bool is_lost;         /* its node does not answer */
    bool is_gone;         /* its object is */
    bool waits_for_claim; /* no node takes it before */
};

/* A claim that gets its volume, or a larger one, in a moment. */
struct sim_binding {
    char *uid, *namespace, *name;
    int64_t due_ms;
};

/* The StatefulSet controller's memory of one set: the template of its current revision. */
struct sim_set {
    char *uid;
    json_t *current;
};

/* A parent's place in the work queue. */
struct sim_work {
    char *uid, *namespace, *name;
    int64_t due_ms;    /* queued for then; SIM_NEVER */
    int64_t resync_ms; /* resyncAfterSeconds; SIM_NEVER */
    int64_t last_ms;   /* last sync */
    size_t children;   /* that it had then */
    unsigned failures;
    bool has_error;                      /* the last sync ended in a SyncError */
    int retry_after_s;                   /* of the last call: a 429 said so; else 0 */
    char etag[HK_HOOK_COUNT][64];        /* of the last answer, for If-None-Match; empty: none */
    struct hk_buf cached[HK_HOOK_COUNT]; /* that answer; HK_SCAN_PAD readable bytes follow */
    json_t *reply[HK_HOOK_COUNT];        /* that answer as a tree; NULL: not read yet */
    json_t *known[HK_HOOK_COUNT];        /* its children by the hash of their bytes */
    json_t *related_rules;               /* the customize hook's answer */
    int64_t related_generation;
};

struct sim_names { /* a set of strings: bad images, lost nodes */
    char **items;
    size_t count;
};

struct hk_sim {
    struct hk_sim_options options;
    struct hk_sim_faults faults;
    int64_t now_ms;     /* since the start */
    int64_t changed_ms; /* last time something was written */
    uint64_t random, uids;
    int64_t resource_version;
    unsigned ips, node_ports, nodes;
    unsigned manages; /* answers carried out */
    bool failed;      /* out of memory */

    struct sim_shelf **shelves; /* the parents' is the first */
    size_t shelf_count;
    struct sim_pod *pods;
    size_t pod_count, pod_cap;
    struct sim_binding *bindings;
    size_t binding_count;
    struct sim_set *sets;
    size_t set_count;
    int64_t sets_due_ms; /* when the StatefulSet controller looks again; SIM_NEVER */
    struct sim_work *works;
    size_t work_count, work_cap;
    struct sim_names bad_images, lost_nodes;

    struct hk_sim_counters counters;
    struct hk_buf request, spare; /* of the next call, to be filled; once grown, they stay */
    struct hk_str last_answer;    /* in some parent's cache */
    char last_error[512];
    enum hk_sim_actor actor;        /* on whose behalf writes happen now */
    const struct hk_sim_view *view; /* of the sync that is being carried out */
};

#define SIM_NEVER INT64_MAX
#define SIM_LAST_APPLIED "metacontroller.k8s.io/last-applied-configuration"
#define SIM_UID_LABEL "controller-uid"

/* hk_sim_json.c - trees. A NULL value or failed set marks the simulation failed. */
void hk_sim_set(struct hk_sim *sim, json_t *object, const char *key, json_t *steals_value);
void hk_sim_set_text(struct hk_sim *sim, json_t *object, const char *key, const char *text);
void hk_sim_set_int(struct hk_sim *sim, json_t *object, const char *key, int64_t value);
void hk_sim_default(struct hk_sim *sim, json_t *object, const char *key, json_t *steals_value);
void hk_sim_append(struct hk_sim *sim, json_t *array, json_t *steals_value);
json_t *hk_sim_child(struct hk_sim *sim, json_t *object,
                     const char *key);                       /* made when missing; borrowed */
json_t *hk_sim_copy(struct hk_sim *sim, const json_t *tree); /* new */
/* hk_sim_revise - the object anew, sharing all but its metadata with the old one: other members may be replaced,
 * and hk_sim_own makes one that may be changed, borrowed. */
json_t *hk_sim_revise(struct hk_sim *sim, const json_t *object);
json_t *hk_sim_own(struct hk_sim *sim, json_t *object, const char *key);
void hk_sim_free_text(char *text);                         /* what jansson allocated */
char *hk_sim_strdup(struct hk_sim *sim, const char *text); /* new */
const char *hk_sim_owner_uid(const json_t *object); /* of the controlling owner; NULL: none */
bool hk_sim_has_finalizer(const json_t *object, const char *name);
int hk_sim_compare(const struct sim_version *version, const char *namespace, const char *name);
bool hk_sim_names_have(const struct sim_names *names, const char *name);
void hk_sim_names_set(struct hk_sim *sim, struct sim_names *names, const char *name, bool present);
void hk_sim_names_fini(struct sim_names *names);

/* hk_sim_store.c - the API server. */
struct sim_shelf *hk_sim_shelf_find(const struct hk_sim *sim, const char *kind);
struct sim_shelf *hk_sim_shelf_add(struct hk_sim *sim, const struct hk_sim_kind *kind);
/* hk_sim_store_load - an object that was there before the simulation; nobody is told. */
void hk_sim_store_load(struct hk_sim *sim, struct sim_shelf *shelf, json_t *steals_object);
/* hk_sim_shelf_for - of the object's kind, made for one that nobody declared; hk_sim_user.c. fails: INVALID. */
struct sim_shelf *hk_sim_shelf_for(struct hk_sim *sim, const json_t *object, struct hk_err *err);

/* hk_sim_list.c */
struct sim_version *hk_sim_version_new(struct hk_sim *sim,
                                       json_t *steals_json); /* NULL: out of memory */
void hk_sim_version_free(struct sim_version *version); /* one reference less; NULL tolerated */
/* hk_sim_version_text - compact, sorted keys; borrowed; NULL: out of memory. */
const char *hk_sim_version_text(struct hk_sim *sim, struct sim_version *version, size_t *len);
struct sim_version *hk_sim_list_find(const struct sim_list *list, const char *namespace,
                                     const char *name);
void hk_sim_list_put(struct hk_sim *sim, struct sim_list *list, struct sim_version *version);
void hk_sim_list_drop(struct sim_list *list, const char *namespace, const char *name);
void hk_sim_list_fini(struct sim_list *list);

/* hk_sim_store_create - steals object. fails: INVALID: the server refuses it; NOT_FOUND: somebody was
 * faster and it exists already, which the next sync sees. */
int hk_sim_store_create(struct hk_sim *sim, struct sim_shelf *shelf, json_t *steals_object,
                        struct hk_err *err);
/* hk_sim_store_replace - steals object; what the server owns is kept. expected_version "" matches any.
 * fails: INVALID: refused; NOT_FOUND: somebody was faster, it is gone or another version. */
int hk_sim_store_replace(struct hk_sim *sim, struct sim_shelf *shelf, json_t *steals_object,
                         const char *expected_version, struct hk_err *err);
/* What the server owns in an object is taken from the live one. */
void hk_sim_carry_server_fields(struct hk_sim *sim, json_t *object, const json_t *live);
/* hk_sim_write_status - steals status. */
void hk_sim_store_write_status(struct hk_sim *sim, struct sim_shelf *shelf,
                               const struct sim_version *old, json_t *steals_status);
/* hk_sim_store_bind - a Pod to its node, a claim to its volume. */
void hk_sim_store_bind(struct hk_sim *sim, struct sim_shelf *shelf, const struct sim_version *old,
                       const char *to, json_t *steals_status);
void hk_sim_store_set_finalizer(struct hk_sim *sim, struct sim_shelf *shelf,
                                struct sim_version *old, const char *name, bool present);
/* hk_sim_store_delete - as DELETE with a uid precondition (NULL: any). Fails: NOT_FOUND; INVALID:
 * another uid. */
int hk_sim_store_delete(struct hk_sim *sim, struct sim_shelf *shelf, struct hk_sim_ref ref,
                        const char *uid, struct hk_err *err);
void hk_sim_store_remove(struct hk_sim *sim, struct sim_shelf *shelf,
                         struct sim_version *version);           /* for good */
void hk_sim_tell(struct hk_sim *sim, struct hk_sim_event event); /* fills in time, actor, view */

/* hk_sim_defaults.c */
void hk_sim_defaults(struct hk_sim *sim, json_t *object);

/* hk_sim_service.c - carry: what an update keeps of the live one, and gives up with the type. */
void hk_sim_service_carry(struct hk_sim *sim, json_t *object, const json_t *live);
void hk_sim_service_default(struct hk_sim *sim, json_t *spec);
const char *hk_sim_service_refuse(const json_t *spec); /* NULL: fine */
const char *hk_sim_service_refuse_update(const json_t *live, const json_t *object);

/* hk_sim_validate.c - fails: INVALID, in the API server's words. */
int hk_sim_validate(const json_t *object, struct hk_err *err);
int hk_sim_validate_update(const json_t *live, const json_t *object, struct hk_err *err);

/* hk_sim_cache.c */
void hk_sim_cache_announce(struct hk_sim *sim, struct sim_shelf *shelf, struct sim_version *version,
                           bool is_gone);
int64_t hk_sim_cache_next(const struct hk_sim *sim);
void hk_sim_cache_deliver(struct hk_sim *sim);

/* hk_sim_pods.c, hk_sim_podstatus.c */
void hk_sim_pods_admit(struct hk_sim *sim, const json_t *pod);
void hk_sim_pods_stop(struct hk_sim *sim, const json_t *pod);
void hk_sim_pods_gone(struct hk_sim *sim, const struct sim_version *pod);
void hk_sim_pods_wake(struct hk_sim *sim); /* those that wait for a claim look again */
void hk_sim_pods_restore(struct hk_sim *sim,
                         const json_t *pod); /* at the stage that its status says */
void hk_sim_pods_start(struct hk_sim *sim, const json_t *pod,
                       bool ready); /* on a node from now on */
int64_t hk_sim_pods_next(const struct hk_sim *sim);
void hk_sim_pods_live(struct hk_sim *sim);
void hk_sim_pods_fini(struct hk_sim *sim);
/* hk_sim_condition - of an object's status, borrowed; NULL: it has none of this type. */
const json_t *hk_sim_condition(const json_t *object, const char *type);
json_t *hk_sim_pod_status(struct hk_sim *sim, const struct sim_pod *pod,
                          const json_t *object); /* new */

/* hk_sim_volumes.c */
void hk_sim_volumes_admit(struct hk_sim *sim, const json_t *claim); /* new, or asked to grow */
int64_t hk_sim_volumes_next(const struct hk_sim *sim);
void hk_sim_volumes_live(struct hk_sim *sim);
void hk_sim_volumes_fini(struct hk_sim *sim);
/* hk_sim_volumes_missing - must the Pod wait for a claim? why: the scheduler's words. */
bool hk_sim_volumes_missing(const struct hk_sim *sim, const json_t *pod, char *why, size_t size);
void hk_sim_volumes_release(struct hk_sim *sim); /* claims that are to go and serve no Pod go */
void hk_sim_volumes_default(struct hk_sim *sim, json_t *claim);
const char *hk_sim_volumes_refuse(const json_t *claim); /* NULL: fine */
const char *hk_sim_volumes_refuse_update(const json_t *live, const json_t *claim);
/* hk_sim_sets.c - hk_sim_sets_wake: an object of this kind changed. */
void hk_sim_sets_wake(struct hk_sim *sim, const char *kind);
/* hk_sim_sets_restore - a loaded set's Pods, from its status; those not Ready are the highest, and on their way. */
void hk_sim_sets_restore(struct hk_sim *sim, const json_t *set);
int64_t hk_sim_sets_next(const struct hk_sim *sim);
void hk_sim_sets_live(struct hk_sim *sim);
void hk_sim_sets_fini(struct hk_sim *sim);

/* hk_sim_merge.c - dynamic-apply's three-way merge. */
json_t *hk_sim_merge(struct hk_sim *sim, const json_t *observed, const json_t *last,
                     const json_t *desired); /* new */

/* hk_sim_queue.c - when which parent is synced. */
struct sim_work *hk_sim_work_get(struct hk_sim *sim,
                                 const json_t *parent); /* NULL: out of memory */
void hk_sim_enqueue(struct hk_sim *sim, const json_t *parent);
void hk_sim_enqueue_uid(struct hk_sim *sim, const char *uid);
int64_t hk_sim_work_next(const struct hk_sim *sim, bool with_resyncs);
void hk_sim_work_run(struct hk_sim *sim);
void hk_sim_work_fini(struct sim_work *work);

/* What one sync of a parent works on. */
struct sim_claim {
    struct sim_list *lists;   /* claimed children, one list a shelf */
    struct sim_list *related; /* what the customize hook asked for, likewise */
    bool finalizing;
};

/* hk_sim_sync.c - one sync of one parent. Returns 0, or -1: to be retried. */
int hk_sim_sync(struct hk_sim *sim, struct sim_work *work);

/* hk_sim_claim.c */
void hk_sim_claim(struct hk_sim *sim, const json_t *parent, struct sim_claim *claims);

/* hk_sim_children.c */
json_t *hk_sim_owner_ref(const json_t *parent); /* new */
int hk_sim_manage(struct hk_sim *sim, const json_t *parent, const struct sim_claim *claims,
                  const json_t *desired, struct hk_err *err);

/* hk_sim_related.c - what the customize hook asked for, into claim->related. Returns 0, or -1. */
int hk_sim_related(struct hk_sim *sim, struct sim_work *work, struct sim_version *parent,
                   struct sim_claim *claim, struct hk_err *err);

/* hk_sim_wire.c - requests. hk_sim_pad: makes the content fit for a scanner. */
void hk_sim_pad(struct hk_buf *out);
void hk_sim_build_request(struct hk_sim *sim, struct sim_version *parent,
                          const struct sim_claim *claim, struct hk_buf *out);
void hk_sim_build_customize(struct hk_sim *sim, struct sim_version *parent, struct hk_buf *out);

/* hk_sim_answer.c
 * hk_sim_read_answer - the response checked as Metacontroller decodes it; new tree, NULL with err. A child whose
 * bytes were in the last answer as well is the same tree. HK_SCAN_PAD readable bytes follow body. */
json_t *hk_sim_read_answer(const struct hk_sim *sim, struct hk_str body, json_t **known,
                           struct hk_err *err);

/* hk_sim_call.c - the call itself: ETag, lost and repeated requests. Returns the answer's bytes,
 * borrowed until the next call for this parent and hook, or absent with err. */
struct hk_str hk_sim_call_hook(struct hk_sim *sim, struct sim_work *work, enum hk_hook hook,
                               struct hk_buf *request, struct hk_err *err);

/* hk_sim_random.c */
uint64_t hk_sim_random(struct hk_sim *sim);
bool hk_sim_chance(struct hk_sim *sim, unsigned percent);
int64_t hk_sim_jitter(struct hk_sim *sim, int64_t ms);
void hk_sim_uid(struct hk_sim *sim, char uid[37]);
void hk_sim_time_text(const struct hk_sim *sim, int64_t at_ms, char text[HK_TIME_SIZE]);
int64_t hk_sim_now_s(const struct hk_sim *sim);

#endif
