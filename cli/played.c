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
    .template = "flame.xflops.io/template-hash",
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

int64_t played_wanted(const struct played_columns *columns, const json_t *parent)
{
    if (!parent || hk_sim_get(parent, "metadata.deletionTimestamp") ||
        json_is_true(hk_sim_get(parent, columns->suspended)))
        return 0;
    const json_t *spec = hk_sim_get(parent, columns->wanted); /* the status comes after it */
    return spec ? json_integer_value(spec) : hk_sim_int(parent, columns->desired);
}

void played_low_see(struct played_low *low, const struct played_seen *seen)
{
    const struct played_columns *columns = seen->columns;
    int64_t desired = hk_sim_int(seen->parent, columns->desired);
    if (strcmp(hk_sim_text(seen->parent, columns->state), columns->good) == 0 &&
        hk_sim_int(seen->parent, columns->ready) == desired)
        low->up = desired;
    if (json_is_true(hk_sim_get(seen->parent, columns->suspended)))
        low->up = -1; /* what comes back later starts anew */
    int64_t wanted = played_wanted(columns, seen->parent);
    if (low->up < wanted)
        wanted = low->up;
    if (wanted <= 0 || wanted - seen->ready <= low->fewest_of - low->fewest)
        return; /* nothing was up yet, nothing is to be any more, or it was worse before */
    low->fewest = seen->ready;
    low->fewest_of = wanted;
    low->fewest_ms = seen->at_ms;
}

bool played_is_counted(const struct played_columns *columns, const char *parent, const char *name)
{
    size_t len = strlen(parent);
    return strncmp(name, parent, len) == 0 &&
           strncmp(name + len, columns->counted, strlen(columns->counted)) == 0;
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
