#include "played.h"

#include <stdlib.h>

const struct played_columns played_columns = {
    .kind = "FlameCluster",
    .state = "status.state",
    .ready = "status.executorManager.ready",
    .desired = "status.executorManager.replicas",
    .message = "status.message",
    .wanted = "spec.executorManager.replicas",
    .counted = "-executor-manager-",
    .noun = "executor managers",
    .good = "Running",
    .suspended = "spec.suspend",
    .at_rest = "Suspended",
};

struct hk_sim_options played_options(const struct hk_controller *controller)
{
    return (struct hk_sim_options){
        .controller = controller->name,
        .parent = {controller->api_version, controller->kind, "flameclusters", HK_SIM_IN_PLACE},
        .customize = controller->hooks[HK_HOOK_CUSTOMIZE] != NULL,
        .seed = 1,
        .pace = HK_SIM_PACE,
        .call = hk_sim_call_controller,
        .call_arg = (void *)controller,
    };
}

/* Is this the value of a field "image" anywhere in the tree? */
static bool has_image(const json_t *tree, const char *image)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_array(tree)) {
        json_array_foreach(tree, i, value) if (has_image(value, image)) return true;
        return false;
    }
    json_object_foreach((json_t *)tree, key, value)
    {
        const char *text = strcmp(key, "image") == 0 ? json_string_value(value) : NULL;
        if ((text && strcmp(text, image) == 0) || has_image(value, image))
            return true;
    }
    return false;
}

void played_fail_images(struct hk_sim *sim, const struct cli_input *in,
                        const struct cli_list *images)
{
    for (size_t i = 0; i < images->count; i++) {
        bool is_named = false;
        for (size_t k = 0; k < in->count && !is_named; k++)
            is_named = has_image(in->objects[k].root, images->items[i]);
        if (!is_named)
            cli_warning((struct cli_place){0}, "--fail-image: no FlameCluster has the image %s",
                        images->items[i]);
        hk_sim_fail_image(sim, images->items[i], true);
    }
}

const char *played_trouble(const json_t *pod)
{
    size_t i;
    json_t *container;
    if (strcmp(hk_sim_text(pod, "status.phase"), "Failed") == 0)
        return hk_sim_text(pod, "status.reason");
    json_array_foreach(hk_sim_get(pod, "status.containerStatuses"), i, container)
    {
        const char *reason = hk_sim_text(container, "state.waiting.reason");
        if (*reason && strcmp(reason, "ContainerCreating") != 0)
            return reason;
    }
    return "";
}

const char *played_short(const char *name, const char *parent)
{
    size_t len = strlen(parent);
    return strncmp(name, parent, len) == 0 && name[len] == '-' ? name + len + 1 : name;
}

const char *played_number(const char *name)
{
    const char *dash = strrchr(name, '-');
    return dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1) ? dash + 1 : NULL;
}

/* Do both end in a number, behind the same? */
static bool are_numbered(const char *a, const char *b)
{
    const char *m = played_number(a), *n = played_number(b);
    return m && n && m - a == n - b && strncmp(a, b, (size_t)(m - a)) == 0;
}

int played_order(const char *a, const char *b)
{
    if (!are_numbered(a, b))
        return strcmp(a, b);
    long long m = atoll(played_number(a)), n = atoll(played_number(b));
    return (m > n) - (m < n);
}

static bool follows(const char *before, const char *name)
{
    return are_numbered(before, name) &&
           atoll(played_number(name)) == atoll(played_number(before)) + 1;
}

void played_add_names(struct hk_buf *out, const struct played_names *names, size_t most)
{
    size_t i = names->first, shown = 0;
    for (; i < names->end && shown < most; i++, shown++) {
        size_t last = i;
        while (last + 1 < names->end &&
               follows(names->at(names->list, last), names->at(names->list, last + 1)))
            last++;
        hk_buf_printf(out, "%s%s", shown ? ", " : "", names->at(names->list, i));
        if (last > i)
            hk_buf_printf(out, "..%s", played_number(names->at(names->list, last)));
        i = last;
    }
    if (i < names->end)
        hk_buf_printf(out, " and %zu more", names->end - i);
}
