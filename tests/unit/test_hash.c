/* test_hash.c - the hashes of known inputs. They are written into annotations of running clusters:
 * a row that changes would restart Pods at an operator upgrade. Changing one is forbidden.
 * The values come from an independent implementation of XXH3. */
#include "hk_hash.h"
#include "run_suite.h"

#include <check.h>
#include <stdlib.h>

#define JSON "{\"cluster\":{\"name\":\"my-flame\"}}"

/* text, or with none the first len letters of the alphabet over and over. XXH3 treats lengths up to
 * 16, 128, 240 and 1024 differently: each has rows on both sides. */
static const struct {
    const char *text;
    size_t len;
    const char *hash64, *hash128;
} rows[] = {
    {"", 0, "2d06800538d394c2", "99aa06d3014798d86001c324468d497f"},
    {"a", 1, "e6c632b61e964e1f", "a96faf705af16834e6c632b61e964e1f"},
    {"abc", 3, "78af5f94892f3950", "06b05ab6733a618578af5f94892f3950"},
    {"\x00\xff\x80", 3, "2682fcb65dac5d83", "13b27de4b4992c882682fcb65dac5d83"},
    {"hello, world", 12, "302cd5fba73d006c", "11c83d9c1ee368164c0abe17b55db69c"},
    {"0123456789abcdef", 16, "64439946d8fa212d", "ccba8085a0434e9e0befb4873dbe58f8"},
    {JSON, sizeof(JSON) - 1, "e468093a36828f49", "93e645983352aedf8c970fdb0d18d8db"},
    {NULL, 17, "ca7f3571df47cacf", "11078c38a5ca3a8dc3acc9940596efab"},
    {NULL, 128, "3e99edc6c76f21c6", "a87f157ac617df254c5499b1fc6dae1e"},
    {NULL, 129, "852cb20608c9d2c7", "8ebb4a9854af5bc41ac468f67a442b6a"},
    {NULL, 240, "ea0e0f78188232ed", "ee81fc0343b09d3079750202eaee16bc"},
    {NULL, 241, "bb0a906af5b5c211", "4c1a7e587365bd1ebb0a906af5b5c211"},
    {NULL, 1024, "5e6a406e127165a8", "a0e8f48f4e7973c45e6a406e127165a8"},
    {NULL, 5000, "eb0f5845c1ec4cc2", "0acf3f2690e48fadeb0f5845c1ec4cc2"},
};

START_TEST(hashes_are_what_they_always_were)
{
    char *bytes = malloc(rows[_i].len + 1); /* unaligned below: the address must not matter */
    for (size_t i = 0; i < rows[_i].len; i++)
        bytes[1 + i] = rows[_i].text ? rows[_i].text[i] : (char)('a' + i % 26);
    char hash64[HK_HASH64_SIZE], hash128[HK_HASH128_SIZE];
    hk_hash64_hex((struct hk_str){bytes + 1, rows[_i].len}, hash64);
    hk_hash128_hex((struct hk_str){bytes + 1, rows[_i].len}, hash128);
    ck_assert_str_eq(hash64, rows[_i].hash64);
    ck_assert_str_eq(hash128, rows[_i].hash128);
    free(bytes);
}
END_TEST

START_TEST(absent_hashes_as_empty)
{
    char hash64[HK_HASH64_SIZE], hash128[HK_HASH128_SIZE];
    hk_hash64_hex((struct hk_str){NULL, 0}, hash64);
    hk_hash128_hex((struct hk_str){NULL, 0}, hash128);
    ck_assert_str_eq(hash64, rows[0].hash64);
    ck_assert_str_eq(hash128, rows[0].hash128);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *tc = tcase_create("hash");
    tcase_add_loop_test(tc, hashes_are_what_they_always_were, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tc, absent_hashes_as_empty);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
