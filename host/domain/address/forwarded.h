/* SPDX-License-Identifier: MIT */
/* forwarded.h - who the client is, seen through the proxies that the config trusts.
 * X-Forwarded-For, and Forwarded as RFC 7239 has it. Pure. Thread: any.
 *
 * Each proxy writes the address it was called from at the right end, so the list is read from the
 * right as long as those who wrote it are trusted: the first address that is not a trusted proxy's
 * is the client's. What stands left of it was written by the client and is not even looked at in
 * X-Forwarded-For. If all are trusted it is the left-most. */
#pragma once
#include "domain/address/cidr.h"

enum { FORWARDED_HOPS = 64 };

/* peer: whom the connection is from. An absent header has no data. False: a trusted proxy did not
 * say it in a way that can be relied on (malformed, "unknown", a hidden name such as "_x", more
 * than FORWARDED_HOPS elements of Forwarded, or both headers and they disagree). */
bool forwarded_client(const struct cidr_list *trusted, const struct cidr_address *peer,
                      struct text x_forwarded_for, struct text forwarded,
                      struct cidr_address *out) MUST_CHECK;
