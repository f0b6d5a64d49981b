/* failalloc.h - run an operation with its Nth allocation failing, N = 0, 1, 2, ..., until no
 * allocation is refused any more: every failure must be reported and must leak nothing.
 *
 *     static int parse_and_free(void *arg)   // 0: worked; -1: reported a failure
 *     {
 *         ...
 *         return failed ? -1 : 0;            // everything it allocated is freed on both ways
 *     }
 *     ...
 *     failalloc_loop(parse_and_free, &input);
 *
 * The operation may also succeed in spite of a refused allocation (it had another way): it checks
 * its own answer with ck_assert in that case. What lives longer than one run is allocated before
 * the loop and not resized or freed in it. All that goes through hk_mem.h and jansson is seen;
 * plain malloc is not. */
#ifndef FAILALLOC_H
#define FAILALLOC_H

#include "hk_mem.h"

#include <check.h>
#include <stdlib.h>

static struct {
    long until_refusal; /* this many more succeed; negative: none is refused */
    long live;          /* allocated and not freed */
    long refused;
} failalloc;

static inline bool failalloc_refuses(void)
{
    if (failalloc.until_refusal < 0 || failalloc.until_refusal-- > 0)
        return false;
    failalloc.refused++;
    return true;
}

static inline void *failalloc_alloc(size_t size)
{
    void *ptr = failalloc_refuses() ? NULL : malloc(size);
    failalloc.live += ptr != NULL;
    return ptr;
}

static inline void *failalloc_resize(void *old, size_t size)
{
    void *ptr = failalloc_refuses() ? NULL : realloc(old, size);
    failalloc.live += ptr != NULL && old == NULL;
    return ptr;
}

static inline void failalloc_free(void *ptr)
{
    failalloc.live -= ptr != NULL;
    free(ptr);
}

/* failalloc_start - the allocation after the next n is refused, once; n < 0 only counts. */
static inline void failalloc_start(long n)
{
    failalloc.until_refusal = n;
    failalloc.live = failalloc.refused = 0;
    hk_mem_set_alloc(failalloc_alloc, failalloc_resize, failalloc_free);
}

/* failalloc_stop - back to libc. Returns how many blocks are still live. */
static inline long failalloc_stop(void)
{
    hk_mem_set_alloc(NULL, NULL, NULL);
    return failalloc.live;
}

/* failalloc_loop - as above. Returns how many allocations the operation makes when none is refused.
 */
static inline long failalloc_loop(int (*operation)(void *), void *arg)
{
    for (long n = 0;; n++) {
        failalloc_start(n);
        int status = operation(arg);
        long live = failalloc_stop();
        ck_assert_msg(live == 0, "allocation %ld refused: %ld blocks leaked", n, live);
        if (failalloc.refused == 0) {
            ck_assert_msg(status == 0, "failed although none of its %ld allocations was refused",
                          n);
            return n;
        }
        ck_assert_int_lt(n, 1000000);
    }
}

#endif
