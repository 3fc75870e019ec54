/* SPDX-License-Identifier: MIT */
#include "serve/door/door_proxy.h"

#include <string.h>

enum { LOCAL = 0x20, PROXY = 0x21, TCP4 = 0x11, TCP6 = 0x21, TCP4_BYTES = 12, TCP6_BYTES = 36 };

static const unsigned char signature[12] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                            0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

static size_t length_of(const struct proxy *p)
{
    return (size_t)p->bytes[14] << 8 | p->bytes[15];
}

/* Its first bytes tell: whoever speaks something else is not kept waiting for sixteen. */
static bool begins_well(const struct proxy *p)
{
    size_t some = p->have < sizeof signature ? p->have : sizeof signature;
    return memcmp(p->bytes, signature, some) == 0;
}

static bool head_ok(const struct proxy *p)
{
    unsigned command = p->bytes[12], family = p->bytes[13];
    size_t length = length_of(p);
    if (length > PROXY_MAX || (command != LOCAL && command != PROXY))
        return false;
    if (command == LOCAL || family == 0) /* 0: it cannot say who its client is */
        return true;
    return (family == TCP4 && length >= TCP4_BYTES) || (family == TCP6 && length >= TCP6_BYTES);
}

static void take_until(struct proxy *p, struct text *in, size_t until)
{
    size_t more = until - p->have < in->len ? until - p->have : in->len;
    if (p->have < sizeof p->bytes) {
        size_t room = sizeof p->bytes - p->have;
        memcpy(p->bytes + p->have, in->data, more < room ? more : room);
    }
    p->have += more;
    in->data += more;
    in->len -= more;
}

enum proxy_state proxy_next(struct proxy *p, struct text *in)
{
    if (p->have < PROXY_HEAD) {
        take_until(p, in, PROXY_HEAD);
        if (!begins_well(p))
            return PROXY_BAD;
        if (p->have < PROXY_HEAD)
            return PROXY_MORE;
    }
    if (!head_ok(p))
        return PROXY_BAD;
    take_until(p, in, PROXY_HEAD + length_of(p));
    return p->have == PROXY_HEAD + length_of(p) ? PROXY_DONE : PROXY_MORE;
}

bool proxy_source(const struct proxy *p, struct cidr_address *out)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (p->bytes[12] != PROXY || p->bytes[13] == 0)
        return false;
    if (p->bytes[13] == TCP6) {
        memcpy(out->bytes, p->bytes + PROXY_HEAD, sizeof out->bytes);
        return true;
    }
    memcpy(out->bytes, mapped, sizeof mapped);
    memcpy(out->bytes + sizeof mapped, p->bytes + PROXY_HEAD, 4);
    return true;
}
