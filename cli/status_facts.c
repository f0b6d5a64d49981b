/* What the children of a parent are like, in a few words by their kind. Nothing is decided here. */
#include "status.h"

#include "hk_sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct facts {
    struct hk_buf text;
    const json_t *object, *slices;
    bool ok;
};

static int64_t number(const struct facts *f, const char *path)
{
    return json_integer_value(hk_sim_get(f->object, path));
}

static const char *word(const struct facts *f, const char *path)
{
    return hk_sim_text(f->object, path);
}

static void add(struct facts *f, const char *format, ...) HK_PRINTF(2, 3);
static void add(struct facts *f, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (f->text.len)
        hk_buf_add_str(&f->text, HK_STR(", "));
    hk_buf_add_str(&f->text, hk_str_of(text));
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

/* An endpoint that says nothing of itself is ready. */
static void add_endpoints(struct facts *f)
{
    size_t i, k;
    json_t *slice, *endpoint;
    int64_t all = 0, ready = 0;
    bool has_slice = false;
    json_array_foreach(f->slices, i, slice)
    {
        const json_t *labels = hk_sim_get(slice, "metadata.labels");
        const char *service =
            json_string_value(json_object_get(labels, "kubernetes.io/service-name"));
        if (!service || strcmp(service, word(f, "metadata.name")) != 0)
            continue;
        has_slice = true;
        json_array_foreach(hk_sim_get(slice, "endpoints"), k, endpoint)
        {
            all++;
            ready += !json_is_false(hk_sim_get(endpoint, "conditions.ready"));
        }
    }
    if (!has_slice)
        return;
    if (all == 0)
        add(f, "no endpoints");
    else
        add(f, "%" PRId64 " of %" PRId64 " endpoint%s ready", ready, all, plural(all));
}

static void add_ports(struct facts *f)
{
    size_t i;
    json_t *port;
    json_array_foreach(hk_sim_get(f->object, "spec.ports"), i, port)
    {
        int64_t node = json_integer_value(json_object_get(port, "nodePort"));
        int64_t number_of_it = json_integer_value(json_object_get(port, "port"));
        if (node)
            add(f, "%" PRId64 ":%" PRId64 "/%s", number_of_it, node, hk_sim_text(port, "protocol"));
        else
            add(f, "%" PRId64 "/%s", number_of_it, hk_sim_text(port, "protocol"));
    }
}

static void add_balancer(struct facts *f)
{
    size_t i;
    json_t *ingress;
    const json_t *list = hk_sim_get(f->object, "status.loadBalancer.ingress");
    json_array_foreach(list, i, ingress)
    {
        const char *ip = hk_sim_text(ingress, "ip");
        add(f, "at %s", *ip ? ip : hk_sim_text(ingress, "hostname"));
    }
    if (json_array_size(list) > 0)
        return;
    add(f, "waiting for the load balancer");
    f->ok = false;
}

static void tell_service(struct facts *f)
{
    const char *ip = word(f, "spec.clusterIP");
    add(f, "%s", word(f, "spec.type"));
    if (*ip)
        add(f, "%s", strcmp(ip, "None") == 0 ? "headless" : ip);
    add_ports(f);
    if (strcmp(word(f, "spec.type"), "LoadBalancer") == 0)
        add_balancer(f);
    add_endpoints(f);
}

static void tell_claim(struct facts *f)
{
    const char *phase = word(f, "status.phase"), *size = word(f, "status.capacity.storage");
    const char *class = word(f, "spec.storageClassName");
    f->ok = strcmp(phase, "Bound") == 0;
    add(f, "%s", *phase ? phase : "no phase yet");
    if (*size)
        add(f, "%s", size);
    else
        add(f, "%s asked for", word(f, "spec.resources.requests.storage"));
    if (*class)
        add(f, "class %s", class);
}

static void tell_budget(struct facts *f)
{
    int64_t allowed = number(f, "status.disruptionsAllowed");
    add(f, "%" PRId64 " disruption%s allowed", allowed, plural(allowed));
    add(f, "%" PRId64 " of %" PRId64 " healthy", number(f, "status.currentHealthy"),
        number(f, "status.expectedPods"));
    add(f, "at least %" PRId64, number(f, "status.desiredHealthy"));
}

static void tell_policy(struct facts *f)
{
    static const char *const sides[] = {"ingress", "egress"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *rules = json_object_get(hk_sim_get(f->object, "spec"), sides[i]);
        size_t n = json_array_size(rules);
        if (rules)
            add(f, "%zu %s rule%s", n, sides[i], plural((int64_t)n));
    }
}

static void tell_set(struct facts *f)
{
    int64_t wanted = number(f, "spec.replicas"), ready = number(f, "status.readyReplicas");
    int64_t partition = number(f, "spec.updateStrategy.rollingUpdate.partition");
    f->ok = ready >= wanted;
    add(f, "%" PRId64 " of %" PRId64 " ready", ready, wanted);
    add(f, "%" PRId64 " updated", number(f, "status.updatedReplicas"));
    if (partition)
        add(f, "partition %" PRId64, partition);
    if (number(f, "status.observedGeneration") < number(f, "metadata.generation"))
        add(f, "not counted since the last change");
}

static void tell_files(struct facts *f)
{
    size_t n = json_object_size(hk_sim_get(f->object, "data"));
    add(f, "%zu file%s", n, plural((int64_t)n));
}

static const struct {
    const char *kind;
    void (*tell)(struct facts *facts);
} KINDS[] = {
    {"ConfigMap", tell_files},
    {"NetworkPolicy", tell_policy},
    {"PersistentVolumeClaim", tell_claim},
    {"PodDisruptionBudget", tell_budget},
    {"Service", tell_service},
    {"StatefulSet", tell_set},
};

json_t *status_facts(const json_t *object, const json_t *slices, bool *ok)
{
    struct facts f = {.object = object, .slices = slices, .ok = true};
    const char *kind = word(&f, "kind");
    hk_buf_init(&f.text);
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (strcmp(kind, KINDS[i].kind) == 0)
            KINDS[i].tell(&f);
    if (hk_sim_get(object, "metadata.deletionTimestamp")) {
        add(&f, "is being deleted");
        f.ok = false;
    }
    *ok = f.ok;
    json_t *text = f.text.failed ? NULL : json_stringn(f.text.data ? f.text.data : "", f.text.len);
    hk_buf_fini(&f.text);
    return text;
}
