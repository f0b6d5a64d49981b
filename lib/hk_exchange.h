/* hk_exchange.h - one request of the HTTP server, from its head to the answer: judged, admitted,
 * read, handled, answered. Inner part of hk_http: it reaches the connection only through hk_peer_*,
 * which hk_http.c implements. */
#ifndef HK_EXCHANGE_H
#define HK_EXCHANGE_H

#include "hk_blocks.h"
#include "hk_http.h"
#include "hk_slow.h"

#include <stdatomic.h>

/* What all exchanges of a server share. */
struct hk_exchange_shared {
    struct hk_http_config config;
    _Atomic uint64_t next_id;
    atomic_uint active;   /* exchanges being answered */
    atomic_uint admitted; /* of those, with a body that counts */
    atomic_size_t bytes;  /* of their bodies, until they are answered */
    atomic_bool is_draining;
    struct hk_blocks blocks; /* for bodies and answers */
};

/* The client's side of a connection and the head it sent. All borrowed. */
struct hk_peer {
    void *conn;
    const char *method, *path, *version, *remote;
    int remote_port, server_port;
    struct hk_slow *slow;
    bool is_head_cut; /* there were more headers than could be kept */
};

const char *hk_peer_header(const struct hk_peer *peer,
                           const char *name); /* the first; NULL: none */
unsigned hk_peer_header_count(const struct hk_peer *peer, const char *name);
/* hk_peer_read - body bytes: > 0, 0 at its end, < 0 when it broke off or is no good chunk. */
int hk_peer_read(const struct hk_peer *peer, void *bytes, size_t len);
bool hk_peer_write(const struct hk_peer *peer, const void *bytes, size_t len);
void hk_peer_close_after(const struct hk_peer *peer); /* no further request on this connection */

/* The head of a request may be this long. */
#define HK_EXCHANGE_HEAD_MAX 16384

/* hk_exchange_run - answer one request. Returns its status. */
int hk_exchange_run(struct hk_exchange_shared *shared, const struct hk_peer *peer);

/* hk_exchange_refuse - answer what had no head that could be read; why is for the client. */
void hk_exchange_refuse(struct hk_exchange_shared *shared, const struct hk_peer *peer, int status,
                        const char *why);

#endif
