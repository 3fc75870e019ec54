/* SPDX-License-Identifier: MIT */
#include "auth/jws.h"

#include "base/mem.h"
#include "domain/proof/signature_code.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys */

struct jws_key {
    enum jwt_algorithm algorithm;
    size_t signature_bytes;
    EVP_PKEY *pkey;
};

/* OpenSSL keeps a queue of errors for each thread, where the code for TLS would find ours. */
static void forget_errors(void)
{
    ERR_clear_error();
}

/* Takes pkey over. pkey NULL: OpenSSL could make no key of the numbers. */
static struct jws_key *key_new(enum jwt_algorithm algorithm, size_t signature_bytes, EVP_PKEY *pkey,
                               struct error *err)
{
    const struct jws_key key = {algorithm, signature_bytes, pkey};
    forget_errors();
    if (pkey)
        return mem_dup(&key, sizeof key);
    error_set(err, ERROR_INVALID, "its numbers make no key");
    return NULL;
}

/* NULL: the numbers make no key, as a point that is not on its curve. params may be NULL, when
 * there was no memory for them. */
static EVP_PKEY *public_key(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1)
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static struct text skip_zeros(struct text number)
{
    while (number.len && !number.data[0]) {
        number.data++;
        number.len--;
    }
    return number;
}

static size_t bits_of(struct text number)
{
    size_t bits = number.len * 8;
    for (unsigned first = number.len ? (unsigned char)number.data[0] : 0x80; first < 0x80;
         first <<= 1)
        bits--;
    return bits;
}

/* An even exponent, or 1, makes no RSA; OpenSSL itself wants at most 64 bits with a large n. */
static bool exponent_ok(struct text e)
{
    return e.len >= 1 && e.len <= 8 && e.data[e.len - 1] & 1 && bits_of(e) > 1;
}

static BIGNUM *number_new(struct text bytes)
{
    return BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.len, NULL);
}

static EVP_PKEY *public_rsa(struct text n, struct text e)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = number_new(n), *exponent = number_new(e);
    bool built = build && modulus && exponent &&
                 OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
                 OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1;
    OSSL_PARAM *params = built ? OSSL_PARAM_BLD_to_param(build) : NULL;
    EVP_PKEY *pkey = public_key("RSA", params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(exponent);
    return pkey;
}

struct jws_key *jws_key_rsa(struct text n, struct text e, struct error *err)
{
    n = skip_zeros(n);
    e = skip_zeros(e);
    size_t bits = bits_of(n);
    if (bits < JWS_RSA_MIN || bits > JWS_RSA_MAX) {
        error_set(err, ERROR_INVALID, "an RSA key of %zu bits: %d to %d are needed", bits,
                  JWS_RSA_MIN, JWS_RSA_MAX);
        return NULL;
    }
    if (!exponent_ok(e)) {
        error_set(err, ERROR_INVALID, "the RSA exponent is out of range");
        return NULL;
    }
    return key_new(JWT_RS256, n.len, public_rsa(n, e), err);
}

struct jws_key *jws_key_p256(struct text x, struct text y, struct error *err)
{
    unsigned char point[1 + 2 * JWS_P256] = {POINT_CONVERSION_UNCOMPRESSED};
    char curve[] = "P-256";
    if (x.len != JWS_P256 || y.len != JWS_P256) {
        error_set(err, ERROR_INVALID, "the coordinates of P-256 have %d bytes", JWS_P256);
        return NULL;
    }
    memcpy(point + 1, x.data, JWS_P256);
    memcpy(point + 1 + JWS_P256, y.data, JWS_P256);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    return key_new(JWT_ES256, (size_t)2 * JWS_P256, public_key("EC", params), err);
}

struct jws_key *jws_key_ed25519(struct text x, struct error *err)
{
    if (x.len != JWS_ED25519) {
        error_set(err, ERROR_INVALID, "a public key of Ed25519 has %d bytes", JWS_ED25519);
        return NULL;
    }
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.data, x.len);
    return key_new(JWT_EDDSA, (size_t)2 * JWS_ED25519, pkey, err);
}

void jws_key_free(struct jws_key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

enum jwt_algorithm jws_key_algorithm(const struct jws_key *k)
{
    return k->algorithm;
}

/* ---- signatures */

/* digest NULL: that of Ed25519. For RSA, OpenSSL's default is what RS256 asks for: PKCS #1 v1.5. */
static bool verifies(EVP_PKEY *pkey, const EVP_MD *digest, struct text signature,
                     struct text signed_of)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds = ctx && EVP_DigestVerifyInit(ctx, NULL, digest, NULL, pkey) == 1 &&
                 EVP_DigestVerify(ctx, (const unsigned char *)signature.data, signature.len,
                                  (const unsigned char *)signed_of.data, signed_of.len) == 1;
    EVP_MD_CTX_free(ctx);
    return holds;
}

/* A token has r and s side by side (RFC 7518, section 3.4); OpenSSL wants them in DER. */
static bool p256_verifies(EVP_PKEY *pkey, struct text signature, struct text signed_of)
{
    struct text first = {signature.data, JWS_P256}, second = {signature.data + JWS_P256, JWS_P256};
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = number_new(first), *s = number_new(second);
    unsigned char *der = NULL;
    bool adopted = pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1;
    int bytes = adopted ? i2d_ECDSA_SIG(pair, &der) : 0;
    bool holds = bytes > 0 && verifies(pkey, EVP_sha256(),
                                       (struct text){(const char *)der, (size_t)bytes}, signed_of);
    if (!adopted) {
        BN_free(r);
        BN_free(s);
    }
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return holds;
}

/* The length comes first: of a signature with something behind it, OpenSSL might read the front. */
bool jws_holds(const struct jws_key *k, const struct jwt_token *t)
{
    if (t->algorithm != k->algorithm || t->signature.len != k->signature_bytes)
        return false;
    bool holds = k->algorithm == JWT_ES256
                     ? p256_verifies(k->pkey, t->signature, t->signed_of)
                     : verifies(k->pkey, k->algorithm == JWT_EDDSA ? NULL : EVP_sha256(),
                                t->signature, t->signed_of);
    forget_errors();
    return holds;
}

bool jws_hmac_holds(struct text secret, const struct jwt_token *t)
{
    unsigned char mac[SIGNATURE_MAC];
    if (t->algorithm != JWT_HS256 || secret.len < JWT_HMAC_BYTES)
        return false;
    size_t bytes = signature_mac(DIGEST_SHA256, secret, &t->signed_of, 1, mac);
    forget_errors();
    return bytes && t->signature.len == bytes &&
           id_equal_constant_time(mac, t->signature.data, bytes);
}
