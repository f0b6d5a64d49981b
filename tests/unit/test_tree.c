#include "hk_tree.h"

#include "failalloc.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>

#define TEXT_SIZE 512

static struct hk_str padded(char out[TEXT_SIZE], const char *text)
{
    memset(out, 0, TEXT_SIZE);
    ck_assert_uint_lt(strlen(text), TEXT_SIZE - HK_SCAN_PAD);
    memcpy(out, text, strlen(text));
    return hk_str_of(out);
}

/* The same as jansson's own parser. */
static const char *const good[] = {
    "null",
    " true ",
    "false",
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "1.5",
    "-2e3",
    "3.0",
    "\"\"",
    "\"a\\u00e9\\n\\\"\\u0000b\"",
    "[]",
    "{}",
    "[1,[2,{\"a\":null}],\"x\"]",
    "{\"b\":{\"c\":[true,false]},\"a\":\"text\",\"\":1,\"\\u0061b\":2}",
};

START_TEST(test_good)
{
    char text[TEXT_SIZE];
    const char *why = "unset";
    struct hk_arena arena;
    hk_arena_init(&arena);
    json_auto_t *want =
        json_loads(good[_i], JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    json_auto_t *got = hk_tree_load(padded(text, good[_i]), &arena, &why);
    ck_assert_ptr_nonnull(want);
    ck_assert_ptr_nonnull(got);
    ck_assert_ptr_null(why);
    ck_assert(json_equal(want, got));
    json_auto_t *copied = hk_tree_load_any(hk_str_of(good[_i]), &why);
    ck_assert(json_equal(want, copied));
    hk_arena_fini(&arena);
}
END_TEST

static const struct {
    const char *text, *why;
} bad[] = {
    {"", "is no JSON"},
    {"{", "is no JSON"},
    {"[1,]", "is no JSON"},
    {"1 2", "is no JSON"},
    {"[\"\\ud800\"]", "is no JSON"},
    {"{\"a\":1,\"a\":2}", "must not hold a key twice in one object"},
    {"{\"a\":{\"b\":1,\"\\u0062\":1}}", "must not hold a key twice in one object"},
    {"{\"a\":[99999999999999999999]}", "must not hold a number beyond 64 bits"},
    {"-9223372036854775809", "must not hold a number beyond 64 bits"},
    {"1e999", "must not hold a number beyond 64 bits"},
    {"{\"\\u0000\":1}", "must not hold a NUL in a key"},
};

START_TEST(test_bad)
{
    char text[TEXT_SIZE];
    const char *why = NULL;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_ptr_null(hk_tree_load(padded(text, bad[_i].text), &arena, &why));
    ck_assert_pstr_eq(why, bad[_i].why);
    hk_arena_fini(&arena);
}
END_TEST

/* NULL without a reason, and nothing left behind. */
static int load_and_free(void *text)
{
    const char *why = "unset";
    struct hk_arena arena;
    hk_arena_init(&arena);
    json_t *tree = hk_tree_load(hk_str_of(text), &arena, &why);
    if (!tree)
        ck_assert_ptr_null(why);
    json_t *copied = hk_tree_load_any(hk_str_of(text), &why);
    if (!copied)
        ck_assert_ptr_null(why);
    int rc = tree && copied ? 0 : -1;
    json_decref(tree);
    json_decref(copied);
    hk_arena_fini(&arena);
    return rc;
}

START_TEST(test_allocations_fail)
{
    char text[TEXT_SIZE];
    padded(text, good[_i]);
    failalloc_loop(load_and_free, text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tree");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_good, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tcase, test_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(tcase, test_allocations_fail, 0, sizeof good / sizeof good[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
