/* fc_config.h - the configuration file that every Flame program of a cluster reads, and its
 * generation. */
#ifndef FC_CONFIG_H
#define FC_CONFIG_H

#include "fc_observe.h"
#include "hk_hash.h"

#define FC_CONFIG_FILE "flame-cluster.yaml"
#define FC_CONFIG_GENERATION "flame.xflops.io/config-generation"
#define FC_CONFIG_HASH "flame.xflops.io/config-hash"

struct fc_config {
    struct hk_buf text;        /* the file; owned */
    char hash[HK_HASH64_SIZE]; /* of text */
    bool is_observed;          /* the ConfigMap is there and holds this text */
    int64_t generation;        /* starts at 1, one more whenever the wanted text changes */
};

/* fc_config_make - the file for a valid parent, and its generation. The counter goes on from the
 * ConfigMap's annotations or from the status, each a counter and the hash that it was counted for,
 * never one from each. out is embedded; fini it on failure too. Returns 0, or -1: MEMORY. */
int fc_config_make(const struct fc_parent *parent, const struct fc_observed *observed,
                   struct hk_arena *arena, struct fc_config *out, struct hk_err *err) HK_MUST_USE;

void fc_config_fini(struct fc_config *config);

#endif
