/* imagePullSecrets, imagePullPolicy and podSecurity: what is refused and in which words, and where sessions
 * are kept by Pods that are not root's. */
#include "fc_config.h"

#include "failalloc.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>

#define PARENT_SIZE 8192

/* A FlameCluster with more members in spec and in its two components; padded for the scanner. */
static size_t parent_text(char out[PARENT_SIZE], const char *spec, const char *component)
{
    int len = snprintf(out, PARENT_SIZE - HK_SCAN_PAD,
                       "{\"apiVersion\":\"flame.xflops.io/v1alpha1\",\"kind\":\"FlameCluster\","
                       "\"metadata\":{\"name\":\"a\"},\"spec\":{%s%s"
                       "\"sessionManager\":{\"image\":\"s:1\"%s%s},"
                       "\"executorManager\":{\"image\":\"e:1\"%s%s}}}",
                       spec, *spec ? "," : "", *component ? "," : "", component,
                       *component ? "," : "", component);
    ck_assert_int_lt(len, PARENT_SIZE - HK_SCAN_PAD);
    memset(out + len, 0, HK_SCAN_PAD);
    return (size_t)len;
}

static int read_parent(struct hk_arena *arena, const char *spec, const char *component,
                       struct fc_parent *parent)
{
    char text[PARENT_SIZE];
    struct hk_scan s;
    hk_scan_init(&s, text, parent_text(text, spec, component), arena, NULL);
    fc_parent_read(&s, arena, parent);
    return hk_scan_end(&s) != 0 || arena->failed ? -1 : 0;
}

#define SUBDOMAIN                                                                                  \
    "must be a DNS-1123 subdomain: at most 253 lower-case letters, digits, '-' and '.', each "     \
    "part beginning and ending with a letter or digit, is "

static const struct {
    const char *spec, *component; /* members */
    const char *path, *text;      /* of the first problem */
    size_t count;
} bad[] = {
    {"\"imagePullSecrets\":\"a\"", "", "spec.imagePullSecrets", "must be an array, is string", 1},
    {"\"imagePullSecrets\":{}", "", "spec.imagePullSecrets", "must be an array, is object", 1},
    {"\"imagePullSecrets\":[\"a\"]", "", "spec.imagePullSecrets[0]", "must be an object, is string",
     1},
    {"\"imagePullSecrets\":[{\"name\":\"a\"},null]", "", "spec.imagePullSecrets[1]",
     "must be an object, is null", 1},
    {"\"imagePullSecrets\":[null,{\"name\":\"A\"}]", "", "spec.imagePullSecrets[0]",
     "must be an object, is null", 2},
    {"\"imagePullSecrets\":[{}]", "", "spec.imagePullSecrets[0].name",
     "is required: the name of a Secret", 1},
    {"\"imagePullSecrets\":[{\"name\":null}]", "", "spec.imagePullSecrets[0].name",
     "is required: the name of a Secret", 1},
    {"\"imagePullSecrets\":[{\"name\":\"\"}]", "", "spec.imagePullSecrets[0].name",
     "is required: the name of a Secret", 1},
    {"\"imagePullSecrets\":[{\"name\":7}]", "", "spec.imagePullSecrets[0].name",
     "must be a string, is number", 1},
    {"\"imagePullSecrets\":[{\"name\":\"a\"},{\"name\":\"a_b\"}]", "",
     "spec.imagePullSecrets[1].name", SUBDOMAIN "\"a_b\"", 1},
    /* A place in the list is the user's, whatever stands before it. */
    {"\"imagePullSecrets\":[7,{\"name\":\"b\"},{\"name\":\"a\"},{\"name\":\"b\"}]", "",
     "spec.imagePullSecrets[0]", "must be an object, is number", 2},
    {"\"imagePullSecrets\":[{\"name\":\"b\"},{\"name\":\"a\"},{\"name\":\"b\"}]", "",
     "spec.imagePullSecrets[2]", "must not name the same Secret again, is \"b\"", 1},
    {"\"podSecurity\":\"\"", "", "spec.podSecurity", "must be Baseline or Restricted, is \"\"", 1},
    {"\"podSecurity\":\"restricted\"", "", "spec.podSecurity",
     "must be Baseline or Restricted, is \"restricted\"", 1},
    {"\"podSecurity\":{}", "", "spec.podSecurity", "must be a string, is object", 1},
    {"", "\"imagePullPolicy\":\"never\"", "spec.executorManager.imagePullPolicy",
     "must be Always, IfNotPresent or Never, is \"never\"", 2},
    {"", "\"imagePullPolicy\":\"\"", "spec.executorManager.imagePullPolicy",
     "must be Always, IfNotPresent or Never, is \"\"", 2},
    {"", "\"imagePullPolicy\":false", "spec.executorManager.imagePullPolicy",
     "must be a string, is boolean", 2},
};

START_TEST(test_bad)
{
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_int_eq(read_parent(&arena, bad[_i].spec, bad[_i].component, &parent), 0);
    ck_assert(!parent.is_valid);
    ck_assert_uint_eq(parent.problems.count, bad[_i].count);
    ck_assert_msg(hk_str_is(parent.problems.items[0].path, bad[_i].path), "%.*s",
                  HK_STR_ARG(parent.problems.items[0].path));
    ck_assert_msg(hk_str_is(parent.problems.items[0].text, bad[_i].text), "%.*s",
                  HK_STR_ARG(parent.problems.items[0].text));
    hk_arena_fini(&arena);
}
END_TEST

static const char all_spec[] =
    "\"imagePullSecrets\":[{\"name\":\"b.c\"},{\"x\":1,\"name\":\"a\"}],\"podSecurity\":"
    "\"Restricted\"";

START_TEST(test_good)
{
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_int_eq(read_parent(&arena, all_spec, "\"imagePullPolicy\":\"Never\"", &parent), 0);
    const struct fc_spec *spec = &parent.spec;
    ck_assert(parent.is_valid);
    ck_assert_uint_eq(spec->pull_secrets.count, 2);
    ck_assert(hk_str_is(spec->pull_secrets.items[0].name, "b.c"));
    ck_assert(hk_str_is(spec->pull_secrets.items[1].name, "a"));
    ck_assert(spec->is_restricted);
    ck_assert_str_eq(spec->session.component.pull_policy, "Never");
    ck_assert_str_eq(spec->executor.component.pull_policy, "Never");
    hk_arena_fini(&arena);
}
END_TEST

/* Absent, null and empty lists are one; nothing is set. */
START_TEST(test_unset)
{
    static const char *const specs[] = {"", "\"imagePullSecrets\":null,\"podSecurity\":null",
                                        "\"imagePullSecrets\":[],\"podSecurity\":\"Baseline\""};
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_int_eq(read_parent(&arena, specs[_i], "\"imagePullPolicy\":null", &parent), 0);
    ck_assert(parent.is_valid);
    ck_assert_uint_eq(parent.spec.pull_secrets.count, 0);
    ck_assert(!parent.spec.is_restricted);
    ck_assert_ptr_null(parent.spec.session.component.pull_policy);
    ck_assert_ptr_null(parent.spec.executor.component.pull_policy);
    hk_arena_fini(&arena);
}
END_TEST

/* More than the CRD takes: one problem, and no comparing each with each. */
START_TEST(test_too_many)
{
    char spec[2048] = "\"imagePullSecrets\":[{\"name\":\"a\"}";
    size_t len = strlen(spec);
    for (int i = 1; i < FC_PULL_SECRETS_MAX + 1; i++)
        len += (size_t)snprintf(spec + len, sizeof spec - len, ",{\"name\":\"a\"}");
    snprintf(spec + len, sizeof spec - len, "]");
    struct fc_parent parent;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert_int_eq(read_parent(&arena, spec, "", &parent), 0);
    ck_assert_uint_eq(parent.problems.count, 1);
    ck_assert(hk_str_is(parent.problems.items[0].path, "spec.imagePullSecrets"));
    ck_assert(hk_str_is(parent.problems.items[0].text, "must have at most 64 entries, has 65"));
    hk_arena_fini(&arena);
}
END_TEST

/* What the configuration says of spec.sessionManager.storage. */
static const struct {
    const char *storage, *restricted;
} storages[] = {
    {"", "sqlite:///var/lib/flame/flame.db"},
    {"none", "none"},
    {"sqlite://flame.db", "sqlite:///var/lib/flame/flame.db"},
    {"sqlite://a/b.db?mode=rwc", "sqlite:///var/lib/flame/a/b.db?mode=rwc"},
    {"sqlite:///data/flame.db", "sqlite:///data/flame.db"},
    {"sqlite://:memory:", "sqlite://:memory:"},
    {"sqlite://?mode=memory", "sqlite://?mode=memory"},
    {"fs://session", "fs:///var/lib/flame/session"},
    {"fs:///var/lib/flame/session", "fs:///var/lib/flame/session"},
    {"file://x", "file:///var/lib/flame/x"},
    {"filesystem://x", "filesystem:///var/lib/flame/x"},
};

static bool has_line(struct hk_str text, const char *format, const char *storage)
{
    char line[128];
    snprintf(line, sizeof line, format, storage);
    return memmem(text.ptr, text.len, line, strlen(line)) != NULL;
}

/* YAML wants quotes where a ':' ends the text. */
static void assert_storage(const struct fc_config *config, const char *wanted)
{
    struct hk_str text = hk_buf_str(&config->text);
    if (*wanted)
        ck_assert_msg(has_line(text, "\n  storage: %s\n", wanted) ||
                          has_line(text, "\n  storage: \"%s\"\n", wanted),
                      "%s, but:\n%.*s", wanted, HK_STR_ARG(text));
    else
        ck_assert(!has_line(text, "%s", "storage"));
}

START_TEST(test_storage)
{
    for (int level = 0; level < 2; level++) {
        const struct fc_observed observed = {.config = NULL};
        struct fc_config config;
        struct fc_parent parent;
        struct hk_arena arena;
        hk_arena_init(&arena);
        ck_assert_int_eq(
            read_parent(&arena, level ? "\"podSecurity\":\"Restricted\"" : "", "", &parent), 0);
        parent.spec.session.storage = hk_str_of(storages[_i].storage);
        ck_assert_int_eq(fc_config_make(&parent, &observed, &arena, &config, NULL), 0);
        assert_storage(&config, level ? storages[_i].restricted : storages[_i].storage);
        fc_config_fini(&config);
        hk_arena_fini(&arena);
    }
}
END_TEST

static int read_all(void *unused)
{
    const struct fc_observed observed = {.config = NULL};
    struct fc_config config;
    struct fc_parent parent;
    struct hk_arena arena;
    (void)unused;
    hk_arena_init(&arena);
    int rc = read_parent(&arena, all_spec, "\"imagePullPolicy\":\"x\"", &parent);
    if (rc == 0) {
        parent.spec.session.storage = HK_STR("sqlite://flame.db");
        rc = fc_config_make(&parent, &observed, &arena, &config, NULL);
        fc_config_fini(&config);
    }
    hk_arena_fini(&arena);
    return rc;
}

START_TEST(test_allocations_fail)
{
    failalloc_loop(read_all, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_pods");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, test_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tcase, test_good);
    tcase_add_loop_test(tcase, test_unset, 0, 3);
    tcase_add_test(tcase, test_too_many);
    tcase_add_loop_test(tcase, test_storage, 0, sizeof storages / sizeof storages[0]);
    tcase_add_test(tcase, test_allocations_fail);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
