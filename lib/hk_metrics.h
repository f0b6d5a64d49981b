/* hk_metrics.h - counters of a hook server, and their text in Prometheus' exposition format 0.0.4.
 * Counting is lock-free. threads: any, but for new and free. */
#ifndef HK_METRICS_H
#define HK_METRICS_H

#include "hk_buf.h"
#include "hk_err.h"

/* One series a hook; the last row of the table, without names, is for all that matched no hook. */
struct hk_metrics_hook {
    const char *controller, *hook; /* static */
};

struct hk_metrics; /* opaque */
struct hk_metrics *hk_metrics_new(const struct hk_metrics_hook *hooks,
                                  size_t count); /* NULL: memory */
void hk_metrics_free(struct hk_metrics *metrics);

/* One request that was answered. */
struct hk_metrics_request {
    size_t hook; /* index in the table; count or more: matched none */
    int status;
    enum hk_err_kind kind;
    int64_t duration_ns;
    size_t bytes_in, bytes_out;
};
void hk_metrics_count(struct hk_metrics *metrics, const struct hk_metrics_request *request);

/* What is read at the moment of writing. */
struct hk_metrics_now {
    const char *program, *version, *library; /* labels of the build */
    unsigned in_flight;
    size_t in_flight_bytes;
    bool is_ready;
};
void hk_metrics_write(const struct hk_metrics *metrics, const struct hk_metrics_now *now,
                      struct hk_buf *out);

#endif
