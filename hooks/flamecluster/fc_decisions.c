#include "fc_decisions_note.h"

const struct hk_decision_kind fc_decision_kinds[] = {
#define X(suffix, action, reason, is_change, words) {action, reason, words, is_change},
    FC_DECISIONS(X)
#undef X
        {NULL, NULL, NULL, false},
};

void fc_decisions_followed(const struct fc_decided *decided)
{
    struct fc_notes notes = {.request = decided->request};
    fc_note_pods(&notes, decided);
    fc_note_objects(&notes, decided);
    fc_notes_report(&notes);
}

/* The reason of a condition is that of a decision. */
static enum fc_decision why_not_resolved(const struct fc_references *references)
{
    for (size_t kind = 0; references->reason && kind < FC_DECISION_COUNT; kind++)
        if (strcmp(fc_decision_kinds[kind].reason, references->reason) == 0)
            return (enum fc_decision)kind;
    return FC_BLOCK_INVALID;
}

void fc_decisions_kept(const struct fc_request *request)
{
    struct fc_notes notes = {.request = request};
    enum fc_decision why = request->parent.is_valid
                               ? why_not_resolved(&request->observed.references)
                               : FC_BLOCK_INVALID;
    fc_note_name(&notes, why, FC_KIND, request->parent.name);
    fc_notes_report(&notes);
}

/* ---- finalize ---- */

static void note_leaving(struct fc_notes *notes, enum fc_decision kind, const struct fc_pod *pod)
{
    if (!pod->is_terminating)
        fc_note_name(notes, kind, "Pod", pod->name);
}

static void note_leaving_set(struct fc_notes *notes, enum fc_decision kind,
                             const struct fc_pod_set *set, const struct fc_series *series)
{
    for (size_t i = 0; i < set->count; i++)
        if (!set->items[i]->is_terminating)
            fc_note_index(notes, kind, series, set->items[i]->index);
}

/* In the order of fc_answer.c's answer_finalize: what still serves somebody waits. */
void fc_decisions_finalize(const struct fc_request *request)
{
    struct fc_notes notes = {.request = request};
    const struct fc_observed *o = &request->observed;
    bool has_others = fc_observed_pods(o) > (o->session ? 1 : 0);
    bool has_executors = fc_observed_executors(o) > 0;
    note_leaving_set(&notes, FC_REMOVE_FINALIZING, &o->executors, &fc_executor_pods);
    note_leaving_set(&notes, has_executors ? FC_WAIT_LEAVING : FC_REMOVE_FINALIZING, &o->caches,
                     &fc_cache_pods);
    for (size_t i = 0; i < o->strangers.count; i++)
        note_leaving(&notes, FC_REMOVE_FINALIZING, o->strangers.items[i]);
    if (o->session)
        note_leaving(&notes, has_others ? FC_WAIT_LEAVING : FC_REMOVE_FINALIZING, o->session);
    for (size_t i = 0; i < o->object_count; i++) {
        const struct fc_object *object = &o->objects[i];
        bool is_set = o->stateful && hk_str_is(object->kind, FC_STATEFUL_SET);
        if (object->is_terminating)
            continue;
        if (fc_observed_pods(o) == 0)
            fc_note_object(&notes, FC_REMOVE_FINALIZING, object);
        else if (is_set && o->stateful->replicas > 0)
            fc_note_object(&notes, FC_UPDATE_FINALIZING, object);
    }
    fc_notes_report(&notes);
}
