/* fc.h - the FlameCluster controller (flame.xflops.io/v1alpha1): what the program sees of it. */
#ifndef FC_H
#define FC_H

#include "hk_hook.h"

extern const struct hk_controller fc_controller;

#endif
