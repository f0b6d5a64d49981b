/* sim_puppet.h - a hook that answers what a test tells it to, and remembers what it was asked. */
#ifndef SIM_PUPPET_H
#define SIM_PUPPET_H

#include "hk_sim.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct puppet {
    const char *answer[HK_HOOK_COUNT]; /* NULL: none comes */
    int status;                        /* 0: 200 */
    unsigned calls;
    json_t *request; /* the last one */
    unsigned events[HK_SIM_NOTE + 1];
    struct hk_buf log; /* every event, a line each */
};

static inline int puppet_call(void *arg, const struct hk_sim_request *request,
                              struct hk_sim_answer *answer, struct hk_err *err)
{
    struct puppet *puppet = arg;
    puppet->calls++;
    json_decref(puppet->request);
    puppet->request =
        json_loadb(request->body.ptr, request->body.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(puppet->request);
    if (!puppet->answer[request->hook])
        return hk_err_set(err, HK_ERR_INTERNAL, NULL, "http error: refused");
    answer->status = puppet->status ? puppet->status : 200;
    answer->retry_after_s = 7;
    hk_buf_add_str(&answer->body, hk_str_of(puppet->answer[request->hook]));
    return 0;
}

static inline void puppet_event(void *arg, const struct hk_sim_event *event)
{
    struct puppet *puppet = arg;
    const json_t *object = event->after ? event->after : event->before;
    puppet->events[event->what]++;
    hk_buf_printf(&puppet->log, "%lld %d %d %s %s\n", (long long)event->at_ms, (int)event->what,
                  (int)event->actor, event->kind ? event->kind : "",
                  hk_sim_text(object, "metadata.name"));
}

static inline struct hk_sim_options puppet_options(struct puppet *puppet)
{
    return (struct hk_sim_options){
        .controller = "toy",
        .parent = {"toys.example.org/v1", "Toy", "toys", HK_SIM_IN_PLACE},
        .pace = HK_SIM_PACE,
        .seed = 1,
        .call = puppet_call,
        .call_arg = puppet,
        .on_event = puppet_event,
        .event_arg = puppet,
    };
}

static inline struct hk_sim *puppet_sim(const struct hk_sim_options *options)
{
    struct hk_err err = {0};
    struct hk_sim *sim = hk_sim_new(options, &err);
    ck_assert_msg(sim != NULL, "%s", err.text);
    return sim;
}

static inline void puppet_fini(struct puppet *puppet, struct hk_sim *sim)
{
    hk_sim_free(sim);
    json_decref(puppet->request);
    hk_buf_fini(&puppet->log);
}

/* JSON with ' for ". */
static inline json_t *puppet_json(const char *text)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_error_t why;
    json_t *tree = json_loads(copy, JSON_DECODE_ANY, &why);
    ck_assert_msg(tree != NULL, "%s: %s", text, why.text);
    return tree;
}

static inline void puppet_put(struct hk_sim *sim, const char *text)
{
    struct hk_err err = {0};
    json_t *object = puppet_json(text);
    ck_assert_msg(hk_sim_put(sim, object, &err) == 0, "%s", err.text);
    json_decref(object);
}

static inline void puppet_patch(struct hk_sim *sim, const char *kind, const char *name,
                                const char *text)
{
    struct hk_err err = {0};
    json_t *patch = puppet_json(text);
    ck_assert_msg(hk_sim_patch(sim, (struct hk_sim_ref){kind, "default", name}, patch, &err) == 0,
                  "%s", err.text);
    json_decref(patch);
}

static inline const json_t *puppet_find(const struct hk_sim *sim, const char *kind,
                                        const char *name)
{
    return hk_sim_find(sim, (struct hk_sim_ref){kind, "default", name});
}

/* Runs on; asserts that it settles, or that it does not. */
static inline void puppet_run(struct hk_sim *sim, int64_t for_ms, bool want_settled)
{
    struct hk_err err = {0};
    bool settled = false;
    ck_assert_msg(hk_sim_run(sim, for_ms, &settled, &err) == 0, "%s", err.text);
    ck_assert_int_eq(settled, want_settled);
}

#define TOY                                                                                        \
    "{'apiVersion':'toys.example.org/v1','kind':'Toy','metadata':{'name':'t'},'spec':{'n':1}}"
#define ANSWER(children) "{\"children\":[" children "],\"status\":{\"ok\":true}}"
#define POD(name, image)                                                                           \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                       \
    "\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"" image "\"}]}}"
#define MAP(name, data)                                                                            \
    "{\"apiVersion\":\"v1\",\"data\":{" data                                                       \
    "},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" name "\"}}"

#endif
