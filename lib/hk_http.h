/* hk_http.h - an HTTP/1.1 server and a small client. The only module that sees civetweb.h.
 *
 * The server knows routes, limits and time-outs, and nothing of what is served: no files, no forms,
 * no other path than those in its table. Whatever it refuses, it refuses with a JSON body. Body and
 * answer live for one request; a worker thread holds one connection. */
#ifndef HK_HTTP_H
#define HK_HTTP_H

#include "hk_buf.h"
#include "hk_err.h"
#include "hk_mem.h"

#include <stdint.h>

struct hk_http_exchange; /* the server's own */

/* What a handler sees; all borrowed until it returns. */
struct hk_http_request {
    uint64_t id; /* counts from 1: the one in the log */
    const struct hk_http_route *route;
    struct hk_str body;     /* HK_SCAN_PAD readable bytes follow */
    struct hk_arena *arena; /* lives until the answer is sent */
    int64_t now_s;          /* when it came, seconds since 1970 UTC */
    void *note;             /* the handler's own, for config.done; may lie in the arena */
    struct hk_http_exchange *exchange;
};

const char *hk_http_header(const struct hk_http_request *request,
                           const char *name); /* NULL: none */

/* hk_http_release_body - give the body up now, before the answer is built, which may then lie in its
 * place. Idempotent. */
void hk_http_release_body(struct hk_http_request *request);

#define HK_HTTP_ETAG_SIZE 64
struct hk_http_response {
    struct hk_buf *out; /* append the body; what stands before body_at is the server's */
    size_t body_at;
    int status;                   /* 200; with 304 the body is dropped */
    const char *content_type;     /* application/json; static */
    char etag[HK_HTTP_ETAG_SIZE]; /* quotes included; empty: none */
};

struct hk_str hk_http_response_body(const struct hk_http_response *response);

/* A route. Paths are compared byte by byte, nothing is decoded or cleaned. handle returns 0, or -1
 * with err: its kind gives the status, and the answer is config.error_body's. */
struct hk_http_route {
    const char *method;
    const char *path;
    bool has_body; /* a JSON body is required and read; else a body is thrown away */
    int (*handle)(struct hk_http_request *request, struct hk_http_response *response,
                  struct hk_err *err);
    void *arg; /* the handler's own */
};

/* What became of a request, for the log and the metrics; all borrowed. */
struct hk_http_record {
    uint64_t id;                       /* 0: it had no head that could be read */
    const struct hk_http_route *route; /* NULL: none matched */
    const char *method, *path, *remote;
    int status;
    const struct hk_err *err; /* kind NONE: handled */
    int64_t duration_ns;
    size_t bytes_in, bytes_out;
    bool is_sent; /* false: the client was gone */
    void *note;   /* that the handler left; NULL: none, or it failed */
};

struct hk_http_config {
    const char *listen;                 /* as hk_wire_address writes it */
    const struct hk_http_route *routes; /* ends with method NULL; borrowed, as all here */
    unsigned threads;
    unsigned request_timeout_ms;    /* for the head, for the body, for taking the answer */
    unsigned keep_alive_timeout_ms; /* of an idle connection */
    size_t body_max;                /* bytes of one body */
    unsigned in_flight_max;         /* requests with a body; 0: no limit */
    size_t in_flight_bytes_max;     /* of their bodies together; 0: no limit */
    void *arg;                      /* of the callbacks */
    /* authorize - may this Authorization header (NULL: none) pass? NULL: all may. threads: any. */
    bool (*authorize)(void *arg, const char *authorization);
    void (*error_body)(const struct hk_err *err, struct hk_buf *out);
    void (*done)(void *arg, const struct hk_http_record *record); /* NULL: none. threads: any. */
};

/* hk_http_server_new - listen and serve. Caller frees. NULL with err: INTERNAL (the address is
 * taken, no threads), MEMORY. */
struct hk_http_server;
struct hk_http_server *hk_http_server_new(const struct hk_http_config *config, struct hk_err *err);
void hk_http_server_free(
    struct hk_http_server *server); /* cuts off what is in flight; NULL is fine */

int hk_http_server_port(const struct hk_http_server *server);     /* the real one; 0: unknown */
unsigned hk_http_server_in_flight(struct hk_http_server *server); /* all requests being answered */
size_t hk_http_server_in_flight_bytes(struct hk_http_server *server);

/* hk_http_server_drain - from now on every answer closes its connection. */
void hk_http_server_drain(struct hk_http_server *server);

/* hk_http_server_tick - cut off clients that are too slow in sending a body or taking an answer;
 * call it about once a second. */
void hk_http_server_tick(struct hk_http_server *server);

/* One call of a server, over a connection of its own. */
struct hk_http_post {
    const char *host;
    int port;
    const char *path;
    struct hk_str body;  /* sent as application/json */
    const char *headers; /* further lines, each ended by \r\n; NULL: none */
    unsigned timeout_ms; /* waiting for the answer's head; 0: 30 s */
    size_t answer_max;   /* bytes of the answer's body */
};

struct hk_http_answer {
    int status;
    char etag[HK_HTTP_ETAG_SIZE]; /* empty: none */
    struct hk_buf body;
};

/* hk_http_post - in: *answer with an initialised body, which is cleared. Returns 0 for any status,
 * or -1 with err: INTERNAL (no connection, broken answer), TOO_LARGE, MEMORY. threads: any. */
int hk_http_post(const struct hk_http_post *post, struct hk_http_answer *answer,
                 struct hk_err *err) HK_MUST_USE;

const char *hk_http_library(void); /* "civetweb 1.15" */

#endif
