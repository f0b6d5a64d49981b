/* hk_token.h - a bearer token kept in a file that may change while the server runs. */
#ifndef HK_TOKEN_H
#define HK_TOKEN_H

#include "hk_err.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/stat.h>

#define HK_TOKEN_MAX 4096

struct hk_token {
    const char *path; /* borrowed */
    pthread_mutex_t lock;
    struct stat seen;  /* of the file that was read */
    int64_t checked_s; /* monotonic */
    size_t len;
    char text[HK_TOKEN_MAX];
};

/* hk_token_init - read the file: one token, white space around it dropped.
 * fails: INVALID: no such file, not readable, empty, over HK_TOKEN_MAX bytes, white space inside.
 */
int hk_token_init(struct hk_token *token, const char *path, struct hk_err *err) HK_MUST_USE;

/* hk_token_allows - is this Authorization header (NULL: none) `Bearer` and the token? The file is
 * looked at once a second at most and read again when it is another one; while it cannot be read or
 * holds no token the last good one stays. Takes as long for a wrong token as for the right one.
 * threads: any. */
bool hk_token_allows(struct hk_token *token, const char *authorization);

#endif
