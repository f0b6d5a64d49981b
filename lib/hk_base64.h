/* hk_base64.h - base64 as JSON carries bytes in Kubernetes: the standard alphabet, padded (RFC 4648, section 4).
 * threads: any. */
#ifndef HK_BASE64_H
#define HK_BASE64_H

#include "hk_buf.h"
#include "hk_mem.h"

/* hk_base64_encode - the bytes in base64, appended to out. */
void hk_base64_encode(struct hk_str bytes, struct hk_buf *out);

/* hk_base64_decode - the bytes that a text stands for, in arena and NUL-terminated. Line breaks are passed over, as
 * the API server does. false, and *bytes absent: no base64, or out of memory (arena->failed then). */
bool hk_base64_decode(struct hk_str text, struct hk_arena *arena, struct hk_str *bytes) HK_MUST_USE;

#endif
