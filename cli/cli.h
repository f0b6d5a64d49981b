/* cli.h - what every subcommand shares: exit codes, the form of an error, where output goes. */
#ifndef CLI_H
#define CLI_H

#include "hk_err.h"

/* The program's exit codes; documented, so scripts rely on them. */
enum cli_exit {
    CLI_OK = 0,
    CLI_JUDGED = 1,   /* the input was read and judged bad */
    CLI_USAGE = 2,    /* unknown command, flag or operand */
    CLI_INPUT = 3,    /* unreadable or malformed input */
    CLI_INTERNAL = 5, /* out of memory, output that cannot be written */
};

/* cli_name - how the user calls the program, for help texts: "flame-operator" or "kubectl flame".
 */
const char *cli_name(void);

/* Where something is wrong. All borrowed; NULL or 0 parts are left out. */
struct cli_place {
    const char *file; /* "-" is shown as <stdin> */
    unsigned line;
    const char *path; /* field path */
};

/* cli_error, cli_warning - one line on stderr: `flame-operator: FILE:LINE: path: text`, the text of
 * a warning after the word "warning: ". Control characters are shown as '?': the line stays one. */
void cli_error(struct cli_place place, const char *format, ...) HK_PRINTF(2, 3);
void cli_warning(struct cli_place place, const char *format, ...) HK_PRINTF(2, 3);

/* cli_error_from - report err at file:line and return the exit code of its kind: CLI_INTERNAL for
 * MEMORY and INTERNAL, CLI_USAGE for NOT_FOUND (no such hook), else CLI_INPUT. */
int cli_error_from(const struct hk_err *err, const char *file, unsigned line);

/* cli_write - bytes to standard output, buffered. A failure shows in cli_finish. */
void cli_write(struct hk_str bytes);

/* cli_has_color - is standard output a terminal that shows colors, to a user who wants them? */
bool cli_has_color(void);

/* cli_finish - flush standard output. Returns code, or CLI_INTERNAL when code was CLI_OK and the
 * output could not be written, which is reported, except that nobody reads it any more (EPIPE). */
int cli_finish(int code);

#endif
