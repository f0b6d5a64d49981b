#include "fc_read.h"

void fc_read_session_manager(struct fc_reader *r, struct fc_session_manager *out)
{
    static const char *const names[] = {FC_COMPONENT_FIELDS, "policy", "slot", "storage", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        switch (f - FC_COMPONENT_FIELD_COUNT) {
        case 0:
            fc_read_str(r, &out->policy);
            break;
        case 1:
            fc_read_str(r, &out->slot);
            break;
        case 2:
            fc_read_str(r, &out->storage);
            break;
        default:
            fc_read_component(r, (enum fc_component_field)f, &out->component);
        }
}
