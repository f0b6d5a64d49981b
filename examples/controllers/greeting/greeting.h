/* greeting.h - the smallest controller: one ConfigMap for each Greeting. Start your own from here.
 */
#ifndef GREETING_H
#define GREETING_H

#include "hk_hook.h"

extern const struct hk_controller greeting_controller;

#endif
