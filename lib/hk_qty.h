/* hk_qty.h - Kubernetes quantities ("500m", "1.5Gi", "1e3").
 * source: k8s.io/apimachinery/pkg/api/resource, k8s 1.36 (restated). */
#ifndef HK_QTY_H
#define HK_QTY_H

#include "hk_err.h"

#include <stdint.h>

#define HK_QTY_TEXT_SIZE 64

struct hk_qty {
    int64_t milli; /* value in thousandths, rounded up (away from zero); saturates at int64 */
    char text
        [HK_QTY_TEXT_SIZE]; /* as the API server writes it back: 1024Mi -> 1Gi, but +5 stays +5 */
};

/* hk_qty_parse - read and canonicalise a quantity.
 * in: text, any bytes.  out: *qty, untouched on failure.
 * fails: INVALID, no path: empty, not a number, unknown suffix, more than 63 bytes (also written back),
 * or 1000E and more where Kubernetes itself loses the suffix. "must be a quantity such as 500m, ..." */
int hk_qty_parse(struct hk_str text, struct hk_qty *qty, struct hk_err *err) HK_MUST_USE;

/* hk_qty_cmp - exact comparison of two parsed quantities' canonical values: <0, 0, >0. */
int hk_qty_cmp(const struct hk_qty *a, const struct hk_qty *b);

#endif
