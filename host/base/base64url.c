/* SPDX-License-Identifier: MIT */
#include "base/base64url.h"

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_decode(struct text in, unsigned char *out, size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    *len = 0;
    for (size_t i = 0; i < in.len; i++) {
        int digit = digit_of(in.data[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        out[(*len)++] = (unsigned char)(bits >> held & 0xff);
    }
    return held < 6 && (bits & ((1u << held) - 1)) == 0;
}
