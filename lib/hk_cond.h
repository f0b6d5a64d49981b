/* hk_cond.h - metav1.Condition lists: read the observed ones, decide the new ones, write them.
 * lastTransitionTime moves only when status flips. source: apimachinery meta/v1, api/meta. */
#ifndef HK_COND_H
#define HK_COND_H

#include "hk_jw.h"
#include "hk_scan.h"

enum hk_cond_status { HK_COND_UNKNOWN, HK_COND_TRUE, HK_COND_FALSE };

struct hk_cond {
    struct hk_str type; /* CamelCase; all text borrowed */
    enum hk_cond_status status;
    struct hk_str reason;  /* CamelCase, not empty */
    struct hk_str message; /* may be empty; clipped to 32768 bytes when written */
    int64_t since_s;       /* lastTransitionTime */
    int64_t observed_generation;
};

#define HK_COND_MAX 16
struct hk_cond_list {
    struct hk_cond items[HK_COND_MAX];
    size_t count;
};

/* hk_cond_read - an observed status.conditions; consumes one value whatever it is. Tolerant: what is
 * no condition is left out, since status is only ever our own memory and must never wedge a sync. */
void hk_cond_read(struct hk_cond_list *list, struct hk_scan *s);

const struct hk_cond *hk_cond_find(const struct hk_cond_list *list,
                                   struct hk_str type); /* NULL: none */

/* hk_cond_set - add `next` to list; since_s is taken from `before` (may be NULL) when the status is
 * the same there and the time is known, else now_s. Over HK_COND_MAX: ignored. */
void hk_cond_set(struct hk_cond_list *list, const struct hk_cond_list *before, struct hk_cond next,
                 int64_t now_s);

/* hk_cond_write - the list as a JSON array, in list order. */
void hk_cond_write(const struct hk_cond_list *list, struct hk_jw *w);

#endif
