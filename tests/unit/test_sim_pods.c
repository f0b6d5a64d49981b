/* The life of simulated Pods and the API server's defaults; the three-way merge. */
#include "failalloc.h"
#include "hk_sim_impl.h"
#include "sim_puppet.h"
#include "run_suite.h"

struct bed {
    struct puppet puppet;
    struct hk_sim *sim;
};

/* A toy with one Pod that has had `ms` to live. */
static void bed_init(struct bed *bed, int64_t ms)
{
    *bed = (struct bed){.puppet = {.answer = {ANSWER(POD("p", "i:1"))}}};
    struct hk_sim_options options = puppet_options(&bed->puppet);
    bed->sim = puppet_sim(&options);
    puppet_put(bed->sim, TOY);
    bool idle = false;
    struct hk_err err = {0};
    while (!idle)
        ck_assert_int_eq(hk_sim_step(bed->sim, ms, &idle, &err), 0);
}

static void bed_fini(struct bed *bed)
{
    puppet_fini(&bed->puppet, bed->sim);
}

static const json_t *bed_pod(const struct bed *bed)
{
    return puppet_find(bed->sim, "Pod", "p");
}

static const char *condition(const json_t *pod, const char *type, const char *field)
{
    size_t i;
    json_t *item;
    json_array_foreach(hk_sim_get(pod, "status.conditions"), i, item)
    {
        if (strcmp(hk_sim_text(item, "type"), type) == 0)
            return hk_sim_text(item, field);
    }
    return "";
}

static const char *waiting(const json_t *pod, const char *field)
{
    char path[64];
    snprintf(path, sizeof path, "state.waiting.%s", field);
    return hk_sim_text(json_array_get(hk_sim_get(pod, "status.containerStatuses"), 0), path);
}

static const struct {
    int64_t ms;
    const char *phase, *node, *ready, *waiting;
} LIFE[] = {
    {100, "Pending", "", "", ""},
    {1000, "Pending", "node-0", "False", "ContainerCreating"},
    {5000, "Running", "node-0", "True", ""},
};

START_TEST(pods_come_up)
{
    struct bed bed;
    bed_init(&bed, LIFE[_i].ms);
    const json_t *pod = bed_pod(&bed);
    ck_assert_str_eq(hk_sim_text(pod, "status.phase"), LIFE[_i].phase);
    ck_assert_str_eq(hk_sim_text(pod, "spec.nodeName"), LIFE[_i].node);
    ck_assert_str_eq(condition(pod, "Ready", "status"), LIFE[_i].ready);
    ck_assert_str_eq(waiting(pod, "reason"), LIFE[_i].waiting);
    ck_assert_int_eq(hk_sim_int(pod, "metadata.generation"), 1);
    bed_fini(&bed);
}
END_TEST

START_TEST(bad_images_wait_and_good_ones_go_on)
{
    struct bed bed;
    bed_init(&bed, 0);
    hk_sim_fail_image(bed.sim, "i:1", true);
    puppet_run(bed.sim, 5000, false);
    ck_assert_str_eq(waiting(bed_pod(&bed), "reason"), "ErrImagePull");
    puppet_run(bed.sim, 60000, true);
    const json_t *pod = bed_pod(&bed);
    ck_assert_str_eq(hk_sim_text(pod, "status.phase"), "Pending");
    ck_assert_str_eq(waiting(pod, "reason"), "ImagePullBackOff");
    ck_assert_str_eq(waiting(pod, "message"), "Back-off pulling image \"i:1\"");
    hk_sim_fail_image(bed.sim, "i:1", false);
    puppet_run(bed.sim, 60000, true);
    ck_assert(hk_sim_pod_ready(bed_pod(&bed)));
    bed_fini(&bed);
}
END_TEST

START_TEST(eviction_ends_a_pod)
{
    struct bed bed;
    struct hk_err err = {0};
    bed_init(&bed, 5000);
    ck_assert_int_eq(hk_sim_evict(bed.sim, "default", "p", &err), 0);
    const json_t *pod = bed_pod(&bed);
    ck_assert_str_eq(hk_sim_text(pod, "status.phase"), "Failed");
    ck_assert_str_eq(hk_sim_text(pod, "status.reason"), "Evicted");
    ck_assert(!hk_sim_pod_ready(pod));
    puppet_run(bed.sim, 60000, true);
    ck_assert_ptr_eq(hk_sim_get(bed_pod(&bed), "metadata.deletionTimestamp"), NULL);
    /* an ended Pod goes without grace */
    ck_assert_int_eq(hk_sim_delete(bed.sim, (struct hk_sim_ref){"Pod", "default", "p"}, &err), 0);
    ck_assert_ptr_null(bed_pod(&bed));
    ck_assert_int_eq(hk_sim_evict(bed.sim, "default", "no", &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_NOT_FOUND);
    ck_assert_str_eq(err.text, "Pod default/no not found");
    bed_fini(&bed);
}
END_TEST

START_TEST(crash_loops_end_when_told)
{
    struct bed bed;
    struct hk_err err = {0};
    bed_init(&bed, 5000);
    ck_assert_int_eq(hk_sim_crash(bed.sim, "default", "p", 20000, &err), 0);
    ck_assert_str_eq(waiting(bed_pod(&bed), "reason"), "CrashLoopBackOff");
    ck_assert_str_eq(hk_sim_text(bed_pod(&bed), "status.phase"), "Running");
    ck_assert(!hk_sim_pod_ready(bed_pod(&bed)));
    puppet_run(bed.sim, 60000, true);
    ck_assert(hk_sim_pod_ready(bed_pod(&bed)));
    ck_assert_int_eq(
        hk_sim_int(json_array_get(hk_sim_get(bed_pod(&bed), "status.containerStatuses"), 0),
                   "restartCount"),
        1);
    ck_assert_int_eq(hk_sim_crash(bed.sim, "default", "p", 0, &err), 0);
    puppet_run(bed.sim, 60000, true);
    ck_assert(!hk_sim_pod_ready(bed_pod(&bed)));
    bed_fini(&bed);
}
END_TEST

START_TEST(a_lost_node_takes_its_pods)
{
    struct bed bed;
    bed_init(&bed, 5000);
    hk_sim_node(bed.sim, "node-0", false);
    ck_assert_str_eq(condition(bed_pod(&bed), "Ready", "status"), "False");
    ck_assert_str_eq(condition(bed_pod(&bed), "Ready", "reason"), "NodeNotReady");
    puppet_run(bed.sim, 400000, true);
    ck_assert_ptr_nonnull(hk_sim_get(bed_pod(&bed), "metadata.deletionTimestamp"));
    hk_sim_node(bed.sim, "node-0", true);
    puppet_run(bed.sim, 60000, true);
    ck_assert(hk_sim_pod_ready(bed_pod(&bed))); /* made anew */
    bed_fini(&bed);
}
END_TEST

START_TEST(a_node_may_come_back_in_time)
{
    struct bed bed;
    bed_init(&bed, 5000);
    hk_sim_node(bed.sim, "node-0", false);
    puppet_run(bed.sim, 100000, false);
    hk_sim_node(bed.sim, "node-0", true);
    ck_assert(hk_sim_pod_ready(bed_pod(&bed)));
    puppet_run(bed.sim, 400000, true);
    ck_assert_uint_eq(hk_sim_counters(bed.sim)->created, 1);
    bed_fini(&bed);
}
END_TEST

START_TEST(a_deaf_process_takes_its_whole_grace)
{
    struct puppet puppet = {.answer = {ANSWER(POD("p", "i:1"))}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_err err = {0};
    options.pace.stop_ms = -1;
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(hk_sim_delete(sim, (struct hk_sim_ref){"Pod", "default", "p"}, &err), 0);
    puppet_run(sim, 29000, false);
    ck_assert_ptr_nonnull(hk_sim_get(puppet_find(sim, "Pod", "p"), "metadata.deletionTimestamp"));
    puppet_run(sim, 2000, false);
    ck_assert_ptr_null(hk_sim_get(puppet_find(sim, "Pod", "p"), "metadata.deletionTimestamp"));
    puppet_fini(&puppet, sim);
}
END_TEST

static const struct {
    const char *given, *path, *want;
} DEFAULTS[] = {
    {"{'kind':'Pod','spec':{'containers':[{'image':'a:1'}]}}", "spec.restartPolicy", "'Always'"},
    {"{'kind':'Pod','spec':{'restartPolicy':'Never'}}", "spec.restartPolicy", "'Never'"},
    {"{'kind':'Pod','spec':{'containers':[{'image':'a:1'}]}}", "spec.containers.0.imagePullPolicy",
     "'IfNotPresent'"},
    {"{'kind':'Pod','spec':{'containers':[{'image':'r:5/a'}]}}",
     "spec.containers.0.imagePullPolicy", "'Always'"},
    {"{'kind':'Pod','spec':{'containers':[{'image':'a:latest'}]}}",
     "spec.containers.0.imagePullPolicy", "'Always'"},
    {"{'kind':'Pod','spec':{'containers':[{'image':'a@sha256:0'}]}}",
     "spec.containers.0.imagePullPolicy", "'IfNotPresent'"},
    {"{'kind':'Pod','spec':{'containers':[{'ports':[{'containerPort':1}]}]}}",
     "spec.containers.0.ports", "[{'containerPort':1,'protocol':'TCP'}]"},
    {"{'kind':'Pod','spec':{'containers':[{'readinessProbe':{'periodSeconds':5}}]}}",
     "spec.containers.0.readinessProbe",
     "{'failureThreshold':3,'periodSeconds':5,'successThreshold':1,'timeoutSeconds':1}"},
    {"{'kind':'Pod','spec':{'volumes':[{'configMap':{'name':'c'}}]}}",
     "spec.volumes.0.configMap.defaultMode", "420"},
    {"{'kind':'Pod','spec':{'containers':[{'resources':{'requests':{'cpu':'1'}}}]}}",
     "status.qosClass", "'Burstable'"},
    {"{'kind':'Pod','spec':{'containers':[{}]}}", "status",
     "{'phase':'Pending','qosClass':'BestEffort'}"},
    {"{'kind':'Service','spec':{'ports':[{'port':80}]}}", "spec.ports",
     "[{'port':80,'protocol':'TCP','targetPort':80}]"},
    {"{'kind':'Service','spec':{}}", "spec.clusterIPs", "['10.0.0.2']"},
    {"{'kind':'Service','spec':{'clusterIP':'None'}}", "spec.clusterIPs", "['None']"},
    {"{'kind':'Service','spec':{}}", "status.loadBalancer", "{}"},
    {"{'kind':'ConfigMap'}", "", "{'kind':'ConfigMap'}"},
};

/* hk_sim_get, with numbers for the items of arrays. */
static const json_t *at(const json_t *tree, const char *path)
{
    char copy[128], *save = NULL;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save))
        tree = json_is_array(tree) ? json_array_get(tree, (size_t)atoi(part))
                                   : json_object_get(tree, part);
    return tree;
}

START_TEST(fills_in_defaults)
{
    struct hk_sim sim = {0};
    json_t *object = puppet_json(DEFAULTS[_i].given), *want = puppet_json(DEFAULTS[_i].want);
    hk_sim_defaults(&sim, object);
    const json_t *got = at(object, DEFAULTS[_i].path);
    char *text = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    ck_assert_msg(json_equal(got, want), "%s: got %s", DEFAULTS[_i].path, text ? text : "nothing");
    free(text);
    json_decref(object);
    json_decref(want);
}
END_TEST

static const struct {
    const char *observed, *last, *desired, *want;
} MERGES[] = {
    {"{'a':1}", "{}", "{'a':2}", "{'a':2}"},
    {"{'a':1,'b':2}", "{'a':1}", "{}", "{'b':2}"},
    {"{'a':{'x':1,'y':2}}", "{'a':{'x':1}}", "{'a':{'z':3}}", "{'a':{'y':2,'z':3}}"},
    {"{'a':[1,2]}", "{'a':[1]}", "{'a':[3]}", "{'a':[3]}"},
    {"{'a':[{'name':'x','d':1},{'name':'y'}]}", "{'a':[{'name':'y'}]}",
     "{'a':[{'name':'z'},{'name':'x'}]}", "{'a':[{'name':'x','d':1},{'name':'z'}]}"},
    /* port goes before name, so a renamed port is the same port */
    {"{'p':[{'name':'a','port':1,'protocol':'TCP'}]}", "{'p':[{'name':'a','port':1}]}",
     "{'p':[{'name':'b','port':1}]}", "{'p':[{'name':'b','port':1,'protocol':'TCP'}]}"},
    {"{'a':[{'name':'x'}]}", "{}", "{'a':[{'other':1}]}", "{'a':[{'other':1}]}"},
    {"{'a':1}", "null", "{'a':{'b':1}}", "{'a':{'b':1}}"},
    {"{'a':null}", "{}", "{'a':'x'}", "{'a':'x'}"},
};

START_TEST(merges_three_ways)
{
    struct hk_sim sim = {0};
    json_t *observed = puppet_json(MERGES[_i].observed), *last = puppet_json(MERGES[_i].last);
    json_t *desired = puppet_json(MERGES[_i].desired), *want = puppet_json(MERGES[_i].want);
    json_t *got = hk_sim_merge(&sim, observed, last, desired);
    char *text = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    ck_assert_msg(json_equal(got, want), "got %s", text);
    free(text);
    json_decref(observed);
    json_decref(last);
    json_decref(desired);
    json_decref(want);
    json_decref(got);
}
END_TEST

static const struct {
    const char *object, *text; /* text NULL: accepted */
} VALID[] = {
    {"{'kind':'ConfigMap','data':{'a':'b'}}", NULL},
    {"{'kind':'ConfigMap','data':{'a':1}}", "ConfigMap \"\" is invalid: data: must be a string"},
    {"{'kind':'Service','spec':{'ports':[{'name':'a','port':1},{'name':'b','port':2}]}}", NULL},
    {"{'kind':'Service','spec':{'clusterIP':'None'}}", NULL},
    {"{'kind':'Service','spec':{}}", "Service \"\" is invalid: spec.ports: Required value"},
    {"{'kind':'Service','spec':{'ports':[{'name':'a','port':1},{'port':2}]}}",
     "Service \"\" is invalid: spec.ports.name: Required value"},
    {"{'kind':'Service','spec':{'ports':[{'port':70000}]}}",
     "Service \"\" is invalid: spec.ports.port: Invalid value: must be between 1 and 65535, "
     "inclusive"},
    /* what a merge makes of a port under another number */
    {"{'kind':'Service','spec':{'ports':[{'name':'a','port':1},{'name':'a','port':2}]}}",
     "Service \"\" is invalid: spec.ports.name: Duplicate value"},
    {"{'kind':'Service','spec':{'ports':[{'name':'a','port':1,'protocol':'TCP'},"
     "{'name':'b','port':1,'protocol':'TCP'}]}}",
     "Service \"\" is invalid: spec.ports: Duplicate value"},
    {"{'kind':'Service','spec':{'ports':[{'name':'a','port':1,'protocol':'TCP'},"
     "{'name':'b','port':1,'protocol':'UDP'}]}}",
     NULL},
    {"{'kind':'Pod','spec':{'containers':[{'name':'c','image':'i'}]}}", NULL},
    {"{'kind':'Pod','spec':{}}", "Pod \"\" is invalid: spec.containers: Required value"},
    {"{'kind':'Pod','spec':{'containers':[{'name':'c'}]}}",
     "Pod \"\" is invalid: spec.containers: Required value: name and image"},
    {"{'kind':'Pod','spec':{'containers':[{'name':'c','image':'i'},{'name':'c','image':'j'}]}}",
     "Pod \"\" is invalid: spec.containers.name: Duplicate value"},
    {"{'kind':'Pod','spec':{'containers':[{'name':'c','image':'i'}],'volumes':[{'name':'v'},{'name'"
     ":'v'}]}}",
     "Pod \"\" is invalid: spec.volumes.name: Duplicate value"},
    {"{'kind':'Pod','spec':{'containers':[{'name':'c','image':'i','volumeMounts':[{'mountPath':'/"
     "a'},"
     "{'mountPath':'/a'}]}]}}",
     "Pod \"\" is invalid: spec.containers.volumeMounts.mountPath: must be unique"},
};

START_TEST(refuses_what_the_api_server_does)
{
    struct hk_err err = {0};
    json_t *object = puppet_json(VALID[_i].object);
    ck_assert_int_eq(hk_sim_validate(object, &err), VALID[_i].text ? -1 : 0);
    ck_assert_int_eq(err.kind, VALID[_i].text ? HK_ERR_INVALID : HK_ERR_NONE);
    ck_assert_str_eq(err.text, VALID[_i].text ? VALID[_i].text : "");
    json_decref(object);
}
END_TEST

/* A short life; every refused allocation must end it with MEMORY, leaking nothing. Trees are left
 * out: jansson's own parser reads beyond its buffer when that cannot grow. */
static int short_life(void *arg)
{
    json_set_alloc_funcs(malloc, free);
    struct hk_err err = {0};
    struct hk_sim *sim = hk_sim_new(arg, &err);
    bool settled = false;
    json_t *toy = json_pack("{s:s,s:s,s:{s:s}}", "apiVersion", "toys.example.org/v1", "kind", "Toy",
                            "metadata", "name", "t");
    int result =
        sim && toy && hk_sim_put(sim, toy, &err) == 0 && hk_sim_run(sim, 60000, &settled, &err) == 0
            ? 0
            : -1;
    if (result != 0 && sim && toy)
        ck_assert_int_eq(err.kind, HK_ERR_MEMORY);
    if (result == 0)
        ck_assert(settled);
    json_decref(toy);
    hk_sim_free(sim);
    return result;
}

static int plain_call(void *arg, const struct hk_sim_request *request, struct hk_sim_answer *answer,
                      struct hk_err *err)
{
    (void)request;
    answer->status = 200;
    hk_buf_add_str(&answer->body, hk_str_of(arg));
    return answer->body.failed ? hk_err_memory(err) : 0;
}

START_TEST(survives_refused_allocations)
{
    static char answer[] = ANSWER(MAP("m", "\"a\":\"1\"") "," POD("p", "i:1"));
    struct hk_sim_options options = {
        .controller = "toy",
        .parent = {"toys.example.org/v1", "Toy", "toys", HK_SIM_IN_PLACE},
        .pace = HK_SIM_PACE,
        .call = plain_call,
        .call_arg = answer,
    };
    failalloc_loop(short_life, &options);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_pods");
    TCase *tcase = tcase_create("pods");
    tcase_add_loop_test(tcase, pods_come_up, 0, sizeof LIFE / sizeof *LIFE);
    tcase_add_test(tcase, bad_images_wait_and_good_ones_go_on);
    tcase_add_test(tcase, eviction_ends_a_pod);
    tcase_add_test(tcase, crash_loops_end_when_told);
    tcase_add_test(tcase, a_lost_node_takes_its_pods);
    tcase_add_test(tcase, a_node_may_come_back_in_time);
    tcase_add_test(tcase, a_deaf_process_takes_its_whole_grace);
    tcase_add_loop_test(tcase, fills_in_defaults, 0, sizeof DEFAULTS / sizeof *DEFAULTS);
    tcase_add_loop_test(tcase, refuses_what_the_api_server_does, 0, sizeof VALID / sizeof *VALID);
    tcase_add_loop_test(tcase, merges_three_ways, 0, sizeof MERGES / sizeof *MERGES);
    tcase_add_test(tcase, survives_refused_allocations);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
