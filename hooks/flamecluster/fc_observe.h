/* fc_observe.h - the observed children of a request as compact structs: a few dozen bytes a Pod
 * instead of its 9 kB of JSON. Reading needs nothing of the parent, so the parts of a request may
 * come in any order. */
#ifndef FC_OBSERVE_H
#define FC_OBSERVE_H

#include "fc_parent.h"
#include "hk_hash.h"

/* Metacontroller's key of the kind. */
#define FC_STATEFUL_SET "StatefulSet.apps/v1"

/* One Pod. Ready: phase Running, condition Ready True, not being deleted. */
struct fc_pod {
    struct hk_str name;
    struct hk_str reason, message; /* why it is not Ready, the Pod's own words; absent when Ready */
    int64_t ended_s;               /* when it ended; 0: it did not, or nobody wrote when */
    int64_t index;                 /* executor managers and caches: the number in its name */
    char hash[17];                 /* flame.xflops.io/template-hash; empty: none */
    bool is_ready, is_terminating;
    bool is_ended;  /* phase Failed or Succeeded: it never runs again */
    bool is_failed; /* phase Failed, or a container that cannot start */
};

/* Any other child: just enough to ask for it again exactly as it is. Raw JSON, copied. */
struct fc_object {
    struct hk_str kind; /* "Service.v1": Metacontroller's key */
    struct hk_str name;
    struct hk_str labels, annotations, managed_fields, data, binary_data, spec, status, type;
    int64_t generation;
    bool is_terminating;
    bool is_immutable; /* ConfigMaps */
};

/* The executor managers' StatefulSet. */
struct fc_stateful {
    int64_t replicas, partition;  /* that it was asked for */
    char hash[17];                /* of its Pods' template; empty: none */
    int64_t pods, ready, updated; /* that its controller counted; pods: the terminating ones too */
    bool is_fresh;                /* it counted after the last change of the spec */
    bool is_rolled;               /* it knows of no template but the last */
    bool is_terminating;
    bool lacks_max_unavailable; /* it rolls out, and the API server took the field away */
};

/* Pods as they were read. Blocks instead of one array that moves as it grows: an arena keeps what was
 * moved away from. */
#define FC_POD_BLOCK 32
struct fc_pod_block {
    struct fc_pod_block *older;
    size_t count;
    struct fc_pod items[FC_POD_BLOCK];
};

/* Pods of one role. Those with an index by ascending index, no index twice; strangers by name. */
struct fc_pod_set {
    const struct fc_pod **items;
    size_t count;
};

/* What the Secrets that a spec names come to. */
struct fc_references {
    bool has_any;          /* the spec names a Secret */
    const char *reason;    /* why one cannot be followed, a condition's reason; NULL: all can */
    struct hk_str message; /* the details of all, without a word of what is in them */

    struct hk_str storage;         /* storageFrom's value; absent: none, or it cannot be followed */
    struct hk_str storage_version; /* "<uid>/<resourceVersion>" of its Secret */
    struct hk_str ca_secret;       /* where ca.crt is; absent: no tls */
    /* Of tls.crt and ca.crt, and of ca.crt alone. A key changes with its certificate, so that nothing has to be
     * made from it that others may read. */
    char server_hash[HK_HASH64_SIZE], client_hash[HK_HASH64_SIZE];
};

struct fc_observed {
    struct fc_pod_block *pods; /* the newest block first */
    size_t pod_count;
    struct fc_object *objects; /* in the request's order; sorted by kind and name later */
    size_t object_count, object_cap;

    /* Set by fc_observe_sort. */
    const struct fc_pod *session; /* NULL: there is none */
    struct fc_pod_set executors, caches;
    struct fc_pod_set strangers;        /* other Pods of ours: nothing asks for them */
    const struct fc_stateful *stateful; /* NULL */
    const struct fc_object *config, *session_service, *cache_service; /* NULL */
    const struct fc_object *config_secret; /* the config in the other form; NULL */

    struct fc_references references; /* set by fc_references_resolve */
};

/* fc_observe_child - read one child of a request (a callback of hk_request_read's shape).
 * fails through s: INVALID for a field of the wrong type, or a child that is not filed under
 * Kind.version and its name: there would be no asking for it again. */
void fc_observe_child(struct fc_observed *observed, struct hk_arena *arena,
                      const struct hk_object_key *key, struct hk_scan *s);

/* fc_observe_sort - find out who is who by name, once the parent is known. Returns 0, or -1:
 * INVALID when a child is there twice, MEMORY. */
int fc_observe_sort(struct fc_observed *observed, struct hk_arena *arena,
                    const struct fc_names *names, struct hk_err *err) HK_MUST_USE;

/* fc_observed_find - the child of this kind ("Service.v1") and name; NULL: not observed. */
const struct fc_object *fc_observed_find(const struct fc_observed *observed, const char *kind,
                                         struct hk_str name);

/* fc_stateful_read - fails: INVALID for a field of the wrong type; MEMORY. */
int fc_stateful_read(const struct fc_object *object, struct hk_arena *arena,
                     struct fc_stateful *out, struct hk_err *err) HK_MUST_USE;

/* fc_stateful_pods_left - how many Pods it may still have, and make: 0 only when it was asked for none and its
 * controller saw the last one go. NULL tolerated: none. */
int64_t fc_stateful_pods_left(const struct fc_stateful *set);

/* fc_observed_pods - all Pods that are left, whoever makes them; fc_observed_executors - the executor managers. */
int64_t fc_observed_pods(const struct fc_observed *observed);
int64_t fc_observed_executors(const struct fc_observed *observed);

/* fc_raw_member - the string under a key of a raw object (annotations, data), copied to arena; absent or not
 * a string: {NULL,0}. */
struct hk_str fc_raw_member(struct hk_str raw, const char *key, struct hk_arena *arena);

#endif
