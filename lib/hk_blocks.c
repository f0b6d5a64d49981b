#include "hk_blocks.h"

void hk_blocks_init(struct hk_blocks *blocks)
{
    memset(blocks, 0, sizeof *blocks);
    pthread_mutex_init(&blocks->lock, NULL);
}

void hk_blocks_drop(struct hk_blocks *blocks)
{
    pthread_mutex_lock(&blocks->lock);
    for (size_t i = 0; i < HK_BLOCKS_KEPT; i++) {
        hk_free(blocks->kept[i].ptr);
        blocks->kept[i] = (struct hk_block){NULL, 0};
    }
    pthread_mutex_unlock(&blocks->lock);
}

void hk_blocks_fini(struct hk_blocks *blocks)
{
    hk_blocks_drop(blocks);
    pthread_mutex_destroy(&blocks->lock);
}

/* The smallest that is large enough, else the largest: it is the cheapest to grow. */
static struct hk_block *best_of(struct hk_blocks *blocks, size_t size)
{
    struct hk_block *best = &blocks->kept[0];
    for (size_t i = 1; i < HK_BLOCKS_KEPT; i++) {
        struct hk_block *b = &blocks->kept[i];
        bool is_better =
            best->size < size ? b->size > best->size : b->size >= size && b->size < best->size;
        if (is_better)
            best = b;
    }
    return best;
}

struct hk_block hk_blocks_take(struct hk_blocks *blocks, size_t size)
{
    struct hk_block block = {NULL, 0};
    if (size >= HK_BLOCKS_MIN && size <= HK_BLOCKS_MAX) {
        pthread_mutex_lock(&blocks->lock);
        struct hk_block *best = best_of(blocks, size);
        block = *best;
        *best = (struct hk_block){NULL, 0};
        pthread_mutex_unlock(&blocks->lock);
    }
    if (block.size >= size && block.size / 2 <= size)
        return block;
    /* A block of another size is resized, not left beside a new one: its pages are what it is for. */
    void *ptr = hk_resize(block.ptr, size);
    if (ptr)
        return (struct hk_block){ptr, size};
    hk_free(block.ptr);
    return (struct hk_block){NULL, 0};
}

void hk_blocks_give(struct hk_blocks *blocks, struct hk_block block)
{
    if (block.size >= HK_BLOCKS_MIN && block.size <= HK_BLOCKS_MAX) {
        pthread_mutex_lock(&blocks->lock);
        for (size_t i = 0; i < HK_BLOCKS_KEPT && block.ptr; i++)
            if (!blocks->kept[i].ptr) {
                blocks->kept[i] = block;
                block.ptr = NULL;
            }
        pthread_mutex_unlock(&blocks->lock);
    }
    hk_free(block.ptr);
}
