/* simulate_json.c - the steps for machines. */
#include "simulate_json.h"

#include <stdlib.h>

static void write_line(json_t *steals_line)
{
    char *text = json_dumps(steals_line, JSON_COMPACT | JSON_REAL_PRECISION(12));
    if (text) {
        cli_write(hk_str_of(text));
        cli_write(HK_STR("\n"));
    }
    free(text);
    json_decref(steals_line);
}

static void set_text(json_t *line, const char *key, const char *text)
{
    if (*text)
        json_object_set_new(line, key, json_string(text));
}

void show_json_event(const struct hk_sim_event *event, const struct show_parent *parent)
{
    static const char *const whats[] = {"created", "updated", "status", "deleting", "gone",
                                        "synced",  "error",   "lost",   "note"};
    static const char *const actors[] = {"user", "hook", "cluster"};
    const json_t *object = event->after ? event->after : event->before;
    json_t *line = json_pack("{s:f,s:s,s:s}", "time", (double)event->at_ms / 1000, "what",
                             whats[event->what], "who", actors[event->actor]);
    set_text(line, "kind", event->kind ? event->kind : "");
    set_text(line, "namespace", hk_sim_text(object, "metadata.namespace"));
    set_text(line, "name", hk_sim_text(object, "metadata.name"));
    set_text(line, "phase", hk_sim_text(object, "status.phase"));
    set_text(line, "text", event->text ? event->text : "");
    if (parent) {
        set_text(line, "state", parent->state);
        json_object_set_new(line, "ready", json_integer(parent->ready));
        json_object_set_new(line, "desired", json_integer(parent->desired));
    }
    write_line(line);
}

void show_json_summary(const struct show *show, const struct show_parent *parent, bool settled,
                       bool good)
{
    const struct hk_sim_counters *counters = hk_sim_counters(show->sim);
    json_t *line =
        json_pack("{s:f,s:s,s:s,s:s,s:b,s:b,s:b,s:s,s:s,s:I,s:I}", "time",
                  (double)hk_sim_now_ms(show->sim) / 1000, "what", "summary", "namespace",
                  parent->namespace, "name", parent->name, "settled", settled, "asAskedFor", good,
                  "deleted", parent->is_gone, "state", parent->state, "message", parent->message,
                  "ready", (json_int_t)parent->ready, "desired", (json_int_t)parent->desired);
    if (parent->low.fewest < parent->low.fewest_of)
        json_object_set_new(line, "fewestReady", json_integer(parent->low.fewest));
    json_object_set_new(line, "syncs", json_integer(counters->syncs));
    json_object_set_new(line, "notModified", json_integer(counters->not_modified));
    json_object_set_new(line, "errors", json_integer(counters->errors));
    write_line(line);
}
