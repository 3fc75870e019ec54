/* SPDX-License-Identifier: MIT */
/* base64url.h - RFC 4648, section 5, as JOSE writes it (RFC 7515, section 2): without padding, and
 * each sequence of bytes in one way only. Pure. Thread: any. */
#pragma once
#include "base/text.h"

/* The bytes that a text of that length stands for, at most. */
static inline size_t base64url_bytes(size_t characters)
{
    return characters / 4 * 3 + 2;
}

/* out: room for base64url_bytes(in.len). False: another character (padding and blanks too), a
 * length that nothing has, or bits left over that are not 0. */
bool base64url_decode(struct text in, unsigned char *out, size_t *len) MUST_CHECK;
