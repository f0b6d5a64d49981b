/* fc_parent.h - the FlameCluster of a request as a struct: metadata, spec with defaults, what was
 * wrong with it, and what the last status said. No JSON beyond this point. */
#ifndef FC_PARENT_H
#define FC_PARENT_H

#include "fc_names.h"
#include "fc_network.h"
#include "hk_cond.h"
#include "hk_hook.h"
#include "hk_qty.h"

#define FC_API_VERSION "flame.xflops.io/v1alpha1"
#define FC_KIND "FlameCluster"

/* "<name>-executor-manager-<i>" is a Pod's hostname, which the kubelet cuts at 63. */
#define FC_NAME_MAX 40
#define FC_REPLICAS_MAX 100000
/* Of a string, in characters, and of requests or limits. The CRD has the same: what its rules cost an
 * API server depends on them. */
#define FC_TEXT_MAX 1024
#define FC_RESOURCES_MAX 64
#define FC_PULL_SECRETS_MAX 64
#define FC_CACHES_MAX 1000

/* The session manager's and the cache's volume. */
#define FC_DATA_DIR "/var/lib/flame"
/* Of a problem's path, in bytes: room for any name that a resource may have. */
#define FC_PATH_MAX 384

/* One entry of resources.requests or .limits. */
struct fc_quantity {
    struct hk_str name; /* "cpu", "memory", "nvidia.com/gpu" */
    struct hk_qty qty;  /* canonical, as the API server writes it back */
};

/* Ascending by name. */
struct fc_quantities {
    struct fc_quantity *items;
    size_t count, cap;
};

struct fc_resources {
    struct fc_quantities limits, requests;
};

/* What all components have. Absent and empty strings are one: the reference's default is "". */
struct fc_component {
    struct hk_str image;
    struct fc_resources resources;
    const char *pull_policy; /* "Always", "IfNotPresent" or "Never"; NULL: unset */
    struct hk_str
        pod_template; /* raw JSON of an object, HK_SCAN_PAD readable bytes follow; absent: none */
};

/* slotResources as it was written: "2", "1536Mi". {NULL,0}: not given; empty: not readable, and reported. */
struct fc_slot_resources {
    struct hk_str cpu, memory, gpu;
    bool is_set;
};

/* A key of a Secret in the FlameCluster's namespace. */
struct fc_secret_key {
    struct hk_str name, key;
    bool is_set, has_ref; /* storageFrom is there, and secretKeyRef in it */
};

/* How a claim's volume may be mounted; a bit each of fc_persistence.access_modes. */
enum fc_access_mode {
    FC_READ_WRITE_ONCE,
    FC_READ_WRITE_MANY,
    FC_READ_WRITE_ONCE_POD,
    FC_ACCESS_MODE_COUNT
};

/* A PersistentVolumeClaim at FC_DATA_DIR instead of the Pod's own disk. Valid: a size or an existing claim. */
struct fc_persistence {
    bool is_set;
    bool has_size, has_storage_class;
    struct hk_qty size;
    struct hk_str storage_class; /* "" is a value too: no class */
    unsigned access_modes;       /* 0: unset */
    struct hk_str existing_claim;
};

struct fc_session_manager {
    struct fc_component component;
    struct fc_service_options service;
    struct hk_str slot, policy, storage; /* slot: also what slotResources amount to */
    struct fc_slot_resources slot_resources;
    struct fc_secret_key storage_from;
    struct fc_persistence persistence;
};

/* 2 or "25%". */
struct fc_count {
    int64_t value;
    bool is_percent;
};

enum fc_update { FC_ROLLING_UPDATE, FC_ON_DELETE, FC_RECREATE };

/* How executor managers of an old template are replaced. */
struct fc_update_strategy {
    enum fc_update type;
    struct fc_count max_unavailable; /* FC_ROLLING_UPDATE: a percentage is of the replicas */
    bool is_paused;                  /* the session manager is not replaced either */
};

/* A PodDisruptionBudget over the executor managers. */
struct fc_disruption_budget {
    bool is_set, has_min, has_max; /* exactly one of the two when the spec is valid */
    struct fc_count min_available, max_unavailable;
};

struct fc_executor_manager {
    struct fc_component component;
    int64_t replicas;
    struct hk_str shim;
    int64_t max_executors; /* 0: unset */
    struct fc_update_strategy update;
    struct fc_disruption_budget disruption;
    bool is_stateful; /* workload: a StatefulSet makes the Pods */
};

/* Without an image the executor managers serve the cache, and nothing but network_interface and storage counts. */
struct fc_object_cache {
    struct fc_component component;
    int64_t replicas;
    struct fc_service_options service;
    struct hk_str network_interface, storage;
    struct fc_persistence persistence;
};

/* Flame's own TLS. */
struct fc_tls {
    struct hk_str secret_name; /* tls.crt and tls.key, and ca.crt unless client_ca is set */
    struct hk_str client_ca;   /* the Secret of ca.crt */
    bool is_set;
    bool is_cache_plain; /* objectCache: false */
};

/* A Secret of imagePullSecrets, and where in the list it stands. */
struct fc_pull_secret {
    struct hk_str name;
    size_t at;
};

/* In the order given: the kubelet tries them so. */
struct fc_pull_secrets {
    struct fc_pull_secret *items;
    size_t count, cap;
};

struct fc_spec {
    struct fc_session_manager session;
    struct fc_executor_manager executor;
    struct fc_object_cache cache;
    bool is_parallel;  /* startupPolicy: executors do not wait for the session manager */
    bool is_suspended; /* no Pods, whatever replicas says */
    struct fc_pull_secrets pull_secrets;
    bool is_restricted; /* podSecurity, else Baseline */
    struct fc_tls tls;
    struct fc_network_policy network;
};

/* status as it was written last: memory, never truth. Anything unreadable in it is absent. */
struct fc_old_status {
    struct hk_str state, config_hash;
    struct hk_str session_endpoint, cache_endpoint;
    int64_t config_generation; /* 0: unknown */
    int64_t executor_ready, executor_replicas, executor_updated;
    int64_t cache_ready, cache_replicas;
    bool has_caches; /* cache_replicas was written: the cache had Pods of its own */
    struct hk_cond_list conditions;
};

struct fc_parent {
    struct hk_str name, namespace; /* namespace {NULL,0}: not given */
    struct fc_names names;
    int64_t generation;
    struct fc_spec spec;         /* meaningful only when valid */
    struct hk_problems problems; /* errors and warnings */
    bool is_valid;               /* no error among the problems */
    struct fc_old_status status;
};

/* fc_parent_read - one FlameCluster. Strings are copied to arena. A spec of any shape is read: what
 * is wrong with it goes to out->problems. The scanner fails (INVALID) only for what no FlameCluster
 * can be: no object, another apiVersion or kind, no metadata.name, a key twice. in: s before the
 * object; arena, out not NULL. */
void fc_parent_read(struct hk_scan *s, struct hk_arena *arena, struct fc_parent *out);

/* fc_old_status_read - the part of it that reads status. in: s before the value. */
void fc_old_status_read(struct hk_scan *s, struct hk_arena *arena, struct fc_old_status *out);

/* fc_problem_add - one more error, fc_warning_add - one more warning, with the condition's reason for it
 * (CamelCase, static). The first one of a path stays: a value of the wrong type is not also reported missing. */
void fc_problem_add(struct fc_parent *parent, struct hk_arena *arena, const char *path,
                    const char *format, ...) HK_PRINTF(4, 5);
void fc_warning_add(struct fc_parent *parent, struct hk_arena *arena, const char *reason,
                    const char *path, const char *format, ...) HK_PRINTF(5, 6);

/* fc_spec_has_caches - does the cache have Pods of its own? */
static inline bool fc_spec_has_caches(const struct fc_spec *spec)
{
    return spec->cache.component.image.len > 0;
}

/* fc_spec_cache_storage - the cache's folder; absent: it keeps nothing on disk. */
struct hk_str fc_spec_cache_storage(const struct fc_spec *spec);

/* fc_spec_check - the rules that need the whole spec; called by fc_parent_read. Those of one area each are in files
 * of their own. */
void fc_spec_check(struct fc_parent *parent, struct hk_arena *arena);

/* fc_check_executor_manager - those of executorManager that are about more than one field; called by fc_spec_check. */
void fc_check_executor_manager(struct fc_parent *parent, struct hk_arena *arena);
/* Parts of it, each in a file of its own: fc_pod_templates_check - each component's podTemplate;
 * fc_warnings_check - what is allowed, but mostly not meant. */
void fc_pod_templates_check(struct fc_parent *parent, struct hk_arena *arena);
void fc_warnings_check(struct fc_parent *parent, struct hk_arena *arena);
/* fc_check_slot_resources - and where they are good, the slot is made from them. */
void fc_check_slot_resources(struct fc_parent *parent, struct hk_arena *arena);

/* fc_check_secrets - storageFrom and tls. */
void fc_check_secrets(struct fc_parent *parent, struct hk_arena *arena);

/* fc_storage_check - NULL when text is a place to store sessions at ("none", "sqlite://flame.db"), else the rule
 * (static). */
const char *fc_storage_check(struct hk_str text);

/* fc_check_persistence - claims, and what else only makes sense for a cache with Pods of its own. */
void fc_check_persistence(struct fc_parent *parent, struct hk_arena *arena);

/* fc_count_parse - a whole number that is 0 or more: digits only, at most 15 of them, so that counting on cannot
 * overflow. false, and *count untouched: anything else. */
bool fc_count_parse(struct hk_str text, int64_t *count);

/* fc_slot_check - NULL when text is a slot ("cpu=2,mem=4g,gpu=1"), else what is wrong (static). */
const char *fc_slot_check(struct hk_str text);

#endif
