#include "hk_slow.h"

#include <dirent.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void hk_slow_init(struct hk_slow *slow)
{
    *slow = (struct hk_slow){.is_taken = false};
    pthread_mutex_init(&slow->lock, NULL);
}

void hk_slow_begin(struct hk_slow *slow, const char *remote, int remote_port, int server_port)
{
    pthread_mutex_lock(&slow->lock);
    slow->remote_port = remote_port;
    slow->server_port = server_port;
    snprintf(slow->remote, sizeof slow->remote, "%s", remote);
    pthread_mutex_unlock(&slow->lock);
}

void hk_slow_deadline(struct hk_slow *slow, unsigned ms)
{
    pthread_mutex_lock(&slow->lock);
    slow->deadline_ms = ms ? now_ms() + ms : 0;
    pthread_mutex_unlock(&slow->lock);
}

static bool is_socket_of(int fd, const struct hk_slow *slow)
{
    struct sockaddr_storage here, there;
    socklen_t here_len = sizeof here, there_len = sizeof there;
    char host[sizeof slow->remote], remote[8], local[8];
    if (getpeername(fd, (struct sockaddr *)&there, &there_len) ||
        getsockname(fd, (struct sockaddr *)&here, &here_len) ||
        getnameinfo((struct sockaddr *)&there, there_len, host, sizeof host, remote, sizeof remote,
                    NI_NUMERICHOST | NI_NUMERICSERV) ||
        getnameinfo((struct sockaddr *)&here, here_len, NULL, 0, local, sizeof local,
                    NI_NUMERICSERV))
        return false;
    return atoi(remote) == slow->remote_port && atoi(local) == slow->server_port &&
           strcmp(host, slow->remote) == 0;
}

/* The thread cannot close the socket meanwhile, so the number found is still its own: it takes the
 * lock, which is held here, to clear its deadline first. */
static void cut_off(const struct hk_slow *slow)
{
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        int fd = atoi(entry->d_name);
        if (fd > 2 && is_socket_of(fd, slow)) {
            shutdown(fd, SHUT_RDWR);
            break;
        }
    }
    closedir(dir);
}

void hk_slow_check(struct hk_slow *slow)
{
    pthread_mutex_lock(&slow->lock);
    if (slow->deadline_ms && now_ms() > slow->deadline_ms) {
        cut_off(slow);
        slow->deadline_ms = 0;
    }
    pthread_mutex_unlock(&slow->lock);
}
