/* The pure part of HTTP: header values, addresses, and heads of answers. */
#include "hk_wire.h"
#include "run_suite.h"

#include <check.h>

#define ROWS(array) (int)(sizeof(array) / sizeof *(array))

static const struct {
    const char *value;
    int result;
    uint64_t length;
} LENGTHS[] = {
    {"0", 0, 0},
    {"5", 0, 5},
    {"005", 0, 5},
    {"5 ", 0, 5},
    {"999999999999999999", 0, 999999999999999999},
    {"9999999999999999999", -1, 0},
    {"", -1, 0},
    {" ", -1, 0},
    {"+5", -1, 0},
    {"-5", -1, 0},
    {"5x", -1, 0},
    {"5,5", -1, 0},
    {"5 5", -1, 0},
    {"0x5", -1, 0},
    {"5.0", -1, 0},
};

START_TEST(a_length_is_digits_alone)
{
    uint64_t length = 77;
    ck_assert_int_eq(hk_wire_length(LENGTHS[_i].value, &length), LENGTHS[_i].result);
    ck_assert_uint_eq(length, LENGTHS[_i].result ? 77 : LENGTHS[_i].length);
}
END_TEST

static const struct {
    const char *list;
    bool has;
} TOKENS[] = {
    {"close", true},
    {"Close", true},
    {" close ", true},
    {"keep-alive, close", true},
    {"close,keep-alive", true},
    {",,\tclose\t,", true},
    {"", false},
    {"closed", false},
    {"clos", false},
    {"not close", false},
    {"close-d,x", false},
    {",", false},
};

START_TEST(a_token_is_found_in_a_list)
{
    ck_assert(hk_wire_has_token(TOKENS[_i].list, "close") == TOKENS[_i].has);
}
END_TEST

static const struct {
    const char *type;
    bool is_json;
} TYPES[] = {
    {"application/json", true},
    {"Application/JSON", true},
    {"application/json; charset=utf-8", true},
    {"application/json ;charset=UTF-8", true},
    {"application/json;", true},
    {"application/json-patch+json", false},
    {"application/jsonx", false},
    {"application/js", false},
    {"text/json", false},
    {"multipart/form-data; boundary=x", false},
    {"application/x-www-form-urlencoded", false},
    {"", false},
};

START_TEST(a_type_is_json_or_not)
{
    ck_assert(hk_wire_is_json(TYPES[_i].type) == TYPES[_i].is_json);
}
END_TEST

static const struct {
    const char *text, *address; /* NULL: refused */
} ADDRESSES[] = {
    {"127.0.0.1:8080", "127.0.0.1:8080"},
    {"0.0.0.0:0", "0.0.0.0:0"},
    {"localhost:80", "127.0.0.1:80"},
    {":8080", "0.0.0.0:8080"},
    {"8080", "0.0.0.0:8080"},
    {"08080", "0.0.0.0:8080"},
    {"[::1]:65535", "[::1]:65535"},
    {"[::]:8080", "[::]:8080"},
    {"[0000:0000:0000:0000:0000:ffff:255.255.255.255]:65535",
     "[0000:0000:0000:0000:0000:ffff:255.255.255.255]:65535"},
    {"", NULL},
    {":", NULL},
    {"127.0.0.1", NULL},
    {"127.0.0.1:", NULL},
    {"127.0.0.1:65536", NULL},
    {"127.0.0.1:-1", NULL},
    {"127.0.0.1:80s", NULL}, /* civetweb would do TLS */
    {"127.0.0.1:80r", NULL}, /* civetweb would redirect */
    {"127.0.0.1:80,0.0.0.0:81", NULL},
    {"+8080", NULL},
    {"example.org:80", NULL},
    {"::1:80", NULL},
    {"[::1:80", NULL},
    {"[]:80", NULL},
    {"1.2.3:80", NULL},
    {"1111111111111111111111111111111111111111111111111111111111111111111:1", NULL},
};

START_TEST(an_address_is_numbers)
{
    char out[HK_WIRE_ADDRESS_SIZE] = "untouched";
    int result = hk_wire_address(ADDRESSES[_i].text, out);
    ck_assert_msg(result == (ADDRESSES[_i].address ? 0 : -1), "%s", ADDRESSES[_i].text);
    ck_assert_str_eq(out, ADDRESSES[_i].address ? ADDRESSES[_i].address : "untouched");
}
END_TEST

static const struct {
    struct hk_wire_head head;
    const char *text;
} HEADS[] = {
    {{.status = 200,
      .content_type = "application/json",
      .etag = "\"x\"",
      .length = 12,
      .has_body = true},
     "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: application/json\r\n"
     "Content-Length: 12\r\nETag: \"x\"\r\nX-Content-Type-Options: nosniff\r\n\r\n"},
    {{.status = 304, .etag = "\"x\"", .length = 12, .now_s = 1795245586, .is_keep_alive = true},
     "HTTP/1.1 304 Not Modified\r\nDate: Sat, 21 Nov 2026 07:19:46 GMT\r\nETag: \"x\"\r\n"
     "Connection: keep-alive\r\nX-Content-Type-Options: nosniff\r\n\r\n"},
    {{.status = 405,
      .content_type = "application/json",
      .allow = "POST",
      .has_body = true,
      .is_close = true,
      .is_keep_alive = true},
     "HTTP/1.1 405 Method Not Allowed\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
     "Content-Type: application/json\r\nContent-Length: 0\r\nAllow: POST\r\nConnection: close\r\n"
     "X-Content-Type-Options: nosniff\r\n\r\n"},
    {{.status = 401, .content_type = "application/json", .has_body = true, .etag = ""},
     "HTTP/1.1 401 Unauthorized\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
     "Content-Type: application/json\r\nContent-Length: 0\r\nWWW-Authenticate: Bearer\r\n"
     "X-Content-Type-Options: nosniff\r\n\r\n"},
    {{.status = 429,
      .content_type = "application/json",
      .has_body = true,
      .retry_after_s = 1,
      .request_id = UINT64_MAX},
     "HTTP/1.1 429 Too Many Requests\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
     "Content-Type: application/json\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
     "X-Request-Id: 18446744073709551615\r\n"
     "X-Content-Type-Options: nosniff\r\n\r\n"},
};

START_TEST(a_head_is_written)
{
    char out[HK_WIRE_HEAD_SIZE];
    size_t len = hk_wire_head(&HEADS[_i].head, out);
    ck_assert_uint_eq(len, strlen(HEADS[_i].text));
    ck_assert_mem_eq(out, HEADS[_i].text, len);
}
END_TEST

START_TEST(a_head_never_outgrows_its_room)
{
    char out[HK_WIRE_HEAD_SIZE + 1], tag[2 * HK_WIRE_HEAD_SIZE];
    struct hk_wire_head head = {
        .status = 200, .etag = tag, .content_type = "a/b", .has_body = true};
    memset(tag, 'x', sizeof tag - 1);
    tag[sizeof tag - 1] = '\0';
    out[HK_WIRE_HEAD_SIZE] = '#';
    ck_assert_uint_lt(hk_wire_head(&head, out), HK_WIRE_HEAD_SIZE);
    ck_assert_int_eq(out[HK_WIRE_HEAD_SIZE], '#');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire");
    TCase *tcase = tcase_create("wire");
    tcase_add_loop_test(tcase, a_length_is_digits_alone, 0, ROWS(LENGTHS));
    tcase_add_loop_test(tcase, a_token_is_found_in_a_list, 0, ROWS(TOKENS));
    tcase_add_loop_test(tcase, a_type_is_json_or_not, 0, ROWS(TYPES));
    tcase_add_loop_test(tcase, an_address_is_numbers, 0, ROWS(ADDRESSES));
    tcase_add_loop_test(tcase, a_head_is_written, 0, ROWS(HEADS));
    tcase_add_test(tcase, a_head_never_outgrows_its_room);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
