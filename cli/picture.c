#include "picture.h"
#include "cli.h"
#include "timeline_svg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool picture_is_output(const char *file)
{
    return file && strcmp(file, "-") == 0;
}

static int write_all(int fd, struct hk_str bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes = (struct hk_str){bytes.ptr + n, bytes.len - (size_t)n};
    }
    return 0;
}

/* Closes in any case; what close says counts, since a full disk may be told of so late. */
static int write_and_close(int fd, struct hk_str bytes)
{
    int failed = write_all(fd, bytes), why = errno;
    if (close(fd) != 0 && !failed)
        return -1;
    errno = why;
    return failed;
}

/* A device or a pipe is written to; it cannot be replaced. */
static int write_into(const char *file, struct hk_str bytes)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -1 : write_and_close(fd, bytes);
}

/* Beside the file first, then in its place: who reads it sees the old one or the new one. */
static int replace(const char *file, mode_t mode, struct hk_str bytes)
{
    struct hk_buf name;
    hk_buf_init(&name);
    hk_buf_printf(&name, "%s.XXXXXX", file);
    const char *pattern = hk_buf_cstr(&name);
    char *temporary = (char *)pattern;
    int fd = temporary ? mkstemp(temporary) : -1, failed = -1;
    if (fd >= 0) {
        failed = fchmod(fd, mode);
        failed = write_and_close(fd, bytes) != 0 || failed ? -1 : rename(temporary, file);
        if (failed) {
            int why = errno;
            unlink(temporary);
            errno = why;
        }
    }
    hk_buf_fini(&name);
    return failed;
}

static int write_file(const char *file, struct hk_str bytes)
{
    struct stat there;
    if (stat(file, &there) != 0) {
        mode_t mask = umask(0);
        umask(mask);
        return errno == ENOENT ? replace(file, 0666 & ~mask, bytes) : -1;
    }
    if (!S_ISREG(there.st_mode))
        return write_into(file, bytes);
    if (access(file, W_OK) != 0)
        return -1;
    char *target = realpath(file, NULL); /* a link stays one */
    int failed = target ? replace(target, there.st_mode & 07777, bytes) : -1;
    free(target);
    return failed;
}

int picture_write(const char *file, const struct timeline *line, const char *by)
{
    struct hk_buf out;
    int code = CLI_OK;
    hk_buf_init(&out);
    if (timeline_svg(&out, line, by) != 0) {
        const struct hk_err err = {.kind = HK_ERR_MEMORY, .text = "out of memory"};
        code = cli_error_from(&err, NULL, 0);
    } else if (picture_is_output(file)) {
        cli_write(hk_buf_str(&out));
    } else if (write_file(file, hk_buf_str(&out)) != 0) {
        cli_error((struct cli_place){.file = file}, "cannot write: %s", strerror(errno));
        code = CLI_INTERNAL;
    }
    hk_buf_fini(&out);
    return code;
}
