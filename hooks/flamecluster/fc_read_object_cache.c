#include "fc_read.h"

void fc_read_object_cache(struct fc_reader *r, struct fc_object_cache *out)
{
    static const char *const names[] = {"networkInterface", "storage", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        fc_read_str(r, f == 0 ? &out->network_interface : &out->storage);
}
