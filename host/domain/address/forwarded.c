/* SPDX-License-Identifier: MIT */
#include "domain/address/forwarded.h"

#include <string.h>

/* ---- one node: 10.0.0.1, 10.0.0.1:80, [::1], [::1]:80; bare IPv6 where `bare` */

static bool port_ok(struct text t)
{
    uint64_t n;
    return t.len <= 5 && text_u64(t, &n) && n <= 65535;
}

static bool node_address(struct text t, bool bare, struct cidr_address *out)
{
    if (t.len > 0 && t.data[0] == '[') {
        struct text rest = {t.data + 1, t.len - 1}, inner = text_cut(&rest, ']');
        bool v6 = inner.len > 0 && memchr(inner.data, ':', inner.len);
        bool end = rest.data &&
                   (rest.len == 0 ||
                    (rest.data[0] == ':' && port_ok((struct text){rest.data + 1, rest.len - 1})));
        return v6 && end && cidr_address(inner, out);
    }
    if (bare && cidr_address(t, out))
        return true;
    struct text rest = t, host = text_cut(&rest, ':');
    return (!rest.data || port_ok(rest)) && cidr_address(host, out);
}

/* ---- X-Forwarded-For */

static struct text cut_last(struct text *rest)
{
    size_t at = rest->len;
    while (at > 0 && rest->data[at - 1] != ',')
        at--;
    struct text last = text_trim((struct text){rest->data + at, rest->len - at});
    *rest = at > 0 ? (struct text){rest->data, at - 1} : TEXT_NONE;
    return last;
}

static bool client_of_list(const struct cidr_list *trusted, struct text list,
                           struct cidr_address *out)
{
    while (list.data) {
        if (!node_address(cut_last(&list), true, out))
            return false;
        if (!cidr_list_holds(trusted, out))
            return true;
    }
    return true;
}

/* ---- Forwarded: elements of name=value pairs */

struct hop {
    bool named, known; /* it has a `for`; that is an address */
    struct cidr_address address;
};

struct scan {
    struct text rest;
};

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c));
}

static void skip_blanks(struct scan *s)
{
    while (s->rest.len > 0 && (*s->rest.data == ' ' || *s->rest.data == '\t')) {
        s->rest.data++;
        s->rest.len--;
    }
}

static bool skip_char(struct scan *s, char c)
{
    if (s->rest.len == 0 || *s->rest.data != c)
        return false;
    s->rest.data++;
    s->rest.len--;
    return true;
}

static struct text take_token(struct scan *s)
{
    struct text token = {s->rest.data, 0};
    while (token.len < s->rest.len && is_token(token.data[token.len]))
        token.len++;
    s->rest.data += token.len;
    s->rest.len -= token.len;
    return token;
}

/* Behind the opening quote. No address needs a backslash: a value with one is none. */
static bool take_quoted(struct scan *s, struct text *out)
{
    *out = (struct text){s->rest.data, 0};
    for (size_t i = 0; i < s->rest.len; i++) {
        unsigned char c = (unsigned char)s->rest.data[i];
        if (c == '"') {
            out->len = i;
            s->rest.data += i + 1;
            s->rest.len -= i + 1;
            return true;
        }
        if (c == '\\')
            i++;
        else if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return false;
}

static bool take_pair(struct scan *s, struct hop *hop)
{
    struct text name = take_token(s), value;
    if (name.len == 0 || !skip_char(s, '='))
        return false;
    if (skip_char(s, '"')) {
        if (!take_quoted(s, &value))
            return false;
    } else if ((value = take_token(s)).len == 0) {
        return false;
    }
    if (!text_is_fold(name, "for"))
        return true;
    if (hop->named)
        return false; /* two of them: which one is meant? */
    hop->named = true;
    hop->known = node_address(value, false, &hop->address);
    return true;
}

static bool take_element(struct scan *s, struct hop *hop)
{
    *hop = (struct hop){0};
    do {
        skip_blanks(s);
        if (!take_pair(s, hop))
            return false;
        skip_blanks(s);
    } while (skip_char(s, ';'));
    return true;
}

static bool client_of_elements(const struct cidr_list *trusted, struct text header,
                               struct cidr_address *out)
{
    struct hop hops[FORWARDED_HOPS];
    struct scan s = {header};
    size_t count = 0;
    do {
        if (count == FORWARDED_HOPS || !take_element(&s, &hops[count++]))
            return false;
    } while (skip_char(&s, ','));
    if (s.rest.len > 0)
        return false;
    while (count > 0) {
        const struct hop *hop = &hops[--count];
        if (!hop->known)
            return false;
        *out = hop->address;
        if (!cidr_list_holds(trusted, out))
            return true;
    }
    return true;
}

bool forwarded_client(const struct cidr_list *trusted, const struct cidr_address *peer,
                      struct text x_forwarded_for, struct text forwarded, struct cidr_address *out)
{
    struct cidr_address other;
    *out = *peer;
    if (!cidr_list_holds(trusted, peer))
        return true;
    if (x_forwarded_for.data && !client_of_list(trusted, x_forwarded_for, out))
        return false;
    if (!forwarded.data)
        return true;
    if (!client_of_elements(trusted, forwarded, &other))
        return false;
    /* A proxy that writes one of them lets the client's own other one through. */
    if (x_forwarded_for.data && memcmp(out->bytes, other.bytes, sizeof other.bytes) != 0)
        return false;
    *out = other;
    return true;
}
