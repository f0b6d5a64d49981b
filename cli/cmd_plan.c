#include "args.h"
#include "commands.h"
#include "input.h"
#include "picture.h"
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
    const char *output, *live, *svg;
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
    {.name = "live",
     .type = CLI_TEXT,
     .value = "REQUEST",
     CLI_AT(struct options, live),
     .help = "A sync request as Metacontroller sent it, in place of\nOLD: the cluster begins as it "
             "shows it."},
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
    {.name = "svg",
     .type = CLI_TEXT,
     .value = "FILE",
     CLI_AT(struct options, svg),
     .help = "Draw the change as a timeline, too; - is standard\noutput, in place of the text."},
    {0},
};

static const struct cli_usage USAGE = {
    .command = "plan",
    .synopsis = "[FLAGS] OLD NEW | --live REQUEST NEW",
    .about = "Shows what changing a FlameCluster from OLD to NEW does: which objects change and\n"
             "how, which Pods are replaced and in which order, how many executor managers stay\n"
             "ready on the way. OLD is played until it is up, then NEW, in a simulated cluster;\n"
             "the decisions are the real ones, the times are simulated.\n"
             "\n"
             "OLD and NEW are YAML or JSON, - is standard input. Each holds one FlameCluster, the\n"
             "same in name and namespace, and Secrets that it refers to. One that says no\n"
             "namespace is in the other's.",
    .flags = FLAGS,
    .more =
        "Examples:\n"
        "  flame-operator plan my-flame.yaml my-flame-new-image.yaml\n"
        "  flame-operator plan my-flame.yaml my-flame-new-image.yaml --svg plan.svg\n"
        "  kubectl get flamecluster my-flame -o json | flame-operator plan - my-flame.yaml\n"
        "\n"
        "Exit codes: 0 the change comes through, 1 it does not, or a FlameCluster is invalid, or\n"
        "anything changes and --exit-code is given, 3 a file is unreadable or malformed.",
    .operands_min = 1,
    .operands_max = 2,
};

struct run {
    const struct options *options;
    struct cli_input old, new;
    struct plan plan;
    struct timeline line;
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

/* NEW must be the same FlameCluster as it was before. */
static int check_same(const struct run *run, const char *namespace, const char *name)
{
    const struct cli_object *new = &run->new.objects[0];
    const struct plan *plan = &run->plan;
    if (strcmp(plan->namespace, namespace) == 0 && strcmp(plan->name, name) == 0)
        return CLI_OK;
    cli_error((struct cli_place){.file = new->file, .line = new->doc->line},
              "must be the same FlameCluster as in %s, %s/%s, is %s/%s",
              run->options->live ? "the request" : "OLD", namespace, name, plan->namespace,
              plan->name);
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

static const json_t *parent_of(const struct plan *plan)
{
    return hk_sim_find(plan->sim, (struct hk_sim_ref){plan->kind, plan->namespace, plan->name});
}

/* The live object with NEW's spec, and its labels and annotations over those that there are. */
static int put_over(struct run *run, const struct cli_object *object)
{
    static const char *const maps[] = {"labels", "annotations"};
    struct hk_err err = {0};
    json_auto_t *copy = json_deep_copy(parent_of(&run->plan));
    json_t *metadata = json_object_get(copy, "metadata"),
           *spec = json_object_get(object->root, "spec");
    bool failed = !copy || json_object_set(copy, "spec", spec) != 0;
    for (size_t i = 0; i < 2 && !failed; i++) {
        json_t *of_new = json_object_get(json_object_get(object->root, "metadata"), maps[i]);
        json_t *live = json_object_get(metadata, maps[i]);
        if (json_is_object(of_new))
            failed = json_is_object(live) ? json_object_update(live, of_new) != 0
                                          : json_object_set(metadata, maps[i], of_new) != 0;
    }
    if (failed)
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
    bool is_over = run->options->live != NULL;
    if (code == CLI_OK)
        code = is_over ? put_over(run, &in->objects[0]) : put(run, &in->objects[0]);
    if (code == CLI_OK && hk_sim_run(run->plan.sim, run->options->max_time_ms, settled, &err) != 0)
        code = cli_error_from(&err, NULL, 0);
    return code;
}

static void on_event(void *arg, const struct hk_sim_event *event)
{
    struct run *run = arg;
    plan_event(&run->plan, event);
    if (run->options->svg && run->plan.is_watching)
        timeline_event(&run->line, event);
}

static int start(struct run *run)
{
    const struct cli_object *object = &run->new.objects[0];
    struct plan *plan = &run->plan;
    struct hk_err err = {0};
    struct hk_sim_options options = played_options(object->controller);
    options.on_event = on_event;
    options.event_arg = run;
    plan->kind = object->controller->kind;
    plan->namespace = cli_object_namespace(object);
    plan->name = hk_sim_text(object->root, "metadata.name");
    plan->sim = hk_sim_new(&options, &err);
    return plan->sim ? CLI_OK : cli_error_from(&err, NULL, 0);
}

/* A forecast from a cluster that is not up says less, and says so. */
static void judge_old(const struct run *run, bool settled)
{
    const json_t *parent = parent_of(&run->plan);
    if (!settled || !plan_is_as_asked(parent))
        cli_warning((struct cli_place){.file = run->old.objects[0].file},
                    "the cluster does not come up, and the change begins there: %s: %s",
                    hk_sim_text(parent, played_columns.state),
                    hk_sim_text(parent, played_columns.message));
}

static bool says_namespace(const struct cli_object *object)
{
    return hk_sim_get(object->root, "metadata.namespace") != NULL;
}

/* One of the two that names no namespace is in the other's: a manifest mostly names none, what kubectl prints does. */
static int play_old(struct run *run)
{
    const struct cli_object *old = &run->old.objects[0];
    bool settled = false;
    if (!says_namespace(&run->new.objects[0]))
        run->plan.namespace = cli_object_namespace(old);
    const char *namespace = says_namespace(old) ? cli_object_namespace(old) : run->plan.namespace;
    int code = check_same(run, namespace, hk_sim_text(old->root, "metadata.name"));
    if (code == CLI_OK)
        code = play(run, &run->old, &settled);
    if (code == CLI_OK)
        judge_old(run, settled);
    return code;
}

static json_t *read_request(const char *file, int *code)
{
    struct hk_buf text;
    json_error_t why;
    hk_buf_init(&text);
    *code = cli_read(file, &text);
    json_t *request = NULL;
    if (*code == CLI_OK) {
        request = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &why);
        if (!request) {
            cli_error((struct cli_place){file, why.line > 0 ? (unsigned)why.line : 0, NULL},
                      "must be a sync request in JSON: %s", why.text);
            *code = CLI_INPUT;
        }
    }
    hk_buf_fini(&text);
    return request;
}

/* The cluster as it lives. A NEW that names no namespace is in the cluster's. */
static int restore(struct run *run)
{
    struct plan *plan = &run->plan;
    const char *file = run->options->live;
    struct hk_err err = {0};
    int code;
    json_auto_t *request = read_request(file, &code);
    if (code != CLI_OK)
        return code;
    if (hk_sim_restore(plan->sim, request, &err) != 0)
        return cli_error_from(&err, file, 0);
    const json_t *parent = hk_sim_nth(plan->sim, plan->kind, 0);
    if (hk_sim_get(parent, "metadata.deletionTimestamp")) {
        cli_error((struct cli_place){.file = file}, "the FlameCluster is being deleted");
        return CLI_JUDGED;
    }
    struct hk_str namespace =
        hk_arena_copy(&run->new.arena, hk_str_of(hk_sim_text(parent, "metadata.namespace")));
    if (!namespace.ptr)
        return fail_memory();
    if (!says_namespace(&run->new.objects[0]))
        plan->namespace = namespace.ptr;
    return check_same(run, namespace.ptr, hk_sim_text(parent, "metadata.name"));
}

static int show(const struct options *o, const json_t *report)
{
    if (picture_is_output(o->svg))
        return CLI_OK;
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

/* The change comes now, and with it what goes wrong. */
static void watch(struct run *run)
{
    const struct cli_list *images = &run->options->fail_images;
    played_fail_images(run->plan.sim, &run->new, images);
    plan_watch(&run->plan);
    if (run->options->svg)
        timeline_begin(&run->line, run->plan.sim);
    for (size_t i = 0; i < images->count; i++) {
        char text[320];
        snprintf(text, sizeof text, "image %s cannot be pulled", images->items[i]);
        timeline_mark(&run->line, run->plan.start_ms, true, text);
    }
}

static int draw(struct run *run, const json_t *report)
{
    struct hk_buf outcome;
    struct plan *plan = &run->plan;
    hk_buf_init(&outcome);
    plan_outcome(report, &outcome);
    const char *text = hk_buf_cstr(&outcome);
    timeline_outcome(&run->line, plan->namespace, plan->name, text ? text : "");
    timeline_end(&run->line, hk_sim_now_ms(plan->sim));
    hk_buf_fini(&outcome);
    return picture_write(run->options->svg, &run->line, "flame-operator plan");
}

static int play_new(struct run *run)
{
    const struct options *o = run->options;
    bool settled = false;
    watch(run);
    int code = play(run, &run->new, &settled);
    if (code != CLI_OK)
        return code;
    plan_end(&run->plan, settled);
    json_auto_t *report = plan_report(&run->plan);
    if (!report)
        return fail_memory();
    code = show(o, report);
    if (code == CLI_OK && o->svg)
        code = draw(run, report);
    bool is_good = json_is_true(hk_sim_get(report, "end.asAskedFor"));
    bool changes = json_is_true(json_object_get(report, "changes"));
    return code != CLI_OK ? code : !is_good || (changes && o->exit_code) ? CLI_JUDGED : CLI_OK;
}

static int run_all(struct run *run, const char *old, const char *new)
{
    int code = read_one(&run->new, new);
    if (!run->options->live) {
        int code_old = read_one(&run->old, old);
        code = code_old > code ? code_old : code;
    }
    if (code == CLI_OK)
        code = start(run);
    if (code == CLI_OK)
        code = run->options->live ? restore(run) : play_old(run);
    return code == CLI_OK ? play_new(run) : code;
}

int cmd_plan(int argc, char **argv)
{
    struct options o = {.output = "text", .max_time_ms = 3600000};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    if (o.live && args.operand_count != 1) {
        cli_error((struct cli_place){0}, "plan: --live takes the place of OLD, only NEW follows");
        return CLI_USAGE;
    }
    if (!o.live && args.operand_count != 2)
        return cli_args_missing(&USAGE, "NEW");
    const char *old = o.live ? o.live : args.operands[0];
    const char *new = args.operands[args.operand_count - 1];
    if (strcmp(old, "-") == 0 && strcmp(new, "-") == 0) {
        cli_error((struct cli_place){0}, "plan: only one file can be standard input");
        return CLI_USAGE;
    }
    struct run run = {.options = &o};
    cli_input_init(&run.old);
    cli_input_init(&run.new);
    timeline_init(&run.line, &played_columns);
    int code = run_all(&run, old, new);
    plan_fini(&run.plan);
    timeline_fini(&run.line);
    hk_sim_free(run.plan.sim);
    cli_input_fini(&run.old);
    cli_input_fini(&run.new);
    return code;
}
