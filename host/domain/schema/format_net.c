/* SPDX-License-Identifier: MIT */
#include "domain/schema/format_net.h"

#include <arpa/inet.h>
#include <string.h>

enum { HOSTNAME_MAX = 253, LABEL_MAX = 63, LOCAL_MAX = 64, ADDRESS_MAX = 64 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static struct text behind(struct text t, size_t bytes)
{
    return (struct text){t.data + bytes, t.len - bytes};
}

/* ---- addresses */

/* The C library takes no leading zeros and no zone. */
static bool address_ok(int family, struct text t)
{
    char copy[ADDRESS_MAX];
    unsigned char address[sizeof(struct in6_addr)];
    if (t.len >= sizeof copy || memchr(t.data, '\0', t.len))
        return false;
    memcpy(copy, t.data, t.len);
    copy[t.len] = '\0';
    return inet_pton(family, copy, address) == 1;
}

bool format_ipv4_ok(struct text t)
{
    return address_ok(AF_INET, t);
}

bool format_ipv6_ok(struct text t)
{
    return address_ok(AF_INET6, t);
}

/* ---- host names */

/* RFC 5890: hyphens at the third and fourth place belong to A-labels. */
static bool label_ok(struct text label)
{
    if (label.len < 1 || label.len > LABEL_MAX || label.data[0] == '-' ||
        label.data[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_letter(label.data[i]) && !is_digit(label.data[i]) && label.data[i] != '-')
            return false;
    }
    bool reserved = label.len >= 4 && label.data[2] == '-' && label.data[3] == '-';
    return !reserved || text_is_fold((struct text){label.data, 2}, "xn");
}

bool format_hostname_ok(struct text t)
{
    if (t.len > HOSTNAME_MAX)
        return false;
    while (t.data) {
        if (!label_ok(text_cut(&t, '.')))
            return false;
    }
    return true;
}

/* ---- mail */

static bool is_atom(char c)
{
    return is_letter(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-/=?^_`{|}~");
}

/* Atoms with dots between them; returns the bytes. */
static size_t dot_string(struct text t)
{
    size_t len = 0;
    while (len < t.len &&
           (is_atom(t.data[len]) || (t.data[len] == '.' && len > 0 && t.data[len - 1] != '.')))
        len++;
    return len > 0 && t.data[len - 1] == '.' ? 0 : len;
}

/* With its quotes; returns the bytes. */
static size_t quoted_string(struct text t)
{
    for (size_t i = 1; i < t.len; i++) {
        if (t.data[i] == '"')
            return i + 1;
        i += t.data[i] == '\\';
        if (i == t.len || t.data[i] < ' ' || t.data[i] > '~')
            return 0;
    }
    return 0;
}

static bool domain_ok(struct text t)
{
    if (t.len < 2 || t.data[0] != '[' || t.data[t.len - 1] != ']')
        return format_hostname_ok(t);
    struct text literal = {t.data + 1, t.len - 2};
    if (literal.len >= 5 && text_is_fold((struct text){literal.data, 5}, "IPv6:"))
        return format_ipv6_ok(behind(literal, 5));
    return format_ipv4_ok(literal);
}

bool format_email_ok(struct text t)
{
    size_t local = t.len && t.data[0] == '"' ? quoted_string(t) : dot_string(t);
    return local >= 1 && local <= LOCAL_MAX && local < t.len && t.data[local] == '@' &&
           domain_ok(behind(t, local + 1));
}

/* ---- URIs */

static bool is_unreserved(char c)
{
    return is_letter(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;="); /* and sub-delims */
}

/* Only such characters, escapes, and those of `more`. */
static bool spelled_ok(struct text t, const char *more)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] == '%') {
            if (t.len - i < 3 || !is_hex(t.data[i + 1]) || !is_hex(t.data[i + 2]))
                return false;
            i += 2;
        } else if (!is_unreserved(t.data[i]) && !is_one_of(t.data[i], more)) {
            return false;
        }
    }
    return true;
}

static size_t scheme_bytes(struct text t)
{
    size_t len = 0;
    while (len < t.len && (is_letter(t.data[len]) ||
                           (len > 0 && (is_digit(t.data[len]) || is_one_of(t.data[len], "+-.")))))
        len++;
    return len < t.len && t.data[len] == ':' ? len : 0;
}

static bool port_ok(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (i == 0 ? t.data[i] != ':' : !is_digit(t.data[i]))
            return false;
    }
    return true;
}

/* "v1.fe80::a+en1" */
static bool future_ok(struct text t)
{
    size_t i = 1;
    while (i < t.len && is_hex(t.data[i]))
        i++;
    if (t.len == 0 || (t.data[0] | 0x20) != 'v' || i == 1 || i + 1 >= t.len || t.data[i] != '.')
        return false;
    return !memchr(t.data, '%', t.len) && spelled_ok(behind(t, i + 1), ":");
}

static bool bracketed_ok(struct text t)
{
    const char *close = memchr(t.data, ']', t.len);
    if (!close)
        return false;
    size_t end = (size_t)(close - t.data);
    struct text literal = {t.data + 1, end - 1};
    return (format_ipv6_ok(literal) || future_ok(literal)) && port_ok(behind(t, end + 1));
}

static bool authority_ok(struct text t)
{
    const char *at = memrchr(t.data, '@', t.len);
    if (at) {
        struct text user = {t.data, (size_t)(at - t.data)};
        if (!spelled_ok(user, ":"))
            return false;
        t = behind(t, user.len + 1);
    }
    if (t.len && t.data[0] == '[')
        return bracketed_ok(t);
    struct text host = text_cut(&t, ':');
    if (t.data) {
        t.data--;
        t.len++;
    }
    return spelled_ok(host, "") && (!t.data || port_ok(t));
}

bool format_uri_ok(struct text t)
{
    size_t scheme = scheme_bytes(t);
    if (scheme == 0)
        return false;
    struct text rest = behind(t, scheme + 1);
    struct text before_fragment = text_cut(&rest, '#');
    struct text path = text_cut(&before_fragment, '?');
    if ((rest.data && !spelled_ok(rest, ":@/?")) ||
        (before_fragment.data && !spelled_ok(before_fragment, ":@/?")))
        return false;
    if (text_starts(path, "//")) {
        path = behind(path, 2);
        const char *slash = memchr(path.data, '/', path.len);
        struct text authority = {path.data, slash ? (size_t)(slash - path.data) : path.len};
        if (!authority_ok(authority))
            return false;
        path = behind(path, authority.len);
    }
    return spelled_ok(path, ":@/");
}
