/* slotResources as a slot, and what the Secrets that a spec names come to: kinds and words pinned. */
#include "fc_related.h"
#include "run_suite.h"

#include <check.h>

/* A number, {NULL,0} for none. */
static const struct {
    const char *cpu, *memory, *gpu, *slot;
} slots[] = {
    {"1", "1Gi", NULL, "cpu=1,mem=1g"}, {"2", "1536Mi", "1", "cpu=2,mem=1536m,gpu=1"},
    {NULL, "1.5Gi", NULL, "mem=1536m"}, {NULL, "1024Mi", NULL, "mem=1g"},
    {NULL, "1024Ki", NULL, "mem=1m"},   {NULL, "1G", NULL, "mem=1000000000"},
    {NULL, "0.1Ki", NULL, "mem=103"}, /* rounded up */
    {NULL, "1", NULL, "mem=1"},         {NULL, "0", NULL, "mem=0"},
    {NULL, "8Pi", NULL, "mem=8p"},      {NULL, "2Ti", "0", "mem=2t,gpu=0"},
    {"007", NULL, NULL, "cpu=7"},       {"1000000", NULL, NULL, "cpu=1000000"},
};

static struct hk_str text_of(const char *text)
{
    return text ? hk_str_of(text) : (struct hk_str){NULL, 0};
}

START_TEST(numbers_make_a_slot)
{
    struct fc_parent parent = {.generation = 1};
    struct hk_arena arena;
    hk_arena_init(&arena);
    parent.spec.session.slot_resources = (struct fc_slot_resources){
        text_of(slots[_i].cpu), text_of(slots[_i].memory), text_of(slots[_i].gpu), true};
    fc_check_slot_resources(&parent, &arena);
    ck_assert_uint_eq(parent.problems.count, 0);
    ck_assert_str_eq(parent.spec.session.slot.ptr, slots[_i].slot);
    ck_assert_ptr_null(fc_slot_check(parent.spec.session.slot));
    hk_arena_fini(&arena);
}
END_TEST

/* One key "uri" of one Secret "a" in namespace "n". */
static const struct {
    const char *kind, *key, *object, *reason, *message, *value;
} references[] = {
    {"Secret.v1", "n/a",
     "{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"7\"},\"data\":{\"uri\":\"bm9uZQ==\"}}",
     NULL, NULL, "none"},
    {"Secret.v1", "a", "{\"data\":{\"uri\":\"ZnM6Ly8v\\nYQ==\"}}", NULL, NULL, "fs:///a"},
    {"Secret.v1", "n/a", "{\"stringData\":{\"uri\":\"none\"},\"data\":{\"uri\":\"x\"}}", NULL, NULL,
     "none"},
    {"Secret.v1", "m/a", "{\"data\":{\"uri\":\"bm9uZQ==\"}}", "SecretNotFound",
     "spec.sessionManager.storageFrom: Secret \"a\" does not exist", NULL},
    {"ConfigMap.v1", "n/a", "{\"data\":{\"uri\":\"bm9uZQ==\"}}", "SecretNotFound",
     "spec.sessionManager.storageFrom: Secret \"a\" does not exist", NULL},
    {"Secret.v1", "n/a", "{\"data\":{\"url\":\"bm9uZQ==\"}}", "SecretKeyNotFound",
     "spec.sessionManager.storageFrom: Secret \"a\" has no key uri", NULL},
    {"Secret.v1", "n/a", "{\"data\":null}", "SecretKeyNotFound",
     "spec.sessionManager.storageFrom: Secret \"a\" has no key uri", NULL},
    {"Secret.v1", "n/a", "{\"data\":{\"uri\":\"bm9uZQ\"}}", "SecretInvalid",
     "spec.sessionManager.storageFrom: key uri of Secret \"a\" is not base64", NULL},
    {"Secret.v1", "n/a", "{\"data\":{\"uri\":\"\"}}", "SecretInvalid",
     "spec.sessionManager.storageFrom: key uri of Secret \"a\" is empty", NULL},
    {"Secret.v1", "n/a", "{\"data\":{\"uri\":\"bm9uZQo=\"}}", "SecretInvalid",
     "spec.sessionManager.storageFrom: key uri of Secret \"a\" must not hold control characters or "
     "line breaks (was it made with echo instead of printf?)",
     NULL},
    {"Secret.v1", "n/a", "{\"data\":{\"uri\":\"c29tZQ==\"}}", "SecretInvalid",
     "spec.sessionManager.storageFrom: key uri of Secret \"a\" must be none, or a path behind "
     "sqlite://, fs://, file:// or filesystem://",
     NULL},
};

static void read_related(struct fc_related *related, struct hk_arena *arena, const char *kind,
                         const char *key, const char *object)
{
    char text[256 + HK_SCAN_PAD] = {0};
    const char *slash = strchr(key, '/');
    struct hk_object_key where = {.kind = hk_str_of(kind),
                                  .name = hk_str_of(slash ? slash + 1 : key)};
    struct hk_scan s;
    if (slash)
        where.namespace = (struct hk_str){key, (size_t)(slash - key)};
    ck_assert_uint_lt(strlen(object), 256);
    memcpy(text, object, strlen(object));
    hk_scan_init(&s, text, strlen(object), arena, NULL);
    fc_related_read(related, arena, &where, &s);
    ck_assert_int_eq(hk_scan_end(&s), 0);
}

static struct fc_parent parent_of_reference(void)
{
    struct fc_parent parent = {.namespace = HK_STR("n"), .is_valid = true};
    parent.spec.session.storage_from =
        (struct fc_secret_key){HK_STR("a"), HK_STR("uri"), true, true};
    return parent;
}

START_TEST(a_reference_is_looked_up)
{
    struct fc_parent parent = parent_of_reference();
    struct fc_related related = {.count = 0};
    struct fc_references found;
    struct hk_arena arena;
    hk_arena_init(&arena);
    read_related(&related, &arena, references[_i].kind, references[_i].key, references[_i].object);
    fc_references_resolve(&parent, &related, &arena, &found);
    ck_assert(found.has_any);
    ck_assert_pstr_eq(found.reason, references[_i].reason);
    ck_assert_pstr_eq(found.message.ptr, references[_i].message);
    ck_assert_pstr_eq(found.storage.ptr, references[_i].value);
    ck_assert(_i > 0 || hk_str_is(found.storage_version, "u/7"));
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(nothing_named_is_nothing_asked)
{
    struct fc_parent parent = {.namespace = HK_STR("n")};
    struct fc_related related = {.count = 0};
    struct fc_references found;
    struct hk_arena arena;
    hk_arena_init(&arena);
    fc_references_resolve(&parent, &related, &arena, &found);
    ck_assert(!found.has_any && !found.reason && !found.storage.ptr);
    hk_arena_fini(&arena);
}
END_TEST

/* Of several that fit a parent without a namespace it is the same one whatever their order. */
START_TEST(the_order_does_not_matter)
{
    static const char *const keys[] = {"z/a", "b/a", "y/a"};
    for (size_t first = 0; first < 3; first++) {
        struct fc_parent parent = parent_of_reference();
        struct fc_related related = {.count = 0};
        struct fc_references found;
        struct hk_arena arena;
        parent.namespace = (struct hk_str){NULL, 0};
        hk_arena_init(&arena);
        for (size_t i = 0; i < 3; i++) {
            const char *key = keys[(first + i) % 3];
            read_related(&related, &arena, "Secret.v1", key,
                         *key == 'b' ? "{\"data\":{\"uri\":\"bm9uZQ==\"}}" : "{\"data\":{}}");
        }
        fc_references_resolve(&parent, &related, &arena, &found);
        ck_assert_ptr_null(found.reason);
        ck_assert(hk_str_is(found.storage, "none"));
        hk_arena_fini(&arena);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fc_secrets");
    TCase *tcase = tcase_create("all");
    tcase_add_loop_test(tcase, numbers_make_a_slot, 0, sizeof slots / sizeof slots[0]);
    tcase_add_loop_test(tcase, a_reference_is_looked_up, 0,
                        sizeof references / sizeof references[0]);
    tcase_add_test(tcase, nothing_named_is_nothing_asked);
    tcase_add_test(tcase, the_order_does_not_matter);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
