/* kubectl.h - kubectl as a child process: who reads a cluster needs no client library, and gets the user's own contexts,
 * credentials and proxies. No shell is involved. */
#ifndef KUBECTL_H
#define KUBECTL_H

#include "cli.h"
#include "hk_buf.h"

#include <sys/types.h>

#define KUBECTL_ARGS_MAX 96

/* One run, its output gathered. */
struct kubectl {
    const char *args[KUBECTL_ARGS_MAX]; /* borrowed; args[0] is the program */
    size_t arg_count;
    pid_t pid;
    int out_fd, err_fd;     /* -1: closed */
    struct hk_buf out, err; /* HK_SCAN_PAD bytes can be read behind out */
    bool is_too_large;
    int status; /* as of waitpid */
};

/* kubectl_init - args[0]: $KUBECTL, or kubectl on the PATH. fini: free; ends a process that still runs. */
void kubectl_init(struct kubectl *run);
void kubectl_fini(struct kubectl *run);

/* kubectl_add - one more argument; borrowed. Those beyond KUBECTL_ARGS_MAX are an error of kubectl_start. */
void kubectl_add(struct kubectl *run, const char *arg);

/* kubectl_start - begin. Returns 0, or -1 with the reason (one line, without its end) appended to why. */
int kubectl_start(struct kubectl *run, struct hk_buf *why) HK_MUST_USE;

/* kubectl_wait - gather the output of all until they ended, or until stop_fd (-1: none) can be read: they are ended then.
 * Returns 0, or -1: stopped. */
int kubectl_wait(struct kubectl *runs, size_t count, int stop_fd) HK_MUST_USE;

/* kubectl_has_failed - did it end otherwise than well? Then why it did, a line for each of its own lines, is appended to why, each with its end. */
bool kubectl_has_failed(const struct kubectl *run, struct hk_buf *why);

#endif
