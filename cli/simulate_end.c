/* simulate_end.c - what is counted while it runs, and the summary. */
#include "simulate_json.h"

#include <stdio.h>

void show_init(struct show *show, const struct played_columns *columns, bool json)
{
    *show = (struct show){.columns = columns, .json = json, .first_ms = -1};
    show->color = cli_has_color();
    hk_buf_init(&show->known);
}

void show_fini(struct show *show)
{
    hk_free(show->parents);
    hk_free(show->changed);
    hk_free(show->entries);
    hk_buf_fini(&show->known);
}

int show_parent_add(struct show *show, const char *namespace, const char *name)
{
    size_t count = show->parent_count + 1;
    struct show_parent *parents = hk_resize(show->parents, count * sizeof *parents);
    if (parents)
        show->parents = parents;
    bool *changed = hk_resize(show->changed, count * sizeof *changed);
    if (changed)
        show->changed = changed;
    if (!parents || !changed)
        return -1;
    struct show_parent *parent = &parents[show->parent_count];
    *parent = (struct show_parent){.up = -1};
    snprintf(parent->name, sizeof parent->name, "%s", name);
    snprintf(parent->namespace, sizeof parent->namespace, "%s", namespace);
    changed[show->parent_count] = false;
    show->parent_count = count;
    for (size_t i = 0; i < count && count > 1; i++)
        if ((int)strlen(parents[i].name) > show->width)
            show->width = (int)strlen(parents[i].name);
    return 0;
}

static int64_t count_ready(const struct show *show, const struct show_parent *parent)
{
    char prefix[256];
    int64_t ready = 0;
    const json_t *pod;
    int len = snprintf(prefix, sizeof prefix, "%s%s", parent->name, show->columns->counted);
    for (size_t i = 0; (pod = hk_sim_nth(show->sim, "Pod", i)); i++)
        ready += strncmp(hk_sim_text(pod, "metadata.name"), prefix, (size_t)len) == 0 &&
                 strcmp(hk_sim_text(pod, "metadata.namespace"), parent->namespace) == 0 &&
                 hk_sim_pod_ready(pod);
    return ready;
}

void show_count(struct show *show, struct show_parent *parent)
{
    const struct hk_sim_ref ref = {show->columns->kind, parent->namespace, parent->name};
    if (strcmp(parent->state, show->columns->good) == 0 && parent->ready == parent->desired)
        parent->up = parent->desired;
    const json_t *live = hk_sim_find(show->sim, ref);
    if (json_is_true(hk_sim_get(live, show->columns->suspended)))
        parent->up = -1; /* what comes back later starts anew */
    const json_t *spec = hk_sim_get(live, show->columns->wanted); /* the status comes after it */
    int64_t wanted = spec ? json_integer_value(spec) : parent->desired;
    if (parent->up < wanted)
        wanted = parent->up;
    if (wanted <= 0 || !live || hk_sim_get(live, "metadata.deletionTimestamp"))
        return; /* nothing was up yet, or nothing is to be any more */
    int64_t ready = count_ready(show, parent);
    if (wanted - ready <= parent->fewest_of - parent->fewest)
        return;
    parent->fewest = ready;
    parent->fewest_of = wanted;
    parent->fewest_ms = hk_sim_now_ms(show->sim);
}

static void write_parent(const struct show *show, const struct show_parent *parent, bool settled,
                         bool good)
{
    const char *on = show->color ? good ? "\033[1;32m" : "\033[1;31m" : "";
    const char *off = show->color ? "\033[0m" : "";
    double seconds = (double)hk_sim_now_ms(show->sim) / 1000;
    printf("\n%s%s/%s: %s%s", on, parent->namespace, parent->name,
           parent->is_gone  ? "gone"
           : *parent->state ? parent->state
                            : "no state",
           off);
    if (!parent->is_gone)
        printf(", %" PRId64 " of %" PRId64 " %s ready", parent->ready, parent->desired,
               show->columns->noun);
    printf(", %s %.1f s\n", settled ? "settled after" : "not settled after", seconds);
    if (*parent->message && !parent->is_gone)
        printf("  message   %s\n", parent->message);
    if (parent->fewest < parent->fewest_of)
        printf("  fewest    %" PRId64 " of %" PRId64 " %s ready, at %.1f s\n", parent->fewest,
               parent->fewest_of, show->columns->noun, (double)parent->fewest_ms / 1000);
}

static void write_pods(const struct show *show)
{
    size_t pods = 0, ready = 0;
    const json_t *pod;
    for (; (pod = hk_sim_nth(show->sim, "Pod", pods)); pods++)
        ready += hk_sim_pod_ready(pod);
    const struct hk_sim_counters *counters = hk_sim_counters(show->sim);
    printf("  Pods      %zu, %zu ready\n", pods, ready);
    printf("  hook      %u syncs, %u of them not modified, %u errors\n", counters->syncs,
           counters->not_modified, counters->errors);
    printf("  children  %u created, %u updated, %u deleted by the hook\n", counters->created,
           counters->updated, counters->deleted);
    const char *error = hk_sim_last_error(show->sim);
    if (error)
        printf("  error     %s\n", error);
}

bool show_summary(struct show *show, bool settled, bool deleted)
{
    bool all_good = true;
    show_flush(show);
    for (size_t i = 0; i < show->parent_count; i++) {
        const struct show_parent *parent = &show->parents[i];
        bool is_up =
            strcmp(parent->state, show->columns->good) == 0 && parent->ready == parent->desired;
        bool is_at_rest = strcmp(parent->state, show->columns->at_rest) == 0;
        bool is_as_asked = (is_up || is_at_rest) && !parent->is_gone;
        bool good = settled && (deleted ? parent->is_gone : is_as_asked);
        all_good &= good;
        if (show->json)
            show_json_summary(show, parent, settled, good);
        else
            write_parent(show, parent, settled, good);
    }
    if (!show->json)
        write_pods(show);
    return all_good;
}
