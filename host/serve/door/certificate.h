/* SPDX-License-Identifier: MIT */
/* certificate.h - the host's certificate for HTTPS, kept up to date: its two files are looked at
 * four times a second (a look follows links, and works on any file system, where a watch would
 * not), and a new pair that is whole and has rested for one look serves the connections that come
 * after. One that cannot be used is logged once and the old one stays. Open connections keep what
 * they began with. Owner: cmd/serve. Thread: loop. */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include <uv.h>

enum { CERTIFICATE_LOOK_MS = 250 };

struct certificate;
struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* err: what is wrong with which file, and what to do. */
struct certificate *certificate_open(uv_loop_t *loop, const struct clock *clock,
                                     const char *cert_file, const char *key_file,
                                     struct error *err) MUST_CHECK;
/* Not before the door that uses it has closed; run the loop on. NULL is fine. */
void certificate_close(struct certificate *c);
/* The one of today: what is made from it keeps it alive. */
struct ssl_ctx_st *certificate_context(const struct certificate *c);
