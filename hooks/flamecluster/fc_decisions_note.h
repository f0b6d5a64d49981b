/* fc_decisions_note.h - decisions gathered by kind, their objects named for people; for fc_decisions*.c alone. */
#ifndef FC_DECISIONS_NOTE_H
#define FC_DECISIONS_NOTE_H

#include "fc_decisions.h"

/* Pods or claims that are told apart by a number. */
struct fc_series {
    const char *one, *many; /* "Pod", "Pods" */
    const char *prefix;     /* "executor-manager-" */
};
extern const struct fc_series fc_executor_pods, fc_cache_pods, fc_cache_claims;

/* What is known of one kind so far. */
struct fc_note {
    uint64_t count, named; /* objects; those that the text tells of */
    unsigned pieces;       /* of the text */
    struct hk_str text;
    const struct fc_series
        *series; /* of the open run, which the text does not tell of yet; NULL: none */
    int64_t first, last;
};

struct fc_notes {
    const struct fc_request *request;
    struct fc_note items[FC_DECISION_COUNT];
};

/* fc_note_index - one of a series; those with ascending numbers become one run. fc_note_name - one object, whatever it is, by
 * what it is called without the cluster's name. */
void fc_note_index(struct fc_notes *notes, enum fc_decision kind, const struct fc_series *series,
                   int64_t index);
void fc_note_name(struct fc_notes *notes, enum fc_decision kind, const char *word,
                  struct hk_str name);
void fc_note_object(struct fc_notes *notes, enum fc_decision kind, const struct fc_object *object);

/* fc_notes_report - all of it to the request's report, in the order of the kinds. */
void fc_notes_report(struct fc_notes *notes);

/* Parts of fc_decisions_followed: the Pods and the StatefulSet, and all other children. */
void fc_note_pods(struct fc_notes *notes, const struct fc_decided *d);
void fc_note_objects(struct fc_notes *notes, const struct fc_decided *d);

#endif
