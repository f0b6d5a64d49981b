/* fc_status_view.h - what the parts of the status are made from; for fc_status*.c alone. */
#ifndef FC_STATUS_VIEW_H
#define FC_STATUS_VIEW_H

#include "fc_health.h"
#include "fc_status.h"

/* Everything that the conditions and the message are made from, worked out once. */
struct fc_view {
    const struct fc_status_input *in;
    struct fc_health health;
    struct hk_str session_words, executors_words, caches_words; /* absent: nothing to say */
    struct hk_str problem_words, warning_words;
    const struct fc_references *references;
    bool is_waiting; /* for a Secret, and nothing else is done meanwhile */
    bool is_suspended;
    bool is_rolling; /* Pods of an old template are left, and are going to be replaced */
    bool is_paused;  /* they are left, and stay so until the roll-out goes on */
    bool has_all;    /* all there and all Ready, of whatever template */
    bool is_settled; /* that, and all of the wanted template, unless their user replaces them */
};

/* fc_view_conditions - all conditions. message: the status' own. */
void fc_view_conditions(const struct fc_view *view, struct hk_str message,
                        struct hk_cond_list *list);

#endif
