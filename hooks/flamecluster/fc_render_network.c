/* The NetworkPolicy: who may reach the Pods of a cluster, and what they may reach. */
#include "fc_render.h"

static void write_terms(const struct fc_terms *terms, struct hk_jw *w)
{
    if (terms->count == 0)
        return;
    hk_jw_member_array(w, "matchExpressions");
    for (size_t i = 0; i < terms->count; i++) {
        hk_jw_object(w);
        hk_jw_member_str(w, "key", terms->items[i].key);
        hk_jw_member_cstr(w, "operator", terms->items[i].operator);
        fc_render_texts("values", &terms->items[i].values, w);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}

/* Empty lists and maps are left out, as the API server does: what comes back is what was asked for. */
static void write_selector(const char *key, const struct fc_selector *selector, struct hk_jw *w)
{
    if (!selector->is_given)
        return;
    struct fc_pairs labels = selector->labels;
    hk_jw_member_object(w, key);
    write_terms(&selector->terms, w);
    if (labels.count) {
        hk_jw_member_object(w, "matchLabels");
        fc_render_pairs(&labels, NULL, w);
        hk_jw_object_end(w);
    }
    hk_jw_object_end(w);
}

static void write_peers(const char *key, const struct fc_peers *peers, struct hk_jw *w)
{
    if (peers->count == 0)
        return;
    hk_jw_member_array(w, key);
    for (size_t i = 0; i < peers->count; i++) {
        const struct fc_peer *peer = &peers->items[i];
        hk_jw_object(w);
        if (peer->block.is_given) {
            hk_jw_member_object(w, "ipBlock");
            hk_jw_member_str(w, "cidr", peer->block.cidr);
            fc_render_texts("except", &peer->block.except, w);
            hk_jw_object_end(w);
        }
        write_selector("namespaceSelector", &peer->namespaces, w);
        write_selector("podSelector", &peer->pods, w);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}

static void write_port(const struct fc_net_port *port, struct hk_jw *w)
{
    hk_jw_object(w);
    if (port->end)
        hk_jw_member_int(w, "endPort", port->end);
    if (port->number)
        hk_jw_member_int(w, "port", port->number);
    else if (port->name.len)
        hk_jw_member_str(w, "port", port->name);
    hk_jw_member_cstr(w, "protocol", port->protocol);
    hk_jw_object_end(w);
}

static void write_ports(const struct fc_net_ports *ports, struct hk_jw *w)
{
    if (ports->count == 0)
        return;
    hk_jw_member_array(w, "ports");
    for (size_t i = 0; i < ports->count; i++)
        write_port(&ports->items[i], w);
    hk_jw_array_end(w);
}

static void write_egress(const struct fc_egress *egress, struct hk_jw *w)
{
    hk_jw_object(w);
    write_ports(&egress->ports, w);
    write_peers("to", &egress->to, w);
    hk_jw_object_end(w);
}

/* {"matchLabels":{...}} of all Pods of the cluster, as the value of key. */
static void write_cluster(const struct fc_render *r, struct hk_jw *w)
{
    hk_jw_member_object(w, "podSelector");
    hk_jw_member_object(w, "matchLabels");
    hk_jw_member_str(w, "flame.xflops.io/cluster", r->parent->name);
    hk_jw_object_end(w);
    hk_jw_object_end(w);
}

/* A rule whose one peer is the cluster itself. */
static void write_cluster_rule(const struct fc_render *r, const char *key, struct hk_jw *w)
{
    hk_jw_object(w);
    hk_jw_member_array(w, key);
    hk_jw_object(w);
    write_cluster(r, w);
    hk_jw_object_end(w);
    hk_jw_array_end(w);
    hk_jw_object_end(w);
}

/* Two rules of one port, not one of two: merging tells the entries of a list of ports apart by their numbers. */
static void write_dns(struct hk_jw *w)
{
    static const char *const protocols[] = {"UDP", "TCP"};
    for (size_t i = 0; i < 2; i++) {
        struct fc_net_port port = {.number = 53, .protocol = protocols[i]};
        write_egress(&(struct fc_egress){.ports = {.items = &port, .count = 1}}, w);
    }
}

/* What clients outside of the cluster use. */
static void write_clients(const struct fc_peers *from, struct hk_jw *w)
{
    struct fc_net_port ports[] = {{.number = 8080, .protocol = "TCP"},
                                  {.number = 9090, .protocol = "TCP"}};
    const struct fc_net_ports list = {.items = ports, .count = 2};
    if (from->count == 0)
        return;
    hk_jw_object(w);
    write_peers("from", from, w);
    write_ports(&list, w);
    hk_jw_object_end(w);
}

static void write_spec(const struct fc_render *r, struct hk_jw *w)
{
    const struct fc_network_policy *policy = &r->parent->spec.network;
    hk_jw_member_object(w, "spec");
    hk_jw_member_array(w, "egress");
    write_cluster_rule(r, "to", w);
    write_dns(w);
    for (size_t i = 0; i < policy->egress.count; i++)
        write_egress(&policy->egress.items[i], w);
    hk_jw_array_end(w);
    hk_jw_member_array(w, "ingress");
    write_cluster_rule(r, "from", w);
    write_clients(&policy->from, w);
    hk_jw_array_end(w);
    write_cluster(r, w);
    hk_jw_member_array(w, "policyTypes");
    hk_jw_cstr(w, "Ingress");
    hk_jw_cstr(w, "Egress");
    hk_jw_array_end(w);
    hk_jw_object_end(w);
}

void fc_render_network_policy(const struct fc_render *r, struct hk_jw *w)
{
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "networking.k8s.io/v1");
    hk_jw_member_cstr(w, "kind", "NetworkPolicy");
    hk_jw_member_object(w, "metadata");
    fc_render_metadata(r, "flame-network", r->parent->name, w);
    write_spec(r, w);
    hk_jw_object_end(w);
}
