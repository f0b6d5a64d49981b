#include "hk_cond.h"

#include "hk_time.h"

#define MESSAGE_MAX 32768

static enum hk_cond_status status_parse(struct hk_str text)
{
    if (hk_str_is(text, "True"))
        return HK_COND_TRUE;
    return hk_str_is(text, "False") ? HK_COND_FALSE : HK_COND_UNKNOWN;
}

static const char *status_word(enum hk_cond_status status)
{
    static const char *const words[] = {"Unknown", "True", "False"};
    return words[status];
}

static void read_one(struct hk_cond_list *list, struct hk_scan *s)
{
    static const char *const names[] = {
        "lastTransitionTime", "message", "reason", "status", "type", NULL};
    struct hk_str text[5] = {{NULL, 0}};
    struct hk_cond cond = {.status = HK_COND_UNKNOWN};
    struct hk_scan_iter it;
    if (hk_scan_type(s) != HK_JSON_OBJECT) {
        hk_scan_skip(s);
        return;
    }
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (hk_scan_type(s) == HK_JSON_STRING)
            text[f] = hk_scan_str(s);
        else
            hk_scan_skip(s);
    cond.type = text[4];
    cond.status = status_parse(text[3]);
    cond.reason = text[2];
    cond.message = text[1];
    if (hk_time_parse(text[0], &cond.since_s) != 0)
        cond.since_s = 0;
    if (cond.type.len && list->count < HK_COND_MAX)
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
    if (message.len <= MESSAGE_MAX)
        return message;
    message.len = MESSAGE_MAX;
    while (message.len > 0 && ((unsigned char)message.ptr[message.len] & 0xc0) == 0x80)
        message.len--;
    return message;
}

void hk_cond_write(const struct hk_cond_list *list, struct hk_jw *w)
{
    char time[HK_TIME_SIZE];
    hk_jw_array(w);
    for (size_t i = 0; i < list->count; i++) {
        const struct hk_cond *cond = &list->items[i];
        hk_time_format(cond->since_s, time);
        hk_jw_object(w);
        hk_jw_member_cstr(w, "lastTransitionTime", time);
        hk_jw_member_str(w, "message", clip(cond->message));
        hk_jw_member_int(w, "observedGeneration", cond->observed_generation);
        hk_jw_member_str(w, "reason", cond->reason);
        hk_jw_member_cstr(w, "status", status_word(cond->status));
        hk_jw_member_str(w, "type", cond->type);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}
