#include "fc_read.h"

#include "hk_utf8.h"

#include <stdarg.h>
#include <stdio.h>

void fc_read_init(struct fc_reader *r, const char *path)
{
    r->path_len = (size_t)snprintf(r->path, sizeof r->path, "%s", path);
}

void fc_read_problem(struct fc_reader *r, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fc_problem_add(r->out, r->arena, r->path, "%s", text);
}

void fc_read_member_problem(struct fc_reader *r, const char *member, const char *text)
{
    struct hk_str path = hk_arena_printf(r->arena, "%s.%s", r->path, member);
    if (path.ptr)
        fc_problem_add(r->out, r->arena, path.ptr, "%s", text);
}

/* A name that does not fit is cut: the path is only ever shown. */
static void go_to(struct fc_reader *r, size_t base, const char *before, struct hk_str name)
{
    size_t room = sizeof r->path - 1 - base, dot = strlen(before);
    if (dot + name.len > room)
        name.len = dot < room ? room - dot : 0;
    if (dot <= room)
        memcpy(r->path + base, before, dot);
    else
        dot = 0;
    if (name.len)
        memcpy(r->path + base + dot, name.ptr, name.len);
    r->path_len = base + dot + name.len;
    r->path[r->path_len] = '\0';
}

static void go_back(struct fc_reader *r, const struct fc_section *section)
{
    r->path_len = section->path_len;
    r->path[r->path_len] = '\0';
}

bool fc_read_has_type(struct fc_reader *r, enum hk_json_type wanted)
{
    enum hk_json_type type = hk_scan_type(r->s);
    if (type == wanted)
        return true;
    if (type != HK_JSON_NULL && type != HK_JSON_NONE) {
        const char *name = hk_json_type_name(wanted);
        fc_read_problem(r, "must be %s %s, is %s", strchr("aeiou", name[0]) ? "an" : "a", name,
                        hk_json_type_name(type));
    }
    hk_scan_skip(r->s);
    return false;
}

bool fc_read_object(struct fc_reader *r, struct fc_section *section)
{
    section->path_len = r->path_len;
    if (!fc_read_has_type(r, HK_JSON_OBJECT))
        return false;
    hk_scan_object(r->s, &section->it);
    return true;
}

bool fc_read_list(struct fc_reader *r, struct fc_section *section)
{
    section->path_len = r->path_len;
    section->next = 0;
    if (!fc_read_has_type(r, HK_JSON_ARRAY))
        return false;
    hk_scan_array(r->s, &section->it);
    return true;
}

int fc_read_field(struct fc_reader *r, struct fc_section *section, const char *const *names)
{
    int field = hk_scan_field(r->s, &section->it, names);
    if (field >= 0)
        go_to(r, section->path_len, ".", hk_str_of(names[field]));
    else
        go_back(r, section);
    return field;
}

bool fc_read_member(struct fc_reader *r, struct fc_section *section, struct hk_str *key)
{
    bool found = hk_scan_member(r->s, &section->it, key);
    if (found) {
        go_to(r, section->path_len, "[", *key);
        go_to(r, r->path_len, "]", HK_STR(""));
    } else {
        go_back(r, section);
    }
    return found;
}

bool fc_read_item(struct fc_reader *r, struct fc_section *section)
{
    char number[32];
    bool found = hk_scan_item(r->s, &section->it);
    snprintf(number, sizeof number, "[%zu]", section->next++);
    if (found)
        go_to(r, section->path_len, "", hk_str_of(number));
    else
        go_back(r, section);
    return found;
}

void fc_read_str(struct fc_reader *r, struct hk_str *out)
{
    if (!fc_read_has_type(r, HK_JSON_STRING))
        return;
    struct hk_str text = hk_scan_str(r->s);
    *out = text.len ? hk_arena_copy(r->arena, text) : (struct hk_str){NULL, 0};
}

bool fc_count_parse(struct hk_str text, int64_t *count)
{
    int64_t value = 0;
    if (text.len == 0 || text.len > 15)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    *count = value;
    return true;
}

struct hk_str fc_read_raw(struct fc_reader *r)
{
    struct hk_str raw = hk_scan_raw(r->s);
    return hk_str_is(raw, "-0") ? HK_STR("0") : raw;
}

void fc_read_count(struct fc_reader *r, int64_t max, int64_t *out)
{
    int64_t value = 0;
    if (!fc_read_has_type(r, HK_JSON_NUMBER))
        return;
    struct hk_str raw = fc_read_raw(r);
    if (!fc_count_parse(raw, &value) || value > max)
        fc_read_problem(r, "must be a whole number from 0 to %lld, is %.*s", (long long)max,
                        raw.len > 40 ? 40 : (int)raw.len, raw.ptr ? raw.ptr : "");
    else
        *out = value;
}

void fc_read_bool(struct fc_reader *r, bool *out)
{
    if (fc_read_has_type(r, HK_JSON_BOOL))
        *out = hk_scan_bool(r->s);
}

void fc_read_number_text(struct fc_reader *r, struct hk_str *out)
{
    enum hk_json_type type = hk_scan_type(r->s);
    struct hk_str text = type == HK_JSON_STRING ? hk_scan_str(r->s) : fc_read_raw(r);
    if (type == HK_JSON_NULL || type == HK_JSON_NONE)
        return;
    *out = HK_STR("");
    if (type == HK_JSON_STRING || type == HK_JSON_NUMBER)
        *out = hk_arena_copy(r->arena, text);
    else
        fc_read_problem(r, "must be a number or a string, is %s", hk_json_type_name(type));
}

/* "A, B or C" */
static struct hk_str join_words(struct hk_arena *arena, const char *const *words)
{
    struct hk_str text = hk_str_of(words[0]);
    for (size_t i = 1; words[i]; i++)
        text = hk_arena_printf(arena, "%.*s%s%s", HK_STR_ARG(text), words[i + 1] ? ", " : " or ",
                               words[i]);
    return text;
}

unsigned fc_read_word(struct fc_reader *r, const char *const *words, unsigned unset)
{
    if (!fc_read_has_type(r, HK_JSON_STRING))
        return unset;
    struct hk_str text = hk_scan_str(r->s);
    for (unsigned i = 0; words[i]; i++)
        if (hk_str_is(text, words[i]))
            return i;
    struct hk_str allowed = join_words(r->arena, words);
    fc_read_problem(r, "must be %.*s, is \"%.*s\"", HK_STR_ARG(allowed),
                    (int)hk_utf8_clip(text, 60), text.ptr ? text.ptr : "");
    return unset;
}

void fc_read_raw_object(struct fc_reader *r, struct hk_str *out)
{
    if (!fc_read_has_type(r, HK_JSON_OBJECT))
        return;
    *out = hk_scan_raw_copy(r->s);
}

static bool parse_count_or_percent(struct hk_str text, bool is_percent, int64_t max, int64_t *out)
{
    if (is_percent && (text.len == 0 || text.ptr[--text.len] != '%'))
        return false;
    return text.len > 0 && (text.ptr[0] != '0' || text.len == 1) && fc_count_parse(text, out) &&
           *out <= (is_percent ? 100 : max);
}

void fc_read_count_or_percent(struct fc_reader *r, int64_t least, int64_t max, struct fc_count *out)
{
    char rule[128];
    int64_t found = 0;
    enum hk_json_type type = hk_scan_type(r->s);
    bool is_text = type == HK_JSON_STRING;
    struct hk_str text = is_text ? hk_scan_str(r->s) : fc_read_raw(r);
    if (type == HK_JSON_NULL || type == HK_JSON_NONE)
        return;
    snprintf(rule, sizeof rule,
             "must be a whole number from %lld to %lld or a percentage from %lld%% to 100%%",
             (long long)least, (long long)max, (long long)least);
    if (!is_text && type != HK_JSON_NUMBER) {
        fc_read_problem(r, "%s, is %s", rule, hk_json_type_name(type));
    } else if (!parse_count_or_percent(text, is_text, max, &found) || found < least) {
        const char *quote = is_text ? "\"" : "";
        fc_read_problem(r, "%s, is %s%.*s%s", rule, quote, (int)hk_utf8_clip(text, 40),
                        text.ptr ? text.ptr : "", quote);
    } else {
        *out = (struct fc_count){found, is_text};
    }
}

static void quantity_insert(struct fc_reader *r, struct fc_quantities *list,
                            struct fc_quantity item)
{
    size_t at = list->count;
    struct fc_quantity *items =
        hk_arena_grow(r->arena, list->items, list->count, &list->cap, sizeof *items);
    if (!items)
        return;
    while (at > 0 && hk_str_cmp(items[at - 1].name, item.name) > 0)
        at--;
    memmove(items + at + 1, items + at, (list->count - at) * sizeof *items);
    items[at] = item;
    list->items = items;
    list->count++;
}

/* Written without a fraction and an exponent. */
static bool is_whole(struct hk_str number)
{
    for (size_t i = 0; i < number.len; i++)
        if (strchr(".eE", number.ptr[i]))
            return false;
    return true;
}

/* A quantity may be a JSON string or a whole number (int-or-string: no API server takes 0.5 here). */
static bool parse_quantity(struct fc_reader *r, struct hk_qty *out)
{
    struct hk_qty qty;
    struct hk_err err = {0};
    enum hk_json_type type = hk_scan_type(r->s);
    struct hk_str raw = type == HK_JSON_STRING ? hk_scan_str(r->s) : fc_read_raw(r);
    if (type != HK_JSON_STRING && type != HK_JSON_NUMBER)
        fc_read_problem(r, "must be a quantity, is %s", hk_json_type_name(type));
    else if (type == HK_JSON_NUMBER && !is_whole(raw))
        fc_read_problem(r, "must be a whole number or between quotation marks, is %.*s",
                        (int)hk_utf8_clip(raw, 40), raw.ptr);
    else if (hk_qty_parse(raw, &qty, &err) != 0)
        fc_read_problem(r, "%s", err.text);
    else if (qty.milli < 0)
        fc_read_problem(r, "must be 0 or more, is %s", qty.text);
    else {
        *out = qty;
        return true;
    }
    return false;
}

bool fc_read_quantity(struct fc_reader *r, struct hk_qty *out)
{
    enum hk_json_type type = hk_scan_type(r->s);
    if (type != HK_JSON_NULL && type != HK_JSON_NONE)
        return parse_quantity(r, out);
    hk_scan_skip(r->s);
    return false;
}

static void read_quantity(struct fc_reader *r, struct hk_str name, struct fc_quantities *list)
{
    struct fc_quantity item;
    for (size_t i = 0; i < list->count; i++)
        if (hk_str_eq(list->items[i].name, name))
            hk_scan_fail(r->s, "the key is there twice");
    item.name = hk_arena_copy(r->arena, name);
    if (fc_read_quantity(r, &item.qty))
        quantity_insert(r, list, item);
}

void fc_read_quantities(struct fc_reader *r, struct fc_quantities *list)
{
    struct fc_section section;
    struct hk_str key;
    if (!fc_read_object(r, &section))
        return;
    while (fc_read_member(r, &section, &key))
        read_quantity(r, key, list);
}
