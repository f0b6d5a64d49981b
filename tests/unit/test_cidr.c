/* test_cidr.c - ranges of addresses: what is one, and which lies in which. */
#include "hk_cidr.h"
#include "run_suite.h"

#include <check.h>

static const struct {
    const char *text;
    bool is_good;
} rows[] = {
    {"203.0.113.0/24", true},
    {"0.0.0.0/0", true},
    {"1.2.3.4/32", true},
    {"128.0.0.0/1", true},
    {"::/0", true},
    {"2001:db8::/32", true},
    {"2001:DB8::/32", true},
    {"::1/128", true},
    {"::1.2.3.0/120", true},
    {"1:2:3:4:5:6:7:8/128", true},
    {"fe80::/10", true},
    {"", false},
    {"/", false},
    {"/8", false},
    {"10.0.0.0", false},
    {"10.0.0.0/", false},
    {"10.0.0.0/33", false},
    {"10.0.0.0/08", false},
    {"10.0.0.0/+8", false},
    {"10.0.0.0/8 ", false},
    {" 10.0.0.0/8", false},
    {"10.0.0.0/8/8", false},
    {"10.0.0.0/4294967304", false},
    {"10.0.0.1/8", false},
    {"10.0.0.0/4", false},
    {"010.0.0.0/8", false},
    {"10.0.0/8", false},
    {"10.0.0.256/32", false},
    {"10.0.0.0.0/8", false},
    {"0x0a.0.0.0/8", false},
    {"::/129", false},
    {"::1/127", false},
    {"2001:db8::1/32", false},
    {"::ffff:1.2.3.0/120", false},
    {"fe80::%eth0/64", false},
    {"1::2::3/128", false},
    {"12345::/32", false},
    {"1:2:3:4:5:6:7:8:9/128", false},
    {"g::/8", false},
    {"1111:1111:1111:1111:1111:1111:1111:1111:1111/128", false},
};

START_TEST(one_range)
{
    struct hk_cidr cidr = {.bits = 777};
    ck_assert_msg(hk_cidr_parse(hk_str_of(rows[_i].text), &cidr) == rows[_i].is_good, "%s",
                  rows[_i].text);
    if (!rows[_i].is_good)
        ck_assert_uint_eq(cidr.bits, 777);
}
END_TEST

START_TEST(a_nul_is_no_end)
{
    struct hk_cidr cidr;
    ck_assert(!hk_cidr_parse(HK_STR("10.0.0.0\0/8"), &cidr));
    ck_assert(!hk_cidr_parse(HK_STR("10.0.0.0/8\0"), &cidr));
    ck_assert(!hk_cidr_parse((struct hk_str){NULL, 0}, &cidr));
}
END_TEST

static const struct {
    const char *inner, *outer;
    bool is_within;
} pairs[] = {
    {"10.1.0.0/16", "10.0.0.0/8", true},
    {"10.0.0.0/9", "10.0.0.0/8", true},
    {"10.0.0.0/8", "0.0.0.0/0", true},
    {"203.0.113.7/32", "203.0.113.0/29", true},
    {"203.0.113.8/32", "203.0.113.0/29", false},
    {"10.0.0.0/8", "10.0.0.0/8", false},
    {"10.0.0.0/8", "10.1.0.0/16", false},
    {"11.0.0.0/16", "10.0.0.0/8", false},
    {"2001:db8:1::/48", "2001:db8::/32", true},
    {"2001:db9::/48", "2001:db8::/32", false},
    {"::/1", "::/0", true},
    {"::/64", "0.0.0.0/0", false},
    {"0.0.0.0/8", "::/0", false},
};

START_TEST(one_in_another)
{
    struct hk_cidr inner, outer;
    ck_assert(hk_cidr_parse(hk_str_of(pairs[_i].inner), &inner));
    ck_assert(hk_cidr_parse(hk_str_of(pairs[_i].outer), &outer));
    ck_assert_msg(hk_cidr_is_within(&inner, &outer) == pairs[_i].is_within, "%s in %s",
                  pairs[_i].inner, pairs[_i].outer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cidr");
    TCase *tcase = tcase_create("cidr");
    tcase_add_loop_test(tcase, one_range, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(tcase, a_nul_is_no_end);
    tcase_add_loop_test(tcase, one_in_another, 0, (int)(sizeof pairs / sizeof *pairs));
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
