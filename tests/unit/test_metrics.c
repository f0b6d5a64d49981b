/* test_metrics.c - counters of controllers that share nothing, and running out of memory for them. What a server's say as a
 * whole is tested over HTTP. */
#include "failalloc.h"
#include "hk_metrics.h"
#include "run_suite.h"

#include <check.h>

static const struct hk_decision_kind kinds[] = {
    {"create", "Missing", "it is not there", true},
    {"wait", "Other", "for others", false},
    {NULL, NULL, NULL, false},
};

static int hook(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    (void)call;
    (void)out;
    (void)err;
    return 0;
}

static const struct hk_controller deciding = {
    .name = "deciding", .hooks = {[HK_HOOK_SYNC] = hook}, .decisions = kinds};
static const struct hk_controller plain = {.name = "plain",
                                           .hooks = {hook, [HK_HOOK_CUSTOMIZE] = hook}};
static const struct hk_controller stranger = {.name = "stranger", .hooks = {hook}};
static const struct hk_controller *const table[] = {&plain, &deciding, NULL};

static struct hk_metrics *metrics;

static void set_up(void)
{
    metrics = hk_metrics_new(table);
    ck_assert_ptr_nonnull(metrics);
}

static void tear_down(void)
{
    hk_metrics_free(metrics);
}

static void check_line(const char *line, bool is_there)
{
    struct hk_metrics_now now = {.program = "p", .version = "v", .library = "l"};
    struct hk_buf out;
    hk_buf_init(&out);
    hk_metrics_write(metrics, &now, &out);
    hk_buf_add_char(&out, '\0');
    ck_assert_msg((strstr(out.data, line) != NULL) == is_there, "%s%s in\n%.2000s", line,
                  is_there ? " is not" : " stands", out.data);
    hk_buf_fini(&out);
}

START_TEST(each_controller_has_its_own)
{
    struct hk_decision made[] = {{0, 3, HK_STR("x")}, {1, 2, HK_STR("y")}};
    struct hk_report report = {
        .observed = 7, .desired = 10, .problems = HK_STR("spec"), .items = made, .count = 2};
    struct hk_metrics_request request = {
        .controller = &deciding, .status = 200, .report = &report, .is_news = true};
    hk_metrics_count(metrics, &request);
    request.is_news = false;
    request.status = 304;
    hk_metrics_count(metrics, &request);
    request.controller = &stranger; /* of no table */
    hk_metrics_count(metrics, &request);
    check_line(
        "hook_decisions_total{controller=\"deciding\",action=\"create\",reason=\"Missing\"} 3\n",
        true);
    check_line("hook_decisions_total{controller=\"deciding\",action=\"wait\",reason=\"Other\"} 2\n",
               true);
    check_line("hook_decisions_total{controller=\"plain\"", false);
    check_line("hook_invalid_parents_total{controller=\"deciding\"} 2\n", true);
    check_line("hook_invalid_parents_total{controller=\"plain\"} 0\n", true);
    check_line("hook_observed_children_sum{controller=\"deciding\",hook=\"sync\"} 14\n", true);
    check_line("hook_desired_children_bucket{controller=\"deciding\",hook=\"sync\",le=\"5\"} 0\n",
               true);
    check_line("hook_desired_children_bucket{controller=\"deciding\",hook=\"sync\",le=\"10\"} 2\n",
               true);
    check_line("hook_requests_total{controller=\"deciding\",hook=\"sync\",code=\"304\"} 1\n", true);
    check_line("hook_requests_total{controller=\"\",hook=\"\",code=\"304\"} 1\n", true);
}
END_TEST

START_TEST(hooks_that_it_lacks_have_no_series)
{
    check_line("controller=\"plain\",hook=\"finalize\"", false);
    check_line("hook_requests_total{controller=\"plain\",hook=\"customize\",code=\"200\"} 0\n",
               true);
    check_line("hook_observed_children_sum{controller=\"plain\",hook=\"customize\"}", false);
}
END_TEST

static int make(void *arg)
{
    (void)arg;
    struct hk_metrics *made = hk_metrics_new(table);
    hk_metrics_free(made);
    return made ? 0 : -1;
}

START_TEST(failing_allocations)
{
    ck_assert_int_gt(failalloc_loop(make, NULL), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tc = tcase_create("metrics");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, each_controller_has_its_own);
    tcase_add_test(tc, hooks_that_it_lacks_have_no_series);
    suite_add_tcase(suite, tc);
    TCase *alloc = tcase_create("memory");
    tcase_add_test(alloc, failing_allocations);
    suite_add_tcase(suite, alloc);
    return run_suite(suite);
}
