/* hk_sim.c - the simulation's life, and what a user does to the cluster. */
#include "hk_sim_impl.h"

#define QUIET_MS                                                                                   \
    600000 /* nothing changed for so long: resyncs alone do not keep a cluster unsettled */
#define START_S 1767225600 /* 2026-01-01T00:00:00Z */

const struct hk_sim_kind hk_sim_core_kinds[8] = {
    {"v1", "ConfigMap", "configmaps", HK_SIM_IN_PLACE},
    {"networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", HK_SIM_IN_PLACE},
    {"v1", "PersistentVolumeClaim", "persistentvolumeclaims", HK_SIM_IN_PLACE},
    {"v1", "Pod", "pods", HK_SIM_ON_DELETE},
    {"policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", HK_SIM_IN_PLACE},
    {"v1", "Secret", "secrets", HK_SIM_IN_PLACE},
    {"v1", "Service", "services", HK_SIM_IN_PLACE},
    {"apps/v1", "StatefulSet", "statefulsets", HK_SIM_IN_PLACE},
};

struct sim_shelf *hk_sim_shelf_add(struct hk_sim *sim, const struct hk_sim_kind *kind)
{
    struct sim_shelf **shelves = hk_resize(sim->shelves, (sim->shelf_count + 1) * sizeof *shelves);
    if (shelves)
        sim->shelves = shelves;
    struct sim_shelf *shelf = shelves ? hk_alloc(sizeof *shelf) : NULL;
    if (!shelf) {
        sim->failed = true;
        return NULL;
    }
    *shelf = (struct sim_shelf){.kind = *kind};
    sim->shelves[sim->shelf_count++] = shelf;
    return shelf;
}

static void shelf_free(struct sim_shelf *shelf)
{
    hk_sim_list_fini(&shelf->live);
    hk_sim_list_fini(&shelf->seen);
    for (; shelf->heard < shelf->change_count; shelf->heard++)
        hk_sim_version_free(shelf->changes[shelf->heard].version);
    hk_free(shelf->changes);
    for (size_t i = 0; i < sizeof shelf->owned / sizeof *shelf->owned; i++)
        hk_free(shelf->owned[i]);
    hk_free(shelf);
}

static int key_order(const void *a, const void *b)
{
    const struct sim_shelf *const *x = a, *const *y = b;
    int c = strcmp((*x)->kind.kind, (*y)->kind.kind);
    return c ? c : strcmp((*x)->kind.api_version, (*y)->kind.api_version);
}

struct hk_sim *hk_sim_new(const struct hk_sim_options *options, struct hk_err *err)
{
    struct hk_sim *sim = hk_alloc(sizeof *sim);
    if (!sim) {
        hk_err_memory(err);
        return NULL;
    }
    *sim = (struct hk_sim){
        .options = *options,
        .random = options->seed,
        .uids = options->seed ^ 0x5eed,
        .sets_due_ms = SIM_NEVER,
    };
    if (!sim->options.start_s)
        sim->options.start_s = START_S;
    if (!sim->options.children) {
        sim->options.children = hk_sim_core_kinds;
        sim->options.child_count = sizeof hk_sim_core_kinds / sizeof *hk_sim_core_kinds;
    }
    hk_buf_init(&sim->request);
    hk_buf_init(&sim->spare);
    struct sim_shelf *parents = hk_sim_shelf_add(sim, &options->parent);
    if (parents)
        parents->is_parent = true;
    for (size_t i = 0; i < sim->options.child_count; i++) {
        struct sim_shelf *shelf = hk_sim_shelf_add(sim, &sim->options.children[i]);
        if (shelf)
            shelf->is_child = true;
    }
    if (sim->failed) {
        hk_sim_free(sim);
        hk_err_memory(err);
        return NULL;
    }
    /* Requests list the kinds in the order of their keys. */
    qsort(sim->shelves + 1, sim->options.child_count, sizeof *sim->shelves, key_order);
    return sim;
}

void hk_sim_free(struct hk_sim *sim)
{
    if (!sim)
        return;
    for (size_t i = 0; i < sim->shelf_count; i++)
        shelf_free(sim->shelves[i]);
    hk_free(sim->shelves);
    hk_sim_pods_fini(sim);
    hk_sim_volumes_fini(sim);
    hk_sim_sets_fini(sim);
    for (size_t i = 0; i < sim->work_count; i++)
        hk_sim_work_fini(&sim->works[i]);
    hk_free(sim->works);
    hk_sim_names_fini(&sim->bad_images);
    hk_sim_names_fini(&sim->lost_nodes);
    hk_buf_fini(&sim->request);
    hk_buf_fini(&sim->spare);
    hk_free(sim);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_ms(const struct hk_sim *sim, bool with_resyncs)
{
    int64_t next = least(hk_sim_cache_next(sim), hk_sim_pods_next(sim));
    next = least(next, hk_sim_volumes_next(sim));
    next = least(next, hk_sim_sets_next(sim));
    return least(next, hk_sim_work_next(sim, with_resyncs));
}

int hk_sim_step(struct hk_sim *sim, int64_t until_ms, bool *idle, struct hk_err *err)
{
    int64_t next = next_ms(sim, true);
    *idle = next > until_ms;
    if (*idle) {
        if (until_ms > sim->now_ms)
            sim->now_ms = until_ms;
    } else {
        if (next > sim->now_ms)
            sim->now_ms = next;
        hk_sim_volumes_live(sim);
        hk_sim_pods_live(sim);
        hk_sim_sets_live(sim);
        hk_sim_cache_deliver(sim);
        hk_sim_work_run(sim);
    }
    return sim->failed ? hk_err_memory(err) : 0;
}

static bool has_error(const struct hk_sim *sim)
{
    for (size_t i = 0; i < sim->work_count; i++)
        if (sim->works[i].has_error)
            return true;
    return false;
}

static bool is_settled(const struct hk_sim *sim)
{
    if (has_error(sim))
        return false;
    if (next_ms(sim, true) == SIM_NEVER)
        return true;
    return next_ms(sim, false) == SIM_NEVER && sim->now_ms - sim->changed_ms >= QUIET_MS;
}

int hk_sim_run(struct hk_sim *sim, int64_t for_ms, bool *settled, struct hk_err *err)
{
    int64_t until = sim->now_ms + for_ms;
    bool idle = false;
    while (!(*settled = is_settled(sim)) && !idle)
        if (hk_sim_step(sim, until, &idle, err) != 0)
            return -1;
    return 0;
}

int64_t hk_sim_now_ms(const struct hk_sim *sim)
{
    return sim->now_ms;
}

const struct hk_sim_counters *hk_sim_counters(const struct hk_sim *sim)
{
    return &sim->counters;
}

struct hk_str hk_sim_last_answer(const struct hk_sim *sim)
{
    return sim->last_answer;
}

const char *hk_sim_last_error(const struct hk_sim *sim)
{
    return has_error(sim) ? sim->last_error : NULL;
}

void hk_sim_set_faults(struct hk_sim *sim, const struct hk_sim_faults *faults)
{
    sim->faults = *faults;
}
