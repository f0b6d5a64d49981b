/* scan_trace.h - all that the scanner says about a document, boiled down to compare two scanners.
 * Compiled twice: over the library's scanner and, as scan_plain_trace, over the one without SIMD.
 */
#ifndef SCAN_TRACE_H
#define SCAN_TRACE_H

#include "hk_err.h"

#include <stdint.h>

struct scan_trace {
    struct hk_err skipped; /* what skipping the whole document says */
    struct hk_err read;    /* what reading every value of it says */
    uint64_t hash;         /* of every key, string, number and bracket read, in order */
};

/* Both want HK_SCAN_PAD readable bytes behind the text. */
void scan_trace(const char *text, size_t len, struct scan_trace *out);
void scan_plain_trace(const char *text, size_t len, struct scan_trace *out);

#endif
