/* input.h - what a subcommand reads: files or stdin, streams of YAML or JSON documents, the objects
 * of the controllers' kinds in them. Mistakes are reported here; the worst is kept as exit code. */
#ifndef INPUT_H
#define INPUT_H

#include "cli.h"
#include "hk_hook.h"
#include "hk_yaml.h"

#define CLI_INPUT_MAX (256 << 20)

/* cli_read - all bytes of a file, or of standard input for "-", into the empty buffer; HK_SCAN_PAD
 * readable bytes follow. Returns CLI_OK, or the exit code after a report. */
int cli_read(const char *file, struct hk_buf *out) HK_MUST_USE;

/* One object that a controller is for, or that one may be asked to look at. All borrowed from the input. */
struct cli_object {
    const char *file;
    const struct hk_yaml_doc *doc;
    const char *prefix; /* path of the object in its document: "", or "items[2]" in a List */
    const json_t *root;
    const struct hk_controller *controller; /* NULL: one of `related` */
};

struct cli_input {
    bool ignore_unknown_kinds; /* set after init: pass over other kinds */
    int exit_code;             /* CLI_OK, or the worst that was reported */
    struct hk_arena arena;
    struct cli_source *sources; /* newest first */
    struct cli_object *objects;
    size_t count, cap;
    struct cli_object
        *related; /* Secrets, and whatever else the controllers' parents may refer to */
    size_t related_count, related_cap;
};

void cli_input_init(struct cli_input *in);
void cli_input_fini(struct cli_input *in);

/* cli_input_add - add the objects of one file. A List's items count as objects of their own. Other
 * kinds are an error, unless they are ignored, as is a file without any object. */
void cli_input_add(struct cli_input *in, const char *file);

/* cli_object_body - the object as one JSON text in the input's arena, HK_SCAN_PAD bytes behind it;
 * {NULL,0}: out of memory. */
struct hk_str cli_object_body(struct cli_input *in, const struct cli_object *object);

/* cli_object_namespace - where it is, "default" when it does not say. */
const char *cli_object_namespace(const struct cli_object *object);

/* cli_related_body - all of in->related as one JSON text, filed as a request files them; the last of a name counts.
 * In the input's arena, HK_SCAN_PAD bytes behind it; {NULL,0}: out of memory. */
struct hk_str cli_related_body(struct cli_input *in);

/* cli_metadata_check - report every problem of its metadata that the API server would have with an object of any
 * kind, and raise exit_code when there is one. Returns how many. */
size_t cli_metadata_check(struct cli_input *in, const struct cli_object *object);

/* cli_object_check - that and validate, report every problem, and raise exit_code when there is an error.
 * Returns the number of errors; *warnings is increased. */
size_t cli_object_check(struct cli_input *in, const struct cli_object *object, size_t *warnings);

#endif
