/* hk_yaml.h - YAML in and out through libyaml. Only hk_yaml*.c see yaml.h.
 *
 * In: a stream of documents as jansson trees, typed as Kubernetes' own reader types them
 * (sigs.k8s.io/yaml: YAML 1.2's core schema, and of YAML 1.1 yes, no, on, off, 0o17, 017, 1_000).
 * Merge keys (`<<`) are merged; number and boolean keys become strings. Refused: duplicate keys,
 * other keys that are no strings, tags, .inf and .nan, depth beyond 64, aliases that stand for too
 * much. JSON is YAML.
 *
 * Out: block style for trees; a streaming emitter for documents with a fixed layout. */
#ifndef HK_YAML_H
#define HK_YAML_H

#include "hk_buf.h"
#include "hk_err.h"

#include <jansson.h>

const char *hk_yaml_version(void); /* libyaml's, static */

/* One document of a stream. */
struct hk_yaml_doc {
    json_t *root;                /* owned by the stream; NULL for an empty document */
    struct hk_yaml_lines *lines; /* owned: path -> line */
    unsigned line;               /* 1-based first line */
};

struct hk_yaml_stream {
    struct hk_yaml_doc *docs;
    size_t count;
};

/* hk_yaml_parse - all documents of text. out is as after fini on failure.
 * fails: MALFORMED; err->path is "line N" (1-based), err->text what is wrong there. */
int hk_yaml_parse(struct hk_str text, struct hk_yaml_stream *out, struct hk_err *err) HK_MUST_USE;
void hk_yaml_stream_fini(struct hk_yaml_stream *stream);

/* hk_yaml_line - the line of the value at a path as hk_scan_path writes it (`spec.x[0].y`; a
 * member's line is that of its key), else of its nearest parent that exists; doc's first line when
 * nothing does. */
unsigned hk_yaml_line(const struct hk_yaml_doc *doc, const char *path);

/* hk_yaml_dump - a tree as one YAML document in block style, keys in the tree's order, no `---`. A
 * string that another reader could take for something else is quoted. */
int hk_yaml_dump(const json_t *tree, struct hk_buf *out, struct hk_err *err) HK_MUST_USE;

/* A streaming emitter for a fixed layout: mappings, sequences and scalars in block style, two-space
 * indent. Sticky failure: ask hk_yaml_emit_end once. */
enum hk_yaml_style {
    HK_YAML_PLAIN,
    HK_YAML_DOUBLE
}; /* the style wished for; PLAIN is quoted when it must be */

struct hk_yaml_emit;                                       /* opaque */
struct hk_yaml_emit *hk_yaml_emit_new(struct hk_buf *out); /* caller ends it; NULL: out of memory */
void hk_yaml_emit_map(struct hk_yaml_emit *e);
void hk_yaml_emit_map_end(struct hk_yaml_emit *e);
void hk_yaml_emit_seq(struct hk_yaml_emit *e);
void hk_yaml_emit_seq_end(struct hk_yaml_emit *e);
void hk_yaml_emit_str(struct hk_yaml_emit *e, struct hk_str value,
                      enum hk_yaml_style style); /* key or value */
void hk_yaml_emit_int(struct hk_yaml_emit *e, int64_t value);
/* hk_yaml_emit_end - close the document and free e. Returns 0, or -1: out of memory, a value that
 * is no UTF-8, or unbalanced calls; out is then what it was before. e may be NULL (-1). */
int hk_yaml_emit_end(struct hk_yaml_emit *e) HK_MUST_USE;

#endif
