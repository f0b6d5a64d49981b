/* fc_answer.h - the answers to a request that is read: which children, and the status, as one response object. */
#ifndef FC_ANSWER_H
#define FC_ANSWER_H

#include "fc_related.h"
#include "fc_status.h"

/* What one request holds, read. */
struct fc_request {
    struct hk_request kind;
    struct fc_parent parent;
    struct fc_observed observed;
    struct fc_related related;
    struct hk_arena *arena;
    int64_t now_s;
    struct hk_report *report; /* NULL: nobody asks */
};

/* Each may add warnings to the request's parent.
 * fc_answer_sync - follow the spec; one that is not valid, or names a Secret that cannot be used, is followed by
 * nothing: all that is there stays as it is, and nothing new comes. fc_answer_finalize - delete in order. Returns 0, or -1: MEMORY, or INVALID where
 * a child cannot be written back. */
int fc_answer_sync(struct fc_request *request, struct hk_buf *out, struct hk_err *err) HK_MUST_USE;
int fc_answer_finalize(struct fc_request *request, struct hk_buf *out,
                       struct hk_err *err) HK_MUST_USE;

/* fc_answer_render - all children of a valid parent that is settled, as a JSON array. Nothing is observed. */
int fc_answer_render(struct fc_request *request, struct hk_buf *out,
                     struct hk_err *err) HK_MUST_USE;

/* What the Pods' templates come to now; empty: there is none, or it cannot be known without a Secret. */
struct fc_hashes {
    char session[HK_HASH64_SIZE], executor[HK_HASH64_SIZE], cache[HK_HASH64_SIZE];
};

/* fc_answer_hashes - those that the answer to this request would have. Returns 0, or -1: MEMORY. */
int fc_answer_hashes(struct fc_request *request, struct fc_hashes *out,
                     struct hk_err *err) HK_MUST_USE;

#endif
