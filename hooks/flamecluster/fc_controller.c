/* The controller's row; until its parts are in, it has no hooks. */
#include "fc.h"

const struct hk_controller fc_controller = {
    .name = "flamecluster",
    .api_version = "flame.xflops.io/v1alpha1",
    .kind = "FlameCluster",
};
