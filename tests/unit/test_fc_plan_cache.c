/* What is decided about the cache's own Pods, about whom its Service selects, and about executors beside them. Pods:
 *     R ready   N not ready   E ended long ago   F fails and waits   J ended just now   T terminating   . not there
 * in lower case: of an old template. Decisions:
 *     c created   k kept   x replaced   - removed   . waited for */
#include "fc_plan.h"
#include "run_suite.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>

#define NOW 1000000
#define HASH "0123456789abcdef"
#define PODS_MAX 8

/* Settings. */
enum {
    CONFIG_LAGS = 1,
    PAUSED = 2,
    ON_DELETE = 4,
    SUSPENDED = 8,
    NO_CLAIM_0 = 16,
    NO_CLAIM_1 = 32
};

/* Services: o selects the cache's own Pods, e the executor managers, n nobody, . is not there. */
static const struct {
    const char *what;
    int settings;
    int replicas; /* of the cache; -1: it has no Pods of its own */
    char session;
    const char *executors, *caches;
    char service;
    const char *cache_decisions;
    const char *executor_decisions;
    char selects; /* what the Service is to select */
} rows[] = {
    {"beside the session manager", 0, 2, '.', "..", "..", '.', "cc", "..", 'o'},
    {"the config comes first", CONFIG_LAGS, 2, '.', "..", "..", '.', "..", "..", 'o'},
    {"each has its claim first", NO_CLAIM_1, 2, '.', "..", "..", '.', "c.", "..", 'o'},
    {"none is a cluster too", 0, 0, 'R', "RR", "", 'o', "", "kk", 'o'},
    {"executors do not wait for it", 0, 1, 'R', "..", "N", 'o', "k", "cc", 'o'},

    {"old ones wait for the session manager", 0, 3, 'r', "RR", "rrr", 'o', "kkk", "kk", 'o'},
    {"then one, the highest", 0, 3, 'R', "RR", "rrr", 'o', "kkx", "kk", 'o'},
    {"the next once it is Ready", 0, 3, 'R', "RR", "rrN", 'o', "kkk", "kk", 'o'},
    {"and it is", 0, 3, 'R', "RR", "rrR", 'o', "kxk", "kk", 'o'},
    {"not while one is missing", 0, 3, 'R', "RR", "rr.", 'o', "kkc", "kk", 'o'},
    {"old and not Ready goes at once", 0, 3, 'R', "RR", "nrf", 'o', "xkx", "kk", 'o'},
    {"but not before the config", CONFIG_LAGS, 2, 'R', "RR", "nr", 'o', "kk", "kk", 'o'},
    {"nor before its claim", NO_CLAIM_0, 2, 'R', "RR", "nr", 'o', "kk", "kk", 'o'},
    {"nor is one Ready given up for it", NO_CLAIM_1, 2, 'R', "RR", "Rr", 'o', "kk", "kk", 'o'},
    {"paused: nothing old goes", PAUSED, 2, 'R', "RR", "nr", 'o', "kk", "kk", 'o'},
    {"paused: what is missing comes", PAUSED, 2, 'r', "RR", "r.", 'o', "kc", "kk", 'o'},
    {"OnDelete is about executors", ON_DELETE, 2, 'R', "rr", "rr", 'o', "kx", "kk", 'o'},
    {"what ended comes back in its time", 0, 2, 'R', "RR", "JE", 'o', "kx", "kk", 'o'},
    {"terminating is on its way", 0, 2, 'R', "RR", "TR", 'o', "kk", "kk", 'o'},

    {"to own Pods: they come first", 0, 1, 'R', "rr", ".", 'e', "c", "kk", 'e'},
    {"the Service waits for one to be Ready", 0, 2, 'R', "rr", "NN", 'e', "kk", "kk", 'e'},
    {"and goes over", 0, 2, 'R', "rr", "NR", 'e', "kk", "kk", 'o'},
    {"then executors roll", 0, 2, 'R', "rr", "NR", 'o', "kk", "kx", 'o'},
    {"nobody serves anyway", 0, 1, 'R', "nn", ".", 'e', "c", "kk", 'o'},
    {"none is wanted", 0, 0, 'R', "RR", "", 'e', "", "kk", 'o'},
    {"a Service that selects nobody follows at once", 0, 1, 'R', "RR", ".", 'n', "c", "kk", 'o'},
    {"a new one too", 0, 1, 'R', "RR", ".", '.', "c", "kk", 'o'},
    {"once it went over it stays", 0, 1, 'R', "RR", "F", 'o', "k", "kk", 'o'},

    {"back: executors get their folder first", 0, -1, 'R', "rr", "R", 'o', "k", "kx", 'o'},
    {"one is not yet new", 0, -1, 'R', "rR", "R", 'o', "k", "xk", 'o'},
    {"all are: the Service goes over", 0, -1, 'R', "RR", "R", 'o', "k", "kk", 'e'},
    {"then they leave", 0, -1, 'R', "RR", "RR", 'e', "--", "kk", 'e'},
    {"one on its way is kept until it is gone", 0, -1, 'R', "RR", "T", 'e', "k", "kk", 'e'},
    {"none serves: nothing to wait for", 0, -1, 'R', "rr", "N", 'o', "k", "kx", 'e'},
    {"no executors: the user wants it so", 0, -1, 'R', "", "R", 'o', "k", "", 'e'},
    {"OnDelete: old ones take it back", ON_DELETE, -1, 'R', "rr", "R", 'o', "k", "kk", 'e'},
    {"paused: so do these", PAUSED, -1, 'R', "rr", "R", 'o', "k", "kk", 'e'},
    {"none of them is Ready", 0, -1, 'R', "NN", "R", 'o', "k", "kk", 'o'},

    {"suspended: executors go first", SUSPENDED, 2, 'R', "RT", "RN", 'o', "kk", "-k", 'o'},
    {"then the cache", SUSPENDED, 2, 'R', "..", "RN", 'o', "--", "..", 'o'},
    {"one is on its way", SUSPENDED, 2, 'R', "..", "T.", 'o', "k.", "..", 'o'},
    {"those too many as well", SUSPENDED, 1, 'R', "R", "RR", 'o', "kk", "-", 'o'},
    {"the Service follows the spec", SUSPENDED, 1, 'R', "R", ".", 'e', ".", "-", 'o'},
    {"in both directions", SUSPENDED, -1, 'R', ".", "R", 'o', "-", ".", 'e'},
};

static struct fc_pod pod_of(char letter, int64_t index)
{
    char kind = (char)toupper(letter);
    struct fc_pod pod = {.index = index,
                         .is_ready = kind == 'R',
                         .is_terminating = kind == 'T',
                         .is_ended = kind == 'E' || kind == 'J',
                         .is_failed = kind == 'E' || kind == 'J' || kind == 'F',
                         .ended_s = kind == 'J' ? NOW - FC_REPLACE_AFTER_S + 1 : NOW - 1000};
    strcpy(pod.hash, letter == kind ? HASH : "fedcba9876543210");
    return pod;
}

static struct fc_pod_set set_of(const char *letters, struct fc_pod *pods,
                                const struct fc_pod **items)
{
    struct fc_pod_set set = {items, 0};
    for (size_t i = 0; letters[i]; i++) {
        pods[i] = pod_of(letters[i], (int64_t)i);
        if (letters[i] != '.')
            items[set.count++] = &pods[i];
    }
    return set;
}

static const char *app_of(char service)
{
    switch (service) {
    case 'o':
        return "flame-object-cache";
    case 'e':
        return "flame-executor-manager";
    default:
        return service == 'n' ? "nobody" : NULL;
    }
}

/* Of an own Pod beyond the wanted ones too. */
static char decided(const struct fc_cache_plan *plan, const struct fc_pod *pod, char letter,
                    int64_t i)
{
    if (i < plan->replicas)
        return ".ckx-"[plan->actions[i]];
    if (letter == '.')
        return '.';
    return plan->is_kept || pod->is_terminating ? 'k' : '-';
}

START_TEST(test_decisions)
{
    struct hk_arena arena;
    struct fc_pod executors[PODS_MAX], caches[PODS_MAX], session = pod_of(rows[_i].session, -1);
    const struct fc_pod *items[2][PODS_MAX];
    const int settings = rows[_i].settings;
    const bool claims[PODS_MAX] = {!(settings & NO_CLAIM_0), !(settings & NO_CLAIM_1), true, true};
    struct fc_observed observed = {
        .session = rows[_i].session == '.' ? NULL : &session,
        .executors = set_of(rows[_i].executors, executors, items[0]),
        .caches = set_of(rows[_i].caches, caches, items[1]),
    };
    struct fc_spec spec = {
        .executor = {.replicas = (int64_t)strlen(rows[_i].executors),
                     .update = {.max_unavailable = {1, false},
                                .is_paused = settings & PAUSED,
                                .type = settings & ON_DELETE ? FC_ON_DELETE : FC_ROLLING_UPDATE}},
        .cache = {.replicas = rows[_i].replicas},
        .is_suspended = settings & SUSPENDED};
    const struct fc_plan_input in = {.observed = &observed,
                                     .spec = &spec,
                                     .session_hash = HASH,
                                     .executor_hash = HASH,
                                     .cache_hash = rows[_i].replicas >= 0 ? HASH : NULL,
                                     .is_config_observed = !(settings & CONFIG_LAGS),
                                     .cache_claims = claims,
                                     .cache_app = app_of(rows[_i].service),
                                     .now_s = NOW};
    struct fc_plan plan;
    char got[PODS_MAX * 2 + 4];
    size_t n = 0;
    hk_arena_init(&arena);
    ck_assert_int_eq(fc_plan_make(&in, &arena, &plan, NULL), 0);
    for (size_t i = 0; rows[_i].caches[i]; i++)
        got[n++] = decided(&plan.cache, &caches[i], rows[_i].caches[i], (int64_t)i);
    got[n++] = ' ';
    for (int64_t i = 0; i < plan.replicas; i++)
        got[n++] = ".ckx-"[plan.executors[i]];
    got[n++] = ' ';
    got[n++] = plan.cache.is_served_by_own ? 'o' : 'e';
    got[n] = '\0';
    char want[sizeof got];
    snprintf(want, sizeof want, "%s %s %c", rows[_i].cache_decisions, rows[_i].executor_decisions,
             rows[_i].selects);
    ck_assert_msg(strcmp(got, want) == 0, "%s: %s, must be %s", rows[_i].what, got, want);
    hk_arena_fini(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_plan_cache");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_decisions, 0, sizeof rows / sizeof rows[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
