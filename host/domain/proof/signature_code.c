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
