/* test_mem.c - the allocator switch, the guard and the arena. */
#include "failalloc.h"
#include "hk_mem.h"
#include "run_suite.h"

#include <check.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(the_allocator_is_switched_for_jansson_too)
{
    failalloc_start(-1);
    json_t *tree = json_pack("{s:[i]}", "a", 1);
    ck_assert_ptr_nonnull(tree);
    ck_assert_int_gt(failalloc.live, 0);
    json_decref(tree);
    ck_assert_int_eq(failalloc.live, 0);

    failalloc_start(0);
    ck_assert_ptr_null(json_object());
    ck_assert_int_eq(failalloc_stop(), 0);

    tree = json_object(); /* libc again */
    ck_assert_ptr_nonnull(tree);
    ck_assert_int_eq(failalloc.live, 0);
    json_decref(tree);
}
END_TEST

START_TEST(plain_calls)
{
    failalloc_start(-1);
    char *bytes = hk_alloc(0);
    ck_assert_ptr_nonnull(bytes);
    bytes = hk_resize(bytes, 0);
    ck_assert_ptr_nonnull(bytes);
    bytes = hk_resize(bytes, 3);
    memcpy(bytes, "ab", 3);
    bytes = hk_resize(bytes, 5000);
    ck_assert_str_eq(bytes, "ab");
    hk_free(bytes);
    hk_free(NULL);
    ck_assert_int_eq(failalloc_stop(), 0);
}
END_TEST

static void guarded_block(void)
{
    hk_auto_free char *never = NULL;
    hk_auto_free char *text = hk_alloc(8);
    ck_assert_int_eq(failalloc.live, 1);
    ck_assert_ptr_null(never);
    ck_assert_ptr_nonnull(text);
}

START_TEST(the_guard_frees)
{
    failalloc_start(-1);
    guarded_block();
    ck_assert_int_eq(failalloc_stop(), 0);
}
END_TEST

static size_t count_chunks(void)
{
    return (size_t)failalloc.live;
}

START_TEST(arena_is_lazy_and_reusable)
{
    struct hk_arena arena;
    failalloc_start(-1);
    hk_arena_init(&arena);
    hk_arena_fini(&arena); /* of an empty one */
    ck_assert_uint_eq(count_chunks(), 0);
    for (int round = 0; round < 3; round++) {
        ck_assert_ptr_nonnull(hk_arena_alloc(&arena, 1));
        ck_assert_uint_eq(count_chunks(), 1);
        hk_arena_fini(&arena);
        hk_arena_fini(&arena);
        ck_assert_ptr_null(arena.chunks);
        ck_assert_ptr_null(arena.next);
        ck_assert(!arena.failed);
    }
    ck_assert_int_eq(failalloc_stop(), 0);
}
END_TEST

static const size_t sizes[] = {0,
                               1,
                               15,
                               16,
                               17,
                               31,
                               100,
                               1000,
                               4095,
                               8191,
                               8192,
                               8193,
                               16384,
                               65536,
                               1 << 19,
                               (1 << 20) - 16,
                               1 << 20,
                               3,
                               (1 << 20) + 1,
                               5 << 20,
                               7};

/* Not an assertion for each byte: those are far slower than what they look at. */
static bool all_are(const unsigned char *bytes, size_t len, unsigned char value)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != value)
            return false;
    }
    return true;
}

START_TEST(arena_memory_is_aligned_zeroed_and_apart)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    unsigned char *blocks[sizeof(sizes) / sizeof(sizes[0])];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        blocks[i] = hk_arena_alloc(&arena, sizes[i]);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        ck_assert(all_are(blocks[i], sizes[i], 0));
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        ck_assert(all_are(blocks[i], sizes[i], (unsigned char)(i + 1)));
    ck_assert_ptr_ne(blocks[0], blocks[1]); /* size 0 has an address of its own */
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(arena_zeroes_memory_of_a_dirty_allocator)
{
    struct hk_arena arena;
    for (int round = 0; round < 4; round++) {
        hk_arena_init(&arena);
        unsigned char *block = hk_arena_alloc(&arena, 4000);
        ck_assert_ptr_nonnull(block);
        ck_assert(all_are(block, 4000, 0));
        memset(block, 0xAA, 4000); /* what free memory of the next round may look like */
        hk_arena_fini(&arena);
    }
}
END_TEST

/* 8 + 16 + ... + 1024 KiB are 2040 KiB in 8 chunks; beyond, 1 MiB each. */
START_TEST(chunks_double_up_to_one_mebibyte)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    failalloc_start(-1);
    for (int i = 0; i < 6 * 1024; i++)
        ck_assert_ptr_nonnull(hk_arena_alloc(&arena, 1024));
    ck_assert_uint_ge(count_chunks(), 12);
    ck_assert_uint_le(count_chunks(), 13);
    hk_arena_fini(&arena);
    ck_assert_int_eq(failalloc_stop(), 0);
}
END_TEST

START_TEST(a_large_request_leaves_the_small_room_in_use)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    failalloc_start(-1);
    char *before = hk_arena_alloc(&arena, 16);
    char *large = hk_arena_alloc(&arena, (size_t)3 << 20);
    char *after = hk_arena_alloc(&arena, 16);
    ck_assert_ptr_nonnull(large);
    ck_assert_ptr_eq(after, before + 16);
    ck_assert_uint_eq(count_chunks(), 2);
    hk_arena_fini(&arena);
    ck_assert_int_eq(failalloc_stop(), 0);
}
END_TEST

START_TEST(arena_failure_is_sticky)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    failalloc_start(0);
    ck_assert_ptr_null(hk_arena_alloc(&arena, 1));
    ck_assert(arena.failed);
    ck_assert_ptr_null(hk_arena_alloc(&arena, 1)); /* there would be memory again */
    ck_assert_ptr_null(hk_arena_copy(&arena, HK_STR("a")).ptr);
    ck_assert_ptr_null(hk_arena_printf(&arena, "a").ptr);
    size_t cap = 0;
    ck_assert_ptr_null(hk_arena_grow(&arena, NULL, 0, &cap, 8));
    ck_assert_uint_eq(cap, 0);
    hk_arena_fini(&arena);
    ck_assert(!arena.failed);
    ck_assert_int_eq(failalloc_stop(), 0);
}
END_TEST

START_TEST(absurd_sizes_fail)
{
    struct hk_arena arena;
    size_t cap = SIZE_MAX / 4;
    static const size_t absurd[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, SIZE_MAX / 4 + 1};
    for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
        hk_arena_init(&arena);
        ck_assert_ptr_null(hk_arena_alloc(&arena, absurd[i]));
        ck_assert(arena.failed);
        hk_arena_fini(&arena);
    }
    char item[8] = "";
    hk_arena_init(&arena);
    ck_assert_ptr_null(hk_arena_grow(&arena, item, cap, &cap, 8));
    ck_assert_uint_eq(cap, SIZE_MAX / 4);
    ck_assert(arena.failed);
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(grow_doubles_and_keeps_the_items)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    int *items = NULL;
    size_t cap = 0, moves = 0;
    for (size_t count = 0; count < 10000; count++) {
        size_t before = cap;
        items = hk_arena_grow(&arena, items, count, &cap, sizeof(*items));
        ck_assert_ptr_nonnull(items);
        ck_assert_uint_gt(cap, count);
        ck_assert(cap == before || cap == (before ? 2 * before : 16));
        moves += cap != before;
        items[count] = (int)count;
    }
    ck_assert_uint_eq(moves, 11); /* 16, 32, ..., 16384 */
    for (size_t i = 0; i < 10000; i++)
        ck_assert_int_eq(items[i], (int)i);
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(copy_terminates_and_keeps_absence)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    struct hk_str copy = hk_arena_copy(&arena, (struct hk_str){"a\0bXX", 3});
    ck_assert_uint_eq(copy.len, 3);
    ck_assert_int_eq(memcmp(copy.ptr, "a\0b", 4), 0);
    copy = hk_arena_copy(&arena, HK_STR(""));
    ck_assert_str_eq(copy.ptr, "");
    copy = hk_arena_copy(&arena, (struct hk_str){NULL, 0});
    ck_assert_ptr_null(copy.ptr);
    ck_assert(!arena.failed);
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(printf_formats_any_length)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    struct hk_str text = hk_arena_printf(&arena, "%s-%d", "pod", 7);
    ck_assert_str_eq(text.ptr, "pod-7");
    ck_assert_uint_eq(text.len, 5);
    text = hk_arena_printf(&arena, "%s", "");
    ck_assert_uint_eq(text.len, 0);
    ck_assert_str_eq(text.ptr, "");
    text = hk_arena_printf(&arena, "%*d", 100000, 1);
    ck_assert_uint_eq(text.len, 100000);
    ck_assert_uint_eq(strlen(text.ptr), 100000);
    hk_arena_fini(&arena);
}
END_TEST

static int build_in_an_arena(void *arg)
{
    const size_t *count = arg;
    struct hk_arena arena;
    hk_arena_init(&arena);
    struct hk_str *names = NULL;
    size_t cap = 0;
    for (size_t i = 0; i < *count; i++) {
        names = hk_arena_grow(&arena, names, i, &cap, sizeof(*names));
        if (!names)
            break;
        names[i] = hk_arena_printf(&arena, "name-%zu", i);
        names[i] = hk_arena_copy(&arena, names[i]);
    }
    int status = arena.failed ? -1 : 0;
    for (size_t i = 0; status == 0 && i < *count; i++) {
        char want[32];
        snprintf(want, sizeof(want), "name-%zu", i);
        ck_assert(hk_str_is(names[i], want));
    }
    hk_arena_fini(&arena);
    return status;
}

START_TEST(every_failing_allocation_is_noticed)
{
    size_t count = 2000;
    ck_assert_int_gt(failalloc_loop(build_in_an_arena, &count), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mem");
    TCase *tc = tcase_create("mem");
    tcase_add_test(tc, the_allocator_is_switched_for_jansson_too);
    tcase_add_test(tc, plain_calls);
    tcase_add_test(tc, the_guard_frees);
    tcase_add_test(tc, arena_is_lazy_and_reusable);
    tcase_add_test(tc, arena_memory_is_aligned_zeroed_and_apart);
    tcase_add_test(tc, arena_zeroes_memory_of_a_dirty_allocator);
    tcase_add_test(tc, chunks_double_up_to_one_mebibyte);
    tcase_add_test(tc, a_large_request_leaves_the_small_room_in_use);
    tcase_add_test(tc, arena_failure_is_sticky);
    tcase_add_test(tc, absurd_sizes_fail);
    tcase_add_test(tc, grow_doubles_and_keeps_the_items);
    tcase_add_test(tc, copy_terminates_and_keeps_absence);
    tcase_add_test(tc, printf_formats_any_length);
    tcase_add_test(tc, every_failing_allocation_is_noticed);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
