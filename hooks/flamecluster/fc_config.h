/* fc_config.h - the configuration file that every Flame program of a cluster reads, and its
 * generation. */
#ifndef FC_CONFIG_H
#define FC_CONFIG_H

#include "fc_observe.h"

#define FC_CONFIG_FILE "flame-cluster.yaml"
#define FC_CONFIG_GENERATION "flame.xflops.io/config-generation"
#define FC_CONFIG_HASH "flame.xflops.io/config-hash"

/* Where certificates are mounted. */
#define FC_TLS_DIR "/etc/flame-tls"

struct fc_config {
    struct hk_buf text; /* the file; owned */
    char hash
        [HK_HASH64_SIZE]; /* of text, or where it is a Secret of something that betrays nothing of it */
    bool is_secret; /* the file has a value of a Secret: it is written to one, not to a ConfigMap */
    bool is_observed; /* the ConfigMap or Secret is there and holds this text */
    bool
        is_unknown; /* a reference cannot be followed: no text; hash and generation are the last ones */
    int64_t generation; /* starts at 1, one more whenever the wanted text changes */
};

/* fc_config_make - the file for a valid parent, and its generation. The counter goes on from the annotations of
 * the ConfigMap or Secret or from the status, each a counter and the hash that it was counted for, never one from
 * each. out is embedded; fini it on failure too. Returns 0, or -1: MEMORY. */
int fc_config_make(const struct fc_parent *parent, const struct fc_observed *observed,
                   struct hk_arena *arena, struct fc_config *out, struct hk_err *err) HK_MUST_USE;

/* fc_config_secret_holds - is this text the file in a Secret (NULL: no)? */
bool fc_config_secret_holds(const struct fc_object *secret, struct hk_str text,
                            struct hk_arena *arena);

void fc_config_fini(struct fc_config *config);

#endif
