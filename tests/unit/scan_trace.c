#include "scan_trace.h"

#include "hk_scan.h"

static void mix(struct scan_trace *out, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++)
        out->hash = (out->hash ^ p[i]) * UINT64_C(0x100000001b3);
    out->hash = (out->hash ^ 0xff) * UINT64_C(0x100000001b3); /* ends the piece */
}

static void number(struct hk_scan *s, struct scan_trace *out)
{
    struct hk_scan probe = *s; /* a number that is no integer is good here */
    probe.err = NULL;
    int64_t value = hk_scan_int(&probe);
    mix(out, &value, sizeof(value));
    mix(out, &probe.failed, sizeof(probe.failed));
    struct hk_str raw = hk_scan_raw(s);
    mix(out, raw.ptr, raw.len);
}

static void value(struct hk_scan *s, struct scan_trace *out)
{
    struct hk_scan_iter it;
    struct hk_str text;
    enum hk_json_type type = hk_scan_type(s);
    mix(out, &type, sizeof(type));
    switch (type) {
    case HK_JSON_STRING:
        text = hk_scan_str(s);
        mix(out, text.ptr, text.len);
        break;
    case HK_JSON_NUMBER:
        number(s, out);
        break;
    case HK_JSON_ARRAY:
        for (hk_scan_array(s, &it); hk_scan_item(s, &it);)
            value(s, out);
        break;
    case HK_JSON_OBJECT:
        for (hk_scan_object(s, &it); hk_scan_member(s, &it, &text);) {
            mix(out, text.ptr, text.len);
            value(s, out);
        }
        break;
    case HK_JSON_BOOL:
        mix(out, hk_scan_bool(s) ? "t" : "f", 1);
        break;
    default:
        hk_scan_skip(s);
    }
}

void scan_trace(const char *text, size_t len, struct scan_trace *out)
{
    struct hk_arena arena;
    struct hk_scan s;
    *out = (struct scan_trace){.hash = UINT64_C(0xcbf29ce484222325)};
    hk_arena_init(&arena);
    hk_scan_init(&s, text, len, &arena, &out->skipped);
    hk_scan_skip(&s);
    int skipped = hk_scan_end(&s);
    hk_scan_init(&s, text, len, &arena, &out->read);
    value(&s, out);
    int read = hk_scan_end(&s);
    mix(out, &skipped, sizeof(skipped));
    mix(out, &read, sizeof(read));
    hk_arena_fini(&arena);
}
