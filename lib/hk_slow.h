/* hk_slow.h - a deadline for a client that drips its body in, or takes its answer by drops. The
 * server library waits on as long as one byte comes, and shows nobody its sockets; so the socket is
 * found by its two ends and shut down from outside, which ends the wait. */
#ifndef HK_SLOW_H
#define HK_SLOW_H

#include "hk_str.h"

#include <pthread.h>
#include <stdint.h>

/* One a worker thread. */
struct hk_slow {
    pthread_mutex_t lock;
    int64_t deadline_ms; /* monotonic; 0: none */
    int remote_port, server_port;
    char remote[48]; /* address in numbers */
    bool is_taken;   /* the server's own */
};

void hk_slow_init(struct hk_slow *slow);

/* hk_slow_begin - the connection that the thread serves now. */
void hk_slow_begin(struct hk_slow *slow, const char *remote, int remote_port, int server_port);

/* hk_slow_deadline - cut it off in ms from now; 0: no more. While a deadline is set the thread must
 * not close the connection. */
void hk_slow_deadline(struct hk_slow *slow, unsigned ms);

/* hk_slow_check - cut it off when it is time. threads: another one. */
void hk_slow_check(struct hk_slow *slow);

#endif
