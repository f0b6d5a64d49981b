#include "args.h"
#include "commands.h"
#include "input.h"
#include "picture.h"
#include "simulate.h"
#include "timeline_view.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
    const char *server, *hook_version, *output, *svg;
    struct cli_list evict, fail_images;
    bool delete;
    int64_t max_time_ms, lag_ms, lose_pct, seed;
};

#define KNOCK_MS 50

static const struct cli_flag FLAGS[] = {
    {.name = "evict",
     .type = CLI_LIST,
     .value = "POD",
     CLI_AT(struct options, evict),
     .help = "Then evict this Pod, as a node short of memory does;\n"
             "may be given again. my-flame-session-manager or\nsession-manager."},
    {.name = "fail-image",
     .type = CLI_LIST,
     .value = "IMAGE",
     CLI_AT(struct options, fail_images),
     .help = "An image that cannot be pulled; may be given again."},
    {.name = "delete",
     .type = CLI_BOOL,
     CLI_AT(struct options, delete),
     .help = "In the end delete the cluster and watch it go."},
    {.name = "max-time",
     .type = CLI_DURATION,
     .value = "TIME",
     .min = 1000,
     .max = INT64_C(7) * 24 * 3600 * 1000,
     CLI_AT(struct options, max_time_ms),
     .help = "Simulated time after which a change that has not\nsettled is given up (default 1h)."},
    {.name = "lag",
     .type = CLI_DURATION,
     .value = "TIME",
     .max = 3600000,
     CLI_AT(struct options, lag_ms),
     .help = "The controller hears of each change up to this much\nlater (default 0s)."},
    {.name = "lose",
     .type = CLI_INT,
     .value = "PERCENT",
     .max = 90,
     CLI_AT(struct options, lose_pct),
     .help = "So many hook calls get lost on the way (default 0)."},
    {.name = "seed",
     .type = CLI_INT,
     .value = "N",
     CLI_AT(struct options, seed),
     .help = "Another run of luck (default 1)."},
    {.name = "server",
     .type = CLI_TEXT,
     .value = "URL",
     CLI_AT(struct options, server),
     .help = "Ask a running server, http://127.0.0.1:8080, instead\nof this program itself."},
    {.name = "hook-version",
     .type = CLI_CHOICE,
     .value = "VERSION",
     .choices = "v1 v2",
     CLI_AT(struct options, hook_version),
     .help = "The form of the requests: v2 (default) or v1."},
    {.name = "output",
     .letter = 'o',
     .type = CLI_CHOICE,
     .value = "FORMAT",
     .choices = "text json",
     CLI_AT(struct options, output),
     .help = "text (default), or json: one object a line."},
    {.name = "svg",
     .type = CLI_TEXT,
     .value = "FILE",
     CLI_AT(struct options, svg),
     .help = "Draw the life as a timeline, too; - is standard\noutput, in place of the text."},
    {0},
};

static const struct cli_usage USAGE = {
    .command = "simulate",
    .synopsis = "[FLAGS] FILE...",
    .about = "Plays the life of a cluster step by step, without Kubernetes and without waiting:\n"
             "Metacontroller, the API server and the kubelets are simulated, the decisions are\n"
             "the real ones. Each line is a step: what was created, replaced, removed, and how\n"
             "the cluster is.\n"
             "\n"
             "FILE is YAML or JSON; - is standard input. A second object of the same name is a\n"
             "change of its spec, made when the cluster has settled; so is a second Secret. Then\n"
             "come --evict and --delete, in this order.",
    .flags = FLAGS,
    .more = "Examples:\n"
            "  flame-operator simulate my-flame.yaml\n"
            "  flame-operator simulate my-flame.yaml my-flame-new-image.yaml\n"
            "  flame-operator simulate my-flame.yaml --evict executor-manager-0 --delete\n"
            "  flame-operator simulate my-flame.yaml --svg my-flame.svg\n"
            "  flame-operator simulate my-flame.yaml --server http://127.0.0.1:8080\n"
            "\n"
            "Exit codes: 0 it settled as it was asked to be, 1 it did not, 3 a file is unreadable\n"
            "or malformed, 5 the server cannot be reached.",
    .operands_min = 1,
    .operands_max = -1,
};

/* All of one run. */
struct play {
    const struct options *options;
    struct cli_input in;
    struct show show;
    struct timeline line;
    struct hk_sim *sim;
    char host[256], path[256];
    struct hk_sim_server server;
    bool settled;
};

static int fail(const struct hk_err *err)
{
    return cli_error_from(err, NULL, 0);
}

/* http://HOST[:PORT][/PATH] */
static int read_url(struct play *play, const char *controller)
{
    const char *url = play->options->server, *scheme = "http://";
    if (strncmp(url, scheme, strlen(scheme)) != 0)
        return -1;
    url += strlen(scheme);
    bool is_v6 = *url == '[';
    const char *end = is_v6 ? strchr(url, ']') : url + strcspn(url, ":/");
    const char *host = url + is_v6;
    if (!end || end == host || (size_t)(end - host) >= sizeof play->host)
        return -1;
    memcpy(play->host, host, (size_t)(end - host));
    end += is_v6;
    char *rest = (char *)end;
    long port = *end == ':' ? strtol(end + 1, &rest, 10) : 80;
    size_t len = strlen(rest);
    while (len && rest[len - 1] == '/')
        len--;
    if (port < 1 || port > 65535 || (len && *rest != '/') || len > 128)
        return -1;
    snprintf(play->path, sizeof play->path, "%.*s/%s", (int)len, rest, controller);
    play->server = (struct hk_sim_server){play->host, (int)port, play->path};
    return 0;
}

static bool same_object(const struct cli_object *a, const struct cli_object *b)
{
    return strcmp(hk_sim_text(a->root, "kind"), hk_sim_text(b->root, "kind")) == 0 &&
           strcmp(cli_object_namespace(a), cli_object_namespace(b)) == 0 &&
           strcmp(hk_sim_text(a->root, "metadata.name"), hk_sim_text(b->root, "metadata.name")) ==
               0;
}

/* How many objects of the same name came before. */
static size_t turn_of(const struct cli_object *objects, size_t i)
{
    size_t turn = 0;
    for (size_t k = 0; k < i; k++)
        turn += same_object(&objects[k], &objects[i]);
    return turn;
}

static void on_event(void *arg, const struct hk_sim_event *event)
{
    struct play *play = arg;
    show_event(&play->show, event);
    if (play->options->svg)
        timeline_event(&play->line, event);
}

/* What is wrong from the beginning. */
static void mark_faults(struct play *play)
{
    const struct options *o = play->options;
    char text[320];
    for (size_t i = 0; i < o->fail_images.count; i++) {
        snprintf(text, sizeof text, "image %s cannot be pulled", o->fail_images.items[i]);
        timeline_mark(&play->line, 0, true, text);
    }
    snprintf(text, sizeof text, "%d %% of the hook calls get lost", (int)o->lose_pct);
    if (o->lose_pct)
        timeline_mark(&play->line, 0, true, text);
    char lag[64];
    view_time(lag, sizeof lag, o->lag_ms);
    snprintf(text, sizeof text, "the controller hears of changes up to %s later", lag);
    if (o->lag_ms)
        timeline_mark(&play->line, 0, true, text);
}

static int add_parents(struct play *play)
{
    for (size_t i = 0; i < play->in.count; i++) {
        const struct cli_object *object = &play->in.objects[i];
        const char *namespace = cli_object_namespace(object);
        const char *name = hk_sim_text(object->root, "metadata.name");
        if (turn_of(play->in.objects, i) != 0)
            continue;
        if (show_parent_add(&play->show, namespace, name) != 0)
            return fail(&(struct hk_err){.kind = HK_ERR_MEMORY, .text = "out of memory"});
        timeline_add(&play->line, namespace, name);
    }
    mark_faults(play);
    return CLI_OK;
}

static int start(struct play *play)
{
    const struct options *o = play->options;
    const struct hk_controller *controller = play->in.objects[0].controller;
    struct hk_sim_options options = played_options(controller);
    options.v1 = strcmp(o->hook_version, "v1") == 0;
    options.seed = (uint64_t)o->seed;
    if (o->server) {
        options.call = hk_sim_call_http;
        options.call_arg = &play->server;
    }
    options.on_event = on_event;
    options.event_arg = play;
    options.pace.jitter_pct = 40;
    struct hk_err err = {0};
    play->sim = hk_sim_new(&options, &err);
    if (!play->sim)
        return fail(&err);
    play->show.sim = play->sim;
    hk_sim_set_faults(
        play->sim,
        &(struct hk_sim_faults){.lag_ms = o->lag_ms, .lose_request_pct = (unsigned)o->lose_pct});
    played_fail_images(play->sim, &play->in, &o->fail_images);
    return add_parents(play);
}

/* A server that answers nothing at all is found out at once, not after an hour of retries. */
static int knock(struct play *play)
{
    struct hk_err err = {0};
    if (hk_sim_run(play->sim, KNOCK_MS, &play->settled, &err) != 0)
        return fail(&err);
    if (hk_sim_counters(play->sim)->syncs > 0 || !hk_sim_last_error(play->sim))
        return CLI_OK;
    cli_error((struct cli_place){0}, "%s", hk_sim_last_error(play->sim));
    return CLI_INTERNAL;
}

static int go_on(struct play *play)
{
    struct hk_err err = {0};
    if (play->options->server && hk_sim_counters(play->sim)->syncs == 0 &&
        play->options->lose_pct == 0) {
        int code = knock(play);
        if (code != CLI_OK)
            return code;
    }
    if (hk_sim_run(play->sim, play->options->max_time_ms, &play->settled, &err) != 0)
        return fail(&err);
    show_flush(&play->show);
    if (!play->settled)
        show_note(&play->show, "           not settled yet; going on");
    return CLI_OK;
}

/* The objects whose turn it is; their number goes to *put. */
static int put_turn(struct play *play, const struct cli_object *objects, size_t count, size_t turn,
                    size_t *put)
{
    for (size_t i = 0; i < count; i++) {
        struct hk_err err = {0};
        if (turn_of(objects, i) != turn)
            continue;
        ++*put;
        if (hk_sim_put(play->sim, objects[i].root, &err) != 0)
            return cli_error_from(&err, objects[i].file, objects[i].doc->line);
    }
    return CLI_OK;
}

/* Every object's first form, then every second one, and so on; what others refer to goes first. */
static int put_objects(struct play *play)
{
    const struct cli_input *in = &play->in;
    size_t put = 0;
    for (size_t turn = 0; put < in->count + in->related_count; turn++) {
        int code = put_turn(play, in->related, in->related_count, turn, &put);
        if (code == CLI_OK)
            code = put_turn(play, in->objects, in->count, turn, &put);
        if (code == CLI_OK)
            code = go_on(play);
        if (code != CLI_OK)
            return code;
    }
    return CLI_OK;
}

static int evict(struct play *play, const char *name)
{
    for (size_t i = 0; i < play->show.parent_count; i++) {
        const struct show_parent *parent = &play->show.parents[i];
        char full[512];
        snprintf(full, sizeof full, "%s-%s", parent->name, name);
        const char *tries[] = {name, full};
        for (size_t k = 0; k < 2; k++)
            if (hk_sim_evict(play->sim, parent->namespace, tries[k], NULL) == 0)
                return go_on(play);
    }
    cli_error((struct cli_place){0}, "--evict %s: there is no such Pod", name);
    return CLI_JUDGED;
}

static int delete_all(struct play *play)
{
    const char *kind = play->in.objects[0].controller->kind;
    for (size_t i = 0; i < play->show.parent_count; i++) {
        const struct show_parent *parent = &play->show.parents[i];
        struct hk_err err = {0};
        if (hk_sim_delete(play->sim, (struct hk_sim_ref){kind, parent->namespace, parent->name},
                          &err) != 0)
            return fail(&err);
    }
    return go_on(play);
}

static int draw(struct play *play)
{
    char text[160];
    for (size_t i = 0; i < play->show.parent_count; i++) {
        const struct show_parent *parent = &play->show.parents[i];
        show_outcome(&play->show, parent, play->settled, text, sizeof text);
        timeline_outcome(&play->line, parent->namespace, parent->name, text);
    }
    timeline_end(&play->line, hk_sim_now_ms(play->sim));
    return picture_write(play->options->svg, &play->line, "flame-operator simulate");
}

static int play_all(struct play *play)
{
    const struct options *o = play->options;
    int code = start(play);
    if (code == CLI_OK) {
        show_head(&play->show);
        code = put_objects(play);
    }
    for (size_t i = 0; i < o->evict.count && code == CLI_OK; i++)
        code = evict(play, o->evict.items[i]);
    if (code == CLI_OK && o->delete)
        code = delete_all(play);
    if (code != CLI_OK)
        return code;
    bool good = show_summary(&play->show, play->settled, o->delete);
    if (play->show.failed)
        return fail(&(struct hk_err){.kind = HK_ERR_MEMORY, .text = "out of memory"});
    code = o->svg ? draw(play) : CLI_OK;
    return code != CLI_OK ? code : good ? CLI_OK : CLI_JUDGED;
}

/* A spec that makes no sense can be played; an object without a name cannot. */
static void read_files(struct cli_input *in, const struct cli_args *args)
{
    for (int i = 0; i < args->operand_count; i++)
        cli_input_add(in, args->operands[i]);
    for (size_t i = 0; i < in->count; i++)
        cli_metadata_check(in, &in->objects[i]);
    for (size_t i = 0; i < in->related_count; i++)
        cli_metadata_check(in, &in->related[i]);
}

int cmd_simulate(int argc, char **argv)
{
    struct options o = {.output = "text", .hook_version = "v2", .max_time_ms = 3600000, .seed = 1};
    struct cli_args args = {.argc = argc, .argv = argv, .options = &o};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    struct play play = {.options = &o};
    cli_input_init(&play.in);
    read_files(&play.in, &args);
    int code = play.in.exit_code;
    if (code == CLI_OK && play.in.count == 0) {
        cli_error((struct cli_place){0},
                  "the files hold nothing to simulate, must hold a FlameCluster");
        code = CLI_JUDGED;
    }
    show_init(&play.show, &played_columns, strcmp(o.output, "json") == 0);
    play.show.is_silent = picture_is_output(o.svg);
    timeline_init(&play.line, &played_columns);
    if (code == CLI_OK && o.server && read_url(&play, play.in.objects[0].controller->name) != 0) {
        cli_error((struct cli_place){0}, "--server: must be http://HOST[:PORT], is \"%s\"",
                  o.server);
        code = CLI_USAGE;
    }
    if (code == CLI_OK)
        code = play_all(&play);
    show_fini(&play.show);
    timeline_fini(&play.line);
    hk_sim_free(play.sim);
    cli_input_fini(&play.in);
    return code;
}
