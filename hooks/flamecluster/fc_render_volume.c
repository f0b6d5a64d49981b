#include "fc_render_volume.h"

void fc_render_config_volume(const struct fc_render *r, struct hk_jw *w)
{
    struct hk_str name = r->parent->names.config;
    hk_jw_object(w);
    if (!r->config->is_secret) {
        hk_jw_member_object(w, "configMap");
        hk_jw_member_str(w, "name", name);
        hk_jw_object_end(w);
    }
    hk_jw_member_cstr(w, "name", "config");
    if (r->config->is_secret) {
        hk_jw_member_object(w, "secret");
        hk_jw_member_str(w, "secretName", name);
        hk_jw_object_end(w);
    }
    hk_jw_object_end(w);
}

/* Keys of one Secret as files of the same names. */
static void write_source(struct hk_jw *w, struct hk_str secret, const char *const *keys)
{
    hk_jw_object(w);
    hk_jw_member_object(w, "secret");
    hk_jw_member_array(w, "items");
    for (; *keys; keys++) {
        hk_jw_object(w);
        hk_jw_member_cstr(w, "key", *keys);
        hk_jw_member_cstr(w, "path", *keys);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
    hk_jw_member_str(w, "name", secret);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

/* The mode stays Kubernetes' own (0644): whatever user an image or podSecurity names can read it. */
void fc_render_tls_volume(const struct fc_render *r, enum fc_tls_use use, struct hk_jw *w)
{
    static const char *const ca[] = {"ca.crt", NULL}, *const pair[] = {"tls.crt", "tls.key", NULL};
    if (use == FC_TLS_NONE)
        return;
    hk_jw_object(w);
    hk_jw_member_cstr(w, "name", "flame-tls");
    hk_jw_member_object(w, "projected");
    hk_jw_member_array(w, "sources");
    write_source(w, r->references->ca_secret, ca);
    if (use == FC_TLS_SERVER)
        write_source(w, r->parent->spec.tls.secret_name, pair);
    hk_jw_array_end(w);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

void fc_render_tls_hash(const struct fc_render *r, enum fc_tls_use use, struct hk_jw *w)
{
    const struct fc_references *references = r->references;
    if (use != FC_TLS_NONE)
        hk_jw_member_cstr(w, "tls",
                          use == FC_TLS_SERVER ? references->server_hash : references->client_hash);
}
