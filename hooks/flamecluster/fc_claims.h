/* fc_claims.h - the PersistentVolumeClaims that a cluster has made for it, as data.
 *
 * What a claim holds is worth more than what the spec says about it. A claim grows with its size and is never made
 * smaller; its class and modes, which no API server changes, stay as they are; one that nothing asks for any more stays
 * until the cluster is deleted. Each of these is a warning. */
#ifndef FC_CLAIMS_H
#define FC_CLAIMS_H

#include "fc_observe.h"

#define FC_CLAIM_KIND "PersistentVolumeClaim.v1"
#define FC_CLAIM_MODES_MAX 4

/* One that the spec asks for, as it is to be asked for now. */
struct fc_claim {
    struct hk_str name;
    const char *app; /* its Pod's */
    struct hk_str size, storage_class;
    bool has_storage_class;
    struct hk_str access_modes[FC_CLAIM_MODES_MAX];
    size_t mode_count;
    bool is_observed;
};

struct fc_claims {
    struct fc_claim *items; /* the session manager's first, then the caches' by index */
    size_t count;
    size_t first_cache; /* where the caches' begin; count: they have none */
    const struct fc_object **unused;
    size_t unused_count;
    struct hk_str missing; /* "waiting for PersistentVolumeClaim x"; absent: all are there */
};

/* fc_claims_make - for a valid parent, which gets the warnings. Lives in arena. Returns 0, or -1: MEMORY. */
int fc_claims_make(struct fc_parent *parent, const struct fc_observed *observed,
                   struct hk_arena *arena, struct fc_claims *out, struct hk_err *err) HK_MUST_USE;

/* fc_claims_has_session, fc_claims_has_cache - is the claim of this Pod there, or does it need none of ours? */
bool fc_claims_has_session(const struct fc_claims *claims);
bool fc_claims_has_cache(const struct fc_claims *claims, int64_t index);

#endif
