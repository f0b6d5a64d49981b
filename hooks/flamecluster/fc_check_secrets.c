/* The rules of the fields that name Secrets for the operator to read: storageFrom and tls. */
#include "fc_parent.h"

#include "hk_name.h"
#include "hk_utf8.h"

#define STORAGE_FROM "spec.sessionManager.storageFrom"
#define SECRET_NAME_RULE                                                                           \
    "must be a DNS-1123 subdomain: at most 253 lower-case letters, digits, '-' and '.', each "     \
    "part beginning and ending with a letter or digit"

static void problem(struct fc_parent *parent, struct hk_arena *arena, const char *path,
                    const char *rule, struct hk_str found)
{
    fc_problem_add(parent, arena, path, "%s, is \"%.*s\"", rule, (int)hk_utf8_clip(found, 60),
                   found.ptr);
}

/* The operator writes a Secret itself; reading from it would feed on its own words. */
static void check_secret_name(struct fc_parent *parent, struct hk_arena *arena, const char *path,
                              struct hk_str name)
{
    if (name.len == 0)
        fc_problem_add(parent, arena, path, "is required: the name of a Secret");
    else if (!hk_name_is_dns1123_subdomain(name))
        problem(parent, arena, path, SECRET_NAME_RULE, name);
    else if (hk_str_eq(name, parent->names.config))
        problem(parent, arena, path, "must not be the Secret that the operator writes itself",
                name);
}

static bool is_secret_key(struct hk_str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return key.len <= 253 && !hk_str_is(key, ".") && !hk_str_has_prefix(key, HK_STR(".."));
}

static void check_storage_from(struct fc_parent *parent, struct hk_arena *arena)
{
    const struct fc_secret_key *from = &parent->spec.session.storage_from;
    if (!from->is_set)
        return;
    if (parent->spec.session.storage.len)
        fc_problem_add(parent, arena, STORAGE_FROM,
                       "must not stand beside storage: remove one of the two");
    if (!from->has_ref) {
        fc_problem_add(parent, arena, STORAGE_FROM ".secretKeyRef",
                       "is required: name and key of a Secret");
        return;
    }
    check_secret_name(parent, arena, STORAGE_FROM ".secretKeyRef.name", from->name);
    if (from->key.len == 0)
        fc_problem_add(parent, arena, STORAGE_FROM ".secretKeyRef.key",
                       "is required: a key of the Secret");
    else if (!is_secret_key(from->key))
        problem(parent, arena, STORAGE_FROM ".secretKeyRef.key",
                "must be at most 253 letters, digits, '-', '_' and '.', and neither . nor begin "
                "with ..",
                from->key);
}

void fc_check_secrets(struct fc_parent *parent, struct hk_arena *arena)
{
    const struct fc_tls *tls = &parent->spec.tls;
    struct hk_str folder = parent->spec.cache.storage;
    check_storage_from(parent, arena);
    if (!tls->is_set)
        return;
    if (hk_str_is(folder, "/etc/flame-tls") || hk_str_has_prefix(folder, HK_STR("/etc/flame-tls/")))
        problem(parent, arena, "spec.objectCache.storage", "must not hide /etc/flame-tls", folder);
    check_secret_name(parent, arena, "spec.tls.secretName", tls->secret_name);
    if (tls->client_ca.len)
        check_secret_name(parent, arena, "spec.tls.clientCA", tls->client_ca);
}
