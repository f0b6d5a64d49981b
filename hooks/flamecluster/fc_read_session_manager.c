#include "fc_read.h"

static void read_slot_resources(struct fc_reader *r, struct fc_slot_resources *out)
{
    static const char *const names[] = {"cpu", "gpu", "memory", NULL};
    struct hk_str *const parts[] = {&out->cpu, &out->gpu, &out->memory};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    out->is_set = true;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        fc_read_number_text(r, parts[f]);
}

static void read_secret_key(struct fc_reader *r, struct fc_secret_key *out)
{
    static const char *const names[] = {"key", "name", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    out->has_ref = true;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        fc_read_str(r, f == 0 ? &out->key : &out->name);
}

static void read_storage_from(struct fc_reader *r, struct fc_secret_key *out)
{
    static const char *const names[] = {"secretKeyRef", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    out->is_set = true;
    while (fc_read_field(r, &section, names) >= 0)
        read_secret_key(r, out);
}

void fc_read_session_manager(struct fc_reader *r, struct fc_session_manager *out)
{
    static const char *const names[] = {FC_COMPONENT_FIELDS, "persistence", "policy",
                                        "service",           "slot",        "slotResources",
                                        "storage",           "storageFrom", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        switch (f - FC_COMPONENT_FIELD_COUNT) {
        case 0:
            fc_read_persistence(r, &out->persistence);
            break;
        case 1:
            fc_read_str(r, &out->policy);
            break;
        case 2:
            fc_read_service(r, &out->service);
            break;
        case 3:
            fc_read_str(r, &out->slot);
            break;
        case 4:
            read_slot_resources(r, &out->slot_resources);
            break;
        case 5:
            fc_read_str(r, &out->storage);
            break;
        case 6:
            read_storage_from(r, &out->storage_from);
            break;
        default:
            fc_read_component(r, (enum fc_component_field)f, &out->component);
        }
}
