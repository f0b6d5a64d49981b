/* args.h - the flags of a subcommand, from one table: parsing, errors and the help text.
 *
 *     struct options { const char *listen; int64_t threads; bool verbose; };
 *     static const struct cli_flag FLAGS[] = {
 *         {.name = "listen", .value = "ADDR:PORT", .type = CLI_TEXT, CLI_AT(struct options,
 * listen), .help = "Where to listen (default 127.0.0.1:8080)."},
 *         {.name = "threads", .letter = 't', .value = "N", .type = CLI_INT, .min = 1, .max = 1024,
 *          CLI_AT(struct options, threads), .help = "Worker threads (default 64)."},
 *         {.name = "verbose", .type = CLI_BOOL, CLI_AT(struct options, verbose), .help = "Say
 * more."}, {0},
 *     };
 *     struct options o = {.listen = "127.0.0.1:8080", .threads = 64};
 *     struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
 *     if (cli_args_parse(&USAGE, &args) < 0)
 *         return args.exit_code;
 *
 * Accepted: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, bundled letters without values, flags
 * and operands in any order, `--` before operands that begin with '-'; `-` is an operand (stdin).
 * -h and --help belong to every command. A flag given twice: the last wins (CLI_LIST collects).
 * Shells complete words from the same table (complete.h). */
#ifndef ARGS_H
#define ARGS_H

#include "cli.h"

#include <stdint.h>

enum cli_type {
    CLI_BOOL,     /* bool: set by its presence */
    CLI_TEXT,     /* const char *, not empty */
    CLI_CHOICE,   /* const char *: one of the words of .choices, "json text" */
    CLI_INT,      /* int64_t within min..max */
    CLI_SIZE,     /* int64_t bytes within min..max: 65536, 64Ki, 128Mi, 1Gi */
    CLI_DURATION, /* int64_t milliseconds within min..max: 500ms, 10s, 2m, 1h */
    CLI_LIST,     /* struct cli_list: may be given more than once */
};

#define CLI_LIST_MAX 64
struct cli_list {
    const char *items[CLI_LIST_MAX];
    size_t count;
};

struct cli_flag {
    const char *name; /* without the dashes; NULL ends the table */
    char letter;      /* 0: none */
    enum cli_type type;
    const char *value;   /* the value's name in the help; not for CLI_BOOL */
    const char *choices; /* CLI_CHOICE only */
    const char *help;    /* sentences; a newline goes on in the same column */
    int64_t min, max;    /* CLI_INT, CLI_SIZE, CLI_DURATION; both 0: any value >= 0 */
    size_t offset;       /* of the variable in the options struct: CLI_AT */
};
#define CLI_AT(type, member) .offset = offsetof(type, member)

struct cli_usage {
    const char *command;
    const char *synopsis;           /* what follows the command: "[-o FORMAT] FILE..." */
    const char *about;              /* paragraphs that a person can learn from, lines <= 80 */
    const struct cli_flag *flags;   /* NULL: none but --help */
    const char *more;               /* after the flags: examples, exit codes; NULL: nothing */
    int operands_min, operands_max; /* max < 0: any number */
    const char *operands; /* the words an operand may be, "" completes none; NULL: they are files */
};

struct cli_args {
    int argc;
    char **argv;     /* argv[0] is the command; operands are moved to its front */
    void *options;   /* out */
    char **operands; /* out, borrowed from argv */
    int operand_count;
    int exit_code;
};

/* cli_args_file - the i-th file of a command that takes files by flag and as operands, those by flag
 * first; NULL: there are no more. Borrowed from argv. */
const char *cli_args_file(const struct cli_list *flagged, const struct cli_args *args, size_t i);

/* cli_args_parse - fill options and operands. Returns 0 to go on; -1 to end with args->exit_code:
 * CLI_OK after --help was shown, CLI_USAGE after a mistake was reported. */
int cli_args_parse(const struct cli_usage *usage, struct cli_args *args) HK_MUST_USE;

/* cli_args_refuse, cli_args_missing - report that a flag's value breaks a rule ("must be ..."), or
 * that an operand is missing. Return CLI_USAGE. */
int cli_args_refuse(const struct cli_usage *usage, const char *flag, const char *rule,
                    const char *value);
int cli_args_missing(const struct cli_usage *usage, const char *operand);

/* cli_args_size - as people write it: 64Mi, or 100000. */
#define CLI_NUMBER_SIZE 24
void cli_args_size(char out[CLI_NUMBER_SIZE], int64_t bytes);

#endif
