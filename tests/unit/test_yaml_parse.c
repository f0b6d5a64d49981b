/* YAML in: values, lines, refusals, and the way out and in again. */
#include "hk_mem.h"
#include "hk_yaml_private.h"
#include "run_suite.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

struct value_row {
    const char *yaml;
    const char *json; /* the documents as an array; an empty document is 0.5 */
};

static const struct value_row VALUES[] = {
    {"", "[]"},
    {"# only a comment\n", "[]"},
    {"---\n", "[0.5]"},
    {"---\n---\na\n---\n", "[0.5,\"a\",0.5]"},
    {"null\n", "[null]"},
    {"''\n", "[\"\"]"},
    {"a: 1\n---\nb: 2\n...\n---\nc: 3\n", "[{\"a\":1},{\"b\":2},{\"c\":3}]"},
    {"%YAML 1.1\n---\na\n", "[\"a\"]"},
    {"a: 1 # one\n# two\nb: '#3'\n", "[{\"a\":1,\"b\":\"#3\"}]"},
    {"a: 1\r\nb:\r\n  - x\r\n", "[{\"a\":1,\"b\":[\"x\"]}]"},
    {"\xef\xbb\xbf"
     "a: 1\n",
     "[{\"a\":1}]"},
    {"a: |\n  x\n   y\n\nb: >\n  x\n  y\n", "[{\"a\":\"x\\n y\\n\",\"b\":\"x y\\n\"}]"},
    {"a: 'it''s'\nb: \"\\u00e9\\n\"\n", "[{\"a\":\"it's\",\"b\":\"\xc3\xa9\\n\"}]"},
    {"a:\n- 1\n- - 2\n  - 3\n- b: 4\n", "[{\"a\":[1,[2,3],{\"b\":4}]}]"},
    {"a:\nb: ~\n", "[{\"a\":null,\"b\":null}]"},
    /* the scalars of Kubernetes' reader */
    {"[true, True, yes, on, Y, false, no, OFF, n]",
     "[[true,true,true,true,true,false,false,false,false]]"},
    {"[tRue, YeS, 'yes', \"no\", nO]", "[[\"tRue\",\"YeS\",\"yes\",\"no\",\"nO\"]]"},
    {"[0, -1, +2, 1_000, 0x1F, 0o17, 017, 0b101, -0x10]", "[[0,-1,2,1000,31,15,15,5,-16]]"},
    {"[9223372036854775807, -9223372036854775808]", "[[9223372036854775807,-9223372036854775808]]"},
    {"[9223372036854775808, 08, 1.0, 1e3, .5, 1., -2.5E-1]",
     "[[9223372036854775808.0,8.0,1.0,1000.0,0.5,1.0,-0.25]]"},
    {"[12:30:45, 2026-01-01, 1.2.3, 10.0.0.1, 0x, 0xg, 0x0x1, 1e, ., -, +, 1_a, 500m, -abc, =]",
     "[[\"12:30:45\",\"2026-01-01\",\"1.2.3\",\"10.0.0.1\",\"0x\",\"0xg\",\"0x0x1\",\"1e\",\".\","
     "\"-\",\"+\","
     "\"1_a\",\"500m\",\"-abc\",\"=\"]]"},
    /* keys */
    {"1: a\n0x10: b\nyes: c\n1.5: d\n.inf: e\n",
     "[{\"1\":\"a\",\"16\":\"b\",\"true\":\"c\",\"1.5\":\"d\",\".inf\":\"e\"}]"},
    {"? a\n: b\n", "[{\"a\":\"b\"}]"},
    /* anchors and merges */
    {"a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
     "[{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":[{\"b\":1},{\"b\":1}]}]"},
    {"a: &x 1\nb: &x 2\nc: *x\n", "[{\"a\":1,\"b\":2,\"c\":2}]"},
    {"a: &x {p: 1, q: 1}\nb:\n  q: 2\n  <<: *x\n  r: 3\n",
     "[{\"a\":{\"p\":1,\"q\":1},\"b\":{\"q\":2,\"r\":3,\"p\":1}}]"},
    {"a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc:\n  <<: [*x, *y]\n",
     "[{\"a\":{\"p\":1},\"b\":{\"p\":2,\"q\":2},\"c\":{\"p\":1,\"q\":2}}]"},
    {"'<<': 1\n", "[{\"<<\":1}]"},
    /* JSON is YAML */
    {"{\"a\":1,\"b\":[true,null,\"x\\/y\"],\"c\":{\"d\":-1.5e3}}",
     "[{\"a\":1,\"b\":[true,null,\"x/y\"],\"c\":{\"d\":-1500.0}}]"},
    {"{\n\t\"a\"\t:\t[\n\t1,\n\t2\n]\n}\n", "[{\"a\":[1,2]}]"},
    {"{\"a\":\"\\ud83d\\udd25\\\\ud83d\\udd25\\u00e9\"}",
     NULL}, /* a lone surrogate behind an escaped backslash: see REFUSED */
    {"{\"a\":\"\\ud83d\\udd25 \\uD83D\\uDD25\\\\u00e9\"}",
     "[{\"a\":\"\xf0\x9f\x94\xa5 \xf0\x9f\x94\xa5\\\\u00e9\"}]"},
};

static json_t *documents_of(const struct hk_yaml_stream *stream)
{
    json_t *all = json_array();
    for (size_t i = 0; i < stream->count; i++)
        json_array_append_new(all, stream->docs[i].root ? json_incref(stream->docs[i].root)
                                                        : json_real(0.5));
    return all;
}

START_TEST(values_are_read)
{
    const struct value_row *row = &VALUES[_i];
    struct hk_yaml_stream stream;
    struct hk_err err = {0};
    int result = hk_yaml_parse(hk_str_of(row->yaml), &stream, &err);
    if (!row->json) {
        ck_assert_int_eq(result, -1);
        return;
    }
    ck_assert_msg(result == 0, "%s: %s", err.path, err.text);
    json_auto_t *got = documents_of(&stream);
    json_auto_t *want = json_loads(row->json, 0, NULL);
    ck_assert_ptr_nonnull(want);
    char *text = json_dumps(got, JSON_COMPACT);
    ck_assert_msg(json_equal(got, want), "got %s, want %s", text, row->json);
    free(text);
    hk_yaml_stream_fini(&stream);
}
END_TEST

struct refusal_row {
    const char *yaml;
    const char *path;
    const char *text;
};

static const struct refusal_row REFUSED[] = {
    {"a: 1\nb: [1, 2\nc: 3\n", "line 3",
     "did not find expected ',' or ']' while parsing a flow sequence that begins on line 2"},
    {"a: b: c\n", "line 1", "mapping values are not allowed in this context"},
    {"a:\n\tb: 1\n", "line 2", "is indented by a tab, must be by blanks"},
    {"a: 1\n b: 2\n", "line 2", NULL},
    {"a: 'x\n", "line 1",
     "found unexpected end of stream while scanning a quoted scalar that begins on line 1"},
    {"a: 1\nb: 2\na: 3\n", "line 3", "key \"a\" is given twice, first on line 1"},
    {"{\"a\":1,\n\"a\":1}", "line 2", "key \"a\" is given twice, first on line 1"},
    {"1: a\n'1': b\n", "line 2", "key \"1\" is given twice, first on line 1"},
    {"a: {b: 1,\n  b: 1}\n", "line 2", "key \"b\" is given twice, first on line 1"},
    {"a: !!str 1\n", "line 1", "tag tag:yaml.org,2002:str: tags are not allowed"},
    {"a:\n  !x {}\n", "line 2", "tag !x: tags are not allowed"},
    {"!x [a]\n", "line 1", "tag !x: tags are not allowed"},
    {"!x a: b\n", "line 1", "tag !x: tags are not allowed"},
    {"? [a]\n: b\n", "line 1", "a key must be a string"},
    {"? {a: b}\n: b\n", "line 1", "a key must be a string"},
    {"~: b\n", "line 1", "a key must not be null"},
    {"\"a\\0\": b\n", "line 1", "a key must not hold a NUL character"},
    {"a: *x\n", "line 1", "alias *x: no such anchor is complete before it"},
    {"a: &x\n  b: *x\n", "line 2", "alias *x: no such anchor is complete before it"},
    {"a: &x 1\n---\nb: *x\n", "line 3", "alias *x: no such anchor is complete before it"},
    {"&x a: 1\n*x : 2\n", "line 2", "a key must be a string"},
    {"a:\n  <<: 1\n", "line 3", "a merge key << must be a mapping or a list of them"},
    {"<<: {a: 1}\n<<: {b: 1}\n", "line 2", "key \"<<\" is given twice, first on line 1"},
    {"a: .inf\n", "line 1", ".inf is a number that JSON cannot hold"},
    {"a:\n- -.INF\n", "line 2", "-.INF is a number that JSON cannot hold"},
    {"a: .NaN\n", "line 1", ".NaN is a number that JSON cannot hold"},
    {"a: 1e999\n", "line 1", "1e999 is a number that JSON cannot hold"},
    {"a: 1\nb: \xff\n", "line 2", "invalid leading UTF-8 octet"},
    {"a: 1\nb: \x01\n", "line 2", "control characters are not allowed"},
    {"{\"a\": \"\\ud83d\"}", "line 1",
     "found invalid Unicode character escape code while parsing a quoted scalar that begins on "
     "line 1"},
    {"{\"a\": 1", "line 1",
     "did not find expected ',' or '}' while parsing a flow mapping that begins on line 1"},
    {"{\"a\": 1}\n{\"b\": 2}\n", "line 2", "did not find expected <document start>"},
    {"a: @b\n", "line 1",
     "found character that cannot start any token while scanning for the next token that begins "
     "on line 1"},
};

START_TEST(what_is_refused_says_where_and_why)
{
    const struct refusal_row *row = &REFUSED[_i];
    struct hk_yaml_stream stream;
    struct hk_err err = {0};
    ck_assert_int_eq(hk_yaml_parse(hk_str_of(row->yaml), &stream, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_MALFORMED);
    if (row->text)
        ck_assert_str_eq(err.text, row->text);
    ck_assert_str_eq(err.path, row->path);
    ck_assert_ptr_null(stream.docs);
    ck_assert_uint_eq(stream.count, 0);
}
END_TEST

/* n levels of the text around a 1. */
static char *nested(const char *open, const char *close, size_t n)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    for (size_t i = 0; i < n; i++)
        hk_buf_add_str(&buf, hk_str_of(open));
    hk_buf_add_char(&buf, '1');
    for (size_t i = 0; i < n; i++)
        hk_buf_add_str(&buf, hk_str_of(close));
    return (char *)(uintptr_t)hk_buf_cstr(&buf);
}

static void expect(const char *yaml, const char *text)
{
    struct hk_yaml_stream stream;
    struct hk_err err = {0};
    int result = hk_yaml_parse(hk_str_of(yaml), &stream, &err);
    ck_assert_str_eq(err.text, text ? text : "");
    ck_assert_int_eq(result, text ? -1 : 0);
    hk_yaml_stream_fini(&stream);
}

START_TEST(depth_is_bounded)
{
    static const struct {
        size_t depth;
        const char *text;
    } ROWS[] = {{64, NULL}, {65, "is nested deeper than 64"}, {100000, "is nested deeper than 64"}};
    for (size_t i = 0; i < 3; i++) {
        hk_auto_free char *lists = nested("[", "]", ROWS[i].depth);
        expect(lists, ROWS[i].text);
        hk_auto_free char *maps = nested("{a: ", "}", ROWS[i].depth);
        expect(maps, ROWS[i].text);
    }
}
END_TEST

START_TEST(aliases_are_bounded)
{
    static const char LAUGHS[] = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
                                 "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                                 "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                                 "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                                 "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
                                 "f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n";
    expect(LAUGHS, "alias *e: the aliases stand for too much");
    /* Depth counts through aliases as well. */
    hk_auto_free char *inner = nested("[", "]", 40);
    struct hk_buf deep;
    hk_buf_init(&deep);
    hk_buf_printf(&deep, "a: &a %s\nb: [[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]]]\n",
                  inner);
    expect(hk_buf_cstr(&deep), "alias *a: the aliases stand for too much");
    hk_buf_clear(&deep);
    for (int i = 0; i < 257; i++)
        hk_buf_printf(&deep, "- &a%d x\n", i);
    expect(hk_buf_cstr(&deep), "has more than 256 anchors");
    hk_buf_fini(&deep);
}
END_TEST

static const char LINES_TEXT[] = "# comment\n"           /* 1 */
                                 "apiVersion: v1\n"      /* 2 */
                                 "metadata:\n"           /* 3 */
                                 "  name: a\n"           /* 4 */
                                 "  labels:\n"           /* 5 */
                                 "    app.io/x: y\n"     /* 6 */
                                 "    app: z\n"          /* 7 */
                                 "spec:\n"               /* 8 */
                                 "  list:\n"             /* 9 */
                                 "    - name: a\n"       /* 10 */
                                 "      value: 1\n"      /* 11 */
                                 "    - name: b\n"       /* 12 */
                                 "      other: {p: 1,\n" /* 13 */
                                 "        q: [1,\n"      /* 14 */
                                 "          2]}\n"       /* 15 */
                                 "---\n"                 /* 16 */
                                 "{\n"                   /* 17 */
                                 "  \"a\": 1,\n"         /* 18 */
                                 "  \"b\": {\"c\":\n"    /* 19 */
                                 "     2}\n"             /* 20 */
                                 "}\n"                   /* 21 */
                                 "---\n";                /* 22 */

static const struct {
    size_t doc;
    const char *path;
    unsigned line;
} LINES[] = {
    {0, "", 2},
    {0, "apiVersion", 2},
    {0, "metadata", 3},
    {0, "metadata.name", 4},
    {0, "metadata.labels[app.io/x]", 6},
    {0, "metadata.labels.app.io/x", 6},
    {0, "metadata.labels.app", 7},
    {0, "metadata.labels[app]", 7},
    {0, "metadata.labels[gone]", 5},
    {0, "metadata.gone.deeper", 3},
    {0, "spec.list", 9},
    {0, "spec.list[0]", 10},
    {0, "spec.list[0].value", 11},
    {0, "spec.list[1]", 12},
    {0, "spec.list[1].other", 13},
    {0, "spec.list[1].other.q", 14},
    {0, "spec.list[1].other.q[1]", 15},
    {0, "spec.list[1].other.q[2]", 14},
    {0, "spec.list[7]", 9},
    {0, "spec.list.name", 9},
    {0, "spec.list[1", 9},
    {0, "gone", 2},
    {1, "a", 18},
    {1, "b", 19},
    {1, "b.c", 19},
    {1, "gone", 17},
    {2, "a", 22},
};

START_TEST(lines_are_known)
{
    struct hk_yaml_stream stream;
    ck_assert_int_eq(hk_yaml_parse(hk_str_of(LINES_TEXT), &stream, NULL), 0);
    ck_assert_uint_eq(stream.count, 3);
    ck_assert_uint_eq(hk_yaml_line(&stream.docs[LINES[_i].doc], LINES[_i].path), LINES[_i].line);
    hk_yaml_stream_fini(&stream);
}
END_TEST

static uint64_t random_state = 0x9e3779b97f4a7c15U;
static size_t below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state >> 16) % n;
}

static json_t *random_string(void)
{
    static const char *const PIECES[] = {
        "a",
        "b c",
        "no",
        "1",
        "e3",
        ":",
        " ",
        "#",
        "-",
        "\n",
        "\n\n",
        "\t",
        "\"",
        "'",
        "\\",
        "{",
        "]",
        ",",
        "&x",
        "*y",
        "!z",
        "|",
        ">",
        "%",
        "@",
        "`",
        "~",
        "null",
        "\xc3\xa9",
        "\xe7\x81\xab",
        ".",
        "0x",
        "_",
        "12:3",
        "2026",
        "=",
        "<<",
        "\xf0\x9f\x94\xa5",
        "\r",
        "\x01",
        "\x7f",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xef\xbb\xbf",
        "?",
        "true",
        "---",
        "...",
        "  ",
        "x: y",
        "- z",
    };
    char text[256] = "";
    size_t n = below(7);
    for (size_t i = 0; i < n; i++)
        strcat(text, PIECES[below(sizeof PIECES / sizeof *PIECES)]);
    if (below(400) == 0) { /* longer than a simple key may be */
        static char lengthy[3000];
        memset(lengthy, 'k', 1200);
        strcpy(lengthy + 1200, text);
        return json_string(lengthy);
    }
    return json_string(text);
}

static json_t *random_tree(unsigned depth)
{
    switch (below(depth > 4 ? 6 : 10)) {
    case 0:
        return json_integer((json_int_t)random_state);
    case 1:
        return json_real((double)below(1000000) / 64 - 5000);
    case 2:
        return below(3) ? json_boolean(below(2)) : json_null();
    case 6:
    case 7: {
        json_t *array = json_array();
        for (size_t n = below(5); n > 0; n--)
            json_array_append_new(array, random_tree(depth + 1));
        return array;
    }
    case 8:
    case 9: {
        json_t *object = json_object();
        for (size_t n = below(5); n > 0; n--) {
            json_auto_t *key = random_string();
            json_object_set_new(object, json_string_value(key), random_tree(depth + 1));
        }
        return object;
    }
    default:
        return random_string();
    }
}

START_TEST(what_is_dumped_is_read_back)
{
    struct hk_buf out;
    hk_buf_init(&out);
    for (int i = 0; i < 20000; i++) {
        json_auto_t *tree = random_tree(0);
        hk_buf_clear(&out);
        ck_assert_int_eq(hk_yaml_dump(tree, &out, NULL), 0);
        hk_buf_add_str(&out, HK_STR("--- end\n"));
        struct hk_yaml_stream stream;
        struct hk_err err = {0};
        ck_assert_msg(hk_yaml_parse(hk_buf_str(&out), &stream, &err) == 0, "%s %s in:\n%s",
                      err.path, err.text, hk_buf_cstr(&out));
        ck_assert_uint_eq(stream.count, 2);
        char *want = json_dumps(tree, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        ck_assert_msg(stream.docs[0].root && json_equal(stream.docs[0].root, tree),
                      "%s came back wrong from:\n%s", want, hk_buf_cstr(&out));
        free(want);
        hk_yaml_stream_fini(&stream);
    }
    hk_buf_fini(&out);
}
END_TEST

/* No plain scalar that our own reader takes for something else may be written plain. */
START_TEST(what_is_typed_is_ambiguous)
{
    static const char SET[] = "0123456789+-._:exXobBEyYnNoOtTrRuUeEaAlLsSfFiI~<=";
    unsigned typed_count = 0;
    for (int i = 0; i < 500000; i++) {
        char text[8];
        size_t len = below(7);
        for (size_t c = 0; c < len; c++)
            text[c] = SET[below(sizeof SET - 1)];
        text[len] = '\0';
        json_t *value = NULL;
        int result = hk_yaml_typed((struct hk_str){text, len}, &value);
        bool is_text = result == 0 && json_is_string(value);
        typed_count += !is_text;
        ck_assert_msg(is_text || hk_yaml_is_ambiguous((struct hk_str){text, len}), "%s", text);
        json_decref(value);
    }
    ck_assert_uint_gt(typed_count, 10000);
}
END_TEST

static size_t fail_at, allocations;
static void *failing_alloc(size_t size)
{
    return allocations++ == fail_at ? NULL : malloc(size);
}
static void *failing_resize(void *ptr, size_t size)
{
    return allocations++ == fail_at ? NULL : realloc(ptr, size);
}

START_TEST(each_failing_allocation_is_an_error)
{
    static const char TEXT[] = "{\"a\": &x {\"b\": [1, true, \"\\ud83d\\udd25\"]}, \"c\": *x,\n"
                               "\"d\": {<<: *x, e: 1.5, f: ~}}\n---\n- 1\n- - 2\n";
    bool failed = true;
    hk_mem_set_alloc(failing_alloc, failing_resize, free);
    for (fail_at = 0; failed; fail_at++) {
        ck_assert_uint_lt(fail_at, 500);
        allocations = 0;
        struct hk_err err = {0};
        struct hk_yaml_stream stream;
        int result = hk_yaml_parse(hk_str_of(TEXT), &stream, &err);
        failed = allocations > fail_at;
        ck_assert_int_eq(err.kind, result < 0 ? HK_ERR_MEMORY : HK_ERR_NONE);
        ck_assert(failed || result == 0);
        ck_assert_uint_eq(stream.count, result < 0 ? 0 : 2);
        hk_yaml_stream_fini(&stream);
    }
    hk_mem_set_alloc(NULL, NULL, NULL);
    ck_assert_uint_ge(fail_at, 20);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof *(table))

int main(void)
{
    Suite *suite = suite_create("yaml_parse");
    TCase *tc = tcase_create("parse");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, values_are_read, 0, ROWS(VALUES));
    tcase_add_loop_test(tc, what_is_refused_says_where_and_why, 0, ROWS(REFUSED));
    tcase_add_test(tc, depth_is_bounded);
    tcase_add_test(tc, aliases_are_bounded);
    tcase_add_loop_test(tc, lines_are_known, 0, ROWS(LINES));
    tcase_add_test(tc, what_is_dumped_is_read_back);
    tcase_add_test(tc, what_is_typed_is_ambiguous);
    tcase_add_test(tc, each_failing_allocation_is_an_error);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
