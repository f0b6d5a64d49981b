/* What the simulated cluster shares rather than makes anew: versions of an object, children of successive answers.
 * Sharing must not show. */
#include "sim_puppet.h"
#include "run_suite.h"

/* ---- versions ---- */

#define KEPT_MAX 256

/* Every version that events told of, and what it was then. */
struct kept {
    json_t *versions[KEPT_MAX], *copies[KEPT_MAX];
    size_t count;
};

static void keep(void *arg, const struct hk_sim_event *event)
{
    struct kept *kept = arg;
    if (!event->after)
        return;
    ck_assert_uint_lt(kept->count, KEPT_MAX);
    kept->versions[kept->count] = json_incref((json_t *)event->after);
    kept->copies[kept->count++] = json_deep_copy(event->after);
}

#define CLAIM                                                                                      \
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'c'},'spec':"            \
    "{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}"

/* From nothing to nothing: bound, run, changed by hand, evicted, deleted, finalized. */
static void live(struct hk_sim *sim)
{
    static const char *const kinds[] = {"PersistentVolumeClaim", "Toy"};
    static const char *const names[] = {"c", "t"};
    puppet_put(sim, CLAIM);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    puppet_patch(sim, "ConfigMap", "m", "{'data':{'a':'9'}}");
    ck_assert_int_eq(hk_sim_evict(sim, "default", "p", NULL), 0);
    puppet_run(sim, 60000, true);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(
            hk_sim_delete(sim, (struct hk_sim_ref){kinds[i], "default", names[i]}, NULL), 0);
    puppet_run(sim, 60000, true);
}

START_TEST(versions_stay_as_they_were)
{
    struct puppet puppet = {
        .answer = {ANSWER(MAP("m", "\"a\":\"1\"") "," POD("p", "i:1")), "{\"finalized\":true}"}};
    struct kept kept = {.count = 0};
    struct hk_sim_options options = puppet_options(&puppet);
    options.on_event = keep;
    options.event_arg = &kept;
    struct hk_sim *sim = puppet_sim(&options);
    live(sim);
    ck_assert_uint_gt(kept.count, 12);
    for (size_t i = 0; i < kept.count; i++) {
        ck_assert_msg(json_equal(kept.versions[i], kept.copies[i]), "version %zu of a %s changed",
                      i, hk_sim_text(kept.copies[i], "kind"));
        json_decref(kept.versions[i]);
        json_decref(kept.copies[i]);
    }
    puppet_fini(&puppet, sim);
}
END_TEST

/* ---- answers ---- */

#define MAPS 200

/* The answer with ConfigMaps m-0, m-1, ..., all with the same data but the one that is another, without `left_out`. */
static const char *many(struct hk_buf *out, size_t another, size_t left_out)
{
    hk_buf_clear(out);
    hk_buf_add_str(out, HK_STR("{\"children\":["));
    for (size_t i = 0, n = 0; i < MAPS; i++)
        if (i != left_out)
            hk_buf_printf(out,
                          "%s{\"apiVersion\":\"v1\",\"data\":{\"a\":\"%d\"},\"kind\":\"ConfigMap\","
                          "\"metadata\":{\"name\":\"m-%zu\"}}",
                          n++ ? "," : "", i == another, i);
    hk_buf_add_str(out, HK_STR("],\"status\":{\"ok\":true}}"));
    return hk_buf_cstr(out);
}

static void answers(struct hk_sim *sim, struct puppet *puppet, const char *text)
{
    puppet->answer[HK_HOOK_SYNC] = text;
    hk_sim_poke(sim);
    puppet_run(sim, 60000, true);
}

START_TEST(carries_out_what_is_another_in_an_answer)
{
    struct puppet puppet = {.answer = {NULL}};
    struct hk_sim_options options = puppet_options(&puppet);
    struct hk_sim *sim = puppet_sim(&options);
    const struct hk_sim_counters *counters = hk_sim_counters(sim);
    struct hk_buf out;
    hk_buf_init(&out);
    puppet.answer[HK_HOOK_SYNC] = many(&out, MAPS, MAPS);
    puppet_put(sim, TOY);
    puppet_run(sim, 60000, true);
    ck_assert_uint_eq(counters->created, MAPS);
    answers(sim, &puppet, many(&out, 100, 50));
    ck_assert_str_eq(hk_sim_text(puppet_find(sim, "ConfigMap", "m-100"), "data.a"), "1");
    ck_assert_str_eq(hk_sim_text(puppet_find(sim, "ConfigMap", "m-101"), "data.a"), "0");
    ck_assert_ptr_null(puppet_find(sim, "ConfigMap", "m-50"));
    answers(sim, &puppet, many(&out, 101, MAPS));
    ck_assert_str_eq(hk_sim_text(puppet_find(sim, "ConfigMap", "m-100"), "data.a"), "0");
    ck_assert_str_eq(hk_sim_text(puppet_find(sim, "ConfigMap", "m-101"), "data.a"), "1");
    ck_assert_ptr_nonnull(puppet_find(sim, "ConfigMap", "m-50"));
    ck_assert_uint_eq(counters->created, MAPS + 1);
    ck_assert_uint_eq(counters->updated, 3);
    ck_assert_uint_eq(counters->deleted, 1);
    ck_assert_uint_eq(counters->errors, 0);
    hk_buf_fini(&out);
    puppet_fini(&puppet, sim);
}
END_TEST

#define M MAP("m", "\"a\":\"1\"")
#define TWICE                                                                                      \
    "{\"kind\":\"Pod\",\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"m\"}" \
    "}"

/* However an answer is written, it is read as the whole document would be. */
static const struct {
    const char *answer, *error; /* NULL: none */
    unsigned created;
    bool v1;
} FORMS[] = {
    {"{\"children\":[" M "]}", NULL, 1, false},
    {" { \"status\" : {} , \"children\" : [ " M " , " MAP("n", "") " ] } ", NULL, 2, false},
    {"{\"childr\\u0065n\":[" M "]}", NULL, 1, false},
    {"{\"children\":[" M "," M "]}", NULL, 1, false},
    {"{\"children\":[],\"status\":{}}", NULL, 0, false},
    {"{\"children\":null}", NULL, 0, false},
    {"{\"children\":[" M "],\"children\":[]}", "duplicate object key near '\"children\"'", 0,
     false},
    {"{\"children\":[" M "],\"children\":[]}", NULL, 0, true},
    {"{\"children\":[],\"children\":[" M "]}", NULL, 1, true},
    {"{\"children\":[" TWICE "]}", "duplicate object key near '\"kind\"'", 0, false},
    {"{\"children\":[" TWICE "]}", NULL, 1, true},
    {"{\"children\":[" M ",1]}", "children: item 1 has no apiVersion, kind or name", 0, false},
    {"{\"children\":[" M ",]}", "unexpected token near ']'", 0, false},
    {"{\"children\":[" M "]} x", "end of file expected near 'x'", 0, false},
    {"{\"children\":[{\"a\":\"\\u0000\"}]}", "\\u0000 is not allowed", 0, false},
};

START_TEST(reads_an_answer_whatever_its_form)
{
    struct puppet puppet = {.answer = {FORMS[_i].answer}};
    struct hk_sim_options options = puppet_options(&puppet);
    options.v1 = FORMS[_i].v1;
    struct hk_sim *sim = puppet_sim(&options);
    puppet_put(sim, TOY);
    puppet_run(sim, 1000, !FORMS[_i].error);
    const char *error = hk_sim_last_error(sim);
    if (FORMS[_i].error)
        ck_assert_msg(error && strstr(error, FORMS[_i].error), "want %s, got %s", FORMS[_i].error,
                      error ? error : "none");
    else
        ck_assert_msg(!error, "%s", error);
    ck_assert_uint_eq(hk_sim_counters(sim)->created, FORMS[_i].created);
    puppet_fini(&puppet, sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_shared");
    TCase *tcase = tcase_create("shared");
    tcase_add_test(tcase, versions_stay_as_they_were);
    tcase_add_test(tcase, carries_out_what_is_another_in_an_answer);
    tcase_add_loop_test(tcase, reads_an_answer_whatever_its_form, 0, sizeof FORMS / sizeof *FORMS);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
