/* SPDX-License-Identifier: MIT */
/* certificate_load.h - a certificate and its key, from two PEM files (which may be the same one),
 * as what OpenSSL serves connections from: TLS 1.2 and 1.3, with forward secrecy and authenticated
 * ciphers only, no compression, no renegotiation, tickets, ALPN http/1.1. Owner of the result: the
 * caller. Thread: any. Limit: CERTIFICATE_FILE bytes a file. */
#pragma once
#include "base/error.h"
#include <openssl/ssl.h>
#include <stdint.h>

enum { CERTIFICATE_FILE = 1 << 20 };

struct certificate_facts {
    int64_t not_before_ms, not_after_ms;
    bool exposed; /* everybody on this machine may read the key, or change it */
};

/* NULL: err says which of the two is wrong, and what to do. */
SSL_CTX *certificate_load(const char *cert_file, const char *key_file,
                          struct certificate_facts *facts, struct error *err) MUST_CHECK;
