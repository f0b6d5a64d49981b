/* The hook protocol: reading a request in one pass, and the small pieces of an answer (entity tag,
 * error body). It speaks no HTTP and knows no controller. */
#include "hk_hook.h"

#include "hk_hash.h"
#include "hk_jw.h"

/* A CompositeController lists its child kinds by hand, so a request with more is none of
 * Metacontroller's; the bound also keeps the search for duplicates cheap. */
#define KINDS_MAX 64

static const char *const HOOK_NAMES[] = {"sync", "finalize", "customize"};
_Static_assert(sizeof HOOK_NAMES / sizeof *HOOK_NAMES == HK_HOOK_COUNT, "a name for each hook");

const char *hk_hook_name(enum hk_hook hook)
{
    return HOOK_NAMES[hook];
}

void hk_call_release_body(struct hk_call *call)
{
    if (call->release && call->body.ptr)
        call->release(call);
    call->body = (struct hk_str){NULL, 0};
}

/* ---- controllers ---- */

const struct hk_controller *hk_controller_find(const struct hk_controller *const *table,
                                               struct hk_str name)
{
    for (; *table; table++)
        if (hk_str_is(name, (*table)->name))
            return *table;
    return NULL;
}

int hk_controller_run(const struct hk_controller *controller, enum hk_hook hook,
                      struct hk_call *call, struct hk_buf *out, struct hk_err *err)
{
    struct hk_err local = {.kind = HK_ERR_NONE};
    if (!err)
        err = &local;
    if (!controller->hooks[hook])
        return hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "controller %s has no %s hook",
                          controller->name, hk_hook_name(hook));
    size_t before = out->len;
    int result = controller->hooks[hook](call, out, err);
    if (result == 0 && !out->failed)
        return 0;
    if (result == 0)
        hk_err_memory(err);
    else if (err->kind == HK_ERR_NONE)
        hk_err_set(err, HK_ERR_INTERNAL, NULL, "the %s hook failed and named no cause",
                   hk_hook_name(hook));
    out->len = before;
    out->failed = false;
    return -1;
}

/* ---- requests ---- */

struct reading {
    const struct hk_request_reader *reader;
    void *arg;
    uint64_t *observed; /* counter of the children; NULL: nobody asks */
    struct hk_request *request;
};

/* What one of the two object maps is handed to; read may be NULL. */
struct sink {
    void (*read)(void *arg, const struct hk_object_key *key, struct hk_scan *s);
    void *arg;
    uint64_t *count; /* of the objects; NULL: nobody asks */
};

/* Is the next value an object? Else the scanner gets the verdict. */
static bool is_object_next(struct hk_scan *s)
{
    enum hk_json_type type = hk_scan_type(s);
    if (type == HK_JSON_OBJECT)
        return true;
    if (type != HK_JSON_NONE)
        hk_scan_fail(s, "must be an object, is %s", hk_json_type_name(type));
    else
        hk_scan_skip(s); /* no value at all: the scanner says what is broken */
    return false;
}

/* Hook v2 files namespaced objects under `namespace/name`, v1 under `name`; no name holds a slash.
 */
static void key_split(struct hk_object_key *key, struct hk_str text)
{
    const char *slash = memchr(text.ptr, '/', text.len);
    key->namespace = (struct hk_str){NULL, 0};
    key->name = text;
    if (!slash)
        return;
    key->namespace = (struct hk_str){text.ptr, (size_t)(slash - text.ptr)};
    key->name = (struct hk_str){slash + 1, text.len - key->namespace.len - 1};
}

static void read_objects_of_kind(struct hk_scan *s, struct hk_str kind, const struct sink *sink)
{
    struct hk_object_key key = {.kind = kind};
    struct hk_scan_iter it;
    struct hk_str text;
    hk_scan_object(s, &it);
    while (hk_scan_member(s, &it, &text)) {
        if (!is_object_next(s))
            return;
        key_split(&key, text);
        if (sink->count)
            ++*sink->count;
        if (sink->read)
            sink->read(sink->arg, &key, s);
        else
            hk_scan_skip(s);
    }
}

static bool is_kind_new(struct hk_scan *s, const struct hk_str *kinds, size_t count,
                        struct hk_str kind)
{
    for (size_t i = 0; i < count; i++)
        if (hk_str_eq(kinds[i], kind)) {
            hk_scan_fail(s, "must stand once, is a duplicate");
            return false;
        }
    if (count < KINDS_MAX)
        return true;
    hk_scan_fail(s, "must be one of at most %d kinds", KINDS_MAX);
    return false;
}

/* `children` or `related`: objects by kind and key. */
static void read_objects(struct hk_scan *s, const struct sink *sink)
{
    struct hk_str kinds[KINDS_MAX];
    size_t count = 0;
    struct hk_scan_iter it;
    struct hk_str kind;
    hk_scan_object(s, &it);
    while (hk_scan_member(s, &it, &kind)) {
        if (!is_kind_new(s, kinds, count, kind))
            return;
        kinds[count++] = kind;
        read_objects_of_kind(s, kind, sink);
    }
}

static void read_parent(struct hk_scan *s, struct reading *r)
{
    if (!is_object_next(s))
        return;
    r->request->has_parent = true;
    if (r->reader->parent)
        r->reader->parent(r->arg, s);
    else
        hk_scan_skip(s);
}

static void read_finalizing(struct hk_scan *s, struct hk_request *request)
{
    if (hk_scan_type(s) == HK_JSON_NULL)
        hk_scan_skip(s);
    else
        request->finalizing = hk_scan_bool(s);
}

static void read_request(struct hk_scan *s, struct reading *r)
{
    static const char *const names[] = {"parent", "children", "related", "finalizing", NULL};
    struct hk_scan_iter it;
    if (!is_object_next(s))
        return;
    hk_scan_object(s, &it);
    for (int field; (field = hk_scan_field(s, &it, names)) >= 0;)
        switch (field) {
        case 0:
            read_parent(s, r);
            break;
        case 1:
            read_objects(s, &(struct sink){r->reader->child, r->arg, r->observed});
            break;
        case 2:
            read_objects(s, &(struct sink){r->reader->related, r->arg, NULL});
            break;
        default:
            read_finalizing(s, r->request);
        }
}

int hk_request_read(struct hk_call *call, const struct hk_request_reader *reader, void *arg,
                    struct hk_request *request, struct hk_err *err)
{
    struct hk_scan s;
    struct reading r = {reader, arg, call->report ? &call->report->observed : NULL, request};
    *request = (struct hk_request){.finalizing = false};
    hk_scan_init(&s, call->body.ptr, call->body.len, call->arena, err);
    read_request(&s, &r);
    if (hk_scan_end(&s))
        return -1;
    if (!request->has_parent)
        return hk_err_set(err, HK_ERR_INVALID, "parent", "is required");
    return 0;
}

int hk_related_read(struct hk_call *call,
                    void (*related)(void *arg, const struct hk_object_key *key, struct hk_scan *s),
                    void *arg, struct hk_err *err)
{
    struct hk_scan s;
    if (call->related.len == 0)
        return 0;
    hk_scan_init(&s, call->related.ptr, call->related.len, call->arena, err);
    read_objects(&s, &(struct sink){related, arg, NULL});
    return hk_scan_end(&s);
}

/* ---- answers ---- */

void hk_etag(struct hk_str body, char etag[HK_ETAG_SIZE])
{
    _Static_assert(HK_ETAG_SIZE == HK_HASH128_SIZE + 2, "two quotes around the digits");
    etag[0] = '"';
    hk_hash128_hex(body, etag + 1);
    memcpy(etag + HK_ETAG_SIZE - 2, "\"", 2);
}

bool hk_etag_matches(const char *if_none_match, const char *etag)
{
    size_t len = strlen(etag);
    const char *p = if_none_match + strspn(if_none_match, " \t,");
    if (*p == '*')
        return p[1 + strspn(p + 1, " \t,")] == '\0';
    while (*p) {
        if (p[0] == 'W' && p[1] == '/')
            p += 2;
        const char *close = *p == '"' ? strchr(p + 1, '"') : NULL;
        if (close && (size_t)(close + 1 - p) == len && memcmp(p, etag, len) == 0)
            return true;
        p = close ? close + 1 : p + strcspn(p, ",");
        p += strspn(p, " \t,");
    }
    return false;
}

void hk_error_body(const struct hk_err *err, struct hk_buf *out)
{
    struct hk_jw w;
    hk_jw_init(&w, out);
    hk_jw_object(&w);
    hk_jw_member_object(&w, "error");
    hk_jw_member_cstr(&w, "kind", hk_err_word(err->kind));
    hk_jw_member_cstr(&w, "message", err->text);
    hk_jw_member_cstr(&w, "path", err->path);
    hk_jw_object_end(&w);
    hk_jw_object_end(&w);
}
