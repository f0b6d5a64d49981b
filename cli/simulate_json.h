/* simulate_json.h - `simulate -o json`: one JSON object a line for each event and parent; and the
 * words for a change. */
#ifndef SIMULATE_JSON_H
#define SIMULATE_JSON_H

#include "simulate.h"

void show_json_event(const struct hk_sim_event *event,
                     const struct show_parent *parent); /* parent may be NULL */
void show_json_summary(const struct show *show, const struct show_parent *parent, bool settled,
                       bool good);

/* show_diff - "executorManager.replicas 5 -> 2", clipped to size. */
void show_diff(const json_t *before, const json_t *after, char *text, size_t size);

/* show_diff_short - the same; of an image that only gets another tag, the tags. */
void show_diff_short(const json_t *before, const json_t *after, char *text, size_t size);

#endif
