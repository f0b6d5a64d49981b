/* plan_warn.c - what a change costs beyond Pods: sessions, cached objects, a time without executor managers. */
#include "plan.h"

static bool has_claim(const json_t *pod)
{
    size_t i;
    json_t *volume;
    json_array_foreach(hk_sim_get(pod, "spec.volumes"), i, volume)
    {
        if (json_object_get(volume, "persistentVolumeClaim"))
            return true;
    }
    return false;
}

/* Every storage but these is a file, Flame's own default, too; where a Secret's is, nobody here is told. */
static bool lies_on_disk(const json_t *parent)
{
    const char *storage = hk_sim_text(parent, "spec.sessionManager.storage");
    return strcmp(storage, "none") != 0 && !strstr(storage, "memory") &&
           !hk_sim_get(parent, "spec.sessionManager.storageFrom");
}

/* The first Pod of the component that goes or is replaced; NULL: none. */
static const json_t *lost_pod(const struct plan *plan, const json_t *report, const char *app)
{
    static const char *const lists[] = {"replaced", "removed"};
    for (size_t k = 0; k < 2; k++) {
        size_t i;
        json_t *name;
        json_array_foreach(json_object_get(json_object_get(report, "pods"), lists[k]), i, name)
        {
            const json_t *pod =
                json_object_get(json_object_get(plan->before, "Pod"), json_string_value(name));
            if (strcmp(hk_sim_text(pod, "metadata.labels.app"), app) == 0)
                return pod;
        }
    }
    return NULL;
}

static int warn(json_t *warnings, const char *text)
{
    return json_array_append_new(warnings, json_string(text));
}

static int warn_of_data(const struct plan *plan, const json_t *report, json_t *warnings)
{
    const json_t *session = lost_pod(plan, report, "flame-session-manager");
    const json_t *cache = lost_pod(plan, report, "flame-object-cache");
    int failed = 0;
    if (session && !has_claim(session) && lies_on_disk(plan->parent_before))
        failed |=
            warn(warnings, "the session manager's Pod goes, and its sessions lie on the Pod's own "
                           "disk: they are lost; spec.sessionManager.persistence keeps them");
    if (cache && !has_claim(cache))
        failed |= warn(warnings,
                       "object caches go, and their objects lie on the Pods' own disks: they are "
                       "lost; spec.objectCache.persistence keeps them");
    return failed;
}

json_t *plan_warnings(const struct plan *plan, const json_t *report)
{
    const struct plan_part *executors = &plan->parts[PLAN_EXECUTORS];
    json_t *warnings = json_array();
    int failed = warn_of_data(plan, report, warnings);
    if (executors->fewest == 0 && executors->before && executors->ready)
        failed |= warn(warnings, "for a time no executor manager is Ready");
    if (!failed)
        return warnings;
    json_decref(warnings);
    return NULL;
}
