/* hk_serve.h - the hook server: a table of controllers under POST /<controller>/<hook>, and on a
 * port of its own GET /healthz, /readyz and /metrics, so that busy hooks never starve probes. */
#ifndef HK_SERVE_H
#define HK_SERVE_H

#include "hk_hook.h"

/* All borrowed until hk_serve returns. */
struct hk_serve_config {
    const struct hk_controller *const *controllers; /* ends with NULL */
    const char *program, *version;                  /* for the log and the metrics */
    const char *listen, *admin_listen;              /* as hk_wire_address writes them */
    const char *token_file;                         /* NULL: anyone may call the hooks */
    unsigned threads;                               /* one holds one connection */
    unsigned request_timeout_ms;                    /* for a head, a body, and taking an answer */
    unsigned drain_delay_ms; /* served on after SIGTERM, while /readyz says no */
    unsigned in_flight_max;
    size_t body_max, in_flight_bytes_max;
};

/* hk_serve - serve until SIGTERM or SIGINT, and finish what is in flight. SIGINT, or a second
 * signal, does not wait for the drain delay. Call it before any other thread is started: it blocks
 * those signals and sets malloc up. Returns 0, or -1 with err: INTERNAL (address taken), INVALID
 * (token file), MEMORY. */
int hk_serve(const struct hk_serve_config *config, struct hk_err *err) HK_MUST_USE;

#endif
