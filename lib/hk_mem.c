/* hk_mem.c - the allocator switch and the arena. */
#include "hk_mem.h"

#include <jansson.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ALIGNMENT 16
#define FIRST_CHUNK ((size_t)8 << 10)
#define LAST_CHUNK ((size_t)1 << 20)
#define FIRST_ITEMS 16

static struct {
    void *(*alloc)(size_t);
    void *(*resize)(void *, size_t);
    void (*release)(void *);
} memory = {malloc, realloc, free};

void *hk_alloc(size_t size)
{
    return memory.alloc(size ? size : 1);
}

void *hk_resize(void *ptr, size_t size)
{
    return memory.resize(ptr, size ? size : 1);
}

void hk_free(void *ptr)
{
    if (ptr)
        memory.release(ptr);
}

void hk_mem_set_alloc(void *(*alloc)(size_t), void *(*resize)(void *, size_t),
                      void (*release)(void *))
{
    memory.alloc = alloc ? alloc : malloc;
    memory.resize = alloc ? resize : realloc;
    memory.release = alloc ? release : free;
    json_set_alloc_funcs(memory.alloc, memory.release);
}

void hk_free_guard(void *ptr_to_ptr)
{
    void *ptr;
    memcpy(&ptr, ptr_to_ptr, sizeof(ptr));
    hk_free(ptr);
}

struct hk_arena_chunk {
    alignas(ALIGNMENT) struct hk_arena_chunk *older;
    size_t size; /* of the room behind this header */
    char room[];
};

_Static_assert(sizeof(struct hk_arena_chunk) % ALIGNMENT == 0, "an allocation must be aligned");

void hk_arena_init(struct hk_arena *arena)
{
    *arena = (struct hk_arena){0};
}

void hk_arena_fini(struct hk_arena *arena)
{
    struct hk_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct hk_arena_chunk *older = chunk->older;
        hk_free(chunk);
        chunk = older;
    }
    hk_arena_init(arena);
}

static struct hk_arena_chunk *chunk_new(struct hk_arena *arena, size_t size)
{
    struct hk_arena_chunk *chunk = hk_alloc(sizeof(*chunk) + size);
    if (!chunk) {
        arena->failed = true;
        return NULL;
    }
    chunk->size = size;
    return chunk;
}

static size_t next_chunk_size(const struct hk_arena *arena)
{
    if (!arena->chunks)
        return FIRST_CHUNK - sizeof(struct hk_arena_chunk);
    size_t whole = 2 * (arena->chunks->size + sizeof(struct hk_arena_chunk));
    return (whole < LAST_CHUNK ? whole : LAST_CHUNK) - sizeof(struct hk_arena_chunk);
}

/* A request that would fill most of the next chunk gets one of its own, filed behind the newest:
 * the newest one's free room stays in use, and one big buffer does not push the doubling on. */
static void *alloc_own_chunk(struct hk_arena *arena, size_t size)
{
    struct hk_arena_chunk *chunk = chunk_new(arena, size);
    if (!chunk)
        return NULL;
    chunk->older = arena->chunks->older;
    arena->chunks->older = chunk;
    return chunk->room;
}

static void *alloc_new_chunk(struct hk_arena *arena, size_t size)
{
    size_t room = next_chunk_size(arena);
    if (arena->chunks && size > room / 2)
        return alloc_own_chunk(arena, size);
    struct hk_arena_chunk *chunk = chunk_new(arena, size > room ? size : room);
    if (!chunk)
        return NULL;
    chunk->older = arena->chunks;
    arena->chunks = chunk;
    arena->next = chunk->room + size;
    arena->end = chunk->room + chunk->size;
    return chunk->room;
}

/* Not zeroed. */
static void *alloc_bytes(struct hk_arena *arena, size_t size)
{
    if (arena->failed)
        return NULL;
    if (size > SIZE_MAX / 4) { /* leaves every sum below without overflow */
        arena->failed = true;
        return NULL;
    }
    size = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
    if (size > (size_t)(arena->end - arena->next))
        return alloc_new_chunk(arena, size);
    void *bytes = arena->next;
    arena->next += size;
    return bytes;
}

void *hk_arena_alloc(struct hk_arena *arena, size_t size)
{
    void *bytes = alloc_bytes(arena, size);
    return bytes ? memset(bytes, 0, size) : NULL;
}

void *hk_arena_grow(struct hk_arena *arena, void *items, size_t count, size_t *cap, size_t item)
{
    if (items && count < *cap)
        return items;
    size_t wanted = *cap ? *cap : FIRST_ITEMS / 2;
    size_t bytes;
    if (__builtin_mul_overflow(wanted, (size_t)2, &wanted) ||
        __builtin_mul_overflow(wanted, item, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    void *grown = hk_arena_alloc(arena, bytes);
    if (!grown)
        return NULL;
    if (items && count)
        memcpy(grown, items, count * item);
    *cap = wanted;
    return grown;
}

struct hk_str hk_arena_copy(struct hk_arena *arena, struct hk_str text)
{
    if (!text.ptr)
        return (struct hk_str){NULL, 0};
    char *copy = alloc_bytes(arena, text.len < SIZE_MAX ? text.len + 1 : SIZE_MAX);
    if (!copy)
        return (struct hk_str){NULL, 0};
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (struct hk_str){copy, text.len};
}

struct hk_str hk_arena_printf(struct hk_arena *arena, const char *format, ...)
{
    struct hk_str none = {NULL, 0};
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : alloc_bytes(arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    else
        arena->failed = true;
    va_end(again);
    va_end(args);
    return text ? (struct hk_str){text, (size_t)len} : none;
}
