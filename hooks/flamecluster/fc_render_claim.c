/* A PersistentVolumeClaim, with the fields alone that the controller decides. */
#include "fc_render.h"

void fc_render_claim(const struct fc_render *r, const struct fc_claim *claim, struct hk_jw *w)
{
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "v1");
    hk_jw_member_cstr(w, "kind", "PersistentVolumeClaim");
    hk_jw_member_object(w, "metadata");
    fc_render_metadata(r, claim->app, claim->name, w);
    hk_jw_member_object(w, "spec");
    hk_jw_member_array(w, "accessModes");
    for (size_t i = 0; i < claim->mode_count; i++)
        hk_jw_str(w, claim->access_modes[i]);
    hk_jw_array_end(w);
    hk_jw_member_object(w, "resources");
    hk_jw_member_object(w, "requests");
    hk_jw_member_str(w, "storage", claim->size);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
    if (claim->has_storage_class)
        hk_jw_member_str(w, "storageClassName", claim->storage_class);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}
