/* SPDX-License-Identifier: MIT */
/* Public keys in PEM (RFC 7468): OpenSSL reads them, and jws.c makes keys of their numbers. */
#include "auth/jwt_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

enum { NUMBER_BYTES = JWS_RSA_MAX / 8 };

struct number {
    struct text bytes;
    unsigned char room[NUMBER_BYTES];
};

/* Reads a number of the key, padded to width bytes; 0: as many as it takes. */
static bool read_number(const EVP_PKEY *key, const char *name, size_t width, struct number *out)
{
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &n) != 1)
        return false;
    size_t bytes = width ? width : (size_t)BN_num_bytes(n);
    bool fits = bytes <= sizeof out->room && BN_bn2binpad(n, out->room, (int)bytes) >= 0;
    out->bytes = (struct text){(const char *)out->room, bytes};
    BN_free(n);
    return fits;
}

static struct jws_key *make_rsa(const EVP_PKEY *key, struct error *err)
{
    struct number n = {0}, e = {0};
    bool read = (read_number(key, OSSL_PKEY_PARAM_RSA_N, 0, &n) &&
                 read_number(key, OSSL_PKEY_PARAM_RSA_E, 0, &e)) ||
                error_set(err, ERROR_LIMIT, "an RSA key of more than %d bits", JWS_RSA_MAX);
    return read ? jws_key_rsa(n.bytes, e.bytes, err) : NULL;
}

static struct jws_key *make_ec(const EVP_PKEY *key, struct error *err)
{
    struct number x = {0}, y = {0};
    char group[64] = "";
    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL);
    bool read = (strcmp(group, SN_X9_62_prime256v1) == 0 &&
                 read_number(key, OSSL_PKEY_PARAM_EC_PUB_X, JWS_P256, &x) &&
                 read_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, JWS_P256, &y)) ||
                error_set(err, ERROR_INVALID, "a key of another curve than P-256");
    return read ? jws_key_p256(x.bytes, y.bytes, err) : NULL;
}

static struct jws_key *make_ed25519(const EVP_PKEY *key, struct error *err)
{
    struct number x = {.bytes = {(const char *)x.room, sizeof x.room}};
    if (EVP_PKEY_get_raw_public_key(key, x.room, &x.bytes.len) != 1)
        x.bytes.len = 0;
    return jws_key_ed25519(x.bytes, err);
}

static const struct {
    int type;
    struct jws_key *(*make)(const EVP_PKEY *key, struct error *err);
} kinds[] = {
    {EVP_PKEY_RSA, make_rsa},
    {EVP_PKEY_EC, make_ec},
    {EVP_PKEY_ED25519, make_ed25519},
};

static struct jws_key *make_key(const EVP_PKEY *key, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (EVP_PKEY_get_base_id(key) == kinds[i].type)
            return kinds[i].make(key, err);
    error_set(err, ERROR_INVALID, "it is neither RSA, P-256 nor Ed25519");
    return NULL;
}

static bool add_key(const EVP_PKEY *key, struct jwt_keys *keys, struct error *err)
{
    if (keys->count == JWT_KEYS)
        return error_set(err, ERROR_LIMIT, "there are more than %d keys", JWT_KEYS);
    struct jws_key *made = make_key(key, err);
    if (!made)
        return error_context(err, "PEM block %zu", keys->count + 1);
    keys->keys[keys->count++] = (struct jwt_key){.key = made};
    return true;
}

/* Without this callback OpenSSL would ask on the terminal for the password of an encrypted one. */
static int no_password(char *out, int size, int writing, void *arg)
{
    (void)out, (void)size, (void)writing, (void)arg;
    return -1;
}

static size_t count_of(struct text file, const char *word)
{
    size_t count = 0, len = strlen(word);
    for (const char *at; (at = memmem(file.data, file.len, word, len)); count++) {
        file.len -= (size_t)(at - file.data) + len;
        file.data = at + len;
    }
    return count;
}

bool jwt_pem_read(struct text file, struct jwt_keys *keys, struct error *err)
{
    size_t blocks = count_of(file, "-----BEGIN "),
           wanted = count_of(file, "-----BEGIN PUBLIC KEY-----");
    if (count_of(file, "PRIVATE KEY-----") > 0)
        return error_set(err, ERROR_INVALID,
                         "it holds a private key, which does not belong here: `openssl pkey -in "
                         "KEY -pubout` writes the public one");
    if (wanted != blocks)
        return error_set(err, ERROR_INVALID,
                         "each PEM block must be a PUBLIC KEY (for a certificate: `openssl x509 "
                         "-in CERT -noout -pubkey`)");
    BIO *in = BIO_new_mem_buf(file.data, (int)file.len);
    bool fine = in != NULL;
    for (size_t i = 0; fine && i < wanted; i++) {
        EVP_PKEY *key = PEM_read_bio_PUBKEY(in, NULL, no_password, NULL);
        fine = key ? add_key(key, keys, err)
                   : error_set(err, ERROR_INVALID, "PEM block %zu cannot be read", i + 1);
        EVP_PKEY_free(key);
    }
    BIO_free(in);
    ERR_clear_error();
    return fine;
}
