/* sync_check.h - what must hold for every answer of the FlameCluster controller, whatever came in. */
#ifndef SYNC_CHECK_H
#define SYNC_CHECK_H

#include "fc.h"

#include <jansson.h>

enum mode { MODE_SYNC, MODE_FINALIZE, MODE_CUSTOMIZE, MODE_RENDER, MODE_VALIDATE };

#define REQUEST_FLAGS (JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES)

struct answer {
    int rc;
    struct hk_err err;
    struct hk_buf text; /* owned */
};

/* check - abort with the two texts on stderr unless good. */
void check(bool good, const char *what, const char *detail);

/* check_answer - an answer that was given (rc 0). request: its tree, or NULL when jansson has none. */
void check_answer(enum mode mode, const json_t *request, const struct answer *answer);

/* reversed_new - the same value with the members of every object from the last to the first. */
json_t *reversed_new(const json_t *value);

/* has_real - is there a number with a fraction or exponent anywhere? */
bool has_real(const json_t *value);

#endif
