/* What is wrong with a spec: a list that is the same whatever the order of the request. */
#include "fc_parent.h"

#include "hk_utf8.h"

#include <stdarg.h>
#include <stdio.h>

/* A longer text is cut, and so is a longer path: both end in the status. */
#define TEXT_SIZE 512

/* Warnings make room for errors: a list of warnings alone must not make a spec invalid. */
static void drop_last_warning(struct hk_problems *list)
{
    size_t at = list->count;
    while (at > 0 && !list->items[at - 1].is_warning)
        at--;
    if (at == 0)
        return;
    memmove(list->items + at - 1, list->items + at, (list->count - at) * sizeof list->items[0]);
    list->count--;
}

/* Ascending by path, and the last ones dropped where there are too many: the list is the same
 * whatever the order of the keys in the request. */
static void problem_add(struct fc_parent *parent, struct hk_arena *arena, const char *raw_path,
                        struct hk_problem problem)
{
    struct hk_problems *list = &parent->problems;
    char path[FC_PATH_MAX];
    size_t at = 0;
    hk_utf8_copy(path, sizeof path, raw_path);
    if (list->count == HK_PROBLEM_MAX && problem.is_warning)
        return;
    while (at < list->count && hk_str_cmp(list->items[at].path, hk_str_of(path)) < 0)
        at++;
    if (at < list->count && hk_str_is(list->items[at].path, path))
        return;
    if (list->count == HK_PROBLEM_MAX)
        drop_last_warning(list);
    at = at < list->count ? at : list->count;
    if (list->count == HK_PROBLEM_MAX)
        list->more++;
    else
        list->count++;
    if (at == list->count)
        return;
    memmove(list->items + at + 1, list->items + at, (list->count - 1 - at) * sizeof problem);
    problem.path = hk_arena_copy(arena, hk_str_of(path));
    problem.text = hk_arena_copy(arena, problem.text);
    list->items[at] = problem;
}

/* What it quotes may be cut anywhere and hold anything. */
static void format_text(char text[TEXT_SIZE], const char *format, va_list args)
{
    char raw[TEXT_SIZE];
    vsnprintf(raw, sizeof raw, format, args);
    hk_utf8_copy(text, TEXT_SIZE, raw);
}

void fc_problem_add(struct fc_parent *parent, struct hk_arena *arena, const char *path,
                    const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_text(text, format, args);
    va_end(args);
    problem_add(parent, arena, path, (struct hk_problem){.text = hk_str_of(text)});
}

void fc_warning_add(struct fc_parent *parent, struct hk_arena *arena, const char *reason,
                    const char *path, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;
    va_start(args, format);
    format_text(text, format, args);
    va_end(args);
    problem_add(parent, arena, path,
                (struct hk_problem){.text = hk_str_of(text), .reason = reason, .is_warning = true});
}
