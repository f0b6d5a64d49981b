/* `flame-operator status` below its flags: what is read, what is drawn, and memory that runs out. Pictures as a whole are in
 * tests/cli/test_status.py. */
#include "fc.h"
#include "hk_time.h"
#include "screen.h"
#include "status_read.h"

#include "failalloc.h"
#include "run_suite.h"

#include <stdio.h>

#define NOW 1795248000 /* 2026-11-21T08:00:00Z */

static const struct status_style plain = {.has_utf8 = true, .now_s = NOW};

/* ---- the screen ---- */

static const struct {
    const char *text, *utf8, *ascii;
} shown[] = {
    {"", "", ""},
    {"a b", "a b", "a b"},
    {"a\nb\tc", "a b c", "a b c"},
    {"\x1b[31m", "\\x1b[31m", "\\x1b[31m"},
    {"\x07\x7f\r", "\\x07\\x7f\\x0d", "\\x07\\x7f\\x0d"},
    {"\xc2\x9b", "\\x9b", "\\x9b"}, /* CSI in one character */
    {"\xc2\xad", "\\xad", "\\xad"},
    {"\xe2\x80\xae"
     "a",
     "\\u202ea", "\\u202ea"},
    {"\xef\xbb\xbf", "\\ufeff", "\\ufeff"},
    {"\xf3\xa0\x81\x81", "\\ue0041", "\\ue0041"},
    {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac", "??"},
    {"a\xff\xc3", "a\\xff\\xc3", "a\\xff\\xc3"}, /* no UTF-8 */
};

static void put(const struct status_style *style, const char *text, struct hk_buf *out)
{
    struct screen s = {.style = style, .out = out};
    screen_put(&s, PLAIN, text);
}

static void check_put(const struct status_style *style, const char *text, const char *want)
{
    struct hk_buf out;
    hk_buf_init(&out);
    put(style, text, &out);
    ck_assert_str_eq(hk_buf_cstr(&out), want);
    hk_buf_fini(&out);
}

START_TEST(test_shown)
{
    struct status_style ascii = plain;
    ascii.has_utf8 = false;
    check_put(&plain, shown[_i].text, shown[_i].utf8);
    check_put(&ascii, shown[_i].text, shown[_i].ascii);
}
END_TEST

static const struct {
    const char *text;
    size_t width;
    const char *want;
} cut[] = {
    {"abc", 0, "abc"},  {"abc", 5, "abc"},         {"abc", 4, "abc"},      {"abc", 3, "a~"},
    {"abc", 2, "~"},    {"abc", 1, "~"},           {"a\x1b", 7, "a\\x1b"}, {"a\x1b", 6, "a\\x1b"},
    {"a\x1b", 5, "a~"}, {"\x1b\x1b", 6, "\\x1b~"},
};

START_TEST(test_cut)
{
    struct status_style style = {.width = cut[_i].width, .now_s = NOW};
    check_put(&style, cut[_i].text, cut[_i].want);
}
END_TEST

START_TEST(test_wide_characters)
{
    struct status_style style = plain;
    struct screen s = {.style = &style};
    ck_assert_uint_eq(screen_width(&s, "\xe4\xb8\xad\xe6\x96\x87"), 4);
    ck_assert_uint_eq(screen_width(&s, "e\xcc\x81"), 1);
    style.width = 5;
    check_put(&style, "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87");
    style.width = 4; /* one of two columns and the sign */
    check_put(&style, "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe2\x80\xa6");
}
END_TEST

static const struct {
    int64_t age_s;
    const char *want;
} ages[] = {
    {-5, "0s"},   {0, "0s"},       {119, "119s"},  {120, "2m"},           {7199, "119m"},
    {7200, "2h"}, {172799, "47h"}, {172800, "2d"}, {86400 * 400, "400d"},
};

START_TEST(test_ages)
{
    struct screen s = {.style = &plain};
    char since[HK_TIME_SIZE];
    hk_time_format(NOW - ages[_i].age_s, since);
    ck_assert_str_eq(screen_age(&s, since).text, ages[_i].want);
}
END_TEST

START_TEST(test_no_age)
{
    struct screen s = {.style = &plain};
    ck_assert_str_eq(screen_age(&s, "").text, "-");
    ck_assert_str_eq(screen_age(&s, "yesterday").text, "-");
}
END_TEST

START_TEST(test_wrap)
{
    struct status_style style = {.width = 11, .now_s = NOW};
    struct hk_buf out;
    struct screen s = {.style = &style, .out = &out};
    hk_buf_init(&out);
    screen_put(&s, PLAIN, "  ");
    screen_wrap(&s, PLAIN, "one two three elevenletters four five", 4);
    ck_assert_str_eq(hk_buf_cstr(&out), "  one two\n  three\n  elevenle\n  tters f~\n");
    ck_assert_uint_eq(s.lines, 4);
    hk_buf_fini(&out);
}
END_TEST

/* ---- what is read ---- */

static int read_items(const char *text, struct status_items *items, struct hk_arena *arena,
                      struct hk_err *err)
{
    size_t len = strlen(text);
    struct hk_str copy = hk_arena_copy(arena, (struct hk_str){text, len});
    char *padded = hk_arena_alloc(arena, len + HK_SCAN_PAD);
    ck_assert_ptr_nonnull(padded);
    memcpy(padded, copy.ptr, len);
    *items = (struct status_items){.arena = arena, .label = "l/c"};
    return status_items_read(items, (struct hk_str){padded, len}, err);
}

#define ITEM(name, more)                                                                           \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name "\"" more "}}"
#define LABEL ",\"namespace\":\"n\",\"labels\":{\"l/c\":\"my\"}"

static const struct {
    const char *text;
    size_t count;
    bool is_request;
} good[] = {
    {ITEM("a", ""), 1, false},
    {"{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"List\"}", 0, false},
    {"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" ITEM("a", LABEL) "," ITEM("b", "") "]}",
     2, false},
    {"{\"items\":null,\"kind\":\"PodList\"}", 0, false},
    {"{\"children\":{\"Pod.v1\":{\"n/a\":" ITEM("a", LABEL) "}},\"parent\":" ITEM("p", "") "}", 2,
     true},
    {"{\"parent\":" ITEM("p", "") ",\"controller\":{\"items\":7}}", 1, true},
};

START_TEST(test_items)
{
    struct hk_arena arena;
    struct hk_err err = {0};
    struct status_items items;
    hk_arena_init(&arena);
    ck_assert_msg(read_items(good[_i].text, &items, &arena, &err) == 0, "%s: %s", err.path,
                  err.text);
    ck_assert_uint_eq(items.count, good[_i].count);
    ck_assert(items.is_request == good[_i].is_request);
    status_items_sort(&items);
    struct status_item like = {.kind = HK_STR("Pod.v1"),
                               .name = HK_STR("a"),
                               .namespace = HK_STR("n"),
                               .owner = HK_STR("my")};
    bool has = strstr(good[_i].text, "l/c") != NULL;
    const struct status_item *found = status_items_find(&items, &like);
    ck_assert(has == (found != NULL));
    if (found)
        ck_assert_uint_eq(found->raw.len, strlen(ITEM("a", LABEL)));
    hk_arena_fini(&arena);
}
END_TEST

static const struct {
    const char *text, *path, *words;
} bad[] = {
    {"", "", "must be a JSON object"},
    {"7", "", "must be a JSON object"},
    {"{}", "", "must be an object with apiVersion, kind and metadata.name"},
    {"{\"items\":[" ITEM("a", "") ",{}]}", "items[1]", "must be an object with"},
    {"{\"items\":[{\"kind\":7}]}", "items[0].kind", "must be a string"},
    {"{\"items\":{}}", "items", "must be an array"},
    {"{\"children\":[]}", "children", "must be an object"},
    {"{\"parent\":[]}", "parent", "must be an object"},
    {ITEM("a", "") "x", "", ""},
    {ITEM("a", ",\"labels\":{\"l/c\":7}"), "metadata.labels[l/c]", "must be a string"},
};

START_TEST(test_no_items)
{
    struct hk_arena arena;
    struct hk_err err = {0};
    struct status_items items;
    hk_arena_init(&arena);
    ck_assert_int_eq(read_items(bad[_i].text, &items, &arena, &err), -1);
    ck_assert_msg(strcmp(err.path, bad[_i].path) == 0 && strstr(err.text, bad[_i].words), "%s: %s",
                  err.path, err.text);
    hk_arena_fini(&arena);
}
END_TEST

/* ---- memory that runs out ---- */

static void load(const char *name, struct hk_buf *out)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/%s", HK_TEST_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s cannot be read", path);
    hk_buf_init(out);
    while (hk_buf_reserve(out, 65536 + HK_SCAN_PAD) == 0) {
        size_t n = fread(out->data + out->len, 1, 65536, file);
        if (n == 0)
            break;
        out->len += n;
    }
    memset(out->data + out->len, 0, HK_SCAN_PAD);
    fclose(file);
}

static int make_and_show(void *arg)
{
    const struct status_query query = {.controller = &fc_controller, .now_s = NOW};
    const struct status_style style = {.has_color = true, .width = 80, .now_s = NOW};
    struct hk_err err = {0};
    struct hk_buf out;
    int status = -1;
    hk_buf_init(&out);
    json_t *report = status_report_make(&query, arg, &err);
    if (report) {
        ck_assert_uint_eq(json_array_size(json_object_get(report, "clusters")), 1);
        status = status_show_tree(&style, report, &out) | status_show_table(&style, report, &out);
    } else {
        ck_assert_msg(err.kind == HK_ERR_MEMORY, "%s: %s", err.path, err.text);
    }
    json_decref(report);
    hk_buf_fini(&out);
    return status;
}

START_TEST(test_memory)
{
    struct status_texts texts;
    status_texts_init(&texts);
    load("cli/status/failed-image/parents.json", &texts.parents);
    load("cli/status/failed-image/children.json", &texts.children);
    hk_buf_printf(&texts.unreadable, "one\ntwo\n");
    ck_assert_int_gt(failalloc_loop(make_and_show, &texts), 100);
    status_texts_fini(&texts);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = tcase_create("status");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_shown, 0, ROWS(shown));
    tcase_add_loop_test(tests, test_cut, 0, ROWS(cut));
    tcase_add_test(tests, test_wide_characters);
    tcase_add_loop_test(tests, test_ages, 0, ROWS(ages));
    tcase_add_test(tests, test_no_age);
    tcase_add_test(tests, test_wrap);
    tcase_add_loop_test(tests, test_items, 0, ROWS(good));
    tcase_add_loop_test(tests, test_no_items, 0, ROWS(bad));
    tcase_add_test(tests, test_memory);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
