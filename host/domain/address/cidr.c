/* SPDX-License-Identifier: MIT */
#include "domain/address/cidr.h"

#include "base/mem.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED = 96, BITS = 128, CUSTOMER = 64, SHOWN = 60 };

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

bool cidr_address(struct text t, struct cidr_address *out)
{
    char text[CIDR_TEXT];
    if (t.len == 0 || t.len >= sizeof text || memchr(t.data, 0, t.len))
        return false;
    memcpy(text, t.data, t.len);
    text[t.len] = '\0';
    memcpy(out->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out->bytes + sizeof mapped) == 1 ||
           inet_pton(AF_INET6, text, out->bytes) == 1;
}

static bool is_v4(const struct cidr_address *a)
{
    return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

void cidr_address_text(const struct cidr_address *a, char out[CIDR_TEXT])
{
    if (is_v4(a))
        inet_ntop(AF_INET, a->bytes + sizeof mapped, out, CIDR_TEXT);
    else
        inet_ntop(AF_INET6, a->bytes, out, CIDR_TEXT);
}

static void keep_bits(struct cidr_address *a, unsigned bits)
{
    for (unsigned i = 0; i < sizeof a->bytes; i++) {
        unsigned here = bits <= 8 * i ? 0 : bits - 8 * i;
        if (here < 8)
            a->bytes[i] &= (unsigned char)(0xff00u >> here);
    }
}

struct cidr_address cidr_customer(const struct cidr_address *a)
{
    struct cidr_address net = *a;
    if (!is_v4(a))
        keep_bits(&net, CUSTOMER);
    return net;
}

bool cidr_holds(const struct cidr *net, const struct cidr_address *a)
{
    struct cidr_address cut = *a;
    keep_bits(&cut, net->bits);
    return memcmp(cut.bytes, net->base.bytes, sizeof cut.bytes) == 0;
}

static bool read_bits(struct text t, bool colon, unsigned *bits)
{
    uint64_t n;
    bool zeros = t.len > 1 && t.data[0] == '0';
    if (t.len > 3 || zeros || !text_u64(t, &n) || n > (colon ? BITS : BITS - MAPPED))
        return false;
    *bits = (unsigned)(colon ? n : n + MAPPED);
    return true;
}

bool cidr_parse(struct text t, struct cidr *out, struct error *err)
{
    struct text rest = t, address = text_cut(&rest, '/');
    int shown = t.len > SHOWN ? SHOWN : (int)t.len;
    const char *data = t.data ? t.data : "";
    if (!cidr_address(address, &out->base))
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" is no address or network such as 10.0.0.0/8 or 2001:db8::/32",
                         shown, data);
    bool colon = memchr(address.data, ':', address.len) != NULL;
    out->bits = BITS;
    if (rest.data && !read_bits(rest, colon, &out->bits))
        return error_set(err, ERROR_INVALID, "\"%.*s\": behind the / stands a number from 0 to %d",
                         shown, data, colon ? BITS : BITS - MAPPED);
    struct cidr_address cut = out->base;
    keep_bits(&cut, out->bits);
    if (memcmp(cut.bytes, out->base.bytes, sizeof cut.bytes) == 0)
        return true;
    char meant[INET6_ADDRSTRLEN];
    inet_ntop(colon ? AF_INET6 : AF_INET, cut.bytes + (colon ? 0 : sizeof mapped), meant,
              sizeof meant);
    return error_set(err, ERROR_INVALID, "\"%.*s\" has bits behind its prefix: write %s/%.*s",
                     shown, data, meant, (int)rest.len, rest.data);
}

/* ---- lists */

static bool read_entry(const cJSON *v, struct cidr *out, size_t n, struct error *err)
{
    if (!cJSON_IsString(v))
        return error_set(err, ERROR_INVALID, "entry %zu is not a string", n);
    return cidr_parse(text_of(v->valuestring), out, err);
}

bool cidr_list_read(struct cidr_list *list, const cJSON *json, struct error *err)
{
    *list = (struct cidr_list){0};
    if (!json || (cJSON_IsObject(json) && !json->child))
        return true;
    if (!cJSON_IsArray(json))
        return error_set(err, ERROR_INVALID, "a list of addresses and networks is needed");
    size_t count = (size_t)cJSON_GetArraySize(json);
    if (count > CIDR_LIST)
        return error_set(err, ERROR_LIMIT, "at most %d entries are taken, not %zu", CIDR_LIST,
                         count);
    list->items = mem_zero(count + 1, sizeof *list->items);
    for (const cJSON *v = json->child; v; v = v->next) {
        if (!read_entry(v, &list->items[list->count], list->count + 1, err)) {
            cidr_list_done(list);
            return false;
        }
        list->count++;
    }
    return true;
}

void cidr_list_done(struct cidr_list *list)
{
    free(list->items);
    *list = (struct cidr_list){0};
}

bool cidr_list_holds(const struct cidr_list *list, const struct cidr_address *a)
{
    for (size_t i = 0; i < list->count; i++) {
        if (cidr_holds(&list->items[i], a))
            return true;
    }
    return false;
}

bool cidr_admits(const struct cidr_list *allow, const struct cidr_list *block,
                 const struct cidr_address *a)
{
    if (!a)
        return allow->count == 0 && block->count == 0;
    if (cidr_list_holds(block, a))
        return false;
    return allow->count == 0 || cidr_list_holds(allow, a);
}
