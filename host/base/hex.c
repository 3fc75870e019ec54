/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

const char hex_lower[] = "0123456789abcdef";
const char hex_upper[] = "0123456789ABCDEF";

void hex_encode(const unsigned char *data, size_t bytes, char *out)
{
    for (size_t i = 0; i < bytes; i++) {
        *out++ = hex_lower[data[i] >> 4];
        *out++ = hex_lower[data[i] & 15];
    }
    *out = '\0';
}

bool hex_decode(struct text in, unsigned char *out, size_t cap, size_t *len)
{
    *len = 0;
    if (in.len % 2 != 0 || in.len / 2 > cap)
        return false;
    for (size_t i = 0; i < in.len; i += 2) {
        int high = hex_digit(in.data[i]), low = hex_digit(in.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[(*len)++] = (unsigned char)(high << 4 | low);
    }
    return true;
}
