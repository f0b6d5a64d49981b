/* What a podTemplate may not say, and what a spec may say but mostly does not mean: which words, and how
 * many. JSON stands in single quotes here. */
#include "fc_pod_template.h"

#include "failalloc.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>

#define PARENT_SIZE 8192

/* A FlameCluster with these members in its two components; padded for the scanner. */
static size_t parent_text(char out[PARENT_SIZE], const char *session, const char *executor)
{
    int len = snprintf(out, PARENT_SIZE - HK_SCAN_PAD,
                       "{'apiVersion':'flame.xflops.io/v1alpha1','kind':'FlameCluster',"
                       "'metadata':{'name':'a'},'spec':{'sessionManager':{%s},"
                       "'executorManager':{%s}}}",
                       session, executor);
    ck_assert_int_lt(len, PARENT_SIZE - HK_SCAN_PAD);
    memset(out + len, 0, HK_SCAN_PAD);
    for (int i = 0; i < len; i++)
        out[i] = (char)(out[i] == '\'' ? '"' : out[i]);
    return (size_t)len;
}

static int read_parent(struct hk_arena *arena, const char *session, const char *executor,
                       struct fc_parent *parent)
{
    char text[PARENT_SIZE];
    struct hk_scan s;
    hk_scan_init(&s, text, parent_text(text, session, executor), arena, NULL);
    fc_parent_read(&s, arena, parent);
    return hk_scan_end(&s) != 0 || arena->failed ? -1 : 0;
}

/* tests/rules holds the paths to the CRD's; these are the words. The template is the executor manager's. */
static const struct {
    const char *template, *path, *text;
} bad[] = {
    {"{'metadata':[]}", ".metadata", "must be an object, is array"},
    {"{'metadata':{'labels':{'x':true}}}", ".metadata.labels[x]", "must be a string, is boolean"},
    {"{'metadata':{'labels':{'b c':'x','a b':'x'}}}", ".metadata.labels",
     "must have keys that are [domain/]name of at most 63 letters, digits, '-', '_' and '.', has "
     "\"a b\""},
    {"{'spec':{'nodeSelector':{'a':'b c'}}}", ".spec.nodeSelector[a]",
     "must be at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or "
     "digit, is \"b c\""},
    {"{'spec':{'hostNetwork':1}}", ".spec.hostNetwork", "must be a boolean, is number"},
    {"{'spec':{'terminationGracePeriodSeconds':1.5}}", ".spec.terminationGracePeriodSeconds",
     "must be a whole number, is number"},
    {"{'spec':{'containers':[{}]}}", ".spec.containers[0].name",
     "is required: the name of a container"},
    {"{'spec':{'containers':[{'name':'A','image':'a'}]}}", ".spec.containers[0].name",
     "must be a DNS-1123 label: at most 63 lower-case letters, digits and '-', beginning and "
     "ending "
     "with a letter or digit, is \"A\""},
    {"{'spec':{'containers':[{'name':'a'}]}}", ".spec.containers[0].image",
     "is required: a container image"},
    {"{'spec':{'volumes':[{'name':'a'},{'name':'b'},{'name':'a'}]}}", ".spec.volumes[2]",
     "must not name the same volume again"},
    {"{'spec':{'initContainers':[{'name':'executor-manager','image':'a'}]}}",
     ".spec.initContainers[0].name",
     "must not be executor-manager, which the component's own container has"},
    {"{'spec':{'containers':[{'name':'a','image':'a'}],'initContainers':[{'name':'a','image':'a'}]}"
     "}",
     ".spec.initContainers", "must not have a name of containers, has \"a\""},
    {"{'spec':{'containers':[{'name':'executor-manager','env':[{'name':'a=b'}]}]}}",
     ".spec.containers[0].env[0].name", "must be printable ASCII without '=', is \"a=b\""},
    {"{'spec':{'containers':[{'name':'executor-manager','ports':[{'containerPort':70000}]}]}}",
     ".spec.containers[0].ports[0].containerPort",
     "must be a whole number from 1 to 65535, is 70000"},
    {"{'spec':{'containers':[{'name':'executor-manager','ports':[{}]}]}}",
     ".spec.containers[0].ports[0].containerPort", "is required: the number of a port"},
    {"{'spec':{'containers':[{'name':'executor-manager','volumeMounts':[{'mountPath':'/a:b',"
     "'name':'logs'}]}]}}",
     ".spec.containers[0].volumeMounts[0].mountPath", "must not hold ':', is \"/a:b\""},
    {"{'spec':{'containers':[{'name':'side','image':'s:1','resources':{'limits':{'cpu':'lots'}}}]}"
     "}",
     ".spec.containers[0].resources.limits[cpu]",
     "must be a quantity of 0 or more, such as 500m, 2 or 4Gi, is \"lots\""},
    {"{'spec':{},'spec':{}}", "", "must not hold a key twice in one object"},
};

START_TEST(test_bad)
{
    char executor[2048], path[256];
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    snprintf(executor, sizeof executor, "'image':'e:1','podTemplate':%s", bad[_i].template);
    snprintf(path, sizeof path, "spec.executorManager.podTemplate%s", bad[_i].path);
    ck_assert_int_eq(read_parent(&arena, "'image':'s:1'", executor, &parent), 0);
    ck_assert(!parent.is_valid);
    ck_assert_uint_eq(parent.problems.count, 1);
    ck_assert_msg(hk_str_is(parent.problems.items[0].path, path), "%.*s",
                  HK_STR_ARG(parent.problems.items[0].path));
    ck_assert_msg(hk_str_is(parent.problems.items[0].text, bad[_i].text), "%.*s",
                  HK_STR_ARG(parent.problems.items[0].text));
    hk_arena_fini(&arena);
}
END_TEST

/* The first warning, and how many; reason NULL: none. */
static const struct {
    const char *session, *executor;
    const char *reason, *path, *text;
    size_t count;
} warned[] = {
    {"'image':'s:1'", "'image':'registry:5000/e@sha256:0'", NULL, "", "", 0},
    {"'image':'s:1'", "'image':'registry:5000/e'", "MutableImage", "spec.executorManager.image",
     "\"registry:5000/e\" has neither a tag nor a digest, so Pods may run different programs: name "
     "a "
     "version",
     1},
    {"'image':'s'", "'image':'e:latest'", "MutableImage", "spec.executorManager.image",
     "\"e:latest\" changes under its name, so Pods may run different programs: name a version", 2},
    {"'image':'s:latest@sha256:0'", "'image':'e:latest-1'", NULL, "", "", 0},
    {"'image':'s:1','storage':'sqlite://a.db'", "'image':'e:1'", "EphemeralStorage",
     "spec.sessionManager.storage",
     "lies on the Pod's own disk and is lost with the Pod: set spec.sessionManager.persistence, or "
     "storage: none",
     1},
    {"'image':'s:1','storage':'sqlite://:memory:'", "'image':'e:1'", NULL, "", "", 0},
    {"'image':'s:1','storage':'fs://a'", "'image':'e:1'", NULL, "", "", 0},
    {"'image':'s:1','storage':'fs://a?b=c'", "'image':'e:1'", NULL, "", "", 0},
    {"'image':'s:1','storage':'sqlite://:memory:?cache=shared&mode=rwc&&vfs=&immutable'",
     "'image':'e:1'", NULL, "", "", 0},
    {"'image':'s:1','storage':'sqlite://:memory:?mode=rwc&key=mode&'", "'image':'e:1'",
     "UnknownValue", "spec.sessionManager.storage",
     "has the parameter \"key\", with which Flame 0.6 does not start: it knows mode, cache, "
     "immutable and vfs",
     1},
    {"'image':'s:1','storage':'sqlite://a?Mode&modes=&cache='", "'image':'e:1'", "UnknownValue",
     "spec.sessionManager.storage",
     "has the parameter \"Mode\", with which Flame 0.6 does not start: it knows mode, cache, "
     "immutable and vfs",
     1},
    {"'image':'s:1','storage':'sqlite://a','podTemplate':{'spec':{'volumes':[{'name':'data'}]}}",
     "'image':'e:1'", NULL, "", "", 0},
    {"'image':'s:1','storage':'sqlite://a','podTemplate':{'metadata':{},'spec':{'volumes':null}}",
     "'image':'e:1'", "EphemeralStorage", "spec.sessionManager.storage",
     "lies on the Pod's own disk and is lost with the Pod: set spec.sessionManager.persistence, or "
     "storage: none",
     1},
    {"'image':'s:1','policy':'fifo'", "'image':'e:1'", "UnknownValue", "spec.sessionManager.policy",
     "\"fifo\" is not known to Flame 0.6: it knows priority and drf", 1},
    {"'image':'s:1'", "'image':'e:1','podTemplate':{'spec':{'hostname':'x'}}", "ProtectedField",
     "spec.executorManager.podTemplate.spec.hostname", "is the operator's own and stays as it is",
     1},
    {"'image':'s:1','podTemplate':{'spec':{'containers':[{'name':'a','image':'a:1'},{'name':"
     "'session-manager','image':'x:1','resources':{}}]}}",
     "'image':'e:1'", "ProtectedField", "spec.sessionManager.podTemplate.spec.containers[1].image",
     "does nothing here: set spec.sessionManager.image", 2},
    {"'image':'s:1'",
     "'image':'e:1','podTemplate':{'spec':{'volumes':[{'name':'a'},{'name':'config'}],"
     "'containers':[{'name':'executor-manager','volumeMounts':[{'name':'a','mountPath':'/etc'},"
     "{'name':'a','mountPath':'/etc/flame'}]}]}}",
     "ProtectedField", "spec.executorManager.podTemplate.spec.containers[0].volumeMounts[1]",
     "is the operator's own and stays as it is", 2},
};

START_TEST(test_warned)
{
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_int_eq(read_parent(&arena, warned[_i].session, warned[_i].executor, &parent), 0);
    ck_assert(parent.is_valid);
    ck_assert_uint_eq(parent.problems.count, warned[_i].count);
    const struct hk_problem *first = &parent.problems.items[0];
    if (warned[_i].reason) {
        ck_assert_str_eq(first->reason, warned[_i].reason);
        ck_assert_msg(hk_str_is(first->path, warned[_i].path), "%.*s", HK_STR_ARG(first->path));
        ck_assert_msg(hk_str_is(first->text, warned[_i].text), "%.*s", HK_STR_ARG(first->text));
        ck_assert(first->is_warning);
    }
    hk_arena_fini(&arena);
}
END_TEST

/* More warnings than there is room for make nothing invalid, and hide no error. */
START_TEST(test_many)
{
    struct fc_parent parent = {.is_valid = true};
    struct hk_arena arena;
    char path[16];
    hk_arena_init(&arena);
    for (int i = 0; i < HK_PROBLEM_MAX + 9; i++) {
        snprintf(path, sizeof path, "a%02d", i);
        fc_warning_add(&parent, &arena, "UnknownValue", path, "x");
    }
    ck_assert_uint_eq(parent.problems.count, HK_PROBLEM_MAX);
    ck_assert_uint_eq(parent.problems.more, 0);
    fc_problem_add(&parent, &arena, "z", "wrong");
    fc_problem_add(&parent, &arena, "a0", "wrong");
    ck_assert_uint_eq(parent.problems.count, HK_PROBLEM_MAX);
    ck_assert_uint_eq(parent.problems.more, 0);
    ck_assert(hk_str_is(parent.problems.items[0].path, "a0"));
    ck_assert(hk_str_is(parent.problems.items[HK_PROBLEM_MAX - 2].path, "a29"));
    ck_assert(hk_str_is(parent.problems.items[HK_PROBLEM_MAX - 1].path, "z"));
    hk_arena_fini(&arena);
}
END_TEST

/* The keys of one map are not all told. */
START_TEST(test_many_of_one_map)
{
    char executor[2048] = "'image':'e:1','podTemplate':{'metadata':{'x':1";
    size_t len = strlen(executor);
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    for (int i = 40; i > 0; i--)
        len += (size_t)snprintf(executor + len, sizeof executor - len, ",'k%02d':1", i);
    snprintf(executor + len, sizeof executor - len, "}}");
    ck_assert_int_eq(read_parent(&arena, "'image':'s:1'", executor, &parent), 0);
    ck_assert(parent.is_valid);
    ck_assert_uint_eq(parent.problems.count, 8);
    ck_assert(
        hk_str_is(parent.problems.items[0].path, "spec.executorManager.podTemplate.metadata.k01"));
    ck_assert(
        hk_str_is(parent.problems.items[7].path, "spec.executorManager.podTemplate.metadata.k08"));
    hk_arena_fini(&arena);
}
END_TEST

static int read_all(void *template)
{
    char executor[2048];
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    snprintf(executor, sizeof executor, "'image':'e','podTemplate':%s", (const char *)template);
    int rc = read_parent(&arena, "'image':'s','storage':'sqlite://a'", executor, &parent);
    hk_arena_fini(&arena);
    return rc;
}

START_TEST(test_allocations_fail)
{
    failalloc_loop(read_all, (void *)(uintptr_t)bad[_i].template);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_warnings");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(tcase, test_warned, 0, sizeof warned / sizeof warned[0]);
    tcase_add_test(tcase, test_many);
    tcase_add_test(tcase, test_many_of_one_map);
    tcase_add_loop_test(tcase, test_allocations_fail, 0, sizeof bad / sizeof bad[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
