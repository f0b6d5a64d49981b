#include "args.h"
#include "commands.h"
#include "input.h"

#include <stdio.h>

struct options {
    const char *output;
    struct cli_list files;
    bool ignore_unknown_kinds;
};

static const struct cli_flag FLAGS[] = {
    {.name = "output",
     .letter = 'o',
     .type = CLI_CHOICE,
     .value = "FORMAT",
     .choices = "yaml json",
     CLI_AT(struct options, output),
     .help = "yaml (default): documents separated by ---.\njson: one List."},
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
    {0},
};

static const struct cli_usage USAGE = {
    .command = "render",
    .synopsis = "[-o FORMAT] [-f] FILE...",
    .about = "Shows every object that a FlameCluster brings to life, as it is once the cluster\n"
             "is fully up: for review, for GitOps, for a diff of two specs.\n"
             "\n"
             "FILE is YAML or JSON, may hold several documents and Lists; - is standard input.\n"
             "Secrets that a FlameCluster refers to must stand among them.\n"
             "An invalid FlameCluster is refused with all its problems, and nothing is shown.",
    .flags = FLAGS,
    .more = "Examples:\n"
            "  flame-operator render my-flame.yaml\n"
            "  flame-operator render my-flame.yaml | kubectl diff -f -\n"
            "  kubectl get flamecluster my-flame -o json | flame-operator render -\n"
            "\n"
            "Exit codes: 0 ok, 1 a FlameCluster is invalid or its Secret is missing, 3 a file is\n"
            "unreadable or malformed.",
    .operands_max = -1,
};

/* The children of one object as a JSON array. */
static int render_children(struct cli_input *in, const struct cli_object *object,
                           struct hk_buf *out)
{
    struct hk_call call = {
        .body = cli_object_body(in, object), .related = cli_related_body(in), .arena = &in->arena};
    const struct hk_controller *controller = object->controller;
    struct hk_err err = {0};
    int result = -1;
    if (!controller->render)
        hk_err_set(&err, HK_ERR_INTERNAL, NULL, "controller %s cannot render", controller->name);
    else if (call.body.ptr && call.related.ptr)
        result = controller->render(&call, out, &err);
    if (!call.body.ptr || !call.related.ptr || out->failed)
        result = hk_err_memory(&err);
    if (result == 0)
        return CLI_OK;
    int code = cli_error_from(&err, object->file, object->doc->line);
    return err.kind == HK_ERR_NOT_FOUND ? CLI_JUDGED : code; /* what it refers to */
}

/* Each child as a YAML document; *written: whether one went before. */
static int write_yaml(const struct cli_object *object, struct hk_str children, struct hk_buf *out,
                      bool *written)
{
    struct hk_err err = {0};
    json_auto_t *array = json_loadb(children.ptr, children.len, 0, NULL);
    if (!array)
        hk_err_memory(&err);
    for (size_t i = 0; i < json_array_size(array) && err.kind == HK_ERR_NONE; i++) {
        if (*written)
            hk_buf_add_str(out, HK_STR("---\n"));
        *written = true;
        if (hk_yaml_dump(json_array_get(array, i), out, &err) < 0)
            break;
    }
    return err.kind == HK_ERR_NONE ? CLI_OK : cli_error_from(&err, object->file, object->doc->line);
}

/* The array's items, without the brackets, joined to those before. */
static void write_items(struct hk_str children, struct hk_buf *out, bool *written)
{
    if (children.len <= 2)
        return;
    if (*written)
        hk_buf_add_char(out, ',');
    *written = true;
    hk_buf_add(out, children.ptr + 1, children.len - 2);
}

static int render_all(struct cli_input *in, bool as_json, struct hk_buf *out)
{
    struct hk_buf children;
    bool written = false;
    int code = CLI_OK;
    hk_buf_init(&children);
    if (as_json)
        hk_buf_add_str(out, HK_STR("{\"apiVersion\":\"v1\",\"items\":["));
    for (size_t i = 0; i < in->count && code == CLI_OK; i++) {
        hk_buf_clear(&children);
        code = render_children(in, &in->objects[i], &children);
        if (code == CLI_OK && as_json)
            write_items(hk_buf_str(&children), out, &written);
        else if (code == CLI_OK)
            code = write_yaml(&in->objects[i], hk_buf_str(&children), out, &written);
    }
    if (as_json)
        hk_buf_add_str(out, HK_STR("],\"kind\":\"List\"}\n"));
    hk_buf_fini(&children);
    return code;
}

static int render_input(struct cli_input *in, bool as_json)
{
    size_t warnings = 0;
    for (size_t i = 0; i < in->count; i++)
        cli_object_check(in, &in->objects[i], &warnings);
    if (in->exit_code != CLI_OK)
        return in->exit_code;
    struct hk_buf out;
    hk_buf_init(&out);
    int code = render_all(in, as_json, &out);
    if (code == CLI_OK && out.failed) {
        cli_error((struct cli_place){0}, "out of memory");
        code = CLI_INTERNAL;
    }
    if (code == CLI_OK)
        cli_write(hk_buf_str(&out));
    hk_buf_fini(&out);
    return code;
}

int cmd_render(int argc, char **argv)
{
    struct options o = {.output = "yaml"};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    if (!cli_args_file(&o.files, &args, 0))
        return cli_args_missing(&USAGE, "FILE");
    struct cli_input in;
    cli_input_init(&in);
    in.ignore_unknown_kinds = o.ignore_unknown_kinds;
    const char *file;
    for (size_t i = 0; (file = cli_args_file(&o.files, &args, i)) != NULL; i++)
        cli_input_add(&in, file);
    int code = render_input(&in, strcmp(o.output, "json") == 0);
    cli_input_fini(&in);
    return code;
}
