/* fuzz_sync.c - a whole call of the FlameCluster controller on any bytes: what it answers, that the
 * order of keys and white space change nothing, and the decisions that no request may bring about.
 *
 * The first byte chooses the call: s(ync), f(inalize), c(ustomize), r(ender), v(alidate); the rest is
 * the body. */
#include "fuzz.h"

#include "fc_parent.h"
#include "sync_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rendering tens of thousands of Pods shows nothing that forty do not. */
#define REPLICAS_MAX 40
#define NOW_S 1795240230 /* 2026-11-21T05:50:30Z: within the seconds of the recorded requests */

static void release(struct hk_call *call)
{
    free(call->owner);
    call->owner = NULL;
}

/* A call whose body ends with its block, filled up with what would go on best. The controller gives
 * it back as the server has it: freed at once. */
static struct hk_call call_make(struct hk_str body, struct hk_arena *arena)
{
    char *text = malloc(body.len + HK_SCAN_PAD);
    check(text != NULL, "out of memory", "");
    for (size_t i = 0; i < body.len + HK_SCAN_PAD; i++)
        text[i] = body.len > 0 ? body.ptr[i % body.len] : '1';
    hk_arena_init(arena);
    return (struct hk_call){.body = {text, body.len},
                            .now_s = NOW_S,
                            .arena = arena,
                            .release = release,
                            .owner = text};
}

static void call_end(struct hk_call *call)
{
    hk_call_release_body(call);
    hk_arena_fini(call->arena);
}

static void on_parent(void *arg, struct hk_scan *s)
{
    fc_parent_read(s, s->arena, arg);
}

static bool is_small(enum mode mode, struct hk_str body)
{
    static const struct hk_request_reader reader = {.parent = on_parent};
    struct hk_arena arena;
    struct hk_call call = call_make(body, &arena);
    struct fc_parent parent = {.is_valid = false};
    struct hk_request request;
    struct hk_err err = {0};
    struct hk_scan s;
    hk_scan_init(&s, call.body.ptr, call.body.len, &arena, &err);
    int rc = 0;
    if (mode == MODE_RENDER || mode == MODE_VALIDATE)
        fc_parent_read(&s, &arena, &parent);
    else
        rc = hk_request_read(&call, &reader, &parent, &request, &err);
    bool is_few = parent.spec.executor.replicas <= REPLICAS_MAX;
    call_end(&call);
    return rc != 0 || is_few;
}

/* Problems as text, so that two answers compare as bytes. */
static int validate(struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    struct hk_problems problems;
    if (fc_controller.validate(call, &problems, err) != 0)
        return -1;
    for (size_t i = 0; i < problems.count; i++) {
        check(problems.items[i].path.len && problems.items[i].text.len, "a problem says nothing",
              "");
        hk_buf_add_str(out, problems.items[i].path);
        hk_buf_add_str(out, HK_STR(": "));
        hk_buf_add_str(out, problems.items[i].text);
        hk_buf_add_char(out, '\n');
    }
    return 0;
}

static int run(enum mode mode, struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    switch (mode) {
    case MODE_FINALIZE:
        return hk_controller_run(&fc_controller, HK_HOOK_FINALIZE, call, out, err);
    case MODE_CUSTOMIZE:
        return hk_controller_run(&fc_controller, HK_HOOK_CUSTOMIZE, call, out, err);
    case MODE_RENDER:
        return fc_controller.render(call, out, err);
    case MODE_VALIDATE:
        return validate(call, out, err);
    default:
        return hk_controller_run(&fc_controller, HK_HOOK_SYNC, call, out, err);
    }
}

static void answer_make(enum mode mode, struct hk_str body, struct answer *out)
{
    struct hk_arena arena;
    struct hk_call call = call_make(body, &arena);
    *out = (struct answer){.rc = -1};
    hk_buf_init(&out->text);
    out->rc = run(mode, &call, &out->text, &out->err);
    check(!out->text.failed, "the output is broken", out->err.text);
    call_end(&call);
    if (out->rc == 0)
        return;
    check(out->rc == -1 && out->text.len == 0, "failed, and wrote something", out->err.text);
    check(out->err.kind != HK_ERR_NONE && out->err.text[0], "failed without a cause", "");
    /* Nothing is out of memory here, and nothing that comes in is our own fault. */
    check(hk_err_http_status(out->err.kind) < 500, "blames itself", out->err.text);
    json_auto_t *text = json_string(out->err.text), *path = json_string(out->err.path);
    check(text && path, "the cause is not UTF-8", out->err.text);
}

static void answer_fini(struct answer *answer)
{
    hk_buf_fini(&answer->text);
}

static void check_same(const struct answer *a, const struct answer *b, const char *what)
{
    check(a->rc == b->rc, what, a->rc ? a->err.text : b->err.text);
    check(hk_str_eq(hk_buf_str(&a->text), hk_buf_str(&b->text)), what, "another answer");
}

/* The same document written in other ways. Numbers with a fraction or exponent are quoted in problems
 * as they were written, and jansson writes them in its own way: then only its two texts compare. */
static void check_rewritten(enum mode mode, const json_t *request, const struct answer *plain)
{
    json_auto_t *backwards = reversed_new(request);
    hk_auto_free char *a = json_dumps(request, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_INDENT(1));
    hk_auto_free char *b = json_dumps(backwards, JSON_ENCODE_ANY | JSON_INDENT(3));
    struct answer sorted, reversed;
    check(a && b, "jansson cannot write what it read", "");
    answer_make(mode, hk_str_of(a), &sorted);
    answer_make(mode, hk_str_of(b), &reversed);
    check_same(&sorted, &reversed, "the order of keys matters");
    if (!has_real(request))
        check_same(plain, &sorted, "white space or the order of keys matters");
    answer_fini(&sorted);
    answer_fini(&reversed);
}

static enum mode mode_of(uint8_t byte)
{
    static const char letters[] = "sfcrv";
    const char *found = byte ? strchr(letters, byte) : NULL;
    return found ? (enum mode)(found - letters) : (enum mode)(byte % 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer first, second;
    if (size == 0)
        return 0;
    enum mode mode = mode_of(data[0]);
    struct hk_str body = {(const char *)data + 1, size - 1};
    if (!is_small(mode, body))
        return 0;
    answer_make(mode, body, &first);
    answer_make(mode, body, &second);
    check_same(&first, &second, "another answer to the same bytes");
    check(strcmp(first.err.text, second.err.text) == 0, "another cause", first.err.text);
    /* Keys that come twice are refused where they are read, and jansson would merge them; some
     * documents are beyond jansson: long numbers, a NUL in a key. */
    json_auto_t *request = json_loadb(body.ptr, body.len, REQUEST_FLAGS, NULL);
    if (request)
        check_rewritten(mode, request, &first);
    if (first.rc == 0)
        check_answer(mode, request, &first);
    answer_fini(&first);
    answer_fini(&second);
    return 0;
}
