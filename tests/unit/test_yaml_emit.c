/* YAML out: layout, quoting, and the proof that the short way and libyaml give the same bytes. */
#include "hk_mem.h"
#include "hk_yaml_private.h"
#include "run_suite.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

/* The document that the FlameCluster controller writes, as the design shows it. */
static const char WANTED[] = "cluster:\n"
                             "  name: my-flame\n"
                             "  endpoint: \"http://my-flame-session-manager:8080\"\n"
                             "  slot: \"cpu=1,mem=1g\"\n"
                             "  policy: priority\n"
                             "  storage: sqlite://flame.db\n"
                             "  resreq: \"cpu=1,mem=1g\"\n"
                             "  policies:\n"
                             "    - priority\n"
                             "  executors:\n"
                             "    shim: host\n"
                             "  limits:\n"
                             "    max_executors: 10\n"
                             "executors:\n"
                             "  shim: host\n"
                             "  limits:\n"
                             "    max_executors: 10\n"
                             "cache:\n"
                             "  endpoint: \"grpc://my-flame-object-cache:9090\"\n"
                             "  network_interface: \"eth0\"\n"
                             "  storage: \"/var/lib/flame/cache\"\n";

static void key(struct hk_yaml_emit *e, const char *name)
{
    hk_yaml_emit_str(e, hk_str_of(name), HK_YAML_PLAIN);
}

static void member(struct hk_yaml_emit *e, const char *name, const char *value,
                   enum hk_yaml_style style)
{
    key(e, name);
    hk_yaml_emit_str(e, hk_str_of(value), style);
}

static void limits(struct hk_yaml_emit *e)
{
    key(e, "limits");
    hk_yaml_emit_map(e);
    key(e, "max_executors");
    hk_yaml_emit_int(e, 10);
    hk_yaml_emit_map_end(e);
}

static void emit_config(struct hk_yaml_emit *e)
{
    hk_yaml_emit_map(e);
    key(e, "cluster");
    hk_yaml_emit_map(e);
    member(e, "name", "my-flame", HK_YAML_PLAIN);
    member(e, "endpoint", "http://my-flame-session-manager:8080", HK_YAML_DOUBLE);
    member(e, "slot", "cpu=1,mem=1g", HK_YAML_DOUBLE);
    member(e, "policy", "priority", HK_YAML_PLAIN);
    member(e, "storage", "sqlite://flame.db", HK_YAML_PLAIN);
    member(e, "resreq", "cpu=1,mem=1g", HK_YAML_DOUBLE);
    key(e, "policies");
    hk_yaml_emit_seq(e);
    key(e, "priority");
    hk_yaml_emit_seq_end(e);
    key(e, "executors");
    hk_yaml_emit_map(e);
    member(e, "shim", "host", HK_YAML_PLAIN);
    hk_yaml_emit_map_end(e);
    limits(e);
    hk_yaml_emit_map_end(e);
    key(e, "executors");
    hk_yaml_emit_map(e);
    member(e, "shim", "host", HK_YAML_PLAIN);
    limits(e);
    hk_yaml_emit_map_end(e);
    key(e, "cache");
    hk_yaml_emit_map(e);
    member(e, "endpoint", "grpc://my-flame-object-cache:9090", HK_YAML_DOUBLE);
    member(e, "network_interface", "eth0", HK_YAML_DOUBLE);
    member(e, "storage", "/var/lib/flame/cache", HK_YAML_DOUBLE);
    hk_yaml_emit_map_end(e);
    hk_yaml_emit_map_end(e);
}

START_TEST(the_config_is_the_designs)
{
    struct hk_buf out;
    hk_buf_init(&out);
    struct hk_yaml_emit *e = hk_yaml_emit_new(&out);
    emit_config(e);
    ck_assert_int_eq(hk_yaml_emit_end(e), 0);
    ck_assert_str_eq(hk_buf_cstr(&out), WANTED);
    hk_buf_fini(&out);
}
END_TEST

struct scalar_row {
    const char *text;
    const char *plain; /* what PLAIN gives */
};

static const struct scalar_row SCALARS[] = {
    {"priority", "priority"},
    {"sqlite://flame.db", "sqlite://flame.db"},
    {"/var/lib/flame", "/var/lib/flame"},
    {"a b", "a b"},
    {"caf\xc3\xa9", "caf\xc3\xa9"},
    {"10.0.0.1", "10.0.0.1"},
    {"1g", "1g"},
    {"v1", "v1"},
    {"-x", "-x"},
    {"node", "node"},
    {"no", "\"no\""},
    {"No", "\"No\""},
    {"yes", "\"yes\""},
    {"on", "\"on\""},
    {"OFF", "\"OFF\""},
    {"y", "\"y\""},
    {"true", "\"true\""},
    {"False", "\"False\""},
    {"~", "\"~\""},
    {"null", "\"null\""},
    {"", "\"\""},
    {"1e3", "\"1e3\""},
    {"1.5", "\"1.5\""},
    {".5", "\".5\""},
    {"-7", "\"-7\""},
    {"0x1f", "\"0x1f\""},
    {"0o17", "\"0o17\""},
    {"0b101", "\"0b101\""},
    {"1_000", "\"1_000\""},
    {"-_1", "\"-_1\""},
    {"012", "\"012\""},
    {"12:30:45", "\"12:30:45\""},
    {"190:20:30.15", "\"190:20:30.15\""},
    {".inf", "\".inf\""},
    {"-.Inf", "\"-.Inf\""},
    {".NaN", "\".NaN\""},
    {"Infinity", "\"Infinity\""},
    {"2026-01-01", "\"2026-01-01\""},
    {"2026-1-1T10:00:00Z", "\"2026-1-1T10:00:00Z\""},
    {"<<", "\"<<\""},
    {"=", "\"=\""},
    {"a: b", "\"a: b\""},
    {"a #b", "\"a #b\""},
    {"a:", "\"a:\""},
    {"- a", "\"- a\""},
    {"? a", "\"? a\""},
    {"*a", "\"*a\""},
    {"&a", "\"&a\""},
    {"!a", "\"!a\""},
    {"%a", "\"%a\""},
    {"@a", "\"@a\""},
    {"`a", "\"`a\""},
    {"{a", "\"{a\""},
    {"[a", "\"[a\""},
    {"|", "\"|\""},
    {">", "\">\""},
    {"---", "\"---\""},
    {"...", "\"...\""},
    {" a", "\" a\""},
    {"a ", "\"a \""},
    {"a\nb", "\"a\\nb\""},
    {"a\tb", "\"a\\tb\""},
    {"it's", "it's"},
    {"'a'", "\"'a'\""},
    {"\"a\"", "\"\\\"a\\\"\""},
    {"a\\b", "a\\b"},
    {"\x01", "\"\\x01\""},
    {"\xe2\x80\xa8", "\"\\L\""},
    {"\xc2\x85", "\"\\N\""},
    {"\xef\xbb\xbf", "\"\\uFEFF\""},
    {"\xf0\x9f\x94\xa5", "\"\\U0001F525\""},
};

START_TEST(plain_is_quoted_when_it_must_be)
{
    const struct scalar_row *row = &SCALARS[_i];
    struct hk_buf out;
    hk_buf_init(&out);
    struct hk_yaml_emit *e = hk_yaml_emit_new(&out);
    hk_yaml_emit_str(e, hk_str_of(row->text), HK_YAML_PLAIN);
    ck_assert_int_eq(hk_yaml_emit_end(e), 0);
    hk_buf_add_char(&out, '|');
    char want[64];
    snprintf(want, sizeof want, "%s\n|", row->plain);
    ck_assert_str_eq(hk_buf_cstr(&out), want);
    hk_buf_fini(&out);
}
END_TEST

static uint64_t random_state;
static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Mostly what the short way takes, mixed with what trips quoting. */
static size_t random_text(char *text, size_t max)
{
    static const char USUAL[] = "abcxyzABZ0189/._-:,= ";
    static const char ODD[] = "#'\"\\&*!|>%@`{}[]?~\t\n\x01\x7f+;()$<";
    size_t len = next_random() % max;
    for (size_t i = 0; i < len; i++) {
        uint64_t pick = next_random();
        text[i] = pick % 40 == 0 ? ODD[(pick >> 8) % (sizeof ODD - 1)]
                                 : USUAL[(pick >> 8) % (sizeof USUAL - 1)];
    }
    static const char *const WORDS[] = {"yes",  "no",   "null", "1e3",
                                        "true", "0x1f", "off",  "http://"};
    if (next_random() % 16 == 0 && max > 8) {
        const char *word = WORDS[next_random() % 8];
        len = strlen(word);
        memcpy(text, word, len);
    }
    return len;
}

START_TEST(the_short_way_gives_the_bytes_of_libyaml)
{
    enum { ROUNDS = 300000 };
    unsigned short_ways = 0;
    struct hk_buf slow;
    hk_buf_init(&slow);
    random_state = 88172645463325252U;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char text[24];
        struct hk_str value = {text, random_text(text, sizeof text)};
        enum hk_yaml_style style = next_random() & 1 ? HK_YAML_DOUBLE : HK_YAML_PLAIN;
        if (!hk_yaml_scalar_is_safe(value, style))
            continue;
        short_ways++;
        hk_buf_clear(&slow);
        ck_assert_int_eq(hk_yaml_scalar_slow(&slow, value, style), 0);
        struct hk_str got = hk_buf_str(&slow);
        if (style == HK_YAML_DOUBLE) {
            ck_assert(got.len >= 2 && got.ptr[0] == '"' && got.ptr[got.len - 1] == '"');
            got = (struct hk_str){got.ptr + 1, got.len - 2};
        }
        ck_assert_msg(hk_str_eq(got, value), "\"%.*s\" against \"%.*s\"", HK_STR_ARG(value),
                      HK_STR_ARG(got));
    }
    ck_assert_uint_gt(short_ways, ROUNDS / 4);
    hk_buf_fini(&slow);
}
END_TEST

/* Every single byte, alone and between two letters, in both styles. */
START_TEST(each_byte_is_decided_as_libyaml_does)
{
    struct hk_buf slow;
    hk_buf_init(&slow);
    for (unsigned c = 1; c < 128; c++) {
        const char texts[][4] = {{(char)c, 0}, {'a', (char)c, 'b', 0}, {'a', (char)c, 0}};
        for (size_t t = 0; t < 3; t++) {
            struct hk_str value = hk_str_of(texts[t]);
            if (!hk_yaml_scalar_is_safe(value, HK_YAML_PLAIN))
                continue;
            hk_buf_clear(&slow);
            ck_assert_int_eq(hk_yaml_scalar_slow(&slow, value, HK_YAML_PLAIN), 0);
            ck_assert(hk_str_eq(hk_buf_str(&slow), value));
        }
    }
    hk_buf_fini(&slow);
}
END_TEST

static void no_calls(struct hk_yaml_emit *e)
{
    (void)e;
}
static void open_map(struct hk_yaml_emit *e)
{
    hk_yaml_emit_map(e);
}
static void key_alone(struct hk_yaml_emit *e)
{
    hk_yaml_emit_map(e);
    key(e, "a");
    hk_yaml_emit_map_end(e);
}
static void wrong_end(struct hk_yaml_emit *e)
{
    hk_yaml_emit_map(e);
    hk_yaml_emit_seq_end(e);
}
static void int_key(struct hk_yaml_emit *e)
{
    hk_yaml_emit_map(e);
    hk_yaml_emit_int(e, 1);
    hk_yaml_emit_int(e, 1);
    hk_yaml_emit_map_end(e);
}
static void two_roots(struct hk_yaml_emit *e)
{
    key(e, "a");
    key(e, "b");
}
static void end_without_start(struct hk_yaml_emit *e)
{
    hk_yaml_emit_map_end(e);
}
static void bad_utf8(struct hk_yaml_emit *e)
{
    key(e, "a\xff");
}
static void surrogate(struct hk_yaml_emit *e)
{
    key(e, "\xed\xa0\x80");
}
static void beyond_unicode(struct hk_yaml_emit *e)
{
    hk_yaml_emit_str(e, HK_STR("\xf4\x90\x80\x80"), HK_YAML_DOUBLE);
}
static void too_deep(struct hk_yaml_emit *e)
{
    for (int i = 0; i <= HK_YAML_DEPTH_MAX; i++)
        hk_yaml_emit_seq(e);
    for (int i = 0; i <= HK_YAML_DEPTH_MAX; i++)
        hk_yaml_emit_seq_end(e);
}

static void (*const BROKEN[])(struct hk_yaml_emit *) = {
    no_calls, open_map,          key_alone, wrong_end, int_key,        two_roots,
    too_deep, end_without_start, bad_utf8,  surrogate, beyond_unicode,
};

START_TEST(a_failed_document_leaves_nothing)
{
    struct hk_buf out;
    hk_buf_init(&out);
    hk_buf_add_str(&out, HK_STR("before"));
    struct hk_yaml_emit *e = hk_yaml_emit_new(&out);
    BROKEN[_i](e);
    ck_assert_int_eq(hk_yaml_emit_end(e), -1);
    ck_assert_str_eq(hk_buf_cstr(&out), "before");
    hk_buf_fini(&out);
}
END_TEST

START_TEST(no_emitter_is_a_failure)
{
    hk_yaml_emit_map(NULL);
    hk_yaml_emit_str(NULL, HK_STR("a"), HK_YAML_PLAIN);
    hk_yaml_emit_int(NULL, 1);
    hk_yaml_emit_map_end(NULL);
    ck_assert_int_eq(hk_yaml_emit_end(NULL), -1);
}
END_TEST

struct dump_row {
    const char *json;
    const char *yaml;
};

static const struct dump_row DUMPS[] = {
    {"{}", "{}\n"},
    {"[]", "[]\n"},
    {"\"a\"", "a\n"},
    {"null", "null\n"},
    {"{\"a\":{},\"b\":[]}", "a: {}\nb: []\n"},
    {"[{},[],[[]]]", "- {}\n- []\n- - []\n"},
    {"[[1,2],[{\"a\":1,\"b\":2}]]", "- - 1\n  - 2\n- - a: 1\n    b: 2\n"},
    {"[{\"a\":[1,{\"b\":2}]}]", "- a:\n    - 1\n    - b: 2\n"},
    {"{\"a\":{\"b\":{\"c\":true}},\"d\":false}", "a:\n  b:\n    c: true\nd: false\n"},
    {"{\"x\":1.0,\"b\":1e22,\"c\":0.1,\"d\":-2.5e-7}", "x: 1.0\nb: 1.0e+22\nc: 0.1\nd: -2.5e-07\n"},
    {"{\"data\":{\"f\":\"a\\n  b\\n\"}}", "data:\n  f: |\n    a\n      b\n"},
    {"{\"f\":\"a\\nb\"}", "f: |-\n  a\n  b\n"},
    {"{\"f\":\"a\\n\\nb\\n\\n\",\"g\":1}", "f: |+\n  a\n\n  b\n\ng: 1\n"},
    {"[\"a\\nb\\n\"]", "- |\n  a\n  b\n"},
    {"\"a\\nb\\n\"", "|\n  a\n  b\n"},
    {"{\"f\":\" a\\nb\"}", "f: \" a\\nb\"\n"},
    {"{\"f\":\"a \\nb\"}", "f: \"a \\nb\"\n"},
    {"{\"f\":\"a\\r\\nb\"}", "f: \"a\\r\\nb\"\n"},
    {"{\"f\":\"\\n\"}", "f: \"\\n\"\n"},
    {"{\"f\":\"x:\\n\\ty\\n\"}", "f: |\n  x:\n  \ty\n"},
    {"{\"f\":\"\xe7\x81\xab\\n\xe7\x84\xb0\\n\"}", "f: |\n  \xe7\x81\xab\n  \xe7\x84\xb0\n"},
    {"{\"f\":\"a\\u2028\\nb\"}", "f: \"a\\L\\nb\"\n"},
    {"{\"no\":\"no\",\"1\":\"1\",\"a b\":\"c\"}", "\"no\": \"no\"\n\"1\": \"1\"\na b: c\n"},
};

START_TEST(trees_in_block_style)
{
    const struct dump_row *row = &DUMPS[_i];
    json_auto_t *tree = json_loads(row->json, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(tree);
    struct hk_buf out;
    hk_buf_init(&out);
    ck_assert_int_eq(hk_yaml_dump(tree, &out, NULL), 0);
    ck_assert_str_eq(hk_buf_cstr(&out), row->yaml);
    hk_buf_fini(&out);
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
    hk_mem_set_alloc(failing_alloc, failing_resize, free);
    int result = -1;
    for (fail_at = 0; result < 0; fail_at++) {
        ck_assert_uint_lt(fail_at, 50);
        struct hk_buf out;
        hk_buf_init(&out);
        allocations = 0;
        struct hk_yaml_emit *e = hk_yaml_emit_new(&out);
        emit_config(e);
        result = hk_yaml_emit_end(e);
        if (result == 0)
            ck_assert_str_eq(hk_buf_cstr(&out), WANTED);
        else
            ck_assert_uint_eq(out.len, 0);
        hk_buf_fini(&out);
    }
    hk_mem_set_alloc(NULL, NULL, NULL);
    ck_assert_uint_ge(fail_at, 3);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof *(table))

int main(void)
{
    Suite *suite = suite_create("yaml_emit");
    TCase *tc = tcase_create("emit");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_config_is_the_designs);
    tcase_add_loop_test(tc, plain_is_quoted_when_it_must_be, 0, ROWS(SCALARS));
    tcase_add_test(tc, the_short_way_gives_the_bytes_of_libyaml);
    tcase_add_test(tc, each_byte_is_decided_as_libyaml_does);
    tcase_add_loop_test(tc, a_failed_document_leaves_nothing, 0, ROWS(BROKEN));
    tcase_add_test(tc, no_emitter_is_a_failure);
    tcase_add_loop_test(tc, trees_in_block_style, 0, ROWS(DUMPS));
    tcase_add_test(tc, each_failing_allocation_is_an_error);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
