/* SPDX-License-Identifier: MIT */
/* base64.h - RFC 4648: six bits a character. Pure. Thread: any. */
#pragma once
#include "base/text.h"

enum base64_form {
    BASE64_PADDED, /* section 4: + and /, padded with = */
    BASE64_URL, /* section 5: - and _, without padding, as JOSE writes it (RFC 7515, section 2) */
    BASE64_ANY, /* for reading what people paste: either alphabet, padded or not, and bits left
                      over are ignored */
};

/* The 64 characters of BASE64_PADDED or BASE64_URL. */
const char *base64_alphabet(enum base64_form form);

/* The bytes that so many characters stand for, at most. */
static inline size_t base64_bytes(size_t characters)
{
    return characters / 4 * 3 + 2;
}

/* False: another character (blanks too), a length that nothing has, more than cap bytes, or, but
 * for BASE64_ANY, bits left over that are not 0: each sequence of bytes has one text. */
bool base64_decode(enum base64_form form, struct text in, unsigned char *out, size_t cap,
                   size_t *len) MUST_CHECK;

/* out: room for base64_characters(bytes) and a NUL. */
static inline size_t base64_characters(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}
void base64_encode(enum base64_form form, const unsigned char *in, size_t len, char *out);
