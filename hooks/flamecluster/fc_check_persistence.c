/* The rules of claims and of a cache with Pods of its own. The CRD has the same. */
#include "fc_parent.h"

#include "hk_name.h"
#include "hk_utf8.h"

#define CLIP(text) (int)hk_utf8_clip(text, 60), ((text).ptr ? (text).ptr : "")

struct checker {
    struct fc_parent *parent;
    struct hk_arena *arena;
};

static bool is_below_data(struct hk_str path)
{
    static const char folder[] = FC_DATA_DIR;
    const size_t len = sizeof folder - 1;
    return hk_str_has_prefix(path, HK_STR(FC_DATA_DIR)) &&
           (path.len == len || path.ptr[len] == '/');
}

struct hk_str fc_spec_cache_storage(const struct fc_spec *spec)
{
    const struct fc_object_cache *cache = &spec->cache;
    bool is_kept = fc_spec_has_caches(spec) && cache->persistence.is_set;
    return cache->storage.len == 0 && is_kept ? HK_STR(FC_DATA_DIR "/cache") : cache->storage;
}

/* Of a component's persistence, or of a member of it. */
static void problem(struct checker *c, const char *component, const char *member, const char *text)
{
    struct hk_str path = hk_arena_printf(c->arena, "spec.%s.persistence%s", component, member);
    if (path.ptr)
        fc_problem_add(c->parent, c->arena, path.ptr, "%s", text);
}

static void check_name(struct checker *c, const char *component, const char *member,
                       struct hk_str name)
{
    struct hk_str path = hk_arena_printf(c->arena, "spec.%s.persistence%s", component, member);
    if (path.ptr && name.len && !hk_name_is_dns1123_subdomain(name))
        fc_problem_add(
            c->parent, c->arena, path.ptr,
            "must be a DNS-1123 subdomain: at most 253 lower-case letters, digits, '-' and "
            "'.', each part beginning and ending with a letter or digit, is \"%.*s\"",
            CLIP(name));
}

static void check_claim(struct checker *c, const char *component, const struct fc_persistence *p)
{
    const unsigned pod = 1u << FC_READ_WRITE_ONCE_POD;
    if (!p->is_set)
        return;
    if (p->has_size && p->size.milli == 0)
        problem(c, component, ".size", "must be more than 0");
    if (p->access_modes & pod && p->access_modes != pod)
        problem(c, component, ".accessModes", "must have no other mode beside ReadWriteOncePod");
    check_name(c, component, ".storageClassName", p->storage_class);
    check_name(c, component, ".existingClaim", p->existing_claim);
    if (!p->has_size && p->existing_claim.len == 0)
        problem(c, component, "", "must have size, for a claim of its own, or existingClaim");
    else if (p->existing_claim.len && (p->has_size || p->has_storage_class || p->access_modes))
        problem(c, component, "", "must have nothing else beside existingClaim");
}

static void check_cache(struct checker *c)
{
    const struct fc_object_cache *cache = &c->parent->spec.cache;
    const struct fc_persistence *p = &cache->persistence;
    if (!p->is_set)
        return;
    if (!fc_spec_has_caches(&c->parent->spec))
        fc_problem_add(c->parent, c->arena, "spec.objectCache",
                       "persistence needs image: only a cache with Pods of its own has a claim");
    else if (p->existing_claim.len && cache->replicas > 1)
        fc_problem_add(c->parent, c->arena, "spec.objectCache",
                       "replicas must be at most 1 with persistence.existingClaim, is %lld",
                       (long long)cache->replicas);
    else if (cache->storage.len && !is_below_data(cache->storage))
        fc_problem_add(c->parent, c->arena, "spec.objectCache",
                       "storage must be " FC_DATA_DIR " or below it with persistence, is \"%.*s\"",
                       CLIP(cache->storage));
}

static bool has_resources(const struct fc_resources *resources)
{
    return resources->limits.count + resources->requests.count > 0;
}

/* Left over from, or meant for, a cache with Pods of its own. */
static void warn_cache(struct checker *c)
{
    const struct fc_component *cache = &c->parent->spec.cache.component;
    const struct {
        const char *path;
        bool is_set;
    } fields[] = {
        {"spec.objectCache.imagePullPolicy", cache->pull_policy != NULL},
        {"spec.objectCache.podTemplate", cache->pod_template.len > 0},
        {"spec.objectCache.replicas", c->parent->spec.cache.replicas != 1}, /* the default */
        {"spec.objectCache.resources", has_resources(&cache->resources)},
    };
    for (size_t i = 0; !cache->image.len && i < sizeof fields / sizeof *fields; i++)
        if (fields[i].is_set)
            fc_warning_add(c->parent, c->arena, "NoEffect", fields[i].path,
                           "does nothing without spec.objectCache.image: the executor managers "
                           "serve the cache");
}

/* What a claim cannot keep. */
static void warn_session(struct checker *c)
{
    const struct fc_session_manager *session = &c->parent->spec.session;
    struct hk_str storage = session->storage;
    const char *mark = storage.len ? memmem(storage.ptr, storage.len, "://", 3) : NULL;
    if (!session->persistence.is_set || storage.len == 0)
        return;
    struct hk_str path = storage;
    if (mark)
        path = (struct hk_str){mark + 3, storage.len - (size_t)(mark + 3 - storage.ptr)};
    bool is_relative = mark && path.len && !strchr("/:?", path.ptr[0]);
    if (!is_relative && !is_below_data(path))
        fc_warning_add(c->parent, c->arena, "NoEffect", "spec.sessionManager.persistence",
                       "keeps nothing: spec.sessionManager.storage is not below " FC_DATA_DIR
                       ", where the claim is mounted");
}

void fc_check_persistence(struct fc_parent *parent, struct hk_arena *arena)
{
    struct checker c = {parent, arena};
    check_claim(&c, "sessionManager", &parent->spec.session.persistence);
    check_claim(&c, "objectCache", &parent->spec.cache.persistence);
    check_cache(&c);
    warn_cache(&c);
    warn_session(&c);
}
