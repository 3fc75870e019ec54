/* SPDX-License-Identifier: MIT */
/* egress.h - which addresses outgoing HTTP may connect to. Pure. Owner: one struct http. Thread:
 * any, once made.
 * Three kinds of address: public ones (allowed), guarded ones (loopback, private, carrier NAT,
 * multicast, reserved: only when listed) and forbidden ones (link-local, cloud metadata: never).
 * IPv6 forms that carry an IPv4 address (RFC 4291 mapped and compatible, RFC 6052 NAT64, RFC 3056
 * 6to4, RFC 4380 Teredo, RFC 5214 ISATAP, RFC 2765 SIIT) are judged by both addresses.
 * Ranges: IANA special-purpose address registries (RFC 6890). Limit: EGRESS_RULES entries. */
#pragma once
#include "base/error.h"
#include "base/json.h"
#include <sys/socket.h>

enum { EGRESS_RULES = 1024 };

struct egress;

/* allow: array of "host", "host:port", "ip", "ip:port", "[v6]:port" and "ip/bits"; NULL: nothing.
 * A host is compared as a whole, without case,
 * and stands for any guarded address it resolves to. */
struct egress *egress_new(const cJSON *allow, struct error *err) MUST_CHECK;
void egress_free(struct egress *e);

/* May `address` be connected to, on this port, for a URL with this host (no brackets)? When not,
 * *why is a constant clause such as "is a loopback address and egress.allow does not list it". */
bool egress_ok(const struct egress *e, const char *host, const struct sockaddr *address, int port,
               const char **why) MUST_CHECK;
/* The same for a numeric address. */
bool egress_ok_text(const struct egress *e, const char *host, const char *address, int port,
                    const char **why) MUST_CHECK;
