/* SPDX-License-Identifier: MIT */
#include "auth/jws.h"

#include "base/mem.h"
#include "domain/proof/signature_code.h"
#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* ---- the library */

struct jws_lib {
    __typeof__(cjose_jwk_create_RSA_spec) *rsa;
    __typeof__(cjose_jwk_create_EC_spec) *ec;
    __typeof__(cjose_jwk_release) *release_key;
    __typeof__(cjose_jws_import) *import;
    __typeof__(cjose_jws_verify) *verify;
    __typeof__(cjose_jws_release) *release;
};

static const struct {
    const char *name;
    size_t at; /* of the function pointer in struct jws_lib */
} functions[] = {
    {"cjose_jwk_create_RSA_spec", offsetof(struct jws_lib, rsa)},
    {"cjose_jwk_create_EC_spec", offsetof(struct jws_lib, ec)},
    {"cjose_jwk_release", offsetof(struct jws_lib, release_key)},
    {"cjose_jws_import", offsetof(struct jws_lib, import)},
    {"cjose_jws_verify", offsetof(struct jws_lib, verify)},
    {"cjose_jws_release", offsetof(struct jws_lib, release)},
};

struct jws_lib *jws_lib_load(const char *name, struct error *err)
{
    void *so = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!so) {
        error_set(err, ERROR_MISSING, "%s is not installed (Debian: libcjose0)", name);
        return NULL;
    }
    struct jws_lib *lib = mem_zero(1, sizeof *lib);
    const char *missing = NULL;
    for (size_t i = 0; !missing && i < ARRAY_LEN(functions); i++) {
        void *function = dlsym(so, functions[i].name);
        memcpy((char *)lib + functions[i].at, &function, sizeof function);
        missing = function ? NULL : functions[i].name;
    }
    dlclose(so); /* only drops the reference: RTLD_NODELETE keeps the code */
    if (!missing)
        return lib;
    error_set(err, ERROR_MISSING, "%s is too old: it has no %s", name, missing);
    free(lib);
    return NULL;
}

void jws_lib_free(struct jws_lib *lib)
{
    free(lib);
}

/* ---- keys */

struct jws_key {
    enum jwt_algorithm algorithm;
    size_t signature_bytes;
    const struct jws_lib *lib;
    cjose_jwk_t *jwk;  /* RS256, ES256 */
    EVP_PKEY *ed25519; /* EdDSA */
};

/* OpenSSL keeps errors for the thread, where TLS would find those that are not its own. */
static void forget_errors(void)
{
    ERR_clear_error();
}

static struct jws_key *key_new(struct jws_key like, struct error *err)
{
    forget_errors();
    if (like.jwk || like.ed25519)
        return mem_dup(&like, sizeof like);
    error_set(err, ERROR_INVALID, "its numbers make no key");
    return NULL;
}

/* libcjose takes what it only reads as uint8_t *. */
static uint8_t *bytes_of(struct text t)
{
    return (uint8_t *)(uintptr_t)t.data;
}

static struct text without_zeros(struct text number)
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

struct jws_key *jws_key_rsa(const struct jws_lib *lib, struct text n, struct text e,
                            struct error *err)
{
    n = without_zeros(n);
    e = without_zeros(e);
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
    cjose_jwk_rsa_keyspec spec = {.n = bytes_of(n), .nlen = n.len, .e = bytes_of(e), .elen = e.len};
    return key_new((struct jws_key){.algorithm = JWT_RS256,
                                    .signature_bytes = n.len,
                                    .lib = lib,
                                    .jwk = lib->rsa(&spec, NULL)},
                   err);
}

/* A point that is not on the curve makes no key. */
struct jws_key *jws_key_p256(const struct jws_lib *lib, struct text x, struct text y,
                             struct error *err)
{
    if (x.len != JWS_P256 || y.len != JWS_P256) {
        error_set(err, ERROR_INVALID, "the coordinates of P-256 have %d bytes", JWS_P256);
        return NULL;
    }
    cjose_jwk_ec_keyspec spec = {.crv = CJOSE_JWK_EC_P_256,
                                 .x = bytes_of(x),
                                 .xlen = x.len,
                                 .y = bytes_of(y),
                                 .ylen = y.len};
    return key_new((struct jws_key){.algorithm = JWT_ES256,
                                    .signature_bytes = (size_t)2 * JWS_P256,
                                    .lib = lib,
                                    .jwk = lib->ec(&spec, NULL)},
                   err);
}

struct jws_key *jws_key_ed25519(struct text x, struct error *err)
{
    if (x.len != JWS_ED25519) {
        error_set(err, ERROR_INVALID, "a public key of Ed25519 has %d bytes", JWS_ED25519);
        return NULL;
    }
    const unsigned char *bytes = (const unsigned char *)x.data;
    return key_new((struct jws_key){.algorithm = JWT_EDDSA,
                                    .signature_bytes = (size_t)2 * JWS_ED25519,
                                    .ed25519 = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                                           bytes, x.len)},
                   err);
}

void jws_key_free(struct jws_key *k)
{
    if (!k)
        return;
    if (k->jwk)
        k->lib->release_key(k->jwk);
    EVP_PKEY_free(k->ed25519);
    free(k);
}

enum jwt_algorithm jws_key_algorithm(const struct jws_key *k)
{
    return k->algorithm;
}

/* ---- signatures */

static bool cjose_holds(const struct jws_key *k, const struct jwt_token *t)
{
    cjose_jws_t *jws = k->lib->import(t->whole.data, t->whole.len, NULL);
    bool holds = jws && k->lib->verify(jws, k->jwk, NULL);
    if (jws)
        k->lib->release(jws);
    return holds;
}

static bool ed25519_holds(const struct jws_key *k, const struct jwt_token *t)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->ed25519) == 1 &&
                 EVP_DigestVerify(ctx, (const unsigned char *)t->signature.data, t->signature.len,
                                  (const unsigned char *)t->signed_of.data, t->signed_of.len) == 1;
    EVP_MD_CTX_free(ctx);
    return holds;
}

/* libcjose leaves the length of a signature unchecked: an odd one would pass for another. */
bool jws_holds(const struct jws_key *k, const struct jwt_token *t)
{
    if (t->algorithm != k->algorithm || t->signature.len != k->signature_bytes)
        return false;
    bool holds = k->ed25519 ? ed25519_holds(k, t) : cjose_holds(k, t);
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
