/* serve: the hook server, with limits that its flags set. */
#include "args.h"
#include "commands.h"
#include "controllers.h"

#include "hk_log.h"
#include "hk_serve.h"
#include "hk_wire.h"

#include <stdio.h>
#include <unistd.h>

#define MI ((int64_t)1 << 20)

struct options {
    const char *listen, *admin_listen;
    const char *auth_token_file;
    const char *log_level, *log_format;
    int64_t threads, max_inflight;
    int64_t max_body, max_inflight_bytes;
    int64_t request_timeout_ms, drain_delay_ms;
};

static const struct cli_flag FLAGS[] = {
    {.name = "listen",
     .type = CLI_TEXT,
     .value = "ADDR:PORT",
     CLI_AT(struct options, listen),
     .help = "Where hooks are served (default 0.0.0.0:8080, since it runs in a Pod).\n"
             "IPv6 as [::]:8080, if civetweb was built with it (Debian 12's was not).\n"
             "Port 0 takes a free one, which the first log line names."},
    {.name = "admin-listen",
     .type = CLI_TEXT,
     .value = "ADDR:PORT",
     CLI_AT(struct options, admin_listen),
     .help = "Where /healthz, /readyz and /metrics are served (default 0.0.0.0:8081)."},
    {.name = "threads",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1024,
     CLI_AT(struct options, threads),
     .help = "Worker threads (default 64). Each open connection holds one, an idle one\n"
             "too: more than Metacontroller's --workers, for each of its replicas."},
    {.name = "max-body",
     .type = CLI_SIZE,
     .value = "SIZE",
     .min = 1024,
     .max = 2047 * MI,
     CLI_AT(struct options, max_body),
     .help = "The largest request (default 128Mi); larger ones get 413. A request has\n"
             "about 9.4 kB for each Pod it observes."},
    {.name = "max-inflight",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1024,
     CLI_AT(struct options, max_inflight),
     .help = "Requests worked on at the same time (default 48); more get 429 with\n"
             "Retry-After. Below --threads, so that a refusal finds a thread."},
    {.name = "max-inflight-bytes",
     .type = CLI_SIZE,
     .value = "SIZE",
     .min = 1024,
     .max = 1024 * 1024 * MI,
     CLI_AT(struct options, max_inflight_bytes),
     .help = "Bodies held in memory at the same time (default 256Mi); more get 429.\n"
             "At least --max-body."},
    {.name = "request-timeout",
     .type = CLI_DURATION,
     .value = "TIME",
     .min = 10,
     .max = 600000,
     CLI_AT(struct options, request_timeout_ms),
     .help = "For a client to send a request's head, to send its body, and to take the\n"
             "answer (default 30s); who is slower is cut off."},
    {.name = "drain-delay",
     .type = CLI_DURATION,
     .value = "TIME",
     .min = 0,
     .max = 600000,
     CLI_AT(struct options, drain_delay_ms),
     .help = "Served on after SIGTERM, while /readyz says 503, until Services have\n"
             "forgotten the Pod (default 5s). SIGINT and a second signal skip it."},
    {.name = "auth-token-file",
     .type = CLI_TEXT,
     .value = "FILE",
     CLI_AT(struct options, auth_token_file),
     .help = "Hooks need `Authorization: Bearer TOKEN` with the token in\n"
             "this file, which is read again when it changes\n"
             "(default: anyone may call them)."},
    {.name = "log-level",
     .type = CLI_CHOICE,
     .value = "LEVEL",
     .choices = "debug info warn error",
     CLI_AT(struct options, log_level),
     .help = "debug, info (default), warn or error. debug has a line for each request."},
    {.name = "log-format",
     .type = CLI_CHOICE,
     .value = "FORMAT",
     .choices = "json text",
     CLI_AT(struct options, log_format),
     .help = "json or text, on stderr (default: text on a terminal, else json)."},
    {0},
};

static const struct cli_usage USAGE = {
    .command = "serve",
    .synopsis = "[FLAGS]",
    .about = "Serves Metacontroller's CompositeController hooks over HTTP, for hook versions v1\n"
             "and v2:\n\n"
             "  POST /flamecluster/sync, /flamecluster/finalize, /flamecluster/customize\n\n"
             "and on the admin port\n\n"
             "  GET /healthz   200 while the process lives\n"
             "  GET /readyz    200 while it takes requests, 503 once it was told to stop\n"
             "  GET /metrics   counters in Prometheus' text format\n\n"
             "The first log line names the addresses. Answers carry an ETag; a request whose\n"
             "If-None-Match names it gets 304. A request that cannot be answered gets\n"
             "{\"error\":{\"kind\",\"message\",\"path\"}} with status 400, 401, 404, 405, 411, "
             "413, 415,\n"
             "429 or 500.\n\n"
             "On SIGTERM it serves on for --drain-delay, finishes what is in flight, and ends\n"
             "with 0. It writes no file, and reads none but the token file.",
    .flags = FLAGS,
    .more = "Sizes: 65536, 64Ki, 128Mi, 1Gi. Times: 500ms, 10s, 2m.\n\n"
            "Examples:\n"
            "  flame-operator serve --listen 127.0.0.1:8080 --log-level debug\n"
            "  curl -d @request.json -H 'Content-Type: application/json' \\\n"
            "       http://127.0.0.1:8080/flamecluster/sync\n",
    .operands_max = 0,
};

static void set_up_log(const struct options *o)
{
    enum hk_log_level level = HK_LOG_INFO;
    enum hk_log_format format = isatty(STDERR_FILENO) ? HK_LOG_TEXT : HK_LOG_JSON;
    /* The words were checked with the flags. */
    if (hk_log_level_parse(o->log_level, &level))
        level = HK_LOG_INFO;
    if (o->log_format && hk_log_format_parse(o->log_format, &format))
        format = HK_LOG_JSON;
    hk_log_setup(level, format, STDERR_FILENO);
}

static int serve(const struct options *o)
{
    static const char address[] = "must be ADDR:PORT: an address in numbers or localhost, "
                                  "and a port from 0 to 65535";
    char listen[HK_WIRE_ADDRESS_SIZE], admin_listen[HK_WIRE_ADDRESS_SIZE];
    struct hk_err err = {.kind = HK_ERR_NONE};
    if (hk_wire_address(o->listen, listen))
        return cli_args_refuse(&USAGE, "listen", address, o->listen);
    if (hk_wire_address(o->admin_listen, admin_listen))
        return cli_args_refuse(&USAGE, "admin-listen", address, o->admin_listen);
    if (o->max_inflight_bytes < o->max_body) {
        char bytes[CLI_NUMBER_SIZE];
        cli_args_size(bytes, o->max_inflight_bytes);
        return cli_args_refuse(&USAGE, "max-inflight-bytes", "must be at least --max-body", bytes);
    }
    struct hk_serve_config config = {
        .controllers = cli_controllers,
        .program = "flame-operator",
        .version = FLAME_VERSION,
        .listen = listen,
        .admin_listen = admin_listen,
        .token_file = o->auth_token_file,
        .threads = (unsigned)o->threads,
        .request_timeout_ms = (unsigned)o->request_timeout_ms,
        .drain_delay_ms = (unsigned)o->drain_delay_ms,
        .in_flight_max = (unsigned)o->max_inflight,
        .body_max = (size_t)o->max_body,
        .in_flight_bytes_max = (size_t)o->max_inflight_bytes,
    };
    set_up_log(o);
    return hk_serve(&config, &err) ? cli_error_from(&err, NULL, 0) : CLI_OK;
}

int cmd_serve(int argc, char **argv)
{
    struct options o = {
        .listen = "0.0.0.0:8080",
        .admin_listen = "0.0.0.0:8081",
        .log_level = "info",
        .threads = 64,
        .max_inflight = 48,
        .max_body = 128 * MI,
        .max_inflight_bytes = 256 * MI,
        .request_timeout_ms = 30000,
        .drain_delay_ms = 5000,
    };
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    return serve(&o);
}
