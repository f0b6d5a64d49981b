#include "fc_related.h"

#include "hk_base64.h"
#include "hk_jw.h"
#include "hk_name.h"
#include "hk_utf8.h"

/* ---- reading ---- */

static void read_metadata(struct hk_scan *s, struct hk_arena *arena, struct fc_secret *secret)
{
    static const char *const names[] = {"resourceVersion", "uid", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        *(f == 0 ? &secret->version : &secret->uid) = hk_arena_copy(arena, hk_scan_str_or_null(s));
}

void fc_related_read(struct fc_related *related, struct hk_arena *arena,
                     const struct hk_object_key *key, struct hk_scan *s)
{
    static const char *const names[] = {"data", "metadata", "stringData", NULL};
    struct fc_secret secret = {.namespace = hk_arena_copy(arena, key->namespace),
                               .name = hk_arena_copy(arena, key->name)};
    struct hk_scan_iter it;
    if (!hk_str_is(key->kind, "Secret.v1")) {
        hk_scan_skip(s);
        return;
    }
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 1)
            read_metadata(s, arena, &secret);
        else
            *(f == 0 ? &secret.data : &secret.string_data) = hk_scan_raw_copy(s);
    struct fc_secret *items =
        hk_arena_grow(arena, related->items, related->count, &related->cap, sizeof secret);
    if (s->failed || !items)
        return;
    related->items = items;
    items[related->count++] = secret;
}

/* ---- the customize hook ---- */

#define NAMES_MAX 3

/* Ascending, each once, and only what can be a name: the API server is asked for them. */
static size_t secret_names(const struct fc_spec *spec, struct hk_str names[NAMES_MAX])
{
    const struct hk_str named[] = {spec->session.storage_from.name, spec->tls.secret_name,
                                   spec->tls.client_ca};
    size_t count = 0;
    for (size_t i = 0; i < NAMES_MAX; i++) {
        size_t at = 0;
        if (!hk_name_is_dns1123_subdomain(named[i]))
            continue;
        while (at < count && hk_str_cmp(names[at], named[i]) < 0)
            at++;
        if (at < count && hk_str_eq(names[at], named[i]))
            continue;
        memmove(names + at + 1, names + at, (count - at) * sizeof *names);
        names[at] = named[i];
        count++;
    }
    return count;
}

void fc_related_write_rules(const struct fc_parent *parent, struct hk_jw *w)
{
    struct hk_str names[NAMES_MAX];
    size_t count = secret_names(&parent->spec, names);
    hk_jw_object(w);
    hk_jw_member_array(w, "relatedResources");
    if (count > 0) {
        hk_jw_object(w);
        hk_jw_member_cstr(w, "apiVersion", "v1");
        hk_jw_member_array(w, "names");
        for (size_t i = 0; i < count; i++)
            hk_jw_str(w, names[i]);
        hk_jw_array_end(w);
        if (parent->namespace.len)
            hk_jw_member_str(w, "namespace", parent->namespace);
        hk_jw_member_cstr(w, "resource", "secrets");
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
    hk_jw_object_end(w);
}

/* ---- resolving ---- */

struct resolver {
    const struct fc_parent *parent;
    const struct fc_related *related;
    struct hk_arena *arena;
    struct fc_references *out;
};

/* Where a value is asked for. */
struct place {
    const char *path;
    struct hk_str secret, key;
};

static void fail(struct resolver *r, const char *reason, struct hk_str message)
{
    struct fc_references *out = r->out;
    out->reason = out->reason ? out->reason : reason;
    out->message = hk_arena_printf(r->arena, "%.*s%s%.*s", HK_STR_ARG(out->message),
                                   out->message.len ? "; " : "", HK_STR_ARG(message));
}

static void fail_value(struct resolver *r, const struct place *place, const char *rule)
{
    fail(r, "SecretInvalid",
         hk_arena_printf(r->arena, "%s: key %.*s of Secret \"%.*s\" %s", place->path,
                         HK_STR_ARG(place->key), HK_STR_ARG(place->secret), rule));
}

/* Files may leave namespaces out; of several that then fit it is the same one whatever their order. */
static const struct fc_secret *find(const struct resolver *r, struct hk_str name)
{
    struct hk_str namespace = r->parent->namespace;
    const struct fc_secret *found = NULL;
    for (size_t i = 0; i < r->related->count; i++) {
        const struct fc_secret *secret = &r->related->items[i];
        bool is_here = namespace.len == 0 || secret->namespace.len == 0 ||
                       hk_str_eq(secret->namespace, namespace);
        if (is_here && hk_str_eq(secret->name, name) &&
            (!found || hk_str_cmp(secret->namespace, found->namespace) < 0))
            found = secret;
    }
    return found;
}

static const struct fc_secret *need_secret(struct resolver *r, const struct place *place)
{
    const struct fc_secret *secret = find(r, place->secret);
    if (!secret)
        fail(r, "SecretNotFound",
             hk_arena_printf(r->arena, "%s: Secret \"%.*s\" does not exist", place->path,
                             HK_STR_ARG(place->secret)));
    return secret;
}

/* The value of a key; absent: there is none, which is reported. */
static struct hk_str need_value(struct resolver *r, const struct fc_secret *secret,
                                const struct place *place)
{
    struct hk_str value = fc_raw_member(secret->string_data, place->key.ptr, r->arena);
    if (value.ptr)
        return value;
    struct hk_str text = fc_raw_member(secret->data, place->key.ptr, r->arena);
    if (!text.ptr)
        fail(r, "SecretKeyNotFound",
             hk_arena_printf(r->arena, "%s: Secret \"%.*s\" has no key %.*s", place->path,
                             HK_STR_ARG(place->secret), HK_STR_ARG(place->key)));
    else if (!hk_base64_decode(text, r->arena, &value))
        fail_value(r, place, "is not base64");
    return value;
}

static bool is_utf8(struct hk_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr, *end = p + text.len;
    for (size_t len; p < end; p += len)
        if ((len = hk_utf8_next(p, end)) == 0)
            return false;
    return true;
}

/* Not even how long it is shows in the words. */
static const char *storage_problem(struct hk_str value)
{
    if (value.len == 0)
        return "is empty";
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
            return "must not hold control characters or line breaks (was it made with echo "
                   "instead of printf?)";
    if (value.len > FC_TEXT_MAX || !is_utf8(value))
        return "must be UTF-8 text of at most 1024 bytes";
    return fc_storage_check(value);
}

static void resolve_storage(struct resolver *r)
{
    const struct fc_secret_key *from = &r->parent->spec.session.storage_from;
    const struct place place = {"spec.sessionManager.storageFrom", from->name, from->key};
    const struct fc_secret *secret = need_secret(r, &place);
    struct hk_str value = secret ? need_value(r, secret, &place) : (struct hk_str){NULL, 0};
    if (!value.ptr)
        return;
    const char *wrong = storage_problem(value);
    if (wrong) {
        fail_value(r, &place, wrong);
        return;
    }
    r->out->storage = value;
    r->out->storage_version = hk_arena_printf(r->arena, "%.*s/%.*s", HK_STR_ARG(secret->uid),
                                              HK_STR_ARG(secret->version));
}

/* Flame exits on anything else, so a Pod is better not replaced for it. */
static struct hk_str need_pem(struct resolver *r, const struct fc_secret *secret,
                              const struct place *place, const char *kind)
{
    struct hk_str value = need_value(r, secret, place);
    if (!value.ptr)
        return value;
    if (value.len && memmem(value.ptr, value.len, "-----BEGIN ", 11) &&
        memmem(value.ptr, value.len, kind, strlen(kind)))
        return value;
    fail_value(r, place, "must be PEM");
    return (struct hk_str){NULL, 0};
}

static void resolve_tls(struct resolver *r)
{
    const struct fc_tls *tls = &r->parent->spec.tls;
    const bool has_own_ca = tls->client_ca.len > 0;
    struct place place = {"spec.tls.secretName", tls->secret_name, HK_STR("tls.crt")};
    const struct fc_secret *secret = need_secret(r, &place);
    struct hk_str certificate = {NULL, 0}, ca = {NULL, 0};
    if (secret) {
        certificate = need_pem(r, secret, &place, "CERTIFICATE-----");
        place.key = HK_STR("tls.key");
        (void)need_pem(r, secret, &place, "PRIVATE KEY-----");
    }
    place.key = HK_STR("ca.crt");
    if (has_own_ca) {
        place = (struct place){"spec.tls.clientCA", tls->client_ca, HK_STR("ca.crt")};
        secret = need_secret(r, &place);
    }
    if (secret)
        ca = need_pem(r, secret, &place, "CERTIFICATE-----");
    r->out->ca_secret = place.secret;
    hk_hash64_hex(ca, r->out->client_hash);
    hk_hash64_hex(hk_arena_printf(r->arena, "%.*s\n%.*s", HK_STR_ARG(certificate), HK_STR_ARG(ca)),
                  r->out->server_hash);
}

void fc_references_resolve(const struct fc_parent *parent, const struct fc_related *related,
                           struct hk_arena *arena, struct fc_references *out)
{
    struct resolver r = {parent, related, arena, out};
    const struct fc_secret_key *from = &parent->spec.session.storage_from;
    const struct fc_tls *tls = &parent->spec.tls;
    *out = (struct fc_references){.reason = NULL};
    if (from->name.len && from->key.len) {
        out->has_any = true;
        resolve_storage(&r);
    }
    if (tls->secret_name.len) {
        out->has_any = true;
        resolve_tls(&r);
    }
}
