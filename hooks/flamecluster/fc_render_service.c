/* A Service, with what the spec wants of it, changed in place.
 *
 * Some changes need a step between, since what is asked for is merged into what is there: a node port that the API
 * server gave stays, and beside type ClusterIP it is refused; a load balancer's class cannot become another one. */
#include "fc_render.h"

#include "hk_scan.h"

/* What is there, as far as the next step depends on it. */
struct seen {
    bool is_outside;  /* type NodePort or LoadBalancer */
    bool is_balanced; /* type LoadBalancer */
    struct hk_str balancer_class;
    struct hk_str ports; /* raw */
};

static struct seen see(const struct fc_object *object, struct hk_arena *arena)
{
    static const char *const names[] = {"loadBalancerClass", "ports", "type", NULL};
    struct seen seen = {.is_outside = false};
    struct hk_scan s;
    struct hk_scan_iter it;
    if (!object || object->spec.len == 0)
        return seen;
    hk_scan_init(&s, object->spec.ptr, object->spec.len, arena, NULL);
    hk_scan_object(&s, &it);
    for (int f; (f = hk_scan_field(&s, &it, names)) >= 0;)
        if (f == 0) {
            seen.balancer_class = hk_scan_str_or_null(&s);
        } else if (f == 1) {
            seen.ports = hk_scan_raw(&s);
        } else {
            struct hk_str type = hk_scan_str_or_null(&s);
            seen.is_balanced = hk_str_is(type, "LoadBalancer");
            seen.is_outside = seen.is_balanced || hk_str_is(type, "NodePort");
        }
    return s.failed ? (struct seen){.is_outside = false} : seen;
}

/* The node port that the observed Service has for a port; 0: none. */
static int64_t seen_node_port(const struct seen *seen, int port, struct hk_arena *arena)
{
    static const char *const names[] = {"nodePort", "port", NULL};
    struct hk_scan s;
    struct hk_scan_iter list, it;
    int64_t found = 0;
    if (seen->ports.len == 0)
        return 0;
    hk_scan_init(&s, seen->ports.ptr, seen->ports.len, arena, NULL);
    hk_scan_array(&s, &list);
    while (hk_scan_item(&s, &list)) {
        int64_t values[2] = {0, 0};
        hk_scan_object(&s, &it);
        for (int f; (f = hk_scan_field(&s, &it, names)) >= 0;)
            values[f] = hk_scan_int(&s);
        if (values[1] == port)
            found = values[0];
    }
    return s.failed ? 0 : found;
}

/* The options to ask for now. */
static struct fc_service_options step(const struct fc_service_options *wanted,
                                      const struct seen *seen)
{
    struct fc_service_options now = *wanted;
    if (wanted->type != FC_LOAD_BALANCER || !seen->is_balanced)
        return now;
    if (wanted->balancer_class.len == 0) {
        /* A cloud's webhook may have chosen it. */
        now.balancer_class = seen->balancer_class;
    } else if (!hk_str_eq(wanted->balancer_class, seen->balancer_class)) {
        now.type = FC_NODE_PORT;
        now.balancer_class = (struct hk_str){NULL, 0};
        now.source_ranges.count = 0;
    }
    return now;
}

static void write_ports(const struct fc_render *r, const struct fc_service *service,
                        const struct fc_service_options *now, const struct seen *seen,
                        struct hk_jw *w)
{
    hk_jw_member_array(w, "ports");
    for (const struct fc_service_port *port = service->ports; port->name; port++) {
        int64_t node_port = port == service->ports ? now->node_port : 0;
        /* Asked for as they are, the API server takes them away with the type. */
        if (now->type == FC_CLUSTER_IP && seen->is_outside)
            node_port = seen_node_port(seen, port->port, r->arena);
        hk_jw_object(w);
        hk_jw_member_cstr(w, "name", port->name);
        if (node_port)
            hk_jw_member_int(w, "nodePort", node_port);
        hk_jw_member_int(w, "port", port->port);
        hk_jw_member_cstr(w, "protocol", "TCP");
        hk_jw_member_int(w, "targetPort", port->port);
        hk_jw_object_end(w);
    }
    hk_jw_array_end(w);
}

static void write_word(const char *key, const char *word, struct hk_jw *w)
{
    if (word)
        hk_jw_member_cstr(w, key, word);
}

static void write_spec(const struct fc_render *r, const struct fc_service *service,
                       const struct fc_service_options *now, const struct seen *seen,
                       struct hk_jw *w)
{
    static const char *const types[] = {[FC_CLUSTER_IP] = "ClusterIP",
                                        [FC_NODE_PORT] = "NodePort",
                                        [FC_LOAD_BALANCER] = "LoadBalancer"};
    hk_jw_member_object(w, "spec");
    write_word("externalTrafficPolicy", now->external_policy, w);
    write_word("internalTrafficPolicy", now->internal_policy, w);
    if (now->balancer_class.len)
        hk_jw_member_str(w, "loadBalancerClass", now->balancer_class);
    fc_render_texts("loadBalancerSourceRanges", &now->source_ranges, w);
    write_ports(r, service, now, seen, w);
    hk_jw_member_object(w, "selector");
    hk_jw_member_cstr(w, "app", service->selected_app);
    hk_jw_member_str(w, "flame.xflops.io/cluster", r->parent->name);
    hk_jw_object_end(w);
    write_word("sessionAffinity", now->affinity, w);
    hk_jw_member_cstr(w, "type", types[now->type]);
    hk_jw_object_end(w);
}

static void write_metadata(const struct fc_render *r, const struct fc_service_wish *wish,
                           struct hk_jw *w)
{
    struct fc_pairs annotations = wish->options->annotations, labels = wish->options->labels;
    hk_jw_member_object(w, "metadata");
    if (annotations.count) {
        hk_jw_member_object(w, "annotations");
        fc_render_pairs(&annotations, NULL, w);
        hk_jw_object_end(w);
    }
    hk_jw_member_object(w, "labels");
    fc_render_labels_among(r, wish->service->app, &labels, w);
    fc_render_pairs(&labels, NULL, w);
    hk_jw_object_end(w);
    fc_render_name(r, wish->name, w);
}

void fc_render_service(const struct fc_render *r, const struct fc_service_wish *wish,
                       struct hk_jw *w)
{
    const struct seen seen = see(wish->observed, r->arena);
    const struct fc_service_options now = step(wish->options, &seen);
    hk_jw_object(w);
    hk_jw_member_cstr(w, "apiVersion", "v1");
    hk_jw_member_cstr(w, "kind", "Service");
    write_metadata(r, wish, w);
    write_spec(r, wish->service, &now, &seen, w);
    hk_jw_object_end(w);
}
