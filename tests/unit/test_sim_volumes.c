/* PersistentVolumeClaims in the simulated cluster: bound, grown, refused, protected; Pods that wait for them. */
#include "failalloc.h"
#include "sim_puppet.h"
#include "run_suite.h"

#define CLAIM                                                                                      \
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data'},'spec':"         \
    "{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1024Mi'}}}}"
#define USER                                                                                       \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c',"   \
    "'image':'i:1'}],'terminationGracePeriodSeconds':10,'volumes':[{'name':'d',"                   \
    "'persistentVolumeClaim':{'claimName':'data'}}]}}"

struct bed {
    struct puppet puppet;
    struct hk_sim *sim;
};

static void bed_init(struct bed *bed)
{
    *bed = (struct bed){.puppet = {.answer = {ANSWER("")}}};
    struct hk_sim_options options = puppet_options(&bed->puppet);
    bed->sim = puppet_sim(&options);
}

static void step_to(struct bed *bed, int64_t ms)
{
    struct hk_err err = {0};
    for (bool idle = false; !idle;)
        ck_assert_int_eq(hk_sim_step(bed->sim, ms, &idle, &err), 0);
}

static const json_t *claim_of(const struct bed *bed)
{
    return puppet_find(bed->sim, "PersistentVolumeClaim", "data");
}

static const char *claim_text(const struct bed *bed, const char *path)
{
    return hk_sim_text(claim_of(bed), path);
}

static const char *pod_text(const struct bed *bed, const char *path)
{
    return hk_sim_text(puppet_find(bed->sim, "Pod", "p"), path);
}

START_TEST(binds_in_a_moment)
{
    struct bed bed;
    bed_init(&bed);
    puppet_put(bed.sim, CLAIM);
    ck_assert_str_eq(claim_text(&bed, "status.phase"), "Pending");
    ck_assert_str_eq(claim_text(&bed, "spec.resources.requests.storage"), "1Gi");
    ck_assert_str_eq(claim_text(&bed, "spec.storageClassName"), "standard");
    step_to(&bed, 499);
    ck_assert_str_eq(claim_text(&bed, "status.phase"), "Pending");
    step_to(&bed, 501);
    ck_assert_str_eq(claim_text(&bed, "status.phase"), "Bound");
    ck_assert_str_eq(claim_text(&bed, "status.capacity.storage"), "1Gi");
    ck_assert_int_eq(strncmp(claim_text(&bed, "spec.volumeName"), "pvc-", 4), 0);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(grows_in_a_moment)
{
    struct bed bed;
    bed_init(&bed);
    puppet_put(bed.sim, CLAIM);
    step_to(&bed, 1000);
    puppet_patch(bed.sim, "PersistentVolumeClaim", "data",
                 "{'spec':{'resources':{'requests':{'storage':'2Gi'}}}}");
    ck_assert_str_eq(claim_text(&bed, "status.capacity.storage"), "1Gi");
    step_to(&bed, 2000);
    ck_assert_str_eq(claim_text(&bed, "status.capacity.storage"), "2Gi");
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

static const struct {
    int64_t ms; /* the age at which it is asked */
    const char *patch;
    const char *why; /* NULL: let through */
} UPDATES[] = {
    {1000, "{'spec':{'resources':{'requests':{'storage':'1.5Gi'}}}}", NULL},
    {1000, "{'metadata':{'labels':{'a':'b'}}}", NULL},
    {1000, "{'spec':{'resources':{'requests':{'storage':'1023Mi'}}}}", "less than status.capacity"},
    {1000, "{'spec':{'resources':{'requests':{'storage':'0'}}}}", "greater than zero"},
    {1000, "{'spec':{'accessModes':['ReadWriteMany']}}", "immutable"},
    {1000, "{'spec':{'storageClassName':'fast'}}", "immutable"},
    {1000, "{'spec':{'selector':{}}}", "immutable"},
    {0, "{'spec':{'resources':{'requests':{'storage':'2Gi'}}}}", "immutable"},
};

START_TEST(judges_updates)
{
    struct bed bed;
    struct hk_err err = {0};
    bed_init(&bed);
    puppet_put(bed.sim, CLAIM);
    step_to(&bed, UPDATES[_i].ms);
    json_t *patch = puppet_json(UPDATES[_i].patch);
    int result = hk_sim_patch(
        bed.sim, (struct hk_sim_ref){"PersistentVolumeClaim", "default", "data"}, patch, &err);
    json_decref(patch);
    ck_assert_msg((result == 0) == !UPDATES[_i].why, "%s: %s", UPDATES[_i].patch, err.text);
    if (UPDATES[_i].why)
        ck_assert_msg(strstr(err.text, UPDATES[_i].why) != NULL, "%s", err.text);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

static const char *const BAD[] = {
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data'},'spec':"
    "{'resources':{'requests':{'storage':'1Gi'}}}}",
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data'},'spec':"
    "{'accessModes':['ReadWriteOnce']}}",
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data'},'spec':"
    "{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'much'}}}}",
};

START_TEST(refuses_bad_claims)
{
    struct bed bed;
    struct hk_err err = {0};
    bed_init(&bed);
    json_t *claim = puppet_json(BAD[_i]);
    ck_assert_int_eq(hk_sim_put(bed.sim, claim, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_INVALID);
    json_decref(claim);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(a_pod_waits_for_its_claim)
{
    struct bed bed;
    bed_init(&bed);
    puppet_put(bed.sim, USER);
    step_to(&bed, 60000);
    const json_t *scheduled =
        json_array_get(hk_sim_get(puppet_find(bed.sim, "Pod", "p"), "status.conditions"), 0);
    ck_assert_str_eq(hk_sim_text(scheduled, "reason"), "Unschedulable");
    ck_assert_ptr_nonnull(strstr(hk_sim_text(scheduled, "message"), "\"data\" not found"));
    puppet_put(bed.sim, CLAIM);
    step_to(&bed, 60400);
    ck_assert_str_eq(pod_text(&bed, "spec.nodeName"), "");
    step_to(&bed, 64000);
    ck_assert_str_eq(pod_text(&bed, "status.phase"), "Running");
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(a_claim_in_use_stays)
{
    struct bed bed;
    struct hk_err err = {0};
    const struct hk_sim_ref claim = {"PersistentVolumeClaim", "default", "data"},
                            pod = {"Pod", "default", "p"};
    bed_init(&bed);
    puppet_put(bed.sim, CLAIM);
    puppet_put(bed.sim, USER);
    step_to(&bed, 10000);
    ck_assert_int_eq(hk_sim_delete(bed.sim, claim, &err), 0);
    step_to(&bed, 20000);
    ck_assert_ptr_nonnull(hk_sim_get(claim_of(&bed), "metadata.deletionTimestamp"));
    ck_assert_int_eq(hk_sim_delete(bed.sim, pod, &err), 0);
    step_to(&bed, 21000);
    ck_assert_ptr_nonnull(claim_of(&bed));
    step_to(&bed, 23000);
    ck_assert_ptr_null(claim_of(&bed));
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(a_claim_that_serves_nobody_goes_at_once)
{
    struct bed bed;
    struct hk_err err = {0};
    bed_init(&bed);
    puppet_put(bed.sim, CLAIM);
    ck_assert_int_eq(hk_sim_delete(bed.sim,
                                   (struct hk_sim_ref){"PersistentVolumeClaim", "default", "data"},
                                   &err),
                     0);
    ck_assert_ptr_null(claim_of(&bed));
    step_to(&bed, 1000);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

struct life {
    struct hk_sim_options options;
    json_t *claim;
};

static int short_life(void *arg)
{
    const struct life *life = arg;
    struct hk_err err = {0};
    bool settled = false;
    struct hk_sim *sim = hk_sim_new(&life->options, &err);
    int result = sim && hk_sim_put(sim, life->claim, &err) == 0 &&
                         hk_sim_run(sim, 10000, &settled, &err) == 0
                     ? 0
                     : -1;
    if (result != 0)
        ck_assert_int_eq(err.kind, HK_ERR_MEMORY);
    hk_sim_free(sim);
    return result;
}

START_TEST(survives_refused_allocations)
{
    struct puppet puppet = {.answer = {ANSWER("")}};
    struct life life = {puppet_options(&puppet), puppet_json(CLAIM)};
    life.options.on_event = NULL;
    failalloc_loop(short_life, &life);
    json_decref(life.claim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_volumes");
    TCase *tcase = tcase_create("volumes");
    tcase_add_test(tcase, binds_in_a_moment);
    tcase_add_test(tcase, grows_in_a_moment);
    tcase_add_loop_test(tcase, judges_updates, 0, sizeof UPDATES / sizeof *UPDATES);
    tcase_add_loop_test(tcase, refuses_bad_claims, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(tcase, a_pod_waits_for_its_claim);
    tcase_add_test(tcase, a_claim_in_use_stays);
    tcase_add_test(tcase, a_claim_that_serves_nobody_goes_at_once);
    tcase_add_test(tcase, survives_refused_allocations);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
