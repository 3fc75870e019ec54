/* SPDX-License-Identifier: MIT */
#include "domain/proof/jwt.h"

#include "base/base64.h"
#include <string.h>

static const char *const names[JWT_ALGORITHMS] = {
    [JWT_HS256] = "HS256",
    [JWT_RS256] = "RS256",
    [JWT_ES256] = "ES256",
    [JWT_EDDSA] = "EdDSA",
};

const char *jwt_algorithm_name(enum jwt_algorithm a)
{
    return names[a];
}

bool jwt_algorithm_of(struct text name, enum jwt_algorithm *out)
{
    for (int i = 0; i < JWT_ALGORITHMS; i++) {
        if (text_is(name, names[i])) {
            *out = (enum jwt_algorithm)i;
            return true;
        }
    }
    return false;
}

/* ---- the three parts */

static bool cut_parts(struct text token, struct text parts[3])
{
    for (int i = 0; i < 3; i++)
        parts[i] = text_cut(&token, '.');
    return parts[2].data && !token.data && parts[0].len && parts[1].len && parts[2].len;
}

bool jwt_looks(struct text token)
{
    struct text parts[3];
    return token.data && cut_parts(token, parts);
}

/* Decodes a part into `bytes`, behind the *used bytes that are there already. */
static bool decode_part(struct jwt_token *t, struct text part, size_t *used, struct text *out)
{
    size_t len;
    if (!base64_decode(BASE64_URL, part, t->bytes + *used, sizeof t->bytes - *used, &len))
        return false;
    *out = (struct text){(const char *)t->bytes + *used, len};
    *used += len;
    return true;
}

/* ---- the header */

static bool read_kid(const cJSON *header, struct jwt_token *out, struct error *err)
{
    const cJSON *kid = json_get(header, "kid");
    out->kid[0] = '\0';
    if (!kid)
        return true;
    size_t len = cJSON_IsString(kid) ? strlen(kid->valuestring) : 0;
    if (len < 1 || len >= sizeof out->kid)
        return error_set(err, ERROR_INVALID, "header: kid must be a text of 1 to %d bytes",
                         JWT_KID - 1);
    memcpy(out->kid, kid->valuestring, len + 1);
    return true;
}

static bool read_header(const cJSON *header, struct jwt_token *out, struct error *err)
{
    const char *algorithm = json_string(header, "alg");
    const cJSON *type = json_get(header, "typ");
    if (!cJSON_IsObject(header))
        return error_set(err, ERROR_INVALID, "header: an object is needed");
    if (!algorithm || !jwt_algorithm_of(text_of(algorithm), &out->algorithm))
        return error_set(err, ERROR_INVALID, "header: alg is missing or none that is known");
    /* b64 counts only together with crit (RFC 7797); alone it makes a token that two readers may
     * read differently. */
    if (json_get(header, "crit") || json_get(header, "b64"))
        return error_set(err, ERROR_INVALID, "header: crit and b64 are not understood");
    if (type && !cJSON_IsString(type))
        return error_set(err, ERROR_INVALID, "header: typ must be a text");
    return read_kid(header, out, err);
}

bool jwt_read(struct text token, struct jwt_token *out, struct error *err)
{
    struct text parts[3], header;
    size_t used = 0;
    if (token.len > JWT_BYTES)
        return error_set(err, ERROR_LIMIT, "it is longer than %d bytes", JWT_BYTES);
    if (!cut_parts(token, parts))
        return error_set(err, ERROR_INVALID, "it has not three parts");
    out->whole = token;
    out->signed_of = (struct text){token.data, parts[0].len + 1 + parts[1].len};
    if (!decode_part(out, parts[0], &used, &header) ||
        !decode_part(out, parts[1], &used, &out->payload) ||
        !decode_part(out, parts[2], &used, &out->signature))
        return error_set(err, ERROR_INVALID, "a part is no base64url");
    cJSON *tree = json_parse(header, err);
    if (!tree)
        return error_context(err, "header");
    bool fine = read_header(tree, out, err);
    cJSON_Delete(tree);
    return fine;
}
