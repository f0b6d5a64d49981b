/* The simulated StatefulSet controller: Pods by ordinal, scaling, roll-outs, revisions, refusals. */
#include "failalloc.h"
#include "hk_sim_impl.h"
#include "sim_puppet.h"
#include "run_suite.h"

#define SET(members)                                                                               \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'s'},'spec':{" members        \
    ",'podManagementPolicy':'Parallel','selector':{'matchLabels':{'app':'a'}},"                    \
    "'template':{'metadata':{'labels':{'app':'a'}},"                                               \
    "'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}"

static struct hk_sim *new_sim(struct puppet *puppet, bool max_unavailable)
{
    *puppet = (struct puppet){.answer = {ANSWER("")}};
    struct hk_sim_options options = puppet_options(puppet);
    options.max_unavailable = max_unavailable;
    return puppet_sim(&options);
}

static const json_t *set_of(const struct hk_sim *sim)
{
    return puppet_find(sim, "StatefulSet", "s");
}

static int64_t pods_of(const struct hk_sim *sim)
{
    int64_t count = 0;
    while (hk_sim_nth(sim, "Pod", (size_t)count))
        count++;
    return count;
}

static const char *image_of(const struct hk_sim *sim, const char *pod)
{
    const json_t *containers = hk_sim_get(puppet_find(sim, "Pod", pod), "spec.containers");
    return hk_sim_text(json_array_get(containers, 0), "image");
}

static void set_image(struct hk_sim *sim, const char *image)
{
    char patch[200];
    snprintf(patch, sizeof patch,
             "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'%s'}]}}}}", image);
    puppet_patch(sim, "StatefulSet", "s", patch);
}

START_TEST(makes_pods_by_ordinal)
{
    struct puppet puppet;
    struct hk_sim *sim = new_sim(&puppet, false);
    puppet_put(sim, SET("'replicas':3"));
    puppet_run(sim, 60000, true);
    const json_t *set = set_of(sim), *pod = puppet_find(sim, "Pod", "s-2");
    ck_assert_int_eq(pods_of(sim), 3);
    ck_assert(hk_sim_pod_ready(pod));
    ck_assert_str_eq(hk_sim_text(pod, "spec.hostname"), "s-2");
    ck_assert_str_eq(hk_sim_owner_uid(pod), hk_sim_text(set, "metadata.uid"));
    ck_assert_str_eq(json_string_value(json_object_get(hk_sim_get(pod, "metadata.labels"), "app")),
                     "a");
    ck_assert_int_eq(hk_sim_int(set, "status.observedGeneration"), 1);
    ck_assert_int_eq(hk_sim_int(set, "status.replicas"), 3);
    ck_assert_int_eq(hk_sim_int(set, "status.readyReplicas"), 3);
    ck_assert_int_eq(hk_sim_int(set, "status.currentReplicas"), 3);
    ck_assert_int_eq(hk_sim_int(set, "status.updatedReplicas"), 3);
    ck_assert_str_eq(hk_sim_text(set, "status.currentRevision"),
                     hk_sim_text(set, "status.updateRevision"));
    ck_assert_str_eq(hk_sim_text(set, "spec.serviceName"), "");
    ck_assert_str_eq(hk_sim_text(set, "spec.template.spec.dnsPolicy"), "ClusterFirst");
    ck_assert_ptr_null(hk_sim_get(set, "spec.template.spec.priority"));
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(scales_and_goes_with_its_pods)
{
    struct puppet puppet;
    struct hk_err err = {0};
    struct hk_sim *sim = new_sim(&puppet, false);
    puppet_put(sim, SET("'replicas':3"));
    puppet_run(sim, 60000, true);
    puppet_patch(sim, "StatefulSet", "s", "{'spec':{'replicas':1}}");
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(pods_of(sim), 1);
    ck_assert_int_eq(hk_sim_int(set_of(sim), "status.replicas"), 1);
    ck_assert_int_eq(hk_sim_evict(sim, "default", "s-0", &err), 0);
    puppet_run(sim, 60000, true);
    ck_assert(hk_sim_pod_ready(puppet_find(sim, "Pod", "s-0")));
    puppet_patch(sim, "StatefulSet", "s", "{'spec':{'replicas':2}}");
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(hk_sim_delete(sim, (struct hk_sim_ref){"StatefulSet", "default", "s"}, &err),
                     0);
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(pods_of(sim), 0);
    ck_assert_uint_eq(hk_sim_children_left(sim), 0);
    puppet_fini(&puppet, sim);
}
END_TEST

/* How many Pods are missing or not Ready at the worst moment of a roll-out. */
static int64_t roll(struct hk_sim *sim, int64_t wanted, const char *image)
{
    int64_t worst = 0;
    bool settled = false;
    struct hk_err err = {0};
    set_image(sim, image);
    for (int i = 0; i < 4000 && !settled; i++) {
        int64_t ready = 0;
        ck_assert_int_eq(hk_sim_run(sim, 50, &settled, &err), 0);
        for (size_t n = 0; hk_sim_nth(sim, "Pod", n); n++)
            ready += hk_sim_pod_ready(hk_sim_nth(sim, "Pod", n));
        if (wanted - ready > worst)
            worst = wanted - ready;
    }
    ck_assert(settled);
    return worst;
}

static const struct {
    const char *strategy;
    bool knows; /* maxUnavailable */
    int64_t worst;
    const char *low, *high; /* images of s-0 and s-3 in the end */
} ROLLS[] = {
    {"{'type':'RollingUpdate'}", false, 1, "i:2", "i:2"},
    {"{'rollingUpdate':{'maxUnavailable':3}}", false, 1, "i:2", "i:2"},
    {"{'rollingUpdate':{'maxUnavailable':3}}", true, 3, "i:2", "i:2"},
    {"{'rollingUpdate':{'maxUnavailable':9}}", true, 4, "i:2", "i:2"},
    {"{'rollingUpdate':{'partition':4}}", false, 0, "i:1", "i:1"},
    {"{'rollingUpdate':{'partition':3}}", false, 1, "i:1", "i:2"},
    {"{'type':'OnDelete'}", false, 0, "i:1", "i:1"},
};

START_TEST(rolls_out_by_its_strategy)
{
    struct puppet puppet;
    char set[1024];
    struct hk_sim *sim = new_sim(&puppet, ROLLS[_i].knows);
    snprintf(set, sizeof set, SET("'replicas':4,'updateStrategy':%s"), ROLLS[_i].strategy);
    puppet_put(sim, set);
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(roll(sim, 4, "i:2"), ROLLS[_i].worst);
    ck_assert_str_eq(image_of(sim, "s-0"), ROLLS[_i].low);
    ck_assert_str_eq(image_of(sim, "s-3"), ROLLS[_i].high);
    bool is_done = strcmp(ROLLS[_i].low, "i:2") == 0;
    const json_t *status = json_object_get(set_of(sim), "status");
    ck_assert_int_eq(
        strcmp(hk_sim_text(status, "currentRevision"), hk_sim_text(status, "updateRevision")) == 0,
        is_done);
    ck_assert_int_eq(hk_sim_int(status, "updatedReplicas"), is_done ? 4
                                                            : strcmp(ROLLS[_i].high, "i:2") == 0
                                                                ? 1
                                                                : 0);
    puppet_fini(&puppet, sim);
}
END_TEST

/* A held Pod comes back as it was, one of an OnDelete set comes back new. */
static const struct {
    const char *strategy, *image;
} COME_BACK[] = {
    {"{'rollingUpdate':{'partition':2}}", "i:1"},
    {"{'type':'OnDelete'}", "i:2"},
};

START_TEST(deleted_pods_come_back)
{
    struct puppet puppet;
    struct hk_err err = {0};
    char set[1024];
    struct hk_sim *sim = new_sim(&puppet, false);
    snprintf(set, sizeof set, SET("'replicas':2,'updateStrategy':%s"), COME_BACK[_i].strategy);
    puppet_put(sim, set);
    puppet_run(sim, 60000, true);
    set_image(sim, "i:2");
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(hk_sim_delete(sim, (struct hk_sim_ref){"Pod", "default", "s-1"}, &err), 0);
    puppet_run(sim, 60000, true);
    ck_assert_str_eq(image_of(sim, "s-1"), COME_BACK[_i].image);
    ck_assert_str_eq(image_of(sim, "s-0"), "i:1");
    puppet_fini(&puppet, sim);
}
END_TEST

/* A controller that asks for what the server takes away writes in vain at each sync. */
START_TEST(updates_in_vain_are_counted)
{
    static const char set[] =
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"s\"},"
        "\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"a\"}},\"replicas\":0,"
        "\"updateStrategy\":{\"rollingUpdate\":{\"maxUnavailable\":2}},\"template\":{\"metadata\":{"
        "\"labels\":{\"app\":\"a\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}"
        "}";
    char answer[1024];
    struct puppet puppet = {.status = 0};
    snprintf(answer, sizeof answer, "{\"children\":[%s],\"status\":{}}", set);
    puppet.answer[HK_HOOK_SYNC] = answer;
    struct hk_sim_options options = puppet_options(&puppet);
    options.max_unavailable = _i == 1;
    options.no_etag = true;
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    unsigned before = hk_sim_counters(sim)->in_vain;
    hk_sim_poke(sim);
    puppet_run(sim, 60000, true);
    ck_assert_uint_eq(hk_sim_counters(sim)->in_vain - before, _i == 1 ? 0 : 1);
    puppet_fini(&puppet, sim);
}
END_TEST

/* A roll-out to what never gets Ready stops at the first Pod, and going back heals it. */
START_TEST(a_bad_rollout_stops_and_heals)
{
    struct puppet puppet;
    struct hk_sim *sim = new_sim(&puppet, false);
    hk_sim_fail_image(sim, "i:bad", true);
    puppet_put(sim, SET("'replicas':3"));
    puppet_run(sim, 60000, true);
    ck_assert_int_eq(roll(sim, 3, "i:bad"), 1);
    ck_assert_int_eq(hk_sim_int(set_of(sim), "status.updatedReplicas"), 1);
    ck_assert_int_eq(roll(sim, 3, "i:1"), 1);
    ck_assert_int_eq(hk_sim_int(set_of(sim), "status.readyReplicas"), 3);
    puppet_fini(&puppet, sim);
}
END_TEST

static const struct {
    const char *set, *wrong;
} REFUSED[] = {
    {"{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'s'},'spec':{}}",
     "empty selector"},
    {"{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'s'},'spec':{"
     "'selector':{'matchLabels':{'app':'b'}},'template':{'metadata':{'labels':{'app':'a'}}}}}",
     "does not match"},
    {SET("'replicas':-1"), "greater than or equal to 0"},
    {SET("'updateStrategy':{'type':'OnDelete','rollingUpdate':{'partition':0}}"),
     "spec.updateStrategy.rollingUpdate"},
};

START_TEST(refuses_what_the_api_server_does)
{
    struct puppet puppet;
    struct hk_err err = {0};
    struct hk_sim *sim = new_sim(&puppet, false);
    json_t *set = puppet_json(REFUSED[_i].set);
    ck_assert_int_eq(hk_sim_put(sim, set, &err), -1);
    ck_assert_msg(strstr(err.text, REFUSED[_i].wrong) != NULL, "%s", err.text);
    json_decref(set);
    puppet_fini(&puppet, sim);
}
END_TEST

START_TEST(refuses_to_change_what_stays)
{
    struct puppet puppet;
    struct hk_err err = {0};
    struct hk_sim *sim = new_sim(&puppet, false);
    puppet_put(sim, SET("'replicas':1"));
    json_t *patch = puppet_json("{'spec':{'podManagementPolicy':'OrderedReady'}}");
    ck_assert_int_eq(
        hk_sim_patch(sim, (struct hk_sim_ref){"StatefulSet", "default", "s"}, patch, &err), -1);
    ck_assert_msg(strstr(err.text, "updates to statefulset spec") != NULL, "%s", err.text);
    json_decref(patch);
    puppet_fini(&puppet, sim);
}
END_TEST

/* Its own calls: what a puppet remembers would be freed in the loop. */
static int no_call(void *arg, const struct hk_sim_request *request, struct hk_sim_answer *answer,
                   struct hk_err *err)
{
    (void)arg, (void)request, (void)answer;
    return hk_err_set(err, HK_ERR_INTERNAL, NULL, "nobody there");
}

/* Trees are left out: jansson's own parser reads beyond its buffer when that cannot grow. */
static int short_life(void *arg)
{
    json_set_alloc_funcs(malloc, free);
    json_t *const *objects = arg;
    struct hk_sim_options options = {
        .controller = "toy",
        .parent = {"toys.example.org/v1", "Toy", "toys", HK_SIM_IN_PLACE},
        .pace = HK_SIM_PACE,
        .call = no_call,
    };
    bool settled;
    struct hk_sim *sim = hk_sim_new(&options, NULL);
    int rc = sim ? 0 : -1;
    for (int i = 0; i < 2 && rc == 0; i++) {
        rc = hk_sim_put(sim, objects[i], NULL);
        if (rc == 0)
            rc = hk_sim_run(sim, 60000, &settled, NULL);
    }
    hk_sim_free(sim);
    return rc;
}

START_TEST(survives_refused_allocations)
{
    json_t *objects[] = {puppet_json(SET("'replicas':1")), puppet_json(SET("'replicas':0"))};
    failalloc_loop(short_life, objects);
    json_decref(objects[0]);
    json_decref(objects[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_sets");
    TCase *tcase = tcase_create("sets");
    tcase_add_test(tcase, makes_pods_by_ordinal);
    tcase_add_test(tcase, scales_and_goes_with_its_pods);
    tcase_add_loop_test(tcase, rolls_out_by_its_strategy, 0, sizeof ROLLS / sizeof *ROLLS);
    tcase_add_loop_test(tcase, deleted_pods_come_back, 0, sizeof COME_BACK / sizeof *COME_BACK);
    tcase_add_loop_test(tcase, updates_in_vain_are_counted, 0, 2);
    tcase_add_test(tcase, a_bad_rollout_stops_and_heals);
    tcase_add_loop_test(tcase, refuses_what_the_api_server_does, 0,
                        sizeof REFUSED / sizeof *REFUSED);
    tcase_add_test(tcase, refuses_to_change_what_stays);
    tcase_add_test(tcase, survives_refused_allocations);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
