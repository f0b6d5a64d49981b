/* Blocks kept for the next request: which one is taken, what is not kept, and that nothing leaks. */
#include "hk_blocks.h"

#include "failalloc.h"
#include "run_suite.h"

#include <check.h>

#define KI ((size_t)1 << 10)
#define MI ((size_t)1 << 20)

static struct hk_blocks blocks;

static void set_up(void)
{
    failalloc_start(-1);
    hk_blocks_init(&blocks);
}

static void tear_down(void)
{
    hk_blocks_fini(&blocks);
    ck_assert_int_eq(failalloc_stop(), 0);
}

static void give_new(size_t size)
{
    hk_blocks_give(&blocks, (struct hk_block){hk_alloc(size), size});
}

static size_t kept(void)
{
    size_t count = 0;
    for (size_t i = 0; i < HK_BLOCKS_KEPT; i++)
        count += blocks.kept[i].ptr != NULL;
    return count;
}

/* Three blocks of 1, 2 and 8 MiB are kept: what is taken for size, and how many stay. */
static const struct {
    size_t size, taken;
    size_t stay;
} TAKES[] = {
    {1, 1, 3},               /* small ones are made anew */
    {128 * KI, 128 * KI, 2}, /* the 1 MiB one, cut to the size: over twice it */
    {512 * KI, 1 * MI, 2},   /* the smallest that is large enough */
    {1 * MI, 1 * MI, 2},
    {1 * MI + 1, 2 * MI, 2},
    {2 * MI + 1, 2 * MI + 1, 2}, /* the 8 MiB one, cut */
    {5 * MI, 8 * MI, 2},
    {9 * MI, 9 * MI, 2},   /* the 8 MiB one, grown */
    {33 * MI, 33 * MI, 3}, /* beyond all that is kept */
};

START_TEST(the_best_block_is_taken)
{
    give_new(2 * MI);
    give_new(8 * MI);
    give_new(1 * MI);
    struct hk_block block = hk_blocks_take(&blocks, TAKES[_i].size);
    ck_assert_ptr_nonnull(block.ptr);
    memset(block.ptr, 'x', block.size);
    ck_assert_uint_eq(block.size, TAKES[_i].taken);
    ck_assert_uint_eq(kept(), TAKES[_i].stay);
    hk_blocks_give(&blocks, block);
}
END_TEST

START_TEST(few_are_kept_and_none_too_small_or_large)
{
    hk_blocks_give(&blocks, (struct hk_block){NULL, 0});
    give_new(HK_BLOCKS_MIN - 1);
    give_new(HK_BLOCKS_MAX + 1);
    ck_assert_uint_eq(kept(), 0);
    for (int i = 0; i < HK_BLOCKS_KEPT + 3; i++)
        give_new(i % 2 ? HK_BLOCKS_MIN : HK_BLOCKS_MAX);
    ck_assert_uint_eq(kept(), HK_BLOCKS_KEPT);
    hk_blocks_drop(&blocks);
    ck_assert_uint_eq(kept(), 0);
}
END_TEST

START_TEST(memory_that_runs_out_leaves_nothing_behind)
{
    failalloc.until_refusal = 0;
    ck_assert_ptr_null(hk_blocks_take(&blocks, 1 * MI).ptr);
    failalloc.until_refusal = 1;
    give_new(1 * MI);
    ck_assert_ptr_null(hk_blocks_take(&blocks, 2 * MI).ptr); /* the kept one cannot grow */
    ck_assert_uint_eq(kept(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blocks");
    TCase *tcase = tcase_create("blocks");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, the_best_block_is_taken, 0, (int)(sizeof TAKES / sizeof *TAKES));
    tcase_add_test(tcase, few_are_kept_and_none_too_small_or_large);
    tcase_add_test(tcase, memory_that_runs_out_leaves_nothing_behind);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
