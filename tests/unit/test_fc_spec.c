/* Rules of the spec that fixtures show only from one side: what is accepted. */
#include "fc_parent.h"
#include "fc_plan.h"
#include "run_suite.h"

#include <check.h>

static const char *const good_slots[] = {"cpu=1",       "cpu=0",        "mem=512m",
                                         "memory=4GiB", "cpu=1,mem=1g", "gpu=1,cpu=2",
                                         "mem=1024",    "mem=8Ki",      "cpu=1,mem=1TB,gpu=8",
                                         "mem=2p",      "mem=1B",       "memory=1kB"};

START_TEST(test_good_slot)
{
    ck_assert_ptr_null(fc_slot_check(hk_str_of(good_slots[_i])));
}
END_TEST

static const struct {
    const char *text, *wrong;
} bad_slots[] = {
    {"cpu=1;mem=1g", "cpu must be a whole number"},
    {"cpu =1", "its keys must be cpu, mem, memory or gpu"},
    {"CPU=1", "its keys must be cpu, mem, memory or gpu"},
    {"cpu=-1", "cpu must be a whole number"},
    {"cpu=", "cpu must be a whole number"},
    {"mem=g", "mem must be a size such as 512m or 4g"},
    {"mem=1 g", "mem must be a size such as 512m or 4g"},
    {"mem=1ib", "mem must be a size such as 512m or 4g"},
    {"gpu=1234567890", "gpu must be a whole number"},
    {"cpu=1234567890123456789", "cpu must be a whole number"},
    {",cpu=1", "must be key=value pairs such as cpu=1,mem=1g,gpu=1"},
    {"cpu", "must be key=value pairs such as cpu=1,mem=1g,gpu=1"},
};

START_TEST(test_bad_slot)
{
    ck_assert_pstr_eq(fc_slot_check(hk_str_of(bad_slots[_i].text)), bad_slots[_i].wrong);
}
END_TEST

/* A percentage is rounded down, and is at least one. */
static const struct {
    struct fc_update_strategy update;
    int64_t replicas, most;
} budgets[] = {
    {{.max_unavailable = {25, true}}, 0, 1},
    {{.max_unavailable = {25, true}}, 1, 1},
    {{.max_unavailable = {25, true}}, 3, 1},
    {{.max_unavailable = {25, true}}, 7, 1},
    {{.max_unavailable = {25, true}}, 8, 2},
    {{.max_unavailable = {25, true}}, 101, 25},
    {{.max_unavailable = {1, true}}, 100000, 1000},
    {{.max_unavailable = {50, true}}, 3, 1},
    {{.max_unavailable = {99, true}}, 100, 99},
    {{.max_unavailable = {100, true}}, 7, 7},
    {{.max_unavailable = {1, false}}, 100, 1},
    {{.max_unavailable = {3, false}}, 2, 3},
    {{.type = FC_RECREATE, .max_unavailable = {25, true}}, 9, 9},
};

START_TEST(test_budget)
{
    ck_assert_int_eq(fc_max_unavailable(&budgets[_i].update, budgets[_i].replicas),
                     budgets[_i].most);
}
END_TEST

/* The longest name still makes hostnames that the kubelet does not cut. */
START_TEST(test_longest_name)
{
    char name[FC_NAME_MAX + 1] = {0};
    struct fc_names names;
    struct hk_arena arena;
    memset(name, 'a', FC_NAME_MAX);
    hk_arena_init(&arena);
    fc_names_make(&names, &arena, hk_str_of(name));
    ck_assert_uint_le(names.executor_prefix.len + sizeof "99999" - 1, 63);
    ck_assert_uint_le(names.session_manager.len, 63);
    ck_assert(
        hk_str_eq(names.session_manager, hk_arena_printf(&arena, "%s-session-manager", name)));
    ck_assert(
        hk_str_eq(names.cache_address, hk_arena_printf(&arena, "%s-object-cache:9090", name)));
    hk_arena_fini(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_spec");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_good_slot, 0, sizeof good_slots / sizeof good_slots[0]);
    tcase_add_loop_test(tcase, test_bad_slot, 0, sizeof bad_slots / sizeof bad_slots[0]);
    tcase_add_loop_test(tcase, test_budget, 0, sizeof budgets / sizeof budgets[0]);
    tcase_add_test(tcase, test_longest_name);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
