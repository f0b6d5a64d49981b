/* fuzz_yaml.c - any bytes as YAML: what is accepted is written and read again, and must be the same;
 * every line that is named lies within the text. */
#include "fuzz.h"

#include "hk_yaml.h"

#include <stdio.h>
#include <stdlib.h>

static void check(bool good, const char *what, const char *detail)
{
    if (good)
        return;
    fprintf(stderr, "fuzz_yaml: %s: %s\n", what, detail);
    abort();
}

static void write_and_read(const json_t *tree)
{
    struct hk_buf text;
    struct hk_yaml_stream again;
    struct hk_err err = {0};
    hk_buf_init(&text);
    check(hk_yaml_dump(tree, &text, &err) == 0, "cannot be written", err.text);
    check(hk_yaml_parse(hk_buf_str(&text), &again, &err) == 0, err.text, hk_buf_cstr(&text));
    check(again.count == 1 && again.docs[0].root, "is not one document", hk_buf_cstr(&text));
    check(json_equal(tree, again.docs[0].root), "came back different", hk_buf_cstr(&text));
    hk_yaml_stream_fini(&again);
    hk_buf_fini(&text);
}

/* Ours count line feeds; libyaml also carriage returns and Unicode's line ends, and a line after the
 * last break: never more than there are bytes, and one. */
static void check_lines(const struct hk_yaml_doc *doc, size_t size)
{
    static const char *const PATHS[] = {"",         "a",      "a.b", "a[0]", "[0]",
                                        "[1][0].a", "a[b].c", "[",   "."};
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        unsigned line = hk_yaml_line(doc, PATHS[i]);
        check(line >= 1 && line <= size + 1, "line out of the text", PATHS[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hk_yaml_stream stream;
    struct hk_err err = {0};
    if (hk_yaml_parse((struct hk_str){(const char *)data, size}, &stream, &err) < 0) {
        check(err.kind == HK_ERR_MALFORMED && err.text[0], "no cause is named", err.path);
        check(stream.docs == NULL && stream.count == 0, "left something behind", err.text);
        return 0;
    }
    for (size_t i = 0; i < stream.count; i++) {
        check_lines(&stream.docs[i], size);
        if (stream.docs[i].root)
            write_and_read(stream.docs[i].root);
    }
    hk_yaml_stream_fini(&stream);
    return 0;
}
