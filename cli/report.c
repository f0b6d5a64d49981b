/* What the program says: errors on stderr, results on stdout. */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_SIZE 1024

const char *cli_name(void)
{
    return strncmp(program_invocation_short_name, "kubectl", 7) == 0 ? "kubectl flame"
                                                                     : "flame-operator";
}

static size_t append(char *line, size_t used, const char *format, ...) HK_PRINTF(3, 4);
static size_t append(char *line, size_t used, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line + used, LINE_SIZE - used, format, args);
    va_end(args);
    if (n < 0)
        return used;
    return used + (size_t)n < LINE_SIZE ? used + (size_t)n : LINE_SIZE - 1;
}

static size_t append_place(char *line, struct cli_place place)
{
    size_t used = append(line, 0, "flame-operator: ");
    const char *file = place.file && strcmp(place.file, "-") == 0 ? "<stdin>" : place.file;
    if (file && place.line)
        used = append(line, used, "%s:%u: ", file, place.line);
    else if (file)
        used = append(line, used, "%s: ", file);
    if (place.path && *place.path)
        used = append(line, used, "%s: ", place.path);
    return used;
}

/* A file's name or a value out of it may hold anything; a terminal gets no control characters. */
static void print_line(char *line)
{
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    fprintf(stderr, "%s\n", line);
}

void cli_error(struct cli_place place, const char *format, ...)
{
    char line[LINE_SIZE];
    size_t used = append_place(line, place);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof line - used, format, args);
    va_end(args);
    print_line(line);
}

void cli_warning(struct cli_place place, const char *format, ...)
{
    char line[LINE_SIZE];
    size_t used = append(line, append_place(line, place), "warning: ");
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof line - used, format, args);
    va_end(args);
    print_line(line);
}

int cli_error_from(const struct hk_err *err, const char *file, unsigned line)
{
    cli_error((struct cli_place){file, line, err->path}, "%s", err->text);
    if (err->kind == HK_ERR_NOT_FOUND)
        return CLI_USAGE;
    return err->kind == HK_ERR_MEMORY || err->kind == HK_ERR_INTERNAL ? CLI_INTERNAL : CLI_INPUT;
}

bool cli_has_color(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

/* Why the first write failed: stdout remembers only that one did. */
static int write_errno;

void cli_write(struct hk_str bytes)
{
    errno = 0;
    if (bytes.len && fwrite(bytes.ptr, 1, bytes.len, stdout) < bytes.len && !write_errno)
        write_errno = errno;
}

static bool has_no_reader(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return write_errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR));
}

int cli_finish(int code)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) == 0 && !failed)
        return code;
    if (!write_errno)
        write_errno = errno;
    if (!has_no_reader())
        cli_error((struct cli_place){0}, "cannot write to standard output: %s",
                  write_errno ? strerror(write_errno) : "write error");
    return code == CLI_OK ? CLI_INTERNAL : code;
}
