/* SPDX-License-Identifier: MIT */
#include "domain/address/origin.h"

#include "domain/address/cidr.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *scheme, *port; /* the port that browsers leave out */
} schemes[] = {{"https://", ":443"}, {"http://", ":80"}};

static bool no_origin(struct text t, struct error *err)
{
    struct text shown = {t.data, t.len < 100 ? t.len : 100};
    return error_set(err, ERROR_INVALID,
                     "\"%.*s\" is no origin: expected scheme://host[:port] and nothing behind it, "
                     "such as https://shop.example",
                     (int)text_utf8_whole(shown), shown.data);
}

static bool is_host(struct text host)
{
    struct cidr_address address;
    size_t n = host.len;
    if (n > 2 && host.data[0] == '[' && host.data[n - 1] == ']') {
        struct text inner = {host.data + 1, n - 2};
        return memchr(inner.data, ':', inner.len) && cidr_address(inner, &address);
    }
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    for (size_t i = 0; i < n; i++)
        if (!memchr(allowed, host.data[i], sizeof allowed - 1))
            return false;
    return n > 0 && host.data[0] != '.';
}

static bool is_port(struct text port)
{
    uint64_t number;
    return port.len > 0 && port.data[0] != '0' && text_u64(port, &number) && number <= 65535;
}

/* The last ':' that is not within the brackets of an IPv6 address. */
static bool is_host_and_port(struct text rest)
{
    size_t end = rest.len;
    for (size_t i = rest.len; i-- > 0 && rest.data[i] != ']';)
        if (rest.data[i] == ':') {
            end = i;
            break;
        }
    bool port_ok =
        end == rest.len || is_port((struct text){rest.data + end + 1, rest.len - end - 1});
    return port_ok && is_host((struct text){rest.data, end});
}

bool origin_read(struct text t, char out[ORIGIN_BYTES], struct error *err)
{
    t = text_trim(t);
    if (t.len >= ORIGIN_BYTES)
        return error_set(err, ERROR_LIMIT, "an origin has at most %d bytes", ORIGIN_BYTES - 1);
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        if (c == '*')
            return error_set(err, ERROR_INVALID,
                             "\"%.*s\" has a wildcard: name each origin by itself", (int)t.len,
                             t.data);
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    out[t.len] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t scheme = strlen(schemes[i].scheme), port = strlen(schemes[i].port);
        if (!text_starts(text_of(out), schemes[i].scheme))
            continue;
        if (t.len > scheme + port && strcmp(out + t.len - port, schemes[i].port) == 0)
            return error_set(err, ERROR_INVALID, "\"%s\": leave %s out, as browsers do", out,
                             schemes[i].port);
        return is_host_and_port(text_of(out + scheme)) || no_origin(t, err);
    }
    return no_origin(t, err);
}

static bool add_origin(const cJSON *v, size_t entry, struct buf *list, struct error *err)
{
    char origin[ORIGIN_BYTES];
    if (!cJSON_IsString(v))
        return error_set(err, ERROR_INVALID, "entry %zu is not a string", entry);
    if (!origin_read(text_of(v->valuestring), origin, err))
        return false;
    if (list->len)
        buf_char(list, ',');
    buf_str(list, origin);
    return true;
}

bool origin_list_read(const cJSON *json, struct buf *list, struct error *err)
{
    if (cJSON_IsString(json))
        return add_origin(json, 1, list, err);
    if (!cJSON_IsArray(json) && !(cJSON_IsObject(json) && !json->child))
        return error_set(err, ERROR_INVALID, "a list of origins is needed");
    size_t count = 0;
    for (const cJSON *v = json->child; v; v = v->next) {
        if (++count > ORIGIN_LIST)
            return error_set(err, ERROR_LIMIT, "at most %d origins are taken", ORIGIN_LIST);
        if (!add_origin(v, count, list, err))
            return false;
    }
    return true;
}

bool origin_list_has(const char *list, struct text origin)
{
    for (struct text rest = text_of(list); rest.data && origin.len > 0;)
        if (text_eq(text_cut(&rest, ','), origin))
            return true;
    return false;
}
