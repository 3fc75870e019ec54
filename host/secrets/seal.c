/* SPDX-License-Identifier: MIT */
#include "secrets/seal.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/id.h"
#include "base/locked.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, ID = 8, NONCE = 12, TAG = 16, SOURCE = 256 };

struct seal_key {
    unsigned char bytes[SEAL_KEY_BYTES];
    unsigned char id[ID]; /* tells keys apart without telling anything about them */
    char source[SOURCE];
};

/* ---- the key */

/* 64 hexadecimal digits or 43 characters of base64, padded or not. */
static bool read_key(struct text t, unsigned char out[SEAL_KEY_BYTES])
{
    size_t len;
    bool read = t.len == (size_t)2 * SEAL_KEY_BYTES
                    ? hex_decode(t, out, SEAL_KEY_BYTES, &len)
                    : base64_decode(BASE64_ANY, t, out, SEAL_KEY_BYTES, &len);
    return read && len == SEAL_KEY_BYTES;
}

static void set_key_id(struct seal_key *key)
{
    static const char label[] = "moontide master key id";
    unsigned char labelled[sizeof label + SEAL_KEY_BYTES], hash[SHA256_BYTES];
    memcpy(labelled, label, sizeof label);
    memcpy(labelled + sizeof label, key->bytes, SEAL_KEY_BYTES);
    id_sha256(labelled, sizeof labelled, hash);
    memcpy(key->id, hash, ID);
    explicit_bzero(labelled, sizeof labelled);
}

struct seal_key *seal_key_parse(struct text text, const char *source)
{
    struct seal_key *key = locked_new(sizeof *key);
    if (!read_key(text, key->bytes)) {
        seal_key_free(key);
        return NULL;
    }
    set_key_id(key);
    snprintf(key->source, sizeof key->source, "%s", source);
    return key;
}

void seal_key_free(struct seal_key *key)
{
    locked_free(key, sizeof *key);
}

const char *seal_key_source(const struct seal_key *key)
{
    return key->source;
}

/* ---- the cipher */

/* These calls fail by a bug or a broken library, never by an input. */
static void must(int ok)
{
    if (ok == 1)
        return;
    fputs("moontide: AES-256-GCM does not work here\n", stderr);
    abort();
}

static EVP_CIPHER_CTX *cipher_new(const struct seal_key *key, const unsigned char *nonce,
                                  int encrypt)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    must(c != NULL);
    must(EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key->bytes, nonce, encrypt));
    return c;
}

/* Authenticates name and hosts, kept apart by their NULs, which neither of them holds. */
static void bind_to(EVP_CIPHER_CTX *c, const char *name, const char *hosts)
{
    static const char label[] = "moontide secret";
    int done;
    must(EVP_CipherUpdate(c, NULL, &done, (const unsigned char *)label, sizeof label));
    must(EVP_CipherUpdate(c, NULL, &done, (const unsigned char *)name, (int)strlen(name) + 1));
    must(EVP_CipherUpdate(c, NULL, &done, (const unsigned char *)hosts, (int)strlen(hosts) + 1));
}

void seal_close(const struct seal_key *key, const char *name, const char *hosts, struct text value,
                struct buf *out)
{
    unsigned char head[SEAL_HEAD] = {VERSION}, *to;
    int done;
    memcpy(head + 1, key->id, ID);
    id_random(head + 1 + ID, NONCE);
    if (!buf_reserve(out, SEAL_OVERHEAD + value.len))
        return;
    buf_add(out, head, sizeof head);
    to = (unsigned char *)out->data + out->len;
    EVP_CIPHER_CTX *c = cipher_new(key, head + 1 + ID, 1);
    bind_to(c, name, hosts);
    must(EVP_CipherUpdate(c, to, &done, (const unsigned char *)value.data, (int)value.len));
    must(EVP_CipherFinal_ex(c, to + done, &done));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, to + value.len));
    EVP_CIPHER_CTX_free(c);
    out->len += value.len + TAG;
    out->data[out->len] = '\0';
}

size_t seal_value_bytes(struct text sealed)
{
    bool ours = sealed.len > SEAL_OVERHEAD && sealed.data[0] == VERSION;
    return ours ? sealed.len - SEAL_OVERHEAD : 0;
}

static bool decrypt(const struct seal_key *key, const char *name, const char *hosts,
                    struct text sealed, unsigned char *out)
{
    const unsigned char *in = (const unsigned char *)sealed.data;
    size_t bytes = sealed.len - SEAL_OVERHEAD;
    unsigned char tag[TAG];
    int done;
    EVP_CIPHER_CTX *c = cipher_new(key, in + 1 + ID, 0);
    memcpy(tag, in + SEAL_HEAD + bytes, TAG);
    bind_to(c, name, hosts);
    must(EVP_CipherUpdate(c, out, &done, in + SEAL_HEAD, (int)bytes));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag));
    bool ok = EVP_CipherFinal_ex(c, out + done, &done) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!ok)
        explicit_bzero(out, bytes); /* what is not authentic must not be looked at */
    return ok;
}

bool seal_open(const struct seal_key *key, const char *name, const char *hosts, struct text sealed,
               void *out, struct error *err)
{
    size_t bytes = seal_value_bytes(sealed);
    if (bytes > 0 && memcmp(sealed.data + 1, key->id, ID) != 0)
        return error_set(err, ERROR_INVALID,
                         "secret %s was sealed with another master key than %s; give the right one "
                         "(MOONTIDE_MASTER_KEY or master.key in the data folder), or, if it is "
                         "lost, `moontide secret remove %s` and set it anew",
                         name, key->source, name);
    if (bytes > 0 && decrypt(key, name, hosts, sealed, out))
        return true;
    return error_set(err, ERROR_INVALID,
                     "secret %s is damaged in the database; `moontide secret remove %s` and set it "
                     "anew",
                     name, name);
}
