/* hk_metrics_text.h - lines of Prometheus' exposition format; for hk_metrics*.c and hk_process.c alone. */
#ifndef HK_METRICS_TEXT_H
#define HK_METRICS_TEXT_H

#include "hk_buf.h"

#include <stdint.h>

/* hk_metrics_head - HELP and TYPE, which stand once before a metric's series. */
void hk_metrics_head(struct hk_buf *out, const char *name, const char *type, const char *help);

/* hk_metrics_gauge - a gauge of one series, head included. */
void hk_metrics_gauge(struct hk_buf *out, const char *name, const char *help, uint64_t number);

#endif
