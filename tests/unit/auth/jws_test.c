/* SPDX-License-Identifier: MIT */
/* Vectors: RFC 7515, appendices A.1 to A.3; RFC 8037, appendix A.4. */
#include "test.h"

#include "auth/jwt_keys.h"
#include "base/base64.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD                                                                                  \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn" \
    "VlfQ"
#define HS256_KEY \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
#define HS256_TOKEN                                     \
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." PAYLOAD \
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define RSA_N                                                                                   \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0" \
    "Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXnd" \
    "S5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5Ihl" \
    "JH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_TOKEN                                                                               \
    "eyJhbGciOiJSUzI1NiJ9." PAYLOAD                                                             \
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8"  \
    "W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS" \
    "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvW" \
    "h6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_TOKEN                    \
    "eyJhbGciOiJFUzI1NiJ9." PAYLOAD \
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_TOKEN                                                \
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

#define JWK_RSA "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}"
#define JWK_EC  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}"
#define JWK_ED  "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\"}"

enum { ALL = 1 << JWT_RS256 | 1 << JWT_ES256 | 1 << JWT_EDDSA };

static struct jwt_token token_of(const char *token)
{
    struct jwt_token t;
    struct error err;
    if (!jwt_read(text_of(token), &t, &err))
        fail_msg("%s: %s", token, err.text);
    return t;
}

static struct jwt_keys *keys_of(const char *file, unsigned allowed)
{
    struct error err;
    struct jwt_keys *keys = jwt_keys_read(text_of(file), allowed, &err);
    if (!keys)
        fail_msg("%s: %s", file, err.text);
    return keys;
}

static bool holds(const struct jwt_keys *keys, const char *token)
{
    struct jwt_token t = token_of(token);
    struct error err;
    bool fine = jwt_keys_hold(keys, &t, &err);
    assert_int_equal(ERR_peek_error(), 0); /* TLS would take what is left for its own */
    return fine;
}

/* The same token with another character in its signature's middle, or in its payload. */
static void spoil(const char *token, bool payload, char *out)
{
    const char *dot = strrchr(token, '.');
    size_t at = payload ? (size_t)(dot - token) / 2 + 10 : (size_t)(dot - token) + 20;
    strcpy(out, token);
    out[at] = out[at] == 'A' ? 'B' : 'A';
}

static void the_vectors_hold_and_no_other_bytes_do(void **state)
{
    static const struct {
        const char *jwk, *token;
    } rows[] = {{JWK_RSA, RSA_TOKEN}, {JWK_EC, EC_TOKEN}, {JWK_ED, ED_TOKEN}};
    char bad[1024];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jwt_keys *keys = keys_of(rows[i].jwk, ALL);
        assert_int_equal(keys->count, 1);
        for (size_t j = 0; j < ARRAY_LEN(rows); j++)
            assert_int_equal(holds(keys, rows[j].token), i == j);
        spoil(rows[i].token, false, bad);
        assert_false(holds(keys, bad));
        spoil(rows[i].token, true, bad);
        assert_false(holds(keys, bad));
        jwt_keys_free(keys);
    }
}

static void a_signature_of_another_length_is_none(void **state)
{
    struct jwt_keys *keys = keys_of("{\"keys\":[" JWK_RSA "," JWK_EC "," JWK_ED "]}", ALL);
    static const char *const tokens[] = {RSA_TOKEN, EC_TOKEN, ED_TOKEN};
    char bad[1024];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
        snprintf(bad, sizeof bad, "%sA", tokens[i]); /* one byte more: halves of it would do */
        assert_false(holds(keys, bad));
        snprintf(bad, sizeof bad, "%sAAAA", tokens[i]);
        assert_false(holds(keys, bad));
        snprintf(bad, sizeof bad, "%.*s", (int)(strrchr(tokens[i], '.') - tokens[i]) + 5,
                 tokens[i]);
        assert_false(holds(keys, bad));
    }
    jwt_keys_free(keys);
}

static void hmac_holds_for_its_secret_only(void **state)
{
    unsigned char key[64];
    size_t len;
    (void)state;
    struct jwt_token t = token_of(HS256_TOKEN);
    assert_true(base64_decode(BASE64_URL, TEXT(HS256_KEY), key, sizeof key, &len));
    assert_true(jws_hmac_holds((struct text){(char *)key, len}, &t));
    assert_false(jws_hmac_holds((struct text){(char *)key, len - 1}, &t));
    assert_false(jws_hmac_holds((struct text){(char *)key, 31}, &t));
    assert_false(jws_hmac_holds(TEXT(""), &t));
    t.signature.len--;
    assert_false(jws_hmac_holds((struct text){(char *)key, len}, &t));
    t = token_of(RSA_TOKEN);
    assert_false(jws_hmac_holds((struct text){(char *)key, len}, &t));
}

/* A public key is no secret, whatever alg says. */
static void no_public_key_judges_hs256(void **state)
{
    struct jwt_keys *keys = keys_of("{\"keys\":[" JWK_RSA "," JWK_EC "," JWK_ED "]}", ALL);
    (void)state;
    assert_false(holds(keys, HS256_TOKEN));
    jwt_keys_free(keys);
}

static void keys_that_are_not_for_us_are_passed_over(void **state)
{
    static const struct {
        const char *file;
        unsigned allowed;
        size_t count; /* 0: that none is left is a mistake */
    } rows[] = {
        {"{\"keys\":[" JWK_RSA "," JWK_EC "]}", ALL, 2},
        {"{\"keys\":[" JWK_RSA "," JWK_EC "]}", 1 << JWT_RS256, 1},
        {"{\"keys\":[" JWK_RSA "," JWK_EC "]}", 1 << JWT_EDDSA, 0},
        {"{\"keys\":[" JWK_EC ",{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"\",\"y\":\"\"}]}", ALL,
         1},
        {"{\"keys\":[" JWK_EC ",{\"kty\":\"new\"},7,{}]}", ALL, 1},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"x\":\"" ED_X "\"}", ALL, 1},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\",\"x\":\"" ED_X "\"}", ALL, 0},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"x\":\"" ED_X "\"}", ALL, 1},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"HS256\",\"x\":\"" ED_X "\"}", ALL, 0},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"key_ops\":[\"verify\"],\"x\":\"" ED_X "\"}", ALL,
         1},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"key_ops\":[\"sign\"],\"x\":\"" ED_X "\"}", ALL, 0},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"}", ALL, 0},
        {"{\"keys\":[]}", ALL, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        struct jwt_keys *keys = jwt_keys_read(text_of(rows[i].file), rows[i].allowed, &err);
        if ((keys ? keys->count : 0) != rows[i].count)
            fail_msg("%s: %zu, %s", rows[i].file, keys ? keys->count : 0, err.text);
        if (!keys)
            assert_non_null(strstr(err.text, "none of its keys is a public key for one of"));
        jwt_keys_free(keys);
    }
}

static void what_makes_no_key_is_a_mistake(void **state)
{
    static const struct {
        const char *file, *error;
    } rows[] = {
        {"", "no PEM, and no JWK set either"},
        {"{", "no PEM, and no JWK set either"},
        {"{}", "neither a key nor a set"},
        {"[]", "neither a key nor a set"},
        {"{\"keys\":{}}", "neither a key nor a set"},
        {"{\"keys\":[" JWK_EC ",{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
         "/keys/1: an RSA key of 17 bits: 2048 to 8192 are needed"},
        {"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"}", "the RSA exponent is out of range"},
        {"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAC\"}",
         "the RSA exponent is out of range"},
        {"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"\"}", "the RSA exponent is out of range"},
        {"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}", "\"e\" must be base64url"},
        {"{\"kty\":\"RSA\",\"n\":\"" RSA_N "=\",\"e\":\"AQAB\"}", "\"n\" must be base64url"},
        {"{\"kty\":\"RSA\",\"n\":7,\"e\":\"AQAB\"}", "\"n\" must be base64url"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"}",
         "its numbers make no key"}, /* not on the curve */
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQAB\",\"y\":\"" EC_Y "\"}",
         "the coordinates of P-256 have 32 bytes"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAB\"}",
         "a public key of Ed25519 has 32 bytes"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":7,\"x\":\"" ED_X "\"}", "\"kid\" must be"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"AA\",\"x\":\"" ED_X "\"}",
         "it is a private or secret key"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}", "/keys/0: it is a private or secret key"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
         "it holds a private key"},
        {"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
         "it holds a private key"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         "each PEM block must be a PUBLIC KEY"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
         "PEM block 1 cannot be read"},
        {"-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
         "-----END PUBLIC KEY-----\n",
         "PEM block 1 cannot be read"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        struct jwt_keys *keys = jwt_keys_read(text_of(rows[i].file), ALL, &err);
        if (keys || strncmp(err.text, rows[i].error, strlen(rows[i].error)) != 0)
            fail_msg("%s: %s", rows[i].file, err.text);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void at_most_64_keys_are_kept(void **state)
{
    struct buf b;
    struct error err;
    (void)state;
    buf_init(&b, 64 << 10);
    buf_str(&b, "{\"keys\":[");
    for (int i = 0; i < JWT_KEYS; i++)
        buf_printf(&b, "%s" JWK_ED, i ? "," : "");
    struct buf more = b;
    more.data = NULL;
    buf_init(&more, 64 << 10);
    buf_text(&more, buf_view(&b));
    buf_str(&b, "]}");
    buf_str(&more, "," JWK_ED "]}");
    struct jwt_keys *keys = jwt_keys_read(buf_view(&b), ALL, &err);
    assert_non_null(keys);
    assert_int_equal(keys->count, JWT_KEYS);
    jwt_keys_free(keys);
    assert_null(jwt_keys_read(buf_view(&more), ALL, &err));
    assert_string_equal(err.text, "/keys/64: there are more than 64 keys");
    buf_done(&b);
    buf_done(&more);
}

#define OTHER_ED(kid)                          \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"" kid \
    ",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"
#define NAMED_ED(kid) "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" kid "\",\"x\":\"" ED_X "\"}"

/* ED_TOKEN has no kid. */
static void without_a_kid_the_first_four_that_fit_are_tried(void **state)
{
    static const struct {
        const char *file;
        bool holds;
    } rows[] = {
        {"{\"keys\":[" NAMED_ED("a") "]}", true},
        {"{\"keys\":[" OTHER_ED("") "," OTHER_ED("") "," JWK_EC "," OTHER_ED("") "," JWK_ED "]}",
         true},
        {"{\"keys\":[" OTHER_ED("") "," OTHER_ED("") "," OTHER_ED("") "," OTHER_ED("") "," JWK_ED
                                                                                       "]}",
         false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jwt_keys *keys = keys_of(rows[i].file, ALL);
        assert_int_equal(holds(keys, ED_TOKEN), rows[i].holds);
        jwt_keys_free(keys);
    }
}

static void a_kid_chooses(void **state)
{
    struct jwt_token t = token_of(ED_TOKEN);
    struct error err;
    static const struct {
        const char *file, *kid;
        bool holds;
    } rows[] = {
        {"{\"keys\":[" NAMED_ED("a") "]}", "a", true},
        {"{\"keys\":[" NAMED_ED("a") "]}", "b", false},
        {"{\"keys\":[" NAMED_ED("a") "]}", "A", false},
        {"{\"keys\":[" JWK_ED "]}", "b", true}, /* a key without a name, as in PEM */
        {"{\"keys\":[" OTHER_ED(",\"kid\":\"b\"") "," NAMED_ED("a") "]}", "b", false},
        {"{\"keys\":[" OTHER_ED(",\"kid\":\"a\"") "," NAMED_ED("a") "]}", "a", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jwt_keys *keys = keys_of(rows[i].file, ALL);
        strcpy(t.kid, rows[i].kid);
        if (jwt_keys_hold(keys, &t, &err) != rows[i].holds)
            fail_msg("%s: kid %s", rows[i].file, rows[i].kid);
        jwt_keys_free(keys);
    }
}

/* ---- ES256: numbers in DER have no fixed size, those of a token do */

static void put_number(const BIGNUM *n, struct buf *out)
{
    unsigned char bytes[JWS_P256];
    assert_int_equal(BN_bn2binpad(n, bytes, sizeof bytes), JWS_P256);
    buf_add(out, bytes, sizeof bytes);
}

static void sign_es256(EVP_PKEY *pkey, struct text what, struct buf *out)
{
    unsigned char der[128];
    const unsigned char *at = der;
    size_t len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &len, (const unsigned char *)what.data, what.len), 1);
    EVP_MD_CTX_free(ctx);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    buf_clear(out);
    put_number(ECDSA_SIG_get0_r(pair), out);
    put_number(ECDSA_SIG_get0_s(pair), out);
    ECDSA_SIG_free(pair);
}

static struct jws_key *public_of(const EVP_PKEY *pkey)
{
    unsigned char point[1 + 2 * JWS_P256];
    size_t len = 0;
    struct error err;
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len),
        1);
    assert_int_equal(len, sizeof point);
    return jws_key_p256((struct text){(char *)point + 1, JWS_P256},
                        (struct text){(char *)point + 1 + JWS_P256, JWS_P256}, &err);
}

static void es256_signatures_of_short_and_of_high_numbers_hold(void **state)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    struct jws_key *key = public_of(pkey);
    struct buf signature;
    unsigned seen = 0;
    (void)state;
    buf_init(&signature, 1024);
    /* One in 256 begins with a zero byte, half of them have the highest bit, which DER takes for a
     * sign. */
    for (int i = 0; seen != 3 && i < 100000; i++) {
        char text[32];
        struct jwt_token t = {.algorithm = JWT_ES256};
        snprintf(text, sizeof text, "what is signed, %d", i);
        t.signed_of = text_of(text);
        sign_es256(pkey, t.signed_of, &signature);
        t.signature = buf_view(&signature);
        assert_true(jws_holds(key, &t));
        seen |= signature.data[0] == 0 ? 1 : signature.data[0] & 0x80 ? 2 : 0;
        signature.data[JWS_P256 - 1] ^= 1;
        assert_false(jws_holds(key, &t));
        assert_int_equal(ERR_peek_error(), 0);
    }
    assert_int_equal(seen, 3);
    buf_done(&signature);
    jws_key_free(key);
    EVP_PKEY_free(pkey);
}

static void es256_numbers_out_of_range_hold_for_nothing(void **state)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    struct jws_key *key = public_of(pkey);
    char bytes[2 * JWS_P256];
    struct jwt_token t = {.algorithm = JWT_ES256, .signed_of = TEXT("x")};
    (void)state;
    t.signature = (struct text){bytes, sizeof bytes};
    for (int i = 0; i < 4; i++) { /* r and s of 0, and of 2^256 - 1 */
        memset(bytes, i & 1 ? 0xff : 0, JWS_P256);
        memset(bytes + JWS_P256, i & 2 ? 0xff : 0, JWS_P256);
        assert_false(jws_holds(key, &t));
        assert_int_equal(ERR_peek_error(), 0);
    }
    jws_key_free(key);
    EVP_PKEY_free(pkey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_hold_and_no_other_bytes_do),
        cmocka_unit_test(a_signature_of_another_length_is_none),
        cmocka_unit_test(hmac_holds_for_its_secret_only),
        cmocka_unit_test(no_public_key_judges_hs256),
        cmocka_unit_test(keys_that_are_not_for_us_are_passed_over),
        cmocka_unit_test(what_makes_no_key_is_a_mistake),
        cmocka_unit_test(at_most_64_keys_are_kept),
        cmocka_unit_test(without_a_kid_the_first_four_that_fit_are_tried),
        cmocka_unit_test(a_kid_chooses),
        cmocka_unit_test(es256_signatures_of_short_and_of_high_numbers_hold),
        cmocka_unit_test(es256_numbers_out_of_range_hold_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
