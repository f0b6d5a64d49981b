/* fc_render_volume.h - the volumes of a Pod that hold what it reads: the configuration, and certificates. */
#ifndef FC_RENDER_VOLUME_H
#define FC_RENDER_VOLUME_H

#include "fc_render.h"

/* What a Pod needs of the certificates. */
enum fc_tls_use {
    FC_TLS_NONE,
    FC_TLS_CLIENT, /* the CA */
    FC_TLS_SERVER, /* its certificate and key too: nobody else gets the key */
};

/* fc_render_config_volume - the ConfigMap or the Secret as the volume "config". */
void fc_render_config_volume(const struct fc_render *r, struct hk_jw *w);

/* fc_render_tls_volume - the volume "flame-tls"; nothing for FC_TLS_NONE. */
void fc_render_tls_volume(const struct fc_render *r, enum fc_tls_use use, struct hk_jw *w);

/* fc_render_tls_hash - what a template's hash gets of it: a member of an open object, after "spec". */
void fc_render_tls_hash(const struct fc_render *r, enum fc_tls_use use, struct hk_jw *w);

#endif
