/* SPDX-License-Identifier: MIT */
#include "net/egress.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { V4_BITS = 32, V6_BITS = 128, NAME_MAX_BYTES = 253 };

struct ip {
    int bits; /* V4_BITS: the first four bytes count; V6_BITS: all */
    unsigned char byte[16];
};

/* ---- what the addresses are */

#define GUARDED " and egress.allow does not list it"
#define NEVER   " and is never connected to"

struct range {
    struct ip net;
    int prefix;
    bool never;
    const char *why;
};

/* The first row that matches decides, so the forbidden ones stand before the wider guarded ones. */
static const struct range ranges[] = {
    {{V4_BITS, {169, 254}}, 16, true, "is a link-local or metadata address" NEVER},
    {{V4_BITS, {100, 100, 100, 200}}, 32, true, "is a cloud metadata address" NEVER},
    {{V4_BITS, {168, 63, 129, 16}}, 32, true, "is a cloud metadata address" NEVER},
    {{V4_BITS, {192, 0, 0, 192}}, 32, true, "is a cloud metadata address" NEVER},
    {{V6_BITS, {0xfe, 0x80}}, 10, true, "is a link-local address" NEVER},
    {{V6_BITS, {0xfd, 0x00, 0x0e, 0xc2}}, 32, true, "is a cloud metadata address" NEVER},
    {{V6_BITS, {0xfd, 0x20, 0x00, 0xce}}, 32, true, "is a cloud metadata address" NEVER},

    {{V4_BITS, {0}}, 8, false, "is an unspecified address" GUARDED},
    {{V4_BITS, {10}}, 8, false, "is a private address" GUARDED},
    {{V4_BITS, {100, 64}}, 10, false, "is a carrier-NAT address" GUARDED},
    {{V4_BITS, {127}}, 8, false, "is a loopback address" GUARDED},
    {{V4_BITS, {172, 16}}, 12, false, "is a private address" GUARDED},
    {{V4_BITS, {192, 0, 0}}, 24, false, "is a reserved address" GUARDED},
    {{V4_BITS, {192, 0, 2}}, 24, false, "is a documentation address" GUARDED},
    {{V4_BITS, {192, 88, 99}}, 24, false, "is a relay address" GUARDED},
    {{V4_BITS, {192, 168}}, 16, false, "is a private address" GUARDED},
    {{V4_BITS, {198, 18}}, 15, false, "is a benchmarking address" GUARDED},
    {{V4_BITS, {198, 51, 100}}, 24, false, "is a documentation address" GUARDED},
    {{V4_BITS, {203, 0, 113}}, 24, false, "is a documentation address" GUARDED},
    {{V4_BITS, {224}}, 4, false, "is a multicast address" GUARDED},
    {{V4_BITS, {240}}, 4, false, "is a reserved address" GUARDED},

    {{V6_BITS, {0}}, 128, false, "is an unspecified address" GUARDED},
    {{V6_BITS, {[15] = 1}}, 128, false, "is a loopback address" GUARDED},
    {{V6_BITS, {0x00, 0x64, 0xff, 0x9b, 0, 1}}, 48, false, "is a translated address" GUARDED},
    {{V6_BITS, {0x01, 0x00}}, 64, false, "is a discarding address" GUARDED},
    {{V6_BITS, {0x20, 0x01}}, 23, false, "is a reserved address" GUARDED},
    {{V6_BITS, {0x20, 0x01, 0x0d, 0xb8}}, 32, false, "is a documentation address" GUARDED},
    {{V6_BITS, {0x3f, 0xff}}, 20, false, "is a documentation address" GUARDED},
    {{V6_BITS, {0x5f, 0x00}}, 16, false, "is a reserved address" GUARDED},
    {{V6_BITS, {0xfc}}, 7, false, "is a private address" GUARDED},
    {{V6_BITS, {0xfe, 0xc0}}, 10, false, "is a private address" GUARDED},
    {{V6_BITS, {0xff}}, 8, false, "is a multicast address" GUARDED},
};

/* IPv6 forms that stand for an IPv4 address: `len` bytes at `at` equal `mark`, the address is at
 * `v4` (Teredo stores its complement). The mapped form is taken apart earlier, by simplify(). */
static const struct {
    unsigned char at, len, mark[12], v4, flip;
} carriers[] = {
    {0, 12, {0}, 12, 0},                      /* ::a.b.c.d, compatible */
    {0, 12, {[8] = 0xff, [9] = 0xff}, 12, 0}, /* ::ffff:0:a.b.c.d, SIIT */
    {0, 12, {0x00, 0x64, 0xff, 0x9b}, 12, 0}, /* 64:ff9b::a.b.c.d, NAT64 */
    {0, 2, {0x20, 0x02}, 2, 0},               /* 2002:aabb:ccdd::, 6to4 */
    {0, 4, {0x20, 0x01}, 12, 0xff},           /* 2001::/32, Teredo */
    {8, 4, {0x00, 0x00, 0x5e, 0xfe}, 12, 0},  /* …:0:5efe:a.b.c.d, ISATAP */
    {8, 4, {0x02, 0x00, 0x5e, 0xfe}, 12, 0},
};

static struct ip ip_v4(const unsigned char *byte, unsigned char flip)
{
    struct ip ip = {.bits = V4_BITS};
    for (int i = 0; i < 4; i++)
        ip.byte[i] = byte[i] ^ flip;
    return ip;
}

/* ::ffff:a.b.c.d is another spelling of a.b.c.d, not another address. */
static struct ip simplify(struct ip ip)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (ip.bits == V6_BITS && memcmp(ip.byte, mapped, sizeof mapped) == 0)
        return ip_v4(ip.byte + 12, 0);
    return ip;
}

static bool carried(const struct ip *ip, struct ip *out)
{
    for (size_t i = 0; ip->bits == V6_BITS && i < ARRAY_LEN(carriers); i++) {
        if (memcmp(ip->byte + carriers[i].at, carriers[i].mark, carriers[i].len) == 0) {
            *out = ip_v4(ip->byte + carriers[i].v4, carriers[i].flip);
            return true;
        }
    }
    return false;
}

static bool within(const struct ip *ip, const struct ip *net, int prefix)
{
    if (ip->bits != net->bits || memcmp(ip->byte, net->byte, (size_t)prefix / 8) != 0)
        return false;
    int rest = prefix % 8;
    return rest == 0 || ((ip->byte[prefix / 8] ^ net->byte[prefix / 8]) >> (8 - rest)) == 0;
}

static const struct range *range_of(const struct ip *ip) /* NULL: a public address */
{
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        if (within(ip, &ranges[i].net, ranges[i].prefix))
            return &ranges[i];
    }
    return NULL;
}

/* ---- what the configuration lists */

struct rule {
    char *host; /* NULL: a net */
    struct ip net;
    int prefix;
    int port; /* 0: any */
};

struct egress {
    size_t count;
    struct rule rules[];
};

static bool ip_parse(struct text text, struct ip *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    *out = (struct ip){.bits = V4_BITS};
    if (inet_pton(AF_INET, copy, out->byte) == 1)
        return true;
    out->bits = V6_BITS;
    return inet_pton(AF_INET6, copy, out->byte) == 1;
}

static bool port_parse(struct text text, int *port)
{
    uint64_t value;
    if (!text_u64(text, &value) || value < 1 || value > UINT16_MAX)
        return false;
    *port = (int)value;
    return true;
}

static bool net_parse(struct text text, struct rule *rule)
{
    uint64_t prefix;
    struct text address = text_cut(&text, '/');
    if (!ip_parse(address, &rule->net) || !text_u64(text, &prefix) ||
        prefix > (uint64_t)rule->net.bits)
        return false;
    struct ip simple = simplify(rule->net);
    bool mapped = simple.bits != rule->net.bits && prefix >= V6_BITS - V4_BITS;
    rule->prefix = (int)prefix - (mapped ? V6_BITS - V4_BITS : 0);
    rule->net = mapped ? simple : rule->net;
    return true;
}

/* A name whose last label starts with a digit would be read as an address by some resolvers
 * (RFC 3696, section 2), so it is a mistyped address rather than a host. */
static bool host_name(struct text text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (text.len == 0 || text.len > NAME_MAX_BYTES || text.data[0] == '.')
        return false;
    size_t last = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!text.data[i] || !strchr(allowed, text.data[i]))
            return false;
        if (text.data[i] == '.' && i + 1 < text.len)
            last = i + 1;
    }
    return text.data[last] < '0' || text.data[last] > '9';
}

static bool address_or_host(struct text text, struct rule *rule)
{
    struct ip ip;
    if (ip_parse(text, &ip)) {
        rule->net = simplify(ip);
        rule->prefix = rule->net.bits;
        return true;
    }
    if (!host_name(text))
        return false;
    size_t dot = text.data[text.len - 1] == '.'; /* "localhost." is "localhost" */
    rule->host = mem_text_n(text.data, text.len - dot);
    return true;
}

static bool rule_parse(struct text text, struct rule *rule)
{
    struct ip whole;
    if (memchr(text.data, '/', text.len))
        return net_parse(text, rule);
    if (ip_parse(text, &whole)) /* a bare IPv6 address, before its colons are taken for a port's */
        return address_or_host(text, rule);
    if (text_starts(text, "[")) {
        struct text rest = {text.data + 1, text.len - 1};
        struct text inner = text_cut(&rest, ']');
        if (!rest.data || !memchr(inner.data, ':', inner.len) || !address_or_host(inner, rule))
            return false;
        return rest.len == 0 ||
               (rest.data[0] == ':' &&
                port_parse((struct text){rest.data + 1, rest.len - 1}, &rule->port));
    }
    struct text name = text_cut(&text, ':');
    if (text.data && !port_parse(text, &rule->port))
        return false;
    return address_or_host(name, rule);
}

struct egress *egress_new(const cJSON *allow, struct error *err)
{
    int count = allow ? cJSON_GetArraySize(allow) : 0;
    if (allow && !cJSON_IsArray(allow)) {
        error_set(err, ERROR_INVALID, "egress.allow must be a list");
        return NULL;
    }
    if (count > EGRESS_RULES) {
        error_set(err, ERROR_LIMIT, "egress.allow has more than %d entries", EGRESS_RULES);
        return NULL;
    }
    struct egress *e = mem_zero(1, sizeof *e + (size_t)count * sizeof e->rules[0]);
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, allow)
    {
        struct rule *rule = &e->rules[e->count++];
        const char *text = cJSON_IsString(entry) ? entry->valuestring : "";
        if (rule_parse(text_of(text), rule))
            continue;
        error_set(err, ERROR_INVALID,
                  "egress.allow entry %zu, \"%s\", is no host, host:port, address, address:port, "
                  "[address]:port or address/bits",
                  e->count, text);
        egress_free(e);
        return NULL;
    }
    return e;
}

void egress_free(struct egress *e)
{
    for (size_t i = 0; e && i < e->count; i++)
        free(e->rules[i].host);
    free(e);
}

/* ---- the judgement */

static bool host_is(const char *host, const char *listed)
{
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        len--;
    return strlen(listed) == len && strncasecmp(host, listed, len) == 0;
}

static bool listed(const struct egress *e, const char *host, const struct ip *ip, int port)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct rule *rule = &e->rules[i];
        if (rule->port != 0 && rule->port != port)
            continue;
        if (rule->host ? host_is(host, rule->host) : within(ip, &rule->net, rule->prefix))
            return true;
    }
    return false;
}

static bool judge(const struct egress *e, const char *host, struct ip ip, int port,
                  const char **why)
{
    struct ip inner;
    ip = simplify(ip);
    bool carries = carried(&ip, &inner);
    const struct range *outside = range_of(&ip);
    const struct range *inside = carries ? range_of(&inner) : NULL;
    const struct range *worst = inside && (inside->never || !outside) ? inside : outside;
    if (!worst)
        return true;
    if (!worst->never && (listed(e, host, &ip, port) || (carries && listed(e, host, &inner, port))))
        return true;
    *why = worst->why;
    return false;
}

bool egress_ok(const struct egress *e, const char *host, const struct sockaddr *address, int port,
               const char **why)
{
    struct ip ip = {0};
    if (address->sa_family == AF_INET) {
        ip.bits = V4_BITS;
        memcpy(ip.byte, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        ip.bits = V6_BITS;
        memcpy(ip.byte, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    } else {
        *why = "is no internet address";
        return false;
    }
    return judge(e, host, ip, port, why);
}

bool egress_ok_text(const struct egress *e, const char *host, const char *address, int port,
                    const char **why)
{
    struct text rest = text_of(address);
    struct ip ip;
    if (!ip_parse(text_cut(&rest, '%'), &ip)) { /* the zone of fe80::1%eth0 does not matter */
        *why = "is no internet address";
        return false;
    }
    return judge(e, host, ip, port, why);
}
