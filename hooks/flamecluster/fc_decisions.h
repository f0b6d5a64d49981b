/* fc_decisions.h - what an answer decided, told to a report: read off the plan, and of no influence on the answer. */
#ifndef FC_DECISIONS_H
#define FC_DECISIONS_H

#include "fc_answer.h"

/* Enum suffix, action, reason, does it change something, words. Every one stands in docs/reference/metrics.md. The order is that
 * of a report. */
#define FC_DECISIONS(X)                                                                            \
    X(CREATE_MISSING, "create", "Missing", true, "it is wanted and not there")                     \
    X(CREATE_SCALED_UP, "create", "ScaledUp", true, "more replicas are wanted")                    \
    X(UPDATE_CONFIG, "update", "ConfigChanged", true, "the configuration file changed")            \
    X(UPDATE_TEMPLATE, "update", "TemplateChanged", true, "its Pods' template changed")            \
    X(UPDATE_SCALED_UP, "update", "ScaledUp", true, "more replicas are wanted")                    \
    X(UPDATE_SCALED_DOWN, "update", "ScaledDown", true, "fewer replicas are wanted")               \
    X(UPDATE_RECREATE, "update", "Recreate", true, "its Pods all go before new ones come")         \
    X(UPDATE_SUSPENDED, "update", "Suspended", true, "spec.suspend is true")                       \
    X(UPDATE_WORKLOAD, "update", "WorkloadSwitched", true,                                         \
      "Pods of the other workload replace it")                                                     \
    X(UPDATE_FINALIZING, "update", "Finalizing", true, "the FlameCluster is being deleted")        \
    X(UPDATE_CACHE, "update", "ObjectCacheSwitched", true, "others serve the object cache now")    \
    X(REPLACE_TEMPLATE, "replace", "TemplateChanged", true, "its template changed")                \
    X(REPLACE_NOT_READY, "replace", "StaleNotReady", true,                                         \
      "its template changed, and it is not ready anyway")                                          \
    X(REPLACE_ENDED, "replace", "Ended", true, "it ended")                                         \
    X(REPLACE_EVICTED, "replace", "Evicted", true, "it was evicted")                               \
    X(REPLACE_BEYOND_REPAIR, "replace", "BeyondRepair", true,                                      \
      "somebody changed it so that no update can undo it")                                         \
    X(REMOVE_SCALED_DOWN, "remove", "ScaledDown", true, "fewer replicas are wanted")               \
    X(REMOVE_SUSPENDED, "remove", "Suspended", true, "spec.suspend is true")                       \
    X(REMOVE_WORKLOAD, "remove", "WorkloadSwitched", true,                                         \
      "those of the other workload replace it")                                                    \
    X(REMOVE_UNWANTED, "remove", "Unwanted", true, "the spec does not ask for it")                 \
    X(REMOVE_FINALIZING, "remove", "Finalizing", true, "the FlameCluster is being deleted")        \
    X(WAIT_CONFIG, "wait", "ConfigNotReady", false, "the configuration is not there yet")          \
    X(WAIT_CLAIM, "wait", "ClaimMissing", false, "its PersistentVolumeClaim is not there yet")     \
    X(WAIT_SESSION, "wait", "SessionManagerNotReady", false, "the session manager is not ready")   \
    X(WAIT_EXECUTORS, "wait", "ExecutorsNotReady", false,                                          \
      "the executor managers cannot serve the object cache yet")                                   \
    X(WAIT_CACHE, "wait", "ObjectCacheNotReady", false,                                            \
      "the object cache's own Pods cannot serve it yet")                                           \
    X(WAIT_WORKLOAD, "wait", "WorkloadSwitching", false,                                           \
      "Pods of the other workload have the names")                                                 \
    X(WAIT_ENDED, "wait", "EndedRecently", false, "it ended moments ago")                          \
    X(WAIT_LEAVING, "wait", "PodsLeaving", false, "other Pods go first")                           \
    X(WAIT_SECRET, "wait", "SecretNotFound", false, "a Secret that the spec names is not there")   \
    X(WAIT_SECRET_KEY, "wait", "SecretKeyNotFound", false,                                         \
      "a Secret that the spec names lacks the key")                                                \
    X(WAIT_SECRET_INVALID, "wait", "SecretInvalid", false,                                         \
      "a Secret that the spec names holds nothing usable")                                         \
    X(BLOCK_UNAVAILABLE, "block", "MaxUnavailable", false, "no more may be unavailable at once")   \
    X(BLOCK_PAUSED, "block", "Paused", false, "updateStrategy.paused is true")                     \
    X(BLOCK_ON_DELETE, "block", "OnDelete", false, "updateStrategy.type is OnDelete")              \
    X(BLOCK_FAILING, "block", "PodsFailing", false, "it cannot start, and only a change can help") \
    X(BLOCK_INVALID, "block", "InvalidSpec", false, "the spec is not valid")

enum fc_decision {
#define X(suffix, action, reason, is_change, words) FC_##suffix,
    FC_DECISIONS(X)
#undef X
        FC_DECISION_COUNT
};

extern const struct hk_decision_kind fc_decision_kinds[]; /* by enum fc_decision; ends with NULL */

/* What a sync that follows the spec was decided from. All borrowed. */
struct fc_decided {
    const struct fc_request *request;
    const struct fc_plan_input *in;
    const struct fc_plan *plan;
    const struct fc_config *config;
    const struct fc_claims *claims;
    const struct fc_object *const *left_out; /* beyond repair; ends with NULL */
    bool is_old_config_kept;                 /* in the form that it does not have any more */
};

/* fc_decisions_followed - of a sync that follows the spec; fc_decisions_kept - of one that keeps all as it is;
 * fc_decisions_finalize - of a finalize. The request has a report. */
void fc_decisions_followed(const struct fc_decided *decided);
void fc_decisions_kept(const struct fc_request *request);
void fc_decisions_finalize(const struct fc_request *request);

#endif
