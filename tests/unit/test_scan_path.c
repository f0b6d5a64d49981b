/* From a byte's offset to the path of its value. */
#include "hk_scan.h"
#include "run_suite.h"

#include <check.h>
#include <stdlib.h>

static const char DOCUMENT[] = "{\"parent\":{\"spec\":{\"x\":1}},\"children\":{\"Pod.v1\":{"
                               "\"default/a\":{\"status\":[{\"t\":0},1 "
                               ",\"s\"]}}},\"\":2,\"1a\":3, \n\"_b2\":4,\"\xc3\xa9\":5,\"\\n\":6}";

START_TEST(test_path)
{
    static const struct {
        const char *at; /* the path is that of its first byte */
        const char *path;
    } rows[] = {
        {"{\"parent", ""},
        {"\"parent", "parent"},
        {"{\"spec", "parent"},
        {"\"spec", "parent.spec"},
        {"\"x\"", "parent.spec.x"},
        {"1}}", "parent.spec.x"},
        {"}},\"ch", "parent.spec.x"},
        {"},\"ch", "parent.spec"},
        {",\"ch", "parent"},
        {"\"Pod", "children[Pod.v1]"},
        {"[{\"t", "children[Pod.v1][default/a].status"},
        {"{\"t\"", "children[Pod.v1][default/a].status[0]"},
        {"0},1", "children[Pod.v1][default/a].status[0].t"},
        {"1 ,\"s", "children[Pod.v1][default/a].status[1]"},
        {",\"s", "children[Pod.v1][default/a].status[1]"},
        {"\"s\"]", "children[Pod.v1][default/a].status[2]"},
        {"]}}}", "children[Pod.v1][default/a].status[2]"},
        {"}}},\"\"", "children[Pod.v1][default/a].status"},
        {"2,\"1", "[]"},
        {"3, ", "[1a]"},
        {" \n\"_", ""},
        {"\n\"_", ""},
        {"4,", "_b2"},
        {"5,", "[\xc3\xa9]"},
        {"6}", "[\\n]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[128];
        const char *at = strstr(DOCUMENT, rows[i].at);
        ck_assert_ptr_nonnull(at);
        hk_scan_path(DOCUMENT, sizeof(DOCUMENT) - 1, (size_t)(at - DOCUMENT), path, sizeof(path));
        ck_assert_str_eq(path, rows[i].path);
    }
}
END_TEST

/* Clipped at a character's border, and a level that did not fit leaves room again when it closes.
 */
START_TEST(test_path_clipped)
{
    static const char TEXT[] = "{\"abc\":{\"\xc3\xa9\xc3\xa9\":{\"d\":1}},\"z\":2}";
    char path[128];
    for (size_t size = 1; size < 12; size++) {
        memset(path, '#', sizeof(path));
        hk_scan_path(TEXT, sizeof(TEXT) - 1, (size_t)(strstr(TEXT, "1}") - TEXT), path, size);
        ck_assert_uint_lt(strlen(path), size);
        ck_assert_int_eq(strncmp(path, "abc[\xc3\xa9\xc3\xa9].d", strlen(path)), 0);
        ck_assert_uint_ge(strlen(path) + 2, size < 12 ? size : 12);
        ck_assert(strlen(path) == 0 || (path[strlen(path) - 1] & 0xff) != 0xc3);
        ck_assert_int_eq(path[size], '#');
    }
    hk_scan_path(TEXT, sizeof(TEXT) - 1, (size_t)(strstr(TEXT, "2}") - TEXT), path, 3);
    ck_assert_str_eq(path, "z");
    hk_scan_path(TEXT, 0, 0, path, 0);
    hk_scan_path(TEXT, 0, 5, path, 1);
    ck_assert_str_eq(path, "");
}
END_TEST

/* On text that no scanner ever checked: any offset, no padding, no bytes that are not UTF-8. */
START_TEST(test_path_of_broken_text)
{
    static const char *const TEXTS[] = {"{\"a\xff\x01\":[1,{]}", "{\"a", "[[[[", "}]",
                                        "{\"a\":\"\\"};
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        size_t len = strlen(TEXTS[i]);
        char path[64], *copy = malloc(len);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, TEXTS[i], len);
        for (size_t offset = 0; offset <= len + 1; offset++)
            hk_scan_path(copy, len, offset, path, sizeof(path));
        ck_assert_msg(i != 0 || strcmp(path, "[a??][1]") == 0, "%s", path);
        free(copy);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan_path");
    TCase *tcase = tcase_create("path");
    tcase_add_test(tcase, test_path);
    tcase_add_test(tcase, test_path_clipped);
    tcase_add_test(tcase, test_path_of_broken_text);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
