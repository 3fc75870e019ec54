/* SPDX-License-Identifier: MIT */
#include "domain/proof/secret.h"

#include <string.h>
#include <strings.h>

enum { PORT_DIGITS = 5, PORT_MAX = 65535, HTTP_PORT = 80, HTTPS_PORT = 443 };

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_of(char c, const char *set)
{
    return memchr(set, c, strlen(set)) != NULL;
}

static char lower(char c)
{
    return is_upper(c) ? (char)(c + 'a' - 'A') : c;
}

bool secret_name_ok(struct text name)
{
    if (name.len < 1 || name.len > SECRET_NAME || !is_upper(name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!is_upper(c) && !is_digit(c) && c != '_')
            return false;
    }
    return true;
}

bool secret_value_ok(struct text value, struct error *err)
{
    if (value.len == 0)
        return error_set(err, ERROR_INVALID, "the value is empty");
    if (value.len > SECRET_BYTES)
        return error_set(err, ERROR_LIMIT, "the value has more than %d bytes", SECRET_BYTES);
    if (memchr(value.data, '\0', value.len))
        return error_set(err, ERROR_INVALID, "the value has a NUL byte");
    return true;
}

/* ---- hosts */

static size_t name_bytes(struct text t)
{
    size_t n = 0;
    while (n < t.len) {
        char c = lower(t.data[n]);
        if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '-' && c != '_' && c != '.')
            break;
        n++;
    }
    return n;
}

static size_t bracket_bytes(struct text t)
{
    size_t n = 1;
    while (n < t.len && is_of(t.data[n], "0123456789abcdefABCDEF:."))
        n++;
    return n > 1 && n < t.len && t.data[n] == ']' ? n + 1 : 0;
}

/* Copies "host" or "[v6]" from the front to out, in lower case; returns its bytes, 0: none. */
static size_t read_host(struct text t, char out[SECRET_HOST + 3])
{
    if (t.len == 0)
        return 0;
    size_t n = t.data[0] == '[' ? bracket_bytes(t) : name_bytes(t);
    if (n == 0 || n > SECRET_HOST + (t.data[0] == '[' ? 2 : 0) || t.data[0] == '.')
        return 0;
    for (size_t i = 0; i < n; i++)
        out[i] = lower(t.data[i]);
    out[n] = '\0';
    return n;
}

/* Reads ":8443" at the front; returns its bytes, 0: no port, or a malformed one. */
static size_t read_port(struct text t, int *port)
{
    size_t n = 1;
    int value = 0;
    if (t.len < 2 || t.data[0] != ':')
        return 0;
    for (; n < t.len && n <= PORT_DIGITS && is_digit(t.data[n]); n++)
        value = value * 10 + (t.data[n] - '0');
    if (n == 1 || value < 1 || value > PORT_MAX)
        return 0;
    *port = value;
    return n;
}

static bool refuse_entry(struct text entry, struct error *err)
{
    int shown = entry.len > 100 ? 100 : (int)entry.len;
    const char *hint = "a host is written as in URLs: api.example.com, api.example.com:8443, "
                       "127.0.0.1 or [::1]";
    if (memchr(entry.data, '*', entry.len))
        hint = "each host is named in full, there are no wildcards";
    else if (memmem(entry.data, entry.len, "://", 3) || memchr(entry.data, '/', entry.len))
        hint = "give the host alone, without https:// and path";
    return error_set(err, ERROR_INVALID, "\"%.*s\": %s", shown, entry.data, hint);
}

static bool has_entry(struct text hosts, struct text entry)
{
    while (hosts.len > 0)
        if (text_eq(text_cut(&hosts, ','), entry))
            return true;
    return false;
}

bool secret_host_add(struct buf *hosts, struct text entry, struct error *err)
{
    char text[SECRET_HOST + 3 + PORT_DIGITS + 2];
    int port;
    if (!entry.data)
        entry = TEXT("");
    size_t n = read_host(entry, text);
    struct text rest = {entry.data + n, entry.len - n};
    if (n == 0 || (rest.len > 0 && read_port(rest, &port) != rest.len))
        return refuse_entry(entry, err);
    memcpy(text + n, rest.data, rest.len);
    struct text done = {text, entry.len};
    if (has_entry(buf_view(hosts), done))
        return true;
    if (hosts->len + done.len + 1 > SECRET_HOSTS_BYTES)
        return error_set(err, ERROR_LIMIT, "the hosts have more than %d bytes", SECRET_HOSTS_BYTES);
    if (hosts->len > 0)
        buf_char(hosts, ',');
    buf_text(hosts, done);
    return true;
}

/* ---- targets */

bool secret_target_read(struct text url, struct secret_target *target)
{
    bool tls = text_starts(url, "https://");
    if (!tls && !text_starts(url, "http://"))
        return false;
    size_t at = tls ? strlen("https://") : strlen("http://");
    *target = (struct secret_target){.tls = tls, .port = tls ? HTTPS_PORT : HTTP_PORT};
    size_t n = read_host((struct text){url.data + at, url.len - at}, target->host);
    if (n == 0)
        return false;
    at += n;
    at += read_port((struct text){url.data + at, url.len - at}, &target->port);
    target->bytes = at;
    return at == url.len || is_of(url.data[at], "/?#");
}

static bool is_loopback(const char *host)
{
    struct text rest = text_of(host);
    uint64_t part;
    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    if (!text_starts(rest, "127."))
        return false;
    for (int i = 0; i < 4; i++)
        if (!text_u64(text_cut(&rest, '.'), &part) || part > 255)
            return false;
    return !rest.data;
}

static bool entry_fits(struct text entry, const struct secret_target *target)
{
    char host[SECRET_HOST + 3];
    int port = target->port;
    size_t n = read_host(entry, host);
    if (n < entry.len && read_port((struct text){entry.data + n, entry.len - n}, &port) == 0)
        return false;
    return n > 0 && port == target->port && strcmp(host, target->host) == 0;
}

const char *secret_target_refused(const struct secret_target *target, const char *hosts)
{
    struct text rest = text_of(hosts);
    bool listed = false;
    while (rest.len > 0 && !listed)
        listed = entry_fits(text_cut(&rest, ','), target);
    if (!listed)
        return "is not among its hosts";
    if (!target->tls && !is_loopback(target->host))
        return "is asked over plain http; use https";
    return NULL;
}
