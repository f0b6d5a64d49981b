/* What all components have: an image, resources and a Pod. */
#include "fc_read.h"

static void read_resources(struct fc_reader *r, struct fc_resources *out)
{
    static const char *const names[] = {"limits", "requests", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        fc_read_quantities(r, f == 0 ? &out->limits : &out->requests);
}

static const char *read_pull_policy(struct fc_reader *r)
{
    static const char *const words[] = {"Always", "IfNotPresent", "Never", NULL};
    return words[fc_read_word(r, words, 3)];
}

void fc_read_component(struct fc_reader *r, enum fc_component_field field, struct fc_component *out)
{
    switch (field) {
    case FC_IMAGE:
        fc_read_str(r, &out->image);
        break;
    case FC_IMAGE_PULL_POLICY:
        out->pull_policy = read_pull_policy(r);
        break;
    case FC_RESOURCES:
        read_resources(r, &out->resources);
        break;
    case FC_POD_TEMPLATE:
        fc_read_raw_object(r, &out->pod_template);
        break;
    case FC_COMPONENT_FIELD_COUNT:
        break;
    }
}
