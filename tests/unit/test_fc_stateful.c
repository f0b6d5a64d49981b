/* What is asked of the executors' StatefulSet, and how it is read. */
#include "fc_plan.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>

#define HASH "0123456789abcdef"
#define OLD "fedcba9876543210"
#define WANTED 4

/* Settings, in the order of their flags. */
enum {
    AS_PODS = 1, /* workload: Pods */
    NO_CONFIG = 2,
    PAUSED = 4,
    ON_DELETE = 8,
    RECREATE = 16,
    PARALLEL = 32,
    SUSPENDED = 64,
    LACKS = 128,       /* the API server takes maxUnavailable away */
    TERMINATING = 256, /* the StatefulSet */
};

/* Of a StatefulSet with the wanted template, settled: the letters of `set` change one thing each.
 *     . there is none   o old template   l its controller lags behind   u rolls out   p partition 4 */
static const struct {
    const char *what;
    int settings;
    char session;     /* as in test_fc_plan: R ready, r ready and old, N not ready, . none */
    const char *pods; /* executor Pods */
    const char *set;
    int64_t replicas;      /* that it was asked for */
    int64_t left, updated; /* that are counted */
    const char *
        want; /* action, replicas, partition, maxUnavailable of the StatefulSet, actions of the Pods */
} rows[] = {
    {"a first start is ordered", 0, '.', "....", ".", 0, 0, 0, ". 4 0 1 ...."},
    {"it waits for the session manager", 0, 'N', "....", ".", 0, 0, 0, ". 4 0 1 ...."},
    {"it follows a Ready one", 0, 'R', "....", ".", 0, 0, 0, "c 4 0 1 ...."},
    {"and the config", NO_CONFIG, 'R', "....", ".", 0, 0, 0, ". 4 0 1 ...."},
    {"Parallel does not wait", PARALLEL, '.', "....", ".", 0, 0, 0, "c 4 0 1 ...."},
    {"settled", 0, 'R', "....", "", 4, 4, 4, "k 4 0 1 ...."},
    {"settled, and the session manager is away", 0, 'N', "....", "", 4, 4, 4, "k 4 0 1 ...."},
    {"settled on an older server", LACKS, 'R', "....", "", 4, 4, 4, "k 4 0 0 ...."},

    {"scaled up", 0, 'R', "....", "", 2, 2, 2, "k 4 0 1 ...."},
    {"scaled up without a session manager", 0, 'N', "....", "", 2, 2, 2, "k 2 0 1 ...."},
    {"scaled down", 0, 'R', "....", "", 9, 9, 9, "k 4 0 1 ...."},
    {"scaled down without a session manager", 0, '.', "....", "", 9, 9, 9, "k 4 0 1 ...."},
    {"scaled up, Pods have the names", 0, 'R', "..T.", "", 2, 2, 2, "k 2 0 1 ..k."},

    {"an old template rolls", 0, 'R', "....", "o", 4, 4, 4, "k 4 0 1 ...."},
    {"but the session manager first", 0, 'r', "....", "o", 4, 4, 4, "k 4 4 1 ...."},
    {"and a Ready one", 0, 'N', "....", "o", 4, 4, 4, "k 4 4 1 ...."},
    {"and with the config", NO_CONFIG, 'R', "....", "o", 4, 4, 4, "k 4 4 1 ...."},
    {"it is held while it is uncertain", 0, 'N', "....", "lp", 4, 4, 4, "k 4 4 1 ...."},
    {"but not held up for that", 0, 'N', "....", "l", 4, 4, 4, "k 4 0 1 ...."},
    {"held in the midst of it", 0, 'N', "....", "u", 4, 4, 2, "k 4 4 1 ...."},
    {"goes on", 0, 'R', "....", "up", 4, 4, 2, "k 4 0 1 ...."},
    {"nothing old is left to hold", 0, 'N', "....", "up", 4, 4, 4, "k 4 0 1 ...."},
    {"one of a template that came and went", 0, 'N', "....", "", 4, 4, 3, "k 4 4 1 ...."},
    {"or one that somebody deletes", RECREATE, 'R', "....", "", 4, 4, 3, "k 4 0 0 ...."},
    {"held and scaled down", 0, 'N', "....", "up", 9, 9, 2, "k 4 4 1 ...."},

    {"paused", PAUSED, 'R', "....", "o", 4, 4, 4, "k 4 4 1 ...."},
    {"paused, nothing old", PAUSED, 'R', "....", "", 4, 4, 4, "k 4 0 1 ...."},
    {"paused, scaled up", PAUSED, 'R', "....", "up", 2, 2, 0, "k 4 4 1 ...."},

    {"OnDelete", ON_DELETE, 'R', "....", "o", 4, 4, 4, "k 4 4 0 ...."},
    {"OnDelete: new", ON_DELETE, 'R', "....", "", 4, 4, 4, "k 4 0 0 ...."},

    {"Recreate: emptied", RECREATE, 'R', "....", "o", 4, 4, 4, "k 0 0 0 ...."},
    {"Recreate: by the counts", RECREATE, 'R', "....", "u", 4, 4, 3, "k 0 0 0 ...."},
    {"Recreate: goes empty", RECREATE, 'R', "....", "l", 0, 4, 0, "k 0 0 0 ...."},
    {"Recreate: nearly", RECREATE, 'R', "....", "u", 0, 1, 0, "k 0 0 0 ...."},
    {"Recreate: filled again", RECREATE, 'R', "....", "u", 0, 0, 0, "k 4 0 0 ...."},
    {"Recreate: its controller has not seen it yet", RECREATE, 'R', "....", "l", 4, 0, 0,
     "k 4 0 0 ...."},
    {"Recreate: the session manager first", RECREATE, 'r', "....", "o", 4, 4, 4, "k 4 4 0 ...."},
    {"Recreate: paused", RECREATE | PAUSED, 'R', "....", "o", 4, 4, 4, "k 4 4 0 ...."},

    {"suspended: emptied", SUSPENDED, 'R', "....", "", 4, 4, 4, "k 0 0 1 ...."},
    {"suspended: kept", SUSPENDED, '.', "....", "", 0, 0, 0, "k 0 0 1 ...."},
    {"suspended: none comes", SUSPENDED, 'R', "....", ".", 0, 0, 0, ". 0 0 1 ...."},
    {"suspended: Pods go too", SUSPENDED, 'R', "R..T", "", 4, 4, 4, "k 0 0 1 -..k"},
    {"suspended and not wanted: it goes", SUSPENDED | AS_PODS, '.', "....", "", 0, 0, 0,
     "- 0 0 1 ...."},

    {"to a StatefulSet: Pods go at once", 0, 'R', "RrNT", ".", 0, 0, 0, ". 4 0 1 ---k"},
    {"to a StatefulSet: whatever the strategy", ON_DELETE, 'R', "RR..", ".", 0, 0, 0,
     ". 4 0 0 --.."},
    {"to a StatefulSet: it comes when they are gone", 0, 'R', "...T", ".", 0, 0, 0, ". 4 0 1 ...k"},
    {"to a StatefulSet: the session manager first", 0, 'r', "RR..", ".", 0, 0, 0, ". 4 0 1 kk.."},
    {"to a StatefulSet: Pods still come beside an old one", 0, 'R', "RR..", "l", 4, 0, 0,
     "k 4 0 1 --.."},
    {"to a StatefulSet: paused", PAUSED, 'R', "RR..", ".", 0, 0, 0, ". 4 0 1 kkcc"},
    {"to a StatefulSet: paused, and it is there", PAUSED, 'R', "RR..", "", 2, 2, 2, "k 2 0 1 kk.."},

    {"to Pods: emptied", AS_PODS, 'R', "....", "", 4, 4, 4, "k 0 0 1 ...."},
    {"to Pods: going", AS_PODS, 'R', "....", "", 0, 1, 1, "k 0 0 1 ...."},
    {"to Pods: not seen yet", AS_PODS, 'R', "....", "l", 0, 0, 0, "k 0 0 1 ...."},
    {"to Pods: it goes", AS_PODS, 'R', "....", "", 0, 0, 0, "- 0 0 1 ...."},
    {"to Pods: it is going", AS_PODS | TERMINATING, 'R', "....", "", 0, 0, 0, "k 0 0 1 ...."},
    {"to Pods: they come", AS_PODS, 'R', "....", ".", 0, 0, 0, ". 0 0 1 cccc"},
    {"to Pods: the session manager first", AS_PODS, 'r', "....", "o", 4, 4, 4, "k 4 4 1 ...."},
    {"to Pods: paused", AS_PODS | PAUSED, 'R', "....", "o", 2, 2, 2, "k 4 4 1 ...."},
    {"back to Pods before they were gone", AS_PODS, 'R', "RR..", "l", 4, 0, 0, "k 0 0 1 kk.."},
};

static struct fc_pod pod_of(char letter, int64_t index)
{
    struct fc_pod pod = {.index = index,
                         .is_ready = letter == 'R' || letter == 'r',
                         .is_terminating = letter == 'T'};
    strcpy(pod.hash, letter == 'r' ? OLD : HASH);
    return pod;
}

static struct fc_spec spec_of(int settings)
{
    struct fc_update_strategy update = {.max_unavailable = {25, true},
                                        .is_paused = settings & PAUSED,
                                        .type = settings & ON_DELETE  ? FC_ON_DELETE
                                                : settings & RECREATE ? FC_RECREATE
                                                                      : FC_ROLLING_UPDATE};
    return (struct fc_spec){
        .executor = {.replicas = WANTED, .update = update, .is_stateful = !(settings & AS_PODS)},
        .is_parallel = settings & PARALLEL,
        .is_suspended = settings & SUSPENDED};
}

static struct fc_stateful set_of(int i)
{
    const char *marks = rows[i].set;
    struct fc_stateful set = {.replicas = rows[i].replicas,
                              .pods = rows[i].left,
                              .updated = rows[i].updated,
                              .partition = strchr(marks, 'p') ? 4 : 0,
                              .is_fresh = !strchr(marks, 'l'),
                              .is_rolled = !strchr(marks, 'u') && !strchr(marks, 'l'),
                              .is_terminating = rows[i].settings & TERMINATING,
                              .lacks_max_unavailable = rows[i].settings & LACKS};
    strcpy(set.hash, strchr(marks, 'o') ? OLD : HASH);
    return set;
}

START_TEST(test_decisions)
{
    struct hk_arena arena;
    struct fc_pod pods[WANTED], session = pod_of(rows[_i].session, -1);
    const struct fc_pod *executors[WANTED];
    struct fc_stateful set = set_of(_i);
    struct fc_spec spec = spec_of(rows[_i].settings);
    struct fc_observed observed = {.executors.items = executors,
                                   .session = rows[_i].session == '.' ? NULL : &session,
                                   .stateful = *rows[_i].set == '.' ? NULL : &set};
    struct fc_plan plan;
    char got[80];
    hk_arena_init(&arena);
    observed.pod_count = observed.session ? 1 : 0;
    for (size_t i = 0; i < WANTED; i++) {
        pods[i] = pod_of(rows[_i].pods[i], (int64_t)i);
        if (rows[_i].pods[i] != '.')
            executors[observed.executors.count++] = &pods[i];
    }
    observed.pod_count += observed.executors.count;
    const struct fc_plan_input in = {.observed = &observed,
                                     .spec = &spec,
                                     .session_hash = HASH,
                                     .executor_hash = HASH,
                                     .is_config_observed = !(rows[_i].settings & NO_CONFIG),
                                     .now_s = 1000};
    ck_assert_int_eq(fc_plan_make(&in, &arena, &plan, NULL), 0);
    int len = snprintf(got, sizeof got, "%c %lld %lld %lld ", ".ckx-"[plan.stateful.action],
                       (long long)plan.stateful.replicas, (long long)plan.stateful.partition,
                       (long long)plan.stateful.max_unavailable);
    for (int i = 0; i < WANTED; i++)
        got[len + i] = ".ckx-"[plan.executors[i]];
    got[len + WANTED] = '\0';
    ck_assert_msg(strcmp(got, rows[_i].want) == 0, "%s: %s, must be %s", rows[_i].what, got,
                  rows[_i].want);
    hk_arena_fini(&arena);
}
END_TEST

/* ---- reading ---- */

#define SPEC(more)                                                                                 \
    "{\"replicas\":3,\"template\":{\"spec\":{},\"metadata\":{\"labels\":{},\"annotations\":{"      \
    "\"flame.xflops.io/template-hash\":\"" HASH "\"}}}" more "}"
#define ROLLING(members) ",\"updateStrategy\":{\"rollingUpdate\":{" members "},\"type\":\"x\"}"
#define STATUS(seen, now)                                                                          \
    "{\"observedGeneration\":" seen ",\"replicas\":3,\"readyReplicas\":2,\"updatedReplicas\":1,"   \
    "\"currentRevision\":\"a\",\"updateRevision\":\"" now "\"}"

static const struct {
    const char *spec, *status;
    struct fc_stateful want;
} reads[] = {
    {SPEC(ROLLING("\"partition\":2,\"maxUnavailable\":1")),
     STATUS("7", "a"),
     {.replicas = 3,
      .partition = 2,
      .hash = HASH,
      .pods = 3,
      .ready = 2,
      .updated = 1,
      .is_fresh = true,
      .is_rolled = true}},
    {SPEC(ROLLING("\"partition\":0")),
     STATUS("6", "b"),
     {.replicas = 3,
      .hash = HASH,
      .pods = 3,
      .ready = 2,
      .updated = 1,
      .lacks_max_unavailable = true}},
    {SPEC(",\"updateStrategy\":{\"type\":\"OnDelete\"}"), "", {.replicas = 3, .hash = HASH}},
    {"{\"template\":{\"metadata\":{\"annotations\":{\"flame.xflops.io/"
     "template-hash\":\"short\"}}}}",
     "{\"replicas\":0}",
     {.is_rolled = true}},
    {"{\"replicas\":-1}",
     "{\"replicas\":9223372036854775807,\"readyReplicas\":-7}",
     {.pods = INT32_MAX, .is_rolled = true}},
    {"", "", {0}},
};

/* Copied with room for the scanner. */
static struct hk_str padded(struct hk_arena *arena, const char *text)
{
    size_t len = strlen(text);
    char *copy = hk_arena_alloc(arena, len + HK_SCAN_PAD);
    if (!copy)
        return (struct hk_str){NULL, 0};
    memcpy(copy, text, len);
    return (struct hk_str){copy, len};
}

START_TEST(test_read)
{
    struct hk_arena arena;
    struct fc_stateful got;
    const struct fc_stateful *want = &reads[_i].want;
    hk_arena_init(&arena);
    const struct fc_object object = {.kind = HK_STR(FC_STATEFUL_SET),
                                     .spec = padded(&arena, reads[_i].spec),
                                     .status = padded(&arena, reads[_i].status),
                                     .generation = 7};
    ck_assert_int_eq(fc_stateful_read(&object, &arena, &got, NULL), 0);
    ck_assert_int_eq(got.replicas, want->replicas);
    ck_assert_int_eq(got.partition, want->partition);
    ck_assert_str_eq(got.hash, want->hash);
    ck_assert_int_eq(got.pods, want->pods);
    ck_assert_int_eq(got.ready, want->ready);
    ck_assert_int_eq(got.updated, want->updated);
    ck_assert_int_eq(got.is_fresh, want->is_fresh);
    ck_assert_int_eq(got.is_rolled, want->is_rolled);
    ck_assert_int_eq(got.lacks_max_unavailable, want->lacks_max_unavailable);
    hk_arena_fini(&arena);
}
END_TEST

static const struct {
    const char *spec, *status, *path, *text;
} bad[] = {
    {"[]", "", "children[StatefulSet.apps/v1].spec", "must be an object"},
    {"{\"replicas\":\"3\"}", "", "children[StatefulSet.apps/v1].spec.replicas",
     "must be an integer"},
    {"{\"replicas\":1.5}", "", "children[StatefulSet.apps/v1].spec.replicas", "integer"},
    {"{\"updateStrategy\":{\"rollingUpdate\":7}}", "",
     "children[StatefulSet.apps/v1].spec.updateStrategy.rollingUpdate", "must be an object"},
    {"", "{\"replicas\":true}", "children[StatefulSet.apps/v1].status.replicas",
     "must be an integer"},
    {"", "{\"updateRevision\":1}", "children[StatefulSet.apps/v1].status.updateRevision",
     "must be a string"},
};

START_TEST(test_read_refuses)
{
    struct hk_arena arena;
    struct fc_stateful got;
    struct hk_err err = {0};
    hk_arena_init(&arena);
    const struct fc_object object = {.kind = HK_STR(FC_STATEFUL_SET),
                                     .spec = padded(&arena, bad[_i].spec),
                                     .status = padded(&arena, bad[_i].status)};
    ck_assert_int_eq(fc_stateful_read(&object, &arena, &got, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_INVALID);
    ck_assert_str_eq(err.path, bad[_i].path);
    ck_assert_msg(strstr(err.text, bad[_i].text) != NULL, "%s", err.text);
    hk_arena_fini(&arena);
}
END_TEST

static const struct {
    struct fc_stateful set;
    int64_t left;
} lefts[] = {
    {{.is_fresh = true}, 0},
    {{.is_fresh = true, .pods = 2}, 2},
    {{.is_fresh = false}, 1},
    {{.is_fresh = true, .replicas = 3}, 1},
    {{.is_fresh = false, .replicas = 3, .pods = 2}, 2},
};

START_TEST(test_pods_left)
{
    ck_assert_int_eq(fc_stateful_pods_left(&lefts[_i].set), lefts[_i].left);
    ck_assert_int_eq(fc_stateful_pods_left(NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_stateful");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_decisions, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(tcase, test_read, 0, sizeof reads / sizeof reads[0]);
    tcase_add_loop_test(tcase, test_read_refuses, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(tcase, test_pods_left, 0, sizeof lefts / sizeof lefts[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
