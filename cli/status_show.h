/* status_show.h - parts of a status' picture, each in a file of its own. */
#ifndef STATUS_SHOW_H
#define STATUS_SHOW_H

#include "screen.h"

/* The sign of a branch, or of the last one; is_nested: below one that goes on (or not). */
void status_branch(struct screen *s, bool is_last);
void status_trunk(struct screen *s, bool is_last_above);

/* status_show_pods - a component's Pods below its line: those in trouble first, those that are alike in one line. parent: the prefix of
 * their names that is left out. missing: wanted ones that are not there. */
struct status_pods {
    const json_t *pods;
    const char *parent;
    int64_t missing;
    bool is_last_above;
};
int status_show_pods(struct screen *s, const struct status_pods *pods);

#endif
