/* plan_lines.c - two texts, line by line. */
#include "plan_diff.h"

#include <stdint.h>

#define CONTEXT 2
#define CELLS_MAX ((size_t)4 << 20) /* of the table; larger texts are replaced whole */

struct text {
    struct hk_str *lines;
    size_t count;
};

/* The two texts without the lines that they begin and end with alike. */
struct pair {
    struct hk_arena *arena;
    struct text old, new;
    size_t head, tail; /* lines that are alike */
    uint32_t *longest; /* common subsequence from (i, j) on, of what is between; NULL: not asked */
    char *marks;       /* ' ', '-' or '+' for each line of the whole difference */
    struct hk_str *shown;
    size_t count;
};

static struct text split(struct hk_arena *arena, const char *text)
{
    size_t count = 0;
    for (const char *c = text; *c; c++)
        count += *c == '\n' || !c[1];
    struct text out = {hk_arena_alloc(arena, count * sizeof *out.lines), 0};
    for (const char *at = text; out.lines && *at;) {
        size_t len = strcspn(at, "\n");
        out.lines[out.count++] = (struct hk_str){at, len};
        at += len + (at[len] == '\n');
    }
    return out;
}

static void trim(struct pair *p)
{
    size_t least = p->old.count < p->new.count ? p->old.count : p->new.count;
    while (p->head < least && hk_str_eq(p->old.lines[p->head], p->new.lines[p->head]))
        p->head++;
    while (p->tail < least - p->head && hk_str_eq(p->old.lines[p->old.count - 1 - p->tail],
                                                  p->new.lines[p->new.count - 1 - p->tail]))
        p->tail++;
}

static void add(struct pair *p, char mark, struct hk_str line)
{
    p->marks[p->count] = mark;
    p->shown[p->count++] = line;
}

static void measure(struct pair *p, size_t n, size_t m)
{
    const struct hk_str *a = p->old.lines + p->head, *b = p->new.lines + p->head;
    if ((n + 1) > CELLS_MAX / (m + 1))
        return;
    uint32_t *t = hk_arena_alloc(p->arena, (n + 1) * (m + 1) * sizeof *t);
    p->longest = t;
    for (size_t i = n; t && i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint32_t down = t[(i + 1) * (m + 1) + j], right = t[i * (m + 1) + j + 1];
            t[i * (m + 1) + j] = hk_str_eq(a[i], b[j]) ? t[(i + 1) * (m + 1) + j + 1] + 1
                                 : down > right        ? down
                                                       : right;
        }
}

/* What is between: lines that go before lines that come. */
static void compare(struct pair *p)
{
    size_t n = p->old.count - p->head - p->tail, m = p->new.count - p->head - p->tail, i = 0, j = 0;
    const struct hk_str *a = p->old.lines + p->head, *b = p->new.lines + p->head;
    measure(p, n, m);
    const uint32_t *t = p->longest;
    while (i < n || j < m) {
        if (t && i < n && j < m && hk_str_eq(a[i], b[j])) {
            add(p, ' ', a[i++]);
            j++;
        } else if (i < n && (!t || j == m || t[(i + 1) * (m + 1) + j] >= t[i * (m + 1) + j + 1])) {
            add(p, '-', a[i++]);
        } else {
            add(p, '+', b[j++]);
        }
    }
}

static bool is_near(const struct pair *p, size_t i)
{
    size_t from = i > CONTEXT ? i - CONTEXT : 0, to = i + CONTEXT;
    for (; from <= to && from < p->count; from++)
        if (p->marks[from] != ' ')
            return true;
    return false;
}

static int show(const struct pair *p, json_t *out)
{
    bool is_gap = false;
    for (size_t i = 0; i < p->count; i++) {
        if (!is_near(p, i)) {
            is_gap = true;
            continue;
        }
        if (is_gap && json_array_append_new(out, json_string("...")) != 0)
            return -1;
        is_gap = false;
        struct hk_str line =
            hk_arena_printf(p->arena, "%c%.*s", p->marks[i], HK_STR_ARG(p->shown[i]));
        if (!line.ptr || json_array_append_new(out, json_stringn(line.ptr, line.len)) != 0)
            return -1;
    }
    return is_gap ? json_array_append_new(out, json_string("...")) : 0;
}

json_t *plan_lines(const char *before, const char *after)
{
    struct hk_arena arena;
    json_t *out = json_array();
    hk_arena_init(&arena);
    struct pair p = {.arena = &arena, .old = split(&arena, before), .new = split(&arena, after)};
    size_t most = p.old.count + p.new.count;
    p.marks = hk_arena_alloc(&arena, most);
    p.shown = hk_arena_alloc(&arena, most * sizeof *p.shown);
    if (!arena.failed) {
        trim(&p);
        for (size_t i = 0; i < p.head; i++)
            add(&p, ' ', p.old.lines[i]);
        compare(&p);
        for (size_t i = p.tail; i > 0; i--)
            add(&p, ' ', p.old.lines[p.old.count - i]);
    }
    if (arena.failed || show(&p, out) != 0) {
        json_decref(out);
        out = NULL;
    }
    hk_arena_fini(&arena);
    return out;
}
