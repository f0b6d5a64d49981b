/* test_timeline.c - from events to lanes, from lanes to places, from text to XML. */
#include "svg.h"
#include "timeline_svg.h"
#include "timeline_view.h"

#include "failalloc.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a cluster's events ---- */

static json_t *pod(const char *name, const char *hash, const char *phase)
{
    json_t *object = json_pack("{s:s,s:{s:s,s:s,s:{s:s}},s:{s:s}}", "kind", "Pod", "metadata",
                               "name", name, "namespace", "default", "annotations",
                               "flame.xflops.io/template-hash", hash, "status", "phase", phase);
    if (strcmp(phase, "Running") == 0)
        json_object_set_new(json_object_get(object, "status"), "conditions",
                            json_pack("[{s:s,s:s}]", "type", "Ready", "status", "True"));
    if (strcmp(phase, "Failed") == 0)
        json_object_set_new(json_object_get(object, "status"), "reason", json_string("Evicted"));
    return object;
}

static json_t *deleted(const char *name, const char *hash)
{
    json_t *object = pod(name, hash, "Running");
    json_object_set_new(json_object_get(object, "metadata"), "deletionTimestamp",
                        json_string("2026-01-01T00:00:00Z"));
    return object;
}

static json_t *parent(const char *name, int replicas, const char *state, int ready)
{
    return json_pack("{s:s,s:{s:s,s:s},s:{s:{s:i}},s:{s:s,s:{s:i,s:i}}}", "kind", "FlameCluster",
                     "metadata", "name", name, "namespace", "default", "spec", "executorManager",
                     "replicas", replicas, "status", "state", state, "executorManager", "ready",
                     ready, "replicas", replicas);
}

static void tell(struct timeline *line, int64_t at_ms, enum hk_sim_what what, const json_t *before,
                 const json_t *after)
{
    const json_t *object = after ? after : before;
    const struct hk_sim_event event = {
        .at_ms = at_ms,
        .what = what,
        .actor = HK_SIM_CLUSTER,
        .kind = json_string_value(json_object_get(object, "kind")),
        .before = before,
        .after = after,
    };
    timeline_event(line, &event);
}

static void happens(struct timeline *line, int64_t at_ms, enum hk_sim_what what, json_t *before,
                    json_t *after)
{
    tell(line, at_ms, what, before, after);
    json_decref(before);
    json_decref(after);
}

#define NAME "a-executor-manager-0"

/* Made before any test, so that a refused allocation is the timeline's. */
static struct {
    int64_t at_ms;
    enum hk_sim_what what;
    json_t *before, *after;
} life[10];

static size_t life_count;

static void then(int64_t at_ms, enum hk_sim_what what, json_t *before, json_t *after)
{
    life[life_count].at_ms = at_ms;
    life[life_count].what = what;
    life[life_count].before = before;
    life[life_count++].after = after;
}

/* Comes up, is replaced by one of another template, which is evicted. */
static void make_life(void)
{
    then(0, HK_SIM_CREATED, NULL, parent("a", 1, "Pending", 0));
    then(100, HK_SIM_CREATED, NULL, pod(NAME, "h1", "Pending"));
    then(300, HK_SIM_STATUS, life[1].after, pod(NAME, "h1", "Pending"));
    then(1000, HK_SIM_STATUS, life[2].after, pod(NAME, "h1", "Running"));
    then(1000, HK_SIM_STATUS, life[0].after, parent("a", 1, "Running", 1));
    then(2000, HK_SIM_DELETING, life[3].after, deleted(NAME, "h1"));
    then(2500, HK_SIM_GONE, life[5].after, NULL);
    then(2600, HK_SIM_CREATED, NULL, pod(NAME, "h2", "Pending"));
    then(3000, HK_SIM_STATUS, life[7].after, pod(NAME, "h2", "Running"));
    then(4000, HK_SIM_STATUS, life[8].after, pod(NAME, "h2", "Failed"));
}

static void free_life(void)
{
    for (size_t i = 0; i < sizeof life / sizeof *life; i++)
        json_decref(life[i].after);
}

static void play(struct timeline *line)
{
    timeline_init(line, &played_columns);
    timeline_add(line, "default", "a");
    for (size_t i = 0; i < sizeof life / sizeof *life; i++)
        tell(line, life[i].at_ms, life[i].what, life[i].before, life[i].after);
    timeline_outcome(line, "default", "a", "as it is");
    timeline_end(line, 5000);
}

START_TEST(a_pod_and_its_successor)
{
    static const struct timeline_span want[] = {
        {100, 1000, TIMELINE_PENDING, 0, 0, ""},
        {1000, 2000, TIMELINE_READY, 0, 0, ""},
        {2000, 2500, TIMELINE_TERMINATING, 0, 0, ""},
        {2600, 3000, TIMELINE_PENDING, 1, 1, ""},
        {3000, 4000, TIMELINE_READY, 1, 1, ""},
        {4000, TIMELINE_OPEN, TIMELINE_FAILED, 1, 1, "Evicted"},
    };
    struct timeline line;
    play(&line);
    ck_assert(!line.failed);
    ck_assert_uint_eq(line.cluster_count, 1);
    const struct timeline_cluster *cluster = &line.clusters[0];
    ck_assert_uint_eq(cluster->lane_count, 1);
    const struct timeline_lane *lane = &cluster->lanes[0];
    ck_assert_str_eq(lane->name, "executor-manager-0");
    ck_assert_str_eq(lane->group, "executor-manager");
    ck_assert(lane->is_counted);
    ck_assert_uint_eq(lane->count, sizeof want / sizeof *want);
    for (size_t i = 0; i < lane->count; i++) {
        const struct timeline_span *span = &lane->spans[i];
        ck_assert_int_eq(span->from_ms, want[i].from_ms);
        ck_assert_int_eq(span->to_ms, want[i].to_ms);
        ck_assert_int_eq(span->phase, want[i].phase);
        ck_assert_uint_eq(span->template, want[i].template);
        ck_assert_uint_eq(span->pod, want[i].pod);
        ck_assert_str_eq(span->why, want[i].why);
    }
    timeline_fini(&line);
}
END_TEST

START_TEST(the_state_and_the_count)
{
    static const struct timeline_level want[] = {
        {0, 0, 1}, {1000, 1, 1}, {2000, 0, 1}, {3000, 1, 1}, {4000, 0, 1}};
    struct timeline line;
    play(&line);
    const struct timeline_cluster *cluster = &line.clusters[0];
    ck_assert_uint_eq(cluster->state_count, 2);
    ck_assert_str_eq(cluster->states[0].text, "Pending");
    ck_assert_str_eq(cluster->states[1].text, "Running");
    ck_assert_int_eq(cluster->states[1].from_ms, 1000);
    ck_assert_uint_eq(cluster->level_count, sizeof want / sizeof *want);
    for (size_t i = 0; i < cluster->level_count; i++) {
        ck_assert_int_eq(cluster->levels[i].at_ms, want[i].at_ms);
        ck_assert_int_eq(cluster->levels[i].ready, want[i].ready);
        ck_assert_int_eq(cluster->levels[i].wanted, want[i].wanted);
    }
    ck_assert_int_eq(cluster->low.fewest, 0);
    ck_assert_int_eq(cluster->low.fewest_of, 1);
    ck_assert_int_eq(cluster->low.fewest_ms, 2000);
    timeline_fini(&line);
}
END_TEST

START_TEST(a_pod_is_of_the_longer_name)
{
    struct timeline line;
    timeline_init(&line, &played_columns);
    timeline_add(&line, "default", "a");
    timeline_add(&line, "default", "a-b");
    timeline_add(&line, "other", "a-b");
    happens(&line, 0, HK_SIM_CREATED, NULL, pod("a-b-executor-manager-0", "h", "Pending"));
    happens(&line, 0, HK_SIM_CREATED, NULL, pod("a-session-manager", "h", "Pending"));
    happens(&line, 0, HK_SIM_CREATED, NULL, pod("stranger", "h", "Pending"));
    timeline_end(&line, 0);
    ck_assert_uint_eq(line.clusters[0].lane_count, 1);
    ck_assert_str_eq(line.clusters[0].lanes[0].name, "session-manager");
    ck_assert_uint_eq(line.clusters[1].lane_count, 1);
    ck_assert_str_eq(line.clusters[1].lanes[0].name, "executor-manager-0");
    ck_assert_uint_eq(line.clusters[2].lane_count, 0);
    timeline_fini(&line);
}
END_TEST

/* 10 after 9; the session manager first, those that are counted last. */
START_TEST(lanes_in_order)
{
    static const char *const names[] = {"a-executor-manager-10", "a-object-cache-0",
                                        "a-executor-manager-9", "a-session-manager"};
    static const char *const want[] = {"session-manager", "object-cache-0", "executor-manager-9",
                                       "executor-manager-10"};
    struct timeline line;
    timeline_init(&line, &played_columns);
    timeline_add(&line, "default", "a");
    for (size_t i = 0; i < 4; i++)
        happens(&line, 0, HK_SIM_CREATED, NULL, pod(names[i], "h", "Pending"));
    timeline_end(&line, 0);
    ck_assert_uint_eq(line.clusters[0].lane_count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(line.clusters[0].lanes[i].name, want[i]);
    timeline_fini(&line);
}
END_TEST

/* ---- places ---- */

START_TEST(a_long_pause_is_cut)
{
    struct timeline line;
    struct view_scale scale = {.left = 1000, .right = 8000};
    struct view_tick ticks[VIEW_TICKS_MAX];
    play(&line);
    ck_assert_int_eq(view_scale_init(&scale, &line), 0);
    ck_assert_uint_eq(scale.cut_count, 0);
    timeline_mark(&line, 7200000, false, "two hours later");
    ck_assert_int_eq(view_scale_init(&scale, &line), 0);
    ck_assert_uint_eq(scale.cut_count, 1);
    ck_assert_int_gt(scale.cuts[0].from_ms, 4000);
    ck_assert_int_lt(scale.cuts[0].to_ms, 7200000);
    int64_t last = view_x(&scale, TIMELINE_BEFORE);
    ck_assert_int_eq(last, scale.left);
    for (int64_t ms = 0; ms < 7300000; ms += 500) {
        ck_assert_int_ge(view_x(&scale, ms), last);
        last = view_x(&scale, ms);
    }
    ck_assert_int_eq(view_x(&scale, TIMELINE_OPEN), scale.right);
    ck_assert_int_gt(view_x(&scale, 4000) - view_x(&scale, 0), 2000);
    size_t count = view_ticks(&scale, ticks);
    ck_assert_uint_gt(count, 3);
    for (size_t i = 1; i < count; i++)
        ck_assert_int_ge(ticks[i].x - ticks[i - 1].x, 300);
    timeline_fini(&line);
}
END_TEST

static const struct {
    int64_t ms;
    const char *text, *pause;
} times[] = {
    {0, "0 s", "0 s"},
    {4800, "4.8 s", "4 s"},
    {119900, "119.9 s", "119 s"},
    {120000, "2 min", "2 min"},
    {150900, "2 min 30 s", "2 min"},
    {3600000, "1 h", "60 min"},
    {4155000, "1 h 9 min 15 s", "69 min"},
    {7200000, "2 h", "2 h"},
    {INT64_C(7) * 86400000, "168 h", "7 days"},
};

START_TEST(one_time)
{
    char text[64];
    view_time(text, sizeof text, times[_i].ms);
    ck_assert_str_eq(text, times[_i].text);
    view_pause(text, sizeof text, times[_i].ms);
    ck_assert_str_eq(text, times[_i].pause);
}
END_TEST

/* How many executor managers, how many different lives they have, and what they become. */
static const struct {
    int count, lives;
    size_t rows;
    enum view_row_kind kind;
} groups[] = {
    {24, 24, 24, VIEW_LANE}, {25, 25, 25, VIEW_LANE},     {25, 1, 1, VIEW_SAME},
    {100, 4, 4, VIEW_SAME},  {128, 128, 128, VIEW_LANE},  {129, 129, 1, VIEW_STACK},
    {500, 4, 4, VIEW_SAME},  {3000, 3000, 1, VIEW_STACK}, {24, 1, 24, VIEW_LANE},
};

START_TEST(one_group)
{
    struct timeline line;
    struct view_rows rows;
    timeline_init(&line, &played_columns);
    timeline_add(&line, "default", "a");
    for (int i = 0; i < groups[_i].count; i++) {
        char name[64];
        snprintf(name, sizeof name, "a-executor-manager-%d", i);
        happens(&line, i * groups[_i].lives / groups[_i].count, HK_SIM_CREATED, NULL,
                pod(name, "h", "Pending"));
    }
    timeline_end(&line, 10000);
    ck_assert_int_eq(view_rows(&rows, &line.clusters[0]), 0);
    ck_assert_uint_eq(rows.count, groups[_i].rows);
    ck_assert_int_le(rows.height, 5200);
    size_t next = 0;
    for (size_t i = 0; i < rows.count; i++) {
        ck_assert_uint_eq(rows.items[i].first, next);
        ck_assert_int_eq(rows.items[i].kind, groups[_i].kind);
        ck_assert_int_ge(rows.items[i].height, PX);
        next = rows.items[i].end;
    }
    ck_assert_uint_eq(next, (size_t)groups[_i].count);
    hk_free(rows.items);
    timeline_fini(&line);
}
END_TEST

START_TEST(labels_lie_side_by_side)
{
    struct view_label labels[] = {
        {.x = 0, .width = 500, .lines = 1},   {.x = 400, .width = 300, .lines = 2},
        {.x = 600, .width = 100, .lines = 1}, {.x = 800, .width = 700, .lines = 1, .is_left = true},
        {.x = 800, .width = 100, .lines = 3},
    };
    static const unsigned want[] = {0, 1, 0, 3, 0};
    ck_assert_uint_eq(view_place(labels, 5), 4);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(labels[i].row, want[i]);
    ck_assert_uint_eq(view_place(labels, 0), 0);
}
END_TEST

/* ---- text ---- */

static const struct {
    const char *text, *want;
} texts[] = {
    {"plain", "plain"},
    {"<b>&\"x\"", "&lt;b&gt;&amp;&quot;x&quot;"},
    {"a\033[1mb\nc\x7f", "a\uFFFD[1mb\uFFFDc\uFFFD"},
    {"\xC2\x85|\xC2\xA0", "\uFFFD|\xC2\xA0"},
    {"\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD", "\uFFFD\uFFFD\uFFFD"},
    {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
    {"caf\xC3\xA9 \xF0\x9F\x94\xA5", "caf\xC3\xA9 \xF0\x9F\x94\xA5"},
    {"]]>", "]]&gt;"},
};

START_TEST(one_text)
{
    struct hk_buf out;
    hk_buf_init(&out);
    svg_text(&out, hk_str_of(texts[_i].text));
    ck_assert_str_eq(hk_buf_cstr(&out), texts[_i].want);
    hk_buf_fini(&out);
}
END_TEST

START_TEST(text_is_clipped_between_characters)
{
    struct hk_buf out;
    const struct hk_str text = hk_str_of("caf\xC3\xA9 cr\xC3\xA8me");
    hk_buf_init(&out);
    ck_assert_uint_eq(svg_fit(text, 12, svg_width(text, 12)), text.len);
    for (int64_t width = 0; width < svg_width(text, 12); width += 5) {
        hk_buf_clear(&out);
        svg_add_clipped(&out, text, 12, width);
        ck_assert_ptr_nonnull(strstr(hk_buf_cstr(&out), "\xE2\x80\xA6"));
        ck_assert_ptr_null(strstr(hk_buf_cstr(&out), "\uFFFD"));
    }
    hk_buf_clear(&out);
    svg_px(&out, -5);
    svg_attr(&out, "x", 120);
    ck_assert_str_eq(hk_buf_cstr(&out), "-0.5 x=\"12\"");
    hk_buf_fini(&out);
}
END_TEST

/* ---- the document ---- */

static int draw(void *arg)
{
    struct timeline line;
    struct hk_buf out;
    const char **want = arg;
    hk_buf_init(&out);
    play(&line);
    int code = timeline_svg(&out, &line, "test");
    if (code == 0)
        ck_assert_ptr_nonnull(strstr(hk_buf_cstr(&out), *want));
    timeline_fini(&line);
    hk_buf_fini(&out);
    return code;
}

START_TEST(no_memory)
{
    const char *want = "fewest: 0 of 1 at 2 s";
    ck_assert_int_gt(failalloc_loop(draw, &want), 10);
}
END_TEST

int main(void)
{
    make_life();
    Suite *suite = suite_create("timeline");
    TCase *tcase = tcase_create("timeline");
    tcase_add_test(tcase, a_pod_and_its_successor);
    tcase_add_test(tcase, the_state_and_the_count);
    tcase_add_test(tcase, a_pod_is_of_the_longer_name);
    tcase_add_test(tcase, lanes_in_order);
    tcase_add_test(tcase, a_long_pause_is_cut);
    tcase_add_loop_test(tcase, one_time, 0, (int)(sizeof times / sizeof *times));
    tcase_add_loop_test(tcase, one_group, 0, (int)(sizeof groups / sizeof *groups));
    tcase_add_test(tcase, labels_lie_side_by_side);
    tcase_add_loop_test(tcase, one_text, 0, (int)(sizeof texts / sizeof *texts));
    tcase_add_test(tcase, text_is_clipped_between_characters);
    tcase_add_test(tcase, no_memory);
    suite_add_tcase(suite, tcase);
    int failed = run_suite(suite);
    free_life();
    return failed;
}
