/* The simulated cluster: Metacontroller's rules, the API server's, garbage collection, faults. */
#include "sim_puppet.h"
#include "run_suite.h"

START_TEST(creates_what_is_desired)
{
    struct puppet puppet = {.answer = {ANSWER(MAP("m", "\"a\":\"1\"") "," POD("p", "i:1"))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    const json_t *toy = puppet_find(sim, "Toy", "t"), *map = puppet_find(sim, "ConfigMap", "m");
    const json_t *owner = json_array_get(hk_sim_get(map, "metadata.ownerReferences"), 0);
    ck_assert_str_eq(hk_sim_text(owner, "uid"), hk_sim_text(toy, "metadata.uid"));
    ck_assert(json_is_true(json_object_get(owner, "controller")));
    ck_assert_str_eq(hk_sim_text(map, "metadata.labels.controller-uid"),
                     hk_sim_text(toy, "metadata.uid"));
    ck_assert_str_eq(hk_sim_text(map, "metadata.namespace"), "default");
    ck_assert_ptr_nonnull(
        strstr(hk_sim_annotation(map, "metacontroller.k8s.io/last-applied-configuration"),
               "\"data\":{\"a\":\"1\"}"));
    ck_assert_ptr_null(hk_sim_get(map, "metadata.generation"));
    ck_assert_int_eq(hk_sim_int(toy, "status.observedGeneration"), 1);
    ck_assert(json_is_true(hk_sim_get(toy, "status.ok")));
    ck_assert_str_eq(json_string_value(json_array_get(hk_sim_get(toy, "metadata.finalizers"), 0)),
                     "metacontroller.io/compositecontroller-toy");
    ck_assert(hk_sim_pod_ready(puppet_find(sim, "Pod", "p")));
    ck_assert_uint_eq(hk_sim_counters(sim)->created, 2);
    ck_assert_uint_eq(hk_sim_counters(sim)->updated, 0);
    ck_assert_uint_eq(hk_sim_counters(sim)->status_writes, 1);
    ck_assert_uint_eq(hk_sim_counters(sim)->errors, 0);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(builds_requests_as_metacontroller_does)
{
    for (int v1 = 0; v1 < 2; v1++) {
        struct puppet puppet = {.answer = {ANSWER(MAP("m", "") "," POD("p", "i:1"))}};
        struct hk_sim_options options = puppet_options(&puppet);
        options.v1 = v1;
        struct hk_sim *sim = puppet_sim(&options);
        puppet_put(sim, TOY);
        puppet_run(sim, 60000, true);
        static const char *const keys[] = {"controller", "parent", "children", "related",
                                           "finalizing"};
        size_t i = 0;
        const char *key;
        json_t *value;
        json_object_foreach(puppet.request, key, value)
        {
            ck_assert_str_eq(key, keys[i++]);
        }
        ck_assert_uint_eq(i, 5);
        const json_t *children = json_object_get(puppet.request, "children");
        const json_t *pods = json_object_get(children, "Pod.v1");
        ck_assert_uint_eq(json_object_size(children), 8);
        ck_assert_uint_eq(json_object_size(json_object_get(children, "Service.v1")), 0);
        ck_assert_ptr_nonnull(json_object_get(pods, v1 ? "p" : "default/p"));
        ck_assert(json_is_false(json_object_get(puppet.request, "finalizing")));
        ck_assert_str_eq(hk_sim_text(puppet.request, "controller.spec.parentResource.resource"),
                         "toys");
        puppet_fini(&puppet, sim);
    }
}
END_TEST

static const struct {
    const char *answer;
    const char *v2, *v1; /* the SyncError, or NULL */
} STRICT[] = {
    {"{\"children\":[],\"status\":{}}", NULL, NULL},
    {"{\"children\":[],\"extra\":1}",
     "Sync error: extra: strict validation failed: unknown field \"extra\"", NULL},
    {"{\"children\":[],\"children\":[]}", "duplicate object key", NULL},
    {"{\"children\":{}}", "Sync error: children: can't unmarshal webhookResponse: wrong type",
     "Sync error: children: can't unmarshal webhookResponse: wrong type"},
    {"{\"status\":1}", "Sync error: status: can't unmarshal",
     "Sync error: status: can't unmarshal"},
    {"{\"finalized\":\"yes\"}", "Sync error: finalized: can't", "Sync error: finalized: can't"},
    {"{\"resyncAfterSeconds\":\"5\"}", "Sync error: resyncAfterSeconds",
     "Sync error: resyncAfterSeconds"},
    {"{\"children\":[{\"kind\":\"Pod\"}]}", "item 0 has no apiVersion", "item 0 has no apiVersion"},
    {"[]", "not an object", "not an object"},
    {"{", "can't unmarshal webhookResponse", "can't unmarshal webhookResponse"},
    {ANSWER("{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"x\"}}"),
     "Sync error: no child resource v1 Node", "Sync error: no child resource v1 Node"},
    {ANSWER("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"labels\":{\"controller-uid\":"
            "\"z\"},\"name\":"
            "\"x\"}}"),
     "don't match parent selector", "don't match parent selector"},
    {ANSWER("{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"x\"}}"),
     "Sync error: can't create: Service \"x\" is invalid: spec.ports: Required value",
     "Sync error: can't create: Service \"x\" is invalid: spec.ports: Required value"},
};

START_TEST(reads_answers_strictly)
{
    for (int v1 = 0; v1 < 2; v1++) {
        struct puppet puppet = {.answer = {STRICT[_i].answer}};
        struct hk_sim_options options = puppet_options(&puppet);
        options.v1 = v1;
        struct hk_sim *sim = puppet_sim(&options);
        puppet_put(sim, TOY);
        const char *want = v1 ? STRICT[_i].v1 : STRICT[_i].v2;
        puppet_run(sim, 1000, !want);
        const char *got = hk_sim_last_error(sim);
        if (want)
            ck_assert_msg(got && strstr(got, want), "want %s, got %s", want, got ? got : "none");
        else
            ck_assert_msg(got == NULL, "%s", got);
        puppet_fini(&puppet, sim);
    }
}
END_TEST

START_TEST(retries_with_backoff)
{
    struct puppet puppet = {.answer = {NULL}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 1000, false);
    unsigned early = puppet.calls;
    ck_assert_uint_ge(early, 6);
    puppet_run(sim, 60000, false);
    ck_assert_uint_le(puppet.calls, early + 7);
    ck_assert_str_eq(hk_sim_last_error(sim), "Sync error: sync: http error: refused");
    ck_assert_uint_eq(puppet.events[HK_SIM_ERROR], puppet.calls);
    puppet.answer[HK_HOOK_SYNC] = ANSWER("");
    puppet_run(sim, 200000, true);
    ck_assert_ptr_null(hk_sim_last_error(sim));
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(too_many_requests_are_no_error)
{
    struct puppet puppet = {.answer = {"{}"}, .status = 429};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 20000, false);
    /* once, once more for the finalizer that was written, then every 7 s */
    ck_assert_uint_eq(puppet.calls, 4);
    ck_assert_uint_eq(hk_sim_counters(sim)->errors, 0);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(repairs_in_place_and_keeps_what_others_added)
{
    struct puppet puppet = {.answer = {ANSWER(MAP("m", "\"a\":\"1\",\"b\":\"2\""))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    puppet_patch(sim, "ConfigMap", "m",
                 "{'data':{'a':'edited','mine':'3'},'metadata':{'labels':{'x':'y'}}}");
    puppet_run(sim, 60000, true);
    const json_t *map = puppet_find(sim, "ConfigMap", "m");
    ck_assert_str_eq(hk_sim_text(map, "data.a"), "1");
    ck_assert_str_eq(hk_sim_text(map, "data.mine"), "3");
    ck_assert_str_eq(hk_sim_text(map, "metadata.labels.x"), "y");
    ck_assert_uint_eq(hk_sim_counters(sim)->updated, 1);
    puppet.answer[HK_HOOK_SYNC] = ANSWER(MAP("m", "\"a\":\"1\""));
    hk_sim_poke(sim);
    puppet_run(sim, 60000, true);
    map = puppet_find(sim, "ConfigMap", "m");
    ck_assert_ptr_null(hk_sim_get(map, "data.b"));
    ck_assert_str_eq(hk_sim_text(map, "data.mine"), "3");
    ck_assert_uint_eq(hk_sim_counters(sim)->updated, 2);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(pods_are_not_updated_but_deleted_and_made_anew)
{
    struct puppet puppet = {.answer = {ANSWER(POD("p", "i:1"))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    char uid[64];
    snprintf(uid, sizeof uid, "%s", hk_sim_text(puppet_find(sim, "Pod", "p"), "metadata.uid"));
    puppet.answer[HK_HOOK_SYNC] = ANSWER(POD("p", "i:2"));
    hk_sim_poke(sim);
    puppet_run(sim, 60000, true);
    ck_assert_str_eq(hk_sim_text(puppet_find(sim, "Pod", "p"), "metadata.uid"), uid);
    ck_assert_uint_eq(hk_sim_counters(sim)->updated, 0);
    puppet.answer[HK_HOOK_SYNC] = ANSWER("");
    hk_sim_poke(sim);
    puppet_run(sim, 100, false);
    const json_t *pod = puppet_find(sim, "Pod", "p");
    ck_assert_ptr_nonnull(hk_sim_get(pod, "metadata.deletionTimestamp"));
    ck_assert_int_eq(hk_sim_int(pod, "metadata.deletionGracePeriodSeconds"), 30);
    ck_assert_int_eq(hk_sim_int(pod, "metadata.generation"), 2);
    puppet_run(sim, 60000, true);
    ck_assert_ptr_null(puppet_find(sim, "Pod", "p"));
    ck_assert_uint_eq(hk_sim_counters(sim)->deleted, 1);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(finalizes_until_the_hook_says_so)
{
    struct puppet puppet = {
        .answer = {ANSWER(POD("p", "i:1") "," MAP("m", "")), ANSWER(MAP("m", ""))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    struct hk_err err = {0};
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(hk_sim_delete(sim, (struct hk_sim_ref){"Toy", "default", "t"}, &err), 0);
    puppet_run(sim, 60000, true);
    ck_assert(json_is_true(json_object_get(puppet.request, "finalizing")));
    ck_assert_ptr_null(puppet_find(sim, "Pod", "p"));
    ck_assert_ptr_nonnull(puppet_find(sim, "ConfigMap", "m"));
    ck_assert_uint_eq(hk_sim_children_left(sim), 1);
    puppet.answer[HK_HOOK_FINALIZE] = "{\"children\":[],\"finalized\":true}";
    hk_sim_poke(sim);
    puppet_run(sim, 60000, true);
    ck_assert_ptr_null(puppet_find(sim, "Toy", "t"));
    ck_assert_uint_eq(hk_sim_children_left(sim), 0); /* the garbage collector took the map */
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(without_finalizer_the_garbage_collector_cleans_up)
{
    struct puppet puppet = {.answer = {ANSWER(POD("p", "i:1") "," MAP("m", ""))}};
    struct hk_sim_options options = puppet_options(&puppet);
    options.no_finalize = true;
    struct hk_sim *sim = puppet_sim(&options);
    struct hk_err err = {0};
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    ck_assert_ptr_null(hk_sim_get(puppet_find(sim, "Toy", "t"), "metadata.finalizers"));
    ck_assert_int_eq(hk_sim_delete(sim, (struct hk_sim_ref){"Toy", "default", "t"}, &err), 0);
    puppet_run(sim, 60000, true);
    ck_assert_uint_eq(hk_sim_children_left(sim), 0);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(resyncs_when_asked)
{
    struct puppet puppet = {.answer = {"{\"children\":[],\"resyncAfterSeconds\":5,\"status\":{}}"}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 1000, false);
    unsigned before = puppet.calls;
    puppet_run(sim, 20000, false);
    ck_assert_uint_eq(puppet.calls, before + 4);
    puppet_run(sim, 1000000, true); /* nothing changed for ten minutes */
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(a_resync_beyond_all_time_never_comes)
{
    struct puppet puppet = {
        .answer = {"{\"children\":[],\"resyncAfterSeconds\":1e300,\"status\":{}}"}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 1000, false);
    unsigned before = puppet.calls;
    puppet_run(sim, 1000000, true);
    ck_assert_uint_eq(puppet.calls, before);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(observes_through_a_lagging_cache)
{
    struct puppet puppet = {.answer = {ANSWER(POD("p", "i:1"))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    hk_sim_set_faults(sim, &(struct hk_sim_faults){.lag_ms = 500000});
    puppet.answer[HK_HOOK_SYNC] = ANSWER("");
    hk_sim_poke(sim);
    puppet_run(sim, 100, false);
    for (int i = 0; i < 20; i++) { /* every sync sees the old Pod and wants it away: no harm */
        hk_sim_poke(sim);
        puppet_run(sim, 1000, false);
    }
    ck_assert_uint_eq(hk_sim_counters(sim)->deleted, 1);
    puppet_run(sim, 2000000, true);
    ck_assert_uint_eq(hk_sim_counters(sim)->deleted, 1);
    ck_assert_uint_eq(hk_sim_counters(sim)->errors, 0);
    ck_assert_uint_eq(json_object_size(hk_sim_get(puppet.request, "children.Pod")), 0);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(loses_and_repeats_requests)
{
    struct puppet puppet = {.answer = {ANSWER(POD("p", "i:1"))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    hk_sim_set_faults(sim, &(struct hk_sim_faults){40, 40, 100, 50});
    puppet_put(sim, TOY);
    puppet_run(sim, 6000000, true);
    const struct hk_sim_counters *counters = hk_sim_counters(sim);
    ck_assert_uint_gt(counters->lost, 0);
    ck_assert_uint_eq(counters->errors, counters->lost);
    ck_assert_uint_eq(counters->repeated, counters->syncs);
    ck_assert_uint_eq(counters->impure, 0);
    ck_assert(hk_sim_pod_ready(puppet_find(sim, "Pod", "p")));
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(one_seed_is_one_run)
{
    struct hk_buf logs[3];
    for (int i = 0; i < 3; i++) {
        struct puppet puppet = {
            .answer = {ANSWER(POD("p", "i:1") "," POD("q", "i:1") "," MAP("m", ""))}};
        struct hk_sim_options options = puppet_options(&puppet);
        options.seed = i < 2 ? 7 : 8;
        options.pace.jitter_pct = 50;
        struct hk_sim *sim = puppet_sim(&options);
        hk_sim_set_faults(sim, &(struct hk_sim_faults){20, 20, 20, 2000});
        puppet_put(sim, TOY);
        puppet_run(sim, 6000000, true);
        logs[i] = puppet.log;
        hk_buf_init(&puppet.log);
        puppet_fini(&puppet, sim);
    }
    ck_assert(hk_str_eq(hk_buf_str(&logs[0]), hk_buf_str(&logs[1])));
    ck_assert(!hk_str_eq(hk_buf_str(&logs[0]), hk_buf_str(&logs[2])));
    for (int i = 0; i < 3; i++)
        hk_buf_fini(&logs[i]);
}
END_TEST

START_TEST(a_frozen_config_map_cannot_be_repaired)
{
    struct puppet puppet = {.answer = {ANSWER(MAP("m", "\"a\":\"1\""))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    puppet_patch(sim, "ConfigMap", "m", "{'data':{'a':'2'},'immutable':true}");
    puppet_run(sim, 60000, false);
    ck_assert_str_eq(
        hk_sim_last_error(sim),
        "Sync error: can't update: ConfigMap \"m\" is invalid: data: Forbidden: field is "
        "immutable when `immutable` is set");
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(adopts_orphans_and_lets_go)
{
    struct puppet puppet = {.answer = {ANSWER(MAP("m", "\"a\":\"1\""))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    puppet_patch(sim, "ConfigMap", "m", "{'metadata':{'labels':{'controller-uid':'nobody'}}}");
    puppet_run(sim, 60000, true);
    ck_assert_ptr_null(hk_sim_get(puppet_find(sim, "ConfigMap", "m"), "metadata.ownerReferences"));
    char patch[128];
    snprintf(patch, sizeof patch, "{'metadata':{'labels':{'controller-uid':'%s'}}}",
             hk_sim_text(puppet_find(sim, "Toy", "t"), "metadata.uid"));
    puppet_patch(sim, "ConfigMap", "m", patch);
    puppet_run(sim, 60000, true);
    ck_assert_uint_eq(
        json_array_size(hk_sim_get(puppet_find(sim, "ConfigMap", "m"), "metadata.ownerReferences")),
        1);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(customize_brings_related_objects)
{
    struct puppet puppet = {
        .answer = {ANSWER(""), NULL,
                   "{\"relatedResources\":[{\"apiVersion\":\"v1\",\"resource\":\"secrets\","
                   "\"names\":[\"wanted\"]}]}"}};
    struct hk_sim_options options = puppet_options(&puppet);
    options.customize = true;
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(
        sim,
        "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'wanted'},'data':{'k':'dg=='}}");
    puppet_put(sim, "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'other'}}");
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    const json_t *secrets =
        json_object_get(json_object_get(puppet.request, "related"), "Secret.v1");
    ck_assert_uint_eq(json_object_size(secrets), 1);
    unsigned before = puppet.calls;
    puppet_patch(sim, "Secret", "wanted", "{'data':{'k':'eA=='}}");
    puppet_run(sim, 60000, true);
    ck_assert_uint_gt(puppet.calls, before);
    secrets = json_object_get(json_object_get(puppet.request, "related"), "Secret.v1");
    ck_assert_str_eq(hk_sim_text(json_object_get(secrets, "default/wanted"), "data.k"), "eA==");
    puppet_fini(&puppet, sim);
}
END_TEST

static const struct {
    const char *object, *path, *text;
} REFUSED[] = {
    {"{'kind':'Toy','metadata':{'name':'x'}}", "",
     "an object must have apiVersion, kind and metadata.name"},
    {"{'apiVersion':'v1','kind':'Toy','metadata':{}}", "",
     "an object must have apiVersion, kind and metadata.name"},
    {"{'apiVersion':'v1','kind':'Toy','metadata':{'name':'x'}}", "apiVersion",
     "must be toys.example.org/v1 for a Toy, is v1"},
};

START_TEST(refuses_objects_that_are_none)
{
    struct puppet puppet = {.answer = {ANSWER("")}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    struct hk_err err = {0};
    json_t *object = puppet_json(REFUSED[_i].object);
    ck_assert_int_eq(hk_sim_put(sim, object, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_INVALID);
    ck_assert_str_eq(err.path, REFUSED[_i].path);
    ck_assert_str_eq(err.text, REFUSED[_i].text);
    json_decref(object);
    err = (struct hk_err){0};
    ck_assert_int_eq(hk_sim_delete(sim, (struct hk_sim_ref){"Pod", "default", "no"}, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_NOT_FOUND);
    ck_assert_str_eq(err.text, "Pod default/no not found");
    puppet_fini(&puppet, sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim");
    TCase *tcase = tcase_create("cluster");
    tcase_add_test(tcase, creates_what_is_desired);
    tcase_add_test(tcase, builds_requests_as_metacontroller_does);
    tcase_add_loop_test(tcase, reads_answers_strictly, 0, sizeof STRICT / sizeof *STRICT);
    tcase_add_test(tcase, retries_with_backoff);
    tcase_add_test(tcase, too_many_requests_are_no_error);
    tcase_add_test(tcase, repairs_in_place_and_keeps_what_others_added);
    tcase_add_test(tcase, pods_are_not_updated_but_deleted_and_made_anew);
    tcase_add_test(tcase, finalizes_until_the_hook_says_so);
    tcase_add_test(tcase, without_finalizer_the_garbage_collector_cleans_up);
    tcase_add_test(tcase, resyncs_when_asked);
    tcase_add_test(tcase, a_resync_beyond_all_time_never_comes);
    tcase_add_test(tcase, observes_through_a_lagging_cache);
    tcase_add_test(tcase, loses_and_repeats_requests);
    tcase_add_test(tcase, one_seed_is_one_run);
    tcase_add_test(tcase, a_frozen_config_map_cannot_be_repaired);
    tcase_add_test(tcase, adopts_orphans_and_lets_go);
    tcase_add_test(tcase, customize_brings_related_objects);
    tcase_add_loop_test(tcase, refuses_objects_that_are_none, 0, sizeof REFUSED / sizeof *REFUSED);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
