/* hk_http for a program without a server, which needs no civetweb: a client that reaches nobody. */
#include "hk_http.h"

int hk_http_post(const struct hk_http_post *post, struct hk_http_answer *answer, struct hk_err *err)
{
    (void)answer;
    return hk_err_set(
        err, HK_ERR_INTERNAL, NULL,
        "%.64s cannot be asked: this build of the program has no HTTP; its image and packages have",
        post->host);
}

const char *hk_http_library(void)
{
    return "civetweb none";
}
