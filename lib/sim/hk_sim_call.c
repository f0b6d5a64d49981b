/* hk_sim_call.c - one hook call: If-None-Match and 304 as Metacontroller's ETag cache does it, and
 * what a network may do to a request. */
#include "hk_sim_impl.h"

#include <stdio.h>

int hk_sim_call_controller(void *controller, const struct hk_sim_request *request,
                           struct hk_sim_answer *answer, struct hk_err *err)
{
    struct hk_arena arena;
    hk_arena_init(&arena);
    struct hk_call call = {.body = request->body, .now_s = request->now_s, .arena = &arena};
    struct hk_err why = {0};
    answer->status = 200;
    if (hk_controller_run(controller, request->hook, &call, &answer->body, &why) != 0) {
        answer->status = hk_err_http_status(why.kind);
        hk_error_body(&why, &answer->body);
    } else {
        hk_etag(hk_buf_str(&answer->body), answer->etag);
        if (request->if_none_match && hk_etag_matches(request->if_none_match, answer->etag)) {
            answer->status = 304;
            hk_buf_clear(&answer->body);
        }
    }
    hk_arena_fini(&arena);
    return answer->body.failed ? hk_err_memory(err) : 0;
}

static struct hk_str fail(struct hk_err *err, const struct hk_sim_answer *answer)
{
    char text[160];
    size_t len = answer->body.len < sizeof text - 1 ? answer->body.len : sizeof text - 1;
    if (len)
        memcpy(text, answer->body.data, len);
    text[len] = '\0';
    hk_err_set(err, HK_ERR_INTERNAL, NULL, "unsupported status code: %d body: %s", answer->status,
               text);
    return (struct hk_str){NULL, 0};
}

static bool is_lost(struct hk_sim *sim, unsigned percent, const char *text, struct hk_err *err)
{
    if (!hk_sim_chance(sim, percent))
        return false;
    sim->counters.lost++;
    hk_sim_tell(sim, (struct hk_sim_event){.what = HK_SIM_LOST, .text = text});
    hk_err_set(err, HK_ERR_INTERNAL, NULL, "http error: %s", text);
    return true;
}

/* The same request once more; a hook without a memory gives the same bytes. */
static void repeat(struct hk_sim *sim, const struct hk_sim_request *request, struct hk_str first)
{
    struct hk_sim_answer again = {0};
    struct hk_sim_request plain = *request;
    plain.if_none_match = NULL;
    hk_buf_init(&again.body);
    sim->counters.repeated++;
    if (sim->options.call(sim->options.call_arg, &plain, &again, NULL) != 0 ||
        again.status != 200 || !hk_str_eq(hk_buf_str(&again.body), first))
        sim->counters.impure++;
    hk_buf_fini(&again.body);
}

/* The answer's bytes go to the parent's ETag cache, where a later 304 finds them. */
static struct hk_str keep(struct sim_work *work, enum hk_hook hook, struct hk_sim_answer *answer,
                          struct hk_err *err)
{
    hk_sim_pad(&answer->body);
    if (answer->body.failed) {
        hk_err_memory(err);
        return (struct hk_str){NULL, 0};
    }
    struct hk_buf before = work->cached[hook];
    if (!hk_str_eq(hk_buf_str(&before), hk_buf_str(&answer->body))) {
        json_decref(work->reply[hook]);
        work->reply[hook] = NULL;
    }
    work->cached[hook] = answer->body;
    answer->body = before;
    snprintf(work->etag[hook], sizeof work->etag[hook], "%s", answer->etag);
    return hk_buf_str(&work->cached[hook]);
}

static struct hk_str call(struct hk_sim *sim, struct sim_work *work,
                          const struct hk_sim_request *request, struct hk_sim_answer *answer,
                          struct hk_err *err)
{
    const struct hk_str none = {NULL, 0};
    if (is_lost(sim, sim->faults.lose_request_pct, "the request got lost", err))
        return none;
    if (sim->options.call(sim->options.call_arg, request, answer, err) != 0)
        return none;
    if (is_lost(sim, sim->faults.lose_answer_pct, "the answer got lost", err))
        return none;
    if (answer->status == 304 && request->if_none_match) {
        sim->counters.not_modified += request->hook != HK_HOOK_CUSTOMIZE;
        return hk_buf_str(&work->cached[request->hook]);
    }
    return answer->status == 200 ? keep(work, request->hook, answer, err) : fail(err, answer);
}

struct hk_str hk_sim_call_hook(struct hk_sim *sim, struct sim_work *work, enum hk_hook hook,
                               struct hk_buf *body, struct hk_err *err)
{
    const struct hk_str none = {NULL, 0};
    if (body->failed) {
        hk_err_memory(err);
        return none;
    }
    bool has_etag = !sim->options.no_etag && *work->etag[hook];
    char etag[sizeof work->etag[hook]]; /* the cache may change while the request is under way */
    memcpy(etag, work->etag[hook], sizeof etag);
    struct hk_sim_request request = {.hook = hook,
                                     .body = hk_buf_str(body),
                                     .now_s = hk_sim_now_s(sim),
                                     .if_none_match = has_etag ? etag : NULL};
    struct hk_sim_answer answer = {.body = sim->spare};
    hk_buf_init(&sim->spare);
    hk_buf_clear(&answer.body);
    struct hk_str bytes = call(sim, work, &request, &answer, err);
    work->retry_after_s = 0;
    if (answer.status == 429)
        work->retry_after_s = answer.retry_after_s > 0 ? answer.retry_after_s : 1;
    if (bytes.ptr && hook != HK_HOOK_CUSTOMIZE)
        sim->counters.syncs++;
    if (bytes.ptr && hk_sim_chance(sim, sim->faults.repeat_pct))
        repeat(sim, &request, bytes);
    sim->spare = answer.body;
    return bytes;
}
