/* hk_sim_http.c - the same cluster's life against a running server. */
#include "hk_sim_impl.h"

#include "hk_http.h"

#include <stdio.h>

#define ANSWER_MAX ((size_t)256 << 20)

int hk_sim_call_http(void *arg, const struct hk_sim_request *request, struct hk_sim_answer *answer,
                     struct hk_err *err)
{
    const struct hk_sim_server *server = arg;
    char path[256], headers[128] = "";
    snprintf(path, sizeof path, "%s/%s", server->path, hk_hook_name(request->hook));
    if (request->if_none_match)
        snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", request->if_none_match);
    struct hk_http_post post = {.host = server->host,
                                .port = server->port,
                                .path = path,
                                .body = request->body,
                                .headers = headers,
                                .answer_max = ANSWER_MAX};
    struct hk_http_answer got = {.status = 0};
    hk_buf_init(&got.body);
    int result = hk_http_post(&post, &got, err);
    if (result == 0) {
        answer->status = got.status;
        snprintf(answer->etag, sizeof answer->etag, "%s", got.etag);
        hk_buf_add_str(&answer->body, hk_buf_str(&got.body));
    }
    hk_buf_fini(&got.body);
    return result == 0 && answer->body.failed ? hk_err_memory(err) : result;
}
