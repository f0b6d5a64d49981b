/* status_read.h - the objects in what kubectl prints, or in a request that Metacontroller sent: found in one pass, not yet
 * looked into. */
#ifndef STATUS_READ_H
#define STATUS_READ_H

#include "hk_err.h"
#include "hk_mem.h"
#include "hk_scan.h"

/* All borrowed from the text, or in the arena. */
struct status_item {
    struct hk_str kind; /* as Metacontroller files it: "Pod.v1", "StatefulSet.apps/v1" */
    struct hk_str namespace, name;
    struct hk_str owner; /* the value of the children's label; absent: none */
    struct hk_str raw;   /* the whole object; HK_SCAN_PAD readable bytes follow */
};

struct status_items {
    struct hk_arena *arena;
    const char *label; /* of children */
    struct status_item *items;
    size_t count, cap;
    struct hk_str related; /* of a request, raw; absent: none */
    bool is_request;       /* it had a parent */
};

/* status_items_read - add what a text holds: one object, a List, or a hook's request. in: HK_SCAN_PAD readable bytes follow text.
 * Returns 0, or -1 with err: MALFORMED, INVALID, MEMORY. */
int status_items_read(struct status_items *items, struct hk_str text,
                      struct hk_err *err) HK_MUST_USE;

/* status_items_sort - by namespace, owner, kind and name. */
void status_items_sort(struct status_items *items);

/* status_items_find - of sorted items; NULL: not there. */
const struct status_item *status_items_find(const struct status_items *items,
                                            const struct status_item *like);

#endif
