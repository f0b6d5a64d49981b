/* What more than one section holds: labels, lists of strings, ranges of addresses. */
#include "fc_read.h"

#include "hk_cidr.h"
#include "hk_name.h"
#include "hk_utf8.h"

static const char KEY_RULE[] =
    "must be name or domain/name, the name of at most 63 letters, digits, '-', '_' and '.', "
    "beginning and ending with a letter or digit";

/* What an error message quotes of a value. */
#define CLIP(text) (int)hk_utf8_clip(text, 60), ((text).ptr ? (text).ptr : "")

void fc_read_port(struct fc_reader *r, int64_t *out)
{
    int64_t port = 0;
    if (!fc_read_has_type(r, HK_JSON_NUMBER))
        return;
    struct hk_str raw = fc_read_raw(r);
    if (!fc_count_parse(raw, &port) || port < 1 || port > 65535)
        fc_read_problem(r, "must be a whole number from 1 to 65535, is %.*s",
                        raw.len > 40 ? 40 : (int)raw.len, raw.ptr ? raw.ptr : "");
    else
        *out = port;
}

/* A string where "" is a value too. false: none is there. */
static bool read_text(struct fc_reader *r, struct hk_str *out)
{
    if (!fc_read_has_type(r, HK_JSON_STRING))
        return false;
    struct hk_str text = hk_scan_str(r->s);
    *out = text.len ? hk_arena_copy(r->arena, text) : HK_STR("");
    return true;
}

void fc_read_key(struct fc_reader *r, struct hk_str *out)
{
    fc_read_str(r, out);
    if (out->len && !hk_name_is_qualified(*out))
        fc_read_problem(r, "%s, is \"%.*s\"", KEY_RULE, CLIP(*out));
}

static void pair_insert(struct fc_reader *r, struct fc_pairs *list, struct fc_pair item)
{
    size_t at = list->count;
    struct fc_pair *items =
        hk_arena_grow(r->arena, list->items, list->count, &list->cap, sizeof *items);
    if (!items)
        return;
    while (at > 0 && hk_str_cmp(items[at - 1].key, item.key) > 0)
        at--;
    memmove(items + at + 1, items + at, (list->count - at) * sizeof *items);
    items[at] = item;
    list->items = items;
    list->count++;
}

/* NULL: it is right. */
static const char *pair_check(const struct fc_pair *item, const struct fc_pairs_rule *rule)
{
    if (!hk_name_is_qualified(item->key))
        return KEY_RULE;
    if (rule->is_reserved && rule->is_reserved(item->key))
        return rule->reserved;
    if (!rule->is_label)
        return hk_utf8_count(item->value) > FC_ANNOTATION_MAX ? "must have at most 4096 characters"
                                                              : NULL;
    return hk_name_is_label_value(item->value)
               ? NULL
               : "must have a value of at most 63 letters, digits, '-', '_' and '.', beginning and "
                 "ending with a letter or digit";
}

/* The rules of one entry name the map, as the CRD does, and say which entry it is. */
void fc_read_pairs(struct fc_reader *r, const struct fc_pairs_rule *rule, struct fc_pairs *list)
{
    struct fc_section section;
    struct fc_pair item;
    const char *wrong = NULL;
    struct hk_str wrong_key = {NULL, 0};
    if (!fc_read_object(r, &section))
        return;
    while (fc_read_member(r, &section, &item.key)) {
        item.key = hk_arena_copy(r->arena, item.key);
        for (size_t i = 0; i < list->count; i++)
            if (hk_str_eq(list->items[i].key, item.key))
                hk_scan_fail(r->s, "the key is there twice");
        if (!read_text(r, &item.value))
            continue;
        const char *found = pair_check(&item, rule);
        if (found && !wrong) {
            wrong = found;
            wrong_key = item.key;
        }
        pair_insert(r, list, item);
    }
    if (list->count > rule->max)
        fc_read_problem(r, "must have at most %zu entries, has %zu", rule->max, list->count);
    if (wrong)
        fc_read_problem(r, "\"%.*s\" %s", CLIP(wrong_key), wrong);
}

void fc_read_texts(struct fc_reader *r, size_t max, const char *(*check)(struct hk_str text),
                   struct fc_texts *list)
{
    struct fc_section section;
    if (!fc_read_list(r, &section))
        return;
    while (fc_read_item(r, &section)) {
        struct hk_str text, *items;
        if (hk_scan_type(r->s) == HK_JSON_NULL)
            fc_read_problem(r, "must be a string, is null");
        if (!read_text(r, &text))
            continue;
        const char *wrong = check(text);
        if (wrong)
            fc_read_problem(r, "%s, is \"%.*s\"", wrong, CLIP(text));
        items = hk_arena_grow(r->arena, list->items, list->count, &list->cap, sizeof *items);
        if (!items)
            continue;
        items[list->count++] = text;
        list->items = items;
    }
    if (list->count > max)
        fc_read_problem(r, "must have at most %zu entries, has %zu", max, list->count);
}

void fc_read_cidr(struct fc_reader *r, struct hk_str *out)
{
    fc_read_str(r, out);
    const char *wrong = out->len ? fc_cidr_check(*out) : NULL;
    if (wrong)
        fc_read_problem(r, "%s, is \"%.*s\"", wrong, CLIP(*out));
}

const char *fc_cidr_check(struct hk_str text)
{
    struct hk_cidr cidr;
    return hk_cidr_parse(text, &cidr)
               ? NULL
               : "must be a CIDR such as 203.0.113.0/24 or 2001:db8::/32, without address bits "
                 "beyond the prefix";
}
