/* rules.c - the invariants, judged by what each sync had observed and what it answered. */
#include "life.h"

#include "fc.h"
#include "hk_hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HASH "flame.xflops.io/template-hash"
#define GENERATION "flame.xflops.io/config-generation"
#define SESSION LIFE_NAME "-session-manager"
#define EXECUTOR LIFE_NAME "-executor-manager-"
#define CACHE LIFE_NAME "-object-cache-"
#define OWN_CACHES "flame-object-cache"
#define EXECUTORS "flame-executor-manager"

static bool is_pod(const json_t *object)
{
    return strcmp(hk_sim_text(object, "kind"), "Pod") == 0;
}

static const char *name_of(const json_t *object)
{
    return hk_sim_text(object, "metadata.name");
}

/* -1: no executor manager. */
static int64_t index_of(const json_t *object)
{
    size_t len = sizeof EXECUTOR - 1;
    const char *name = name_of(object);
    return is_pod(object) && strncmp(name, EXECUTOR, len) == 0 ? atoll(name + len) : -1;
}

static const json_t *find_pod(const struct hk_sim_view *view, const char *name)
{
    for (size_t i = 0; i < view->count; i++)
        if (is_pod(view->children[i]) && strcmp(name_of(view->children[i]), name) == 0)
            return view->children[i];
    return NULL;
}

static const json_t *find_child(const json_t *children, const char *name)
{
    size_t i;
    json_t *child;
    json_array_foreach(children, i, child)
    {
        if (is_pod(child) && strcmp(name_of(child), name) == 0)
            return child;
    }
    return NULL;
}

static const json_t *find_answered(const json_t *answer, const char *name)
{
    return find_child(json_object_get(answer, "children"), name);
}

static int64_t replicas_of(const json_t *parent)
{
    const json_t *value = hk_sim_get(parent, "spec.executorManager.replicas");
    return value ? json_integer_value(value) : 1;
}

/* A Ready session manager of the wanted template must stand before a Ready executor may go. */
static void check_session_first(struct life *life, const struct hk_sim_view *view,
                                const json_t *answer)
{
    const json_t *seen = find_pod(view, SESSION), *wanted = find_answered(answer, SESSION);
    if (!wanted || !seen || !hk_sim_pod_ready(seen))
        life_break(life, "a Ready executor was removed while no session manager was Ready");
    else if (strcmp(hk_sim_annotation(seen, HASH), hk_sim_annotation(wanted, HASH)) != 0)
        life_break(life, "a Ready executor was removed before the session manager was replaced");
}

static bool is_suspended(const json_t *parent)
{
    return json_is_true(hk_sim_get(parent, "spec.suspend"));
}

static bool is_paused(const json_t *parent)
{
    return json_is_true(hk_sim_get(parent, "spec.executorManager.updateStrategy.paused"));
}

static bool is_update(const json_t *parent, const char *type)
{
    return strcmp(hk_sim_text(parent, "spec.executorManager.updateStrategy.type"), type) == 0;
}

/* How many Ready executors may be gone at once. */
static int64_t budget_of(const json_t *parent, int64_t replicas)
{
    const json_t *value = hk_sim_get(parent, "spec.executorManager.updateStrategy.maxUnavailable");
    if (is_paused(parent) || is_update(parent, "OnDelete"))
        return 0;
    if (is_update(parent, "Recreate"))
        return replicas;
    if (json_is_integer(value))
        return json_integer_value(value);
    int64_t count = replicas * (json_is_string(value) ? atoll(json_string_value(value)) : 25) / 100;
    return count > 0 ? count : 1;
}

static void check_budget(struct life *life, const struct hk_sim_view *view, const json_t *answer)
{
    int64_t replicas = replicas_of(view->parent), ready = 0, removed = 0;
    int64_t budget = budget_of(view->parent, replicas);
    for (size_t i = 0; i < view->count; i++) {
        int64_t index = index_of(view->children[i]);
        if (index < 0 || index >= replicas || !hk_sim_pod_ready(view->children[i]))
            continue;
        ready++;
        removed += find_answered(answer, name_of(view->children[i])) == NULL;
    }
    if (removed == 0)
        return;
    bool is_switch =
        strcmp(hk_sim_text(view->parent, "spec.executorManager.workload"), "StatefulSet") == 0;
    if (is_switch && is_paused(view->parent))
        life_break(life, "Ready executors were removed while the roll-out was paused");
    if (!is_switch && replicas - ready + removed > budget)
        life_break(life,
                   "%" PRId64 " of %" PRId64 " Ready executors removed at once, %" PRId64
                   " wanted, budget %" PRId64,
                   removed, ready, replicas, budget);
    check_session_first(life, view, answer);
}

/* ---- the object cache ---- */

/* Of one of the cache's own Pods; -1: another object. */
static int64_t cache_index_of(const json_t *object)
{
    size_t len = sizeof CACHE - 1;
    const char *name = name_of(object);
    return is_pod(object) && strncmp(name, CACHE, len) == 0 ? atoll(name + len) : -1;
}

static bool has_caches(const json_t *parent)
{
    return *hk_sim_text(parent, "spec.objectCache.image") != '\0';
}

static int64_t caches_of(const json_t *parent)
{
    return has_caches(parent) ? hk_sim_int(parent, "spec.objectCache.replicas") : 0;
}

/* A StatefulSet speaks for its Pods. */
static int64_t count_ready(const struct hk_sim_view *view, const char *app)
{
    int64_t ready = 0;
    for (size_t i = 0; i < view->count; i++) {
        if (strcmp(app, EXECUTORS) == 0)
            ready += hk_sim_int(view->children[i], "status.readyReplicas");
        const json_t *labels = hk_sim_get(view->children[i], "metadata.labels");
        ready +=
            hk_sim_pod_ready(view->children[i]) && strcmp(hk_sim_text(labels, "app"), app) == 0;
    }
    return ready;
}

static const char *cache_app(const json_t *service)
{
    return hk_sim_text(service, "spec.selector.app");
}

static bool is_cache_service(const json_t *object)
{
    return strcmp(hk_sim_text(object, "kind"), "Service") == 0 &&
           strcmp(name_of(object), LIFE_NAME "-object-cache") == 0;
}

/* The Service goes over to those who are Ready, or away from nobody. */
static void check_cache_service(struct life *life, const struct hk_sim_event *event)
{
    const char *before = cache_app(event->before), *after = cache_app(event->after);
    bool had_known = strcmp(before, OWN_CACHES) == 0 || strcmp(before, EXECUTORS) == 0;
    if (is_suspended(event->view->parent) || !had_known || strcmp(before, after) == 0 ||
        replicas_of(event->view->parent) == 0 ||
        (has_caches(event->view->parent) && caches_of(event->view->parent) == 0))
        return;
    if (count_ready(event->view, before) && !count_ready(event->view, after))
        life_break(life, "the cache's Service left %s for %s, who are not Ready", before, after);
}

/* One at a time, beside a session manager that is Ready and new; and while the Service selects the cache's own Pods, none of them
 * leaves for the executor managers. */
static void check_caches(struct life *life, const struct hk_sim_view *view, const json_t *answer)
{
    int64_t replicas = caches_of(view->parent), ready = 0, removed = 0;
    const json_t *service = NULL;
    size_t gone = 0;
    for (size_t i = 0; i < view->count; i++) {
        const json_t *child = view->children[i];
        int64_t index = cache_index_of(child);
        if (is_cache_service(child))
            service = child;
        if (index < 0 || !hk_sim_pod_ready(child))
            continue;
        bool is_removed = find_answered(answer, name_of(child)) == NULL;
        gone += is_removed;
        ready += index < replicas;
        removed += index < replicas && is_removed;
    }
    if (!has_caches(view->parent) && gone && service && strcmp(cache_app(service), OWN_CACHES) == 0)
        life_break(life, "the cache's own Pods left before its Service did");
    if (removed == 0)
        return;
    if (is_paused(view->parent) || replicas - ready + removed > 1)
        life_break(life, "%" PRId64 " of %" PRId64 " Ready caches removed, %" PRId64 " wanted",
                   removed, ready, replicas);
    check_session_first(life, view, answer);
}

/* What claims hold goes with the cluster, and never before. */
static void check_claim(struct life *life, const struct hk_sim_event *event)
{
    if (event->what == HK_SIM_DELETING && event->view->hook != HK_HOOK_FINALIZE)
        life_break(life, "claim %s was deleted", name_of(event->before));
}

/* Metacontroller reads the parent afresh while its cache has not heard of our finalizer; afterwards
 * the cache may show an older one once more. A hook cannot tell that from a user who went back and
 * forth, so both turns may count. */
static void allow_for_stale_parent(struct life *life, const struct hk_sim_view *view)
{
    int64_t seen = hk_sim_int(view->parent, "metadata.generation");
    if (seen < life->parent_seen)
        life->config_changes += 2;
    life->parent_seen = seen;
}

/* Executors first, then the cache, then the session manager, and nothing comes. */
static void check_suspended(struct life *life, const struct hk_sim_view *view, const json_t *answer)
{
    size_t i;
    json_t *child;
    json_array_foreach(json_object_get(answer, "children"), i, child)
    {
        if (is_pod(child) && !find_pod(view, name_of(child)))
            life_break(life, "%s was created while suspended", name_of(child));
    }
    bool is_session_removed = find_pod(view, SESSION) && !find_answered(answer, SESSION);
    bool has_executors = !rules_set_is_empty(view), is_cache_removed = false;
    if (is_session_removed && has_executors)
        life_break(life, "the session manager was removed before the StatefulSet's Pods");
    for (i = 0; i < view->count; i++) {
        const json_t *pod = view->children[i];
        bool is_executor = index_of(pod) >= 0, is_cache = cache_index_of(pod) >= 0;
        has_executors = has_executors || is_executor;
        is_cache_removed = is_cache_removed || (is_cache && !find_answered(answer, name_of(pod)));
        if (is_session_removed && (is_executor || is_cache))
            life_break(life, "the session manager was removed before %s", name_of(pod));
    }
    if (has_executors && is_cache_removed)
        life_break(life, "the cache was removed before the executors");
}

static void check_running(struct life *life, const struct hk_sim_view *view, const json_t *answer)
{
    const json_t *session = find_pod(view, SESSION), *child;
    bool is_parallel = strcmp(hk_sim_text(view->parent, "spec.startupPolicy"), "Parallel") == 0;
    check_budget(life, view, answer);
    check_caches(life, view, answer);
    if (is_paused(view->parent) && hk_sim_pod_ready(session) && !find_answered(answer, SESSION))
        life_break(life, "a Ready session manager was removed while the roll-out was paused");
    for (size_t i = 0; (child = json_array_get(json_object_get(answer, "children"), i)); i++)
        if (index_of(child) >= 0 && !find_pod(view, name_of(child)) && !is_parallel &&
            !hk_sim_pod_ready(session))
            life_break(life, "%s was created without a session manager", name_of(child));
}

static void check_sync(struct life *life, const struct hk_sim_event *event)
{
    const struct hk_sim_view *view = event->view;
    if (view->hook != HK_HOOK_SYNC || replicas_of(view->parent) < 0)
        return;
    if (is_suspended(view->parent))
        check_suspended(life, view, view->reply);
    else
        check_running(life, view, view->reply);
    rules_set_check(life, view);
}

static int rank_of(const json_t *object)
{
    if (index_of(object) >= 0)
        return 0;
    if (cache_index_of(object) >= 0)
        return 1;
    return is_pod(object) ? 2 : 3;
}

/* Executors, then the cache, then the session manager, then the rest, each once the last of the former is gone. */
static void check_order(struct life *life, const struct hk_sim_event *event)
{
    if (index_of(event->before) >= 0)
        return;
    if (!rules_set_is_empty(event->view))
        life_break(life, "finalize removed %s %s before the StatefulSet's Pods", event->kind,
                   name_of(event->before));
    for (size_t i = 0; i < event->view->count; i++) {
        const json_t *child = event->view->children[i];
        if (rank_of(child) < rank_of(event->before))
            life_break(life, "finalize removed %s %s while Pod %s was there", event->kind,
                       name_of(event->before), name_of(child));
    }
}

/* In the form that the spec asks for; the other one is kept as it is. */
static bool is_config(const json_t *parent, const char *kind)
{
    bool is_secret = hk_sim_get(parent, "spec.sessionManager.storageFrom") != NULL;
    return strcmp(kind, is_secret ? "Secret" : "ConfigMap") == 0;
}

/* The counter grows with each other text that the hook writes, by one for each time that the wish changed, and
 * stands still when it did not: a wish that went back and forth before it was written counts as often as the
 * hook saw it. */
static void check_generation(struct life *life, const json_t *config)
{
    int64_t generation = atoll(hk_sim_annotation(config, GENERATION));
    const json_t *data = json_object_get(config, "data");
    const char *text = json_string_value(json_object_get(data, "flame-cluster.yaml"));
    char hash[HK_HASH64_SIZE];
    hk_hash64_hex(hk_str_of(text), hash);
    int64_t least = life->generation + (strcmp(hash, life->config_hash) != 0);
    int64_t most = least == life->generation && life->config_changes == life->changes_written
                       ? least
                       : 1 + (int64_t)life->config_changes;
    if (generation < least || generation > most)
        life_break(life, "configGeneration is %" PRId64 ", must be %" PRId64 " to %" PRId64,
                   generation, least, most);
    life->generation = generation;
    life->changes_written = life->config_changes;
    memcpy(life->config_hash, hash, sizeof hash);
}

/* An invalid spec brings nothing new and takes nothing away. */
static void check_invalid(struct life *life, const struct hk_sim_event *event)
{
    bool is_change = event->what == HK_SIM_CREATED || event->what == HK_SIM_DELETING;
    if (is_change && event->view->hook == HK_HOOK_SYNC && replicas_of(event->view->parent) < 0)
        life_break(life, "an invalid spec changed %s %s", event->kind,
                   name_of(event->after ? event->after : event->before));
}

static void check_error(struct life *life, const char *text)
{
    /* Lost requests are ours; a lagging cache may hold a Pod that was made anew since, or a parent
     * that was deleted before it got its finalizer. */
    if (!strstr(text, "got lost") && !strstr(text, "UID in the precondition") &&
        !strstr(text, "can't sync finalizer: not found"))
        life_break(life, "%s", text);
}

static void print(const struct hk_sim_event *event)
{
    static const char *const whats[] = {"created", "updated", "status", "deleting", "gone",
                                        "synced",  "ERROR",   "lost",   "note"};
    static const char *const actors[] = {"user", "hook", "cluster"};
    const json_t *object = event->after ? event->after : event->before;
    printf("%9.3f %-7s %-8s %s %s %s %s%s%s\n", (double)event->at_ms / 1000, actors[event->actor],
           whats[event->what], event->kind ? event->kind : "", name_of(object),
           hk_sim_text(object, "status.phase"),
           is_pod(object) ? hk_sim_annotation(object, HASH) : hk_sim_text(object, "status.message"),
           hk_sim_pod_ready(object) ? " ready" : "", event->text ? event->text : "");
}

void rules_check(void *arg, const struct hk_sim_event *event)
{
    struct life *life = arg;
    if (life->loud)
        print(event);
    bool is_write = event->what <= HK_SIM_GONE;
    if (life->is_calm && is_write)
        life_break(life, "a settled cluster was changed: %s %s", event->kind,
                   name_of(event->after ? event->after : event->before));
    if (event->view)
        allow_for_stale_parent(life, event->view);
    if (event->what == HK_SIM_SYNCED)
        check_sync(life, event);
    rules_secret_check(life, event);
    if (event->what == HK_SIM_ERROR)
        check_error(life, event->text);
    if (event->actor != HK_SIM_HOOK || !event->kind)
        return;
    check_invalid(life, event);
    if (event->what == HK_SIM_DELETING && event->view->hook == HK_HOOK_FINALIZE)
        check_order(life, event);
    if (strcmp(event->kind, "PersistentVolumeClaim") == 0)
        check_claim(life, event);
    if (event->what == HK_SIM_UPDATED && is_cache_service(event->after))
        check_cache_service(life, event);
    /* finalize, and an invalid spec, keep what they find, a text of somebody else included */
    if (event->view->hook == HK_HOOK_SYNC && replicas_of(event->view->parent) >= 0 &&
        (event->what == HK_SIM_CREATED || event->what == HK_SIM_UPDATED) &&
        is_config(event->view->parent, event->kind))
        check_generation(life, event->after);
}

/* ---- the end ---- */

/* What the controller itself renders for the parent: names and hashes of all Pods. */
static json_t *render(const json_t *parent)
{
    struct hk_arena arena;
    struct hk_buf body, out;
    struct hk_err err = {0};
    char *text = json_dumps(parent, JSON_COMPACT);
    hk_arena_init(&arena);
    hk_buf_init(&body);
    hk_buf_init(&out);
    if (text)
        hk_buf_add(&body, text, strlen(text));
    json_t *children = NULL;
    if (hk_buf_reserve(&body, HK_SCAN_PAD) == 0) {
        memset(body.data + body.len, 0, HK_SCAN_PAD);
        struct hk_call call = {.body = hk_buf_str(&body), .arena = &arena};
        if (fc_controller.render(&call, &out, &err) == 0)
            children = json_loadb(out.data, out.len, 0, NULL);
    }
    free(text);
    hk_buf_fini(&body);
    hk_buf_fini(&out);
    hk_arena_fini(&arena);
    return children;
}

/* The hash of a configuration in a Secret depends on which version of the source was seen first, so that only the hook itself
 * knows it: its last answer then stands for what it would render. */
static json_t *wanted_children(struct life *life, const json_t *parent)
{
    struct hk_str text = hk_sim_last_answer(life->sim);
    if (!life->wish.secret)
        return render(parent);
    json_t *answer = json_loadb(text.ptr, text.len, 0, NULL);
    json_t *children = json_incref(json_object_get(answer, "children"));
    json_decref(answer);
    return children;
}

/* Its Pod in the end; a StatefulSet's template speaks for all of its Pods. */
static void check_pod(struct life *life, const json_t *parent, const char *name, const char *hash)
{
    const json_t *pod = hk_sim_find(life->sim, (struct hk_sim_ref){"Pod", "default", name});
    bool may_be_old =
        is_paused(parent) || (is_update(parent, "OnDelete") && pod && index_of(pod) >= 0);
    if (!pod || !hk_sim_pod_ready(pod))
        life_break(life, "Pod %s is not Ready at the end", name);
    else if (!may_be_old && strcmp(hk_sim_annotation(pod, HASH), hash) != 0)
        life_break(life, "Pod %s is of an old template at the end", name);
}

/* How many they are. A paused switch may leave both forms there, with Pods in the StatefulSet's way. */
static size_t check_set_pods(struct life *life, const json_t *parent, const json_t *set,
                             const json_t *children)
{
    const json_t *template = hk_sim_get(set, "spec.template");
    int64_t replicas = hk_sim_int(set, "spec.replicas");
    size_t count = 0;
    for (int64_t i = 0; i < replicas; i++) {
        char name[64];
        snprintf(name, sizeof name, EXECUTOR "%" PRId64, i);
        if (is_paused(parent) && find_child(children, name))
            continue;
        check_pod(life, parent, name, hk_sim_annotation(template, HASH));
        count++;
    }
    return count;
}

/* As large as asked for, or larger; what somebody deleted under a running Pod goes with that. */
static void check_claims(struct life *life, const json_t *wanted)
{
    size_t i;
    json_t *child;
    json_array_foreach(wanted, i, child)
    {
        const char *size = hk_sim_text(child, "spec.resources.requests.storage");
        if (strcmp(hk_sim_text(child, "kind"), "PersistentVolumeClaim") != 0)
            continue;
        const json_t *claim = hk_sim_find(
            life->sim, (struct hk_sim_ref){"PersistentVolumeClaim", "default", name_of(child)});
        if (!claim)
            life_break(life, "claim %s is not there at the end", name_of(child));
        else if (!hk_sim_get(claim, "metadata.deletionTimestamp") &&
                 atoll(hk_sim_text(claim, "status.capacity.storage")) < atoll(size))
            life_break(life, "claim %s is smaller than %s at the end", name_of(child), size);
    }
}

static void check_pods(struct life *life, const json_t *parent)
{
    json_t *wanted = wanted_children(life, parent), *child;
    size_t i, pods = 0, n = 0;
    if (!wanted)
        life_break(life, "the parent cannot be rendered");
    json_array_foreach(wanted, i, child)
    {
        if (strcmp(hk_sim_text(child, "kind"), "StatefulSet") == 0)
            pods += check_set_pods(life, parent, child, wanted);
        if (!is_pod(child))
            continue;
        pods++;
        check_pod(life, parent, name_of(child), hk_sim_annotation(child, HASH));
    }
    while (hk_sim_nth(life->sim, "Pod", n))
        n++;
    if (n != pods)
        life_break(life, "%zu Pods at the end, %zu wanted", n, pods);
    check_claims(life, wanted);
    json_decref(wanted);
}

static bool is_good_end(const json_t *parent, const char *message)
{
    if (is_suspended(parent))
        return strcmp(message, "Suspended") == 0;
    if (is_paused(parent) && strncmp(message, "Roll-out paused: ", 17) == 0)
        return true;
    if (is_update(parent, "OnDelete") && strncmp(message, "All components healthy; ", 24) == 0)
        return true;
    return strcmp(message, "All components healthy") == 0;
}

static void check_cache_end(struct life *life, const json_t *parent)
{
    const struct hk_sim_ref ref = {"Service", "default", LIFE_NAME "-object-cache"};
    const char *app = has_caches(parent) ? OWN_CACHES : EXECUTORS;
    if (strcmp(cache_app(hk_sim_find(life->sim, ref)), app) != 0)
        life_break(life, "the cache's Service does not select %s at the end", app);
    if (hk_sim_int(parent, "status.objectCache.replicas") != caches_of(parent) ||
        hk_sim_int(parent, "status.objectCache.ready") !=
            (is_suspended(parent) ? 0 : caches_of(parent)))
        life_break(life, "status counts %" PRId64 " of %" PRId64 " caches at the end",
                   hk_sim_int(parent, "status.objectCache.ready"),
                   hk_sim_int(parent, "status.objectCache.replicas"));
}

void rules_check_end(struct life *life)
{
    const json_t *parent =
        hk_sim_find(life->sim, (struct hk_sim_ref){"FlameCluster", "default", LIFE_NAME});
    const char *state = is_suspended(parent) ? "Suspended" : "Running";
    if (strcmp(hk_sim_text(parent, "status.state"), state) != 0)
        life_break(life, "state is %s at the end: %s", hk_sim_text(parent, "status.state"),
                   hk_sim_text(parent, "status.message"));
    int64_t ready = is_suspended(parent) ? 0 : life->wish.replicas;
    if (hk_sim_int(parent, "status.executorManager.ready") != ready ||
        hk_sim_int(parent, "status.executorManager.replicas") != life->wish.replicas)
        life_break(life, "status counts %" PRId64 " of %" PRId64 " executors at the end",
                   hk_sim_int(parent, "status.executorManager.ready"),
                   hk_sim_int(parent, "status.executorManager.replicas"));
    if (hk_sim_int(parent, "status.configGeneration") != life->generation)
        life_break(life, "status.configGeneration is %" PRId64 ", the ConfigMap's %" PRId64,
                   hk_sim_int(parent, "status.configGeneration"), life->generation);
    check_cache_end(life, parent);
    if (!is_good_end(parent, hk_sim_text(parent, "status.message")))
        life_break(life, "message at the end: %s", hk_sim_text(parent, "status.message"));
    check_pods(life, parent);
    rules_secret_check_end(life, parent);
    rules_set_check_end(life, parent);
    rules_network_check_end(life);
    if (hk_sim_counters(life->sim)->impure)
        life_break(life, "the same request was answered with other bytes");
}
