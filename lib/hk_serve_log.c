#include "hk_serve_log.h"

#include "hk_log.h"

#include <stdio.h>

/* ---- requests ---- */

void hk_serve_log_request(const struct hk_http_record *record)
{
    const struct hk_err *err = record->err;
    enum hk_log_level level = (enum hk_log_level)hk_err_log_level(err->kind);
    struct hk_log_field fields[12];
    size_t n = 0;
    if (!record->is_sent && level < HK_LOG_INFO)
        level = HK_LOG_INFO;
    if (!hk_log_enabled(level))
        return;
    fields[n++] = (struct hk_log_field){.key = "request", .number = (int64_t)record->id};
    if (record->method) {
        fields[n++] = (struct hk_log_field){"method", hk_str_of(record->method), 0};
        fields[n++] = (struct hk_log_field){"path", hk_str_of(record->path), 0};
    }
    fields[n++] = (struct hk_log_field){"remote", hk_str_of(record->remote), 0};
    fields[n++] = (struct hk_log_field){.key = "status", .number = record->status};
    fields[n++] = (struct hk_log_field){.key = "us", .number = record->duration_ns / 1000};
    fields[n++] = (struct hk_log_field){.key = "bytesIn", .number = (int64_t)record->bytes_in};
    fields[n++] = (struct hk_log_field){.key = "bytesOut", .number = (int64_t)record->bytes_out};
    if (err->kind != HK_ERR_NONE) {
        fields[n++] = (struct hk_log_field){"error", hk_str_of(hk_err_word(err->kind)), 0};
        fields[n++] = (struct hk_log_field){"errorPath", hk_str_of(err->path), 0};
        fields[n++] = (struct hk_log_field){"text", hk_str_of(err->text), 0};
    }
    if (!record->is_sent)
        hk_log(level, "the client was gone before it had the answer", fields, n);
    else
        hk_log(level, err->kind == HK_ERR_NONE ? "request" : "request refused", fields, n);
}

/* ---- reports ---- */

#define FIELDS_MAX 10

/* A line being made, with the fields that all have. */
struct line {
    struct hk_log_field fields[FIELDS_MAX];
    size_t count;
    char parent[544]; /* two names of 253 bytes; what is longer is none of Kubernetes' */
};

static void add_text(struct line *line, const char *key, struct hk_str text)
{
    line->fields[line->count++] = (struct hk_log_field){key, text, 0};
}

static void add_number(struct line *line, const char *key, uint64_t number)
{
    line->fields[line->count++] = (struct hk_log_field){key, {NULL, 0}, (int64_t)number};
}

static void begin(struct line *line, const struct hk_serve_said *said)
{
    const struct hk_report *report = said->report;
    line->count = 0;
    snprintf(line->parent, sizeof line->parent, "%.*s%s%.*s", HK_STR_ARG(report->namespace),
             report->namespace.len ? "/" : "", HK_STR_ARG(report->name));
    add_text(line, said->controller->name, hk_str_of(line->parent));
    add_text(line, "hook", hk_str_of(hk_hook_name(said->hook)));
}

static void finish(struct line *line, const struct hk_serve_said *said, enum hk_log_level level,
                   const char *message)
{
    add_number(line, "request", said->id);
    hk_log(said->is_news ? level : HK_LOG_DEBUG, message, line->fields, line->count);
}

static void log_decision(const struct hk_serve_said *said, const struct hk_decision *decision)
{
    const struct hk_decision_kind *kind = &said->controller->decisions[decision->kind];
    enum hk_log_level level = kind->is_change ? HK_LOG_INFO : HK_LOG_DEBUG;
    struct line line;
    if (!hk_log_enabled(said->is_news ? level : HK_LOG_DEBUG))
        return;
    begin(&line, said);
    add_text(&line, "action", hk_str_of(kind->action));
    add_text(&line, "objects", decision->objects);
    add_number(&line, "count", decision->count);
    add_text(&line, "reason", hk_str_of(kind->reason));
    add_text(&line, "words", hk_str_of(kind->words));
    finish(&line, said, level, "decision");
}

static void log_state(const struct hk_serve_said *said)
{
    const struct hk_report *report = said->report;
    struct line line;
    if (hk_str_eq(report->state, report->state_before))
        return;
    begin(&line, said);
    if (report->state_before.len)
        add_text(&line, "from", report->state_before);
    add_text(&line, "state", report->state);
    finish(&line, said, HK_LOG_INFO, "state changed");
}

static void log_problems(const struct hk_serve_said *said)
{
    const struct hk_report *report = said->report;
    struct line line;
    begin(&line, said);
    if (report->is_recovered) {
        finish(&line, said, HK_LOG_INFO, "the spec is valid again");
    } else if (report->problems.len) {
        add_text(&line, "fields", report->problems);
        finish(&line, said, report->is_problem_new ? HK_LOG_WARN : HK_LOG_DEBUG,
               "the spec is not valid and changes nothing");
    }
}

void hk_serve_log_report(const struct hk_serve_said *said)
{
    for (size_t i = 0; i < said->report->count; i++)
        log_decision(said, &said->report->items[i]);
    log_state(said);
    log_problems(said);
}
