/* What civetweb leaves to its user is done here: limits before a body is read, unambiguous framing,
 * bodies that drip in, one write an answer, and connections closed without losing the answer. */
#include "hk_exchange.h"

#include "hk_scan.h"
#include "hk_wire.h"

#include <strings.h>
#include <time.h>

/* A refused body up to this size is read and thrown away to keep the connection. It must be above
 * the head's limit: less could be buffered already, and would then not be seen as unread. */
#define DISCARD_MAX 65536
_Static_assert(DISCARD_MAX > HK_EXCHANGE_HEAD_MAX, "an unread body must be seen as unread");
/* Before a connection is closed on unread data, this much and this long is read, since closing on
 * unread data resets the connection and the client may never see the answer. */
#define LINGER_MAX ((size_t)64 << 20)
#define LINGER_MS 2000
#define CHUNKED_START 65536

struct hk_http_exchange {
    struct hk_exchange_shared *shared;
    const struct hk_peer *peer;
    struct hk_http_request request;
    struct hk_http_response response;
    struct hk_buf out;
    struct hk_arena arena;
    struct hk_err err;
    const char *allow;    /* for a 405 */
    struct hk_block body; /* what request.body lies in */
    uint64_t length;      /* Content-Length */
    size_t reserved;      /* of server->bytes */
    size_t bytes_in, bytes_out;
    int64_t start_ns;
    bool is_chunked, has_length, is_admitted;
    bool is_body_read; /* to its end */
    bool is_close;
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t wall_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec;
}

/* ---- what is asked ---- */

const char *hk_http_header(const struct hk_http_request *request, const char *name)
{
    return hk_peer_header(request->exchange->peer, name);
}

/* The body's framing. civetweb takes the first of several lengths, `5x` for 5 and lets chunked win
 * over a length; a proxy in front may not, so all that is ambiguous is refused. */
static int judge_framing(struct hk_http_exchange *x)
{
    const char *coding = hk_peer_header(x->peer, "Transfer-Encoding");
    const char *length = hk_peer_header(x->peer, "Content-Length");
    bool good = hk_peer_header_count(x->peer, "Transfer-Encoding") +
                    hk_peer_header_count(x->peer, "Content-Length") <=
                1;
    x->is_chunked = coding && strcasecmp(coding, "chunked") == 0;
    x->has_length = length && hk_wire_length(length, &x->length) == 0;
    if (good && !x->peer->is_head_cut && (!coding || x->is_chunked) && (!length || x->has_length))
        return 0;
    x->is_close = true;
    if (x->peer->is_head_cut)
        return hk_err_set(&x->err, HK_ERR_MALFORMED, NULL, "the head has too many headers");
    return hk_err_set(&x->err, HK_ERR_MALFORMED, NULL,
                      "Content-Length must be one decimal number, or Transfer-Encoding be chunked");
}

static int find_route(struct hk_http_exchange *x)
{
    const char *path = x->peer->path;
    const char *allow = NULL;
    for (const struct hk_http_route *r = x->shared->config.routes; r->method; r++) {
        if (strcmp(r->path, path) != 0)
            continue;
        allow = r->method;
        if (strcmp(r->method, x->peer->method) == 0) {
            x->request.route = r;
            return 0;
        }
    }
    if (!allow)
        return hk_err_set(&x->err, HK_ERR_NOT_FOUND, NULL, "nothing is served under this path");
    x->allow = allow;
    return hk_err_set(&x->err, HK_ERR_METHOD, NULL, "the method must be %s, is %.16s", allow,
                      x->peer->method);
}

static int judge_body(struct hk_http_exchange *x)
{
    const char *type = hk_peer_header(x->peer, "Content-Type");
    size_t max = x->shared->config.body_max;
    if (!type || !hk_wire_is_json(type))
        return hk_err_set(&x->err, HK_ERR_MEDIA_TYPE, NULL,
                          "Content-Type must be application/json, is %.64s",
                          type ? type : "absent");
    if (!x->has_length && !x->is_chunked)
        return hk_err_set(&x->err, HK_ERR_LENGTH_REQUIRED, NULL,
                          "a Content-Length or Transfer-Encoding: chunked is required");
    if (x->length > max)
        return hk_err_set(&x->err, HK_ERR_TOO_LARGE, NULL,
                          "the body must be at most %zu bytes, is %llu", max,
                          (unsigned long long)x->length);
    return 0;
}

static int judge(struct hk_http_exchange *x)
{
    const struct hk_http_config *config = &x->shared->config;
    if (judge_framing(x))
        return -1;
    if (config->authorize &&
        !config->authorize(config->arg, hk_peer_header(x->peer, "Authorization")))
        return hk_err_set(&x->err, HK_ERR_UNAUTHORIZED, NULL, "a valid bearer token is required");
    if (find_route(x))
        return -1;
    return x->request.route->has_body ? judge_body(x) : 0;
}

/* ---- limits ---- */

static int reserve(struct hk_http_exchange *x, size_t more)
{
    struct hk_exchange_shared *shared = x->shared;
    size_t max = shared->config.in_flight_bytes_max;
    size_t before = atomic_fetch_add(&shared->bytes, more);
    x->reserved += more;
    if (max == 0 || before + more <= max)
        return 0;
    return hk_err_set(&x->err, HK_ERR_OVERLOADED, NULL,
                      "bodies in flight hold %zu of at most %zu bytes", before, max);
}

static int admit(struct hk_http_exchange *x)
{
    unsigned max = x->shared->config.in_flight_max;
    unsigned before = atomic_fetch_add(&x->shared->admitted, 1);
    x->is_admitted = true;
    if (max && before >= max)
        return hk_err_set(&x->err, HK_ERR_OVERLOADED, NULL, "%u requests are in flight already",
                          before);
    return x->is_chunked ? 0 : reserve(x, (size_t)x->length);
}

/* The answer is built in the body's place when it has not begun yet: an answer to thousands of children
 * takes megabytes of fresh pages otherwise. */
static void reuse_for_answer(struct hk_http_exchange *x)
{
    struct hk_buf *out = &x->out;
    if (out->failed || out->len != x->response.body_at || x->body.size <= out->cap)
        return;
    memcpy(x->body.ptr, out->data, out->len);
    hk_free(out->data);
    out->data = x->body.ptr;
    out->cap = x->body.size;
    x->body = (struct hk_block){NULL, 0};
}

void hk_http_release_body(struct hk_http_request *request)
{
    struct hk_http_exchange *x = request->exchange;
    if (x->body.ptr)
        reuse_for_answer(x);
    hk_blocks_give(&x->shared->blocks, x->body);
    x->body = (struct hk_block){NULL, 0};
    request->body = (struct hk_str){NULL, 0};
}

/* ---- bodies ---- */

static int fail_body(struct hk_http_exchange *x, size_t got)
{
    x->is_close = true;
    return hk_err_set(&x->err, HK_ERR_MALFORMED, NULL,
                      "the body broke off or came too slowly: %zu bytes were read", got);
}

static int read_sized(struct hk_http_exchange *x)
{
    size_t length = (size_t)x->length;
    x->body = hk_blocks_take(&x->shared->blocks, length + HK_SCAN_PAD);
    if (!x->body.ptr)
        return hk_err_memory(&x->err);
    while (x->bytes_in < length) {
        int n = hk_peer_read(x->peer, (char *)x->body.ptr + x->bytes_in, length - x->bytes_in);
        if (n <= 0)
            return fail_body(x, x->bytes_in);
        x->bytes_in += (size_t)n;
    }
    return 0;
}

/* Room for more of a chunked body, at most one byte beyond the limit, which proves it broken. */
static int grow_body(struct hk_http_exchange *x, size_t *room)
{
    size_t max = x->shared->config.body_max;
    if (x->bytes_in > max)
        return hk_err_set(&x->err, HK_ERR_TOO_LARGE, NULL, "the body must be at most %zu bytes",
                          max);
    if (x->bytes_in < *room)
        return 0;
    size_t next = *room ? *room * 2 : CHUNKED_START;
    next = next > max + 1 ? max + 1 : next;
    if (reserve(x, next - *room))
        return -1;
    void *body = hk_resize(x->body.ptr, next + HK_SCAN_PAD);
    if (!body)
        return hk_err_memory(&x->err);
    x->body = (struct hk_block){body, next + HK_SCAN_PAD};
    *room = next;
    return 0;
}

static int read_chunked(struct hk_http_exchange *x)
{
    size_t room = 0;
    for (;;) {
        if (grow_body(x, &room))
            return -1;
        int n = hk_peer_read(x->peer, (char *)x->body.ptr + x->bytes_in, room - x->bytes_in);
        if (n < 0)
            return fail_body(x, x->bytes_in);
        if (n == 0)
            return 0;
        x->bytes_in += (size_t)n;
    }
}

static int read_body(struct hk_http_exchange *x)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *expect = hk_peer_header(x->peer, "Expect");
    if (admit(x))
        return -1;
    hk_slow_deadline(x->peer->slow, x->shared->config.request_timeout_ms);
    if (expect && hk_wire_has_token(expect, "100-continue"))
        hk_peer_write(x->peer, go_on, sizeof go_on - 1);
    int result = x->is_chunked ? read_chunked(x) : read_sized(x);
    hk_slow_deadline(x->peer->slow, 0);
    if (result)
        return -1;
    memset((char *)x->body.ptr + x->bytes_in, 0, HK_SCAN_PAD);
    x->request.body = (struct hk_str){x->body.ptr, x->bytes_in};
    x->is_body_read = true;
    return 0;
}

/* ---- answers ---- */

struct hk_str hk_http_response_body(const struct hk_http_response *response)
{
    const struct hk_buf *out = response->out;
    if (out->failed || out->len < response->body_at)
        return (struct hk_str){NULL, 0};
    return (struct hk_str){out->data + response->body_at, out->len - response->body_at};
}

/* Room for the head stands before the body, so that both leave with one write. */
static void response_reset(struct hk_http_exchange *x)
{
    hk_buf_clear(&x->out);
    x->response = (struct hk_http_response){
        .out = &x->out,
        .body_at = HK_WIRE_HEAD_SIZE,
        .status = 200,
        .content_type = "application/json",
    };
    if (hk_buf_reserve(&x->out, HK_WIRE_HEAD_SIZE + 4096) == 0)
        x->out.len = HK_WIRE_HEAD_SIZE;
}

static int run(struct hk_http_exchange *x)
{
    const struct hk_http_route *route = x->request.route;
    if (route->has_body ? read_body(x) : 0)
        return -1;
    response_reset(x);
    if (x->out.failed)
        return hk_err_memory(&x->err);
    if (route->handle(&x->request, &x->response, &x->err)) {
        return hk_err_set(&x->err, HK_ERR_INTERNAL, NULL, "the handler failed and named no cause");
    }
    return x->out.failed ? hk_err_memory(&x->err) : 0;
}

/* Will the connection be kept? By civetweb's own rule, and not when the body's end is unknown. */
static bool is_kept(const struct hk_http_exchange *x)
{
    const char *wish = hk_peer_header(x->peer, "Connection");
    bool is_body_small = !x->is_chunked && x->length <= DISCARD_MAX;
    if (x->is_close || x->is_chunked || atomic_load(&x->shared->is_draining))
        return false;
    if (!x->is_body_read && (!is_body_small || hk_peer_header(x->peer, "Expect")))
        return false;
    if (wish)
        return hk_wire_has_token(wish, "keep-alive");
    return strcmp(x->peer->version, "1.1") == 0;
}

static void write_error(struct hk_http_exchange *x)
{
    response_reset(x);
    x->response.status = hk_err_http_status(x->err.kind);
    if (!x->out.failed)
        x->shared->config.error_body(&x->err, &x->out);
}

/* Head and body as one run of bytes. Out of memory even for an error's few bytes: the head alone.
 */
static bool answer(struct hk_http_exchange *x, bool is_kept_open)
{
    char text[HK_WIRE_HEAD_SIZE];
    struct hk_str body = hk_http_response_body(&x->response);
    struct hk_wire_head head = {
        .status = x->response.status,
        .content_type = x->response.content_type,
        .etag = x->response.etag,
        .allow = x->allow,
        .retry_after_s = x->err.kind == HK_ERR_OVERLOADED ? 1 : 0,
        .request_id = x->err.kind == HK_ERR_NONE ? 0 : x->request.id,
        .length = body.len,
        .now_s = x->request.now_s,
        .has_body = x->response.status != 304,
        .is_close = !is_kept_open,
        .is_keep_alive = is_kept_open && strcmp(x->peer->version, "1.1") != 0,
    };
    bool has_body = head.has_body && body.ptr && strcmp(x->peer->method, "HEAD") != 0;
    size_t len = hk_wire_head(&head, text);
    const char *start = text;
    if (has_body) {
        start = memcpy(x->out.data + x->response.body_at - len, text, len);
        x->bytes_out = body.len;
    }
    hk_slow_deadline(x->peer->slow, x->shared->config.request_timeout_ms);
    bool is_sent = hk_peer_write(x->peer, start, len + x->bytes_out);
    hk_slow_deadline(x->peer->slow, 0);
    return is_sent;
}

/* Throw the rest of a body away: to reach the next request, or so that closing does not destroy the
 * answer on its way. */
static void discard(struct hk_http_exchange *x)
{
    char waste[4096];
    size_t left = LINGER_MAX;
    if (x->is_body_read || (!x->is_chunked && x->length == 0))
        return;
    hk_slow_deadline(x->peer->slow, LINGER_MS);
    for (int n = 1; n > 0 && left >= sizeof waste; left -= (size_t)n)
        n = hk_peer_read(x->peer, waste, sizeof waste);
    hk_slow_deadline(x->peer->slow, 0);
}

static void report(struct hk_http_exchange *x, bool is_sent)
{
    const struct hk_http_config *config = &x->shared->config;
    struct hk_http_record record = {
        .id = x->request.id,
        .route = x->request.route,
        .method = x->peer->method,
        .path = x->peer->path,
        .remote = x->peer->remote,
        .status = x->response.status,
        .err = &x->err,
        .duration_ns = now_ns() - x->start_ns,
        .bytes_in = x->bytes_in,
        .bytes_out = x->bytes_out,
        .is_sent = is_sent,
        .note = x->err.kind == HK_ERR_NONE ? x->request.note : NULL,
    };
    if (config->done)
        config->done(config->arg, &record);
}

static void exchange_init(struct hk_http_exchange *x, struct hk_exchange_shared *shared,
                          const struct hk_peer *peer)
{
    *x = (struct hk_http_exchange){.shared = shared, .peer = peer, .start_ns = now_ns()};
    x->request = (struct hk_http_request){
        .id = atomic_fetch_add(&shared->next_id, 1) + 1,
        .arena = &x->arena,
        .now_s = wall_s(),
        .exchange = x,
    };
    hk_buf_init(&x->out);
    hk_arena_init(&x->arena);
    atomic_fetch_add(&shared->active, 1);
    hk_slow_begin(peer->slow, peer->remote, peer->remote_port, peer->server_port);
}

static void exchange_fini(struct hk_http_exchange *x)
{
    hk_blocks_give(&x->shared->blocks, x->body);
    hk_blocks_give(&x->shared->blocks, (struct hk_block){x->out.data, x->out.cap});
    hk_arena_fini(&x->arena);
    atomic_fetch_sub(&x->shared->bytes, x->reserved);
    if (x->is_admitted)
        atomic_fetch_sub(&x->shared->admitted, 1);
    atomic_fetch_sub(&x->shared->active, 1);
}

int hk_exchange_run(struct hk_exchange_shared *shared, const struct hk_peer *peer)
{
    struct hk_http_exchange x;
    exchange_init(&x, shared, peer);
    if (judge(&x) || run(&x))
        write_error(&x);
    bool is_kept_open = is_kept(&x);
    if (!is_kept_open)
        hk_peer_close_after(peer);
    bool is_sent = answer(&x, is_kept_open);
    report(&x, is_sent);
    discard(&x);
    exchange_fini(&x);
    return x.response.status;
}

void hk_exchange_refuse(struct hk_exchange_shared *shared, const struct hk_peer *peer, int status,
                        const char *why)
{
    char text[HK_WIRE_HEAD_SIZE];
    struct hk_err err = {.kind = HK_ERR_NONE};
    struct hk_buf out;
    hk_err_set(&err, status == 413 ? HK_ERR_TOO_LARGE : HK_ERR_MALFORMED, NULL,
               "the head of the request is malformed, over %d bytes, or came too slowly (%.64s)",
               HK_EXCHANGE_HEAD_MAX, why);
    hk_buf_init(&out);
    shared->config.error_body(&err, &out);
    struct hk_wire_head head = {
        .status = status,
        .content_type = "application/json",
        .length = out.len,
        .now_s = wall_s(),
        .has_body = true,
        .is_close = true,
    };
    struct hk_http_record record = {
        .remote = peer->remote,
        .status = status,
        .err = &err,
        .bytes_out = out.len,
        .is_sent = hk_peer_write(peer, text, hk_wire_head(&head, text)) &&
                   hk_peer_write(peer, out.data, out.len),
    };
    if (shared->config.done)
        shared->config.done(shared->config.arg, &record);
    hk_buf_fini(&out);
}
