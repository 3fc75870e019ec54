/* SPDX-License-Identifier: MIT */
/* secret.h - what a secret may be called and hold, and where it may be sent.
 *
 * A secret is sent over https, and over http to this machine alone. An entry of its hosts is a host
 * as it stands in URLs ("api.example.com", "127.0.0.1", "[::1]"), compared as a whole and without
 * case, for any port; or host:port for that port alone.
 * Pure. Owner: the caller. Thread: any. Limits: the enum below. */
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
/* True for a value of 1 to SECRET_BYTES bytes without NUL. err never shows any of it. */
bool secret_value_ok(struct text value, struct error *err) MUST_CHECK;
/* Adds an entry to a comma-separated list, in lower case, unless the list has it. err says what
 * would be right. */
bool secret_host_add(struct buf *hosts, struct text entry, struct error *err) MUST_CHECK;

/* Where a URL leads. */
struct secret_target {
    bool tls;
    char host[SECRET_HOST + 3]; /* lower case; IPv6 in brackets */
    int port;
    size_t bytes; /* of the URL, up to its path, query or end */
};

/* Reads where a URL leads. Only URLs that no two parsers can read differently are taken: http:// or
 * https://, a name or an address, perhaps a port, and then the end or one of / ? #. One with
 * credentials is refused. */
bool secret_target_read(struct text url, struct secret_target *target) MUST_CHECK;
/* Why a secret with these hosts is not sent there, as a clause about the target: "is not among its
 * hosts". NULL: it may be sent. */
const char *secret_target_refused(const struct secret_target *target, const char *hosts);
