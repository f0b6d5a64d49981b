#include "hk_metrics.h"

#include "hk_metrics_text.h"
#include "hk_process.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <time.h>

/* The answers there are: 200 and 304, and one status for each kind of error. */
static const int STATUSES[] = {200, 304, 400, 401, 404, 405, 411, 413, 415, 429, 500, 503, 505};
#define STATUS_COUNT (sizeof STATUSES / sizeof *STATUSES)

/* A histogram's upper bounds, ascending; 0 ends them, and one bucket more holds the rest. */
#define BUCKET_MAX 20
struct scale {
    const char *name, *help;
    uint64_t bounds[BUCKET_MAX];
    double unit; /* of the metric, in those that are counted */
};

/* A small sync takes about 50 us, one of a thousand Pods some 6 ms. A client may take its time too: there are bounds around the
 * time-outs, or no alert could look for what is close to them. */
static const struct scale DURATION = {
    "hook_request_duration_seconds",
    "From the end of a request's head to its answer sent.",
    {50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 25000000, 50000000,
     100000000, 250000000, 1000000000, 5000000000, 10000000000, 30000000000, 60000000000},
    1e9,
};
#define SIZES                                                                                      \
    {                                                                                              \
        1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26, 1 << 28   \
    }
static const struct scale BYTES_IN = {
    "hook_request_size_bytes", "Bytes of a request's body, as far as it was read.", SIZES, 1};
static const struct scale BYTES_OUT = {"hook_response_size_bytes", "Bytes of an answer's body.",
                                       SIZES, 1};
#define CHILDREN                                                                                   \
    {                                                                                              \
        5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000                                      \
    }
static const struct scale OBSERVED = {"hook_observed_children",
                                      "Children that a request brought with it.", CHILDREN, 1};
static const struct scale DESIRED = {"hook_desired_children", "Children that an answer asks for.",
                                     CHILDREN, 1};

struct histogram {
    _Atomic uint64_t buckets[BUCKET_MAX]; /* not cumulative */
    _Atomic uint64_t sum;
};

/* What is counted for a hook; one more for all that matched none. */
struct series {
    const char *controller, *hook; /* NULL: the controller has no such hook */
    bool has_children;
    _Atomic uint64_t by_status[STATUS_COUNT];
    struct histogram duration, bytes_in, bytes_out, observed, desired;
};

struct controller {
    const struct hk_controller *row;
    _Atomic uint64_t invalid_parents;
    _Atomic uint64_t *decisions; /* by kind; NULL: it has none */
};

struct hk_metrics {
    double start_s;
    _Atomic uint64_t refused[HK_ERR_COUNT];
    size_t controller_count, series_count; /* HK_HOOK_COUNT series a controller, and one */
    struct controller *controllers;
    struct series *series;
};

/* ---- set up ---- */

static void *zeroed(size_t size)
{
    void *memory = hk_alloc(size);
    return memory ? memset(memory, 0, size) : NULL;
}

static int add_controller(struct hk_metrics *m, size_t at, const struct hk_controller *row)
{
    struct controller *controller = &m->controllers[at];
    size_t kinds = 0;
    controller->row = row;
    for (int hook = 0; hook < HK_HOOK_COUNT; hook++) {
        struct series *s = &m->series[at * HK_HOOK_COUNT + (size_t)hook];
        s->controller = row->name;
        s->hook = row->hooks[hook] ? hk_hook_name((enum hk_hook)hook) : NULL;
        s->has_children = hook != HK_HOOK_CUSTOMIZE;
    }
    while (row->decisions && row->decisions[kinds].action)
        kinds++;
    controller->decisions = kinds ? zeroed(kinds * sizeof *controller->decisions) : NULL;
    return kinds && !controller->decisions ? -1 : 0;
}

struct hk_metrics *hk_metrics_new(const struct hk_controller *const *controllers)
{
    struct hk_metrics *m = zeroed(sizeof *m);
    struct timespec now;
    if (!m)
        return NULL;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t hundredths = (int64_t)now.tv_sec * 100 + now.tv_nsec / 10000000;
    m->start_s = (double)hundredths / 100;
    while (controllers[m->controller_count])
        m->controller_count++;
    m->series_count = m->controller_count * HK_HOOK_COUNT + 1;
    m->controllers = zeroed((m->controller_count + 1) * sizeof *m->controllers);
    m->series = zeroed(m->series_count * sizeof *m->series);
    bool is_whole = m->controllers && m->series;
    for (size_t i = 0; is_whole && i < m->controller_count; i++)
        is_whole = add_controller(m, i, controllers[i]) == 0;
    if (!is_whole) {
        hk_metrics_free(m);
        return NULL;
    }
    struct series *other = &m->series[m->series_count - 1];
    other->controller = other->hook = "";
    return m;
}

void hk_metrics_free(struct hk_metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; metrics->controllers && i < metrics->controller_count; i++)
        hk_free(metrics->controllers[i].decisions);
    hk_free(metrics->controllers);
    hk_free(metrics->series);
    hk_free(metrics);
}

/* ---- counting ---- */

static void count_up(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static uint64_t value(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void observe(struct histogram *histogram, const struct scale *scale, uint64_t number)
{
    size_t i = 0;
    while (scale->bounds[i] && number > scale->bounds[i])
        i++;
    count_up(&histogram->buckets[i], 1);
    count_up(&histogram->sum, number);
}

static size_t status_index(int status)
{
    size_t i = 0;
    while (i < STATUS_COUNT && STATUSES[i] != status)
        i++;
    return i;
}

static size_t controller_index(const struct hk_metrics *m, const struct hk_controller *row)
{
    size_t i = 0;
    while (i < m->controller_count && m->controllers[i].row != row)
        i++;
    return i;
}

static void count_report(struct controller *controller, struct series *s,
                         const struct hk_metrics_request *request)
{
    const struct hk_report *report = request->report;
    if (s->has_children) {
        observe(&s->observed, &OBSERVED, report->observed);
        observe(&s->desired, &DESIRED, report->desired);
    }
    if (report->problems.len)
        count_up(&controller->invalid_parents, 1);
    for (size_t i = 0; request->is_news && i < report->count; i++)
        count_up(&controller->decisions[report->items[i].kind], report->items[i].count);
}

void hk_metrics_count(struct hk_metrics *metrics, const struct hk_metrics_request *request)
{
    size_t at = controller_index(metrics, request->controller);
    bool is_hook = at < metrics->controller_count;
    struct series *s = is_hook ? &metrics->series[at * HK_HOOK_COUNT + request->hook]
                               : &metrics->series[metrics->series_count - 1];
    size_t status = status_index(request->status);
    if (status < STATUS_COUNT)
        count_up(&s->by_status[status], 1);
    observe(&s->duration, &DURATION, (uint64_t)request->duration_ns);
    observe(&s->bytes_in, &BYTES_IN, request->bytes_in);
    observe(&s->bytes_out, &BYTES_OUT, request->bytes_out);
    if (request->kind != HK_ERR_NONE)
        count_up(&metrics->refused[request->kind], 1);
    if (is_hook && request->report)
        count_report(&metrics->controllers[at], s, request);
}

/* ---- the text ---- */

void hk_metrics_head(struct hk_buf *out, const char *name, const char *type, const char *help)
{
    hk_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void hk_metrics_gauge(struct hk_buf *out, const char *name, const char *help, uint64_t number)
{
    hk_metrics_head(out, name, "gauge", help);
    hk_buf_printf(out, "%s %" PRIu64 "\n", name, number);
}

static void write_requests(const struct hk_metrics *m, struct hk_buf *out)
{
    hk_metrics_head(out, "hook_requests_total", "counter",
                    "Requests answered, by controller, hook and HTTP status.");
    for (size_t i = 0; i < m->series_count; i++) {
        const struct series *s = &m->series[i];
        for (size_t c = 0; s->hook && c < STATUS_COUNT; c++)
            hk_buf_printf(out,
                          "hook_requests_total{controller=\"%s\",hook=\"%s\",code=\"%d\"} "
                          "%" PRIu64 "\n",
                          s->controller, s->hook, STATUSES[c], value(&s->by_status[c]));
    }
    hk_metrics_head(out, "hook_requests_refused_total", "counter",
                    "Requests answered with an error, by the kind in its body.");
    for (int kind = HK_ERR_NONE + 1; kind < HK_ERR_COUNT; kind++)
        hk_buf_printf(out, "hook_requests_refused_total{kind=\"%s\"} %" PRIu64 "\n",
                      hk_err_word((enum hk_err_kind)kind), value(&m->refused[kind]));
}

/* at: of the histogram in its series. */
static void write_one(const struct series *s, const struct scale *scale, size_t at,
                      struct hk_buf *out)
{
    const struct histogram *h = (const void *)((const char *)s + at);
    uint64_t sum = 0;
    for (size_t b = 0;; b++) {
        sum += value(&h->buckets[b]);
        hk_buf_printf(out, "%s_bucket{controller=\"%s\",hook=\"%s\",le=\"", scale->name,
                      s->controller, s->hook);
        if (!scale->bounds[b])
            break;
        hk_buf_printf(out, "%.9g\"} %" PRIu64 "\n", (double)scale->bounds[b] / scale->unit, sum);
    }
    hk_buf_printf(out, "+Inf\"} %" PRIu64 "\n", sum);
    hk_buf_printf(out, "%s_sum{controller=\"%s\",hook=\"%s\"} %.15g\n", scale->name, s->controller,
                  s->hook, (double)value(&h->sum) / scale->unit);
    hk_buf_printf(out, "%s_count{controller=\"%s\",hook=\"%s\"} %" PRIu64 "\n", scale->name,
                  s->controller, s->hook, sum);
}

static void write_histogram(const struct hk_metrics *m, const struct scale *scale, size_t at,
                            struct hk_buf *out)
{
    bool is_of_children = scale == &OBSERVED || scale == &DESIRED;
    hk_metrics_head(out, scale->name, "histogram", scale->help);
    for (size_t i = 0; i < m->series_count; i++)
        if (m->series[i].hook && (m->series[i].has_children || !is_of_children))
            write_one(&m->series[i], scale, at, out);
}

static void write_decisions(const struct hk_metrics *m, struct hk_buf *out)
{
    hk_metrics_head(out, "hook_decisions_total", "counter",
                    "Objects that an answer new to its client decided on, by action and reason.");
    for (size_t i = 0; i < m->controller_count; i++) {
        const struct controller *c = &m->controllers[i];
        for (size_t k = 0; c->decisions && c->row->decisions[k].action; k++)
            hk_buf_printf(out,
                          "hook_decisions_total{controller=\"%s\",action=\"%s\",reason=\"%s\"} "
                          "%" PRIu64 "\n",
                          c->row->name, c->row->decisions[k].action, c->row->decisions[k].reason,
                          value(&c->decisions[k]));
    }
    hk_metrics_head(out, "hook_invalid_parents_total", "counter",
                    "Answers, 304 among them, about a parent whose spec is not valid.");
    for (size_t i = 0; i < m->controller_count; i++)
        hk_buf_printf(out, "hook_invalid_parents_total{controller=\"%s\"} %" PRIu64 "\n",
                      m->controllers[i].row->name, value(&m->controllers[i].invalid_parents));
}

void hk_metrics_write(const struct hk_metrics *metrics, const struct hk_metrics_now *now,
                      struct hk_buf *out)
{
    write_requests(metrics, out);
    write_histogram(metrics, &DURATION, offsetof(struct series, duration), out);
    write_histogram(metrics, &BYTES_IN, offsetof(struct series, bytes_in), out);
    write_histogram(metrics, &BYTES_OUT, offsetof(struct series, bytes_out), out);
    write_histogram(metrics, &OBSERVED, offsetof(struct series, observed), out);
    write_histogram(metrics, &DESIRED, offsetof(struct series, desired), out);
    write_decisions(metrics, out);
    hk_metrics_gauge(out, "hook_requests_in_flight", "Requests being answered.", now->in_flight);
    hk_metrics_gauge(out, "hook_requests_in_flight_limit",
                     "More at once are refused; 0 for no limit.", now->in_flight_max);
    hk_metrics_gauge(out, "hook_request_bytes_in_flight", "Bytes held for bodies in flight.",
                     now->in_flight_bytes);
    hk_metrics_gauge(out, "hook_request_bytes_in_flight_limit",
                     "Beyond this requests are refused; 0 for no limit.", now->in_flight_bytes_max);
    hk_metrics_gauge(out, "hook_ready", "1 while /readyz says so.", now->is_ready);
    hk_metrics_head(out, "hook_build_info", "gauge", "What is running; always 1.");
    hk_buf_printf(out, "hook_build_info{program=\"%s\",version=\"%s\",library=\"%s\"} 1\n",
                  now->program, now->version, now->library);
    hk_process_write(metrics->start_s, out);
}
