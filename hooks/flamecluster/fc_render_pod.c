/* The Pods of the session manager and the executor managers. Facts about the programs (ports,
 * folders, users, signals) are Flame's own: see docs/design. */
#include "fc_render_volume.h"

#include "fc_pod_template.h"

/* User and group of Pods that may not be root's. */
#define RESTRICTED_ID 1000

struct port {
    const char *name;
    int number;
};

/* An emptyDir and where it is mounted. */
struct folder {
    const char *name, *path;
};

struct component {
    const char *name;             /* the container's */
    const char *app;              /* its label; the component label is what follows "flame-" */
    const struct port *ports;     /* ends with a NULL name */
    const struct folder *folders; /* ends with a NULL name */
    int probe_port;               /* 0: no probes */
};

static const struct component session_manager = {
    .name = "session-manager",
    .app = "flame-session-manager",
    .ports = (const struct port[]){{"http", 8080}, {"backend", 8081}, {NULL, 0}},
    .folders = (const struct folder[]){{"logs", "/usr/local/flame/logs"},
                                       {"events", "/usr/local/flame/events"},
                                       {"data", FC_DATA_DIR},
                                       {NULL, NULL}},
    .probe_port = 8080,
};

/* No probe: the executor manager of Flame 0.6 opens no port. */
static const struct component executor_manager = {
    .name = "executor-manager",
    .app = "flame-executor-manager",
    .ports = (const struct port[]){{"grpc", 9090}, {NULL, 0}},
    .folders = (const struct folder[]){{"logs", "/usr/local/flame/logs"},
                                       {"work", "/usr/local/flame/work"},
                                       {"data", "/usr/local/flame/data"},
                                       {"tmp", "/tmp/flame"},
                                       {"run", "/var/flame"},
                                       {NULL, NULL}},
};

static const struct component object_cache = {
    .name = "object-cache",
    .app = "flame-object-cache",
    .ports = (const struct port[]){{"grpc", 9090}, {NULL, 0}},
    .folders = (const struct folder[]){{"logs", "/usr/local/flame/logs"},
                                       {"data", FC_DATA_DIR},
                                       {NULL, NULL}},
    .probe_port = 9090,
};

/* What a template is rendered from. */
struct pod {
    const struct fc_render *r;
    const struct component *component;
    struct hk_str name; /* the Pod's; an index follows where the component has one */
    const struct fc_component *spec;
    enum fc_tls_use tls;
    struct hk_str cache_path; /* objectCache.storage where this Pod serves the cache, or empty */
    struct hk_str claim;      /* at FC_DATA_DIR; absent: the Pod's own disk */
    bool has_claim_each;      /* an index follows in the claim's name */
};

static void write_env(struct hk_jw *w, const char *name, struct hk_str value)
{
    hk_jw_object(w);
    hk_jw_member_cstr(w, "name", name);
    hk_jw_member_str(w, "value", value);
    hk_jw_object_end(w);
}

static void write_envs(const struct pod *p, struct hk_jw *w)
{
    const struct fc_names *names = &p->r->parent->names;
    hk_jw_member_array(w, "env");
    write_env(w, "SESSION_MANAGER_ADDR", names->session_address);
    write_env(w, "OBJECT_CACHE_ADDR", names->cache_address);
    write_env(w, "FLAME_CONFIG", HK_STR("/etc/flame/" FC_CONFIG_FILE));
    /* At "info" alone the scheduler logs ten lines a second. */
    write_env(w, "RUST_LOG", HK_STR("info,flame_session_manager::scheduler=warn"));
    hk_jw_array_end(w);
}

/* Flame speaks gRPC only: an HTTP probe would fail always, and kill the Pod. */
static void write_probe(struct hk_jw *w, const char *which, int port, int failures, int period_s)
{
    hk_jw_member_object(w, which);
    hk_jw_member_int(w, "failureThreshold", failures);
    hk_jw_member_int(w, "periodSeconds", period_s);
    hk_jw_member_object(w, "tcpSocket");
    hk_jw_member_int(w, "port", port);
    hk_jw_object_end(w);
    hk_jw_member_int(w, "timeoutSeconds", 3);
    hk_jw_object_end(w);
}

static void write_ports(const struct component *component, struct hk_jw *w)
{
    hk_jw_member_array(w, "ports");
    for (const struct port *port = component->ports; port->name; port++) {
        hk_jw_object(w);
        hk_jw_member_int(w, "containerPort", port->number);
        hk_jw_member_cstr(w, "name", port->name);
        hk_jw_member_cstr(w, "protocol", "TCP");
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}

static void write_quantities(const char *which, const struct fc_quantities *list, struct hk_jw *w)
{
    if (list->count == 0)
        return;
    hk_jw_member_object(w, which);
    for (size_t i = 0; i < list->count; i++) {
        hk_jw_key(w, list->items[i].name);
        hk_jw_cstr(w, list->items[i].qty.text);
    }
    hk_jw_object_end(w);
}

static void write_resources(const struct fc_resources *resources, struct hk_jw *w)
{
    if (resources->limits.count == 0 && resources->requests.count == 0)
        return;
    hk_jw_member_object(w, "resources");
    write_quantities("limits", &resources->limits, w);
    write_quantities("requests", &resources->requests, w);
    hk_jw_object_end(w);
}

static bool is_data(const struct folder *folder)
{
    return strcmp(folder->path, FC_DATA_DIR) == 0;
}

/* The cache's folder needs a volume of its own unless it is one of the folders already, or lies in the one that is
 * kept: it would hide that. */
static bool needs_cache_volume(const struct pod *p)
{
    const size_t data = sizeof FC_DATA_DIR - 1;
    for (const struct folder *folder = p->component->folders; folder->name; folder++)
        if (hk_str_is(p->cache_path, folder->path) ||
            (is_data(folder) && hk_str_has_prefix(p->cache_path, HK_STR(FC_DATA_DIR "/")) &&
             p->cache_path.len > data))
            return false;
    return p->cache_path.len > 0;
}

static void write_mount(struct hk_jw *w, const char *name, struct hk_str path, bool is_read_only)
{
    hk_jw_object(w);
    hk_jw_member_str(w, "mountPath", path);
    hk_jw_member_cstr(w, "name", name);
    if (is_read_only)
        hk_jw_member_bool(w, "readOnly", true);
    hk_jw_object_end(w);
}

static void write_mounts(const struct pod *p, struct hk_jw *w)
{
    hk_jw_member_array(w, "volumeMounts");
    write_mount(w, "config", HK_STR("/etc/flame"), true);
    if (p->tls != FC_TLS_NONE)
        write_mount(w, "flame-tls", HK_STR(FC_TLS_DIR), true);
    for (const struct folder *folder = p->component->folders; folder->name; folder++)
        write_mount(w, folder->name, hk_str_of(folder->path), false);
    if (needs_cache_volume(p))
        write_mount(w, "cache", p->cache_path, false);
    hk_jw_array_end(w);
}

static void write_container_security(const struct pod *p, struct hk_jw *w)
{
    hk_jw_member_object(w, "securityContext");
    hk_jw_member_bool(w, "allowPrivilegeEscalation", false);
    if (p->r->parent->spec.is_restricted) {
        hk_jw_member_object(w, "capabilities");
        hk_jw_member_array(w, "drop");
        hk_jw_cstr(w, "ALL");
        hk_jw_array_end(w);
        hk_jw_object_end(w);
    }
    hk_jw_object_end(w);
}

/* args, and no command or workingDir: the images' entry points stay, and sqlite:// needs the
 * image's own folder, where its migrations are. */
static void write_container(const struct pod *p, struct hk_jw *w)
{
    int port = p->component->probe_port;
    hk_jw_object(w);
    hk_jw_member_array(w, "args");
    hk_jw_cstr(w, "--config");
    hk_jw_cstr(w, "/etc/flame/" FC_CONFIG_FILE);
    hk_jw_array_end(w);
    write_envs(p, w);
    hk_jw_member_str(w, "image", p->spec->image);
    if (p->spec->pull_policy) /* else the kubelet's own, by the image's tag */
        hk_jw_member_cstr(w, "imagePullPolicy", p->spec->pull_policy);
    if (port)
        write_probe(w, "livenessProbe", port, 6, 10);
    hk_jw_member_cstr(w, "name", p->component->name);
    write_ports(p->component, w);
    if (port)
        write_probe(w, "readinessProbe", port, 3, 5);
    write_resources(&p->spec->resources, w);
    write_container_security(p, w);
    if (port)
        write_probe(w, "startupProbe", port, 90, 2);
    write_mounts(p, w);
    hk_jw_object_end(w);
}

static void write_empty_dir(struct hk_jw *w, const char *name)
{
    hk_jw_object(w);
    hk_jw_member_object(w, "emptyDir");
    hk_jw_object_end(w);
    hk_jw_member_cstr(w, "name", name);
    hk_jw_object_end(w);
}

static void write_claim(const struct pod *p, const char *name, struct hk_jw *w)
{
    hk_jw_object(w);
    hk_jw_member_cstr(w, "name", name);
    hk_jw_member_object(w, "persistentVolumeClaim");
    hk_jw_member_str(w, "claimName", p->claim);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

static void write_volumes(const struct pod *p, struct hk_jw *w)
{
    hk_jw_member_array(w, "volumes");
    fc_render_config_volume(p->r, w);
    fc_render_tls_volume(p->r, p->tls, w);
    for (const struct folder *folder = p->component->folders; folder->name; folder++)
        if (p->claim.len && is_data(folder))
            write_claim(p, folder->name, w);
        else
            write_empty_dir(w, folder->name);
    if (needs_cache_volume(p))
        write_empty_dir(w, "cache");
    hk_jw_array_end(w);
}

static void write_pull_secrets(const struct fc_pull_secrets *list, struct hk_jw *w)
{
    if (list->count == 0)
        return;
    hk_jw_member_array(w, "imagePullSecrets");
    for (size_t i = 0; i < list->count; i++) {
        hk_jw_object(w);
        hk_jw_member_str(w, "name", list->items[i].name);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}

/* The images' user is root; as any other one, the volumes are the only folders to write to, and the
 * group is what opens them. */
static void write_pod_security(const struct pod *p, struct hk_jw *w)
{
    hk_jw_member_object(w, "securityContext");
    if (p->r->parent->spec.is_restricted) {
        hk_jw_member_int(w, "fsGroup", RESTRICTED_ID);
        /* What is kept may be many files, which would be walked through at every start. */
        if (p->claim.len)
            hk_jw_member_cstr(w, "fsGroupChangePolicy", "OnRootMismatch");
        hk_jw_member_int(w, "runAsGroup", RESTRICTED_ID);
        hk_jw_member_bool(w, "runAsNonRoot", true);
        hk_jw_member_int(w, "runAsUser", RESTRICTED_ID);
    }
    hk_jw_member_object(w, "seccompProfile");
    hk_jw_member_cstr(w, "type", "RuntimeDefault");
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

static void write_spec(const struct pod *p, struct hk_jw *w)
{
    hk_jw_object(w);
    hk_jw_member_bool(w, "automountServiceAccountToken", false);
    hk_jw_member_array(w, "containers");
    write_container(p, w);
    hk_jw_array_end(w);
    hk_jw_member_bool(w, "enableServiceLinks", false);
    write_pull_secrets(&p->r->parent->spec.pull_secrets, w);
    hk_jw_member_cstr(w, "restartPolicy", "Always");
    write_pod_security(p, w);
    /* Flame ignores SIGTERM as PID 1, so each deletion lasts this long. */
    hk_jw_member_int(w, "terminationGracePeriodSeconds", 10);
    write_volumes(p, w);
    hk_jw_object_end(w);
}

/* The whole Pod around its parts; has_index leaves the places to stamp. */
static void write_pod(const struct pod *p, const struct fc_pod_parts *parts, bool has_index,
                      struct fc_pod_template *out)
{
    struct fc_pairs labels = parts->labels, annotations = parts->annotations;
    struct hk_jw w;
    hk_jw_init(&w, &out->text);
    hk_jw_object(&w);
    hk_jw_member_cstr(&w, "apiVersion", "v1");
    hk_jw_member_cstr(&w, "kind", "Pod");
    hk_jw_member_object(&w, "metadata");
    hk_jw_member_object(&w, "annotations");
    fc_render_pairs(&annotations, FC_TEMPLATE_HASH, &w);
    hk_jw_member_cstr(&w, FC_TEMPLATE_HASH, out->hash);
    fc_render_pairs(&annotations, NULL, &w);
    hk_jw_object_end(&w);
    hk_jw_member_object(&w, "labels");
    fc_render_labels_among(p->r, p->component->app, &labels, &w);
    if (has_index) {
        hk_jw_member_cstr(&w, FC_POD_INDEX, "");
        out->index_at = out->text.len - 1;
    }
    fc_render_pairs(&labels, NULL, &w);
    hk_jw_object_end(&w);
    hk_jw_member_str(&w, "name", p->name);
    if (has_index)
        out->name_at = out->text.len - 1;
    if (p->r->namespace.len)
        hk_jw_member_str(&w, "namespace", p->r->namespace);
    hk_jw_object_end(&w);
    hk_jw_key(&w, HK_STR("spec"));
    hk_jw_raw(&w, parts->spec);
    hk_jw_object_end(&w);
}

/* What a Pod is made of and what it reads, but neither its name nor its index: all Pods of a
 * component share it, and it changes only when they have to be replaced. */
static void hash_template(const struct pod *p, const struct fc_pod_parts *parts,
                          struct fc_pod_template *out)
{
    struct fc_pairs labels = parts->labels, annotations = parts->annotations;
    struct hk_jw w;
    hk_jw_init(&w, &out->text);
    hk_jw_object(&w);
    if (annotations.count) {
        hk_jw_member_object(&w, "annotations");
        fc_render_pairs(&annotations, NULL, &w);
        hk_jw_object_end(&w);
    }
    hk_jw_member_cstr(&w, "config", p->r->config->hash);
    hk_jw_member_object(&w, "labels");
    fc_render_labels_among(p->r, p->component->app, &labels, &w);
    fc_render_pairs(&labels, NULL, &w);
    hk_jw_object_end(&w);
    hk_jw_key(&w, HK_STR("spec"));
    hk_jw_raw(&w, parts->spec);
    fc_render_tls_hash(p->r, p->tls, &w);
    hk_jw_object_end(&w);
    hk_hash64_hex(hk_buf_str(&out->text), out->hash);
}

/* The generated spec, and the user's podTemplate over it. */
static int make_parts(const struct pod *p, struct hk_buf *spec, struct fc_pod_parts *parts,
                      struct hk_err *err)
{
    struct hk_str template = p->spec->pod_template;
    struct hk_jw w;
    hk_jw_init(&w, spec);
    write_spec(p, &w);
    if (spec->failed || hk_buf_reserve(spec, HK_SCAN_PAD) != 0)
        return hk_err_memory(err);
    *parts = (struct fc_pod_parts){.spec = hk_buf_str(spec)};
    if (template.len == 0)
        return 0;
    memset(spec->data + spec->len, 0,
           HK_SCAN_PAD); /* their values do not matter, but memory checkers ask */
    return fc_pod_template_merge(template, p->component->name, p->r->arena, parts, err);
}

/* Where the index goes into the claim's name: no other text of a Pod can be it, since no name ends with '-'. 0: a
 * podTemplate has another volume in its place. */
static size_t find_claim(const struct pod *p, struct hk_str text)
{
    struct hk_str mark =
        hk_arena_printf(p->r->arena, "\"claimName\":\"%.*s\"", HK_STR_ARG(p->claim));
    const char *at = mark.ptr ? memmem(text.ptr, text.len, mark.ptr, mark.len) : NULL;
    return at ? (size_t)(at - text.ptr) + mark.len - 1 : 0;
}

static int render_template(const struct pod *p, bool has_index, struct fc_pod_template *out,
                           struct hk_err *err)
{
    struct hk_buf spec;
    struct fc_pod_parts parts = {.spec = {NULL, 0}};
    *out = (struct fc_pod_template){.index_at = 0};
    hk_buf_init(&out->text);
    hk_buf_init(&spec);
    int rc = make_parts(p, &spec, &parts, err);
    if (rc == 0) {
        hash_template(p, &parts, out);
        bool failed = out->text.failed;
        hk_buf_clear(&out->text);
        write_pod(p, &parts, has_index, out);
        if (p->has_claim_each && !out->text.failed)
            out->claim_at = find_claim(p, hk_buf_str(&out->text));
        if (failed || out->text.failed || p->r->arena->failed)
            rc = hk_err_memory(err);
    }
    hk_buf_fini(&spec);
    return rc;
}

/* A claim that the user brought, or the one that is made. */
static struct hk_str claim_of(const struct fc_persistence *persistence, struct hk_str made)
{
    return persistence->existing_claim.len ? persistence->existing_claim
           : persistence->is_set           ? made
                                           : (struct hk_str){NULL, 0};
}

int fc_render_session_template(const struct fc_render *r, struct fc_pod_template *out,
                               struct hk_err *err)
{
    const struct fc_session_manager *session = &r->parent->spec.session;
    const struct pod p = {.r = r,
                          .component = &session_manager,
                          .name = r->parent->names.session_manager,
                          .spec = &session->component,
                          .tls = r->parent->spec.tls.is_set ? FC_TLS_SERVER : FC_TLS_NONE,
                          .claim =
                              claim_of(&session->persistence, r->parent->names.session_manager)};
    return render_template(&p, false, out, err);
}

int fc_render_executor_template(const struct fc_render *r, struct fc_pod_template *out,
                                struct hk_err *err)
{
    const struct fc_spec *spec = &r->parent->spec;
    const struct pod p = {.r = r,
                          .component = &executor_manager,
                          .name = r->parent->names.executor_prefix,
                          .spec = &spec->executor.component,
                          .tls = spec->tls.is_set ? FC_TLS_CLIENT : FC_TLS_NONE,
                          .cache_path = fc_spec_has_caches(spec) ? (struct hk_str){NULL, 0}
                                                                 : spec->cache.storage};
    return render_template(&p, true, out, err);
}

int fc_render_cache_template(const struct fc_render *r, struct fc_pod_template *out,
                             struct hk_err *err)
{
    const struct fc_object_cache *cache = &r->parent->spec.cache;
    const struct fc_tls *tls = &r->parent->spec.tls;
    const struct pod p = {.r = r,
                          .component = &object_cache,
                          .name = r->parent->names.cache_prefix,
                          .spec = &cache->component,
                          .tls = tls->is_set && !tls->is_cache_plain ? FC_TLS_SERVER : FC_TLS_NONE,
                          .cache_path = cache->storage,
                          .claim = claim_of(&cache->persistence, r->parent->names.cache_prefix),
                          .has_claim_each = cache->persistence.has_size};
    return render_template(&p, true, out, err);
}

void fc_pod_template_fini(struct fc_pod_template *pod)
{
    hk_buf_fini(&pod->text);
}

void fc_render_pod(const struct fc_pod_template *pod, int64_t index, struct hk_jw *w)
{
    const struct hk_buf *text = &pod->text;
    size_t end = pod->claim_at ? pod->claim_at : text->len;
    hk_jw_raw(w, (struct hk_str){text->data, pod->name_at ? pod->index_at : text->len});
    if (pod->name_at == 0)
        return;
    hk_buf_add_int(w->out, index);
    hk_buf_add(w->out, text->data + pod->index_at, pod->name_at - pod->index_at);
    hk_buf_add_int(w->out, index);
    hk_buf_add(w->out, text->data + pod->name_at, end - pod->name_at);
    if (end == text->len)
        return;
    hk_buf_add_int(w->out, index);
    hk_buf_add(w->out, text->data + end, text->len - end);
}
