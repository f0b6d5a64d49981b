/* simulate_diff.c - in a few words, what a user changed in a spec. */
#include "simulate_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 16

struct diff {
    char *text;
    size_t size, len;
    unsigned depth;
};

static void add(struct diff *diff, const char *format, ...) HK_PRINTF(2, 3);

static void add(struct diff *diff, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(diff->text + diff->len, diff->size - diff->len, format, args);
    va_end(args);
    diff->len += n > 0 ? (size_t)n : 0;
    if (diff->len >= diff->size)
        diff->len = diff->size - 1;
}

static void add_value(struct diff *diff, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    add(diff, "%.60s", shown ? shown : "unset");
    free(text);
}

static void compare(struct diff *diff, const char *path, const json_t *before, const json_t *after);

static void compare_member(struct diff *diff, const char *path, const char *key,
                           const json_t *before, const json_t *after)
{
    char deeper[256];
    snprintf(deeper, sizeof deeper, "%s%s%s", path, *path ? "." : "", key);
    diff->depth++;
    compare(diff, deeper, json_object_get(before, key), json_object_get(after, key));
    diff->depth--;
}

static void compare(struct diff *diff, const char *path, const json_t *before, const json_t *after)
{
    const char *key;
    json_t *value;
    if (json_equal(before, after) || diff->depth > DEPTH_MAX)
        return;
    if (json_is_object(before) && json_is_object(after)) {
        json_object_foreach((json_t *)before, key, value)
        {
            compare_member(diff, path, key, before, after);
        }
        json_object_foreach((json_t *)after, key, value)
        {
            if (!json_object_get(before, key))
                compare_member(diff, path, key, before, after);
        }
        return;
    }
    add(diff, "%s%s ", diff->len ? ", " : "", path);
    add_value(diff, before);
    add(diff, " -> ");
    add_value(diff, after);
}

void show_diff(const json_t *before, const json_t *after, char *text, size_t size)
{
    struct diff diff = {.text = text, .size = size};
    *text = '\0';
    compare(&diff, "", json_object_get(before, "spec"), json_object_get(after, "spec"));
}
