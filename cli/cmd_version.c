#include "args.h"
#include "commands.h"

#include "hk_hash.h"
#include "hk_http.h"
#include "hk_yaml.h"

#include <stdio.h>

struct options {
    const char *output;
};

static const struct cli_flag FLAGS[] = {
    {.name = "output",
     .letter = 'o',
     .type = CLI_CHOICE,
     .value = "FORMAT",
     .choices = "text json",
     CLI_AT(struct options, output),
     .help = "text (default) or json."},
    {0},
};

static const struct cli_usage USAGE = {
    .command = "version",
    .synopsis = "[-o FORMAT]",
    .about = "Shows the program's version, the commit it was built from, the compiler, and the\n"
             "versions of the libraries it runs with.",
    .flags = FLAGS,
};

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

struct row {
    const char *name, *value;
};

static void show_text(const struct row *rows)
{
    for (const struct row *r = rows; r->name; r++)
        printf("%s%s%s\n", r->name, r == rows ? " " : ": ", r->value);
}

static void show_json(const struct row *rows)
{
    for (const struct row *r = rows; r->name; r++)
        printf("%s\"%s\":\"%s\"", r == rows ? "{" : ",", r == rows ? "version" : r->name, r->value);
    printf("}\n");
}

int cmd_version(int argc, char **argv)
{
    struct options o = {.output = "text"};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    char xxhash[32];
    unsigned n = hk_hash_version();
    snprintf(xxhash, sizeof xxhash, "%u.%u.%u", n / 10000, n / 100 % 100, n % 100);
    const struct row rows[] = {
        {"flame-operator", FLAME_VERSION},
        {"commit", FLAME_COMMIT},
        {"compiler", COMPILER},
        {"civetweb", hk_http_library() + strlen("civetweb ")},
        {"jansson", jansson_version_str()},
        {"libyaml", hk_yaml_version()},
        {"libxxhash", xxhash},
        {0},
    };
    (strcmp(o.output, "json") == 0 ? show_json : show_text)(rows);
    return CLI_OK;
}
