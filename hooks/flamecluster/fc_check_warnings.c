/* What a spec may ask for although it is mostly not what is meant: no errors, but named in the condition
 * SpecWarning. */
#include "fc_parent.h"

#include "hk_utf8.h"

#define CLIP(text) (int)hk_utf8_clip(text, 60), ((text).ptr ? (text).ptr : "")

struct checker {
    struct fc_parent *parent;
    struct hk_arena *arena;
};

static bool is_one_of(struct hk_str text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (hk_str_is(text, words[i]))
            return true;
    return false;
}

/* Flame takes what it knows; a newer Flame may know more than this operator does, so it is no
 * error. */
static void warn_unknown(struct checker *c, const char *path, struct hk_str value,
                         const char *const *known)
{
    if (value.len == 0 || is_one_of(value, known))
        return;
    fc_warning_add(c->parent, c->arena, "UnknownValue", path,
                   "\"%.*s\" is not known to Flame 0.6: it knows %s and %s", CLIP(value), known[0],
                   known[1]);
}

/* What follows the last character `c` of text, or absent. */
static struct hk_str after_last(struct hk_str text, char c)
{
    const char *at = text.len ? memrchr(text.ptr, c, text.len) : NULL;
    if (!at)
        return (struct hk_str){NULL, 0};
    return (struct hk_str){at + 1, text.len - (size_t)(at + 1 - text.ptr)};
}

/* "registry:5000/flame/x": the port is no tag. */
static struct hk_str image_tag(struct hk_str image)
{
    struct hk_str name = after_last(image, '/');
    return after_last(name.ptr ? name : image, ':');
}

static void warn_mutable(struct checker *c, const char *path, struct hk_str image)
{
    struct hk_str tag = image_tag(image);
    if (image.len == 0 || memchr(image.ptr, '@', image.len))
        return;
    if (tag.len == 0)
        fc_warning_add(
            c->parent, c->arena, "MutableImage", path,
            "\"%.*s\" has neither a tag nor a digest, so Pods may run different programs: "
            "name a version",
            CLIP(image));
    else if (hk_str_is(tag, "latest"))
        fc_warning_add(c->parent, c->arena, "MutableImage", path,
                       "\"%.*s\" changes under its name, so Pods may run different programs: name "
                       "a version",
                       CLIP(image));
}

/* A podTemplate with volumes of its own may have one below the database. */
static bool has_volumes(struct checker *c, struct hk_str template)
{
    static const char *const root[] = {"spec", NULL}, *const members[] = {"volumes", NULL};
    struct hk_scan s;
    struct hk_scan_iter it, inner;
    bool found = false;
    if (template.len == 0)
        return false;
    hk_scan_init(&s, template.ptr, template.len, c->arena, NULL);
    hk_scan_object(&s, &it);
    while (hk_scan_field(&s, &it, root) >= 0) {
        if (hk_scan_type(&s) != HK_JSON_OBJECT) {
            hk_scan_skip(&s);
            continue;
        }
        hk_scan_object(&s, &inner);
        while (hk_scan_field(&s, &inner, members) >= 0) {
            found = found || hk_scan_type(&s) == HK_JSON_ARRAY;
            hk_scan_skip(&s);
        }
    }
    return found;
}

static void warn_ephemeral(struct checker *c)
{
    const struct fc_session_manager *session = &c->parent->spec.session;
    struct hk_str storage = session->storage;
    if (!hk_str_has_prefix(storage, HK_STR("sqlite://")) ||
        memmem(storage.ptr, storage.len, "memory", sizeof "memory" - 1) ||
        session->persistence.is_set || has_volumes(c, session->component.pod_template))
        return;
    fc_warning_add(c->parent, c->arena, "EphemeralStorage", "spec.sessionManager.storage",
                   "lies on the Pod's own disk and is lost with the Pod: set "
                   "spec.sessionManager.persistence, or storage: none");
}

/* The first parameter behind the '?' that sqlite does not have, or absent. */
static struct hk_str unknown_parameter(struct hk_str uri)
{
    static const char *const known[] = {"mode", "cache", "immutable", "vfs", "", NULL};
    const char *end = uri.ptr + uri.len, *at = uri.len ? memchr(uri.ptr, '?', uri.len) : NULL;
    while (at) {
        struct hk_str key = {at + 1, (size_t)(end - (at + 1))};
        at = memchr(key.ptr, '&', key.len);
        key.len = at ? (size_t)(at - key.ptr) : key.len;
        const char *value = memchr(key.ptr, '=', key.len);
        key.len = value ? (size_t)(value - key.ptr) : key.len;
        if (!is_one_of(key, known))
            return key;
    }
    return (struct hk_str){NULL, 0};
}

static void warn_parameter(struct checker *c)
{
    struct hk_str storage = c->parent->spec.session.storage;
    if (!hk_str_has_prefix(storage, HK_STR("sqlite://")))
        return;
    struct hk_str key = unknown_parameter(storage);
    if (key.ptr)
        fc_warning_add(c->parent, c->arena, "UnknownValue", "spec.sessionManager.storage",
                       "has the parameter \"%.*s\", with which Flame 0.6 does not start: it knows "
                       "mode, cache, immutable and vfs",
                       CLIP(key));
}

void fc_warnings_check(struct fc_parent *parent, struct hk_arena *arena)
{
    struct checker c = {parent, arena};
    const struct fc_spec *spec = &parent->spec;
    warn_unknown(&c, "spec.sessionManager.policy", spec->session.policy,
                 (const char *const[]){"priority", "drf", NULL});
    warn_unknown(&c, "spec.executorManager.shim", spec->executor.shim,
                 (const char *const[]){"host", "wasm", NULL});
    warn_mutable(&c, "spec.executorManager.image", spec->executor.component.image);
    warn_mutable(&c, "spec.objectCache.image", spec->cache.component.image);
    warn_mutable(&c, "spec.sessionManager.image", spec->session.component.image);
    /* One path, one warning: what does not start comes before what is lost. */
    warn_parameter(&c);
    warn_ephemeral(&c);
}
