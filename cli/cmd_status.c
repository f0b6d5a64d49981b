#include "args.h"
#include "commands.h"
#include "controllers.h"
#include "hk_mem.h"
#include "hk_scan.h"
#include "hk_time.h"
#include "input.h"
#include "kubectl.h"
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* An API server that does not answer must not stop a watch for good. */
#define REQUEST_TIMEOUT "--request-timeout=20s"
#define NAMES_MAX 64

struct options {
    const char *namespace, *context, *kubeconfig, *from, *output, *now;
    bool all_namespaces, all_pods, watch;
    int64_t interval_ms;
};

static const struct cli_flag FLAGS[] = {
    {.name = "namespace",
     .letter = 'n',
     .type = CLI_TEXT,
     .value = "NS",
     CLI_AT(struct options, namespace),
     .help = "Where the FlameClusters are (default: as kubectl has it)."},
    {.name = "all-namespaces",
     .letter = 'A',
     .type = CLI_BOOL,
     CLI_AT(struct options, all_namespaces),
     .help = "List those of all namespaces."},
    {.name = "context",
     .type = CLI_TEXT,
     .value = "CONTEXT",
     CLI_AT(struct options, context),
     .help = "kubectl's context to use."},
    {.name = "kubeconfig",
     .type = CLI_TEXT,
     .value = "FILE",
     CLI_AT(struct options, kubeconfig),
     .help = "kubectl's configuration to use."},
    {.name = "watch",
     .letter = 'w',
     .type = CLI_BOOL,
     CLI_AT(struct options, watch),
     .help = "Draw it again and again, until Ctrl-C."},
    {.name = "interval",
     .type = CLI_DURATION,
     .value = "TIME",
     .min = 100,
     .max = 3600000,
     CLI_AT(struct options, interval_ms),
     .help = "Time between two pictures of --watch (default 2s)."},
    {.name = "all-pods",
     .type = CLI_BOOL,
     CLI_AT(struct options, all_pods),
     .help = "A line for each Pod; else those that are alike have\none together."},
    {.name = "from",
     .type = CLI_TEXT,
     .value = "FILE",
     CLI_AT(struct options, from),
     .help = "What kubectl printed (get -o json), or a sync request,\nin place of a cluster; - is "
             "standard input."},
    {.name = "now",
     .type = CLI_TEXT,
     .value = "RFC3339",
     CLI_AT(struct options, now),
     .help = "The time that ages are counted to (default: the clock)."},
    {.name = "output",
     .letter = 'o',
     .type = CLI_CHOICE,
     .value = "FORMAT",
     .choices = "text json",
     CLI_AT(struct options, output),
     .help = "text (default), or json."},
    {0},
};

static const struct cli_usage USAGE = {
    .command = "status",
    .synopsis = "[FLAGS] [NAME...]",
    .about =
        "Shows how FlameClusters are: components and their Pods, those in trouble first and\n"
        "with the reason, roll-outs, Services, claims, conditions and warnings. Without a NAME\n"
        "a line for each FlameCluster.\n"
        "\n"
        "Reads the cluster with kubectl, found on the PATH or named by KUBECTL, and with your\n"
        "rights; what you may not read is left out and told. Secrets are never read.",
    .flags = FLAGS,
    .more = "Examples:\n"
            "  flame-operator status my-flame\n"
            "  flame-operator status my-flame --watch\n"
            "  kubectl get flc,pods,svc,cm,pvc -o json | flame-operator status my-flame --from -\n"
            "\n"
            "Exit codes: 0 all are Ready, 1 one is not, 3 kubectl failed, or what it gave cannot\n"
            "be understood. After --watch: those of the last picture.",
    .operands_max = NAMES_MAX,
    .operands = "",
};

struct run {
    const struct options *options;
    const struct hk_controller *controller;
    char **names;
    size_t name_count;
    int64_t now_s; /* 0: the clock */
};

/* ---- reading ---- */

static void add_common(const struct options *o, struct kubectl *kubectl)
{
    kubectl_add(kubectl, REQUEST_TIMEOUT);
    if (o->kubeconfig) {
        kubectl_add(kubectl, "--kubeconfig");
        kubectl_add(kubectl, o->kubeconfig);
    }
    if (o->context) {
        kubectl_add(kubectl, "--context");
        kubectl_add(kubectl, o->context);
    }
    if (o->namespace) {
        kubectl_add(kubectl, "--namespace");
        kubectl_add(kubectl, o->namespace);
    }
    if (o->all_namespaces)
        kubectl_add(kubectl, "--all-namespaces");
    kubectl_add(kubectl, "--output=json");
}

static void ask_parents(const struct run *run, struct kubectl *kubectl)
{
    kubectl_init(kubectl);
    kubectl_add(kubectl, "get");
    add_common(run->options, kubectl);
    kubectl_add(kubectl, run->controller->view->resource);
    for (size_t i = 0; i < run->name_count; i++)
        kubectl_add(kubectl, run->names[i]);
}

static void ask_children(const struct run *run, struct kubectl *kubectl, const char *selector)
{
    kubectl_init(kubectl);
    kubectl_add(kubectl, "get");
    add_common(run->options, kubectl);
    kubectl_add(kubectl, run->controller->view->children);
    kubectl_add(kubectl, "--selector");
    kubectl_add(kubectl, selector);
}

static void ask_events(const struct run *run, struct kubectl *kubectl, const char *selector)
{
    kubectl_init(kubectl);
    kubectl_add(kubectl, "get");
    add_common(run->options, kubectl);
    kubectl_add(kubectl, "events");
    kubectl_add(kubectl, "--field-selector");
    kubectl_add(kubectl, selector);
}

/* Steals what a run printed. */
static void take(struct kubectl *kubectl, struct hk_buf *text)
{
    *text = kubectl->out;
    hk_buf_init(&kubectl->out);
}

static void take_part(struct kubectl *kubectl, struct status_texts *texts, struct hk_buf *text)
{
    (void)kubectl_has_failed(kubectl, &texts->unreadable);
    take(kubectl, text);
}

/* All at the same time: each takes kubectl as long to start as the cluster to answer. Returns CLI_OK, CLI_INPUT with why, or -1: stopped. */
static int run_all(struct kubectl *runs, size_t count, int stop_fd, struct hk_buf *why)
{
    for (size_t i = 0; i < count; i++)
        if (kubectl_start(&runs[i], why) != 0)
            return CLI_INPUT;
    if (kubectl_wait(runs, count, stop_fd) != 0)
        return -1;
    return kubectl_has_failed(&runs[0], why) ? CLI_INPUT : CLI_OK;
}

/* "label in (a,b)". */
static const char *selectors(const struct run *run, struct hk_buf *children, struct hk_buf *events)
{
    hk_buf_printf(children, "%s in (", run->controller->view->label);
    for (size_t i = 0; i < run->name_count; i++)
        hk_buf_printf(children, "%s%s", i ? "," : "", run->names[i]);
    hk_buf_add_char(children, ')');
    hk_buf_printf(events, "involvedObject.kind=%s,type=Warning", run->controller->kind);
    if (run->name_count == 1)
        hk_buf_printf(events, ",involvedObject.name=%s", run->names[0]);
    return hk_buf_cstr(children) && hk_buf_cstr(events) ? hk_buf_cstr(children) : NULL;
}

static int read_cluster(const struct run *run, int stop_fd, struct status_texts *texts,
                        struct hk_buf *why)
{
    struct kubectl runs[3];
    struct hk_buf children, events;
    size_t count = run->name_count ? 3 : 1;
    hk_buf_init(&children);
    hk_buf_init(&events);
    const char *selector = selectors(run, &children, &events);
    ask_parents(run, &runs[0]);
    ask_children(run, &runs[1], selector);
    ask_events(run, &runs[2], hk_buf_cstr(&events));
    int code = selector ? run_all(runs, count, stop_fd, why) : CLI_INTERNAL;
    if (code == CLI_OK)
        take(&runs[0], &texts->parents);
    if (code == CLI_OK && count > 1) {
        take_part(&runs[1], texts, &texts->children);
        take_part(&runs[2], texts, &texts->events);
    }
    for (size_t i = 0; i < 3; i++)
        kubectl_fini(&runs[i]);
    hk_buf_fini(&children);
    hk_buf_fini(&events);
    return code;
}

/* ---- showing ---- */

static bool is_utf8_locale(void)
{
    const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static size_t number_in(const char *variable)
{
    const char *text = getenv(variable);
    long n = text ? strtol(text, NULL, 10) : 0;
    return n > 0 && n < 10000 ? (size_t)n : 0;
}

static struct status_style style_of(const struct run *run, bool is_live)
{
    struct winsize size = {0};
    struct status_style style = {
        .has_color = cli_has_color(),
        .has_utf8 = is_utf8_locale(),
        .is_live = is_live,
        .all_pods = run->options->all_pods,
        .width = number_in("COLUMNS"),
        .now_s = run->now_s ? run->now_s : (int64_t)time(NULL),
    };
    bool is_terminal = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    if (is_terminal && !style.width)
        style.width = size.ws_col;
    if (is_terminal && is_live)
        style.rows = number_in("LINES") ? number_in("LINES") : size.ws_row;
    return style;
}

static int judge(const json_t *report)
{
    size_t i;
    json_t *parent;
    json_array_foreach(json_object_get(report, "clusters"), i, parent)
    {
        if (!json_is_true(json_object_get(parent, "ready")))
            return CLI_JUDGED;
    }
    return CLI_OK;
}

static int show_json(const json_t *report, struct hk_buf *picture)
{
    /* Beyond ASCII all is escaped: a terminal obeys more than JSON escapes. */
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    if (!text)
        return -1;
    for (const char *c = text; *c; c++)
        if (*c == 0x7f)
            hk_buf_add_str(picture, HK_STR("\\u007f"));
        else
            hk_buf_add_char(picture, *c);
    hk_buf_add_char(picture, '\n');
    free(text);
    return picture->failed ? -1 : 0;
}

static int show(const struct run *run, const json_t *report, const struct status_style *style,
                struct hk_buf *picture)
{
    bool is_table = run->name_count == 0 && !json_is_true(json_object_get(report, "isRequest"));
    int failed;
    if (strcmp(run->options->output, "json") == 0)
        failed = show_json(report, picture);
    else if (json_array_size(json_object_get(report, "clusters")) == 0)
        failed = (hk_buf_printf(picture, "no %ss\n", run->controller->kind), picture->failed);
    else
        failed = (is_table ? status_show_table : status_show_tree)(style, report, picture);
    return failed ? CLI_INTERNAL : judge(report);
}

static int explain(const struct hk_err *err, struct hk_buf *why)
{
    if (err->kind == HK_ERR_MEMORY)
        return CLI_INTERNAL;
    if (err->kind != HK_ERR_NOT_FOUND)
        hk_buf_printf(why, "what was read makes no sense: ");
    hk_buf_printf(why, "%s%s%s", err->path, *err->path ? ": " : "", err->text);
    return CLI_INPUT;
}

/* One picture. Returns the exit code, -1 when it was stopped; CLI_INPUT with why. */
static int make(const struct run *run, int stop_fd, bool is_live, struct hk_buf *picture,
                struct hk_buf *why)
{
    struct status_texts texts;
    struct hk_err err = {0};
    struct status_style style = style_of(run, is_live);
    status_texts_init(&texts);
    int code = run->options->from ? cli_read(run->options->from, &texts.parents)
                                  : read_cluster(run, stop_fd, &texts, why);
    json_t *report = NULL;
    if (code == CLI_OK) {
        struct status_query query = {.controller = run->controller,
                                     .names = run->names,
                                     .name_count = run->name_count,
                                     .namespace =
                                         run->options->from ? run->options->namespace : NULL,
                                     .now_s = style.now_s};
        report = status_report_make(&query, &texts, &err);
        code = report ? show(run, report, &style, picture) : explain(&err, why);
    }
    json_decref(report);
    status_texts_fini(&texts);
    return code;
}

/* Each line of what kubectl says is an error of its own. */
static void report_lines(const struct options *o, struct hk_buf *why)
{
    char *save = NULL, *text = (char *)(uintptr_t)hk_buf_cstr(why);
    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save))
        cli_error((struct cli_place){.file = o->from}, "%s%s", o->from ? "" : "status: ", line);
}

static int show_once(const struct run *run)
{
    struct hk_buf picture, why;
    hk_buf_init(&picture);
    hk_buf_init(&why);
    int code = make(run, -1, false, &picture, &why);
    if (code == CLI_INTERNAL)
        cli_error((struct cli_place){0}, "status: out of memory");
    cli_write(hk_buf_str(&picture));
    report_lines(run->options, &why);
    hk_buf_fini(&picture);
    hk_buf_fini(&why);
    return code;
}

/* What kubectl failed with is the picture, and it goes on. */
static int make_live(void *arg, int stop_fd, bool is_live, struct hk_buf *picture)
{
    const struct run *run = arg;
    struct hk_buf why;
    hk_buf_init(&why);
    int code = make(run, stop_fd, is_live, picture, &why);
    if (why.len && code >= 0) {
        struct status_style style = style_of(run, is_live);
        hk_buf_clear(picture);
        if (status_show_trouble(&style, hk_buf_cstr(&why), picture) != 0)
            code = CLI_INTERNAL;
    }
    hk_buf_fini(&why);
    return code;
}

static int usage_error(const char *text)
{
    cli_error((struct cli_place){0}, "status: %s; see '%s status --help'", text, cli_name());
    return CLI_USAGE;
}

/* What kubectl would take for a flag, or a selector for more than a name, is none. */
static bool is_name(const char *text)
{
    return *text && *text != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(text);
}

static int check(const struct options *o, const struct cli_args *args)
{
    if (o->all_namespaces && o->namespace)
        return usage_error("--namespace and --all-namespaces exclude each other");
    if (o->all_namespaces && args->operand_count > 0)
        return usage_error("--all-namespaces lists; a NAME is in one namespace");
    if (o->from && (o->watch || o->context || o->kubeconfig || o->all_namespaces))
        return usage_error(
            "--from reads no cluster: neither --watch nor kubectl's flags make sense");
    if (o->watch && strcmp(o->output, "json") == 0)
        return usage_error("--watch draws text");
    for (int i = 0; i < args->operand_count; i++)
        if (!is_name(args->operands[i]))
            return usage_error("a NAME is lower-case letters, digits, '-' and '.'");
    return CLI_OK;
}

static const struct hk_controller *controller_with_view(void)
{
    const struct hk_controller *const *c = cli_controllers;
    while (*c && !(*c)->view)
        c++;
    return *c;
}

int cmd_status(int argc, char **argv)
{
    struct options o = {.output = "text", .interval_ms = 2000};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    struct run run = {.options = &o, .controller = controller_with_view()};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    int code = check(&o, &args);
    if (code != CLI_OK)
        return code;
    if (!run.controller)
        return usage_error("no controller of this program has a view");
    if (o.now && hk_time_parse(hk_str_of(o.now), &run.now_s) != 0)
        return cli_args_refuse(&USAGE, "now", "must be a time such as 2026-11-21T06:00:00Z", o.now);
    run.names = args.operands;
    run.name_count = (size_t)args.operand_count;
    if (!o.watch)
        return show_once(&run);
    return status_watch(&(struct status_watch){o.interval_ms, make_live, &run});
}
