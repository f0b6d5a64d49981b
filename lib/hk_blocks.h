/* hk_blocks.h - large blocks of memory kept from one request for the next: the fresh pages of a body of
 * some megabytes cost as much time as reading it. Kept blocks are few, and dropped when idle. */
#ifndef HK_BLOCKS_H
#define HK_BLOCKS_H

#include "hk_mem.h"

#include <pthread.h>

#define HK_BLOCKS_KEPT 4
#define HK_BLOCKS_MIN ((size_t)128 << 10) /* smaller ones are malloc's business */
#define HK_BLOCKS_MAX ((size_t)32 << 20)  /* larger ones go back at once */

struct hk_block {
    void *ptr;
    size_t size;
};

struct hk_blocks {
    pthread_mutex_t lock;
    struct hk_block kept[HK_BLOCKS_KEPT];
};

void hk_blocks_init(struct hk_blocks *blocks);
void hk_blocks_fini(struct hk_blocks *blocks);

/* hk_blocks_take - a block of at least size bytes, of any content, freed with hk_free or given back; at
 * most twice the size when it was kept. ptr NULL: out of memory. threads: any. */
struct hk_block hk_blocks_take(struct hk_blocks *blocks, size_t size);

/* hk_blocks_give - steals a block that hk_alloc's family made; ptr may be NULL. threads: any. */
void hk_blocks_give(struct hk_blocks *blocks, struct hk_block block);

void hk_blocks_drop(struct hk_blocks *blocks); /* free what is kept. threads: any */

#endif
