/* The HTTP server and client against each other, in one process: what handlers see and say, what the
 * callbacks get, and how the client takes good and bad answers. Limits, time-outs and hostile clients
 * are in tests/http, against the program. */
#include "hk_http.h"

#include "hk_hook.h"

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROWS(array) (int)(sizeof(array) / sizeof *(array))

/* ---- handlers ---- */

static int echo(struct hk_http_request *request, struct hk_http_response *response,
                struct hk_err *err)
{
    const char *word = hk_http_header(request, "X-Word");
    (void)err;
    ck_assert_int_eq(request->body.ptr[request->body.len], '\0'); /* the padding is there */
    hk_buf_add_str(response->out, request->body);
    hk_buf_add_str(response->out, hk_str_of(word ? word : ""));
    snprintf(response->etag, sizeof response->etag, "\"echo\"");
    return 0;
}

static int give_back(struct hk_http_request *request, struct hk_http_response *response,
                     struct hk_err *err)
{
    char copy[16] = "";
    (void)err;
    memcpy(copy, request->body.ptr, request->body.len < 15 ? request->body.len : 15);
    hk_http_release_body(request);
    hk_http_release_body(request);
    hk_buf_printf(response->out, "%s %d", copy, request->body.ptr == NULL);
    return 0;
}

static int not_modified(struct hk_http_request *request, struct hk_http_response *response,
                        struct hk_err *err)
{
    (void)request;
    (void)err;
    hk_buf_add_str(response->out, HK_STR("never sent"));
    response->status = 304;
    return 0;
}

static int complain(struct hk_http_request *request, struct hk_http_response *response,
                    struct hk_err *err)
{
    (void)request;
    hk_buf_add_str(response->out, HK_STR("half an ans"));
    return hk_err_set(err, HK_ERR_INVALID, "a.b", "must be c");
}

static int fail_silently(struct hk_http_request *request, struct hk_http_response *response,
                         struct hk_err *err)
{
    (void)request;
    (void)err;
    hk_buf_add_str(response->out, HK_STR("half an ans"));
    return -1;
}

static int run_out(struct hk_http_request *request, struct hk_http_response *response,
                   struct hk_err *err)
{
    (void)request;
    (void)err;
    response->out->failed = true;
    return 0;
}

static int hello(struct hk_http_request *request, struct hk_http_response *response,
                 struct hk_err *err)
{
    (void)err;
    response->content_type = "text/plain";
    hk_buf_add_str(response->out, hk_str_of(request->route->arg));
    return 0;
}

static char greeting[] = "hello";
static const struct hk_http_route ROUTES[] = {
    {"POST", "/echo", true, echo, NULL},
    {"POST", "/give-back", true, give_back, NULL},
    {"POST", "/not-modified", true, not_modified, NULL},
    {"POST", "/fail", true, complain, NULL},
    {"POST", "/fail-silently", true, fail_silently, NULL},
    {"POST", "/run-out", true, run_out, NULL},
    {"POST", "/hello", false, hello, greeting},
    {.method = NULL},
};

/* ---- the server ---- */

/* The last record, copied: its parts live no longer than the call. */
static struct {
    pthread_mutex_t lock;
    unsigned count;
    int status;
    enum hk_err_kind kind;
    char path[32];
    size_t bytes_in, bytes_out;
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void note(void *arg, const struct hk_http_record *record)
{
    ck_assert_str_eq(arg, "arg");
    pthread_mutex_lock(&seen.lock);
    seen.count++;
    seen.status = record->status;
    seen.kind = record->err->kind;
    snprintf(seen.path, sizeof seen.path, "%s", record->path ? record->path : "");
    seen.bytes_in = record->bytes_in;
    seen.bytes_out = record->bytes_out;
    pthread_mutex_unlock(&seen.lock);
}

static bool is_not_mallory(void *arg, const char *authorization)
{
    ck_assert_str_eq(arg, "arg");
    return !authorization || strcmp(authorization, "mallory") != 0;
}

static struct hk_http_server *server;
static struct hk_http_answer answer;
static struct hk_err err;
static char arg[] = "arg";

static struct hk_http_server *start(const char *listen)
{
    struct hk_http_config config = {
        .listen = listen,
        .routes = ROUTES,
        .threads = 4,
        .request_timeout_ms = 5000,
        .keep_alive_timeout_ms = 1000,
        .body_max = 1000000,
        .arg = arg,
        .authorize = is_not_mallory,
        .error_body = hk_error_body,
        .done = note,
    };
    return hk_http_server_new(&config, &err);
}

static void start_server(void)
{
    server = start("127.0.0.1:0");
    ck_assert_msg(server != NULL, "%s", err.text);
}

static void stop_server(void)
{
    hk_http_server_free(server);
}

static void set_up(void)
{
    err = (struct hk_err){.kind = HK_ERR_NONE};
    hk_buf_init(&answer.body);
}

static void tear_down(void)
{
    hk_buf_fini(&answer.body);
    /* An answer comes before its exchange is over, and leaves it soon. */
    while (hk_http_server_in_flight(server) > 0)
        usleep(1000);
}

static struct hk_http_post post_to(const char *path, struct hk_str body)
{
    return (struct hk_http_post){
        .host = "127.0.0.1",
        .port = hk_http_server_port(server),
        .path = path,
        .body = body,
        .answer_max = 2000000,
    };
}

/* ---- good calls ---- */

static const struct {
    const char *path, *body, *headers;
    int status;
    const char *answer, *etag;
} CALLS[] = {
    {"/echo", "{}", NULL, 200, "{}", "\"echo\""},
    {"/echo", "", NULL, 200, "", "\"echo\""},
    {"/echo", "a", "X-Word: b\r\nX-Other: c\r\n", 200, "ab", "\"echo\""},
    {"/give-back", "body", NULL, 200, "body 1", ""},
    {"/not-modified", "{}", NULL, 304, "", ""},
    {"/hello", "", NULL, 200, "hello", ""},
    {"/hello", "thrown away", NULL, 200, "hello", ""},
    {"/fail", "{}", NULL, 400,
     "{\"error\":{\"kind\":\"invalid\",\"message\":\"must be c\",\"path\":\"a.b\"}}", ""},
    {"/fail-silently", "{}", NULL, 500,
     "{\"error\":{\"kind\":\"internal\",\"message\":\"the handler failed and named no cause\","
     "\"path\":\"\"}}",
     ""},
    {"/nothing", "{}", NULL, 404,
     "{\"error\":{\"kind\":\"notFound\",\"message\":\"nothing is served under this path\","
     "\"path\":\"\"}}",
     ""},
    {"/echo", "{}", "Authorization: mallory\r\n", 401,
     "{\"error\":{\"kind\":\"unauthorized\",\"message\":\"a valid bearer token is required\","
     "\"path\":\"\"}}",
     ""},
};

START_TEST(a_call_is_answered_and_reported)
{
    struct hk_http_post post = post_to(CALLS[_i].path, hk_str_of(CALLS[_i].body));
    unsigned count = seen.count;
    post.headers = CALLS[_i].headers;
    hk_buf_add_str(&answer.body, HK_STR("from before"));
    ck_assert_msg(hk_http_post(&post, &answer, &err) == 0, "%s", err.text);
    ck_assert_int_eq(answer.status, CALLS[_i].status);
    ck_assert_str_eq(hk_buf_cstr(&answer.body), CALLS[_i].answer);
    ck_assert_str_eq(answer.etag, CALLS[_i].etag);
    while (hk_http_server_in_flight(server) > 0)
        usleep(1000);
    ck_assert_uint_eq(hk_http_server_in_flight_bytes(server), 0);
    pthread_mutex_lock(&seen.lock);
    ck_assert_uint_eq(seen.count, count + 1);
    ck_assert_int_eq(seen.status, CALLS[_i].status);
    ck_assert_str_eq(seen.path, CALLS[_i].path);
    ck_assert_uint_eq(seen.bytes_out, strlen(CALLS[_i].answer));
    pthread_mutex_unlock(&seen.lock);
}
END_TEST

START_TEST(memory_that_runs_out_is_500)
{
    struct hk_http_post post = post_to("/run-out", HK_STR("{}"));
    ck_assert_int_eq(hk_http_post(&post, &answer, &err), 0);
    ck_assert_int_eq(answer.status, 500);
    ck_assert_ptr_nonnull(strstr(hk_buf_cstr(&answer.body), "\"kind\":\"outOfMemory\""));
}
END_TEST

START_TEST(large_bodies_go_both_ways)
{
    static char bytes[1000000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i * 7 % 26);
    for (size_t len = 1; len <= sizeof bytes; len = len * 3 + 1) {
        struct hk_http_post post = post_to("/echo", (struct hk_str){bytes, len});
        ck_assert_int_eq(hk_http_post(&post, &answer, &err), 0);
        ck_assert_uint_eq(answer.body.len, len);
        ck_assert_mem_eq(answer.body.data, bytes, len);
    }
    struct hk_http_post post = post_to("/echo", (struct hk_str){bytes, 1000});
    post.answer_max = 1000;
    ck_assert_int_eq(hk_http_post(&post, &answer, &err), 0);
    post.answer_max = 999;
    ck_assert_int_eq(hk_http_post(&post, &answer, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_TOO_LARGE);
    ck_assert_str_eq(err.text, "the answer is over 999 bytes");
}
END_TEST

/* ---- bad ends ---- */

START_TEST(an_address_is_taken_once)
{
    char listen[32];
    snprintf(listen, sizeof listen, "127.0.0.1:%d", hk_http_server_port(server));
    ck_assert_ptr_null(start(listen));
    ck_assert_int_eq(err.kind, HK_ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.text, "Address already in use"));
}
END_TEST

START_TEST(nobody_listens)
{
    struct hk_http_post post = post_to("/echo", HK_STR("{}"));
    post.port = 1; /* tcpmux: on no machine of ours */
    ck_assert_int_eq(hk_http_post(&post, &answer, &err), -1);
    ck_assert_int_eq(err.kind, HK_ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot connect to 127.0.0.1:"));
}
END_TEST

/* A server that says one thing to the first who comes, and hangs up. */
struct liar {
    int fd, port;
    const char *says;
    pthread_t thread;
};

static void *lie(void *liar_arg)
{
    struct liar *liar = liar_arg;
    char request[4096];
    int fd = accept(liar->fd, NULL, NULL);
    if (fd >= 0 && read(fd, request, sizeof request) > 0 && *liar->says)
        ck_assert_int_gt(write(fd, liar->says, strlen(liar->says)), 0);
    shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof request) > 0)
        continue; /* a reset would take what was said with it */
    close(fd);
    return NULL;
}

static void liar_start(struct liar *liar)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    liar->fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(liar->fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(liar->fd, 1), 0);
    ck_assert_int_eq(getsockname(liar->fd, (struct sockaddr *)&address, &len), 0);
    liar->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&liar->thread, NULL, lie, liar), 0);
}

static const struct {
    const char *says;
    int result;
    const char *text; /* of the error, or the body */
} LIES[] = {
    {"", -1, "no answer from 127.0.0.1:"},
    {"nonsense\r\n\r\n", -1, "no answer from 127.0.0.1:"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3", -1, "no answer from 127.0.0.1:"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", -1, "the answer broke off"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 0, "abc"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 0,
     "abc"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\n", -1,
     "the answer broke off"},
};

START_TEST(a_broken_answer_is_an_error)
{
    struct liar liar = {.says = LIES[_i].says};
    struct hk_http_post post = post_to("/x", HK_STR("{}"));
    liar_start(&liar);
    post.port = liar.port;
    post.timeout_ms = 30000;
    ck_assert_int_eq(hk_http_post(&post, &answer, &err), LIES[_i].result);
    pthread_join(liar.thread, NULL);
    close(liar.fd);
    const char *got = LIES[_i].result ? err.text : hk_buf_cstr(&answer.body);
    ck_assert_msg(strncmp(got, LIES[_i].text, strlen(LIES[_i].text)) == 0, "%s", got);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tcase = tcase_create("http");
    tcase_add_unchecked_fixture(tcase, start_server, stop_server);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_call_is_answered_and_reported, 0, ROWS(CALLS));
    tcase_add_test(tcase, memory_that_runs_out_is_500);
    tcase_add_test(tcase, large_bodies_go_both_ways);
    tcase_add_test(tcase, an_address_is_taken_once);
    tcase_add_test(tcase, nobody_listens);
    tcase_add_loop_test(tcase, a_broken_answer_is_an_error, 0, ROWS(LIES));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* a forked test would have no server threads */
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
