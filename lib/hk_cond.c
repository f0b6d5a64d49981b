/* hk_cond.c - conditions in and out. Whatever the status holds, reading it cannot fail a sync that would
 * mend it: a broken condition is left out. */
#include "hk_cond.h"

#include "hk_time.h"
#include "hk_utf8.h"

#define MESSAGE_MAX 32768

static const char *const status_words[] = {"Unknown", "True", "False"};

#define STATUS_COUNT (sizeof(status_words) / sizeof(status_words[0]))

static bool status_parse(struct hk_str text, enum hk_cond_status *status)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (hk_str_is(text, status_words[i])) {
            *status = (enum hk_cond_status)i;
            return true;
        }
    }
    return false;
}

enum field { TRANSITION_TIME, MESSAGE, GENERATION, REASON, STATUS, TYPE, FIELD_COUNT };

/* Members by hand, not by hk_scan_field: that one refuses a key that comes twice. The last counts. */
static void read_members(struct hk_scan *s, struct hk_str text[FIELD_COUNT])
{
    static const char *const names[] = {
        "lastTransitionTime", "message", "observedGeneration", "reason", "status", "type"};
    struct hk_scan_iter it;
    struct hk_str key;
    hk_scan_object(s, &it);
    while (hk_scan_member(s, &it, &key)) {
        size_t f = 0;
        while (f < FIELD_COUNT && !hk_str_is(key, names[f]))
            f++;
        enum hk_json_type type = hk_scan_type(s);
        if (f == GENERATION && type == HK_JSON_NUMBER)
            text[f] = hk_scan_raw(s);
        else if (f < FIELD_COUNT && f != GENERATION && type == HK_JSON_STRING)
            text[f] = hk_scan_str(s);
        else
            hk_scan_skip(s);
    }
}

/* 0 for what is no positive integer: a generation counts from 1. */
static int64_t generation_of(struct hk_str digits)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, INT64_C(10), &value) ||
            __builtin_add_overflow(value, (int64_t)(c - '0'), &value))
            return 0;
    }
    return value;
}

static void read_one(struct hk_cond_list *list, struct hk_scan *s)
{
    if (hk_scan_type(s) != HK_JSON_OBJECT) {
        hk_scan_skip(s);
        return;
    }
    struct hk_str text[FIELD_COUNT] = {{NULL, 0}};
    read_members(s, text);
    struct hk_cond cond = {.type = text[TYPE],
                           .reason = text[REASON],
                           .message = text[MESSAGE],
                           .observed_generation = generation_of(text[GENERATION])};
    if (s->failed || cond.type.len == 0 || !status_parse(text[STATUS], &cond.status) ||
        hk_cond_find(list, cond.type) || list->count == HK_COND_MAX)
        return;
    if (hk_time_parse(text[TRANSITION_TIME], &cond.since_s) < 0)
        cond.since_s = 0; /* not known */
    list->items[list->count++] = cond;
}

void hk_cond_read(struct hk_cond_list *list, struct hk_scan *s)
{
    struct hk_scan_iter it;
    list->count = 0;
    if (hk_scan_type(s) != HK_JSON_ARRAY) {
        hk_scan_skip(s);
        return;
    }
    hk_scan_array(s, &it);
    while (hk_scan_item(s, &it))
        read_one(list, s);
}

const struct hk_cond *hk_cond_find(const struct hk_cond_list *list, struct hk_str type)
{
    for (size_t i = 0; i < list->count; i++)
        if (hk_str_eq(list->items[i].type, type))
            return &list->items[i];
    return NULL;
}

void hk_cond_set(struct hk_cond_list *list, const struct hk_cond_list *before, struct hk_cond next,
                 int64_t now_s)
{
    const struct hk_cond *old = before ? hk_cond_find(before, next.type) : NULL;
    bool is_same = old && old->status == next.status && old->since_s != 0;
    next.since_s = is_same ? old->since_s : now_s;
    if (list->count < HK_COND_MAX)
        list->items[list->count++] = next;
}

/* metav1.Condition's limit, cut between characters. */
static struct hk_str clip(struct hk_str message)
{
    message.len = hk_utf8_clip(message, MESSAGE_MAX);
    return message;
}

void hk_cond_write(const struct hk_cond_list *list, struct hk_jw *w)
{
    char time[HK_TIME_SIZE];
    hk_jw_array(w);
    for (size_t i = 0; i < list->count; i++) {
        const struct hk_cond *cond = &list->items[i];
        /* Most conditions of an object flipped together. */
        if (i == 0 || cond->since_s != cond[-1].since_s)
            hk_time_format(cond->since_s, time);
        hk_jw_object(w);
        hk_jw_member_cstr(w, "lastTransitionTime", time);
        hk_jw_member_str(w, "message", clip(cond->message));
        hk_jw_member_int(w, "observedGeneration", cond->observed_generation);
        hk_jw_member_str(w, "reason", cond->reason);
        hk_jw_member_cstr(w, "status", status_words[cond->status]);
        hk_jw_member_str(w, "type", cond->type);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}
