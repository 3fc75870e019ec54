/* SPDX-License-Identifier: MIT */
#include "base/mac.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <string.h>

static void start_hash(SHA256_CTX *hash, const unsigned char *key, size_t bytes, unsigned char pad)
{
    unsigned char block[SHA256_CBLOCK];
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < bytes; i++)
        block[i] ^= key[i];
    SHA256_Init(hash);
    SHA256_Update(hash, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

void mac_init(struct mac *m, const void *key, size_t bytes)
{
    assert(bytes <= SHA256_CBLOCK);
    start_hash(&m->inner, key, bytes, 0x36);
    start_hash(&m->outer, key, bytes, 0x5c);
}

void mac_sign(const struct mac *m, struct text message, unsigned char out[SHA256_BYTES])
{
    unsigned char digest[SHA256_BYTES];
    SHA256_CTX hash = m->inner;
    SHA256_Update(&hash, message.data, message.len);
    SHA256_Final(digest, &hash);
    hash = m->outer;
    SHA256_Update(&hash, digest, sizeof digest);
    SHA256_Final(out, &hash);
}
