/* flame-operator: one program, its subcommands in a table. */
#include "cli.h"
#include "commands.h"
#include "complete.h"

#include <signal.h>
#include <stdio.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* one line */
};

static const struct command COMMANDS[] = {
#ifndef FLAME_PLUGIN
    {"serve", cmd_serve, "Serve Metacontroller's hooks over HTTP"},
#endif
    {"render", cmd_render, "Show every object that FlameClusters bring to life"},
    {"validate", cmd_validate, "Check FlameClusters and name every problem with its line"},
    {"sync", cmd_sync, "Answer one sync request, without a server"},
    {"finalize", cmd_finalize, "Answer one finalize request, without a server"},
    {"customize", cmd_customize, "Answer one customize request, without a server"},
    {"plan", cmd_plan, "Show what a change of a FlameCluster would do, Pod by Pod"},
    {"simulate", cmd_simulate, "Play the life of FlameClusters step by step, without Kubernetes"},
    {"status", cmd_status, "Show how FlameClusters are, with kubectl: components, Pods, roll-outs"},
    {"completion", cmd_completion, "Show the script by which a shell completes commands and flags"},
    {"version", cmd_version, "Show the version of the program and of its libraries"},
    {0},
};

static const struct command *find_command(const char *name)
{
    for (const struct command *c = COMMANDS; c->name; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

static void show_commands(FILE *to)
{
    fprintf(to,
            "Usage: %s COMMAND [FLAGS] [FILE...]\n\n"
            "Runs Flame clusters on Kubernetes: a hook backend for Metacontroller, and the same\n"
            "code on the terminal.\n\nCommands:\n",
            cli_name());
    for (const struct command *c = COMMANDS; c->name; c++)
        fprintf(to, "  %-12s%s\n", c->name, c->help);
    fprintf(to, "  %-12s%s\n", "help", "Show this text, or the help of a command");
    fprintf(to,
            "\nSee '%s COMMAND --help' for a command's flags.\n\n"
            "Exit codes: 0 ok, 1 the input was judged bad, 2 usage, 3 unreadable or malformed\n"
            "input, 5 internal.\n",
            cli_name());
}

static int unknown_command(const char *name)
{
    cli_error((struct cli_place){0}, "unknown command \"%.64s\"; see '%s help'", name, cli_name());
    return CLI_USAGE;
}

static int show_help(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "help") == 0) {
        show_commands(stdout);
        return CLI_OK;
    }
    const struct command *command = find_command(argv[1]);
    char *help[] = {argv[1], (char[]){"--help"}, NULL};
    return command ? command->run(2, help) : unknown_command(argv[1]);
}

static void offer_commands(const char *typed)
{
    for (const struct command *c = COMMANDS; c->name; c++)
        complete_offer(typed, c->name, c->help);
    complete_offer(typed, "help", "Show the help of a command");
}

/* The words after the program's name; the last one is being typed, and may be empty. */
static int complete(int argc, char **argv)
{
    const struct command *command = argc > 1 ? find_command(argv[0]) : NULL;
    if (command) {
        argv[-1] = argv[0];
        argv[0] = (char[]){COMPLETE_FLAG};
        return command->run(argc + 1, argv - 1);
    }
    if (argc == 1 || (argc == 2 && strcmp(argv[0], "help") == 0))
        offer_commands(argv[argc - 1]);
    return complete_end(false);
}

static int run(int argc, char **argv)
{
    if (complete_is_called_by_kubectl())
        return complete(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], COMPLETE_COMMAND) == 0)
        return complete(argc - 2, argv + 2);
    if (argc < 2) {
        show_commands(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return show_help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0)
        return cmd_version(1, argv + 1);
    const struct command *command = find_command(argv[1]);
    return command ? command->run(argc - 1, argv + 1) : unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
    /* A reader that goes away is an error of write(2), answered like any other. */
    signal(SIGPIPE, SIG_IGN);
    return cli_finish(run(argc, argv));
}
