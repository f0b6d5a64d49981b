/* controllers.h - the table of controllers that this program serves. */
#ifndef CONTROLLERS_H
#define CONTROLLERS_H

#include "hk_hook.h"

extern const struct hk_controller *const cli_controllers[]; /* ends with NULL */

#endif
