/* The hook protocol: what a request hands to its reader, what is refused and where, running a
 * controller's hooks, entity tags and error bodies. */
#include "hk_hook.h"

#include "failalloc.h"
#include "run_suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- requests ---- */

/* A reader that notes what it was handed: "P" the parent, "c Kind|ns|name" a child, "r ..."
 * related. */
static void note_parent(void *arg, struct hk_scan *s)
{
    hk_buf_add_str(arg, HK_STR("P "));
    hk_buf_add_str(arg, hk_scan_raw(s));
    hk_buf_add_char(arg, '\n');
}

static void note_object(struct hk_buf *trace, char what, const struct hk_object_key *key,
                        struct hk_scan *s)
{
    hk_buf_printf(trace, "%c %.*s|%s%.*s|%.*s ", what, HK_STR_ARG(key->kind),
                  key->namespace.ptr ? "" : "-", HK_STR_ARG(key->namespace), HK_STR_ARG(key->name));
    hk_buf_add_str(trace, hk_scan_raw(s));
    hk_buf_add_char(trace, '\n');
}

static void note_child(void *arg, const struct hk_object_key *key, struct hk_scan *s)
{
    note_object(arg, 'c', key, s);
}

static void note_related(void *arg, const struct hk_object_key *key, struct hk_scan *s)
{
    note_object(arg, 'r', key, s);
}

static const struct hk_request_reader NOTE = {note_parent, note_child, note_related};
static const struct hk_request_reader SKIP = {NULL, NULL, NULL};

/* A call on a copy of the body with exactly the padding that is promised. */
struct fixture {
    struct hk_call call;
    struct hk_arena arena;
    struct hk_buf out;
    struct hk_err err;
    char *block;
    int released;
};

static void release(struct hk_call *call)
{
    struct fixture *f = call->owner;
    f->released++;
    free(f->block);
    f->block = NULL;
}

static void fixture_init(struct fixture *f, struct hk_str body)
{
    *f = (struct fixture){.block = malloc(body.len + HK_SCAN_PAD)};
    ck_assert_ptr_nonnull(f->block);
    memcpy(f->block, body.ptr, body.len);
    memset(f->block + body.len, '}', HK_SCAN_PAD);
    hk_arena_init(&f->arena);
    hk_buf_init(&f->out);
    f->call = (struct hk_call){.body = {f->block, body.len}, .arena = &f->arena, .owner = f};
}

static void fixture_fini(struct fixture *f)
{
    hk_arena_fini(&f->arena);
    hk_buf_fini(&f->out);
    free(f->block);
}

static const struct {
    const char *body;
    bool finalizing;
    const char *trace;
} GOOD[] = {
    {"{\"parent\":{}}", false, "P {}\n"},
    {" {\"controller\":{\"x\":[1]},\"parent\":{\"a\":1},\"finalizing\":true} ", true,
     "P {\"a\":1}\n"},
    {"{\"parent\":{},\"children\":null,\"related\":null,\"finalizing\":null}", false, "P {}\n"},
    {"{\"children\":{},\"parent\":{},\"related\":{}}", false, "P {}\n"},
    /* v1 keys are names, v2 keys namespace/name; both at once is no trouble either. */
    {"{\"parent\":{},\"children\":{\"Pod.v1\":{\"a\":{\"x\":1},\"ns/b\":{}},"
     "\"StatefulSet.apps/v1\":{},\"Service.v1\":null}}",
     false, "P {}\nc Pod.v1|-|a {\"x\":1}\nc Pod.v1|ns|b {}\n"},
    /* The parent may come last, and the same kind stand in both maps. */
    {"{\"related\":{\"Secret.v1\":{\"ns/s\":{}}},\"children\":{\"Secret.v1\":{\"s\":{}}},"
     "\"parent\":{}}",
     false, "r Secret.v1|ns|s {}\nc Secret.v1|-|s {}\nP {}\n"},
    {"{\"parent\":{},\"children\":{\"P\\u006fd.v1\":{\"\\u0061/b/c\":{}}}}", false,
     "P {}\nc Pod.v1|a|b/c {}\n"},
    {"{\"parent\":{},\"children\":{\"Pod.v1\":{\"/b\":{},\"c/\":{},\"\":{}}}}", false,
     "P {}\nc Pod.v1||b {}\nc Pod.v1|c| {}\nc Pod.v1|-| {}\n"},
    {"{\"parent\":{},\"somethingNew\":{\"children\":7}}", false, "P {}\n"},
};

START_TEST(a_request_is_handed_out)
{
    struct fixture f;
    struct hk_request request = {.finalizing = true};
    fixture_init(&f, hk_str_of(GOOD[_i].body));
    ck_assert_int_eq(hk_request_read(&f.call, &NOTE, &f.out, &request, &f.err), 0);
    ck_assert_str_eq(hk_buf_cstr(&f.out), GOOD[_i].trace);
    ck_assert_int_eq(request.finalizing, GOOD[_i].finalizing);
    ck_assert(request.has_parent);
    ck_assert_int_eq(f.err.kind, HK_ERR_NONE);
    fixture_fini(&f);
}
END_TEST

START_TEST(parts_without_a_reader_are_skipped)
{
    struct fixture f;
    struct hk_request request;
    fixture_init(&f, hk_str_of(GOOD[_i].body));
    ck_assert_int_eq(hk_request_read(&f.call, &SKIP, NULL, &request, &f.err), 0);
    ck_assert(request.has_parent);
    fixture_fini(&f);
}
END_TEST

static const struct {
    const char *body;
    enum hk_err_kind kind;
    const char *path, *text; /* text: how it begins */
} BAD[] = {
    {"{}", HK_ERR_INVALID, "parent", "is required"},
    {"{\"children\":{}}", HK_ERR_INVALID, "parent", "is required"},
    {"{\"parent\":null}", HK_ERR_INVALID, "parent", "must be an object, is null"},
    {"{\"parent\":[]}", HK_ERR_INVALID, "parent", "must be an object, is array"},
    {"{\"parent\":\"x\"}", HK_ERR_INVALID, "parent", "must be an object, is string"},
    {"null", HK_ERR_INVALID, "", "must be an object, is null"},
    {"[]", HK_ERR_INVALID, "", "must be an object, is array"},
    {"7", HK_ERR_INVALID, "", "must be an object, is number"},
    {"{\"parent\":{},\"children\":[]}", HK_ERR_INVALID, "children", "must be an object, is array"},
    {"{\"parent\":{},\"related\":7}", HK_ERR_INVALID, "related", "must be an object, is number"},
    {"{\"parent\":{},\"children\":{\"Pod.v1\":[]}}", HK_ERR_INVALID, "children[Pod.v1]",
     "must be an object, is array"},
    {"{\"parent\":{},\"children\":{\"Pod.v1\":{\"ns/a\":null}}}", HK_ERR_INVALID,
     "children[Pod.v1][ns/a]", "must be an object, is null"},
    {"{\"parent\":{},\"children\":{\"Pod.v1\":{\"a\":\"x\"}}}", HK_ERR_INVALID,
     "children[Pod.v1].a", "must be an object, is string"},
    {"{\"parent\":{},\"finalizing\":\"yes\"}", HK_ERR_INVALID, "finalizing",
     "must be a boolean, is string"},
    {"{\"parent\":{},\"parent\":{}}", HK_ERR_INVALID, "parent", ""},
    {"{\"parent\":{},\"children\":{\"Pod.v1\":{},\"Pod.v1\":{}}}", HK_ERR_INVALID,
     "children[Pod.v1]", "must stand once, is a duplicate"},
    {"{\"parent\":{},\"related\":{\"Pod.v1\":{},\"P\\u006fd.v1\":{}}}", HK_ERR_INVALID,
     "related[P\\u006fd.v1]", "must stand once, is a duplicate"},
    {"", HK_ERR_MALFORMED, "", ""},
    {"{\"parent\":{}", HK_ERR_MALFORMED, "parent", ""},
    {"{\"parent\":{}} x", HK_ERR_MALFORMED, "", ""},
    {"{\"parent\":{},\"controller\":\xff}", HK_ERR_MALFORMED, "controller", ""},
    {"{\"parent\":{},\"children\":{\"Pod.v1\":{\"ns/a\":{\"x\":01}}}}", HK_ERR_MALFORMED,
     "children[Pod.v1][ns/a].x", ""},
};

START_TEST(a_bad_request_is_refused_at_its_place)
{
    struct fixture f;
    struct hk_request request;
    fixture_init(&f, hk_str_of(BAD[_i].body));
    ck_assert_int_eq(hk_request_read(&f.call, &NOTE, &f.out, &request, &f.err), -1);
    ck_assert_str_eq(hk_err_word(f.err.kind), hk_err_word(BAD[_i].kind));
    ck_assert_str_eq(f.err.path, BAD[_i].path);
    ck_assert_msg(strncmp(f.err.text, BAD[_i].text, strlen(BAD[_i].text)) == 0, "%s", f.err.text);
    ck_assert_str_ne(f.err.text, "");
    /* Whoever wants no detail gets the same verdict. */
    ck_assert_int_eq(hk_request_read(&f.call, &SKIP, NULL, &request, NULL), -1);
    fixture_fini(&f);
}
END_TEST

/* A request of n kinds. */
static void many_kinds(struct hk_buf *body, int n)
{
    hk_buf_add_str(body, HK_STR("{\"parent\":{},\"children\":{"));
    for (int i = 0; i < n; i++)
        hk_buf_printf(body, "%s\"K%d.v1\":{}", i ? "," : "", i);
    hk_buf_add_str(body, HK_STR("}}"));
}

START_TEST(the_number_of_kinds_is_bounded)
{
    for (int n = 64; n <= 65; n++) {
        struct fixture f;
        struct hk_request request;
        struct hk_buf body;
        hk_buf_init(&body);
        many_kinds(&body, n);
        fixture_init(&f, hk_buf_str(&body));
        int result = hk_request_read(&f.call, &SKIP, NULL, &request, &f.err);
        ck_assert_int_eq(result, n == 64 ? 0 : -1);
        ck_assert_str_eq(f.err.path, n == 64 ? "" : "children[K64.v1]");
        ck_assert_str_eq(f.err.text, n == 64 ? "" : "must be one of at most 64 kinds (byte 792)");
        fixture_fini(&f);
        hk_buf_fini(&body);
    }
}
END_TEST

/* ---- controllers ---- */

static int hook_answers(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    (void)err;
    hk_buf_add_str(out, call->body);
    return 0;
}

static int hook_fails(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    (void)call;
    hk_buf_add_str(out, HK_STR("half an ans"));
    return hk_err_set(err, HK_ERR_INVALID, "parent.x", "must be y");
}

static int hook_fails_silently(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    (void)call;
    (void)err;
    hk_buf_add_str(out, HK_STR("half an ans"));
    return -1;
}

static int hook_runs_out(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    (void)call;
    (void)err;
    hk_buf_add_str(out, HK_STR("half an ans"));
    out->failed = true;
    return 0;
}

static const struct hk_controller ANSWERS = {.name = "a", .hooks = {hook_answers}};
static const struct hk_controller FAILS = {
    .name = "b", .hooks = {hook_fails, hook_fails_silently, hook_runs_out}};
static const struct hk_controller *const TABLE[] = {&ANSWERS, &FAILS, NULL};

static const struct {
    const char *controller;
    enum hk_hook hook;
    enum hk_err_kind kind;
    const char *path, *text, *out;
} RUNS[] = {
    {"a", HK_HOOK_SYNC, HK_ERR_NONE, "", "", "> body"},
    {"a", HK_HOOK_FINALIZE, HK_ERR_NOT_FOUND, "", "controller a has no finalize hook", "> "},
    {"b", HK_HOOK_SYNC, HK_ERR_INVALID, "parent.x", "must be y", "> "},
    {"b", HK_HOOK_FINALIZE, HK_ERR_INTERNAL, "", "the finalize hook failed and named no cause",
     "> "},
    {"b", HK_HOOK_CUSTOMIZE, HK_ERR_MEMORY, "", NULL, "> "},
};

START_TEST(a_hook_is_run_and_its_failure_leaves_no_trace)
{
    struct fixture f;
    const struct hk_controller *controller =
        hk_controller_find(TABLE, hk_str_of(RUNS[_i].controller));
    ck_assert_ptr_nonnull(controller);
    fixture_init(&f, HK_STR("body"));
    hk_buf_add_str(&f.out, HK_STR("> "));
    int result = hk_controller_run(controller, RUNS[_i].hook, &f.call, &f.out, &f.err);
    ck_assert_int_eq(result, RUNS[_i].kind == HK_ERR_NONE ? 0 : -1);
    ck_assert_str_eq(hk_err_word(f.err.kind), hk_err_word(RUNS[_i].kind));
    ck_assert_str_eq(f.err.path, RUNS[_i].path);
    if (RUNS[_i].text)
        ck_assert_str_eq(f.err.text, RUNS[_i].text);
    ck_assert_str_eq(hk_buf_cstr(&f.out), RUNS[_i].out);
    f.out.len = 2;
    ck_assert_int_eq(hk_controller_run(controller, RUNS[_i].hook, &f.call, &f.out, NULL), result);
    fixture_fini(&f);
}
END_TEST

START_TEST(a_controller_is_found_by_its_whole_name)
{
    static const char *const unknown[] = {"", "A", "aa", "c", "a/"};
    ck_assert_ptr_eq(hk_controller_find(TABLE, HK_STR("b")), &FAILS);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        ck_assert_ptr_null(hk_controller_find(TABLE, hk_str_of(unknown[i])));
    ck_assert_str_eq(hk_hook_name(HK_HOOK_SYNC), "sync");
    ck_assert_str_eq(hk_hook_name(HK_HOOK_FINALIZE), "finalize");
    ck_assert_str_eq(hk_hook_name(HK_HOOK_CUSTOMIZE), "customize");
}
END_TEST

START_TEST(a_body_is_given_back_once)
{
    struct fixture f;
    fixture_init(&f, HK_STR("body"));
    f.call.release = release;
    hk_call_release_body(&f.call);
    hk_call_release_body(&f.call);
    ck_assert_int_eq(f.released, 1);
    ck_assert_ptr_null(f.call.body.ptr);
    fixture_fini(&f);

    fixture_init(&f, HK_STR("body"));
    hk_call_release_body(&f.call); /* without a release: it only goes out of sight */
    ck_assert_ptr_null(f.call.body.ptr);
    fixture_fini(&f);
}
END_TEST

/* ---- answers ---- */

START_TEST(a_tag_is_the_quoted_hash)
{
    char etag[HK_ETAG_SIZE];
    hk_etag(HK_STR("abc"), etag);
    ck_assert_str_eq(etag, "\"06b05ab6733a618578af5f94892f3950\"");
    hk_etag(HK_STR(""), etag);
    ck_assert_str_eq(etag, "\"99aa06d3014798d86001c324468d497f\"");
}
END_TEST

#define TAG "\"06b05ab6733a618578af5f94892f3950\""
static const struct {
    const char *if_none_match;
    bool matches;
} TAGS[] = {
    {TAG, true},
    {"  " TAG "  ", true},
    {"W/" TAG, true},
    {"\"x\", " TAG, true},
    {"\"x\"," TAG ",\"y\"", true},
    {"\"a,b\", W/\"c\" , W/" TAG, true},
    {", ," TAG, true},
    {"junk, " TAG, true},
    {"*", true},
    {" * ", true},
    {"", false},
    {"   ", false},
    {"*x", false},
    {"\"x\"", false},
    {"w/" TAG, false},
    {"06b05ab6733a618578af5f94892f3950", false},
    {"\"06b05ab6733a618578af5f94892f395\"", false},
    {"\"06b05ab6733a618578af5f94892f3950", false},
    {"\"x" TAG, false},
    {"\"x\"\"", false},
    {"\"06B05AB6733A618578AF5F94892F3950\"", false},
};

START_TEST(a_tag_is_found_in_if_none_match)
{
    ck_assert_msg(hk_etag_matches(TAGS[_i].if_none_match, TAG) == TAGS[_i].matches, "%s",
                  TAGS[_i].if_none_match);
}
END_TEST

START_TEST(an_error_is_a_json_body)
{
    struct hk_err err = {.kind = HK_ERR_NONE};
    struct hk_buf out;
    hk_buf_init(&out);
    hk_err_set(&err, HK_ERR_INVALID, "parent.spec", "must be \"x\", is \\");
    hk_error_body(&err, &out);
    ck_assert_str_eq(hk_buf_cstr(&out), "{\"error\":{\"kind\":\"invalid\",\"message\":\"must be "
                                        "\\\"x\\\", is \\\\\",\"path\":\"parent.spec\"}}");
    hk_buf_fini(&out);
}
END_TEST

/* ---- failing allocations ---- */

static int read_escaped(void *arg)
{
    static const char body[] = "{\"parent\":{},\"children\":{\"P\\u006fd.v1\":{\"\\u0061\":{}}}}"
                               "                                                                ";
    struct hk_arena arena;
    struct hk_err err = {.kind = HK_ERR_NONE};
    struct hk_request request;
    (void)arg;
    hk_arena_init(&arena);
    struct hk_call call = {.body = {body, strlen(body) - HK_SCAN_PAD}, .arena = &arena};
    int result = hk_request_read(&call, &SKIP, NULL, &request, &err);
    if (result)
        ck_assert_int_eq(err.kind, HK_ERR_MEMORY);
    hk_arena_fini(&arena);
    return result;
}

START_TEST(a_refused_allocation_is_reported)
{
    ck_assert_int_gt(failalloc_loop(read_escaped, NULL), 0);
}
END_TEST

#define ROWS(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite = suite_create("hook");
    TCase *tcase = tcase_create("hook");
    tcase_add_loop_test(tcase, a_request_is_handed_out, 0, ROWS(GOOD));
    tcase_add_loop_test(tcase, parts_without_a_reader_are_skipped, 0, ROWS(GOOD));
    tcase_add_loop_test(tcase, a_bad_request_is_refused_at_its_place, 0, ROWS(BAD));
    tcase_add_test(tcase, the_number_of_kinds_is_bounded);
    tcase_add_loop_test(tcase, a_hook_is_run_and_its_failure_leaves_no_trace, 0, ROWS(RUNS));
    tcase_add_test(tcase, a_controller_is_found_by_its_whole_name);
    tcase_add_test(tcase, a_body_is_given_back_once);
    tcase_add_test(tcase, a_tag_is_the_quoted_hash);
    tcase_add_loop_test(tcase, a_tag_is_found_in_if_none_match, 0, ROWS(TAGS));
    tcase_add_test(tcase, an_error_is_a_json_body);
    tcase_add_test(tcase, a_refused_allocation_is_reported);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
