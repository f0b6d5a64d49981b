/* fc_asked.h - what was asked for last of an observed child, as far as it can be known. */
#ifndef FC_ASKED_H
#define FC_ASKED_H

#include "fc_observe.h"

#include <jansson.h>

/* fc_last_applied_new - the whole object as Metacontroller notes it on the child (dynamic apply). new; NULL: it
 * does not (server-side apply), or no memory: *failed. */
json_t *fc_last_applied_new(const struct fc_object *object, bool *failed);

/* fc_asked_new - a sketch of it in either mode: {metadata{annotations{},labels{}},spec{...,ports[{port,nodePort?}]}}
 * in which the names count, not the values; in server-side apply it is made of managedFields. new; NULL: nothing
 * is known, or no memory: *failed. */
json_t *fc_asked_new(const struct fc_object *object, bool *failed);

#endif
