/* fc_network.h - what a spec says about the network: its Services' options, and who may reach its Pods. */
#ifndef FC_NETWORK_H
#define FC_NETWORK_H

#include "fc_pairs.h"

#include <stdint.h>

/* How many there may be. The CRD has the same: what its rules cost an API server depends on them. */
#define FC_SERVICE_PAIRS_MAX 32
#define FC_SOURCE_RANGES_MAX 64
#define FC_ANNOTATION_MAX 4096
#define FC_PEERS_MAX 16
#define FC_SELECTOR_LABELS_MAX 16
#define FC_SELECTOR_TERMS_MAX 8

enum fc_service_type { FC_CLUSTER_IP, FC_NODE_PORT, FC_LOAD_BALANCER };

struct fc_service_options {
    enum fc_service_type type;
    struct fc_pairs annotations, labels;
    int64_t node_port; /* 0: unset */
    /* Words of the API; NULL: unset. */
    const char *external_policy, *internal_policy, *affinity;
    struct hk_str balancer_class; /* absent: unset */
    struct fc_texts source_ranges;
};

/* One of matchExpressions. */
struct fc_term {
    struct hk_str key;
    const char *operator; /* NULL: not given */
    struct fc_texts values;
};

struct fc_terms {
    struct fc_term *items;
    size_t count;
};

struct fc_selector {
    bool is_given; /* an empty one selects all */
    struct fc_pairs labels;
    struct fc_terms terms;
};

struct fc_ip_block {
    bool is_given;
    struct hk_str cidr;
    struct fc_texts except;
};

/* A block of addresses, or selectors. */
struct fc_peer {
    struct fc_ip_block block;
    struct fc_selector pods, namespaces;
};

struct fc_peers {
    struct fc_peer *items;
    size_t count;
};

struct fc_net_port {
    const char *protocol;
    int64_t number; /* 0: a name, or all */
    struct hk_str name;
    int64_t end; /* 0: unset */
};

struct fc_net_ports {
    struct fc_net_port *items;
    size_t count;
};

struct fc_egress {
    struct fc_peers to;
    struct fc_net_ports ports;
};

struct fc_egresses {
    struct fc_egress *items;
    size_t count;
};

struct fc_network_policy {
    bool is_enabled;
    struct fc_peers from;
    struct fc_egresses egress;
};

#endif
