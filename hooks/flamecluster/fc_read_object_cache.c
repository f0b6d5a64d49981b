#include "fc_read.h"

void fc_read_object_cache(struct fc_reader *r, struct fc_object_cache *out)
{
    static const char *const names[] = {
        FC_COMPONENT_FIELDS, "networkInterface", "persistence", "replicas",
        "service",           "storage",          NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        switch (f - FC_COMPONENT_FIELD_COUNT) {
        case 0:
            fc_read_str(r, &out->network_interface);
            break;
        case 1:
            fc_read_persistence(r, &out->persistence);
            break;
        case 2:
            fc_read_count(r, FC_CACHES_MAX, &out->replicas);
            break;
        case 3:
            fc_read_service(r, &out->service);
            break;
        case 4:
            fc_read_str(r, &out->storage);
            break;
        default:
            fc_read_component(r, (enum fc_component_field)f, &out->component);
        }
}
