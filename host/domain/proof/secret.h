/* SPDX-License-Identifier: MIT */
/* secret.h - what a secret may be called and hold, and where it may be sent. Pure. Thread: any.
 *
 * A secret goes over https, and over http to this machine alone. An entry of its hosts is a host as
 * it stands in URLs ("api.example.com", "127.0.0.1", "[::1]"), compared as a whole and without
 * case, for any port; or host:port for that port alone. */
#pragma once
#include "base/buf.h"
#include "base/error.h"

enum {
    SECRET_NAME = 64,         /* characters */
    SECRET_BYTES = 64 << 10,  /* of a value */
    SECRET_HOST = 253,        /* characters of one host */
    SECRET_HOSTS_BYTES = 2048 /* of the whole list, as kept */
};

bool secret_name_ok(struct text name); /* [A-Z][A-Z0-9_]{0,63} */
/* 1 to SECRET_BYTES bytes without NUL. err never shows any of it. */
bool secret_value_ok(struct text value, struct error *err) MUST_CHECK;
/* Adds an entry to a comma-separated list, in lower case, once. err says what would be right. */
bool secret_host_add(struct buf *hosts, struct text entry, struct error *err) MUST_CHECK;

/* Where a URL leads. */
struct secret_target {
    bool tls;
    char host[SECRET_HOST + 3]; /* lower case; IPv6 in brackets */
    int port;
    size_t bytes; /* of the URL, up to its path, query or end */
};

/* Only for URLs that no two parsers can read differently: http:// or https://, a name or an
 * address, perhaps a port, and then the end or one of / ? #. No credentials. */
bool secret_target_read(struct text url, struct secret_target *target) MUST_CHECK;
/* NULL: a secret with these hosts may be sent there. Else a clause that says why not. */
const char *secret_target_refused(const struct secret_target *target, const char *hosts);
