/* A cluster restored from a hook request: each Pod at its stage, a StatefulSet's Pods, who owns what, what is refused. */
#include "failalloc.h"
#include "sim_puppet.h"
#include "run_suite.h"

#define PARENT                                                                                     \
    "'parent':{'apiVersion':'toys.example.org/v1','kind':'Toy','metadata':{'name':'t',"            \
    "'namespace':'default','uid':'u-1','generation':3,'creationTimestamp':'2026-03-01T10:00:00Z'}" \
    ","                                                                                            \
    "'spec':{'n':1},'status':{'ok':true}}"
#define REQUEST(children) "{" PARENT ",'children':{" children "},'related':{},'finalizing':false}"
#define LIVE(node, status)                                                                         \
    REQUEST("'Pod.v1':{'default/p':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p',"        \
            "'namespace':'default','uid':'u-2'},'spec':{'containers':[{'name':'c','image':'i:1'}"  \
            "]" node "},'status':{" status "}}}")
#define ON_NODE ",'nodeName':'node-1'"
#define READY(status, reason)                                                                      \
    "'conditions':[{'type':'Ready','status':'" status "','reason':'" reason "'}]"
#define WAITING(reason)                                                                            \
    "'containerStatuses':[{'name':'c','restartCount':4,'state':{'waiting':{'reason':'" reason      \
    "'}}}]"

struct bed {
    struct puppet puppet;
    struct hk_sim *sim;
};

static void bed_init(struct bed *bed, const char *answer)
{
    *bed = (struct bed){.puppet = {.answer = {[HK_HOOK_SYNC] = answer}}};
    struct hk_sim_options options = puppet_options(&bed->puppet);
    options.no_finalize = true;
    bed->sim = puppet_sim(&options);
}

static int restore(struct bed *bed, const char *text, struct hk_err *err)
{
    json_t *request = puppet_json(text);
    int result = hk_sim_restore(bed->sim, request, err);
    json_decref(request);
    return result;
}

static void restored(struct bed *bed, const char *text)
{
    struct hk_err err = {0};
    ck_assert_msg(restore(bed, text, &err) == 0, "%s: %s", err.path, err.text);
    for (size_t i = 0; i <= HK_SIM_NOTE; i++)
        ck_assert_uint_eq(bed->puppet.events[i], 0);
}

static void step_to(struct bed *bed, int64_t ms)
{
    struct hk_err err = {0};
    for (bool idle = false; !idle;)
        ck_assert_int_eq(hk_sim_step(bed->sim, ms, &idle, &err), 0);
}

/* What a Pod is, and what becomes of it in a minute: "" is gone. */
static const struct {
    const char *request, *phase, *reason;
    bool ready_at_once, ready_later;
} PODS[] = {
    {LIVE(ON_NODE, "'phase':'Running'," READY("True", "")), "Running", "", true, true},
    {LIVE(ON_NODE, "'phase':'Running'," READY("False", "ContainersNotReady")), "Running", "", false,
     true},
    {LIVE(ON_NODE, "'phase':'Pending'," WAITING("ContainerCreating")), "Running", "", false, true},
    {LIVE("", "'phase':'Pending'"), "Running", "", false, true},
    {LIVE("", ""), "Running", "", false, true},
    {LIVE("", "'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':"
              "'Unschedulable'}]"),
     "Pending", "", false, false},
    {LIVE(ON_NODE, "'phase':'Pending'," WAITING("ImagePullBackOff")), "Pending", "ImagePullBackOff",
     false, false},
    {LIVE(ON_NODE, "'phase':'Pending'," WAITING("ErrImagePull")), "Pending", "ErrImagePull", false,
     false},
    {LIVE(ON_NODE, "'phase':'Running'," WAITING("CrashLoopBackOff")), "Running", "CrashLoopBackOff",
     false, false},
    {LIVE(ON_NODE, "'phase':'Failed','reason':'Evicted'"), "Failed", "", false, false},
    {LIVE(ON_NODE, "'phase':'Running'," READY("False", "NodeNotReady")), "Running", "", false,
     false},
};

START_TEST(pods_go_on_from_their_stage)
{
    struct bed bed;
    bed_init(&bed, ANSWER(POD("p", "i:1")));
    restored(&bed, PODS[_i].request);
    ck_assert_int_eq(hk_sim_pod_ready(puppet_find(bed.sim, "Pod", "p")), PODS[_i].ready_at_once);
    step_to(&bed, 60000);
    const json_t *pod = puppet_find(bed.sim, "Pod", "p");
    ck_assert_str_eq(hk_sim_text(pod, "metadata.uid"), "u-2");
    ck_assert_str_eq(hk_sim_text(pod, "status.phase"), PODS[_i].phase);
    ck_assert_int_eq(hk_sim_pod_ready(pod), PODS[_i].ready_later);
    const json_t *container = json_array_get(hk_sim_get(pod, "status.containerStatuses"), 0);
    ck_assert_str_eq(hk_sim_text(container, "state.waiting.reason"), PODS[_i].reason);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(a_lost_node_costs_its_pods)
{
    struct bed bed;
    bed_init(&bed, ANSWER(POD("p", "i:1")));
    restored(&bed, LIVE(ON_NODE, "'phase':'Running'," READY("False", "NodeNotReady")));
    step_to(&bed, 299000);
    ck_assert_ptr_null(hk_sim_get(puppet_find(bed.sim, "Pod", "p"), "metadata.deletionTimestamp"));
    step_to(&bed, 301000);
    ck_assert_ptr_nonnull(
        hk_sim_get(puppet_find(bed.sim, "Pod", "p"), "metadata.deletionTimestamp"));
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(a_pod_that_is_being_deleted_goes)
{
    struct bed bed;
    bed_init(&bed, ANSWER(""));
    restored(
        &bed,
        REQUEST("'Pod.v1':{'default/p':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p',"
                "'deletionTimestamp':'2026-03-01T10:00:40Z'},'spec':{'nodeName':'n',"
                "'terminationGracePeriodSeconds':10,'containers':[{'name':'c','image':'i'}]}}}"));
    ck_assert_ptr_nonnull(puppet_find(bed.sim, "Pod", "p"));
    step_to(&bed, 2000);
    ck_assert_ptr_null(puppet_find(bed.sim, "Pod", "p"));
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(time_begins_at_the_latest_that_is_known)
{
    struct bed bed;
    bed_init(&bed, ANSWER(POD("p", "i:1") "," MAP("m", "\"a\":\"b\"")));
    restored(&bed, LIVE(ON_NODE,
                        "'phase':'Running','startTime':'2026-03-02T00:00:07Z'," READY("True", "")));
    step_to(&bed, 1000);
    ck_assert_str_eq(
        hk_sim_text(puppet_find(bed.sim, "ConfigMap", "m"), "metadata.creationTimestamp"),
        "2026-03-02T00:00:07Z");
    const json_t *toy = puppet_find(bed.sim, "Toy", "t");
    ck_assert_str_eq(hk_sim_text(toy, "metadata.uid"), "u-1");
    ck_assert_int_eq(hk_sim_int(toy, "metadata.generation"), 3);
    ck_assert_int_eq(hk_sim_int(toy, "status.observedGeneration"), 3);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

/* The hook sees the restored child again, and another's is never the parent's. */
START_TEST(children_are_owned_and_asked_about)
{
    struct bed bed;
    bed_init(&bed, ANSWER(MAP("m", "\"a\":\"c\"")));
    restored(
        &bed,
        REQUEST("'ConfigMap.v1':{'m':{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'m',"
                "'uid':'u-9','labels':{'controller-uid':'short'}},'data':{'a':'b'}}}"));
    step_to(&bed, 1000);
    ck_assert_str_eq(hk_sim_text(bed.puppet.request, "parent.metadata.uid"), "u-1");
    const json_t *maps =
        json_object_get(hk_sim_get(bed.puppet.request, "children"), "ConfigMap.v1");
    ck_assert_uint_eq(json_object_size(maps), 1);
    const json_t *map = puppet_find(bed.sim, "ConfigMap", "m");
    ck_assert_str_eq(hk_sim_text(map, "metadata.uid"), "u-9");
    ck_assert_str_eq(hk_sim_text(map, "metadata.labels.controller-uid"), "u-1");
    ck_assert_str_eq(
        hk_sim_text(json_array_get(hk_sim_get(map, "metadata.ownerReferences"), 0), "uid"), "u-1");
    ck_assert_str_eq(hk_sim_text(map, "data.a"), "c");
    ck_assert_uint_eq(bed.puppet.events[HK_SIM_CREATED], 0);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

START_TEST(related_objects_and_claims)
{
    struct bed bed;
    bed_init(&bed, NULL);
    restored(
        &bed,
        "{" PARENT ",'children':{'PersistentVolumeClaim.v1':{"
        "'a':{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'a'},'spec':{"
        "'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}},"
        "'status':{'phase':'Pending'}},"
        "'b':{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'b'},'spec':{"
        "'volumeName':'disk-7','accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':"
        "'1Gi'}}},'status':{'phase':'Bound','capacity':{'storage':'2Gi'}}}}},"
        "'related':{'Secret.v1':{'default/s':{'apiVersion':'v1','kind':'Secret','metadata':{'name':"
        "'s'},'data':{'k':'dg=='}}}}}");
    ck_assert_str_eq(hk_sim_text(puppet_find(bed.sim, "Secret", "s"), "data.k"), "dg==");
    ck_assert_ptr_null(hk_sim_get(puppet_find(bed.sim, "Secret", "s"), "metadata.ownerReferences"));
    step_to(&bed, 600);
    ck_assert_str_eq(
        hk_sim_text(puppet_find(bed.sim, "PersistentVolumeClaim", "a"), "status.phase"), "Bound");
    ck_assert_str_eq(
        hk_sim_text(puppet_find(bed.sim, "PersistentVolumeClaim", "b"), "spec.volumeName"),
        "disk-7");
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

#define SET_SPEC                                                                                   \
    "'replicas':3,'podManagementPolicy':'Parallel','updateStrategy':{'type':'RollingUpdate',"      \
    "'rollingUpdate':{'partition':0}},'selector':{'matchLabels':{'a':'b'}},'template':{'metadata'" \
    ":{'labels':{'a':'b'}},'spec':{'containers':[{'name':"                                         \
    "'c','image':'i:2'}]}}"
#define SET(counts)                                                                                \
    REQUEST("'StatefulSet.apps/v1':{'default/s':{'apiVersion':'apps/v1','kind':'StatefulSet',"     \
            "'metadata':{'name':'s','uid':'u-5'},'spec':{" SET_SPEC "},'status':{" counts "}}}")
#define KEEP_SET                                                                                   \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"s\"},\"spec\":" \
    "{\"replicas\":3}}"

/* How many Pods there are and are Ready at once; how many the roll-out replaces. */
static const struct {
    const char *request;
    unsigned pods, ready, replaced;
} SETS[] = {
    {SET("'replicas':3,'readyReplicas':3,'updatedReplicas':3,'currentRevision':'s-1','"
         "updateRevision':'s-1'"),
     3, 3, 0},
    {SET("'replicas':3,'readyReplicas':2,'updatedReplicas':3,'currentRevision':'s-1','"
         "updateRevision':'s-1'"),
     3, 2, 0},
    {SET("'replicas':3,'readyReplicas':3,'updatedReplicas':1,'currentRevision':'s-1','"
         "updateRevision':'s-2'"),
     3, 3, 2},
    {SET("'replicas':3,'readyReplicas':2,'currentRevision':'s-1','updateRevision':'s-2'"), 3, 2, 3},
    {SET("'replicas':1,'readyReplicas':1,'updatedReplicas':1,'currentRevision':'s-1','"
         "updateRevision':'s-1'"),
     1, 1, 0},
    {SET("'replicas':0"), 0, 0, 0},
};

START_TEST(a_set_has_its_pods)
{
    struct bed bed;
    bed_init(&bed, ANSWER(KEEP_SET));
    restored(&bed, SETS[_i].request);
    unsigned pods = 0, ready = 0;
    const json_t *pod;
    for (; (pod = hk_sim_nth(bed.sim, "Pod", pods)); pods++)
        ready += hk_sim_pod_ready(pod);
    ck_assert_uint_eq(pods, SETS[_i].pods);
    ck_assert_uint_eq(ready, SETS[_i].ready);
    puppet_run(bed.sim, 3600000, true);
    ck_assert_int_eq(hk_sim_int(puppet_find(bed.sim, "StatefulSet", "s"), "status.readyReplicas"),
                     3);
    ck_assert_uint_eq(bed.puppet.events[HK_SIM_DELETING], SETS[_i].replaced);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

static const struct {
    const char *request, *path, *text;
} BAD[] = {
    {"{}", "parent", "is required, must be an object"},
    {"[]", "parent", "is required, must be an object"},
    {"{'parent':{'kind':'Pod'}}", "parent", "must be a Toy with a name, is a Pod"},
    {"{'parent':{'kind':'Toy','apiVersion':'toys.example.org/v2','metadata':{'name':'t'}}}",
     "apiVersion", "must be toys.example.org/v1 for a Toy, is toys.example.org/v2"},
    {"{'parent':{'kind':'Toy','apiVersion':'toys.example.org/v1'}}", "",
     "an object must have apiVersion, kind and metadata.name"},
    {"{" PARENT ",'children':[]}", "children", "must be an object"},
    {"{" PARENT ",'related':7}", "related", "must be an object"},
    {"{" PARENT ",'children':{'Pod.v1':{'default/p':null}}}", "children.Pod.v1.default/p",
     "an object must have apiVersion, kind and metadata.name"},
    {"{" PARENT ",'children':{'Job.batch/v1':{'j':{'apiVersion':'batch/"
     "v1','kind':'Job','metadata':{'name':'j'}}}}}",
     "children.Job.batch/v1.j", "no child is a Job"},
};

START_TEST(refuses)
{
    struct bed bed;
    struct hk_err err = {0};
    bed_init(&bed, NULL);
    ck_assert_int_eq(restore(&bed, BAD[_i].request, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_INVALID);
    ck_assert_str_eq(err.path, BAD[_i].path);
    ck_assert_str_eq(err.text, BAD[_i].text);
    puppet_fini(&bed.puppet, bed.sim);
}
END_TEST

struct life {
    struct hk_sim_options options;
    json_t *request;
};

static int short_life(void *arg)
{
    const struct life *life = arg;
    struct hk_err err = {0};
    struct hk_sim *sim = hk_sim_new(&life->options, &err);
    int result = sim && hk_sim_restore(sim, life->request, &err) == 0 ? 0 : -1;
    if (result != 0)
        ck_assert_int_eq(err.kind, HK_ERR_MEMORY);
    hk_sim_free(sim);
    return result;
}

START_TEST(survives_refused_allocations)
{
    /* No Pods: what the API server fills into them is parsed by jansson, whose lexer does not survive it. */
    static const char request[] =
        REQUEST("'ConfigMap.v1':{'m':{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'m',"
                "'creationTimestamp':'2026-03-01T10:00:01Z'}}},'PersistentVolumeClaim.v1':{'a':{"
                "'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'a'},'spec':{"
                "'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}}");
    struct puppet puppet = {.answer = {NULL}};
    struct life life = {puppet_options(&puppet), puppet_json(request)};
    life.options.on_event = NULL;
    failalloc_loop(short_life, &life);
    json_decref(life.request);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_restore");
    TCase *tcase = tcase_create("restore");
    tcase_add_loop_test(tcase, pods_go_on_from_their_stage, 0, sizeof PODS / sizeof *PODS);
    tcase_add_test(tcase, a_lost_node_costs_its_pods);
    tcase_add_test(tcase, a_pod_that_is_being_deleted_goes);
    tcase_add_test(tcase, time_begins_at_the_latest_that_is_known);
    tcase_add_test(tcase, children_are_owned_and_asked_about);
    tcase_add_test(tcase, related_objects_and_claims);
    tcase_add_loop_test(tcase, a_set_has_its_pods, 0, sizeof SETS / sizeof *SETS);
    tcase_add_loop_test(tcase, refuses, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(tcase, survives_refused_allocations);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
