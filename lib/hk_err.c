/* hk_err.c - the error record and the one table that ties a kind to its word, status and level. */
#include "hk_err.h"

#include "hk_log.h"
#include "hk_utf8.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *word;
    int status;
    int level;
} kinds[HK_ERR_COUNT] = {
#define X(kind, word, status, level) [HK_ERR_##kind] = {word, status, HK_LOG_##level},
    HK_ERR_KINDS(X)
#undef X
};

static size_t known_kind(enum hk_err_kind kind)
{
    return (unsigned)kind < HK_ERR_COUNT ? (size_t)kind : (size_t)HK_ERR_INTERNAL;
}

int hk_err_set(struct hk_err *err, enum hk_err_kind kind, const char *path, const char *format, ...)
{
    if (!err || err->kind != HK_ERR_NONE)
        return -1;
    /* Mending never shortens, so a character that this cut breaks lies beyond text's own end. */
    char raw[sizeof(err->text) + 4];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    if (len < 0)
        raw[0] = '\0';
    err->kind = kind;
    /* Mended: the record ends in a JSON body and in one log line. */
    hk_utf8_copy(err->path, sizeof(err->path), path ? path : "");
    hk_utf8_copy(err->text, sizeof(err->text), raw);
    return -1;
}

int hk_err_memory(struct hk_err *err)
{
    return hk_err_set(err, HK_ERR_MEMORY, NULL, "out of memory");
}

void hk_err_prefix(struct hk_err *err, const char *prefix)
{
    if (!err || err->kind == HK_ERR_NONE || !prefix || prefix[0] == '\0')
        return;
    char joined[2 * sizeof(err->path) + 2];
    bool dot = err->path[0] != '\0' && err->path[0] != '[';
    /* Beyond the room the path's tail goes: the head says which object it is. */
    snprintf(joined, sizeof(joined), "%.*s%s%s", (int)sizeof(err->path), prefix, dot ? "." : "",
             err->path);
    hk_utf8_copy(err->path, sizeof(err->path), joined);
}

const char *hk_err_word(enum hk_err_kind kind)
{
    return kinds[known_kind(kind)].word;
}

int hk_err_http_status(enum hk_err_kind kind)
{
    return kinds[known_kind(kind)].status;
}

int hk_err_log_level(enum hk_err_kind kind)
{
    return kinds[known_kind(kind)].level;
}
