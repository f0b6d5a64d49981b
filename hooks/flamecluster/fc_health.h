/* fc_health.h - how a cluster's Pods are, counted and in words. */
#ifndef FC_HEALTH_H
#define FC_HEALTH_H

#include "fc_plan.h"

struct fc_health {
    int64_t wanted;        /* executor managers */
    int64_t ready, failed; /* among the wanted */
    bool is_session_ready, is_session_failed;
    bool is_parallel; /* executors do not wait for the session manager */
    bool has_caches;  /* the cache has Pods of its own */
    int64_t caches_wanted, caches_ready;
};

/* fc_health_of - count the observed Pods. */
struct fc_health fc_health_of(const struct fc_observed *observed, int64_t wanted,
                              int64_t caches_wanted);

/* fc_health_session_words, fc_health_executors_words, fc_health_caches_words - "Session Manager not ready: Pod x: why",
 * "3/5 Executor Managers ready: Pod a: why; Pod b: why; Pod c: why; and 1 more", worst first. In
 * arena. */
struct hk_str fc_health_session_words(const struct fc_parent *parent,
                                      const struct fc_observed *observed, struct hk_arena *arena);
struct hk_str fc_health_executors_words(const struct fc_observed *observed,
                                        const struct fc_health *health, struct hk_arena *arena);
struct hk_str fc_health_caches_words(const struct fc_observed *observed,
                                     const struct fc_health *health, struct hk_arena *arena);

#endif
