#include "fc_read.h"

static void read_update(struct fc_reader *r, struct fc_update_strategy *out)
{
    static const char *const names[] = {"maxUnavailable", "paused", "type", NULL};
    static const char *const types[] = {[FC_ROLLING_UPDATE] = "RollingUpdate",
                                        [FC_ON_DELETE] = "OnDelete",
                                        [FC_RECREATE] = "Recreate",
                                        NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        if (f == 0)
            fc_read_count_or_percent(r, 1, FC_REPLICAS_MAX, &out->max_unavailable);
        else if (f == 1)
            fc_read_bool(r, &out->is_paused);
        else
            out->type = (enum fc_update)fc_read_word(r, types, FC_ROLLING_UPDATE);
}

static void read_disruption_budget(struct fc_reader *r, struct fc_disruption_budget *out)
{
    static const char *const names[] = {"maxUnavailable", "minAvailable", NULL};
    struct fc_section section;
    out->is_set = hk_scan_type(r->s) == HK_JSON_OBJECT;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;) {
        bool is_there = hk_scan_type(r->s) != HK_JSON_NULL;
        *(f == 0 ? &out->has_max : &out->has_min) = is_there;
        fc_read_count_or_percent(r, 0, FC_REPLICAS_MAX,
                                 f == 0 ? &out->max_unavailable : &out->min_available);
    }
}

void fc_read_executor_manager(struct fc_reader *r, struct fc_executor_manager *out)
{
    static const char *const names[] = {FC_COMPONENT_FIELDS, "maxExecutors",     "replicas", "shim",
                                        "updateStrategy",    "disruptionBudget", "workload", NULL};
    static const char *const workloads[] = {"Pods", "StatefulSet", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        switch (f - FC_COMPONENT_FIELD_COUNT) {
        case 0:
            fc_read_count(r, INT32_MAX, &out->max_executors);
            break;
        case 1:
            fc_read_count(r, FC_REPLICAS_MAX, &out->replicas);
            break;
        case 2:
            fc_read_str(r, &out->shim);
            break;
        case 3:
            read_update(r, &out->update);
            break;
        case 4:
            read_disruption_budget(r, &out->disruption);
            break;
        case 5:
            out->is_stateful = fc_read_word(r, workloads, 0) == 1;
            break;
        default:
            fc_read_component(r, (enum fc_component_field)f, &out->component);
        }
}
