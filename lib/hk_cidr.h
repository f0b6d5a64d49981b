/* hk_cidr.h - ranges of IP addresses, as Kubernetes 1.36 takes them in new objects. source: apimachinery
 * util/validation (strict IP and CIDR validation). */
#ifndef HK_CIDR_H
#define HK_CIDR_H

#include "hk_mem.h"

#include <stdint.h>

struct hk_cidr {
    uint8_t address[16]; /* an IPv4 address is in the first four */
    unsigned bits;       /* of the prefix */
    bool is_ipv6;
};

/* hk_cidr_parse - "203.0.113.0/24", "2001:db8::/32". false, and *out untouched: no leading zeros, no zone,
 * no IPv4-mapped IPv6 address, no address bits beyond the prefix. */
bool hk_cidr_parse(struct hk_str text, struct hk_cidr *out);

/* hk_cidr_is_within - inner is a part of outer, and not all of it. */
bool hk_cidr_is_within(const struct hk_cidr *inner, const struct hk_cidr *outer);

#endif
