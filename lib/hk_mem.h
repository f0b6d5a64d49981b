/* hk_mem.h - allocation: one replaceable allocator below everything, and the arena that holds what
 * one request needs and is released whole. */
#ifndef HK_MEM_H
#define HK_MEM_H

#include "hk_str.h"

/* hk_alloc, hk_resize, hk_free - malloc, realloc, free through the allocator that is set. NULL when
 * out of memory. threads: any. */
void *hk_alloc(size_t size) HK_MUST_USE;
void *hk_resize(void *ptr, size_t size) HK_MUST_USE;
void hk_free(void *ptr);

/* hk_mem_set_alloc - replace the allocator (all three or, with NULL, back to libc); sets jansson's
 * too. For tests that fail the Nth allocation. threads: before any other call only. */
void hk_mem_set_alloc(void *(*alloc)(size_t), void *(*resize)(void *, size_t),
                      void (*release)(void *));

/* Scope guards: `hk_auto_free char *s = NULL;` */
void hk_free_guard(void *ptr_to_ptr);
#define hk_auto_free __attribute__((cleanup(hk_free_guard)))

/* An arena: allocations are never freed one by one. A failed allocation sets `failed` and every later
 * one fails too, so a builder may carry on with NULLs and check once.
 * threads: one at a time. */
struct hk_arena {
    struct hk_arena_chunk *chunks; /* newest first */
    char *next, *end;              /* free room in the newest chunk */
    bool failed;
};

void hk_arena_init(struct hk_arena *arena); /* allocates nothing */
void hk_arena_fini(struct hk_arena *arena); /* frees all; the arena is as after init */

/* hk_arena_alloc - size zeroed bytes aligned to 16; size 0 gives a valid pointer. NULL: out of memory. */
void *hk_arena_alloc(struct hk_arena *arena, size_t size) HK_MUST_USE;

/* hk_arena_grow - an array of `*cap` items of `item` bytes that holds `count`, made to hold at least
 * one more by doubling (first 16). Returns the array, moved or not, or NULL; *cap is then unchanged. */
void *hk_arena_grow(struct hk_arena *arena, void *items, size_t count, size_t *cap,
                    size_t item) HK_MUST_USE;

/* hk_arena_copy - the bytes copied, NUL-terminated. Absent stays absent; {NULL,0} when out of memory. */
struct hk_str hk_arena_copy(struct hk_arena *arena, struct hk_str text);

/* hk_arena_printf - formatted text, NUL-terminated; {NULL,0} when out of memory. */
struct hk_str hk_arena_printf(struct hk_arena *arena, const char *format, ...) HK_PRINTF(2, 3);

#endif
