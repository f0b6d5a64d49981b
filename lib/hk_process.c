#include "hk_process.h"

#include "hk_metrics_text.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct memory {
    uint64_t virtual_bytes, resident_bytes;
};

static struct memory memory_now(void)
{
    struct memory m = {0, 0};
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages, resident;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return m;
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &pages, &resident) == 2)
        m = (struct memory){pages * page, resident * page};
    fclose(file);
    return m;
}

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count - 1; /* not the one that was just read */
}

static uint64_t max_files(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void hk_process_write(double start_s, struct hk_buf *out)
{
    struct rusage usage = {.ru_maxrss = 0};
    struct memory memory = memory_now();
    getrusage(RUSAGE_SELF, &usage);
    hk_metrics_head(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.");
    hk_buf_printf(out, "process_cpu_seconds_total %.6f\n",
                  seconds(usage.ru_utime) + seconds(usage.ru_stime));
    hk_metrics_gauge(out, "process_resident_memory_bytes", "Memory in use.", memory.resident_bytes);
    hk_metrics_gauge(out, "process_virtual_memory_bytes", "Address space in use.",
                     memory.virtual_bytes);
    hk_metrics_gauge(out, "process_open_fds", "Open file descriptors.", open_files());
    hk_metrics_gauge(out, "process_max_fds", "Open file descriptors that it may have.",
                     max_files());
    hk_metrics_head(out, "process_start_time_seconds", "gauge",
                    "When it started, seconds since 1970.");
    hk_buf_printf(out, "process_start_time_seconds %.2f\n", start_s);
}
