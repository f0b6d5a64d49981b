/* hk_err.h - what went wrong with a request, where, and which HTTP answer that is.
 *
 * Caller-owned, fixed size, always the last parameter, NULL allowed. The first error wins, so the
 * root cause survives; callers may only put a prefix before its path. */
#ifndef HK_ERR_H
#define HK_ERR_H

#include "hk_str.h"

/* One row a kind: enum suffix, word in the JSON error body and metric label, HTTP status, log level.
 * Kinds are about the request; a user's invalid spec is no error but a condition in a 200. */
#define HK_ERR_KINDS(X)                                                                            \
    X(NONE, "none", 200, DEBUG)                                                                    \
    X(MALFORMED, "malformed", 400, WARN) /* not JSON, or not UTF-8 */                              \
    X(INVALID, "invalid", 400, WARN)     /* JSON, but not of the shape a hook needs */             \
    X(UNAUTHORIZED, "unauthorized", 401, WARN)                                                     \
    X(NOT_FOUND, "notFound", 404, INFO)                                                            \
    X(METHOD, "methodNotAllowed", 405, INFO)                                                       \
    X(LENGTH_REQUIRED, "lengthRequired", 411, INFO)                                                \
    X(TOO_LARGE, "tooLarge", 413, WARN)                                                            \
    X(MEDIA_TYPE, "unsupportedMediaType", 415, INFO)                                               \
    X(OVERLOADED, "overloaded", 429, WARN) /* answered with Retry-After */                         \
    X(MEMORY, "outOfMemory", 500, ERROR)                                                           \
    X(INTERNAL, "internal", 500, ERROR)

enum hk_err_kind {
#define X(kind, word, status, level) HK_ERR_##kind,
    HK_ERR_KINDS(X)
#undef X
        HK_ERR_COUNT
};

struct hk_err {
    enum hk_err_kind kind; /* HK_ERR_NONE: no error */
    char path[128];        /* JSON path such as `parent.spec.sessionManager.image`, or empty */
    char text[192];        /* rule, actual kind, clipped value; valid UTF-8, one line */
};

/* hk_err_set - record an error unless err already holds one. path may be NULL (none). Over-long path
 * and text are clipped at a character's border. Returns -1 always, so that failing is one line. */
int hk_err_set(struct hk_err *err, enum hk_err_kind kind, const char *path, const char *format, ...)
    HK_PRINTF(4, 5);

/* hk_err_memory - shorthand for kind MEMORY. Returns -1. */
int hk_err_memory(struct hk_err *err);

/* hk_err_prefix - put text and a dot before the path ("parent" + "spec.x" -> "parent.spec.x"); no dot
 * before an empty path or one that begins with '['. No-op without an error. */
void hk_err_prefix(struct hk_err *err, const char *prefix);

const char *hk_err_word(enum hk_err_kind kind); /* static */
int hk_err_http_status(enum hk_err_kind kind);
int hk_err_log_level(enum hk_err_kind kind); /* enum hk_log_level */

#endif
