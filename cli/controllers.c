#include "controllers.h"

#include "fc.h"

const struct hk_controller *const cli_controllers[] = {
    &fc_controller,
    NULL,
};
