#include "input.h"

#include "controllers.h"
#include "hk_name.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)

struct cli_source {
    struct cli_source *next;
    const char *file;
    struct hk_yaml_stream stream;
};

static int fail_errno(const char *file)
{
    cli_error((struct cli_place){.file = file}, "cannot be read: %s", strerror(errno));
    return CLI_INPUT;
}

static int fail_memory(const char *file)
{
    cli_error((struct cli_place){.file = file}, "out of memory");
    return CLI_INTERNAL;
}

static int fail_size(const char *file)
{
    cli_error((struct cli_place){.file = file}, "is too large, must be at most %d MiB",
              CLI_INPUT_MAX >> 20);
    return CLI_INPUT;
}

static int read_all(int fd, const char *file, struct hk_buf *out)
{
    for (;;) {
        if (hk_buf_reserve(out, CHUNK + HK_SCAN_PAD) < 0)
            return fail_memory(file);
        ssize_t n = read(fd, out->data + out->len, out->cap - out->len - HK_SCAN_PAD);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(file);
        if (n == 0)
            return CLI_OK;
        out->len += (size_t)n;
        if (out->len > CLI_INPUT_MAX)
            return fail_size(file);
    }
}

int cli_read(const char *file, struct hk_buf *out)
{
    if (strcmp(file, "-") == 0) {
        int result = read_all(STDIN_FILENO, file, out);
        if (result == CLI_OK)
            memset(out->data + out->len, 0, HK_SCAN_PAD);
        return result;
    }
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(file);
    struct stat st;
    bool too_large = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > CLI_INPUT_MAX;
    int result = too_large ? fail_size(file) : read_all(fd, file, out);
    close(fd);
    if (result == CLI_OK)
        memset(out->data + out->len, 0, HK_SCAN_PAD);
    return result;
}

void cli_input_init(struct cli_input *in)
{
    *in = (struct cli_input){0};
    hk_arena_init(&in->arena);
}

void cli_input_fini(struct cli_input *in)
{
    for (struct cli_source *s = in->sources; s; s = s->next)
        hk_yaml_stream_fini(&s->stream);
    hk_arena_fini(&in->arena);
    cli_input_init(in);
}

static void raise_exit(struct cli_input *in, int code)
{
    if (code > in->exit_code)
        in->exit_code = code;
}

static void fail(struct cli_input *in, const struct cli_object *object, const char *path,
                 const char *text)
{
    struct hk_str full = hk_arena_printf(&in->arena, "%s%s%s", object->prefix,
                                         *object->prefix && *path ? "." : "", path);
    if (!full.ptr) {
        raise_exit(in, fail_memory(object->file));
        return;
    }
    cli_error((struct cli_place){object->file, hk_yaml_line(object->doc, full.ptr), full.ptr}, "%s",
              text);
    raise_exit(in, CLI_JUDGED);
}

static const char *member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* "FlameCluster (flame.xflops.io/v1alpha1)", all that there are. */
static const char *known_kinds(struct cli_input *in)
{
    struct hk_str text = HK_STR("");
    for (const struct hk_controller *const *c = cli_controllers; *c; c++)
        text = hk_arena_printf(&in->arena, "%.*s%s%s (%s)", HK_STR_ARG(text), text.len ? ", " : "",
                               (*c)->kind, (*c)->api_version);
    return text.ptr ? text.ptr : "";
}

static const struct hk_controller *find_controller(const char *api_version, const char *kind)
{
    for (const struct hk_controller *const *c = cli_controllers; *c; c++) {
        if (strcmp((*c)->kind, kind) == 0 && strcmp((*c)->api_version, api_version) == 0)
            return *c;
    }
    return NULL;
}

/* "List", or a known kind with List behind it. */
static bool is_list(const json_t *root)
{
    const char *kind = member(root, "kind");
    if (!kind || !json_is_array(json_object_get(root, "items")))
        return false;
    if (strcmp(kind, "List") == 0)
        return true;
    for (const struct hk_controller *const *c = cli_controllers; *c; c++) {
        size_t len = strlen((*c)->kind);
        if (strncmp(kind, (*c)->kind, len) == 0 && strcmp(kind + len, "List") == 0)
            return true;
    }
    return false;
}

static void refuse_kind(struct cli_input *in, const struct cli_object *object)
{
    const char *kind = member(object->root, "kind");
    const char *api_version = member(object->root, "apiVersion");
    struct hk_str text =
        !kind ? hk_arena_printf(&in->arena, "is required, must be %s", known_kinds(in))
              : hk_arena_printf(&in->arena, "must be %s, is %s (%s)", known_kinds(in), kind,
                                api_version ? api_version : "no apiVersion");
    fail(in, object, "kind", text.ptr ? text.ptr : "is unknown");
}

static bool is_related(const char *api_version, const char *kind)
{
    for (const struct hk_controller *const *c = cli_controllers; *c; c++)
        for (const struct hk_related_kind *k = (*c)->related; k && k->kind; k++)
            if (strcmp(k->kind, kind) == 0 && strcmp(k->api_version, api_version) == 0)
                return true;
    return false;
}

/* Returns the array that now has it, moved or not. */
static struct cli_object *keep(struct cli_input *in, struct cli_object *list, size_t *count,
                               size_t *cap, const struct cli_object *object)
{
    struct cli_object *items =
        *count < *cap ? list : hk_arena_grow(&in->arena, list, *count, cap, sizeof *list);
    if (!items) {
        raise_exit(in, fail_memory(object->file));
        return list;
    }
    items[(*count)++] = *object;
    return items;
}

static void add_object(struct cli_input *in, struct cli_object object)
{
    if (!json_is_object(object.root)) {
        fail(in, &object, "", "must be an object with apiVersion and kind");
        return;
    }
    const char *kind = member(object.root, "kind");
    const char *api_version = member(object.root, "apiVersion");
    object.controller = kind && api_version ? find_controller(api_version, kind) : NULL;
    if (object.controller)
        in->objects = keep(in, in->objects, &in->count, &in->cap, &object);
    else if (kind && api_version && is_related(api_version, kind))
        in->related = keep(in, in->related, &in->related_count, &in->related_cap, &object);
    else if (!kind || !in->ignore_unknown_kinds)
        refuse_kind(in, &object);
}

static void add_items(struct cli_input *in, struct cli_object list)
{
    const json_t *items = json_object_get(list.root, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct cli_object item = list;
        item.root = json_array_get(items, i);
        item.prefix = hk_arena_printf(&in->arena, "items[%zu]", i).ptr;
        if (!item.prefix) {
            raise_exit(in, fail_memory(list.file));
            return;
        }
        add_object(in, item);
    }
}

static void add_documents(struct cli_input *in, const struct cli_source *source)
{
    size_t seen = 0;
    for (size_t i = 0; i < source->stream.count; i++) {
        const struct hk_yaml_doc *doc = &source->stream.docs[i];
        struct cli_object object = {
            .file = source->file, .doc = doc, .prefix = "", .root = doc->root};
        seen += doc->root != NULL;
        if (doc->root && is_list(doc->root))
            add_items(in, object);
        else if (doc->root)
            add_object(in, object);
    }
    if (seen == 0) {
        cli_error((struct cli_place){.file = source->file}, "holds no object, must hold %s",
                  known_kinds(in));
        raise_exit(in, CLI_JUDGED);
    }
}

/* "line N" in err->path, as hk_yaml_parse writes it, moves to where the line of an error stands. */
static int report_malformed(struct hk_err *err, const char *file)
{
    unsigned line = 0;
    if (sscanf(err->path, "line %u", &line) == 1)
        err->path[0] = '\0';
    return cli_error_from(err, file, line);
}

void cli_input_add(struct cli_input *in, const char *file)
{
    struct hk_buf text;
    struct hk_err err = {0};
    hk_buf_init(&text);
    struct cli_source *source = hk_arena_alloc(&in->arena, sizeof *source);
    int result = source ? cli_read(file, &text) : fail_memory(file);
    if (result == CLI_OK && hk_yaml_parse(hk_buf_str(&text), &source->stream, &err) < 0)
        result = report_malformed(&err, file);
    hk_buf_fini(&text);
    raise_exit(in, result);
    if (result != CLI_OK)
        return;
    source->file = file;
    source->next = in->sources;
    in->sources = source;
    add_documents(in, source);
}

struct hk_str cli_object_body(struct cli_input *in, const struct cli_object *object)
{
    /* 15 digits give every number back as people write it: 0.1, not 0.10000000000000001. */
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15);
    size_t len = json_dumpb(object->root, NULL, 0, flags);
    char *text = len ? hk_arena_alloc(&in->arena, len + HK_SCAN_PAD) : NULL;
    if (!text || json_dumpb(object->root, text, len, flags) != len)
        return (struct hk_str){NULL, 0};
    return (struct hk_str){text, len};
}

/* A problem and where it stands. */
struct finding {
    const struct hk_problem *problem;
    const char *path;
    unsigned line;
};

static void report_finding(const char *file, const struct finding *finding)
{
    struct cli_place place = {file, finding->line, finding->path};
    if (finding->problem->is_warning)
        cli_warning(place, "%.*s", HK_STR_ARG(finding->problem->text));
    else
        cli_error(place, "%.*s", HK_STR_ARG(finding->problem->text));
}

static int by_line(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    int order = (a->line > b->line) - (a->line < b->line);
    return order ? order : (a->problem > b->problem) - (a->problem < b->problem);
}

/* In the order of the file, which is how a person goes through them. */
static void report_problems(struct cli_input *in, const struct cli_object *object,
                            const struct hk_problems *problems)
{
    struct finding findings[HK_PROBLEM_MAX];
    for (size_t i = 0; i < problems->count; i++) {
        const struct hk_problem *problem = &problems->items[i];
        struct hk_str path = hk_arena_printf(&in->arena, "%s%s%.*s", object->prefix,
                                             *object->prefix && problem->path.len ? "." : "",
                                             HK_STR_ARG(problem->path));
        findings[i] = (struct finding){problem, path.ptr ? path.ptr : "", 0};
        findings[i].line = hk_yaml_line(object->doc, findings[i].path);
    }
    qsort(findings, problems->count, sizeof *findings, by_line);
    for (size_t i = 0; i < problems->count; i++)
        report_finding(object->file, &findings[i]);
    if (problems->more)
        cli_error((struct cli_place){.file = object->file, .line = object->doc->line},
                  "and %zu more problems", problems->more);
}

/* ---- metadata: what the API server wants of an object of any kind ---- */

#define QUOTE "must be a string: put it between quotation marks"

static size_t refuse(struct cli_input *in, const struct cli_object *object, const char *path,
                     const char *text)
{
    fail(in, object, path, text);
    return 1;
}

/* metadata.labels or metadata.annotations. */
static size_t check_map(struct cli_input *in, const struct cli_object *object, const char *name)
{
    json_t *map = json_object_get(json_object_get(object->root, "metadata"), name), *value;
    const char *path = hk_arena_printf(&in->arena, "metadata.%s", name).ptr, *key;
    bool is_label = strcmp(name, "labels") == 0;
    size_t errors = 0;
    if (!map || json_is_null(map))
        return 0;
    if (!json_is_object(map))
        return refuse(in, object, path ? path : "", "must be an object");
    json_object_foreach(map, key, value)
    {
        const char *text = json_is_null(value) ? "" : json_string_value(value);
        path = hk_arena_printf(&in->arena, "metadata.%s[%s]", name, key).ptr;
        path = path ? path : "";
        if (is_label && !hk_name_is_qualified(hk_str_of(key)))
            errors += refuse(in, object, path,
                             "its name must be letters, digits, '-', '_' and '.', beginning and "
                             "ending with a letter or digit, perhaps behind a domain and '/'");
        if (!text)
            errors += refuse(in, object, path, QUOTE);
        else if (is_label && !hk_name_is_label_value(hk_str_of(text)))
            errors += refuse(in, object, path,
                             "must be at most 63 letters, digits, '-', '_' and '.', beginning and "
                             "ending with a letter or digit");
    }
    return errors;
}

static size_t check_namespace(struct cli_input *in, const struct cli_object *object)
{
    const json_t *value = json_object_get(json_object_get(object->root, "metadata"), "namespace");
    const char *text = json_string_value(value);
    if (value && !json_is_null(value) && !text)
        return refuse(in, object, "metadata.namespace", QUOTE);
    if (text && *text && !hk_name_is_dns1123_label(hk_str_of(text)))
        return refuse(in, object, "metadata.namespace",
                      "must be at most 63 lower-case letters, digits and '-', beginning and ending "
                      "with a letter or digit");
    return 0;
}

size_t cli_metadata_check(struct cli_input *in, const struct cli_object *object)
{
    const json_t *metadata = json_object_get(object->root, "metadata");
    const json_t *name = json_object_get(metadata, "name");
    size_t errors = 0;
    if (metadata && !json_is_object(metadata))
        return refuse(in, object, "metadata", "must be an object");
    if (!name || json_is_null(name) || (json_is_string(name) && !json_string_length(name)))
        errors += refuse(in, object, "metadata.name", "is required");
    else if (!json_is_string(name))
        errors += refuse(in, object, "metadata.name", QUOTE);
    return errors + check_namespace(in, object) + check_map(in, object, "labels") +
           check_map(in, object, "annotations");
}

/* Else a controller cannot tell which object it is, and says nothing about the rest. */
static bool has_identity(const struct cli_object *object)
{
    const json_t *metadata = json_object_get(object->root, "metadata");
    const json_t *namespace = json_object_get(metadata, "namespace");
    return json_string_length(json_object_get(metadata, "name")) > 0 &&
           (!namespace || json_is_null(namespace) || json_is_string(namespace));
}

size_t cli_object_check(struct cli_input *in, const struct cli_object *object, size_t *warnings)
{
    struct hk_call call = {.body = cli_object_body(in, object), .arena = &in->arena};
    struct hk_problems problems = {.count = 0};
    struct hk_err err = {0};
    if (!call.body.ptr) {
        raise_exit(in, fail_memory(object->file));
        return 1;
    }
    size_t errors = cli_metadata_check(in, object);
    if (!has_identity(object))
        return errors;
    const struct hk_controller *controller = object->controller;
    int result = controller->validate
                     ? controller->validate(&call, &problems, &err)
                     : hk_err_set(&err, HK_ERR_INTERNAL, NULL, "controller %s cannot validate",
                                  controller->name);
    if (result < 0) {
        raise_exit(in, cli_error_from(&err, object->file, hk_yaml_line(object->doc, "")));
        return 1;
    }
    report_problems(in, object, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        *warnings += problems.items[i].is_warning;
        errors += !problems.items[i].is_warning;
    }
    errors += problems.more;
    if (errors)
        raise_exit(in, CLI_JUDGED);
    return errors;
}
