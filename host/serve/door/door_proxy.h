/* SPDX-License-Identifier: MIT */
/* door_proxy.h - what a proxy says of its client in front of a connection: the PROXY protocol,
 * version 2 (haproxy.org/download/1.8/doc/proxy-protocol.txt). Pure. Thread: any. Limit: PROXY_MAX
 * bytes behind the fixed part; what stands behind the addresses is passed over. */
#pragma once
#include "domain/address/cidr.h"

enum { PROXY_HEAD = 16, PROXY_ADDRESSES = 36, PROXY_MAX = 4096 };

enum proxy_state { PROXY_MORE, PROXY_BAD, PROXY_DONE };

struct proxy { /* all zero at the start */
    unsigned char bytes[PROXY_HEAD + PROXY_ADDRESSES];
    size_t have; /* passed over ones too */
};

/* Takes what is its own off the front of *in. */
enum proxy_state proxy_next(struct proxy *p, struct text *in);
/* Once it is done. False: it speaks for itself (a health check): its own address counts. */
bool proxy_source(const struct proxy *p, struct cidr_address *out);
