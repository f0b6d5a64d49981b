#include "fc_services.h"

/* Executor managers dial the port after the endpoint's: without 8081 none can register. */
const struct fc_service fc_session_service = {
    .app = "flame-session-manager",
    .selected_app = "flame-session-manager",
    .ports = (const struct fc_service_port[]){{"http", 8080}, {"backend", 8081}, {0}},
};

static const struct fc_service_port cache_ports[] = {{"grpc", 9090}, {0}};

const struct fc_service fc_cache_service = {
    .app = "flame-object-cache",
    .selected_app = "flame-executor-manager",
    .ports = cache_ports,
};
const struct fc_service fc_own_cache_service = {
    .app = "flame-object-cache",
    .selected_app = "flame-object-cache",
    .ports = cache_ports,
};
