/* plan.c - what happens between a change and the moment when the cluster has settled. */
#include "plan.h"

static const char *const APPS[PLAN_PARTS] = {
    [PLAN_SESSION] = "flame-session-manager",
    [PLAN_EXECUTORS] = "flame-executor-manager",
    [PLAN_CACHES] = "flame-object-cache",
};

static struct plan_part *part_of(struct plan *plan, const json_t *pod)
{
    const char *app = hk_sim_text(pod, "metadata.labels.app");
    for (int i = 0; i < PLAN_PARTS; i++)
        if (strcmp(app, APPS[i]) == 0)
            return &plan->parts[i];
    return NULL;
}

static void count(struct plan *plan, const json_t *pod, int by)
{
    struct plan_part *part = part_of(plan, pod);
    int64_t now = hk_sim_now_ms(plan->sim) - plan->start_ms;
    if (!part || !hk_sim_pod_ready(pod))
        return;
    part->ready += by;
    if (part->ready < part->fewest) {
        part->fewest = part->ready;
        part->fewest_ms = now;
    }
    if (part->ready == 0 && part->since_ms < 0)
        part->since_ms = now;
    if (part->ready > 0 && part->since_ms >= 0) {
        part->away_ms += now - part->since_ms;
        part->since_ms = -1;
    }
}

static void pod_event(struct plan *plan, const struct hk_sim_event *event)
{
    if (event->what == HK_SIM_DELETING)
        plan->failed |=
            json_array_append_new(plan->removals,
                                  json_pack("{s:I,s:s}", "at",
                                            (json_int_t)(event->at_ms - plan->start_ms), "name",
                                            hk_sim_text(event->before, "metadata.name"))) != 0;
    if (event->what == HK_SIM_DELETING && !event->after)
        return; /* that it is gone comes next */
    if (event->after)
        count(plan, event->after, 1);
    if (event->before)
        count(plan, event->before, -1);
}

void plan_event(void *arg, const struct hk_sim_event *event)
{
    struct plan *plan = arg;
    if (!plan->is_watching || event->what > HK_SIM_GONE)
        return;
    plan->last_ms = event->at_ms;
    if (strcmp(event->kind, "Pod") == 0)
        pod_event(plan, event);
}

/* All live children: objects with an owner. */
static json_t *snapshot(struct plan *plan)
{
    json_t *all = json_object();
    for (size_t k = 0; k < sizeof hk_sim_core_kinds / sizeof *hk_sim_core_kinds; k++) {
        const char *kind = hk_sim_core_kinds[k].kind;
        json_t *objects = json_object();
        const json_t *object;
        for (size_t i = 0; (object = hk_sim_nth(plan->sim, kind, i)); i++)
            if (json_array_size(hk_sim_get(object, "metadata.ownerReferences")))
                plan->failed |= json_object_set(objects, hk_sim_text(object, "metadata.name"),
                                                (json_t *)object) != 0;
        plan->failed |= json_object_set_new(all, kind, objects) != 0;
    }
    return all;
}

static const json_t *parent_of(const struct plan *plan)
{
    return hk_sim_find(plan->sim, (struct hk_sim_ref){plan->kind, plan->namespace, plan->name});
}

void plan_watch(struct plan *plan)
{
    plan->before = snapshot(plan);
    plan->parent_before = json_incref((json_t *)parent_of(plan));
    plan->removals = json_array();
    plan->start_ms = plan->last_ms = hk_sim_now_ms(plan->sim);
    plan->failed |= !plan->removals || !plan->before;
    for (int i = 0; i < PLAN_PARTS; i++)
        plan->parts[i] = (struct plan_part){.since_ms = 0};
    const json_t *pod;
    for (size_t i = 0; (pod = hk_sim_nth(plan->sim, "Pod", i)); i++)
        count(plan, pod, 1);
    for (int i = 0; i < PLAN_PARTS; i++)
        plan->parts[i].before = plan->parts[i].fewest = plan->parts[i].ready;
    plan->is_watching = true;
}

void plan_end(struct plan *plan, bool settled)
{
    plan->is_watching = false;
    plan->after = snapshot(plan);
    plan->settled = settled;
    plan->failed |= !plan->after;
}

void plan_fini(struct plan *plan)
{
    json_decref(plan->before);
    json_decref(plan->after);
    json_decref(plan->parent_before);
    json_decref(plan->removals);
}

bool plan_is_as_asked(const json_t *parent)
{
    const struct played_columns *columns = &played_columns;
    const char *state = hk_sim_text(parent, columns->state);
    bool is_up = strcmp(state, columns->good) == 0 &&
                 hk_sim_int(parent, columns->ready) == hk_sim_int(parent, columns->desired);
    return is_up || strcmp(state, columns->at_rest) == 0;
}
