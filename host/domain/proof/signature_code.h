/* SPDX-License-Identifier: MIT */
/* signature_code.h - HMAC (RFC 2104) over pieces, and the two ways a MAC is written. Pure. Thread:
 * any. */
#pragma once
#include "domain/proof/signature_rule.h"

/* The bytes of the MAC; 0: the key is empty or the library has no such digest. */
size_t signature_mac(enum signature_digest digest, struct text key, const struct text *pieces,
                     size_t count, unsigned char out[SIGNATURE_MAC]);
/* Both cases of letters. False: malformed or more than cap bytes. */
bool signature_hex(struct text in, unsigned char *out, size_t cap, size_t *len) MUST_CHECK;
/* RFC 4648 with its padding, and nothing else; bits left over are 0. */
bool signature_base64(struct text in, unsigned char *out, size_t cap, size_t *len) MUST_CHECK;
