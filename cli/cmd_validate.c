#include "args.h"
#include "commands.h"
#include "controllers.h"
#include "input.h"

#include "hk_sim.h"

#include <stdio.h>

struct options {
    struct cli_list files;
    bool ignore_unknown_kinds;
    bool quiet;
};

static const struct cli_flag FLAGS[] = {
    {.name = "filename",
     .letter = 'f',
     .type = CLI_LIST,
     .value = "FILE",
     CLI_AT(struct options, files),
     .help = "A file to read, as any FILE; may be given again."},
    {.name = "ignore-unknown-kinds",
     .type = CLI_BOOL,
     CLI_AT(struct options, ignore_unknown_kinds),
     .help = "Pass over objects of other kinds instead of\nrefusing them."},
    {.name = "quiet",
     .letter = 'q',
     .type = CLI_BOOL,
     CLI_AT(struct options, quiet),
     .help = "No summary; problems and the exit code only."},
    {0},
};

static const struct cli_usage USAGE = {
    .command = "validate",
    .synopsis = "[FLAGS] FILE...",
    .about = "Checks FlameClusters by the rules that the server and the CRD hold, and reports\n"
             "every problem on a line of its own on stderr:\n"
             "\n"
             "  flame-operator: FILE:LINE: FIELD: what is wrong, what is allowed\n"
             "\n"
             "FILE is YAML or JSON, may hold several documents and Lists; - is standard input.\n"
             "A warning, such as of a field that no FlameCluster has, is shown and changes\n"
             "nothing. The last line on stdout is a summary.",
    .flags = FLAGS,
    .more = "Exit codes: 0 all valid, 1 a problem was found, 3 a file is unreadable or malformed.",
    .operands_max = -1,
};

struct tally {
    size_t objects, valid, warnings;
};

static void summarize(const char *file, const struct hk_controller *controller,
                      const struct tally *t)
{
    const char *name = strcmp(file, "-") == 0 ? "<stdin>" : file;
    const char *plural = t->objects == 1 ? "" : "s";
    if (t->valid == t->objects)
        printf("%s: %zu %s%s valid", name, t->valid, controller->kind, plural);
    else
        printf("%s: %zu of %zu %s%s valid", name, t->valid, t->objects, controller->kind, plural);
    if (t->warnings)
        printf(", %zu warning%s", t->warnings, t->warnings == 1 ? "" : "s");
    putchar('\n');
}

/* The first object of the file that is the same one by kind, namespace and name; itself, if there is none before it. */
static const struct cli_object *first_of(const struct cli_input *in, const struct cli_object *o)
{
    const char *name = hk_sim_text(o->root, "metadata.name");
    const struct cli_object *first = in->objects;
    while (first != o && (first->controller != o->controller ||
                          strcmp(hk_sim_text(first->root, "metadata.name"), name) != 0 ||
                          strcmp(cli_object_namespace(first), cli_object_namespace(o)) != 0))
        first++;
    return first;
}

/* Whoever applies the file is left with the last of them. */
static size_t warn_of_second(const struct cli_input *in, const struct cli_object *o)
{
    const struct cli_object *first = first_of(in, o);
    if (first == o || !*hk_sim_text(o->root, "metadata.name"))
        return 0;
    cli_warning((struct cli_place){o->file, o->doc->line, NULL},
                "is the same %s as in line %u: the last one counts", o->controller->kind,
                first->doc->line);
    return 1;
}

static int validate_file(const struct options *o, const char *file)
{
    struct cli_input in;
    cli_input_init(&in);
    in.ignore_unknown_kinds = o->ignore_unknown_kinds;
    cli_input_add(&in, file);
    for (const struct hk_controller *const *c = cli_controllers; *c; c++) {
        struct tally tally = {0};
        for (size_t i = 0; i < in.count; i++) {
            if (in.objects[i].controller != *c)
                continue;
            tally.objects++;
            tally.valid += cli_object_check(&in, &in.objects[i], &tally.warnings) == 0;
            tally.warnings += warn_of_second(&in, &in.objects[i]);
        }
        if (tally.objects && !o->quiet)
            summarize(file, *c, &tally);
    }
    int exit_code = in.exit_code;
    cli_input_fini(&in);
    return exit_code;
}

int cmd_validate(int argc, char **argv)
{
    struct options o = {.quiet = false};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    if (!cli_args_file(&o.files, &args, 0))
        return cli_args_missing(&USAGE, "FILE");
    int worst = CLI_OK;
    const char *file;
    for (size_t i = 0; (file = cli_args_file(&o.files, &args, i)) != NULL; i++) {
        int code = validate_file(&o, file);
        worst = code > worst ? code : worst;
    }
    return worst;
}
