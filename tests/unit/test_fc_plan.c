/* What is decided about each Pod, a letter each. Pods:
 *     R ready   N not ready   E ended long ago   F fails and waits   J ended just now   T terminating   . not there
 * in lower case: of an old template. Decisions:
 *     c created   k kept   x replaced   - removed   . waited for */
#include "fc_plan.h"
#include "run_suite.h"

#include <check.h>
#include <ctype.h>

#define NOW 1000000
#define HASH "0123456789abcdef"

/* Settings, in the order of their flags. */
enum { CONFIG_LAGS = 1, PAUSED = 2, ON_DELETE = 4, RECREATE = 8, PARALLEL = 16, SUSPENDED = 32 };

static const struct {
    const char *what;
    int settings;
    int64_t max_unavailable; /* 0: the default, a quarter */
    char session;
    const char *executors;
    const char *decisions; /* the session manager's first */
} rows[] = {
    {"a first start is ordered", 0, 0, '.', "...", "c..."},
    {"the config comes first", CONFIG_LAGS, 0, '.', "...", "...."},
    {"executors follow a Ready session manager", 0, 0, 'R', "...", "kccc"},
    {"executors wait for it", 0, 0, 'N', "R..", "kk.."},

    {"Parallel waits for nothing but the config", PARALLEL, 0, '.', "...", "cccc"},
    {"Parallel: the config comes first", PARALLEL | CONFIG_LAGS, 0, '.', "...", "...."},
    {"Parallel: what ended comes back without a session manager", PARALLEL, 0, 'N', "RE.", "kkxc"},
    {"Parallel: old ones stay until there is one", PARALLEL, 0, 'N', "rrnr", "kkkkk"},
    {"Parallel: and while it is replaced", PARALLEL, 0, 'r', "rrn.", "xkkkc"},
    {"Parallel: then they roll", PARALLEL, 0, 'R', "rrrr", "kkkkx"},

    {"a quarter", 0, 0, 'R', "rrrrrrrr", "kkkkkkkxx"},
    {"three", 0, 3, 'R', "rrrrrrrr", "kkkkkkxxx"},
    {"three, two are away already", 0, 3, 'R', "rrrrrr.N", "kkkkkkxck"},
    {"three of two", 0, 3, 'R', "rr", "kxx"},
    {"one", 0, 1, 'R', "rrrrrrrr", "kkkkkkkkx"},
    {"old and not Ready costs nothing", 0, 1, 'R', "nrrn", "kxkkx"},
    {"the session manager first", 0, 3, 'r', "rrnr", "xkkkk"},

    {"Recreate: all at once", RECREATE, 0, 'R', "rrnRrr", "kxxxkxx"},
    {"Recreate: the session manager first", RECREATE, 0, 'r', "rrn", "xkkk"},
    {"Recreate: what is gone comes back beside the rest", RECREATE, 0, 'R', ".TR", "kckk"},
    {"Recreate: not without the config", RECREATE | CONFIG_LAGS, 0, 'R', "rr.", "kkk."},
    {"Recreate: paused", RECREATE | PAUSED, 0, 'R', "rrn", "kkkk"},

    {"OnDelete: old ones stay, Ready or not", ON_DELETE, 0, 'R', "rrnf", "kkkkk"},
    {"OnDelete: who is deleted comes back new", ON_DELETE, 0, 'R', "r.Tr", "kkckk"},
    {"OnDelete: what ended comes back", ON_DELETE, 0, 'R', "eErr", "kxxkk"},
    {"OnDelete is about executors", ON_DELETE, 0, 'r', "rr", "xkk"},

    {"paused: nothing old goes", PAUSED, 0, 'r', "rnrf", "kkkkk"},
    {"paused: nor once the session manager is new", PAUSED, 0, 'R', "rnrr", "kkkkk"},
    {"paused: what is missing comes, beside an old session manager too", PAUSED, 0, 'r', "r.r.",
     "kkckc"},
    {"paused: but not beside one that is not Ready", PAUSED, 0, 'n', "r.r.", "kk.k."},
    {"paused: what ended comes back", PAUSED, 0, 'r', "eErr", "kxxkk"},
    {"paused: so does the session manager", PAUSED, 0, 'e', "rr", "xkk"},
    {"paused: both in their time", PAUSED, 0, 'j', "jJ", "kkk"},
    {"paused: no Pod before the config", PAUSED | CONFIG_LAGS, 0, 'r', "r.", "kk."},
    {"paused and deleted: it comes back new", PAUSED, 0, '.', "rr", "ckk"},

    {"suspended: executors go first", SUSPENDED, 0, 'R', "RrN", "k---"},
    {"suspended: all of them, the terminating ones are on their way", SUSPENDED, 0, 'r', "T.T",
     "kk.k"},
    {"suspended: then the session manager", SUSPENDED, 0, 'r', "...", "-..."},
    {"suspended: and nothing comes", SUSPENDED, 0, '.', "...", "...."},
    {"suspended: it is on its way", SUSPENDED, 0, 'T', "...", "k..."},
    {"suspended: whatever else is asked for", SUSPENDED | PAUSED | PARALLEL | ON_DELETE, 0, 'e',
     "eE.", "k--."},
    {"suspended: the config may lag", SUSPENDED | CONFIG_LAGS, 0, 'R', "R", "k-"},
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

static struct fc_spec spec_of(int settings, int64_t max_unavailable, int64_t replicas)
{
    struct fc_update_strategy update = {
        .max_unavailable = {max_unavailable ? max_unavailable : 25, max_unavailable == 0},
        .is_paused = settings & PAUSED,
        .type = settings & ON_DELETE  ? FC_ON_DELETE
                : settings & RECREATE ? FC_RECREATE
                                      : FC_ROLLING_UPDATE};
    return (struct fc_spec){.executor = {.replicas = replicas, .update = update},
                            .is_parallel = settings & PARALLEL,
                            .is_suspended = settings & SUSPENDED};
}

static char letter_of(enum fc_action action)
{
    return ".ckx-"[action];
}

START_TEST(test_decisions)
{
    struct hk_arena arena;
    struct fc_pod pods[16], session = pod_of(rows[_i].session, -1);
    const struct fc_pod *executors[16];
    struct fc_observed observed = {.executors.items = executors};
    struct fc_plan plan;
    char got[20];
    size_t n = strlen(rows[_i].executors);
    hk_arena_init(&arena);
    observed.session = rows[_i].session == '.' ? NULL : &session;
    for (size_t i = 0; i < n; i++) {
        pods[i] = pod_of(rows[_i].executors[i], (int64_t)i);
        if (rows[_i].executors[i] != '.')
            executors[observed.executors.count++] = &pods[i];
    }
    observed.pod_count = observed.executors.count + (observed.session ? 1 : 0);
    struct fc_spec spec = spec_of(rows[_i].settings, rows[_i].max_unavailable, (int64_t)n);
    const struct fc_plan_input in = {.observed = &observed,
                                     .spec = &spec,
                                     .session_hash = HASH,
                                     .executor_hash = HASH,
                                     .is_config_observed = !(rows[_i].settings & CONFIG_LAGS),
                                     .now_s = NOW};
    ck_assert_int_eq(fc_plan_make(&in, &arena, &plan, NULL), 0);
    got[0] = letter_of(plan.session);
    for (size_t i = 0; i < n; i++)
        got[i + 1] = letter_of((enum fc_action)plan.executors[i]);
    got[n + 1] = '\0';
    ck_assert_msg(strcmp(got, rows[_i].decisions) == 0, "%s: %s, must be %s", rows[_i].what, got,
                  rows[_i].decisions);
    hk_arena_fini(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_plan");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_decisions, 0, sizeof rows / sizeof rows[0]);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
