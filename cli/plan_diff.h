/* plan_diff.h - how two forms of an object differ, as JSON that people and programs read. */
#ifndef PLAN_DIFF_H
#define PLAN_DIFF_H

#include "hk_mem.h"

#include <jansson.h>

/* plan_diff - [{path, before?, after?, lines[]?}]; a member that is not there on one side is missing. Lists whose items all have names are matched by them. A text of several lines has `lines`, see plan_lines.
 * of_secret: no value below data and stringData, {path, secret: true} instead. New; NULL: out of memory. */
json_t *plan_diff(const json_t *before, const json_t *after, bool of_secret);

/* plan_lines - the lines that differ and two around them, each behind ' ', '-' or '+'; "..." stands for lines left
 * out. New; NULL: out of memory. */
json_t *plan_lines(const char *before, const char *after);

/* plan_project - what `object` says of the members that `shape` has: without what a server filled in. New; NULL: out
 * of memory. */
json_t *plan_project(const json_t *object, const json_t *shape);

#endif
