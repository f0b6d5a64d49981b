/* hk_process.h - the process itself in Prometheus' exposition format: the standard process_* metrics. */
#ifndef HK_PROCESS_H
#define HK_PROCESS_H

#include "hk_buf.h"

/* hk_process_write - append them; start_s: when it started, seconds since 1970, which must not change from one to the next. What
 * the system does not tell is 0. threads: any. */
void hk_process_write(double start_s, struct hk_buf *out);

#endif
