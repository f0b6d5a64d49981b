#include "fc_config.h"

#include "hk_yaml.h"

/* The session manager's volume. */
#define DATA_DIR "/var/lib/flame"

struct writer {
    struct hk_yaml_emit *yaml;
    struct hk_arena *arena;
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

/* A relative path, and so Flame's own default, lies in the image's folder, which is root's: a Pod of
 * another user keeps its sessions in its volume. ":memory:" and "?mode=memory" are no paths. */
static struct hk_str storage_of(struct writer *w, const struct fc_spec *spec)
{
    struct hk_str storage = spec->session.storage;
    if (!spec->is_restricted)
        return storage;
    if (storage.len == 0)
        return HK_STR("sqlite://" DATA_DIR "/flame.db");
    const char *mark = memmem(storage.ptr, storage.len, "://", 3);
    size_t scheme = mark ? (size_t)(mark - storage.ptr) + 3 : storage.len;
    if (scheme == storage.len || strchr("/:?", storage.ptr[scheme]))
        return storage;
    return hk_arena_printf(w->arena, "%.*s" DATA_DIR "/%.*s", (int)scheme, storage.ptr,
                           (int)(storage.len - scheme), storage.ptr + scheme);
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
    member(w, "storage", storage_of(w, &parent->spec), HK_YAML_PLAIN);
    /* What follows is where Flame 0.6 and later look for the same settings. */
    member(w, "resreq", session->slot, HK_YAML_DOUBLE);
    policies(w, session->policy);
    if (hk_str_is(executor->shim, "host") || hk_str_is(executor->shim, "wasm")) {
        map(w, "executors");
        member(w, "shim", executor->shim, HK_YAML_PLAIN);
        hk_yaml_emit_map_end(w->yaml);
    }
    limits(w, executor->max_executors);
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
    member(w, "storage", parent->spec.cache.storage, HK_YAML_DOUBLE);
    hk_yaml_emit_map_end(w->yaml);
}

/* A counter and the hash of what it was counted for: only together do they say anything. */
struct counted {
    int64_t generation; /* 0: never counted */
    struct hk_str hash;
};

static struct counted counted_in_config_map(const struct fc_object *config, struct hk_arena *arena)
{
    struct counted c = {0, {NULL, 0}};
    if (!config)
        return c;
    (void)fc_count_parse(fc_raw_member(config->annotations, FC_CONFIG_GENERATION, arena),
                         &c.generation);
    c.hash = fc_raw_member(config->annotations, FC_CONFIG_HASH, arena);
    return c.hash.len ? c : (struct counted){0, {NULL, 0}};
}

/* Either pair may be old, since the parent and the ConfigMap are observed through caches of their own, and the
 * ConfigMap may be gone or edited: the one that counted further is the newer one. */
static void count_generation(const struct fc_parent *parent, const struct fc_observed *observed,
                             struct hk_arena *arena, struct fc_config *out)
{
    struct counted last = counted_in_config_map(observed->config, arena);
    out->is_observed = hk_str_is(last.hash, out->hash);
    const struct fc_old_status *status = &parent->status;
    bool is_pair = status->config_hash.len > 0;
    if (last.generation == 0 || (is_pair && status->config_generation > last.generation))
        last = (struct counted){status->config_generation, status->config_hash};
    bool is_same = last.generation > 0 && hk_str_is(last.hash, out->hash);
    out->generation = is_same ? last.generation : last.generation + 1;
}

int fc_config_make(const struct fc_parent *parent, const struct fc_observed *observed,
                   struct hk_arena *arena, struct fc_config *out, struct hk_err *err)
{
    struct writer w = {NULL, arena};
    *out = (struct fc_config){.generation = 0};
    hk_buf_init(&out->text);
    w.yaml = hk_yaml_emit_new(&out->text);
    if (!w.yaml)
        return hk_err_memory(err);
    hk_yaml_emit_map(w.yaml);
    cluster(&w, parent);
    executors(&w, &parent->spec.executor);
    cache(&w, parent);
    hk_yaml_emit_map_end(w.yaml);
    if (hk_yaml_emit_end(w.yaml) != 0 || arena->failed)
        return hk_err_memory(err);
    hk_hash64_hex(hk_buf_str(&out->text), out->hash);
    count_generation(parent, observed, arena, out);
    return arena->failed ? hk_err_memory(err) : 0;
}

void fc_config_fini(struct fc_config *config)
{
    hk_buf_fini(&config->text);
}
