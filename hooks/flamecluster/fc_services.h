/* fc_services.h - the two Services of a cluster, as data. */
#ifndef FC_SERVICES_H
#define FC_SERVICES_H

struct fc_service_port {
    const char *name; /* NULL ends a list */
    int port;         /* also the Pods' */
};

struct fc_service {
    const char *app; /* its own `app` label: "flame-" and what follows the cluster in its name */
    const char *selected_app; /* the Pods' */
    const struct fc_service_port *ports;
};

/* The cache's Service selects the executor managers, or the cache's own Pods; fc_own_cache_service is then the same
 * Service. */
extern const struct fc_service fc_session_service, fc_cache_service, fc_own_cache_service;

#endif
