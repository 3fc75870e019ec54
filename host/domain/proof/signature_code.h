/* SPDX-License-Identifier: MIT */
/* signature_code.h - HMAC (RFC 2104) over pieces. Pure. Thread: any. */
#pragma once
#include "domain/proof/signature_rule.h"

/* The bytes of the MAC; 0: the key is empty or the library has no such digest. */
size_t signature_mac(enum signature_digest digest, struct text key, const struct text *pieces,
                     size_t count, unsigned char out[SIGNATURE_MAC]);
