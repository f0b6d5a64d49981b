/* rules_secret.c - of a Secret that the spec names: what holds while it is missing, and that nothing tells what is in it. */
#include "life.h"

#include <stdlib.h>

static const json_t *condition(const json_t *status, const char *type)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(status, "conditions"), i, item)
    {
        if (strcmp(hk_sim_text(item, "type"), type) == 0)
            return item;
    }
    return NULL;
}

static bool is_waiting(const struct hk_sim_view *view)
{
    const json_t *found = condition(json_object_get(view->reply, "status"), "ReferencesResolved");
    return view->hook == HK_HOOK_SYNC && found &&
           strcmp(hk_sim_text(found, "status"), "False") == 0 &&
           !json_is_true(hk_sim_get(view->parent, "spec.suspend"));
}

void rules_secret_check(struct life *life, const struct hk_sim_event *event)
{
    bool is_change = event->what == HK_SIM_CREATED || event->what == HK_SIM_DELETING;
    if (event->what == HK_SIM_SYNCED) {
        char *text = json_dumps(json_object_get(event->view->reply, "status"), 0);
        if (text && strstr(text, LIFE_VALUE))
            life_break(life, "the status tells what the Secret holds");
        free(text);
    }
    if (event->actor == HK_SIM_HOOK && is_change && event->view && is_waiting(event->view))
        life_break(life, "%s %s was changed while a Secret is missing", event->kind,
                   hk_sim_text(event->after ? event->after : event->before, "metadata.name"));
}

/* One of the two forms, with the counter and hash of the status. */
void rules_secret_check_end(struct life *life, const json_t *parent)
{
    const struct hk_sim_ref forms[] = {{"ConfigMap", "default", LIFE_NAME "-config"},
                                       {"Secret", "default", LIFE_NAME "-config"}};
    const json_t *config = hk_sim_find(life->sim, forms[life->wish.secret]);
    const char *hash = hk_sim_annotation(config, "flame.xflops.io/config-hash");
    bool may_be_old = life->wish.paused || life->wish.update == LIFE_ON_DELETE;
    if (strcmp(hash, hk_sim_text(parent, "status.configHash")) != 0)
        life_break(life, "the configuration's hash is %s at the end, the status' %s", hash,
                   hk_sim_text(parent, "status.configHash"));
    if (!may_be_old && hk_sim_find(life->sim, forms[!life->wish.secret]))
        life_break(life, "the configuration's other form is left at the end");
}
