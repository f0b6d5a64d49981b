/* fc_pairs.h - labels and annotations, and lists of strings, as a spec has them. */
#ifndef FC_PAIRS_H
#define FC_PAIRS_H

#include "hk_mem.h"

struct fc_pair {
    struct hk_str key, value;
};

/* Ascending by key. */
struct fc_pairs {
    struct fc_pair *items;
    size_t count, cap;
};

/* In the order given. */
struct fc_texts {
    struct hk_str *items;
    size_t count, cap;
};

#endif
