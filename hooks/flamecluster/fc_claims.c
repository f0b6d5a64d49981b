#include "fc_claims.h"

/* Claims that a warning names; the others are only counted. */
#define NAMED_MAX 3

struct maker {
    struct fc_parent *parent;
    const struct fc_observed *observed;
    struct hk_arena *arena;
    struct fc_claims *out;
};

/* What an observed claim is. */
struct seen {
    struct hk_str modes[FC_CLAIM_MODES_MAX];
    size_t mode_count;
    struct hk_str storage_class, size, phase;
    bool has_storage_class;
};

static const char *const mode_names[FC_ACCESS_MODE_COUNT] = {
    [FC_READ_WRITE_ONCE] = "ReadWriteOnce",
    [FC_READ_WRITE_MANY] = "ReadWriteMany",
    [FC_READ_WRITE_ONCE_POD] = "ReadWriteOncePod",
};

/* ---- an observed claim ---- */

static void read_modes(struct hk_scan *s, struct seen *seen)
{
    struct hk_scan_iter list;
    hk_scan_array(s, &list);
    while (hk_scan_item(s, &list)) {
        struct hk_str mode = hk_scan_str_or_null(s);
        if (seen->mode_count < FC_CLAIM_MODES_MAX)
            seen->modes[seen->mode_count++] = mode;
    }
}

static void read_size(struct hk_scan *s, struct seen *seen)
{
    static const char *const outer[] = {"requests", NULL}, *const inner[] = {"storage", NULL};
    struct hk_scan_iter it, requests;
    hk_scan_object(s, &it);
    while (hk_scan_field(s, &it, outer) >= 0) {
        hk_scan_object(s, &requests);
        while (hk_scan_field(s, &requests, inner) >= 0)
            seen->size = hk_scan_str_or_null(s);
    }
}

/* false: nothing is known of it, as of a child that anybody may have written. */
static bool read_seen(const struct fc_object *object, struct hk_arena *arena, struct seen *seen)
{
    static const char *const names[] = {"accessModes", "resources", "storageClassName", NULL};
    struct hk_scan s;
    struct hk_scan_iter it;
    *seen = (struct seen){.phase = fc_raw_member(object->status, "phase", arena)};
    if (object->spec.len == 0)
        return false;
    hk_scan_init(&s, object->spec.ptr, object->spec.len, arena, NULL);
    hk_scan_object(&s, &it);
    for (int f; (f = hk_scan_field(&s, &it, names)) >= 0;)
        if (f == 0) {
            read_modes(&s, seen);
        } else if (f == 1) {
            read_size(&s, seen);
        } else {
            seen->storage_class = hk_scan_str_or_null(&s);
            seen->has_storage_class = seen->storage_class.ptr != NULL;
        }
    return !s.failed && seen->mode_count > 0;
}

/* ---- one that is asked for ---- */

/* "" without memory, which the arena remembers. */
static const char *path_of(const struct maker *m, const char *component, const char *member)
{
    struct hk_str path = hk_arena_printf(m->arena, "spec.%s.persistence.%s", component, member);
    return path.ptr ? path.ptr : "";
}

static struct hk_str join_modes(const struct maker *m, const struct hk_str *modes, size_t count)
{
    struct hk_str text = HK_STR("");
    for (size_t i = 0; i < count; i++)
        text = hk_arena_printf(m->arena, "%.*s%s%.*s", HK_STR_ARG(text), i ? ", " : "",
                               HK_STR_ARG(modes[i]));
    return text;
}

/* As sets: their order says nothing. */
static bool has_same_modes(const struct fc_claim *claim, const struct seen *seen)
{
    size_t found = 0;
    for (size_t i = 0; i < claim->mode_count; i++)
        for (size_t k = 0; k < seen->mode_count; k++)
            found += hk_str_eq(claim->access_modes[i], seen->modes[k]);
    return found == claim->mode_count && found == seen->mode_count;
}

static void keep_modes(const struct maker *m, struct fc_claim *claim, const struct seen *seen,
                       const char *component)
{
    if (!has_same_modes(claim, seen))
        fc_warning_add(m->parent, m->arena, "ClaimImmutable", path_of(m, component, "accessModes"),
                       "claim %.*s was made with %.*s and keeps it: a claim's modes cannot "
                       "be changed",
                       HK_STR_ARG(claim->name),
                       HK_STR_ARG(join_modes(m, seen->modes, seen->mode_count)));
    memcpy(claim->access_modes, seen->modes, sizeof seen->modes);
    claim->mode_count = seen->mode_count;
}

/* Also a class that the API server chose: from then on it is part of the claim. */
static void keep_class(const struct maker *m, struct fc_claim *claim, const struct seen *seen,
                       const char *component)
{
    if (claim->has_storage_class &&
        !(seen->has_storage_class && hk_str_eq(claim->storage_class, seen->storage_class)))
        fc_warning_add(m->parent, m->arena, "ClaimImmutable",
                       path_of(m, component, "storageClassName"),
                       "claim %.*s was made with the class \"%.*s\" and keeps it: a claim's "
                       "class cannot be changed",
                       HK_STR_ARG(claim->name), HK_STR_ARG(seen->storage_class));
    claim->has_storage_class = seen->has_storage_class;
    claim->storage_class = seen->storage_class;
}

/* An API server lets no claim grow before it is bound, and none shrink. */
static void keep_size(const struct maker *m, struct fc_claim *claim, const struct seen *seen,
                      const char *component)
{
    struct hk_qty wanted, found;
    if (hk_qty_parse(seen->size, &found, NULL) != 0 ||
        hk_qty_parse(claim->size, &wanted, NULL) != 0)
        return;
    int order = hk_qty_cmp(&found, &wanted);
    if (order > 0)
        fc_warning_add(m->parent, m->arena, "ClaimNotShrunk", path_of(m, component, "size"),
                       "claim %.*s has %.*s already and is not made smaller, to %.*s",
                       HK_STR_ARG(claim->name), HK_STR_ARG(seen->size), HK_STR_ARG(claim->size));
    if (order > 0 || !hk_str_is(seen->phase, "Bound"))
        claim->size = seen->size;
}

static void want(struct fc_claim *claim, const struct fc_persistence *p, struct hk_str size)
{
    claim->size = size;
    claim->storage_class = p->storage_class;
    claim->has_storage_class = p->has_storage_class;
    for (unsigned mode = 0; mode < FC_ACCESS_MODE_COUNT; mode++)
        if (p->access_modes & 1u << mode)
            claim->access_modes[claim->mode_count++] = hk_str_of(mode_names[mode]);
    if (claim->mode_count == 0)
        claim->access_modes[claim->mode_count++] = HK_STR("ReadWriteOnce");
}

static void add_claim(const struct maker *m, const char *component, struct hk_str name,
                      const struct fc_persistence *p)
{
    bool is_session = hk_str_is(hk_str_of(component), "sessionManager");
    struct fc_claim *claim = &m->out->items[m->out->count++];
    const struct fc_object *object = fc_observed_find(m->observed, FC_CLAIM_KIND, name);
    struct seen seen;
    *claim = (struct fc_claim){
        .name = name,
        .app = is_session ? "flame-session-manager" : "flame-object-cache",
        .is_observed = object != NULL,
    };
    want(claim, p, hk_arena_copy(m->arena, hk_str_of(p->size.text)));
    if (!object || !read_seen(object, m->arena, &seen))
        return;
    keep_modes(m, claim, &seen, component);
    keep_class(m, claim, &seen, component);
    keep_size(m, claim, &seen, component);
}

/* ---- those that nothing asks for ---- */

static bool is_wanted(const struct fc_claims *claims, struct hk_str name)
{
    for (size_t i = 0; i < claims->count; i++)
        if (hk_str_eq(claims->items[i].name, name))
            return true;
    return false;
}

static bool is_adopted(const struct fc_spec *spec, struct hk_str name)
{
    return hk_str_eq(spec->session.persistence.existing_claim, name) ||
           hk_str_eq(spec->cache.persistence.existing_claim, name);
}

struct naming {
    struct hk_str words;
    size_t count;
};

static void name_one(const struct maker *m, struct naming *naming, struct hk_str name)
{
    if (naming->count++ < NAMED_MAX)
        naming->words = hk_arena_printf(m->arena, "%.*s%s%.*s", HK_STR_ARG(naming->words),
                                        naming->count > 1 ? ", " : "", HK_STR_ARG(name));
}

static struct hk_str more_of(const struct maker *m, const struct naming *naming)
{
    if (naming->count <= NAMED_MAX)
        return HK_STR("");
    return hk_arena_printf(m->arena, " and %zu more", naming->count - NAMED_MAX);
}

static void warn_unused(const struct maker *m, const char *path, const struct naming *naming)
{
    struct hk_str more = more_of(m, naming);
    if (naming->count == 0)
        return;
    fc_warning_add(m->parent, m->arena, "ClaimUnused", path,
                   "claim%s %.*s%.*s %s used no more, but kept until the FlameCluster is deleted: "
                   "`kubectl delete pvc` removes what is not needed, with what it holds",
                   naming->count == 1 ? "" : "s", HK_STR_ARG(naming->words), HK_STR_ARG(more),
                   naming->count == 1 ? "is" : "are");
}

/* One that is on its way already is not asked for: it would be made anew. */
static void keep_unused(const struct maker *m)
{
    const struct fc_parent *parent = m->parent;
    struct naming session = {HK_STR(""), 0}, cache = {HK_STR(""), 0};
    for (size_t i = 0; i < m->observed->object_count; i++) {
        const struct fc_object *object = &m->observed->objects[i];
        if (!hk_str_is(object->kind, FC_CLAIM_KIND) || object->is_terminating ||
            is_wanted(m->out, object->name))
            continue;
        m->out->unused[m->out->unused_count++] = object;
        bool is_session = hk_str_eq(object->name, parent->names.session_manager);
        if (!is_adopted(&parent->spec, object->name))
            name_one(m, is_session ? &session : &cache, object->name);
    }
    warn_unused(m, "spec.sessionManager.persistence", &session);
    warn_unused(m, "spec.objectCache.persistence", &cache);
}

/* Nothing that needs them comes before they are there, and an API server may refuse to make them. */
static void name_missing(const struct maker *m)
{
    struct naming missing = {HK_STR(""), 0};
    for (size_t i = 0; i < m->out->count; i++)
        if (!m->out->items[i].is_observed)
            name_one(m, &missing, m->out->items[i].name);
    if (missing.count)
        m->out->missing = hk_arena_printf(m->arena, "waiting for PersistentVolumeClaim%s %.*s%.*s",
                                          missing.count == 1 ? "" : "s", HK_STR_ARG(missing.words),
                                          HK_STR_ARG(more_of(m, &missing)));
}

/* ---- all ---- */

int fc_claims_make(struct fc_parent *parent, const struct fc_observed *observed,
                   struct hk_arena *arena, struct fc_claims *out, struct hk_err *err)
{
    const struct maker m = {parent, observed, arena, out};
    const struct fc_object_cache *cache = &parent->spec.cache;
    const struct fc_persistence *session = &parent->spec.session.persistence;
    size_t caches = fc_spec_has_caches(&parent->spec) && cache->persistence.has_size
                        ? (size_t)cache->replicas
                        : 0;
    *out = (struct fc_claims){
        .items = hk_arena_alloc(arena, (1 + caches) * sizeof *out->items),
        .unused = hk_arena_alloc(arena, (1 + observed->object_count) * sizeof *out->unused),
    };
    if (!out->items || !out->unused)
        return hk_err_memory(err);
    if (session->has_size)
        add_claim(&m, "sessionManager", parent->names.session_manager, session);
    out->first_cache = out->count;
    for (size_t i = 0; i < caches; i++)
        add_claim(&m, "objectCache",
                  hk_arena_printf(arena, "%.*s%zu", HK_STR_ARG(parent->names.cache_prefix), i),
                  &cache->persistence);
    keep_unused(&m);
    name_missing(&m);
    return arena->failed ? hk_err_memory(err) : 0;
}

bool fc_claims_has_session(const struct fc_claims *claims)
{
    return claims->first_cache == 0 || claims->items[0].is_observed;
}

bool fc_claims_has_cache(const struct fc_claims *claims, int64_t index)
{
    size_t at = claims->first_cache + (size_t)index;
    return at >= claims->count || claims->items[at].is_observed;
}
