/* hk_sim_cache.c - informers: each kind's cache hears of the changes of its kind in their order,
 * each a little later than it happened; what it hears is what wakes the controller. */
#include "hk_sim_impl.h"

static bool grow(struct hk_sim *sim, struct sim_shelf *shelf)
{
    if (shelf->heard == shelf->change_count)
        shelf->heard = shelf->change_count = 0;
    if (shelf->change_count < shelf->change_cap)
        return true;
    size_t cap = shelf->change_cap ? shelf->change_cap * 2 : 16;
    struct sim_change *changes = hk_resize(shelf->changes, cap * sizeof *changes);
    if (!changes) {
        sim->failed = true;
        return false;
    }
    shelf->changes = changes;
    shelf->change_cap = cap;
    return true;
}

/* Half of all changes are heard almost at once, the others anywhere up to the longest lag. */
static int64_t lag(struct hk_sim *sim)
{
    if (sim->faults.lag_ms <= 0 || hk_sim_chance(sim, 50))
        return 1;
    return 1 + (int64_t)(hk_sim_random(sim) % (uint64_t)sim->faults.lag_ms);
}

void hk_sim_cache_announce(struct hk_sim *sim, struct sim_shelf *shelf, struct sim_version *version,
                           bool is_gone)
{
    if (!grow(sim, shelf))
        return;
    int64_t due = sim->now_ms + lag(sim);
    if (shelf->heard < shelf->change_count && shelf->changes[shelf->change_count - 1].due_ms > due)
        due = shelf->changes[shelf->change_count - 1].due_ms;
    version->refs++;
    shelf->changes[shelf->change_count++] = (struct sim_change){due, version, is_gone};
}

int64_t hk_sim_cache_next(const struct hk_sim *sim)
{
    int64_t next = SIM_NEVER;
    for (size_t i = 0; i < sim->shelf_count; i++) {
        const struct sim_shelf *shelf = sim->shelves[i];
        if (shelf->heard < shelf->change_count && shelf->changes[shelf->heard].due_ms < next)
            next = shelf->changes[shelf->heard].due_ms;
    }
    return next;
}

/* Whoever the news is about: the parent itself, the owner of a child, or everybody for an orphan
 * that might be adopted and for what customize hooks asked for. */
static void wake(struct hk_sim *sim, const struct sim_shelf *shelf,
                 const struct sim_version *version)
{
    if (shelf->is_parent)
        hk_sim_enqueue(sim, version->json);
    else if (version->owner)
        hk_sim_enqueue_uid(sim, version->owner);
    else
        hk_sim_poke(sim);
}

void hk_sim_cache_deliver(struct hk_sim *sim)
{
    for (size_t i = 0; i < sim->shelf_count; i++) {
        struct sim_shelf *shelf = sim->shelves[i];
        while (shelf->heard < shelf->change_count &&
               shelf->changes[shelf->heard].due_ms <= sim->now_ms) {
            struct sim_change change = shelf->changes[shelf->heard++];
            if (change.is_gone)
                hk_sim_list_drop(&shelf->seen, change.version->namespace, change.version->name);
            else
                hk_sim_list_put(sim, &shelf->seen, change.version);
            wake(sim, shelf, change.version);
            hk_sim_version_free(change.version);
        }
    }
}
