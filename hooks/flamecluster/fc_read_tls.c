#include "fc_read.h"

void fc_read_tls(struct fc_reader *r, struct fc_tls *out)
{
    static const char *const names[] = {"clientCA", "objectCache", "secretName", NULL};
    struct fc_section section;
    bool is_cache_secured = true;
    if (!fc_read_object(r, &section))
        return;
    out->is_set = true;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        switch (f) {
        case 0:
            fc_read_str(r, &out->client_ca);
            break;
        case 1:
            fc_read_bool(r, &is_cache_secured);
            break;
        case 2:
            fc_read_str(r, &out->secret_name);
            break;
        }
    out->is_cache_plain = !is_cache_secured;
}
