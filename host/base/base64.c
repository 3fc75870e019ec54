/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const char *base64_alphabet(enum base64_form form)
{
    return form == BASE64_URL ? LETTERS_AND_DIGITS "-_" : LETTERS_AND_DIGITS "+/";
}

static int digit_of(enum base64_form form, char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (form != BASE64_URL && (c == '+' || c == '/'))
        return c == '+' ? 62 : 63;
    if (form != BASE64_PADDED && (c == '-' || c == '_'))
        return c == '-' ? 62 : 63;
    return -1;
}

/* False: it is not padded as the form wants it. */
static bool cut_padding(enum base64_form form, struct text *in)
{
    size_t whole = in->len;
    if (form == BASE64_URL)
        return true;
    while (whole - in->len < 2 && in->len > 0 && in->data[in->len - 1] == '=')
        in->len--;
    bool bare = form == BASE64_ANY && whole == in->len;
    return bare || whole % 4 == 0;
}

bool base64_decode(enum base64_form form, struct text in, unsigned char *out, size_t cap,
                   size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    *len = 0;
    if (!cut_padding(form, &in))
        return false;
    for (size_t i = 0; i < in.len; i++) {
        int digit = digit_of(form, in.data[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        held += 6;
        if (held < 8)
            continue;
        if (*len == cap)
            return false;
        held -= 8;
        out[(*len)++] = (unsigned char)(bits >> held & 0xff);
    }
    return held < 6 && (form == BASE64_ANY || (bits & ((1u << held) - 1)) == 0);
}

void base64_encode(enum base64_form form, const unsigned char *in, size_t len, char *out)
{
    const char *digits = base64_alphabet(form);
    uint32_t bits = 0;
    int held = 0;
    size_t done = 0;
    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | in[i]) & 0xffff;
        for (held += 8; held >= 6; held -= 6)
            out[done++] = digits[bits >> (held - 6) & 63];
    }
    if (held)
        out[done++] = digits[bits << (6 - held) & 63];
    while (form == BASE64_PADDED && done % 4 != 0)
        out[done++] = '=';
    out[done] = '\0';
}
