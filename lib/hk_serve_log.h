/* hk_serve_log.h - what the hook server writes to its log about a request; inner part of hk_serve. */
#ifndef HK_SERVE_LOG_H
#define HK_SERVE_LOG_H

#include "hk_hook.h"
#include "hk_http.h"

/* hk_serve_log_request - one line: debug, or what its error is worth. threads: any, as for the other. */
void hk_serve_log_request(const struct hk_http_record *record);

/* What a hook said. */
struct hk_serve_said {
    const struct hk_controller *controller;
    enum hk_hook hook;
    uint64_t id; /* of the request */
    const struct hk_report *report;
    bool is_news; /* the client had another answer before, and has this one now */
};

/* hk_serve_log_report - a line for each decision, for another state and for a spec that is not valid, or is again. What changes
 * nothing, and all that is no news, is for debug. */
void hk_serve_log_report(const struct hk_serve_said *said);

#endif
