#include "hk_cidr.h"

#include <arpa/inet.h>
#include <string.h>

/* Digits without leading zeros, at most max. */
static bool parse_bits(struct hk_str text, unsigned max, unsigned *out)
{
    unsigned bits = 0;
    if (text.len == 0 || text.len > 3 || (text.len > 1 && text.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *out = bits;
    return bits <= max;
}

static bool is_ipv4_mapped(const uint8_t *address)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address, prefix, sizeof prefix) == 0;
}

/* The address has nothing but zeros from bit `bits` on. */
static bool ends_at(const uint8_t *address, unsigned bits)
{
    for (unsigned bit = bits; bit < 128; bit++)
        if (address[bit / 8] & (0x80 >> bit % 8))
            return false;
    return true;
}

bool hk_cidr_parse(struct hk_str text, struct hk_cidr *out)
{
    struct hk_cidr cidr = {.bits = 0};
    char address[INET6_ADDRSTRLEN];
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    size_t len = slash ? (size_t)(slash - text.ptr) : 0;
    if (len == 0 || len >= sizeof address || memchr(text.ptr, 0, len))
        return false;
    memcpy(address, text.ptr, len);
    address[len] = 0;
    cidr.is_ipv6 = strchr(address, ':');
    if (inet_pton(cidr.is_ipv6 ? AF_INET6 : AF_INET, address, cidr.address) != 1 ||
        !parse_bits((struct hk_str){slash + 1, text.len - len - 1}, cidr.is_ipv6 ? 128 : 32,
                    &cidr.bits) ||
        (cidr.is_ipv6 && is_ipv4_mapped(cidr.address)) || !ends_at(cidr.address, cidr.bits))
        return false;
    *out = cidr;
    return true;
}

bool hk_cidr_is_within(const struct hk_cidr *inner, const struct hk_cidr *outer)
{
    struct hk_cidr cut = *inner;
    if (inner->is_ipv6 != outer->is_ipv6 || inner->bits <= outer->bits)
        return false;
    for (unsigned bit = outer->bits; bit < 128; bit++)
        cut.address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    return memcmp(cut.address, outer->address, sizeof cut.address) == 0;
}
