#include "fc_decisions_note.h"

/* Pieces of a text that name something; the other objects are only counted. */
#define PIECES_MAX 6

const struct fc_series fc_executor_pods = {"Pod", "Pods", "executor-manager-"};
const struct fc_series fc_cache_pods = {"Pod", "Pods", "object-cache-"};
const struct fc_series fc_cache_claims = {"PersistentVolumeClaim", "PersistentVolumeClaims",
                                          "object-cache-"};

static struct hk_arena *arena_of(const struct fc_notes *notes)
{
    return notes->request->arena;
}

/* What stands between the pieces. */
static const char *joint(const struct fc_note *note)
{
    return note->pieces ? ", " : "";
}

static void close_run(struct fc_notes *notes, struct fc_note *note)
{
    const struct fc_series *series = note->series;
    if (!series)
        return;
    note->series = NULL;
    if (note->pieces == PIECES_MAX)
        return;
    if (note->first == note->last)
        note->text =
            hk_arena_printf(arena_of(notes), "%.*s%s%s %s%lld", HK_STR_ARG(note->text), joint(note),
                            series->one, series->prefix, (long long)note->first);
    else
        note->text = hk_arena_printf(arena_of(notes), "%.*s%s%s %s%lld..%lld",
                                     HK_STR_ARG(note->text), joint(note), series->many,
                                     series->prefix, (long long)note->first, (long long)note->last);
    note->named += (uint64_t)(note->last - note->first + 1);
    note->pieces++;
}

void fc_note_index(struct fc_notes *notes, enum fc_decision kind, const struct fc_series *series,
                   int64_t index)
{
    struct fc_note *note = &notes->items[kind];
    note->count++;
    if (note->series == series && index == note->last + 1) {
        note->last = index;
        return;
    }
    close_run(notes, note);
    note->series = series;
    note->first = note->last = index;
}

/* The part of a name that tells a cluster's children apart. */
static struct hk_str short_name(const struct fc_notes *notes, struct hk_str name)
{
    struct hk_str cluster = notes->request->parent.name;
    if (!hk_str_has_prefix(name, cluster) || name.len < cluster.len + 2 ||
        name.ptr[cluster.len] != '-')
        return name;
    return (struct hk_str){name.ptr + cluster.len + 1, name.len - cluster.len - 1};
}

static void note_words(struct fc_notes *notes, enum fc_decision kind, struct hk_str word,
                       struct hk_str name)
{
    struct fc_note *note = &notes->items[kind];
    note->count++;
    close_run(notes, note);
    if (note->pieces == PIECES_MAX)
        return;
    note->text =
        hk_arena_printf(arena_of(notes), "%.*s%s%.*s %.*s", HK_STR_ARG(note->text), joint(note),
                        HK_STR_ARG(word), HK_STR_ARG(short_name(notes, name)));
    note->named++;
    note->pieces++;
}

void fc_note_name(struct fc_notes *notes, enum fc_decision kind, const char *word,
                  struct hk_str name)
{
    note_words(notes, kind, hk_str_of(word), name);
}

void fc_note_object(struct fc_notes *notes, enum fc_decision kind, const struct fc_object *object)
{
    struct hk_str word = object->kind;
    const char *dot = memchr(word.ptr, '.', word.len);
    if (dot)
        word.len = (size_t)(dot - word.ptr);
    note_words(notes, kind, word, object->name);
}

void fc_notes_report(struct fc_notes *notes)
{
    for (size_t kind = 0; kind < FC_DECISION_COUNT; kind++) {
        struct fc_note *note = &notes->items[kind];
        if (note->count == 0)
            continue;
        close_run(notes, note);
        if (note->named < note->count)
            note->text =
                hk_arena_printf(arena_of(notes), "%.*s and %llu more", HK_STR_ARG(note->text),
                                (unsigned long long)(note->count - note->named));
        hk_report_add(notes->request->report, arena_of(notes),
                      (struct hk_decision){kind, note->count, note->text});
    }
}
