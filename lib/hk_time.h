/* hk_time.h - RFC 3339 times as Kubernetes writes them (metav1.Time: UTC, whole seconds). */
#ifndef HK_TIME_H
#define HK_TIME_H

#include "hk_str.h"

#include <stdint.h>

#define HK_TIME_SIZE 21 /* "2026-11-21T05:49:46Z" and NUL */

/* hk_time_parse - RFC 3339 with any offset and fraction (dropped) -> seconds since 1970 UTC.
 * Returns 0, or -1 and *seconds untouched: not a time. */
int hk_time_parse(struct hk_str text, int64_t *seconds) HK_MUST_USE;

/* hk_time_format - years 0 to 9999; beyond, clipped to them. */
void hk_time_format(int64_t seconds, char text[HK_TIME_SIZE]);

#endif
