#include "fc_health.h"

#include "hk_buf.h"
#include "hk_utf8.h"

/* Pods that are named in a message; the others are only counted. */
#define NAMED_MAX 3
/* Longest text taken over from a Pod, in bytes. */
#define WORDS_MAX 200

struct fc_health fc_health_of(const struct fc_observed *observed, int64_t wanted,
                              int64_t caches_wanted)
{
    struct fc_health health = {.wanted = wanted, .caches_wanted = caches_wanted};
    const struct fc_pod *session = observed->session;
    if (session) {
        health.is_session_ready = session->is_ready;
        health.is_session_failed = session->is_failed && !session->is_terminating;
    }
    for (size_t i = 0; i < observed->executors.count; i++) {
        const struct fc_pod *pod = observed->executors.items[i];
        if (pod->index >= wanted)
            break;
        health.ready += pod->is_ready;
        health.failed += pod->is_failed && !pod->is_terminating;
    }
    if (observed->stateful)
        health.ready += observed->stateful->ready;
    if (health.ready > wanted)
        health.ready = wanted;
    for (size_t i = 0; i < observed->caches.count; i++)
        if (observed->caches.items[i]->index < caches_wanted)
            health.caches_ready += observed->caches.items[i]->is_ready;
    return health;
}

/* A Pod's own text on one line, not too much of it, cut between characters. */
static void add_words(struct hk_buf *out, struct hk_str words)
{
    size_t len = hk_utf8_clip(words, WORDS_MAX);
    for (size_t i = 0; i < len; i++)
        hk_buf_add_char(out, (unsigned char)words.ptr[i] < ' ' ? ' ' : words.ptr[i]);
    if (len < words.len)
        hk_buf_add(out, "...", 3);
}

static void add_pod(struct hk_buf *out, const struct fc_pod *pod)
{
    hk_buf_printf(out, "Pod %.*s: ", HK_STR_ARG(pod->name));
    if (pod->is_terminating) {
        hk_buf_add_str(out, HK_STR("is being deleted"));
        return;
    }
    if (pod->reason.len == 0 && pod->message.len == 0)
        hk_buf_add_str(out, HK_STR("has not started"));
    add_words(out, pod->reason);
    if (pod->reason.len && pod->message.len)
        hk_buf_add(out, ": ", 2);
    add_words(out, pod->message);
}

static struct hk_str take(struct hk_buf *out, struct hk_arena *arena)
{
    struct hk_str text = {NULL, 0};
    if (out->failed)
        arena->failed = true;
    else
        text = hk_arena_copy(arena, hk_buf_str(out));
    hk_buf_fini(out);
    return text;
}

struct hk_str fc_health_session_words(const struct fc_parent *parent,
                                      const struct fc_observed *observed, struct hk_arena *arena)
{
    struct hk_buf out;
    hk_buf_init(&out);
    hk_buf_add_str(&out, HK_STR("Session Manager not ready: "));
    if (observed->session)
        add_pod(&out, observed->session);
    else
        hk_buf_printf(&out, "Pod %.*s-session-manager does not exist", HK_STR_ARG(parent->name));
    return take(&out, arena);
}

/* 0: failed, 1: there and not Ready, 2: being deleted. A lower rank is named first. */
static int rank(const struct fc_pod *pod)
{
    if (pod->is_terminating)
        return 2;
    return pod->is_failed ? 0 : 1;
}

struct listing {
    struct hk_buf *out;
    int64_t named, unnamed;
};

static void list_pods(struct listing *list, const struct fc_pod_set *set, int64_t wanted,
                      int wanted_rank)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct fc_pod *pod = set->items[i];
        if (pod->index >= wanted)
            break;
        if (pod->is_ready || rank(pod) != wanted_rank)
            continue;
        if (list->named == NAMED_MAX) {
            list->unnamed++;
            continue;
        }
        hk_buf_add_str(list->out, list->named++ ? HK_STR("; ") : HK_STR(": "));
        add_pod(list->out, pod);
    }
}

/* Those that are not there are counted too. */
static void list_all(struct listing *list, const struct fc_pod_set *set, int64_t wanted,
                     int64_t ready)
{
    for (int r = 0; r <= 2; r++)
        list_pods(list, set, wanted, r);
    list->unnamed = wanted - ready - list->named;
}

/* Its Pods are not seen one by one: whoever wants their reasons looks at them. */
static void add_stateful(struct hk_buf *out, const struct fc_stateful *set, bool is_next)
{
    hk_buf_printf(out, "%s the StatefulSet has %lld Pod%s, %lld ready", is_next ? ";" : ":",
                  (long long)set->pods, set->pods == 1 ? "" : "s", (long long)set->ready);
}

struct hk_str fc_health_executors_words(const struct fc_observed *observed,
                                        const struct fc_health *health, struct hk_arena *arena)
{
    struct hk_buf out;
    struct listing list = {&out, 0, 0};
    hk_buf_init(&out);
    hk_buf_printf(&out, "%lld/%lld Executor Managers ready", (long long)health->ready,
                  (long long)health->wanted);
    list_all(&list, &observed->executors, health->wanted, health->ready);
    if (observed->stateful)
        add_stateful(&out, observed->stateful, list.named > 0);
    else if (list.named && list.unnamed)
        hk_buf_printf(&out, "; and %lld more", (long long)list.unnamed);
    else if (list.unnamed && !health->is_session_ready && !health->is_parallel)
        hk_buf_add_str(&out, HK_STR(": waiting for the Session Manager"));
    return take(&out, arena);
}

struct hk_str fc_health_caches_words(const struct fc_observed *observed,
                                     const struct fc_health *health, struct hk_arena *arena)
{
    struct hk_buf out;
    struct listing list = {&out, 0, 0};
    hk_buf_init(&out);
    hk_buf_printf(&out, "%lld/%lld Object Caches ready", (long long)health->caches_ready,
                  (long long)health->caches_wanted);
    list_all(&list, &observed->caches, health->caches_wanted, health->caches_ready);
    if (list.named && list.unnamed)
        hk_buf_printf(&out, "; and %lld more", (long long)list.unnamed);
    return take(&out, arena);
}
