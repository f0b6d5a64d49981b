/* RFC 4648's own examples, and what no encoder writes. */
#include "hk_base64.h"
#include "run_suite.h"

#include <check.h>

static const struct {
    const char *bytes;
    size_t len;
    const char *text;
} rows[] = {
    {"", 0, ""},
    {"f", 1, "Zg=="},
    {"fo", 2, "Zm8="},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg=="},
    {"fooba", 5, "Zm9vYmE="},
    {"foobar", 6, "Zm9vYmFy"},
    {"\0", 1, "AA=="},
    {"\xff\xfe\xfd", 3, "//79"},
    {"\xfb\xf0", 2, "+/A="},
    {"a\0b\n", 4, "YQBiCg=="},
};

START_TEST(each_way)
{
    struct hk_str bytes = {rows[_i].bytes, rows[_i].len}, back;
    struct hk_arena arena;
    struct hk_buf out;
    hk_arena_init(&arena);
    hk_buf_init(&out);
    hk_base64_encode(bytes, &out);
    ck_assert_str_eq(hk_buf_cstr(&out), rows[_i].text);
    ck_assert(hk_base64_decode(hk_buf_str(&out), &arena, &back));
    ck_assert(hk_str_eq(back, bytes));
    ck_assert_ptr_nonnull(back.ptr);
    hk_buf_fini(&out);
    hk_arena_fini(&arena);
}
END_TEST

static const char *const wrong[] = {"Z",    "Zg",   "Zg=",      "Zm8",      "Zg===",   "=",
                                    "====", "Z===", "Zg==Zg==", "Zm8=Zg==", "Zg=a",    "Zm9v=",
                                    "Zm9-", "Zm9_", "Zm 9v",    "Zm9v\t",   "Zg==\x80"};

START_TEST(no_base64)
{
    struct hk_str bytes;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert(!hk_base64_decode(hk_str_of(wrong[_i]), &arena, &bytes));
    ck_assert_ptr_null(bytes.ptr);
    ck_assert(!arena.failed);
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(line_breaks_are_passed_over)
{
    struct hk_str bytes;
    struct hk_arena arena;
    hk_arena_init(&arena);
    ck_assert(hk_base64_decode(HK_STR("Zm9v\r\nYm\nFy\n"), &arena, &bytes));
    ck_assert(hk_str_is(bytes, "foobar"));
    hk_arena_fini(&arena);
}
END_TEST

START_TEST(every_byte_comes_back)
{
    char all[512];
    struct hk_str back;
    struct hk_arena arena;
    struct hk_buf out;
    hk_arena_init(&arena);
    hk_buf_init(&out);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i * 7 + i / 256);
    hk_base64_encode((struct hk_str){all, sizeof all}, &out);
    ck_assert_uint_eq(out.len, (sizeof all + 2) / 3 * 4);
    ck_assert(hk_base64_decode(hk_buf_str(&out), &arena, &back));
    ck_assert(hk_str_eq(back, (struct hk_str){all, sizeof all}));
    hk_buf_fini(&out);
    hk_arena_fini(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base64");
    TCase *tc = tcase_create("base64");
    tcase_add_loop_test(tc, each_way, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_loop_test(tc, no_base64, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tc, line_breaks_are_passed_over);
    tcase_add_test(tc, every_byte_comes_back);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
