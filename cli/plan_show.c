/* plan_show.c - the report for people. */
#include "cli.h"
#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>

#define NAMES_MAX 12  /* or runs of numbers, in a line */
#define VALUE_MAX 100 /* bytes of a value in a line */

struct page {
    struct hk_buf out;
    const char *parent;
    bool color;
};

static const char ADDED[] = "32", CHANGED[] = "36", REMOVED[] = "33", BAD[] = "31", BOLD[] = "1";

static void paint(struct page *page, const char *color, const char *text)
{
    if (page->color && color)
        hk_buf_printf(&page->out, "\033[%sm%s\033[0m", color, text);
    else
        hk_buf_printf(&page->out, "%s", text);
}

static void heading(struct page *page, const char *text)
{
    hk_buf_add_char(&page->out, '\n');
    paint(page, BOLD, text);
    hk_buf_add_char(&page->out, '\n');
}

/* ---- fields ---- */

/* What a terminal would obey is shown as '?'. */
static void add_clean(struct page *page, const char *text, size_t most)
{
    size_t i = 0;
    for (; text[i] && i < most; i++)
        hk_buf_add_char(&page->out,
                        (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i]);
    for (; ((unsigned char)text[i] & 0xc0) == 0x80; i++)
        hk_buf_add_char(&page->out, text[i]); /* the rest of its last character */
    if (text[i])
        hk_buf_printf(&page->out, "...");
}

static void add_value(struct page *page, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    if (value && !text)
        page->out.failed = true;
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    add_clean(page, !shown ? "unset" : *shown ? shown : "\"\"", VALUE_MAX);
    free(text);
}

static void add_lines(struct page *page, const json_t *lines)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        const char *text = json_string_value(line);
        if (!*text)
            continue;
        bool colored = page->color && (*text == '+' || *text == '-');
        hk_buf_printf(&page->out, "        %s",
                      !colored       ? ""
                      : *text == '+' ? "\033[32m"
                                     : "\033[31m");
        add_clean(page, text, SIZE_MAX);
        hk_buf_printf(&page->out, "%s\n", colored ? "\033[0m" : "");
    }
}

static void add_fields(struct page *page, const json_t *fields)
{
    size_t i;
    json_t *field;
    json_array_foreach(fields, i, field)
    {
        const json_t *lines = json_object_get(field, "lines");
        hk_buf_printf(&page->out, "      ");
        add_clean(page, hk_sim_text(field, "path"), SIZE_MAX);
        if (json_object_get(field, "secret")) {
            hk_buf_printf(&page->out, ": changed (secret)\n");
        } else if (lines) {
            hk_buf_printf(&page->out, ":\n");
            add_lines(page, lines);
        } else {
            hk_buf_printf(&page->out, ": ");
            add_value(page, json_object_get(field, "before"));
            hk_buf_printf(&page->out, " -> ");
            add_value(page, json_object_get(field, "after"));
            hk_buf_add_char(&page->out, '\n');
        }
    }
}

/* ---- objects ---- */

static void add_objects(struct page *page, const json_t *list, const char *sign, const char *color)
{
    size_t i;
    json_t *object;
    json_array_foreach(list, i, object)
    {
        hk_buf_printf(&page->out, "  ");
        paint(page, color, sign);
        hk_buf_printf(&page->out, " %s %s\n", hk_sim_text(object, "kind"),
                      played_short(hk_sim_text(object, "name"), page->parent));
        add_fields(page, json_object_get(object, "fields"));
    }
}

/* "2 created, 1 changed, 3 unchanged" of what there is. */
static void add_counts(struct page *page, const json_t *section, const char *const words[])
{
    bool any = false;
    for (size_t i = 0; words[i]; i++) {
        const json_t *member = json_object_get(section, words[i]);
        size_t count =
            json_is_array(member) ? json_array_size(member) : (size_t)json_integer_value(member);
        if (count)
            hk_buf_printf(&page->out, "%s%zu %s", any ? ", " : "", count, words[i]);
        any |= count > 0;
    }
    hk_buf_printf(&page->out, "%s\n", any ? "" : "none");
}

static void show_objects(struct page *page, const json_t *objects)
{
    static const char *const words[] = {"created", "changed", "removed", "unchanged", NULL};
    hk_buf_add_char(&page->out, '\n');
    paint(page, BOLD, "Objects: ");
    add_counts(page, objects, words);
    add_objects(page, json_object_get(objects, "created"), "+", ADDED);
    add_objects(page, json_object_get(objects, "changed"), "~", CHANGED);
    add_objects(page, json_object_get(objects, "removed"), "-", REMOVED);
}

/* ---- Pods ---- */

struct names {
    const json_t *list;
    const char *parent;
};

static const char *name_at(const void *arg, size_t i)
{
    const struct names *names = arg;
    return played_short(json_string_value(json_array_get(names->list, i)), names->parent);
}

static void add_names(struct page *page, const json_t *list)
{
    struct names names = {list, page->parent};
    played_add_names(&page->out, &(struct played_names){&names, name_at, 0, json_array_size(list)},
                     NAMES_MAX);
    hk_buf_add_char(&page->out, '\n');
}

static void add_pods(struct page *page, const json_t *list, const char *sign, const char *color)
{
    if (json_array_size(list) == 0)
        return;
    hk_buf_printf(&page->out, "  ");
    paint(page, color, sign);
    hk_buf_add_char(&page->out, ' ');
    add_names(page, list);
}

static void add_order(struct page *page, const json_t *order)
{
    size_t i;
    json_t *step;
    if (json_array_size(order) == 0)
        return;
    heading(page, "Replaced in this order");
    json_array_foreach(order, i, step)
    {
        hk_buf_printf(&page->out, "  %8.1f s  ", json_real_value(json_object_get(step, "seconds")));
        add_names(page, json_object_get(step, "pods"));
    }
}

/* Of a Pod whose own fields stay. */
static const char *in_words(const char *reason)
{
    if (strcmp(reason, "configuration") == 0)
        return "the same but for the configuration that it mounts";
    return strcmp(reason, "owner") == 0 ? "the same, made by another workload"
                                        : "the same again: the Pod ended or was deleted";
}

static void show_pods(struct page *page, const json_t *pods)
{
    static const char *const words[] = {"created", "replaced", "removed", "kept", NULL};
    size_t i;
    json_t *change;
    hk_buf_add_char(&page->out, '\n');
    paint(page, BOLD, "Pods: ");
    add_counts(page, pods, words);
    add_pods(page, json_object_get(pods, "created"), "+", ADDED);
    json_array_foreach(json_object_get(pods, "changes"), i, change)
    {
        const json_t *fields = json_object_get(change, "fields");
        add_pods(page, json_object_get(change, "pods"), "~", CHANGED);
        if (json_array_size(fields) == 0)
            hk_buf_printf(&page->out, "      %s\n", in_words(hk_sim_text(change, "reason")));
        add_fields(page, fields);
    }
    add_pods(page, json_object_get(pods, "removed"), "-", REMOVED);
    add_pods(page, json_object_get(pods, "kept"), "=", NULL);
    add_order(page, json_object_get(pods, "order"));
}

/* ---- the way and the end ---- */

static void add_part(struct page *page, const char *label, const json_t *part)
{
    int64_t before = hk_sim_int(part, "before"), after = hk_sim_int(part, "after"),
            fewest = hk_sim_int(part, "fewest");
    hk_buf_printf(&page->out, "  %-19s", label);
    if (before != after)
        hk_buf_printf(&page->out, "%" PRId64 " -> %" PRId64 " ready", before, after);
    else
        hk_buf_printf(&page->out, "%" PRId64 " ready", after);
    if (fewest < before && fewest < after)
        hk_buf_printf(&page->out, ", fewest on the way %" PRId64 ", at %.1f s", fewest,
                      json_real_value(json_object_get(part, "fewestAtSeconds")));
    else
        hk_buf_printf(&page->out, ", never fewer%s", before != after ? " than that" : "");
    hk_buf_add_char(&page->out, '\n');
}

static void add_session(struct page *page, const json_t *part)
{
    double away = json_real_value(json_object_get(part, "awaySeconds"));
    hk_buf_printf(&page->out, "  %-19s", "session manager");
    if (hk_sim_int(part, "after") == 0)
        hk_buf_printf(&page->out, "away in the end\n");
    else if (away > 0)
        hk_buf_printf(&page->out, "away for %.1f s\n", away);
    else
        hk_buf_printf(&page->out, "never away\n");
}

static void show_way(struct page *page, const json_t *report)
{
    const json_t *caches = json_object_get(report, "objectCaches");
    heading(page, "On the way");
    add_session(page, json_object_get(report, "sessionManager"));
    add_part(page, "executor managers", json_object_get(report, "executorManagers"));
    if (caches)
        add_part(page, "object caches", caches);
}

static void show_warnings(struct page *page, const json_t *warnings)
{
    size_t i;
    json_t *warning;
    if (json_array_size(warnings) == 0)
        return;
    heading(page, "Warnings");
    json_array_foreach(warnings, i, warning)
    {
        hk_buf_printf(&page->out, "  ");
        paint(page, BAD, "!");
        hk_buf_printf(&page->out, " %s\n", json_string_value(warning));
    }
}

/* Where it stands when it does not come through. */
static void add_troubles(struct page *page, const json_t *end)
{
    size_t i;
    json_t *trouble;
    if (*hk_sim_text(end, "error"))
        hk_buf_printf(&page->out, "  %s\n", hk_sim_text(end, "error"));
    json_array_foreach(json_object_get(end, "troubles"), i, trouble)
    {
        if (i == NAMES_MAX) {
            hk_buf_printf(&page->out, "  and %zu more Pods\n",
                          json_array_size(json_object_get(end, "troubles")) - i);
            break;
        }
        hk_buf_printf(&page->out, "  Pod %s: %s\n",
                      played_short(hk_sim_text(trouble, "pod"), page->parent),
                      hk_sim_text(trouble, "reason"));
    }
}

static const char *verdict(const json_t *end)
{
    bool is_good = json_is_true(json_object_get(end, "asAskedFor"));
    return is_good ? "Comes through: " : "Does not come through: ";
}

static void add_end(struct hk_buf *out, const json_t *end)
{
    const char *state = hk_sim_text(end, "state");
    hk_buf_printf(out, "%s, %" PRId64 " of %" PRId64 " executor managers ready, after %.1f s",
                  *state ? state : "no state", hk_sim_int(end, "ready"), hk_sim_int(end, "desired"),
                  json_real_value(json_object_get(end, "seconds")));
}

void plan_outcome(const json_t *report, struct hk_buf *out)
{
    const json_t *end = json_object_get(report, "end");
    hk_buf_printf(out, "%s", verdict(end));
    add_end(out, end);
}

static void show_end(struct page *page, const json_t *end)
{
    bool is_good = json_is_true(json_object_get(end, "asAskedFor"));
    hk_buf_add_char(&page->out, '\n');
    paint(page, is_good ? ADDED : BAD, verdict(end));
    add_end(&page->out, end);
    hk_buf_printf(&page->out, " (simulated)\n");
    if (*hk_sim_text(end, "message"))
        hk_buf_printf(&page->out, "  %s\n", hk_sim_text(end, "message"));
    if (!is_good)
        add_troubles(page, end);
}

int plan_show(const json_t *report)
{
    struct page page = {.parent = hk_sim_text(report, "name"), .color = cli_has_color()};
    hk_buf_init(&page.out);
    paint(&page, BOLD, hk_sim_text(report, "namespace"));
    hk_buf_printf(&page.out, "/%s", page.parent);
    bool changes = json_is_true(json_object_get(report, "changes"));
    hk_buf_printf(&page.out, "%s\n", changes ? "" : ": nothing changes");
    show_objects(&page, json_object_get(report, "objects"));
    show_pods(&page, json_object_get(report, "pods"));
    if (changes)
        show_way(&page, report);
    show_warnings(&page, json_object_get(report, "warnings"));
    show_end(&page, json_object_get(report, "end"));
    bool failed = page.out.failed;
    if (!failed)
        cli_write(hk_buf_str(&page.out));
    hk_buf_fini(&page.out);
    return failed ? -1 : 0;
}
