/* civetweb, held to a small part of itself: every request ends in begin_request, which runs before
 * civetweb looks at files, forms, redirects, CORS or websockets, so none of those can be reached.
 */
#include "hk_exchange.h"

#include "hk_log.h"

#include <civetweb.h>
#include <stdio.h>
#include <stdlib.h>

#define FEATURE_IPV6 8u /* of mg_check_feature: a number in civetweb's manual, without a name */

struct hk_http_server {
    struct hk_exchange_shared shared;
    struct mg_context *context;
    struct hk_slow *slow; /* one a worker thread */
    pthread_mutex_t slow_lock;
    atomic_bool is_started;
    char trouble[160]; /* what civetweb said first when it failed to start: the cause */
};

const char *hk_http_library(void)
{
    static char text[32];
    if (!text[0])
        snprintf(text, sizeof text, "civetweb %s", mg_version());
    return text;
}

/* ---- the connection, for hk_exchange ---- */

const char *hk_peer_header(const struct hk_peer *peer, const char *name)
{
    return mg_get_header(peer->conn, name);
}

unsigned hk_peer_header_count(const struct hk_peer *peer, const char *name)
{
    const struct mg_request_info *info = mg_get_request_info(peer->conn);
    unsigned count = 0;
    for (int i = 0; i < info->num_headers; i++)
        count += mg_strcasecmp(info->http_headers[i].name, name) == 0;
    return count;
}

int hk_peer_read(const struct hk_peer *peer, void *bytes, size_t len)
{
    return mg_read(peer->conn, bytes, len);
}

bool hk_peer_write(const struct hk_peer *peer, const void *bytes, size_t len)
{
    for (const char *at = bytes; len > 0;) {
        size_t piece = len > INT32_MAX ? INT32_MAX : len;
        if (mg_write(peer->conn, at, piece) != (int)piece)
            return false;
        at += piece;
        len -= piece;
    }
    return true;
}

void hk_peer_close_after(const struct hk_peer *peer)
{
    mg_disable_connection_keep_alive(peer->conn);
}

static struct hk_peer peer_of(struct mg_connection *conn)
{
    const struct mg_request_info *info = mg_get_request_info(conn);
    return (struct hk_peer){
        .conn = conn,
        .method = info->request_method,
        .path = info->local_uri_raw,
        .version = info->http_version,
        .remote = info->remote_addr,
        .remote_port = info->remote_port,
        .server_port = info->server_port,
        .slow = mg_get_thread_pointer(conn),
        .is_head_cut = info->num_headers >= MG_MAX_HEADERS,
    };
}

/* ---- civetweb's callbacks ---- */

static struct hk_http_server *server_of(const struct mg_connection *conn)
{
    return mg_get_user_data(mg_get_context(conn));
}

/* Every request, before civetweb does anything with it. A positive value: nothing is left to do. */
static int on_request(struct mg_connection *conn)
{
    struct hk_peer peer = peer_of(conn);
    return hk_exchange_run(&server_of(conn)->shared, &peer);
}

/* A head that civetweb could not read, or that did not come in time. 0: answered. */
static int on_error(struct mg_connection *conn, int status, const char *text)
{
    struct hk_peer peer = peer_of(conn);
    hk_exchange_refuse(&server_of(conn)->shared, &peer, status, text);
    return 0;
}

static int on_log(const struct mg_connection *conn, const char *text)
{
    struct hk_http_server *server = server_of(conn);
    if (server && !server->is_started && !server->trouble[0])
        snprintf(server->trouble, sizeof server->trouble, "%s", text);
    else
        hk_log(HK_LOG_DEBUG, "civetweb", (struct hk_log_field[]){{"text", hk_str_of(text), 0}}, 1);
    return 1;
}

static void *on_thread_start(const struct mg_context *context, int type)
{
    struct hk_http_server *server = mg_get_user_data(context);
    struct hk_slow *slow = NULL;
    if (type != 1)
        return NULL;
    pthread_mutex_lock(&server->slow_lock);
    for (unsigned i = 0; i < server->shared.config.threads && !slow; i++)
        if (!server->slow[i].is_taken)
            slow = &server->slow[i];
    if (slow)
        slow->is_taken = true;
    pthread_mutex_unlock(&server->slow_lock);
    return slow;
}

static void on_thread_stop(const struct mg_context *context, int type, void *thread_pointer)
{
    struct hk_http_server *server = mg_get_user_data(context);
    struct hk_slow *slow = thread_pointer;
    if (type != 1 || !slow)
        return;
    pthread_mutex_lock(&server->slow_lock);
    slow->is_taken = false;
    pthread_mutex_unlock(&server->slow_lock);
}

/* ---- the server ---- */

static int server_start(struct hk_http_server *server, struct hk_err *err)
{
    const struct hk_http_config *config = &server->shared.config;
    char threads[12], request_ms[12], idle_ms[12], head_max[12], text[128] = "";
    snprintf(threads, sizeof threads, "%u", config->threads);
    snprintf(request_ms, sizeof request_ms, "%u", config->request_timeout_ms);
    snprintf(idle_ms, sizeof idle_ms, "%u", config->keep_alive_timeout_ms);
    snprintf(head_max, sizeof head_max, "%d", HK_EXCHANGE_HEAD_MAX);
    const char *options[] = {
        "listening_ports",
        config->listen,
        "num_threads",
        threads,
        "request_timeout_ms",
        request_ms,
        "keep_alive_timeout_ms",
        idle_ms,
        "enable_keep_alive",
        "yes",
        "tcp_nodelay",
        "1",
        "max_request_size",
        head_max,
        "decode_url",
        "no", /* routes are compared with what was sent */
        "enable_auth_domain_check",
        "no",
        "enable_directory_listing",
        "no",
        "allow_sendfile_call",
        "no",
        NULL,
    };
    struct mg_callbacks callbacks = {
        .begin_request = on_request,
        .http_error = on_error,
        .log_message = on_log,
        .init_thread = on_thread_start,
        .exit_thread = on_thread_stop,
    };
    struct mg_init_data init = {&callbacks, server, options};
    /* error.code is a pointer in civetweb 1.15 and a number in 1.16: left alone. */
    struct mg_error_data error = {.text = text, .text_buffer_size = sizeof text};
    if (config->listen[0] == '[' && !mg_check_feature(FEATURE_IPV6))
        return hk_err_set(err, HK_ERR_INTERNAL, NULL,
                          "cannot listen on %s: this civetweb was built without IPv6",
                          config->listen);
    server->context = mg_start2(&init, &error);
    server->is_started = server->context != NULL;
    if (server->is_started)
        return 0;
    return hk_err_set(err, HK_ERR_INTERNAL, NULL, "cannot listen on %s: %s", config->listen,
                      server->trouble[0] ? server->trouble : text);
}

struct hk_http_server *hk_http_server_new(const struct hk_http_config *config, struct hk_err *err)
{
    struct hk_http_server *server = calloc(1, sizeof *server);
    struct hk_slow *slow = calloc(config->threads, sizeof *slow);
    if (!server || !slow) {
        free(slow);
        free(server);
        hk_err_memory(err);
        return NULL;
    }
    server->shared.config = *config;
    hk_blocks_init(&server->shared.blocks);
    server->slow = slow;
    pthread_mutex_init(&server->slow_lock, NULL);
    for (unsigned i = 0; i < config->threads; i++)
        hk_slow_init(&slow[i]);
    mg_init_library(0);
    if (server_start(server, err)) {
        hk_http_server_free(server);
        return NULL;
    }
    return server;
}

void hk_http_server_free(struct hk_http_server *server)
{
    if (!server)
        return;
    if (server->context)
        mg_stop(server->context);
    mg_exit_library();
    hk_blocks_fini(&server->shared.blocks);
    free(server->slow);
    free(server);
}

int hk_http_server_port(const struct hk_http_server *server)
{
    struct mg_server_port ports[1];
    return mg_get_server_ports(server->context, 1, ports) == 1 ? ports[0].port : 0;
}

unsigned hk_http_server_in_flight(struct hk_http_server *server)
{
    return atomic_load(&server->shared.active);
}

size_t hk_http_server_in_flight_bytes(struct hk_http_server *server)
{
    return atomic_load(&server->shared.bytes);
}

void hk_http_server_drain(struct hk_http_server *server)
{
    atomic_store(&server->shared.is_draining, true);
}

void hk_http_server_tick(struct hk_http_server *server)
{
    for (unsigned i = 0; i < server->shared.config.threads; i++)
        hk_slow_check(&server->slow[i]);
    if (atomic_load(&server->shared.active) == 0)
        hk_blocks_drop(&server->shared.blocks);
}

/* ---- the client ---- */

static int send_post(struct mg_connection *conn, const struct hk_http_post *post)
{
    char length[24];
    struct hk_buf head;
    hk_buf_init(&head);
    snprintf(length, sizeof length, "%zu", post->body.len);
    hk_buf_printf(&head, "POST %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n", post->path,
                  post->host, post->port);
    hk_buf_printf(&head, "Content-Type: application/json\r\nContent-Length: %s\r\n%s\r\n", length,
                  post->headers ? post->headers : "");
    /* A server may answer and close before it has read all; its answer is what counts then. */
    bool is_sent = !head.failed && mg_write(conn, head.data, head.len) == (int)head.len;
    if (is_sent && post->body.len)
        mg_write(conn, post->body.ptr, post->body.len);
    hk_buf_fini(&head);
    return is_sent ? 0 : -1;
}

static int receive_body(struct mg_connection *conn, size_t max, struct hk_buf *body,
                        struct hk_err *err)
{
    char piece[16384];
    for (int n; (n = mg_read(conn, piece, sizeof piece)) != 0;) {
        if (n < 0)
            return hk_err_set(err, HK_ERR_INTERNAL, NULL, "the answer broke off");
        if (body->len + (size_t)n > max)
            return hk_err_set(err, HK_ERR_TOO_LARGE, NULL, "the answer is over %zu bytes", max);
        hk_buf_add(body, piece, (size_t)n);
    }
    return body->failed ? hk_err_memory(err) : 0;
}

static int exchange_post(struct mg_connection *conn, const struct hk_http_post *post,
                         struct hk_http_answer *answer, struct hk_err *err)
{
    char text[128] = "";
    int timeout_ms = post->timeout_ms ? (int)post->timeout_ms : 30000;
    if (send_post(conn, post))
        return hk_err_set(err, HK_ERR_INTERNAL, NULL, "cannot send to %s:%d", post->host,
                          post->port);
    if (mg_get_response(conn, text, sizeof text, timeout_ms) < 0)
        return hk_err_set(err, HK_ERR_INTERNAL, NULL, "no answer from %s:%d: %s", post->host,
                          post->port, text);
    const char *etag = mg_get_header(conn, "ETag");
    answer->status = mg_get_response_info(conn)->status_code;
    snprintf(answer->etag, sizeof answer->etag, "%s", etag ? etag : "");
    hk_buf_clear(&answer->body);
    return receive_body(conn, post->answer_max, &answer->body, err);
}

int hk_http_post(const struct hk_http_post *post, struct hk_http_answer *answer, struct hk_err *err)
{
    char text[128] = "";
    mg_init_library(0);
    struct mg_connection *conn = mg_connect_client(post->host, post->port, 0, text, sizeof text);
    int result;
    if (conn) {
        result = exchange_post(conn, post, answer, err);
        mg_close_connection(conn);
    } else {
        result = hk_err_set(err, HK_ERR_INTERNAL, NULL, "cannot connect to %s:%d: %s", post->host,
                            post->port, text);
    }
    mg_exit_library();
    return result;
}
