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
    bool is_short; /* only what differs of an image */
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

/* Behind "registry/image:" when both values begin so; else 0. */
static size_t same_image(const json_t *before, const json_t *after)
{
    const char *a = json_string_value(before), *b = json_string_value(after);
    const char *tag = a ? strrchr(a, ':') : NULL;
    size_t len = tag ? (size_t)(tag + 1 - a) : 0;
    return len && b && strncmp(a, b, len) == 0 && a[len] && b[len] ? len : 0;
}

static void add_value(struct diff *diff, const json_t *value, size_t skip)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    add(diff, "%.60s", shown ? shown + skip : "unset");
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
    size_t skip = diff->is_short ? same_image(before, after) : 0;
    add_value(diff, before, skip);
    add(diff, "%s", diff->is_short ? " \u2192 " : " -> ");
    add_value(diff, after, skip);
}

static void diff_specs(struct diff *diff, const json_t *before, const json_t *after)
{
    *diff->text = '\0';
    compare(diff, "", json_object_get(before, "spec"), json_object_get(after, "spec"));
}

void show_diff(const json_t *before, const json_t *after, char *text, size_t size)
{
    diff_specs(&(struct diff){.text = text, .size = size}, before, after);
}

void show_diff_short(const json_t *before, const json_t *after, char *text, size_t size)
{
    diff_specs(&(struct diff){.text = text, .size = size, .is_short = true}, before, after);
}
