/* test_cond.c - conditions: tolerant reading, transition times, what is written. */
#include "hk_cond.h"
#include "run_suite.h"

#include <check.h>
#include <stdlib.h>

/* Reads text as an observed status.conditions and writes it again; borrowed till the arena's end. */
static struct hk_str reread(struct hk_arena *arena, struct hk_str text, struct hk_cond_list *list)
{
    char *padded = hk_arena_alloc(arena, text.len + HK_SCAN_PAD);
    ck_assert_ptr_nonnull(padded);
    memcpy(padded, text.ptr, text.len);
    struct hk_scan s;
    struct hk_err err = {0};
    hk_scan_init(&s, padded, text.len, arena, &err);
    hk_cond_read(list, &s);
    ck_assert_msg(hk_scan_end(&s) == 0, "%s: %s", err.path, err.text);
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_cond_write(list, &w);
    ck_assert(!buf.failed);
    struct hk_str copy = hk_arena_copy(arena, hk_buf_str(&buf));
    hk_buf_fini(&buf);
    return copy;
}

#define READY                                                                                      \
    "{\"lastTransitionTime\":\"2026-11-21T05:49:46Z\",\"message\":\"m\",\"observedGeneration\":3," \
    "\"reason\":\"R\",\"status\":\"True\",\"type\":\"Ready\"}"
#define BARE(generation, status, type)                                                             \
    "{\"lastTransitionTime\":\"1970-01-01T00:00:00Z\",\"message\":\"\","                           \
    "\"observedGeneration\":" generation ",\"reason\":\"\",\"status\":\"" status                   \
    "\",\"type\":\"" type "\"}"

static const struct {
    const char *in, *want;
} reads[] = {
    {"null", "[]"},
    {"[]", "[]"},
    {"{\"a\":1}", "[]"},
    {"\"text\"", "[]"},
    {"12", "[]"},
    {"[" READY "]", "[" READY "]"},
    {"[1,null,\"x\",[],{}," READY ",[{\"type\":\"A\"}]]", "[" READY "]"},
    {"[{\"type\":\"A\",\"status\":\"False\"}]", "[" BARE("0", "False", "A") "]"},
    {"[{\"type\":\"A\",\"status\":\"Unknown\",\"extra\":{\"type\":\"B\"}}]",
     "[" BARE("0", "Unknown", "A") "]"},
    {"[{\"type\":\"A\",\"status\":\"true\"}]", "[]"},
    {"[{\"type\":\"A\",\"status\":true}]", "[]"},
    {"[{\"type\":\"A\"}]", "[]"},
    {"[{\"type\":\"\",\"status\":\"True\"}]", "[]"},
    {"[{\"type\":7,\"status\":\"True\"}]", "[]"},
    {"[{\"status\":\"True\"}]", "[]"},
    {"[{\"type\":\"A\",\"status\":\"False\",\"status\":\"True\"}]", "[" BARE("0", "True", "A") "]"},
    {"[{\"type\":\"A\",\"status\":\"True\",\"lastTransitionTime\":\"soon\",\"reason\":null,"
     "\"message\":[1]}]",
     "[" BARE("0", "True", "A") "]"},
    {"[{\"type\":\"A\",\"status\":\"True\",\"observedGeneration\":9223372036854775807}]",
     "[" BARE("9223372036854775807", "True", "A") "]"},
    {"[{\"type\":\"A\",\"status\":\"True\",\"observedGeneration\":9223372036854775808}]",
     "[" BARE("0", "True", "A") "]"},
    {"[{\"type\":\"A\",\"status\":\"True\",\"observedGeneration\":-1}]",
     "[" BARE("0", "True", "A") "]"},
    {"[{\"type\":\"A\",\"status\":\"True\",\"observedGeneration\":\"5\"}]",
     "[" BARE("0", "True", "A") "]"},
    {"[" READY ",{\"type\":\"Ready\",\"status\":\"False\"}]", "[" READY "]"},
    {"[{\"t\\u0079pe\":\"\\u0041\",\"status\":\"Tru\\u0065\"}]", "[" BARE("0", "True", "A") "]"},
};

START_TEST(reading_is_tolerant)
{
    struct hk_arena arena;
    struct hk_cond_list list;
    hk_arena_init(&arena);
    struct hk_str out = reread(&arena, hk_str_of(reads[_i].in), &list);
    ck_assert_str_eq(out.ptr, reads[_i].want);
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(a_broken_document_is_the_scanners_error)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    static const char text[64 + HK_SCAN_PAD] = "[{\"type\":\"A\",\"status\":\"True\"},{\"type\"]";
    struct hk_cond_list list;
    struct hk_err err = {0};
    struct hk_scan s;
    hk_scan_init(&s, text, strlen(text), &arena, &err);
    hk_cond_read(&list, &s);
    ck_assert_int_eq(hk_scan_end(&s), -1);
    ck_assert_int_eq(err.kind, HK_ERR_MALFORMED);
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(more_than_the_list_holds_is_left_out)
{
    struct hk_arena arena;
    struct hk_cond_list list = {.count = 0};
    struct hk_buf buf;
    hk_arena_init(&arena);
    hk_buf_init(&buf);
    for (int i = 0; i < HK_COND_MAX + 4; i++)
        hk_buf_printf(&buf, "%c{\"type\":\"T%d\",\"status\":\"True\"}", i ? ',' : '[', i);
    hk_buf_add_char(&buf, ']');
    reread(&arena, hk_buf_str(&buf), &list);
    ck_assert_uint_eq(list.count, HK_COND_MAX);
    ck_assert_ptr_nonnull(hk_cond_find(&list, HK_STR("T15")));
    ck_assert_ptr_null(hk_cond_find(&list, HK_STR("T16")));

    struct hk_cond one = {.type = HK_STR("More"), .status = HK_COND_TRUE, .reason = HK_STR("R")};
    hk_cond_set(&list, NULL, one, 1);
    ck_assert_uint_eq(list.count, HK_COND_MAX);
    ck_assert_ptr_null(hk_cond_find(&list, HK_STR("More")));
    hk_buf_fini(&buf);
    hk_arena_fini(&arena);
}
END_TEST

/* The condition before, the next one, and whose time it gets: 100 is before's, 200 is now. */
static const struct {
    enum hk_cond_status before, next;
    int64_t before_s;
    int64_t want_s;
} transitions[] = {
    {HK_COND_TRUE, HK_COND_TRUE, 100, 100},    {HK_COND_FALSE, HK_COND_FALSE, 100, 100},
    {HK_COND_TRUE, HK_COND_FALSE, 100, 200},   {HK_COND_FALSE, HK_COND_TRUE, 100, 200},
    {HK_COND_UNKNOWN, HK_COND_TRUE, 100, 200}, {HK_COND_UNKNOWN, HK_COND_UNKNOWN, 100, 100},
    {HK_COND_TRUE, HK_COND_TRUE, 0, 200},
};

START_TEST(the_time_moves_when_the_status_flips)
{
    struct hk_cond_list before = {.count = 1}, list = {.count = 0};
    before.items[0] = (struct hk_cond){.type = HK_STR("Ready"),
                                       .status = transitions[_i].before,
                                       .reason = HK_STR("Old"),
                                       .message = HK_STR("old"),
                                       .since_s = transitions[_i].before_s};
    struct hk_cond next = {.type = HK_STR("Ready"),
                           .status = transitions[_i].next,
                           .reason = HK_STR("New"),
                           .message = HK_STR("new"),
                           .since_s = 999, /* of no account */
                           .observed_generation = 4};
    hk_cond_set(&list, &before, next, 200);
    const struct hk_cond *set = hk_cond_find(&list, HK_STR("Ready"));
    ck_assert_ptr_nonnull(set);
    ck_assert_int_eq(set->since_s, transitions[_i].want_s);
    ck_assert_int_eq(set->status, transitions[_i].next);
    ck_assert(hk_str_is(set->reason, "New") && hk_str_is(set->message, "new"));
    ck_assert_int_eq(set->observed_generation, 4);
}
END_TEST

START_TEST(without_a_past_the_time_is_now)
{
    struct hk_cond_list other = {.count = 1}, list = {.count = 0};
    other.items[0] =
        (struct hk_cond){.type = HK_STR("Other"), .status = HK_COND_TRUE, .since_s = 100};
    struct hk_cond next = {.type = HK_STR("Ready"), .status = HK_COND_TRUE, .reason = HK_STR("R")};
    hk_cond_set(&list, NULL, next, 200);
    ck_assert_int_eq(list.items[0].since_s, 200);
    list.count = 0;
    hk_cond_set(&list, &other, next, 300);
    ck_assert_int_eq(list.items[0].since_s, 300);
}
END_TEST

static const struct {
    size_t plain;
    const char *tail;
    size_t want;
} clips[] = {
    {32768, "", 32768},
    {32769, "", 32768},
    {32767, "\xC3\xA9", 32767},
    {32766, "\xC3\xA9", 32768},
    {32765, "\xF0\x9F\x94\xA5", 32765},
    {32764, "\xF0\x9F\x94\xA5xxx", 32768},
};

START_TEST(messages_are_clipped_at_a_character)
{
    char *message = malloc(clips[_i].plain + 8);
    memset(message, 'x', clips[_i].plain);
    memcpy(message + clips[_i].plain, clips[_i].tail, strlen(clips[_i].tail) + 1);
    struct hk_cond_list list = {.count = 1};
    list.items[0] = (struct hk_cond){.type = HK_STR("T"),
                                     .reason = HK_STR("R"),
                                     .message = hk_str_of(message),
                                     .status = HK_COND_TRUE};
    struct hk_buf buf;
    struct hk_jw w;
    hk_buf_init(&buf);
    hk_jw_init(&w, &buf);
    hk_cond_write(&list, &w);
    const char *text = hk_buf_cstr(&buf);
    ck_assert_ptr_nonnull(text);
    text = strstr(text, "\"message\":\"") + strlen("\"message\":\"");
    ck_assert_uint_eq((size_t)(strchr(text, '"') - text), clips[_i].want);
    hk_buf_fini(&buf);
    free(message);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("cond");
    TCase *tc = tcase_create("cond");
    tcase_add_loop_test(tc, reading_is_tolerant, 0, COUNT(reads));
    tcase_add_test(tc, a_broken_document_is_the_scanners_error);
    tcase_add_test(tc, more_than_the_list_holds_is_left_out);
    tcase_add_loop_test(tc, the_time_moves_when_the_status_flips, 0, COUNT(transitions));
    tcase_add_test(tc, without_a_past_the_time_is_now);
    tcase_add_loop_test(tc, messages_are_clipped_at_a_character, 0, COUNT(clips));
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
