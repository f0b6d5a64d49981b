/* hk_wire.h - the pure part of HTTP/1.1: header values in, an answer's head out. No sockets, no
 * memory, no clock. threads: any. */
#ifndef HK_WIRE_H
#define HK_WIRE_H

#include "hk_str.h"

#include <stdint.h>

/* hk_wire_length - a Content-Length: decimal digits and nothing else (no sign, no list), so that no
 * two readers of one message can disagree. Returns 0, or -1 and *length untouched. */
int hk_wire_length(const char *value, uint64_t *length) HK_MUST_USE;

/* hk_wire_has_token - does a comma-separated list (Connection, Expect) hold token, in any case? */
bool hk_wire_has_token(const char *list, const char *token);

/* hk_wire_is_json - is a Content-Type application/json, with whatever parameters? */
bool hk_wire_is_json(const char *content_type);

/* hk_wire_reason - the standard phrase of a status ("Not Found"); "Unknown" for another. */
const char *hk_wire_reason(int status);

/* hk_wire_address - where to listen: `ADDR:PORT`, `[V6]:PORT`, `:PORT` or `PORT`, ADDR in numbers
 * or `localhost`; without ADDR all of IPv4. Written to out as `ADDR:PORT`; port 0 asks for a free
 * one. Returns 0, or -1: not of this form. */
#define HK_WIRE_ADDRESS_SIZE 64
int hk_wire_address(const char *text, char out[HK_WIRE_ADDRESS_SIZE]) HK_MUST_USE;

/* The head of an answer. NULL and 0 parts are left out. */
struct hk_wire_head {
    int status;
    const char *content_type; /* written when has_body */
    const char *etag;
    const char *allow;      /* 405 */
    unsigned retry_after_s; /* 429 */
    uint64_t request_id;    /* of a refusal: the one in the log */
    size_t length;          /* of the body */
    int64_t now_s;
    bool has_body;      /* false: no Content-Type and no Content-Length (304) */
    bool is_close;      /* "Connection: close" */
    bool is_keep_alive; /* "Connection: keep-alive", which only HTTP/1.0 needs to hear */
};

/* hk_wire_head - format it, blank line included. Returns its length, always < HK_WIRE_HEAD_SIZE. */
#define HK_WIRE_HEAD_SIZE 512
size_t hk_wire_head(const struct hk_wire_head *head, char out[HK_WIRE_HEAD_SIZE]);

#endif
