/* SPDX-License-Identifier: MIT */
#include "domain/config/config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { PORT_MAX = 65535 };

static bool is_ip(int family, struct text t)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[16];
    if (t.len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)t.len, t.data);
    return inet_pton(family, text, address) == 1;
}

static bool is_port(struct text t, int *port)
{
    uint64_t n;
    if (t.len > 5 || !text_u64(t, &n) || n > PORT_MAX)
        return false;
    *port = (int)n;
    return true;
}

/* "[::1]:80": the address between the brackets, and what stands behind them. */
static bool split_brackets(struct text t, struct text *address, struct text *behind)
{
    if (t.len == 0 || t.data[0] != '[')
        return false;
    *behind = (struct text){t.data + 1, t.len - 1};
    *address = text_cut(behind, ']');
    return behind->data && is_ip(AF_INET6, *address);
}

static bool refuse_open(struct text listen, struct text port, struct error *err)
{
    int len = (int)port.len;
    return error_set(err, ERROR_INVALID,
                     "\"%.*s\" names no address: write \"127.0.0.1:%.*s\" (this machine only) or "
                     "\"0.0.0.0:%.*s\" (every address)",
                     (int)listen.len, listen.data, len, port.data, len, port.data);
}

bool config_address(struct text listen, char host[CONFIG_HOST], int *port, struct error *err)
{
    struct text rest = listen, address, behind;
    int shown = listen.len > 80 ? 80 : (int)listen.len;
    if (split_brackets(listen, &address, &behind)) {
        if (!text_starts(behind, ":") ||
            !is_port((struct text){behind.data + 1, behind.len - 1}, port))
            return error_set(err, ERROR_INVALID, "\"%.*s\" has no port from 0 to 65535", shown,
                             listen.data);
        snprintf(host, CONFIG_HOST, "%.*s", (int)address.len, address.data);
        return true;
    }
    address = text_cut(&rest, ':');
    if (rest.data && memchr(rest.data, ':', rest.len))
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" is no address: IPv6 is written \"[::1]:8080\"", shown,
                         listen.data);
    if (!rest.data || !is_port(rest, port))
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" has no port from 0 to 65535: write \"127.0.0.1:8080\"", shown,
                         listen.data ? listen.data : "");
    if (address.len == 0 || text_is(address, "*"))
        return refuse_open(listen, rest, err);
    if (text_is_fold(address, "localhost"))
        address = TEXT("127.0.0.1");
    if (!is_ip(AF_INET, address))
        return error_set(err, ERROR_INVALID, "\"%.*s\" is no numeric address such as 127.0.0.1",
                         address.len > 80 ? 80 : (int)address.len, address.data);
    snprintf(host, CONFIG_HOST, "%.*s", (int)address.len, address.data);
    return true;
}
