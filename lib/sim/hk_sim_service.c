/* hk_sim_service.c - what the API server makes of a Service's type: ports of nodes, what goes with the type, and what it
 * refuses. source: k8s.io/kubernetes pkg/registry/core/service and pkg/apis/core/validation, 1.36 (restated). */
#include "hk_sim_impl.h"

#define NODE_PORTS 31000 /* given from here on; below it is for those who ask */
#define HEALTH_PORTS 32500

static bool is_balanced(const json_t *spec)
{
    return strcmp(hk_sim_text(spec, "type"), "LoadBalancer") == 0;
}

/* Reached from outside: each port has one of every node. */
static bool is_outside(const json_t *spec)
{
    return is_balanced(spec) || strcmp(hk_sim_text(spec, "type"), "NodePort") == 0;
}

static bool is_health_checked(const json_t *spec)
{
    return is_balanced(spec) && strcmp(hk_sim_text(spec, "externalTrafficPolicy"), "Local") == 0;
}

static const json_t *same_port(const json_t *ports, const json_t *wanted)
{
    size_t i;
    json_t *port;
    json_array_foreach(ports, i, port)
    {
        if (json_equal(json_object_get(port, "port"), json_object_get(wanted, "port")))
            return port;
    }
    return NULL;
}

/* Each has the node port that it had. */
static bool has_same_node_ports(const json_t *ports, const json_t *old)
{
    size_t i;
    json_t *port;
    json_array_foreach(ports, i, port)
    {
        if (hk_sim_int(port, "nodePort") != hk_sim_int(same_port(old, port), "nodePort"))
            return false;
    }
    return true;
}

static void drop_unless_changed(json_t *spec, const json_t *old, const char *key)
{
    if (json_equal(json_object_get(spec, key), json_object_get(old, key)))
        json_object_del(spec, key);
}

void hk_sim_service_carry(struct hk_sim *sim, json_t *object, const json_t *live)
{
    json_t *spec = hk_sim_child(sim, object, "spec"), *ports = json_object_get(spec, "ports"),
           *port;
    const json_t *old = json_object_get(live, "spec"), *old_ports = json_object_get(old, "ports");
    size_t i;
    json_array_foreach(ports, i, port)
    {
        const json_t *given = json_object_get(same_port(old_ports, port), "nodePort");
        if (given && is_outside(spec) && is_outside(old))
            hk_sim_default(sim, port, "nodePort", json_incref((json_t *)given));
    }
    if (is_outside(old) && !is_outside(spec)) {
        if (has_same_node_ports(ports, old_ports)) {
            json_array_foreach(ports, i, port)
            {
                json_object_del(port, "nodePort");
            }
        }
        drop_unless_changed(spec, old, "externalTrafficPolicy");
    }
    if (is_balanced(old) && !is_balanced(spec)) {
        drop_unless_changed(spec, old, "loadBalancerClass");
        drop_unless_changed(spec, old, "allocateLoadBalancerNodePorts");
    }
    if (is_health_checked(old) && !is_health_checked(spec))
        drop_unless_changed(spec, old, "healthCheckNodePort");
}

void hk_sim_service_default(struct hk_sim *sim, json_t *spec)
{
    size_t i;
    json_t *port;
    if (strcmp(hk_sim_text(spec, "sessionAffinity"), "ClientIP") == 0)
        hk_sim_default(sim, spec, "sessionAffinityConfig",
                       json_pack("{s:{s:i}}", "clientIP", "timeoutSeconds", 10800));
    else
        json_object_del(spec, "sessionAffinityConfig");
    if (!is_outside(spec))
        return;
    hk_sim_default(sim, spec, "externalTrafficPolicy", json_string("Cluster"));
    json_array_foreach(json_object_get(spec, "ports"), i, port)
    {
        if (!json_object_get(port, "nodePort"))
            hk_sim_set_int(sim, port, "nodePort", NODE_PORTS + sim->node_ports++ % 1000);
    }
    if (is_balanced(spec))
        hk_sim_default(sim, spec, "allocateLoadBalancerNodePorts", json_true());
    if (is_health_checked(spec) && !json_object_get(spec, "healthCheckNodePort"))
        hk_sim_set_int(sim, spec, "healthCheckNodePort", HEALTH_PORTS + sim->node_ports++ % 200);
}

const char *hk_sim_service_refuse(const json_t *spec)
{
    size_t i;
    json_t *port;
    json_array_foreach(json_object_get(spec, "ports"), i, port)
    {
        if (json_object_get(port, "nodePort") && !is_outside(spec))
            return "spec.ports.nodePort: Forbidden: may not be used when `type` is 'ClusterIP'";
    }
    if (*hk_sim_text(spec, "externalTrafficPolicy") && !is_outside(spec))
        return "spec.externalTrafficPolicy: Invalid value: may only be set for "
               "externally-accessible services";
    if (json_object_get(spec, "loadBalancerClass") && !is_balanced(spec))
        return "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'";
    if (json_array_size(json_object_get(spec, "loadBalancerSourceRanges")) && !is_balanced(spec))
        return "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is "
               "'LoadBalancer'";
    if (json_object_get(spec, "healthCheckNodePort") && !is_health_checked(spec))
        return "spec.healthCheckNodePort: Invalid value: may only be set when `type` is "
               "'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    return NULL;
}

const char *hk_sim_service_refuse_update(const json_t *live, const json_t *object)
{
    const json_t *old = json_object_get(live, "spec"), *spec = json_object_get(object, "spec");
    const json_t *had = json_object_get(old, "loadBalancerClass"),
                 *has = json_object_get(spec, "loadBalancerClass");
    if (is_balanced(old) && is_balanced(spec) && (had || has) && !json_equal(had, has))
        return "spec.loadBalancerClass: Invalid value: may not change once set";
    return NULL;
}
