/* SPDX-License-Identifier: MIT */
#include "auth/jwt_keys.h"

#include "base/base64.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

/* ---- one JWK */

enum { PART_BYTES = JWS_RSA_MAX / 8 + 64 };

struct part {
    struct text bytes;
    unsigned char room[PART_BYTES];
};

static bool read_part(const cJSON *jwk, const char *name, struct part *out, struct error *err)
{
    const char *value = json_string(jwk, name);
    struct text in = text_of(value);
    if (!value || !base64_decode(BASE64_URL, in, out->room, sizeof out->room, &out->bytes.len))
        return error_set(err, ERROR_INVALID, "\"%s\" must be base64url of a public key's size",
                         name);
    out->bytes.data = (const char *)out->room;
    return true;
}

static struct jws_key *make_rsa(const cJSON *jwk, struct error *err)
{
    struct part n = {0}, e = {0};
    bool read = read_part(jwk, "n", &n, err) && read_part(jwk, "e", &e, err);
    return read ? jws_key_rsa(n.bytes, e.bytes, err) : NULL;
}

static struct jws_key *make_p256(const cJSON *jwk, struct error *err)
{
    struct part x = {0}, y = {0};
    bool read = read_part(jwk, "x", &x, err) && read_part(jwk, "y", &y, err);
    return read ? jws_key_p256(x.bytes, y.bytes, err) : NULL;
}

static struct jws_key *make_ed25519(const cJSON *jwk, struct error *err)
{
    struct part x = {0};
    return read_part(jwk, "x", &x, err) ? jws_key_ed25519(x.bytes, err) : NULL;
}

static const struct kind {
    const char *kty, *crv; /* crv NULL: it has none */
    enum jwt_algorithm algorithm;
    struct jws_key *(*make)(const cJSON *jwk, struct error *err);
} kinds[] = {
    {"RSA", NULL, JWT_RS256, make_rsa},
    {"EC", "P-256", JWT_ES256, make_p256},
    {"OKP", "Ed25519", JWT_EDDSA, make_ed25519},
};

static bool member_is(const cJSON *jwk, const char *name, const char *value)
{
    const char *is = json_string(jwk, name);
    return is && strcmp(is, value) == 0;
}

static bool member_may_be(const cJSON *jwk, const char *name, const char *value)
{
    return !json_get(jwk, name) || member_is(jwk, name, value);
}

static bool has_operation(const cJSON *jwk, const char *wanted)
{
    const cJSON *list = json_get(jwk, "key_ops");
    for (const cJSON *e = cJSON_IsArray(list) ? list->child : NULL; e; e = e->next)
        if (cJSON_IsString(e) && strcmp(e->valuestring, wanted) == 0)
            return true;
    return !list;
}

/* NULL: a key of another type, algorithm or use. */
static const struct kind *find_kind(const cJSON *jwk, unsigned allowed)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct kind *k = &kinds[i];
        if (allowed & 1u << k->algorithm && member_is(jwk, "kty", k->kty) &&
            (!k->crv || member_is(jwk, "crv", k->crv)) && member_may_be(jwk, "use", "sig") &&
            member_may_be(jwk, "alg", jwt_algorithm_name(k->algorithm)) &&
            has_operation(jwk, "verify"))
            return k;
    }
    return NULL;
}

static bool read_kid(const cJSON *jwk, char kid[JWT_KID], struct error *err)
{
    const cJSON *v = json_get(jwk, "kid");
    size_t len = cJSON_IsString(v) ? strlen(v->valuestring) : 0;
    kid[0] = '\0';
    if (!v)
        return true;
    if (len < 1 || len >= JWT_KID)
        return error_set(err, ERROR_INVALID, "\"kid\" must be a text of 1 to %d bytes",
                         JWT_KID - 1);
    memcpy(kid, v->valuestring, len + 1);
    return true;
}

static bool add_jwk(const cJSON *jwk, unsigned allowed, struct jwt_keys *keys, struct error *err)
{
    const struct kind *kind = find_kind(jwk, allowed);
    struct jwt_key *room = &keys->keys[keys->count];
    if (json_get(jwk, "d") || json_get(jwk, "k"))
        return error_set(err, ERROR_INVALID,
                         "it is a private or secret key, which does not belong here: take it out "
                         "and leave the public one (without \"d\", \"p\", \"q\" and so on)");
    if (!kind)
        return true;
    if (keys->count == JWT_KEYS)
        return error_set(err, ERROR_LIMIT, "there are more than %d keys", JWT_KEYS);
    if (!read_kid(jwk, room->kid, err) || !(room->key = kind->make(jwk, err)))
        return false;
    keys->count++;
    return true;
}

static bool read_jwks(const cJSON *tree, unsigned allowed, struct jwt_keys *keys, struct error *err)
{
    const cJSON *set = json_get(tree, "keys");
    if (member_is(tree, "kty", "RSA") || member_is(tree, "kty", "EC") ||
        member_is(tree, "kty", "OKP"))
        return add_jwk(tree, allowed, keys, err);
    if (!cJSON_IsArray(set))
        return error_set(err, ERROR_INVALID, "neither a key nor a set {\"keys\": [...]}");
    size_t n = 0;
    for (const cJSON *e = set->child; e; e = e->next, n++)
        if (!add_jwk(e, allowed, keys, err))
            return error_context(err, "/keys/%zu", n);
    return true;
}

/* ---- a file */

static bool read_file(struct text file, unsigned allowed, struct jwt_keys *keys, struct error *err)
{
    if (memmem(file.data ? file.data : "", file.len, "-----BEGIN", 10))
        return jwt_pem_read(file, keys, err);
    cJSON *tree = json_parse(file, err);
    if (!tree)
        return error_context(err, "no PEM, and no JWK set either");
    bool fine = read_jwks(tree, allowed, keys, err);
    cJSON_Delete(tree);
    return fine;
}

static void drop_not_allowed(struct jwt_keys *keys, unsigned allowed)
{
    size_t kept = 0;
    for (size_t i = 0; i < keys->count; i++) {
        if (allowed & 1u << jws_key_algorithm(keys->keys[i].key))
            keys->keys[kept++] = keys->keys[i];
        else
            jws_key_free(keys->keys[i].key);
    }
    keys->count = kept;
}

struct jwt_keys *jwt_keys_read(struct text file, unsigned allowed, struct error *err)
{
    struct jwt_keys *keys = mem_zero(1, sizeof *keys);
    if (read_file(file, allowed, keys, err)) {
        drop_not_allowed(keys, allowed);
        if (keys->count > 0)
            return keys;
        error_set(err, ERROR_INVALID,
                  "none of its keys is a public key for one of jwt.algorithms (RS256: RSA; ES256: "
                  "P-256; EdDSA: Ed25519)");
    }
    jwt_keys_free(keys);
    return NULL;
}

void jwt_keys_free(struct jwt_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++)
        jws_key_free(keys->keys[i].key);
    free(keys);
}

/* ---- which key made a signature */

static bool key_fits(const struct jwt_key *k, const struct jwt_token *t)
{
    return jws_key_algorithm(k->key) == t->algorithm &&
           (!t->kid[0] || !k->kid[0] || strcmp(k->kid, t->kid) == 0);
}

bool jwt_keys_hold(const struct jwt_keys *keys, const struct jwt_token *t, struct error *err)
{
    int tries = 0;
    for (size_t i = 0; i < keys->count; i++) {
        if (!key_fits(&keys->keys[i], t))
            continue;
        if (tries++ == JWT_TRIES)
            return error_set(err, ERROR_LIMIT,
                             "the first %d keys that fit did not make it: it needs a kid",
                             JWT_TRIES);
        if (jws_holds(keys->keys[i].key, t))
            return true;
    }
    if (tries == 0)
        return error_set(err, ERROR_MISSING, "there is no key of its alg and kid");
    return error_set(err, ERROR_INVALID, "the signature is wrong");
}
