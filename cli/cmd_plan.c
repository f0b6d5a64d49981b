#include "args.h"
#include "commands.h"
#include "input.h"
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
    const char *output;
    struct cli_list fail_images;
    int64_t max_time_ms;
    bool exit_code;
};

static const struct cli_flag FLAGS[] = {
    {.name = "exit-code",
     .type = CLI_BOOL,
     CLI_AT(struct options, exit_code),
     .help = "End with 1 when anything changes, as diff does."},
    {.name = "fail-image",
     .type = CLI_LIST,
     .value = "IMAGE",
     CLI_AT(struct options, fail_images),
     .help = "An image that cannot be pulled any more when NEW\ncomes; may be given again."},
    {.name = "max-time",
     .type = CLI_DURATION,
     .value = "TIME",
     .min = 1000,
     .max = INT64_C(7) * 24 * 3600 * 1000,
     CLI_AT(struct options, max_time_ms),
     .help = "Simulated time after which a change that has not\nsettled is given up (default 1h)."},
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
    .command = "plan",
    .synopsis = "[FLAGS] OLD NEW",
    .about = "Shows what changing a FlameCluster from OLD to NEW does: which objects change and\n"
             "how, which Pods are replaced and in which order, how many executor managers stay\n"
             "ready on the way. OLD is played until it is up, then NEW, in a simulated cluster;\n"
             "the decisions are the real ones, the times are simulated.\n"
             "\n"
             "OLD and NEW are YAML or JSON, - is standard input. Each holds one FlameCluster, the\n"
             "same in name and namespace, and Secrets that it refers to.",
    .flags = FLAGS,
    .more =
        "Examples:\n"
        "  flame-operator plan my-flame.yaml my-flame-new-image.yaml\n"
        "  kubectl get flamecluster my-flame -o json | flame-operator plan - my-flame.yaml\n"
        "\n"
        "Exit codes: 0 the change comes through, 1 it does not, or a FlameCluster is invalid, or\n"
        "anything changes and --exit-code is given, 3 a file is unreadable or malformed.",
    .operands_min = 2,
    .operands_max = 2,
};

struct run {
    const struct options *options;
    struct cli_input old, new;
    struct plan plan;
};

static int fail_memory(void)
{
    return cli_error_from(&(struct hk_err){.kind = HK_ERR_MEMORY, .text = "out of memory"}, NULL,
                          0);
}

/* Reads a file that must hold one valid FlameCluster. */
static int read_one(struct cli_input *in, const char *file)
{
    size_t warnings = 0;
    cli_input_add(in, file);
    if (in->exit_code != CLI_OK)
        return in->exit_code;
    if (in->count != 1) {
        cli_error((struct cli_place){.file = file}, "must hold one FlameCluster, holds %zu",
                  in->count);
        return CLI_JUDGED;
    }
    cli_object_check(in, &in->objects[0], &warnings);
    return in->exit_code;
}

static int check_same(const struct cli_object *old, const struct cli_object *new)
{
    const char *old_name = hk_sim_text(old->root, "metadata.name"),
               *new_name = hk_sim_text(new->root, "metadata.name");
    const char *old_namespace = cli_object_namespace(old),
               *new_namespace = cli_object_namespace(new);
    if (strcmp(old_name, new_name) == 0 && strcmp(old_namespace, new_namespace) == 0)
        return CLI_OK;
    cli_error((struct cli_place){.file = new->file, .line = new->doc->line},
              "must be the same FlameCluster as in OLD, %s/%s, is %s/%s", old_namespace, old_name,
              new_namespace, new_name);
    return CLI_JUDGED;
}

/* An object without a namespace is in the parent's. */
static int put(struct run *run, const struct cli_object *object)
{
    struct hk_err err = {0};
    json_auto_t *copy = json_deep_copy(object->root);
    json_t *metadata = json_object_get(copy, "metadata");
    if (!copy ||
        (!*hk_sim_text(metadata, "namespace") && json_is_object(metadata) &&
         json_object_set_new(metadata, "namespace", json_string(run->plan.namespace)) != 0))
        return fail_memory();
    return hk_sim_put(run->plan.sim, copy, &err) == 0
               ? CLI_OK
               : cli_error_from(&err, object->file, object->doc->line);
}

/* What a file holds, what the FlameCluster refers to first; then until it settles. */
static int play(struct run *run, const struct cli_input *in, bool *settled)
{
    struct hk_err err = {0};
    int code = CLI_OK;
    for (size_t i = 0; i < in->related_count && code == CLI_OK; i++)
        code = put(run, &in->related[i]);
    if (code == CLI_OK)
        code = put(run, &in->objects[0]);
    if (code == CLI_OK && hk_sim_run(run->plan.sim, run->options->max_time_ms, settled, &err) != 0)
        code = cli_error_from(&err, NULL, 0);
    return code;
}

static int start(struct run *run)
{
    const struct cli_object *object = &run->new.objects[0];
    struct plan *plan = &run->plan;
    struct hk_err err = {0};
    struct hk_sim_options options = played_options(object->controller);
    options.on_event = plan_event;
    options.event_arg = plan;
    plan->kind = object->controller->kind;
    plan->namespace = cli_object_namespace(object);
    plan->name = hk_sim_text(object->root, "metadata.name");
    plan->sim = hk_sim_new(&options, &err);
    return plan->sim ? CLI_OK : cli_error_from(&err, NULL, 0);
}

/* A forecast from a cluster that is not up says less, and says so. */
static void judge_old(const struct run *run, bool settled)
{
    const struct plan *plan = &run->plan;
    const json_t *parent =
        hk_sim_find(plan->sim, (struct hk_sim_ref){plan->kind, plan->namespace, plan->name});
    if (!settled || !plan_is_as_asked(parent))
        cli_warning((struct cli_place){.file = run->old.objects[0].file},
                    "the cluster does not come up, and the change begins there: %s: %s",
                    hk_sim_text(parent, played_columns.state),
                    hk_sim_text(parent, played_columns.message));
}

static int play_old(struct run *run)
{
    bool settled = false;
    int code = play(run, &run->old, &settled);
    if (code == CLI_OK)
        judge_old(run, settled);
    return code;
}

static int show(const struct options *o, const json_t *report)
{
    if (strcmp(o->output, "json") != 0)
        return plan_show(report) == 0 ? CLI_OK : fail_memory();
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    if (!text)
        return fail_memory();
    cli_write(hk_str_of(text));
    cli_write(HK_STR("\n"));
    free(text);
    return CLI_OK;
}

static int play_new(struct run *run)
{
    const struct options *o = run->options;
    bool settled = false;
    for (size_t i = 0; i < o->fail_images.count; i++)
        hk_sim_fail_image(run->plan.sim, o->fail_images.items[i], true);
    plan_watch(&run->plan);
    int code = play(run, &run->new, &settled);
    if (code != CLI_OK)
        return code;
    plan_end(&run->plan, settled);
    json_auto_t *report = plan_report(&run->plan);
    if (!report)
        return fail_memory();
    code = show(o, report);
    bool is_good = json_is_true(hk_sim_get(report, "end.asAskedFor"));
    bool changes = json_is_true(json_object_get(report, "changes"));
    return code != CLI_OK ? code : !is_good || (changes && o->exit_code) ? CLI_JUDGED : CLI_OK;
}

static int run_all(struct run *run, const char *old, const char *new)
{
    if (strcmp(old, "-") == 0 && strcmp(new, "-") == 0) {
        cli_error((struct cli_place){0}, "plan: only one of OLD and NEW can be standard input");
        return CLI_USAGE;
    }
    int code = read_one(&run->old, old), code_new = read_one(&run->new, new);
    code = code_new > code ? code_new : code;
    if (code == CLI_OK)
        code = check_same(&run->old.objects[0], &run->new.objects[0]);
    if (code == CLI_OK)
        code = start(run);
    if (code == CLI_OK)
        code = play_old(run);
    return code == CLI_OK ? play_new(run) : code;
}

int cmd_plan(int argc, char **argv)
{
    struct options o = {.output = "text", .max_time_ms = 3600000};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    struct run run = {.options = &o};
    cli_input_init(&run.old);
    cli_input_init(&run.new);
    int code = run_all(&run, args.operands[0], args.operands[1]);
    plan_fini(&run.plan);
    hk_sim_free(run.plan.sim);
    cli_input_fini(&run.old);
    cli_input_fini(&run.new);
    return code;
}
