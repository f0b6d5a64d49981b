#include "fc_config.h"

#include "hk_base64.h"
#include "hk_yaml.h"

#include <stdio.h>

struct writer {
    struct hk_yaml_emit *yaml;
    struct hk_str storage;
};

static void key(struct writer *w, const char *name)
{
    hk_yaml_emit_str(w->yaml, hk_str_of(name), HK_YAML_PLAIN);
}

/* An empty string is never the same as an absent key to Flame: it picks a random network interface,
 * or exits. So nothing is written for it. */
static void member(struct writer *w, const char *name, struct hk_str value,
                   enum hk_yaml_style style)
{
    if (value.len == 0)
        return;
    key(w, name);
    hk_yaml_emit_str(w->yaml, value, style);
}

static void map(struct writer *w, const char *name)
{
    key(w, name);
    hk_yaml_emit_map(w->yaml);
}

static void limits(struct writer *w, int64_t max_executors)
{
    map(w, "limits");
    key(w, "max_executors");
    hk_yaml_emit_int(w->yaml, max_executors ? max_executors : 1);
    hk_yaml_emit_map_end(w->yaml);
}

/* Flame exits, with status 0, on a policy that it does not know. */
static void policies(struct writer *w, struct hk_str policy)
{
    if (!hk_str_is(policy, "priority") && !hk_str_is(policy, "drf"))
        return;
    key(w, "policies");
    hk_yaml_emit_seq(w->yaml);
    hk_yaml_emit_str(w->yaml, policy, HK_YAML_PLAIN);
    hk_yaml_emit_seq_end(w->yaml);
}

/* A relative path, and so Flame's own default, lies in the image's folder, which is root's and goes with the Pod: a
 * Pod of another user, or with a claim, keeps its sessions in its volume. ":memory:" and "?mode=memory" are no
 * paths. */
static struct hk_str storage_in_volume(struct hk_str storage, const struct fc_spec *spec,
                                       struct hk_arena *arena)
{
    if (!spec->is_restricted && !spec->session.persistence.is_set)
        return storage;
    if (storage.len == 0)
        return HK_STR("sqlite://" FC_DATA_DIR "/flame.db");
    const char *mark = memmem(storage.ptr, storage.len, "://", 3);
    size_t scheme = mark ? (size_t)(mark - storage.ptr) + 3 : storage.len;
    if (scheme == storage.len || strchr("/:?", storage.ptr[scheme]))
        return storage;
    return hk_arena_printf(arena, "%.*s" FC_DATA_DIR "/%.*s", (int)scheme, storage.ptr,
                           (int)(storage.len - scheme), storage.ptr + scheme);
}

/* The certificates stand where every Pod mounts what it needs of them; an executor manager reads ca_file alone. */
static void tls(struct writer *w)
{
    map(w, "tls");
    member(w, "cert_file", HK_STR(FC_TLS_DIR "/tls.crt"), HK_YAML_DOUBLE);
    member(w, "key_file", HK_STR(FC_TLS_DIR "/tls.key"), HK_YAML_DOUBLE);
    member(w, "ca_file", HK_STR(FC_TLS_DIR "/ca.crt"), HK_YAML_DOUBLE);
    hk_yaml_emit_map_end(w->yaml);
}

static void cluster(struct writer *w, const struct fc_parent *parent)
{
    const struct fc_session_manager *session = &parent->spec.session;
    const struct fc_executor_manager *executor = &parent->spec.executor;
    map(w, "cluster");
    member(w, "name", parent->name, HK_YAML_PLAIN);
    member(w, "endpoint", parent->names.session_endpoint, HK_YAML_DOUBLE);
    member(w, "slot", session->slot, HK_YAML_DOUBLE);
    member(w, "policy", session->policy, HK_YAML_PLAIN);
    member(w, "storage", w->storage, HK_YAML_PLAIN);
    /* What follows is where Flame 0.6 and later look for the same settings. */
    member(w, "resreq", session->slot, HK_YAML_DOUBLE);
    policies(w, session->policy);
    if (hk_str_is(executor->shim, "host") || hk_str_is(executor->shim, "wasm")) {
        map(w, "executors");
        member(w, "shim", executor->shim, HK_YAML_PLAIN);
        hk_yaml_emit_map_end(w->yaml);
    }
    limits(w, executor->max_executors);
    if (parent->spec.tls.is_set)
        tls(w);
    hk_yaml_emit_map_end(w->yaml);
}

static void executors(struct writer *w, const struct fc_executor_manager *executor)
{
    map(w, "executors");
    member(w, "shim", executor->shim, HK_YAML_PLAIN);
    limits(w, executor->max_executors);
    hk_yaml_emit_map_end(w->yaml);
}

static void cache(struct writer *w, const struct fc_parent *parent)
{
    map(w, "cache");
    member(w, "endpoint", parent->names.cache_endpoint, HK_YAML_DOUBLE);
    member(w, "network_interface", parent->spec.cache.network_interface, HK_YAML_DOUBLE);
    member(w, "storage", fc_spec_cache_storage(&parent->spec), HK_YAML_DOUBLE);
    if (parent->spec.tls.is_set && !parent->spec.tls.is_cache_plain)
        tls(w);
    hk_yaml_emit_map_end(w->yaml);
}

static int write_text(const struct fc_parent *parent, struct hk_str storage, struct hk_buf *out)
{
    struct writer w = {hk_yaml_emit_new(out), storage};
    if (!w.yaml)
        return -1;
    hk_yaml_emit_map(w.yaml);
    cluster(&w, parent);
    executors(&w, &parent->spec.executor);
    cache(&w, parent);
    hk_yaml_emit_map_end(w.yaml);
    return hk_yaml_emit_end(w.yaml);
}

/* A counter and the hash of what it was counted for: only together do they say anything. */
struct counted {
    int64_t generation; /* 0: never counted */
    struct hk_str hash;
};

static struct counted counted_in(const struct fc_object *config, struct hk_arena *arena)
{
    struct counted c = {0, {NULL, 0}};
    if (!config)
        return c;
    (void)fc_count_parse(fc_raw_member(config->annotations, FC_CONFIG_GENERATION, arena),
                         &c.generation);
    c.hash = fc_raw_member(config->annotations, FC_CONFIG_HASH, arena);
    return c.hash.len ? c : (struct counted){0, {NULL, 0}};
}

/* The pairs may be old, since the parent and each kind of child are observed through caches of their own, and the
 * object may be gone or edited: the one that counted further is the newest one. After a change of form two objects
 * may be there. */
static struct counted count_last(const struct fc_parent *parent, const struct fc_observed *observed,
                                 struct hk_arena *arena)
{
    const struct fc_old_status *status = &parent->status;
    struct counted last = counted_in(observed->config, arena);
    struct counted other = counted_in(observed->config_secret, arena);
    if (other.generation > last.generation)
        last = other;
    bool is_pair = status->config_hash.len > 0;
    if (last.generation == 0 || (is_pair && status->config_generation > last.generation))
        last = (struct counted){status->config_generation, status->config_hash};
    return last;
}

static bool is_hash(struct hk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("0123456789abcdef", text.ptr[i]))
            return false;
    return text.len == HK_HASH64_SIZE - 1;
}

bool fc_config_secret_holds(const struct fc_object *secret, struct hk_str text,
                            struct hk_arena *arena)
{
    struct hk_str found;
    return secret &&
           hk_base64_decode(fc_raw_member(secret->data, FC_CONFIG_FILE, arena), arena, &found) &&
           hk_str_eq(found, text);
}

/* The hash stands where more people may read it than the Secret, and a short password could be found by trying: so
 * it is not made from the value, but from what names the version of it. As long as the Secret that was written
 * holds the right text its hash goes on, so that a new version without a new value changes nothing. */
static int hash_secret(const struct fc_parent *parent, const struct fc_observed *observed,
                       struct hk_arena *arena, struct fc_config *out)
{
    const struct fc_references *from = &observed->references;
    const struct fc_object *secret = observed->config_secret;
    struct hk_str moved = storage_in_volume(from->storage, &parent->spec, arena);
    if (fc_config_secret_holds(secret, hk_buf_str(&out->text), arena)) {
        struct hk_str hash = fc_raw_member(secret->annotations, FC_CONFIG_HASH, arena);
        out->is_observed = is_hash(hash);
        if (out->is_observed) {
            memcpy(out->hash, hash.ptr, sizeof out->hash);
            return 0;
        }
    }
    struct hk_buf text;
    hk_buf_init(&text);
    int rc = write_text(parent,
                        hk_arena_printf(arena, "%s%.*s",
                                        hk_str_eq(moved, from->storage) ? "" : FC_DATA_DIR "/",
                                        HK_STR_ARG(from->storage_version)),
                        &text);
    hk_hash64_hex(hk_buf_str(&text), out->hash);
    hk_buf_fini(&text);
    return rc;
}

/* Without its storage the file cannot be written: what is there goes on. */
static void keep(const struct fc_parent *parent, const struct fc_observed *observed,
                 struct hk_arena *arena, struct fc_config *out)
{
    struct counted last = count_last(parent, observed, arena);
    out->is_unknown = true;
    out->generation = last.generation;
    snprintf(out->hash, sizeof out->hash, "%.*s", HK_STR_ARG(last.hash));
}

static int make(const struct fc_parent *parent, const struct fc_observed *observed,
                struct hk_arena *arena, struct fc_config *out)
{
    struct hk_str storage =
        out->is_secret ? observed->references.storage : parent->spec.session.storage;
    if (write_text(parent, storage_in_volume(storage, &parent->spec, arena), &out->text) != 0)
        return -1;
    if (out->is_secret && hash_secret(parent, observed, arena, out) != 0)
        return -1;
    if (!out->is_secret) {
        hk_hash64_hex(hk_buf_str(&out->text), out->hash);
        out->is_observed = hk_str_is(counted_in(observed->config, arena).hash, out->hash);
    }
    struct counted last = count_last(parent, observed, arena);
    bool is_same = last.generation > 0 && hk_str_is(last.hash, out->hash);
    out->generation = is_same ? last.generation : last.generation + 1;
    return 0;
}

int fc_config_make(const struct fc_parent *parent, const struct fc_observed *observed,
                   struct hk_arena *arena, struct fc_config *out, struct hk_err *err)
{
    *out = (struct fc_config){.is_secret = parent->spec.session.storage_from.is_set};
    hk_buf_init(&out->text);
    if (observed->references.reason)
        keep(parent, observed, arena, out);
    else if (make(parent, observed, arena, out) != 0)
        return hk_err_memory(err);
    return arena->failed ? hk_err_memory(err) : 0;
}

void fc_config_fini(struct fc_config *config)
{
    hk_buf_fini(&config->text);
}
