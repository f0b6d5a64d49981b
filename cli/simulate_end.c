/* simulate_end.c - what is counted while it runs, and the summary. */
#include "simulate_json.h"

#include <stdio.h>

void show_init(struct show *show, const struct played_columns *columns, bool json)
{
    *show = (struct show){.columns = columns, .json = json, .first_ms = -1};
    show->color = cli_has_color();
    show->known = json_object();
}

void show_fini(struct show *show)
{
    hk_free(show->parents);
    hk_free(show->changed);
    hk_free(show->entries);
    json_decref(show->known);
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
    *parent = (struct show_parent){.low = {.up = -1}};
    snprintf(parent->name, sizeof parent->name, "%s", name);
    snprintf(parent->namespace, sizeof parent->namespace, "%s", namespace);
    changed[show->parent_count] = false;
    show->parent_count = count;
    for (size_t i = 0; i < count && count > 1; i++)
        if ((int)strlen(parents[i].name) > show->width)
            show->width = (int)strlen(parents[i].name);
    return 0;
}

/* The parent whose counted Pod this is, whoever made it. */
static struct show_parent *counted_by(struct show *show, const json_t *pod)
{
    for (size_t i = 0; i < show->parent_count; i++) {
        struct show_parent *parent = &show->parents[i];
        if (played_is_counted(show->columns, parent->name, hk_sim_text(pod, "metadata.name")) &&
            strcmp(hk_sim_text(pod, "metadata.namespace"), parent->namespace) == 0)
            return parent;
    }
    return NULL;
}

static void see(const struct show *show, struct show_parent *parent)
{
    const struct hk_sim_ref ref = {show->columns->kind, parent->namespace, parent->name};
    const struct played_seen seen = {show->columns, hk_sim_find(show->sim, ref), parent->up,
                                     hk_sim_now_ms(show->sim)};
    played_low_see(&parent->low, &seen);
}

void show_count(struct show *show, const struct hk_sim_event *event)
{
    const json_t *object = event->after ? event->after : event->before;
    bool is_pod = strcmp(event->kind, "Pod") == 0;
    struct show_parent *parent = is_pod ? counted_by(show, object) : show_parent_of(show, object);
    if (!parent || event->what > HK_SIM_GONE || (event->what == HK_SIM_DELETING && !event->after))
        return; /* that it is gone comes next */
    if (is_pod)
        parent->up += (event->after && hk_sim_pod_ready(event->after)) -
                      (event->before && hk_sim_pod_ready(event->before));
    see(show, parent);
}

static const char *state_word(const struct show_parent *parent)
{
    return parent->is_gone ? "gone" : *parent->state ? parent->state : "no state";
}

/* What follows the state. */
static void add_rest(const struct show *show, const struct show_parent *parent, bool settled,
                     struct hk_buf *out)
{
    if (!parent->is_gone)
        hk_buf_printf(out, ", %" PRId64 " of %" PRId64 " %s ready", parent->ready, parent->desired,
                      show->columns->noun);
    hk_buf_printf(out, ", %s %.1f s", settled ? "settled after" : "not settled after",
                  (double)hk_sim_now_ms(show->sim) / 1000);
}

void show_outcome(const struct show *show, const struct show_parent *parent, bool settled,
                  char *text, size_t size)
{
    struct hk_buf rest;
    hk_buf_init(&rest);
    add_rest(show, parent, settled, &rest);
    const char *words = hk_buf_cstr(&rest);
    snprintf(text, size, "%s%s", state_word(parent), words ? words : "");
    hk_buf_fini(&rest);
}

static void write_parent(const struct show *show, const struct show_parent *parent, bool settled,
                         bool good)
{
    const char *on = show->color ? good ? "\033[1;32m" : "\033[1;31m" : "";
    const char *off = show->color ? "\033[0m" : "";
    struct hk_buf rest;
    hk_buf_init(&rest);
    add_rest(show, parent, settled, &rest);
    printf("\n%s%s/%s: %s%s%.*s\n", on, parent->namespace, parent->name, state_word(parent), off,
           HK_STR_ARG(hk_buf_str(&rest)));
    hk_buf_fini(&rest);
    if (*parent->message && !parent->is_gone)
        printf("  message   %s\n", parent->message);
    const struct played_low *low = &parent->low;
    if (low->fewest < low->fewest_of)
        printf("  fewest    %" PRId64 " of %" PRId64 " %s ready, at %.1f s\n", low->fewest,
               low->fewest_of, show->columns->noun, (double)low->fewest_ms / 1000);
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
        if (show->is_silent)
            continue;
        if (show->json)
            show_json_summary(show, parent, settled, good);
        else
            write_parent(show, parent, settled, good);
    }
    if (!show->json && !show->is_silent)
        write_pods(show);
    return all_good;
}
