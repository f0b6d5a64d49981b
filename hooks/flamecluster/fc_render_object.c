/* The children that are no Pods: the configuration as a ConfigMap or Secret, the PodDisruptionBudget. */
#include "fc_render.h"

#include "fc_pod_template.h"
#include "hk_base64.h"

void fc_render_pairs(struct fc_pairs *user, const char *before, struct hk_jw *w)
{
    while (user->count && (!before || hk_str_cmp(user->items->key, hk_str_of(before)) < 0)) {
        hk_jw_key(w, user->items->key);
        hk_jw_str(w, user->items->value);
        user->items++;
        user->count--;
    }
}

void fc_render_labels_among(const struct fc_render *r, const char *app, struct fc_pairs *user,
                            struct hk_jw *w)
{
    struct hk_str cluster = r->parent->name;
    const struct {
        const char *key;
        struct hk_str value;
    } ours[] = {
        {"app", hk_str_of(app)},
        {"app.kubernetes.io/component", hk_str_of(app + sizeof "flame-" - 1)},
        {"app.kubernetes.io/instance", cluster},
        {"app.kubernetes.io/managed-by", HK_STR("flame-operator")},
        {"app.kubernetes.io/name", HK_STR("flame")},
        {"app.kubernetes.io/part-of", HK_STR("flame")},
        {"flame.xflops.io/cluster", cluster},
    };
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        fc_render_pairs(user, ours[i].key, w);
        hk_jw_member_str(w, ours[i].key, ours[i].value);
    }
    fc_render_pairs(user, FC_POD_INDEX, w);
}

void fc_render_labels(const struct fc_render *r, const char *app, struct hk_jw *w)
{
    struct fc_pairs none = {.count = 0};
    fc_render_labels_among(r, app, &none, w);
}

void fc_render_texts(const char *key, const struct fc_texts *texts, struct hk_jw *w)
{
    if (texts->count == 0)
        return;
    hk_jw_member_array(w, key);
    for (size_t i = 0; i < texts->count; i++)
        hk_jw_str(w, texts->items[i]);
    hk_jw_array_end(w);
}

void fc_render_name(const struct fc_render *r, struct hk_str name, struct hk_jw *w)
{
    hk_jw_member_str(w, "name", name);
    if (r->namespace.len)
        hk_jw_member_str(w, "namespace", r->namespace);
    hk_jw_object_end(w);
}

void fc_render_metadata(const struct fc_render *r, const char *app, struct hk_str name,
                        struct hk_jw *w)
{
    hk_jw_member_object(w, "labels");
    fc_render_labels(r, app, w);
    hk_jw_object_end(w);
    fc_render_name(r, name, w);
}

static void write_config_data(const struct fc_config *config, struct hk_jw *w)
{
    struct hk_str text = hk_buf_str(&config->text);
    struct hk_buf encoded;
    hk_buf_init(&encoded);
    if (config->is_secret)
        hk_base64_encode(text, &encoded);
    if (encoded.failed)
        w->out->failed = true;
    hk_jw_member_object(w, "data");
    hk_jw_member_str(w, FC_CONFIG_FILE, config->is_secret ? hk_buf_str(&encoded) : text);
    hk_jw_object_end(w);
    hk_buf_fini(&encoded);
}

void fc_render_config(const struct fc_render *r, struct hk_jw *w)
{
    bool is_secret = r->config->is_secret;
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "v1");
    write_config_data(r->config, w);
    hk_jw_member_cstr(w, "kind", is_secret ? "Secret" : "ConfigMap");
    hk_jw_member_object(w, "metadata");
    hk_jw_member_object(w, "annotations");
    hk_jw_member_str(w, FC_CONFIG_GENERATION,
                     hk_arena_printf(r->arena, "%lld", (long long)r->config->generation));
    hk_jw_member_cstr(w, FC_CONFIG_HASH, r->config->hash);
    hk_jw_object_end(w);
    fc_render_metadata(r, "flame-config", r->parent->names.config, w);
    if (is_secret)
        hk_jw_member_cstr(w, "type", "Opaque");
    hk_jw_object_end(w);
}

static void write_count(const struct fc_render *r, const char *key, struct fc_count count,
                        struct hk_jw *w)
{
    if (count.is_percent)
        hk_jw_member_str(w, key, hk_arena_printf(r->arena, "%lld%%", (long long)count.value));
    else
        hk_jw_member_int(w, key, count.value);
}

void fc_render_executor_selector(const struct fc_render *r, struct hk_jw *w)
{
    hk_jw_member_object(w, "selector");
    hk_jw_member_object(w, "matchLabels");
    hk_jw_member_cstr(w, "app", "flame-executor-manager");
    hk_jw_member_str(w, "flame.xflops.io/cluster", r->parent->name);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

void fc_render_disruption_budget(const struct fc_render *r, struct hk_jw *w)
{
    const struct fc_disruption_budget *budget = &r->parent->spec.executor.disruption;
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "policy/v1");
    hk_jw_member_cstr(w, "kind", "PodDisruptionBudget");
    hk_jw_member_object(w, "metadata");
    fc_render_metadata(r, "flame-executor-manager", r->parent->names.executor_manager, w);
    hk_jw_member_object(w, "spec");
    if (budget->has_max)
        write_count(r, "maxUnavailable", budget->max_unavailable, w);
    else
        write_count(r, "minAvailable", budget->min_available, w);
    fc_render_executor_selector(r, w);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}
