/* The rules of spec.executorManager that are about more than one field. */
#include "fc_parent.h"

void fc_check_executor_manager(struct fc_parent *parent, struct hk_arena *arena)
{
    const struct fc_disruption_budget *budget = &parent->spec.executor.disruption;
    if (budget->is_set && budget->has_min == budget->has_max)
        fc_problem_add(parent, arena, "spec.executorManager.disruptionBudget",
                       "must have either minAvailable or maxUnavailable");
}
