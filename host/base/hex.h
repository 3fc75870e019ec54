/* SPDX-License-Identifier: MIT */
/* hex.h - bytes as two hexadecimal digits each. Pure. Thread: any. */
#pragma once
#include "base/text.h"

extern const char hex_lower[], hex_upper[]; /* the 16 digits */

/* 0 to 15, for digits and letters of both cases; -1: another character. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In lower case; out: 2 * bytes and a NUL. */
void hex_encode(const unsigned char *data, size_t bytes, char *out);
/* Both cases. False: an odd length, another character, or more than cap bytes. */
bool hex_decode(struct text in, unsigned char *out, size_t cap, size_t *len) MUST_CHECK;
