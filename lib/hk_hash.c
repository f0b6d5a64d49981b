/* hk_hash.c - XXH3 in the digits that xxhsum prints: most significant first. */
#include "hk_hash.h"

#include <stdint.h>
#include <xxhash.h>

static void hex64(uint64_t value, char *hex)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        hex[i] = "0123456789abcdef"[value & 15];
}

unsigned hk_hash_version(void)
{
    return XXH_versionNumber();
}

void hk_hash64_hex(struct hk_str bytes, char hex[HK_HASH64_SIZE])
{
    hex64(XXH3_64bits(bytes.ptr, bytes.len), hex);
    hex[HK_HASH64_SIZE - 1] = '\0';
}

void hk_hash128_hex(struct hk_str bytes, char hex[HK_HASH128_SIZE])
{
    XXH128_hash_t hash = XXH3_128bits(bytes.ptr, bytes.len);
    hex64(hash.high64, hex);
    hex64(hash.low64, hex + 16);
    hex[HK_HASH128_SIZE - 1] = '\0';
}
