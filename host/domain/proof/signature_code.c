/* SPDX-License-Identifier: MIT */
#include "domain/proof/signature_code.h"

#include <openssl/evp.h>
#include <string.h>

static const EVP_MD *digest_of(enum signature_digest digest)
{
    switch (digest) {
    case DIGEST_SHA1:
        return EVP_sha1();
    case DIGEST_SHA256:
        return EVP_sha256();
    case DIGEST_SHA512:
        return EVP_sha512();
    }
    return NULL;
}

size_t signature_mac(enum signature_digest digest, struct text key, const struct text *pieces,
                     size_t count, unsigned char out[SIGNATURE_MAC])
{
    size_t bytes = SIGNATURE_MAC;
    if (key.len == 0)
        return 0;
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, (const unsigned char *)key.data, key.len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = pkey && ctx && EVP_DigestSignInit(ctx, NULL, digest_of(digest), NULL, pkey) == 1;
    for (size_t i = 0; fine && i < count; i++)
        fine = EVP_DigestSignUpdate(ctx, pieces[i].data, pieces[i].len) == 1;
    fine = fine && EVP_DigestSignFinal(ctx, out, &bytes) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return fine ? bytes : 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool signature_hex(struct text in, unsigned char *out, size_t cap, size_t *len)
{
    *len = 0;
    if (in.len % 2 != 0 || in.len / 2 > cap)
        return false;
    for (size_t i = 0; i < in.len; i += 2) {
        int high = hex_digit(in.data[i]), low = hex_digit(in.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[(*len)++] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool signature_base64(struct text in, unsigned char *out, size_t cap, size_t *len)
{
    size_t pads = 0;
    unsigned bits = 0, held = 0;
    *len = 0;
    if (in.len % 4 != 0)
        return false;
    while (pads < 2 && in.len > 0 && in.data[in.len - 1] == '=') {
        in.len--;
        pads++;
    }
    for (size_t i = 0; i < in.len; i++) {
        int digit = base64_digit(in.data[i]);
        if (digit < 0)
            return false;
        bits = (bits << 6 | (unsigned)digit) & 0xfff;
        held += 6;
        if (held < 8)
            continue;
        if (*len == cap)
            return false;
        held -= 8;
        out[(*len)++] = (unsigned char)(bits >> held);
    }
    return (bits & ((1u << held) - 1)) == 0;
}
