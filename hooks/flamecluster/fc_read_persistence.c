/* spec.sessionManager.persistence and spec.objectCache.persistence. */
#include "fc_read.h"

static void read_storage_class(struct fc_reader *r, struct fc_persistence *out)
{
    if (!fc_read_has_type(r, HK_JSON_STRING))
        return;
    struct hk_str text = hk_scan_str(r->s);
    out->storage_class = text.len ? hk_arena_copy(r->arena, text) : HK_STR("");
    out->has_storage_class = true;
}

/* In whatever order: a set. */
static void read_access_modes(struct fc_reader *r, struct fc_persistence *out)
{
    static const char *const words[] = {[FC_READ_WRITE_ONCE] = "ReadWriteOnce",
                                        [FC_READ_WRITE_MANY] = "ReadWriteMany",
                                        [FC_READ_WRITE_ONCE_POD] = "ReadWriteOncePod",
                                        NULL};
    struct fc_section list;
    if (!fc_read_list(r, &list))
        return;
    while (fc_read_item(r, &list)) {
        if (hk_scan_type(r->s) == HK_JSON_NULL)
            fc_read_problem(r, "must be a string, is null");
        unsigned mode = fc_read_word(r, words, FC_ACCESS_MODE_COUNT);
        if (mode == FC_ACCESS_MODE_COUNT)
            continue;
        if (out->access_modes & 1u << mode)
            fc_read_problem(r, "must not name the same mode again, is \"%s\"", words[mode]);
        out->access_modes |= 1u << mode;
    }
}

void fc_read_persistence(struct fc_reader *r, struct fc_persistence *out)
{
    static const char *const names[] = {"accessModes", "existingClaim", "size", "storageClassName",
                                        NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    out->is_set = true;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        if (f == 0)
            read_access_modes(r, out);
        else if (f == 1)
            fc_read_str(r, &out->existing_claim);
        else if (f == 2)
            out->has_size = fc_read_quantity(r, &out->size);
        else
            read_storage_class(r, out);
}
