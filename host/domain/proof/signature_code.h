/* SPDX-License-Identifier: MIT */
/* signature_code.h - HMAC (RFC 2104) over several pieces. Pure. Owner: the caller. Thread: any. */
#pragma once
#include "domain/proof/signature_rule.h"

/* Writes the MAC and returns its bytes; 0: the key is empty, or OpenSSL has no such digest. */
size_t signature_mac(enum signature_digest digest, struct text key, const struct text *pieces,
                     size_t count, unsigned char out[SIGNATURE_MAC]);
