#include "hk_metrics.h"

#include "hk_mem.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The answers there are: 200 and 304, and one status for each kind of error. */
static const int STATUSES[] = {200, 304, 400, 401, 404, 405, 411, 413, 415, 429, 500, 503, 505};
#define STATUS_COUNT (sizeof STATUSES / sizeof *STATUSES)

/* Upper bounds in microseconds: a small sync takes about 50, one of a thousand Pods some 6,000. */
static const struct {
    int64_t us;
    const char *label;
} BUCKETS[] = {
    {50, "0.00005"},  {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},
    {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},
    {100000, "0.1"},  {250000, "0.25"}, {1000000, "1"},   {5000000, "5"},   {10000000, "10"},
};
#define BUCKET_COUNT (sizeof BUCKETS / sizeof *BUCKETS)

struct series {
    const char *controller, *hook;
    _Atomic uint64_t by_status[STATUS_COUNT];
    _Atomic uint64_t by_bucket[BUCKET_COUNT + 1]; /* not cumulative; the last is +Inf */
    _Atomic uint64_t duration_ns, bytes_in, bytes_out;
};

struct hk_metrics {
    time_t start_s;
    _Atomic uint64_t refused[HK_ERR_COUNT];
    size_t count; /* of series: one more than hooks */
    struct series series[];
};

struct hk_metrics *hk_metrics_new(const struct hk_metrics_hook *hooks, size_t count)
{
    size_t size = sizeof(struct hk_metrics) + (count + 1) * sizeof(struct series);
    struct hk_metrics *m = hk_alloc(size);
    if (!m)
        return NULL;
    memset(m, 0, size);
    m->start_s = time(NULL);
    m->count = count + 1;
    for (size_t i = 0; i < count; i++) {
        m->series[i].controller = hooks[i].controller;
        m->series[i].hook = hooks[i].hook;
    }
    m->series[count].controller = m->series[count].hook = "";
    return m;
}

void hk_metrics_free(struct hk_metrics *metrics)
{
    hk_free(metrics);
}

static void count_up(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static uint64_t value(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static size_t status_index(int status)
{
    size_t i = 0;
    while (i < STATUS_COUNT && STATUSES[i] != status)
        i++;
    return i;
}

static size_t bucket_index(int64_t duration_ns)
{
    size_t i = 0;
    while (i < BUCKET_COUNT && duration_ns > BUCKETS[i].us * 1000)
        i++;
    return i;
}

void hk_metrics_count(struct hk_metrics *metrics, const struct hk_metrics_request *request)
{
    size_t hook = request->hook < metrics->count ? request->hook : metrics->count - 1;
    struct series *s = &metrics->series[hook];
    size_t status = status_index(request->status);
    if (status < STATUS_COUNT)
        count_up(&s->by_status[status], 1);
    count_up(&s->by_bucket[bucket_index(request->duration_ns)], 1);
    count_up(&s->duration_ns, (uint64_t)request->duration_ns);
    count_up(&s->bytes_in, request->bytes_in);
    count_up(&s->bytes_out, request->bytes_out);
    if (request->kind != HK_ERR_NONE)
        count_up(&metrics->refused[request->kind], 1);
}

/* ---- the text ---- */

static void write_head(struct hk_buf *out, const char *name, const char *type, const char *help)
{
    hk_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_requests(const struct hk_metrics *m, struct hk_buf *out)
{
    write_head(out, "hook_requests_total", "counter",
               "Requests answered, by controller, hook and HTTP status.");
    for (size_t i = 0; i < m->count; i++) {
        const struct series *s = &m->series[i];
        for (size_t c = 0; c < STATUS_COUNT; c++)
            if (value(&s->by_status[c]) > 0)
                hk_buf_printf(out,
                              "hook_requests_total{controller=\"%s\",hook=\"%s\",code=\"%d\"} "
                              "%" PRIu64 "\n",
                              s->controller, s->hook, STATUSES[c], value(&s->by_status[c]));
    }
    write_head(out, "hook_requests_refused_total", "counter",
               "Requests answered with an error, by the kind in its body.");
    for (int kind = HK_ERR_NONE + 1; kind < HK_ERR_COUNT; kind++)
        hk_buf_printf(out, "hook_requests_refused_total{kind=\"%s\"} %" PRIu64 "\n",
                      hk_err_word((enum hk_err_kind)kind), value(&m->refused[kind]));
}

static void write_histogram(const struct series *s, struct hk_buf *out)
{
    static const char name[] = "hook_request_duration_seconds";
    uint64_t sum = 0;
    for (size_t b = 0; b <= BUCKET_COUNT; b++) {
        sum += value(&s->by_bucket[b]);
        hk_buf_printf(out, "%s_bucket{controller=\"%s\",hook=\"%s\",le=\"%s\"} %" PRIu64 "\n", name,
                      s->controller, s->hook, b < BUCKET_COUNT ? BUCKETS[b].label : "+Inf", sum);
    }
    hk_buf_printf(out, "%s_sum{controller=\"%s\",hook=\"%s\"} %.9f\n", name, s->controller, s->hook,
                  (double)value(&s->duration_ns) / 1e9);
    hk_buf_printf(out, "%s_count{controller=\"%s\",hook=\"%s\"} %" PRIu64 "\n", name, s->controller,
                  s->hook, sum);
}

static void write_bytes(const struct hk_metrics *m, struct hk_buf *out)
{
    write_head(out, "hook_request_bytes_total", "counter", "Bytes of request bodies read.");
    for (size_t i = 0; i < m->count; i++)
        hk_buf_printf(out, "hook_request_bytes_total{controller=\"%s\",hook=\"%s\"} %" PRIu64 "\n",
                      m->series[i].controller, m->series[i].hook, value(&m->series[i].bytes_in));
    write_head(out, "hook_response_bytes_total", "counter", "Bytes of answers' bodies sent.");
    for (size_t i = 0; i < m->count; i++)
        hk_buf_printf(out, "hook_response_bytes_total{controller=\"%s\",hook=\"%s\"} %" PRIu64 "\n",
                      m->series[i].controller, m->series[i].hook, value(&m->series[i].bytes_out));
}

static uint64_t resident_bytes(void)
{
    uint64_t size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
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

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void write_gauge(struct hk_buf *out, const char *name, const char *help, uint64_t number)
{
    write_head(out, name, "gauge", help);
    hk_buf_printf(out, "%s %" PRIu64 "\n", name, number);
}

static void write_process(const struct hk_metrics *m, struct hk_buf *out)
{
    struct rusage usage = {.ru_maxrss = 0};
    getrusage(RUSAGE_SELF, &usage);
    write_head(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.");
    hk_buf_printf(out, "process_cpu_seconds_total %.6f\n",
                  seconds(usage.ru_utime) + seconds(usage.ru_stime));
    write_gauge(out, "process_resident_memory_bytes", "Memory in use.", resident_bytes());
    write_gauge(out, "process_open_fds", "Open file descriptors.", open_files());
    write_gauge(out, "process_start_time_seconds", "When it started, seconds since 1970.",
                (uint64_t)m->start_s);
}

void hk_metrics_write(const struct hk_metrics *metrics, const struct hk_metrics_now *now,
                      struct hk_buf *out)
{
    write_requests(metrics, out);
    write_head(out, "hook_request_duration_seconds", "histogram",
               "From the end of a request's head to its answer sent.");
    for (size_t i = 0; i < metrics->count; i++)
        write_histogram(&metrics->series[i], out);
    write_bytes(metrics, out);
    write_gauge(out, "hook_requests_in_flight", "Requests being answered.", now->in_flight);
    write_gauge(out, "hook_request_bytes_in_flight", "Bytes held for bodies in flight.",
                now->in_flight_bytes);
    write_gauge(out, "hook_ready", "1 while /readyz says so.", now->is_ready);
    write_head(out, "hook_build_info", "gauge", "What is running; always 1.");
    hk_buf_printf(out, "hook_build_info{program=\"%s\",version=\"%s\",library=\"%s\"} 1\n",
                  now->program, now->version, now->library);
    write_process(metrics, out);
}
