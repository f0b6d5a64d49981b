/* test_buf.c - the growing buffer: growth, text forms, sticky failure. */
#include "failalloc.h"
#include "hk_buf.h"
#include "run_suite.h"

#include <check.h>

static void assert_content(struct hk_buf *buf, const char *want)
{
    const char *text = hk_buf_cstr(buf);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, want);
    ck_assert_uint_eq(buf->len, strlen(want));
}

START_TEST(empty_buffer_allocates_nothing)
{
    struct hk_buf buf;
    failalloc_start(0);
    hk_buf_init(&buf);
    hk_buf_add(&buf, NULL, 0);
    hk_buf_add_str(&buf, (struct hk_str){NULL, 0});
    ck_assert_int_eq(hk_buf_reserve(&buf, 0), 0);
    ck_assert_uint_eq(hk_buf_str(&buf).len, 0);
    ck_assert(!buf.failed);
    hk_buf_fini(&buf);
    ck_assert_int_eq(failalloc.refused, 0);
    failalloc_stop();
    assert_content(&buf, ""); /* cstr of an empty one is "" */
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(everything_appends)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    hk_buf_add(&buf, "abXX", 2);
    hk_buf_add_str(&buf, HK_STR("cd"));
    hk_buf_add_char(&buf, 'e');
    hk_buf_add_int(&buf, 42);
    hk_buf_printf(&buf, "<%s>", "f");
    assert_content(&buf, "abcde42<f>");
    ck_assert(hk_str_is(hk_buf_str(&buf), "abcde42<f>"));
    hk_buf_fini(&buf);
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.cap, 0);
}
END_TEST

static const struct {
    int64_t value;
    const char *want;
} ints[] = {
    {0, "0"},
    {7, "7"},
    {-1, "-1"},
    {10, "10"},
    {1234567890123, "1234567890123"},
    {INT64_MAX, "9223372036854775807"},
    {INT64_MIN, "-9223372036854775808"},
};

START_TEST(integers_are_decimal)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    hk_buf_add_int(&buf, ints[_i].value);
    assert_content(&buf, ints[_i].want);
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(growth_keeps_the_bytes_and_doubles)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    size_t moves = 0;
    for (size_t i = 0; i < 100000; i++) {
        size_t cap = buf.cap;
        hk_buf_add_char(&buf, (char)i);
        ck_assert(buf.cap == cap || cap == 0 || buf.cap == 2 * cap);
        moves += buf.cap != cap;
    }
    ck_assert_uint_le(moves, 10); /* 2048 * 2^6 >= 100000 */
    for (size_t i = 0; i < 100000; i++)
        ck_assert(buf.data[i] == (char)i);
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(reserve_gives_room_at_once)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    ck_assert_int_eq(hk_buf_reserve(&buf, 100000), 0);
    ck_assert_uint_ge(buf.cap, 100000);
    const char *data = buf.data;
    for (int i = 0; i < 100000; i++)
        hk_buf_add_char(&buf, 'x');
    ck_assert_ptr_eq(buf.data, data);
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(printf_at_every_free_room)
{
    for (size_t used = 240; used < 260; used++) {
        struct hk_buf buf;
        hk_buf_init(&buf);
        for (size_t i = 0; i < used; i++)
            hk_buf_add_char(&buf, '.');
        hk_buf_printf(&buf, "%d,%s", 123, "four");
        ck_assert_uint_eq(buf.len, used + 8);
        ck_assert_str_eq(hk_buf_cstr(&buf) + used, "123,four");
        hk_buf_fini(&buf);
    }
    struct hk_buf buf;
    hk_buf_init(&buf);
    hk_buf_printf(&buf, "%*d", 5000, 1);
    ck_assert_uint_eq(buf.len, 5000);
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(clear_keeps_the_room_and_forgives)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    hk_buf_add(&buf, "abc", 3);
    const char *data = buf.data;
    buf.failed = true;
    hk_buf_clear(&buf);
    ck_assert(!buf.failed);
    ck_assert_uint_eq(buf.len, 0);
    hk_buf_add(&buf, "x", 1);
    ck_assert_ptr_eq(buf.data, data);
    assert_content(&buf, "x");
    hk_buf_fini(&buf);
}
END_TEST

START_TEST(failure_is_sticky)
{
    struct hk_buf buf;
    hk_buf_init(&buf);
    hk_buf_add(&buf, "abc", 3);
    ck_assert_int_eq(hk_buf_reserve(&buf, SIZE_MAX), -1);
    ck_assert(buf.failed);
    hk_buf_add(&buf, "d", 1);
    hk_buf_add_char(&buf, 'd');
    hk_buf_add_int(&buf, 1);
    hk_buf_printf(&buf, "d");
    ck_assert_uint_eq(buf.len, 3);
    ck_assert_ptr_null(hk_buf_cstr(&buf));
    ck_assert_int_eq(hk_buf_reserve(&buf, 0), -1);
    hk_buf_fini(&buf);
    ck_assert(!buf.failed);
}
END_TEST

static int fill_buffer(void *arg)
{
    (void)arg;
    struct hk_buf buf;
    hk_buf_init(&buf);
    for (int i = 0; i < 3000; i++) {
        hk_buf_add_str(&buf, HK_STR("text"));
        hk_buf_add_int(&buf, i);
        hk_buf_printf(&buf, "%d", i);
    }
    const char *text = hk_buf_cstr(&buf);
    ck_assert((text == NULL) == buf.failed);
    int status = text ? 0 : -1;
    hk_buf_fini(&buf);
    return status;
}

START_TEST(every_failing_allocation_is_noticed)
{
    ck_assert_int_ge(failalloc_loop(fill_buffer, NULL), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *tc = tcase_create("buf");
    tcase_add_test(tc, empty_buffer_allocates_nothing);
    tcase_add_test(tc, everything_appends);
    tcase_add_loop_test(tc, integers_are_decimal, 0, (int)(sizeof(ints) / sizeof(ints[0])));
    tcase_add_test(tc, growth_keeps_the_bytes_and_doubles);
    tcase_add_test(tc, reserve_gives_room_at_once);
    tcase_add_test(tc, printf_at_every_free_room);
    tcase_add_test(tc, clear_keeps_the_room_and_forgives);
    tcase_add_test(tc, failure_is_sticky);
    tcase_add_test(tc, every_failing_allocation_is_noticed);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
