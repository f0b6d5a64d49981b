/* test_name.c - names and labels: what is one, what is not, and names made shorter. */
#include "failalloc.h"
#include "hk_name.h"
#include "run_suite.h"

#include <check.h>
#include <stdlib.h>

enum { LABEL = 1, LABEL1035 = 2, SUBDOMAIN = 4, QUALIFIED = 8, VALUE = 16 };

#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* What each text is. */
static const struct {
    const char *text;
    int is;
} rows[] = {
    {"", VALUE},
    {"a", LABEL | LABEL1035 | SUBDOMAIN | QUALIFIED | VALUE},
    {"0", LABEL | SUBDOMAIN | QUALIFIED | VALUE},
    {"a-0", LABEL | LABEL1035 | SUBDOMAIN | QUALIFIED | VALUE},
    {"0-a", LABEL | SUBDOMAIN | QUALIFIED | VALUE},
    {"a--b", LABEL | LABEL1035 | SUBDOMAIN | QUALIFIED | VALUE},
    {"-", 0},
    {"-a", 0},
    {"a-", 0},
    {"A", QUALIFIED | VALUE},
    {"aB", QUALIFIED | VALUE},
    {"a_b", QUALIFIED | VALUE},
    {"_a", 0},
    {"a.b", SUBDOMAIN | QUALIFIED | VALUE},
    {"a.0.c-d", SUBDOMAIN | QUALIFIED | VALUE},
    {"a..b", QUALIFIED | VALUE},
    {"a.-b", QUALIFIED | VALUE},
    {"a-.b", QUALIFIED | VALUE},
    {".a", 0},
    {"a.", 0},
    {".", 0},
    {"a b", 0},
    {"a\n", 0},
    {"\xC3\xA9", 0},
    {"a\xC3\xA9z", 0},
    {"app.kubernetes.io/name", QUALIFIED},
    {"0/a_B.c", QUALIFIED},
    {"/a", 0},
    {"a/", 0},
    {"/", 0},
    {"a/b/c", 0},
    {"A.b/c", 0},
    {"a_b/c", 0},
    {"a./c", 0},
    {"a/-", 0},
    {A60 "aaa", LABEL | LABEL1035 | SUBDOMAIN | QUALIFIED | VALUE},
    {A60 "aaaa", SUBDOMAIN},
    {A60 "aaa." A60 "aaa." A60 "aaa." A60 "a", SUBDOMAIN},
    {A60 "aaa." A60 "aaa." A60 "aaa." A60 "aa", 0},
    {A60 "aaaa/" A60 "aaa", QUALIFIED},
    {"a/" A60 "aaaa", 0},
    {A60 "aaa." A60 "aaa." A60 "aaa." A60 "a/b", QUALIFIED},
    {A60 "aaa." A60 "aaa." A60 "aaa." A60 "aa/b", 0},
};

static int judge(struct hk_str text)
{
    return (hk_name_is_dns1123_label(text) ? LABEL : 0) |
           (hk_name_is_dns1035_label(text) ? LABEL1035 : 0) |
           (hk_name_is_dns1123_subdomain(text) ? SUBDOMAIN : 0) |
           (hk_name_is_qualified(text) ? QUALIFIED : 0) |
           (hk_name_is_label_value(text) ? VALUE : 0);
}

START_TEST(names_are_told_apart)
{
    int is = judge(hk_str_of(rows[_i].text));
    ck_assert_msg(is == rows[_i].is, "\"%s\" is %d, want %d", rows[_i].text, is, rows[_i].is);
}
END_TEST

START_TEST(absent_and_nul)
{
    ck_assert_int_eq(judge((struct hk_str){NULL, 0}), VALUE);
    ck_assert_int_eq(judge((struct hk_str){"a\0b", 3}), 0);
}
END_TEST

static const struct {
    const char *name;
    size_t max;
    const char *want;
} shortened[] = {
    {"short", 10, "short"},
    {"exactly-10", 10, "exactly-10"},
    {"exactly-11c", 10, "e-001fba3c"},
    {"my-flame-executor-manager-0", 20, "my-flame-ex-72a30b0c"},
    {"my-flame-executor-manager-1", 20, "my-flame-ex-07ccf95b"},
    {"my-flame--.-executor", 18, "my-flame-d816fc5d"},
};

START_TEST(long_names_are_shortened)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    struct hk_str name = hk_name_shorten(&arena, hk_str_of(shortened[_i].name), shortened[_i].max);
    ck_assert_str_eq(name.ptr, shortened[_i].want);
    ck_assert_uint_eq(name.len, strlen(shortened[_i].want));
    ck_assert_uint_le(name.len, shortened[_i].max);
    hk_arena_fini(&arena);
}
END_TEST

static int shorten(void *arg)
{
    const size_t *max = arg;
    struct hk_arena arena;
    hk_arena_init(&arena);
    struct hk_str name = hk_name_shorten(&arena, HK_STR("a-name-that-is-long"), *max);
    int status = name.ptr ? 0 : -1;
    ck_assert_uint_le(name.len, *max);
    hk_arena_fini(&arena);
    return status;
}

START_TEST(failing_allocations_are_noticed)
{
    size_t max = 12;
    ck_assert_int_eq(failalloc_loop(shorten, &max), 1);
    max = 100;
    ck_assert_int_eq(failalloc_loop(shorten, &max), 1);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("name");
    TCase *tc = tcase_create("name");
    tcase_add_loop_test(tc, names_are_told_apart, 0, COUNT(rows));
    tcase_add_test(tc, absent_and_nul);
    tcase_add_loop_test(tc, long_names_are_shortened, 0, COUNT(shortened));
    tcase_add_test(tc, failing_allocations_are_noticed);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
