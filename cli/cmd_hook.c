/* sync, finalize, customize: one hook call without a server. */
#include "args.h"
#include "commands.h"
#include "controllers.h"
#include "hk_time.h"
#include "input.h"

#include <stdio.h>
#include <time.h>

struct options {
    const char *now;
    const char *controller;
};

static const struct cli_flag FLAGS[] = {
    {.name = "now",
     .type = CLI_TEXT,
     .value = "RFC3339",
     CLI_AT(struct options, now),
     .help = "The time of the call, 2026-11-21T05:49:46Z (default:\nthe clock). Same request and "
             "time, same answer."},
    {.name = "controller",
     .type = CLI_TEXT,
     .value = "NAME",
     CLI_AT(struct options, controller),
     .help = "The controller to call (default: the one of the\nparent's kind)."},
    {0},
};

#define ABOUT                                                                                      \
    "FILE is the request as Metacontroller sends it, - or none is standard input. The\n"           \
    "answer goes to stdout: the bytes that the server would send, and a newline."
#define MORE "Exit codes: 0 ok, 3 the request is unreadable or malformed (the server's 400)."

static const struct cli_usage USAGES[HK_HOOK_COUNT] = {
    [HK_HOOK_SYNC] = {.command = "sync",
                      .synopsis = "[FLAGS] [FILE]",
                      .about = "Answers one sync request: which children and which status a "
                               "parent should have.\n\n" ABOUT,
                      .flags = FLAGS,
                      .more = MORE,
                      .operands_max = 1},
    [HK_HOOK_FINALIZE] = {.command = "finalize",
                          .synopsis = "[FLAGS] [FILE]",
                          .about = "Answers one finalize request: what is still to stand while "
                                   "a parent is deleted,\nand whether it may go.\n\n" ABOUT,
                          .flags = FLAGS,
                          .more = MORE,
                          .operands_max = 1},
    [HK_HOOK_CUSTOMIZE] = {.command = "customize",
                           .synopsis = "[FLAGS] [FILE]",
                           .about = "Answers one customize request: which other objects a parent "
                                    "needs to see.\n\n" ABOUT,
                           .flags = FLAGS,
                           .more = MORE,
                           .operands_max = 1},
};

struct parent {
    struct hk_scan_iter it;
    struct hk_str api_version, kind;
};

static void read_parent(void *arg, struct hk_scan *s)
{
    static const char *const NAMES[] = {"apiVersion", "kind", NULL};
    struct parent *parent = arg;
    hk_scan_object(s, &parent->it);
    for (int field; (field = hk_scan_field(s, &parent->it, NAMES)) >= 0;)
        *(field == 0 ? &parent->api_version : &parent->kind) = hk_scan_str(s);
}

/* By name, else the only one, else the one for the parent's kind; NULL with err. */
static const struct hk_controller *choose(const struct options *o, struct hk_call *call,
                                          struct hk_err *err)
{
    if (o->controller)
        return hk_controller_find(cli_controllers, hk_str_of(o->controller));
    if (!cli_controllers[1])
        return cli_controllers[0];
    const struct hk_request_reader reader = {.parent = read_parent};
    struct parent parent = {.kind = {NULL, 0}};
    struct hk_request request;
    if (hk_request_read(call, &reader, &parent, &request, err) < 0)
        return NULL;
    for (const struct hk_controller *const *c = cli_controllers; *c; c++) {
        if (hk_str_is(parent.kind, (*c)->kind) && hk_str_is(parent.api_version, (*c)->api_version))
            return *c;
    }
    hk_err_set(err, HK_ERR_INVALID, "parent.kind",
               "no controller is for it; name one with "
               "--controller");
    return NULL;
}

static int refuse_controller(const struct cli_usage *usage, const char *name)
{
    cli_error((struct cli_place){0}, "%s: --controller \"%.64s\" is unknown; see '%s %s --help'",
              usage->command, name, cli_name(), usage->command);
    return CLI_USAGE;
}

static int answer(enum hk_hook hook, const struct options *o, const char *file,
                  struct hk_call *call)
{
    struct hk_err err = {0};
    const struct hk_controller *controller = choose(o, call, &err);
    if (!controller && o->controller)
        return refuse_controller(&USAGES[hook], o->controller);
    struct hk_buf out;
    hk_buf_init(&out);
    int code = CLI_OK;
    if (!controller || hk_controller_run(controller, hook, call, &out, &err) < 0) {
        code = cli_error_from(&err, file, 0);
    } else {
        cli_write(hk_buf_str(&out));
        cli_write(HK_STR("\n"));
    }
    hk_buf_fini(&out);
    return code;
}

static int run(enum hk_hook hook, int argc, char **argv)
{
    struct options o = {.now = NULL};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    int64_t now = (int64_t)time(NULL);
    if (cli_args_parse(&USAGES[hook], &args) < 0)
        return args.exit_code;
    if (o.now && hk_time_parse(hk_str_of(o.now), &now) < 0)
        return cli_args_refuse(&USAGES[hook], "now", "must be a time such as 2026-11-21T05:49:46Z",
                               o.now);
    const char *file = args.operand_count ? args.operands[0] : "-";
    struct hk_buf request;
    struct hk_arena arena;
    hk_buf_init(&request);
    hk_arena_init(&arena);
    int code = cli_read(file, &request);
    if (code == CLI_OK) {
        struct hk_call call = {.body = hk_buf_str(&request), .now_s = now, .arena = &arena};
        code = answer(hook, &o, file, &call);
    }
    hk_arena_fini(&arena);
    hk_buf_fini(&request);
    return code;
}

int cmd_sync(int argc, char **argv)
{
    return run(HK_HOOK_SYNC, argc, argv);
}

int cmd_finalize(int argc, char **argv)
{
    return run(HK_HOOK_FINALIZE, argc, argv);
}

int cmd_customize(int argc, char **argv)
{
    return run(HK_HOOK_CUSTOMIZE, argc, argv);
}
