/* fc_names.h - the names and addresses that follow from a cluster's name. */
#ifndef FC_NAMES_H
#define FC_NAMES_H

#include "hk_mem.h"

struct fc_names {
    struct hk_str cluster;           /* borrowed from the parent */
    struct hk_str config;            /* <name>-config */
    struct hk_str session_manager;   /* <name>-session-manager: Pod and Service */
    struct hk_str object_cache;      /* <name>-object-cache */
    struct hk_str executor_manager;  /* <name>-executor-manager: what stands for all of them */
    struct hk_str executor_prefix;   /* <name>-executor-manager- */
    struct hk_str cache_prefix;      /* <name>-object-cache- */
    struct hk_str session_address;   /* <name>-session-manager:8080 */
    struct hk_str cache_address;     /* <name>-object-cache:9090 */
    struct hk_str session_endpoint;  /* http://<name>-session-manager:8080 */
    struct hk_str cache_endpoint;    /* grpc://<name>-object-cache:9090 */
    struct hk_str executor_selector; /* a label selector, as kubectl and /scale take it */
};

/* fc_names_make - all of them, in arena; absent ones when it is out of memory. */
void fc_names_make(struct fc_names *names, struct hk_arena *arena, struct hk_str cluster);

/* fc_names_secure - the endpoints with TLS, in arena: https and, where the cache has it too, grpcs. */
void fc_names_secure(struct fc_names *names, struct hk_arena *arena, bool has_cache_tls);

#endif
