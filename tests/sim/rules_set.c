/* rules_set.c - the invariants of the executors' StatefulSet, whose Pods no sync sees. */
#include "life.h"

#include <inttypes.h>

#define HASH "flame.xflops.io/template-hash"
#define SESSION LIFE_NAME "-session-manager"
#define PARTITION "spec.updateStrategy.rollingUpdate.partition"

static bool is_named(const json_t *object, const char *kind, const char *prefix)
{
    return strcmp(hk_sim_text(object, "kind"), kind) == 0 &&
           strncmp(hk_sim_text(object, "metadata.name"), prefix, strlen(prefix)) == 0;
}

static const json_t *find_seen(const struct hk_sim_view *view, const char *kind, const char *prefix)
{
    for (size_t i = 0; i < view->count; i++)
        if (is_named(view->children[i], kind, prefix))
            return view->children[i];
    return NULL;
}

static const json_t *find_answered(const json_t *answer, const char *kind, const char *prefix)
{
    size_t i;
    json_t *child;
    json_array_foreach(json_object_get(answer, "children"), i, child)
    {
        if (is_named(child, kind, prefix))
            return child;
    }
    return NULL;
}

static const char *hash_of(const json_t *set)
{
    return hk_sim_annotation(hk_sim_get(set, "spec.template"), HASH);
}

static bool is_counted(const json_t *set)
{
    return hk_sim_int(set, "status.observedGeneration") == hk_sim_int(set, "metadata.generation");
}

bool rules_set_is_empty(const struct hk_sim_view *view)
{
    const json_t *set = find_seen(view, "StatefulSet", LIFE_NAME);
    return !set || (is_counted(set) && hk_sim_int(set, "spec.replicas") == 0 &&
                    hk_sim_int(set, "status.replicas") == 0);
}

static bool is_stateful(const json_t *parent)
{
    return strcmp(hk_sim_text(parent, "spec.executorManager.workload"), "StatefulSet") == 0;
}

static bool is_update(const json_t *parent, const char *type)
{
    return strcmp(hk_sim_text(parent, "spec.executorManager.updateStrategy.type"), type) == 0;
}

/* May executors of the wanted template take the place of others? */
static bool may_roll(const struct hk_sim_view *view)
{
    const json_t *seen = find_seen(view, "Pod", SESSION);
    const json_t *wanted = find_answered(view->reply, "Pod", SESSION);
    return seen && wanted && hk_sim_pod_ready(seen) &&
           strcmp(hk_sim_annotation(seen, HASH), hk_sim_annotation(wanted, HASH)) == 0 &&
           !json_is_true(hk_sim_get(view->parent, "spec.executorManager.updateStrategy.paused"));
}

static void check_created(struct life *life, const struct hk_sim_view *view)
{
    bool is_parallel = strcmp(hk_sim_text(view->parent, "spec.startupPolicy"), "Parallel") == 0;
    if (json_is_true(hk_sim_get(view->parent, "spec.suspend")))
        life_break(life, "the StatefulSet was created while suspended");
    if (!is_parallel && !hk_sim_pod_ready(find_seen(view, "Pod", SESSION)))
        life_break(life, "the StatefulSet was created without a session manager");
    if (find_seen(view, "Pod", LIFE_NAME "-executor-manager-"))
        life_break(life, "the StatefulSet was created beside executor Pods");
}

/* Neither a new template nor fewer Pods without a reason. */
static void check_changed(struct life *life, const struct hk_sim_view *view, const json_t *seen,
                          const json_t *asked)
{
    bool is_suspended = json_is_true(hk_sim_get(view->parent, "spec.suspend"));
    bool is_new = strcmp(hash_of(seen), hash_of(asked)) != 0;
    bool is_let_go = hk_sim_int(asked, PARTITION) < hk_sim_int(asked, "spec.replicas");
    int64_t fewer = hk_sim_int(view->parent, "spec.executorManager.replicas");
    if (is_new && is_let_go && !is_update(view->parent, "OnDelete") && !may_roll(view))
        life_break(life, "the StatefulSet rolls out too early");
    if (hk_sim_int(seen, "spec.replicas") < fewer)
        fewer = hk_sim_int(seen, "spec.replicas");
    if (is_suspended || hk_sim_int(asked, "spec.replicas") >= fewer)
        return;
    if (!may_roll(view))
        life_break(life, "the StatefulSet was emptied too early");
    if (is_stateful(view->parent) && !is_update(view->parent, "Recreate"))
        life_break(life, "the StatefulSet was emptied");
}

void rules_set_check(struct life *life, const struct hk_sim_view *view)
{
    const json_t *seen = find_seen(view, "StatefulSet", LIFE_NAME);
    const json_t *asked = find_answered(view->reply, "StatefulSet", LIFE_NAME);
    size_t i;
    json_t *child;
    if (asked && !seen)
        check_created(life, view);
    if (asked && seen)
        check_changed(life, view, seen, asked);
    if (seen && !asked && !rules_set_is_empty(view))
        life_break(life, "the StatefulSet was removed with Pods");
    json_array_foreach(json_object_get(view->reply, "children"), i, child)
    {
        const char *name = hk_sim_text(child, "metadata.name");
        if (seen && is_named(child, "Pod", LIFE_NAME "-executor-manager-") &&
            !find_seen(view, "Pod", name))
            life_break(life, "%s was created beside the StatefulSet", name);
    }
}

void rules_set_check_end(struct life *life, const json_t *parent)
{
    size_t n = 0;
    bool is_suspended = json_is_true(hk_sim_get(parent, "spec.suspend"));
    bool is_paused = json_is_true(hk_sim_get(parent, "spec.executorManager.updateStrategy.paused"));
    while (hk_sim_nth(life->sim, "StatefulSet", n))
        n++;
    if (n > 1 || (!is_stateful(parent) && n && !is_paused) ||
        (is_stateful(parent) && !n && !is_paused && !is_suspended))
        life_break(life, "%zu StatefulSets at the end", n);
}
