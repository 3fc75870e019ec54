/* SPDX-License-Identifier: MIT */
/* cidr.h - numeric addresses and the networks they lie in (RFC 4632, RFC 4291). IPv4 is kept as
 * v4-mapped IPv6, so that ::ffff:10.0.0.1 and 10.0.0.1 are one address. Pure. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/json.h"

enum { CIDR_LIST = 1000 /* networks of one list */, CIDR_TEXT = 46 };

struct cidr_address {
    unsigned char bytes[16];
};

struct cidr {
    struct cidr_address base;
    unsigned bits; /* of 128 */
};

struct cidr_list {
    struct cidr *items;
    size_t count;
};

/* "10.0.0.1" "::1" "::ffff:10.0.0.1"; no zone, no port, no brackets, no leading zeros. */
bool cidr_address(struct text t, struct cidr_address *out) MUST_CHECK;
/* v4-mapped as IPv4. */
void cidr_address_text(const struct cidr_address *a, char out[CIDR_TEXT]);
/* An address, perhaps with "/bits"; a network with bits behind its prefix is refused, and err names
 * the one that was meant. */
bool cidr_parse(struct text t, struct cidr *out, struct error *err) MUST_CHECK;
/* What one customer of a network provider has: an IPv4 address, an IPv6 /64. */
struct cidr_address cidr_customer(const struct cidr_address *a);
bool cidr_holds(const struct cidr *net, const struct cidr_address *a);

/* json: an array of strings; NULL or an empty table gives the empty list. err names the entry. */
bool cidr_list_read(struct cidr_list *list, const cJSON *json, struct error *err) MUST_CHECK;
void cidr_list_done(struct cidr_list *list);
bool cidr_list_holds(const struct cidr_list *list, const struct cidr_address *a);

/* Whether a client is let in: `block` wins, a non-empty `allow` shuts all others out. a NULL: the
 * client's address cannot be told; then any list at all shuts it out. */
bool cidr_admits(const struct cidr_list *allow, const struct cidr_list *block,
                 const struct cidr_address *a);
