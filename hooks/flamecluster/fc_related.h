/* fc_related.h - the Secrets that a spec names: which ones the customize hook asks for, and what is taken from those
 * that came with the request. What they hold is for the configuration alone: no message, hash or condition is made
 * from it but for a hash of certificates, which everybody may see. */
#ifndef FC_RELATED_H
#define FC_RELATED_H

#include "fc_observe.h"
#include "hk_jw.h"

/* One Secret of a request. Raw JSON, copied. */
struct fc_secret {
    struct hk_str namespace, name; /* namespace {NULL,0}: not given */
    struct hk_str uid, version;
    struct hk_str data,
        string_data; /* string_data: in files alone, the API server turns it into data */
};

struct fc_related {
    struct fc_secret *items;
    size_t count, cap;
};

/* fc_related_read - one related object (a callback of hk_request_read's shape); what is no Secret is passed over. */
void fc_related_read(struct fc_related *related, struct hk_arena *arena,
                     const struct hk_object_key *key, struct hk_scan *s);

/* fc_related_write_rules - the answer of the customize hook: what can be read of the spec, valid or not. */
void fc_related_write_rules(const struct fc_parent *parent, struct hk_jw *w);

/* fc_references_resolve - look each of them up. Strings live in arena (arena->failed: out of memory). */
void fc_references_resolve(const struct fc_parent *parent, const struct fc_related *related,
                           struct hk_arena *arena, struct fc_references *out);

#endif
