/* Requests that are no good JSON, or good JSON that no tool would write as a tree: every one is refused with
 * its place named, and none does harm. What a tree can say is in tests/fixtures. */
#include "fc.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define META "\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}"
#define SPEC "\"spec\":{\"sessionManager\":{\"image\":\"s\"},\"executorManager\":{\"image\":\"e\"}}"
#define PARENT                                                                                     \
    "{\"apiVersion\":\"flame.xflops.io/v1alpha1\",\"kind\":\"FlameCluster\"," META "," SPEC "}"

struct answer {
    int rc;
    struct hk_err err;
    struct hk_buf body;
};

/* The text stands at the very end of its block but for the padding, so that a read beyond is seen. */
static struct answer ask(enum hk_hook hook, const char *text, size_t len)
{
    struct answer a = {.rc = 0};
    struct hk_arena arena;
    char *body = malloc(len + HK_SCAN_PAD);
    memcpy(body, text, len);
    memset(body + len, '{', HK_SCAN_PAD);
    hk_arena_init(&arena);
    hk_buf_init(&a.body);
    struct hk_call call = {.body = {body, len}, .now_s = 1795248000, .arena = &arena};
    a.rc = hk_controller_run(&fc_controller, hook, &call, &a.body, &a.err);
    hk_arena_fini(&arena);
    free(body);
    return a;
}

static const struct {
    const char *text;
    enum hk_err_kind kind;
    const char *path;
} refused[] = {
    {"", HK_ERR_MALFORMED, ""},
    {"   ", HK_ERR_MALFORMED, ""},
    {"nul", HK_ERR_INVALID, ""},
    {"{", HK_ERR_MALFORMED, ""},
    {"{}{}", HK_ERR_MALFORMED, ""},
    {"{\"parent\":" PARENT "}}", HK_ERR_MALFORMED, ""},
    {"{\"parent\":" PARENT ",}", HK_ERR_MALFORMED, ""},
    {"\xef\xbb\xbf{}", HK_ERR_MALFORMED, ""},
    {"{\"parent\":{\"metadata\":{\"name\":\"\xff\"}}}", HK_ERR_MALFORMED, "parent.metadata.name"},
    {"{\"parent\":" PARENT ",\"x\":\"\xc0\x80\"}", HK_ERR_MALFORMED, "x"},
    {"{\"parent\":" PARENT ",\"x\":\"\\ud800\"}", HK_ERR_MALFORMED, "x"},
    {"{\"parent\":" PARENT ",\"x\":01}", HK_ERR_MALFORMED, "x"},
    {"{\"parent\":" PARENT ",\"x\":NaN}", HK_ERR_MALFORMED, "x"},
    {"{\"parent\":" PARENT ",\"x\":'a'}", HK_ERR_MALFORMED, "x"},
    {"{\"parent\":" PARENT ",\"x\":\"a\tb\"}", HK_ERR_MALFORMED, "x"},
    {"{\"parent\":" PARENT ",\"parent\":" PARENT "}", HK_ERR_INVALID, "parent"},
    {"{\"parent\":{" META "," META "}}", HK_ERR_INVALID, "parent.metadata"},
    {"{\"parent\":{\"kind\":\"FlameCluster\",\"kind\":\"FlameCluster\"}}", HK_ERR_INVALID,
     "parent.kind"},
    {"{\"parent\":{\"spec\":{\"sessionManager\":{\"image\":\"a\",\"image\":\"b\"}}}}",
     HK_ERR_INVALID, "parent.spec.sessionManager.image"},
    {"{\"parent\":{\"spec\":{\"sessionManager\":{\"resources\":{\"limits\":{\"cpu\":1,\"cpu\":2}}}}"
     "}}",
     HK_ERR_INVALID, "parent.spec.sessionManager.resources.limits.cpu"},
    {"{\"parent\":{\"metadata\":{\"generation\":92233720368547758080}}}", HK_ERR_INVALID,
     "parent.metadata.generation"},
    {"{\"parent\":{\"metadata\":{\"generation\":1.5}}}", HK_ERR_INVALID,
     "parent.metadata.generation"},
    {"{\"children\":{\"Pod.v1\":{\"n/"
     "a-session-manager\":{\"status\":{\"phase\":\"a\",\"phase\":\"b\"}}}},"
     "\"parent\":" PARENT "}",
     HK_ERR_INVALID, "children[Pod.v1][n/a-session-manager].status.phase"},
    {"{\"children\":{\"Pod.v1\":{\"n/a-executor-manager-0\":{},\"n/a-executor-manager-0\":{}}},"
     "\"parent\":" PARENT "}",
     HK_ERR_INVALID, "children[Pod.v1]"},
    {"{\"children\":{\"Pod.v1\":{\"n/a-session-manager\":{},\"n/a-session-manager\":{}}},"
     "\"parent\":" PARENT "}",
     HK_ERR_INVALID, "children[Pod.v1]"},
    {"{\"children\":{\"Pod.v1\":{\"n/x\":{},\"x\":{}}},\"parent\":" PARENT "}", HK_ERR_INVALID,
     "children[Pod.v1]"},
    {"{\"children\":{\"Job.batch/v1\":{\"n/x\":{},\"m/x\":{}}},\"parent\":" PARENT "}",
     HK_ERR_INVALID, "children[Job.batch/v1]"},
    {"{\"children\":{\"Pod.v1\":{\"n/\":{}}},\"parent\":" PARENT "}", HK_ERR_INVALID,
     "children[Pod.v1][n/]"},
    {"{\"children\":{\"Pod\":{\"n/x\":{}}},\"parent\":" PARENT "}", HK_ERR_INVALID,
     "children.Pod[n/x]"},
    {"{\"children\":{\".v1\":{\"n/x\":{}}},\"parent\":" PARENT "}", HK_ERR_INVALID,
     "children[.v1][n/x]"},
    {"{\"children\":{\"Pod.\":{\"n/x\":{}}},\"parent\":" PARENT "}", HK_ERR_INVALID,
     "children[Pod.][n/x]"},
    {"{\"children\":{\"Pod.v1\":{},\"Pod.v1\":{}},\"parent\":" PARENT "}", HK_ERR_INVALID,
     "children[Pod.v1]"},
};

START_TEST(test_refused)
{
    for (int hook = HK_HOOK_SYNC; hook <= HK_HOOK_FINALIZE; hook++) {
        struct answer a = ask((enum hk_hook)hook, refused[_i].text, strlen(refused[_i].text));
        ck_assert_msg(a.rc == -1, "answered: %s", refused[_i].text);
        ck_assert_msg(a.err.kind == refused[_i].kind, "%s: %s", hk_err_word(a.err.kind),
                      a.err.text);
        ck_assert_str_eq(a.err.path, refused[_i].path);
        ck_assert_uint_gt(strlen(a.err.text), 0);
        ck_assert_uint_eq(a.body.len, 0);
        hk_buf_fini(&a.body);
    }
}
END_TEST

/* Whatever is cut off, and wherever: an error, never half an answer. */
START_TEST(test_truncated)
{
    static const char text[] =
        "{\"parent\":" PARENT ",\"children\":{\"Pod.v1\":{\"n/a-session-manager\":{\"metadata\":"
        "{\"annotations\":{\"x\":\"\\u00e4\"}},\"status\":{\"conditions\":[{\"type\":\"Ready\"}]}}}"
        "}}";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct answer a = ask(HK_HOOK_SYNC, text, len);
        ck_assert_msg(a.rc == -1 && a.err.kind == HK_ERR_MALFORMED, "%zu bytes: %s", len,
                      a.err.text);
        hk_buf_fini(&a.body);
    }
    struct answer whole = ask(HK_HOOK_SYNC, text, sizeof text - 1);
    ck_assert_int_eq(whole.rc, 0);
    hk_buf_fini(&whole.body);
}
END_TEST

START_TEST(test_deep)
{
    static const char *const before[] = {
        "", "{\"x\":", "{\"parent\":{\"spec\":", "{\"children\":{\"Pod.v1\":{\"n/a\":{\"status\":"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        size_t at = strlen(before[i]);
        char *text = malloc(at + 100000);
        memcpy(text, before[i], at);
        memset(text + at, '[', 100000);
        struct answer a = ask(HK_HOOK_SYNC, text, at + 100000);
        ck_assert_int_eq(a.rc, -1);
        ck_assert_msg(a.err.kind == HK_ERR_MALFORMED || a.err.kind == HK_ERR_INVALID, "%s",
                      a.err.text);
        hk_buf_fini(&a.body);
        free(text);
    }
}
END_TEST

/* NUL is a character like any other to JSON: no name, but also no end of a text. */
START_TEST(test_nul)
{
    static const char escaped[] = "{\"parent\":{\"apiVersion\":\"flame.xflops.io/"
                                  "v1alpha1\",\"kind\":\"FlameCluster\",\"metadata\":"
                                  "{\"name\":\"a\\u0000b\"}," SPEC "}}";
    struct answer a = ask(HK_HOOK_SYNC, escaped, sizeof escaped - 1);
    ck_assert_int_eq(a.rc, 0);
    ck_assert_ptr_nonnull(memmem(a.body.data, a.body.len, "\"reason\":\"Invalid\"", 18));
    hk_buf_fini(&a.body);
    static const char raw[] = "{\"parent\":" PARENT "}\0";
    struct answer b = ask(HK_HOOK_SYNC, raw, sizeof raw - 1);
    ck_assert_int_eq(b.rc, -1);
    ck_assert_int_eq(b.err.kind, HK_ERR_MALFORMED);
    hk_buf_fini(&b.body);
}
END_TEST

/* A number beyond 64 bits in the spec is the user's, and the answer says so. */
START_TEST(test_huge_replicas)
{
    static const char text[] =
        "{\"parent\":{\"apiVersion\":\"flame.xflops.io/v1alpha1\",\"kind\":\"FlameCluster\"," META
        ",\"spec\":{\"sessionManager\":{\"image\":\"s\"},\"executorManager\":{\"image\":\"e\","
        "\"replicas\":123456789012345678901234567890}}}}";
    static const char words[] =
        "spec.executorManager.replicas: must be a whole number from 0 to 100000, "
        "is 123456789012345678901234567890";
    struct answer a = ask(HK_HOOK_SYNC, text, sizeof text - 1);
    ck_assert_int_eq(a.rc, 0);
    ck_assert_ptr_nonnull(memmem(a.body.data, a.body.len, words, sizeof words - 1));
    hk_buf_fini(&a.body);
}
END_TEST

/* A quoted value is clipped between two characters: half of one would be no UTF-8, and no answer. */
START_TEST(test_clipped_between_characters)
{
    static const char *const before[] = {"\"image\":\" ", "\"image\":\" x",
                                         "\"image\":\"i\",\"policy\":\"",
                                         "\"image\":\"i\",\"policy\":\"x"};
    char text[1024], accents[161];
    for (size_t i = 0; i < sizeof accents - 1; i++)
        accents[i] = "\xc3\xa9"[i % 2];
    accents[sizeof accents - 1] = '\0';
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        int len = snprintf(text, sizeof text,
                           "{\"parent\":{\"apiVersion\":\"flame.xflops.io/v1alpha1\",\"kind\":"
                           "\"FlameCluster\"," META ",\"spec\":{\"sessionManager\":{%s%s\"},"
                           "\"executorManager\":{\"image\":\"e\"}}}}",
                           before[i], accents);
        struct answer a = ask(HK_HOOK_SYNC, text, (size_t)len);
        ck_assert_msg(a.rc == 0, "%s: %s", before[i], a.err.text);
        ck_assert_ptr_nonnull(memmem(a.body.data, a.body.len, "\xa9\\\"", 3));
        hk_buf_fini(&a.body);
    }
}
END_TEST

/* An observed ConfigMap whose text holds a NUL, as JSON may, is kept like any other. */
START_TEST(test_nul_is_kept)
{
    static const char text[] =
        "{\"parent\":{\"apiVersion\":\"flame.xflops.io/v1alpha1\",\"kind\":"
        "\"FlameCluster\"," META "},\"children\":{\"ConfigMap.v1\":"
        "{\"n/a-config\":{\"data\":{\"flame-cluster.yaml\":\"a\\u0000b\"}}}}}";
    static const char kept[] = "{\"flame-cluster.yaml\":\"a\\u0000b\"}";
    struct answer a = ask(HK_HOOK_SYNC, text, sizeof text - 1);
    ck_assert_msg(a.rc == 0, "%s", a.err.text);
    ck_assert_ptr_nonnull(memmem(a.body.data, a.body.len, kept, sizeof kept - 1));
    hk_buf_fini(&a.body);
}
END_TEST

/* What no object of the API server holds cannot be kept: the request is refused, and not for want of
 * memory. */
START_TEST(test_cannot_be_kept)
{
    static const char *const data[] = {"{\"x\":1e999}", "{\"x\":123456789012345678901}",
                                       "{\"\\u0000\":\"\"}"};
    char text[512];
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
        int len = snprintf(text, sizeof text,
                           "{\"parent\":{\"apiVersion\":\"flame.xflops.io/v1alpha1\",\"kind\":"
                           "\"FlameCluster\"," META "},\"children\":{\"ConfigMap.v1\":"
                           "{\"n/a-config\":{\"data\":%s}}}}",
                           data[i]);
        struct answer a = ask(HK_HOOK_SYNC, text, (size_t)len);
        ck_assert_int_eq(a.rc, -1);
        ck_assert_int_eq(a.err.kind, HK_ERR_INVALID);
        ck_assert_str_eq(a.err.path, "children[ConfigMap.v1]");
        ck_assert_str_eq(a.err.text,
                         "a-config holds a number beyond 64 bits, a NUL in a key or a key twice");
        ck_assert_uint_eq(a.body.len, 0);
        hk_buf_fini(&a.body);
    }
}
END_TEST

/* Without children, nothing is there yet. */
START_TEST(test_no_children_member)
{
    static const char text[] = "{\"parent\":" PARENT "}";
    struct answer a = ask(HK_HOOK_SYNC, text, sizeof text - 1);
    ck_assert_int_eq(a.rc, 0);
    ck_assert_ptr_nonnull(memmem(a.body.data, a.body.len, "\"a-session-manager\"", 19));
    hk_buf_fini(&a.body);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_requests");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_refused, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, test_truncated);
    tcase_add_test(tcase, test_deep);
    tcase_add_test(tcase, test_nul);
    tcase_add_test(tcase, test_huge_replicas);
    tcase_add_test(tcase, test_clipped_between_characters);
    tcase_add_test(tcase, test_nul_is_kept);
    tcase_add_test(tcase, test_cannot_be_kept);
    tcase_add_test(tcase, test_no_children_member);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
