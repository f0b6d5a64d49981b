/* The second controller, alone and in a cluster: written on lib/ without a change to it. */
#include "greeting.h"
#include "hk_sim.h"
#include "../unit/run_suite.h"

#include <check.h>

#define REQUEST(spec, children)                                                                    \
    "{\"controller\":{},\"parent\":{\"apiVersion\":\"greetings.example.org/"                       \
    "v1\",\"kind\":\"Greeting\","                                                                  \
    "\"metadata\":{\"name\":\"g\",\"namespace\":\"default\"},\"spec\":{" spec "}},\"children\":{"  \
    "\"ConfigMap.v1\":{" children "}},\"related\":{},\"finalizing\":false}"
#define ANSWER(text, delivered)                                                                    \
    "{\"children\":[{\"apiVersion\":\"v1\",\"data\":{\"greeting\":\"" text                         \
    "\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"g\"}}],\"status\":{"                      \
    "\"delivered\":" delivered "}}"

static const struct {
    const char *request, *answer; /* answer NULL: refused */
    enum hk_err_kind kind;
    const char *path, *text;
} ROWS[] = {
    {REQUEST("\"to\":\"world\"", ""), ANSWER("Hello, world!", "false"), HK_ERR_NONE, "", ""},
    {REQUEST("\"text\":\"Bye\",\"to\":\"\\u00e9\"", "\"default/g\":{}"), ANSWER("Bye, é!", "true"),
     HK_ERR_NONE, "", ""},
    {REQUEST("", ""), NULL, HK_ERR_INVALID, "parent.spec.to", "is required"},
    {REQUEST("\"to\":1", ""), NULL, HK_ERR_INVALID, "parent.spec.to", NULL},
    {"{\"parent\":", NULL, HK_ERR_MALFORMED, NULL, NULL},
};

START_TEST(answers)
{
    struct hk_arena arena;
    struct hk_buf body, out;
    struct hk_err err = {0};
    hk_arena_init(&arena);
    hk_buf_init(&body);
    hk_buf_init(&out);
    hk_buf_add_str(&body, hk_str_of(ROWS[_i].request));
    ck_assert_int_eq(hk_buf_reserve(&body, HK_SCAN_PAD), 0);
    memset(body.data + body.len, 0, HK_SCAN_PAD);
    struct hk_call call = {.body = hk_buf_str(&body), .arena = &arena};
    int result = hk_controller_run(&greeting_controller, HK_HOOK_SYNC, &call, &out, &err);
    ck_assert_int_eq(result, ROWS[_i].answer ? 0 : -1);
    ck_assert_int_eq(err.kind, ROWS[_i].kind);
    if (ROWS[_i].answer)
        ck_assert_str_eq(hk_buf_cstr(&out), ROWS[_i].answer);
    if (ROWS[_i].path)
        ck_assert_str_eq(err.path, ROWS[_i].path);
    if (ROWS[_i].text)
        ck_assert_str_eq(err.text, ROWS[_i].text);
    hk_buf_fini(&body);
    hk_buf_fini(&out);
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(lives_in_a_cluster)
{
    static const struct hk_sim_kind maps = {"v1", "ConfigMap", "configmaps", HK_SIM_IN_PLACE};
    struct hk_sim_options options = {
        .controller = "greeting",
        .parent = {"greetings.example.org/v1", "Greeting", "greetings", HK_SIM_IN_PLACE},
        .children = &maps,
        .child_count = 1,
        .no_finalize = true,
        .pace = HK_SIM_PACE,
        .call = hk_sim_call_controller,
        .call_arg = (void *)&greeting_controller,
    };
    struct hk_err err = {0};
    struct hk_sim *sim = hk_sim_new(&options, &err);
    ck_assert_ptr_nonnull(sim);
    const struct hk_sim_ref map = {"ConfigMap", "default", "g"},
                            greeting = {"Greeting", "default", "g"};
    bool settled = false;
    json_t *object =
        json_pack("{s:s,s:s,s:{s:s},s:{s:s}}", "apiVersion", "greetings.example.org/v1", "kind",
                  "Greeting", "metadata", "name", "g", "spec", "to", "world");
    ck_assert_int_eq(hk_sim_put(sim, object, &err), 0);
    ck_assert_int_eq(hk_sim_run(sim, 60000, &settled, &err), 0);
    ck_assert(settled);
    ck_assert_str_eq(hk_sim_text(hk_sim_find(sim, map), "data.greeting"), "Hello, world!");
    ck_assert(json_is_true(hk_sim_get(hk_sim_find(sim, greeting), "status.delivered")));
    json_object_set_new(json_object_get(object, "spec"), "to", json_string("you"));
    ck_assert_int_eq(hk_sim_put(sim, object, &err), 0);
    ck_assert_int_eq(hk_sim_run(sim, 60000, &settled, &err), 0);
    ck_assert_str_eq(hk_sim_text(hk_sim_find(sim, map), "data.greeting"), "Hello, you!");
    ck_assert_int_eq(hk_sim_delete(sim, greeting, &err), 0);
    ck_assert_int_eq(hk_sim_run(sim, 60000, &settled, &err), 0);
    ck_assert_uint_eq(hk_sim_children_left(sim), 0);
    ck_assert_uint_eq(hk_sim_counters(sim)->errors, 0);
    ck_assert_uint_gt(hk_sim_counters(sim)->not_modified, 0);
    json_decref(object);
    hk_sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("greeting");
    TCase *tcase = tcase_create("greeting");
    tcase_add_loop_test(tcase, answers, 0, sizeof ROWS / sizeof *ROWS);
    tcase_add_test(tcase, lives_in_a_cluster);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
