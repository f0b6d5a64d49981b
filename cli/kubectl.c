#include "kubectl.h"

#include "hk_mem.h"
#include "hk_scan.h"
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)
/* Of what it says of itself. */
#define WORDS_MAX ((size_t)64 << 10)

extern char **environ;

void kubectl_init(struct kubectl *run)
{
    const char *program = getenv("KUBECTL");
    *run = (struct kubectl){.out_fd = -1, .err_fd = -1};
    kubectl_add(run, program && *program ? program : "kubectl");
}

void kubectl_add(struct kubectl *run, const char *arg)
{
    if (run->arg_count < KUBECTL_ARGS_MAX)
        run->args[run->arg_count] = arg;
    run->arg_count++;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void reap(struct kubectl *run)
{
    while (run->pid > 0 && waitpid(run->pid, &run->status, 0) < 0 && errno == EINTR)
        ;
    run->pid = 0;
}

static void stop(struct kubectl *run)
{
    if (run->pid > 0)
        kill(run->pid, SIGTERM);
    shut(&run->out_fd);
    shut(&run->err_fd);
    reap(run);
}

void kubectl_fini(struct kubectl *run)
{
    stop(run);
    hk_buf_fini(&run->out);
    hk_buf_fini(&run->err);
}

/* What this program blocks and ignores is no business of its child. */
static int set_signals(posix_spawnattr_t *attr)
{
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int failed = posix_spawnattr_setsigmask(attr, &none);
    failed |= posix_spawnattr_setsigdefault(attr, &defaults);
    return failed | posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Returns errno's value. The write ends are closed here in any case. */
static int spawn(struct kubectl *run, int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attr);
    if (!failed) {
        failed = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
        failed = failed ? failed : set_signals(&attr);
        if (!failed)
            failed =
                posix_spawnp(&run->pid, run->args[0], &actions, &attr, (char **)run->args, environ);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static int fail(struct kubectl *run, int error, struct hk_buf *why)
{
    shut(&run->out_fd);
    shut(&run->err_fd);
    run->pid = 0;
    if (error == ENOENT)
        hk_buf_printf(why, "%s cannot be found; install kubectl, or set KUBECTL to where it is",
                      run->args[0]);
    else
        hk_buf_printf(why, "%s cannot be run: %s", run->args[0], strerror(error));
    return -1;
}

int kubectl_start(struct kubectl *run, struct hk_buf *why)
{
    int out[2], err[2];
    if (run->arg_count >= KUBECTL_ARGS_MAX)
        return fail(run, E2BIG, why);
    run->args[run->arg_count] = NULL;
    if (pipe2(out, O_CLOEXEC) < 0)
        return fail(run, errno, why);
    run->out_fd = out[0];
    if (pipe2(err, O_CLOEXEC) < 0) {
        int error = errno;
        close(out[1]);
        return fail(run, error, why);
    }
    run->err_fd = err[0];
    int error = spawn(run, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    return error ? fail(run, error, why) : 0;
}

/* One read; at the end, and beyond the limit, the pipe is closed. */
static void gather(struct kubectl *run, bool is_out)
{
    int *fd = is_out ? &run->out_fd : &run->err_fd;
    struct hk_buf *to = is_out ? &run->out : &run->err;
    if (hk_buf_reserve(to, CHUNK + HK_SCAN_PAD) < 0) {
        shut(fd);
        return;
    }
    ssize_t n = read(*fd, to->data + to->len, to->cap - to->len - HK_SCAN_PAD);
    if (n < 0 && errno == EINTR)
        return;
    if (n > 0)
        to->len += (size_t)n;
    if (!is_out && to->len > WORDS_MAX)
        to->len = WORDS_MAX;
    run->is_too_large |= is_out && to->len > CLI_INPUT_MAX;
    if (n <= 0 || run->is_too_large)
        shut(fd);
}

static size_t list_open(struct kubectl *runs, size_t count, struct pollfd *fds)
{
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        fds[2 * i] = (struct pollfd){.fd = runs[i].out_fd, .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = runs[i].err_fd, .events = POLLIN};
        open += (size_t)(runs[i].out_fd >= 0) + (size_t)(runs[i].err_fd >= 0);
    }
    return open;
}

#define RUNS_MAX 4

int kubectl_wait(struct kubectl *runs, size_t count, int stop_fd)
{
    struct pollfd fds[2 * RUNS_MAX + 1];
    bool is_stopped = count > RUNS_MAX;
    while (!is_stopped && list_open(runs, count, fds) > 0) {
        fds[2 * count] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
        int ready = poll(fds, 2 * count + 1, -1);
        is_stopped = (ready < 0 && errno != EINTR) || (ready > 0 && fds[2 * count].revents);
        for (size_t i = 0; i < 2 * count && ready > 0 && !is_stopped; i++)
            if (fds[i].revents)
                gather(&runs[i / 2], i % 2 == 0);
    }
    for (size_t i = 0; i < count; i++) {
        if (is_stopped)
            stop(&runs[i]);
        reap(&runs[i]);
        if (runs[i].out.data && !runs[i].out.failed)
            memset(runs[i].out.data + runs[i].out.len, 0, HK_SCAN_PAD);
    }
    return is_stopped ? -1 : 0;
}

/* Its lines without the empty ones. */
static void add_words(const struct kubectl *run, struct hk_buf *why)
{
    struct hk_str rest = hk_buf_str(&run->err);
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
        if (n)
            hk_buf_printf(why, "%.*s\n", (int)n, rest.ptr);
        n += end != NULL;
        rest = (struct hk_str){rest.ptr + n, rest.len - n};
    }
}

bool kubectl_has_failed(const struct kubectl *run, struct hk_buf *why)
{
    if (run->out.failed || run->err.failed)
        hk_buf_printf(why, "out of memory\n");
    else if (run->is_too_large)
        hk_buf_printf(why, "kubectl gives more than %d MiB\n", CLI_INPUT_MAX >> 20);
    else if (WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0)
        return false;
    else if (run->err.len)
        add_words(run, why);
    else if (WIFSIGNALED(run->status))
        hk_buf_printf(why, "kubectl was killed by signal %d\n", WTERMSIG(run->status));
    else
        hk_buf_printf(why, "kubectl ended with code %d and no word\n", WEXITSTATUS(run->status));
    return true;
}
