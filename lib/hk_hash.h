/* hk_hash.h - content hashes: XXH3 through libxxhash. Not for secrets. Stable across releases and
 * machines: written into annotations that decide whether a Pod is replaced. */
#ifndef HK_HASH_H
#define HK_HASH_H

#include "hk_str.h"

#define HK_HASH64_SIZE 17
#define HK_HASH128_SIZE 33

unsigned hk_hash_version(void); /* libxxhash's: 10000 major + 100 minor + patch */

void hk_hash64_hex(struct hk_str bytes, char hex[HK_HASH64_SIZE]);   /* 16 lower-case digits, NUL */
void hk_hash128_hex(struct hk_str bytes, char hex[HK_HASH128_SIZE]); /* 32 lower-case digits, NUL */

#endif
