#include "hk_serve.h"

#include "hk_http.h"
#include "hk_log.h"
#include "hk_metrics.h"
#include "hk_serve_log.h"
#include "hk_token.h"
#include "hk_wire.h"

#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

/* Longer than the 90 s after which Go's HTTP client drops an idle connection: were the server the
 * one to drop it, a request could meet the closing connection. */
#define KEEP_ALIVE_MS 100000
#define ADMIN_THREADS 4
#define TICK_MS 1000
#define DRAIN_POLL_MS 20
#define GROWN_BYTES (64 << 10) /* a request that leaves malloc with more than it had */

struct hook_route {
    struct serve *serve;
    const struct hk_controller *controller;
    enum hk_hook hook;
    char path[128];
};

struct serve {
    const struct hk_serve_config *config;
    struct hook_route *hooks;
    struct hk_http_route *routes; /* a row each, and an end */
    size_t count;
    struct hk_token token;
    struct hk_metrics *metrics;
    struct hk_http_server *server, *admin;
    atomic_bool is_ready;
    atomic_bool is_grown; /* malloc may hold much that is free */
};

/* ---- hooks ---- */

static void release_body(struct hk_call *call)
{
    hk_http_release_body(call->owner);
}

static int handle_hook(struct hk_http_request *request, struct hk_http_response *response,
                       struct hk_err *err)
{
    const struct hook_route *route = request->route->arg;
    struct hk_call call = {
        .body = request->body,
        .now_s = request->now_s,
        .arena = request->arena,
        .release = release_body,
        .report = hk_arena_alloc(request->arena, sizeof *call.report),
        .owner = request,
    };
    if (!call.report)
        return hk_err_memory(err);
    request->note = call.report;
    _Static_assert(HK_ETAG_SIZE <= HK_HTTP_ETAG_SIZE, "a tag fits");
    if (hk_controller_run(route->controller, route->hook, &call, response->out, err))
        return -1;
    hk_etag(hk_http_response_body(response), response->etag);
    const char *if_none_match = hk_http_header(request, "If-None-Match");
    if (if_none_match && hk_etag_matches(if_none_match, response->etag))
        response->status = 304;
    return 0;
}

static bool authorize(void *arg, const char *authorization)
{
    struct serve *serve = arg;
    return hk_token_allows(&serve->token, authorization);
}

/* ---- the admin port ---- */

static int handle_health(struct hk_http_request *request, struct hk_http_response *response,
                         struct hk_err *err)
{
    (void)request;
    (void)err;
    response->content_type = "text/plain";
    hk_buf_add_str(response->out, HK_STR("ok\n"));
    return 0;
}

static int handle_ready(struct hk_http_request *request, struct hk_http_response *response,
                        struct hk_err *err)
{
    struct serve *serve = request->route->arg;
    if (atomic_load(&serve->is_ready))
        return handle_health(request, response, err);
    response->content_type = "text/plain";
    response->status = 503;
    hk_buf_add_str(response->out, HK_STR("shutting down\n"));
    return 0;
}

static int handle_metrics(struct hk_http_request *request, struct hk_http_response *response,
                          struct hk_err *err)
{
    struct serve *serve = request->route->arg;
    struct hk_metrics_now now = {
        .program = serve->config->program,
        .version = serve->config->version,
        .library = hk_http_library(),
        .in_flight = hk_http_server_in_flight(serve->server),
        .in_flight_max = serve->config->in_flight_max,
        .in_flight_bytes = hk_http_server_in_flight_bytes(serve->server),
        .in_flight_bytes_max = serve->config->in_flight_bytes_max,
        .is_ready = atomic_load(&serve->is_ready),
    };
    (void)err;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    hk_metrics_write(serve->metrics, &now, response->out);
    return 0;
}

/* ---- what became of it ---- */

static void done(void *arg, const struct hk_http_record *record)
{
    struct serve *serve = arg;
    const struct hook_route *route = record->route ? record->route->arg : NULL;
    struct hk_metrics_request counted = {
        .controller = route ? route->controller : NULL,
        .hook = route ? route->hook : HK_HOOK_SYNC,
        .status = record->status,
        .kind = record->err->kind,
        .duration_ns = record->duration_ns,
        .bytes_in = record->bytes_in,
        .bytes_out = record->bytes_out,
        .report = record->note,
        .is_news = record->is_sent && record->status == 200,
    };
    if (record->bytes_in + record->bytes_out > GROWN_BYTES)
        atomic_store(&serve->is_grown, true);
    if (route && record->note)
        hk_serve_log_report(&(struct hk_serve_said){route->controller, route->hook, record->id,
                                                    record->note, counted.is_news});
    hk_serve_log_request(record);
    hk_metrics_count(serve->metrics, &counted); /* last: who sees the count finds the lines */
}

static void admin_done(void *arg, const struct hk_http_record *record)
{
    (void)arg;
    hk_serve_log_request(record);
}

/* ---- set up ---- */

static size_t count_hooks(const struct hk_controller *const *controllers)
{
    size_t count = 0;
    for (; *controllers; controllers++)
        for (int hook = 0; hook < HK_HOOK_COUNT; hook++)
            count += (*controllers)->hooks[hook] != NULL;
    return count;
}

static void add_route(struct serve *serve, const struct hk_controller *controller,
                      enum hk_hook hook)
{
    struct hook_route *route = &serve->hooks[serve->count];
    *route = (struct hook_route){serve, controller, hook, ""};
    snprintf(route->path, sizeof route->path, "/%s/%s", controller->name, hk_hook_name(hook));
    serve->routes[serve->count++] = (struct hk_http_route){
        .method = "POST",
        .path = route->path,
        .has_body = true,
        .handle = handle_hook,
        .arg = route,
    };
}

static int add_routes(struct serve *serve, struct hk_err *err)
{
    const struct hk_controller *const *controllers = serve->config->controllers;
    size_t count = count_hooks(controllers);
    serve->hooks = hk_alloc((count + 1) * sizeof *serve->hooks);
    serve->routes = hk_alloc((count + 1) * sizeof *serve->routes);
    serve->metrics = hk_metrics_new(controllers);
    if (!serve->hooks || !serve->routes || !serve->metrics)
        return hk_err_memory(err);
    for (; *controllers; controllers++)
        for (int hook = 0; hook < HK_HOOK_COUNT; hook++)
            if ((*controllers)->hooks[hook])
                add_route(serve, *controllers, (enum hk_hook)hook);
    serve->routes[count] = (struct hk_http_route){.method = NULL};
    return 0;
}

static int start_hooks(struct serve *serve, struct hk_err *err)
{
    const struct hk_serve_config *config = serve->config;
    struct hk_http_config http = {
        .listen = config->listen,
        .routes = serve->routes,
        .threads = config->threads,
        .request_timeout_ms = config->request_timeout_ms,
        .keep_alive_timeout_ms = KEEP_ALIVE_MS,
        .body_max = config->body_max,
        .in_flight_max = config->in_flight_max,
        .in_flight_bytes_max = config->in_flight_bytes_max,
        .arg = serve,
        .authorize = config->token_file ? authorize : NULL,
        .error_body = hk_error_body,
        .done = done,
    };
    serve->server = hk_http_server_new(&http, err);
    return serve->server ? 0 : -1;
}

static int start_admin(struct serve *serve, const struct hk_http_route *routes, struct hk_err *err)
{
    struct hk_http_config http = {
        .listen = serve->config->admin_listen,
        .routes = routes,
        .threads = ADMIN_THREADS,
        .request_timeout_ms = serve->config->request_timeout_ms,
        /* Probes come on new connections: an idle one must not hold one of few threads for long. */
        .keep_alive_timeout_ms = 1000,
        .arg = serve,
        .error_body = hk_error_body,
        .done = admin_done,
    };
    serve->admin = hk_http_server_new(&http, err);
    return serve->admin ? 0 : -1;
}

/* The address as it is bound, since port 0 asked for any. */
static void bound_address(char out[HK_WIRE_ADDRESS_SIZE + 8], const char *asked, int port)
{
    const char *colon = strrchr(asked, ':');
    snprintf(out, HK_WIRE_ADDRESS_SIZE + 8, "%.*s:%d", (int)(colon - asked), asked, port);
}

static void log_start(const struct serve *serve)
{
    char listen[HK_WIRE_ADDRESS_SIZE + 8], admin[HK_WIRE_ADDRESS_SIZE + 8];
    bound_address(listen, serve->config->listen, hk_http_server_port(serve->server));
    bound_address(admin, serve->config->admin_listen, hk_http_server_port(serve->admin));
    struct hk_log_field fields[] = {
        {"program", hk_str_of(serve->config->program), 0},
        {"version", hk_str_of(serve->config->version), 0},
        {"listen", hk_str_of(listen), 0},
        {"adminListen", hk_str_of(admin), 0},
        {"threads", {NULL, 0}, serve->config->threads},
    };
    hk_log(HK_LOG_INFO, "listening", fields, sizeof fields / sizeof *fields);
    if (serve->config->in_flight_max >= serve->config->threads)
        hk_log(HK_LOG_WARN,
               "the limit of requests in flight is not below the threads: one over it waits "
               "instead of being refused",
               NULL, 0);
}

/* ---- running ---- */

/* The next of the signals that end the server, 0 when ms passed without one. */
static int wait_signal(const sigset_t *signals, unsigned ms)
{
    struct timespec timeout = {ms / 1000, (long)(ms % 1000) * 1000000};
    int signal = sigtimedwait(signals, NULL, &timeout);
    return signal > 0 ? signal : 0;
}

static void tick(struct serve *serve)
{
    hk_http_server_tick(serve->server);
    hk_http_server_tick(serve->admin);
}

/* Serve on until the delay is over, then until nothing is in flight. */
static void drain(struct serve *serve, const sigset_t *signals, bool is_delayed)
{
    unsigned delay_ms = is_delayed ? serve->config->drain_delay_ms : 0;
    atomic_store(&serve->is_ready, false);
    hk_http_server_drain(serve->server);
    hk_log(
        HK_LOG_INFO, "draining",
        (struct hk_log_field[]){{"delayMs", {NULL, 0}, delay_ms},
                                {"inFlight", {NULL, 0}, hk_http_server_in_flight(serve->server)}},
        2);
    for (unsigned waited = 0; waited < delay_ms; waited += DRAIN_POLL_MS) {
        if (wait_signal(signals, DRAIN_POLL_MS))
            break;
        if (waited % TICK_MS == 0)
            tick(serve);
    }
    /* Clients are cut off by the ticks, so this ends. */
    for (unsigned waited = 0; hk_http_server_in_flight(serve->server) > 0;
         waited += DRAIN_POLL_MS) {
        wait_signal(signals, DRAIN_POLL_MS);
        if (waited % TICK_MS == 0)
            tick(serve);
    }
}

/* 64 threads would get an arena of malloc each, and every one would keep what it was once given; one
 * serves them as well. The pieces of a request, but for its body, which hk_http keeps, stay with malloc
 * while requests come, because fresh pages cost more than the work on them; an idle second gives
 * them back (trim_when_idle). */
static void tune_malloc(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 1280 << 10); /* above the arena's chunks, below large bodies */
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_TOP_PAD, 64 << 10);
#endif
}

static void trim_when_idle(struct serve *serve)
{
    if (hk_http_server_in_flight(serve->server) > 0 || !atomic_exchange(&serve->is_grown, false))
        return;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static int run(struct serve *serve, const sigset_t *signals, struct hk_err *err)
{
    const struct hk_http_route admin_routes[] = {
        {.method = "GET", .path = "/healthz", .handle = handle_health, .arg = serve},
        {.method = "GET", .path = "/readyz", .handle = handle_ready, .arg = serve},
        {.method = "GET", .path = "/metrics", .handle = handle_metrics, .arg = serve},
        {.method = NULL},
    };
    if (start_hooks(serve, err) || start_admin(serve, admin_routes, err)) {
        hk_http_server_free(serve->server);
        return -1;
    }
    atomic_store(&serve->is_ready, true);
    log_start(serve);
    int signal;
    while ((signal = wait_signal(signals, TICK_MS)) == 0) {
        tick(serve);
        trim_when_idle(serve);
    }
    drain(serve, signals, signal == SIGTERM);
    hk_http_server_free(serve->admin); /* first: its /metrics asks the other */
    hk_http_server_free(serve->server);
    hk_log(HK_LOG_INFO, "stopped", NULL, 0);
    return 0;
}

int hk_serve(const struct hk_serve_config *config, struct hk_err *err)
{
    struct serve serve = {.config = config};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    tune_malloc();
    int result = config->token_file ? hk_token_init(&serve.token, config->token_file, err) : 0;
    if (result == 0)
        result = add_routes(&serve, err);
    if (result == 0)
        result = run(&serve, &signals, err);
    hk_metrics_free(serve.metrics);
    hk_free(serve.routes);
    hk_free(serve.hooks);
    return result;
}
