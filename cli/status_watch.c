/* The same picture again and again. On a terminal the alternate screen is drawn over, line by line and in one write: nothing
 * flickers, and the user's own screen comes back in the end. */
#include "status.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_BELOW "\033[J"

/* Blocked and read from a descriptor, so that none comes between looking and waiting. */
static int open_signals(sigset_t *old)
{
    sigset_t all;
    sigemptyset(&all);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &all, old) != 0)
        return -1;
    return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What has come is dealt with: it must not end the program when it is let through again. */
static void close_signals(int fd, const sigset_t *old)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) > 0)
        ;
    close(fd);
    sigprocmask(SIG_SETMASK, old, NULL);
}

static void write_all(struct hk_str text)
{
    while (text.len) {
        ssize_t n = write(STDOUT_FILENO, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text = (struct hk_str){text.ptr + n, text.len - (size_t)n};
    }
}

static void draw(bool is_live, bool is_first, const struct hk_buf *picture)
{
    if (is_live) {
        struct hk_buf frame;
        hk_buf_init(&frame);
        hk_buf_add_str(&frame, HK_STR(HOME));
        hk_buf_add_str(&frame, hk_buf_str(picture));
        hk_buf_add_str(&frame, HK_STR(CLEAR_BELOW));
        write_all(hk_buf_str(&frame));
        hk_buf_fini(&frame);
        return;
    }
    cli_write(is_first ? HK_STR("") : HK_STR("\n"));
    cli_write(hk_buf_str(picture));
}

static bool can_be_drawn_over(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* Is it time to stop, or did the next picture's come? Nobody reads on: it is time, too. */
static bool wait_for_stop(int stop_fd, int64_t interval_ms)
{
    struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};
    int ready;
    do
        ready = poll(fds, 2, (int)interval_ms);
    while (ready < 0 && errno == EINTR);
    return ready != 0;
}

int status_watch(const struct status_watch *watch)
{
    sigset_t old;
    struct hk_buf pictures[2]; /* the one that is shown, and the next */
    size_t shown = 0;
    bool is_live = can_be_drawn_over(), is_over = false;
    int stop_fd = open_signals(&old), code = CLI_OK;
    if (stop_fd < 0) {
        cli_error((struct cli_place){0}, "status: cannot watch: %s", strerror(errno));
        return CLI_INTERNAL;
    }
    hk_buf_init(&pictures[0]);
    hk_buf_init(&pictures[1]);
    if (is_live)
        write_all(HK_STR(ENTER));
    for (bool is_first = true; !is_over; is_first = false) {
        hk_buf_clear(&pictures[1 - shown]);
        int made = watch->make(watch->arg, stop_fd, is_live, &pictures[1 - shown]);
        if (made < 0)
            break;
        code = made;
        shown = 1 - shown;
        draw(is_live, is_first, &pictures[shown]);
        is_over = code == CLI_INTERNAL || cli_finish(CLI_OK) != CLI_OK ||
                  wait_for_stop(stop_fd, watch->interval_ms);
    }
    if (is_live) {
        write_all(HK_STR(LEAVE));
        write_all(hk_buf_str(&pictures[shown]));
    }
    hk_buf_fini(&pictures[0]);
    hk_buf_fini(&pictures[1]);
    close_signals(stop_fd, &old);
    return code;
}
