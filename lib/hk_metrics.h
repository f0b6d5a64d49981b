/* hk_metrics.h - counters of a hook server, and their text in Prometheus' exposition format 0.0.4.
 * Counting is lock-free; every series is there from the start. threads: any, but for new and free. */
#ifndef HK_METRICS_H
#define HK_METRICS_H

#include "hk_hook.h"

struct hk_metrics; /* opaque */
/* hk_metrics_new - for a table of controllers that ends with NULL, borrowed. Caller frees. NULL: memory. */
struct hk_metrics *hk_metrics_new(const struct hk_controller *const *controllers);
void hk_metrics_free(struct hk_metrics *metrics);

/* One request that was answered. */
struct hk_metrics_request {
    const struct hk_controller *controller; /* of the table; NULL: it matched no hook */
    enum hk_hook hook;
    int status;
    enum hk_err_kind kind;
    int64_t duration_ns;
    size_t bytes_in, bytes_out;
    const struct hk_report *report; /* NULL: no hook decided anything */
    bool is_news;                   /* the client did not have this answer yet: decisions count */
};
void hk_metrics_count(struct hk_metrics *metrics, const struct hk_metrics_request *request);

/* What is read at the moment of writing. */
struct hk_metrics_now {
    const char *program, *version, *library; /* labels of the build */
    unsigned in_flight, in_flight_max;
    size_t in_flight_bytes, in_flight_bytes_max; /* 0 as a limit: none */
    bool is_ready;
};
void hk_metrics_write(const struct hk_metrics *metrics, const struct hk_metrics_now *now,
                      struct hk_buf *out);

#endif
