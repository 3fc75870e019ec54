/* SPDX-License-Identifier: MIT */
/* JSON Web Tokens: KIND BYTE, then
 *   t TOKEN               against the keys of RFC 7515 and RFC 8037: nothing holds but their tokens
 *   j HEADER ^L PAYLOAD   signed as HS256, whatever the header says
 *   k FILE                of keys
 *   b text                base64url */
#include "fuzz.h"

#include "auth/jwt_keys.h"
#include "base/base64.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define EC_KEY_JSON                                                                            \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define ED_KEY_JSON                         \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"," \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static const char *const signed_texts[] = {
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
    "NvbS9pc19yb290Ijp0cnVlfQ",
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
};

enum { ALL = 1 << JWT_RS256 | 1 << JWT_ES256 | 1 << JWT_EDDSA };

static struct jwt_keys *keys; /* for the life of the process */

static void load(void)
{
    struct error err = {0};
    if (keys)
        return;
    keys = jwt_keys_read(TEXT("{\"keys\":[" EC_KEY_JSON "," ED_KEY_JSON "]}"), ALL, &err);
    FUZZ_CHECK(keys && keys->count == 2, "%s", err.text);
}

/* ---- tokens */

static void check_token(const struct jwt_token *t, struct text token)
{
    size_t kid = strnlen(t->kid, sizeof t->kid);
    FUZZ_CHECK(jwt_looks(token), "taken, but it does not look like one");
    FUZZ_CHECK(token.len <= JWT_BYTES, "too long");
    FUZZ_CHECK(t->algorithm < JWT_ALGORITHMS && kid < sizeof t->kid, "out of range");
    FUZZ_CHECK(t->payload.len > 0 && t->signature.len > 0, "an empty part");
    FUZZ_CHECK(t->signed_of.len < token.len && token.data[t->signed_of.len] == '.', "no dot");
}

static void fuzz_token(struct text in)
{
    struct jwt_token t;
    struct error err = {0};
    if (!jwt_read(in, &t, &err)) {
        FUZZ_CHECK(err.text[0], "no reason");
        return;
    }
    check_token(&t, in);
    FUZZ_CHECK(!jws_hmac_holds(TEXT("0123456789abcdef0123456789abcdef"), &t), "a MAC was forged");
    bool holds = jwt_keys_hold(keys, &t, &err), known = false;
    for (size_t i = 0; i < ARRAY_LEN(signed_texts); i++)
        known = known || text_is(t.signed_of, signed_texts[i]);
    FUZZ_CHECK(known || !holds, "a signature was forged");
    FUZZ_CHECK(ERR_peek_error() == 0, "it left an error behind");
}

/* ---- claims */

static void put_base64url(struct buf *b, struct text t)
{
    char *out = malloc(t.len / 3 * 4 + 8);
    FUZZ_CHECK(out, "out of memory");
    int chars = EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)t.data, (int)t.len);
    for (int i = 0; i < chars && out[i] != '='; i++)
        buf_char(b, out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
    free(out);
}

static void check_grant(const struct jwt_grant *g)
{
    struct error err = {0};
    FUZZ_CHECK((g->permissions & ~(unsigned)JWT_GRANTABLE) == 0, "%u", g->permissions);
    size_t subject = strnlen(g->subject, sizeof g->subject);
    FUZZ_CHECK(subject > 0 && subject < sizeof g->subject, "subject");
    FUZZ_CHECK(text_utf8_ok(text_of(g->subject)) && !strpbrk(g->subject, "\"\\\n"), "subject");
    FUZZ_CHECK(strnlen(g->projects, sizeof g->projects) < sizeof g->projects, "projects");
    struct text rest = g->projects[0] ? text_of(g->projects) : TEXT_NONE;
    while (rest.data) {
        struct text name = text_cut(&rest, ',');
        FUZZ_CHECK(strcmp(g->projects, "*") == 0 || api_key_name_ok(name), "%s", g->projects);
    }
    FUZZ_CHECK(!jwt_grant_lives(g, g->until_ms, &err), "it outlives exp");
    FUZZ_CHECK(g->from_ms - JWT_LEEWAY_MS <= 0 ||
                   !jwt_grant_lives(g, g->from_ms - JWT_LEEWAY_MS - 1, &err),
               "it lives before nbf");
}

static void fuzz_claims(struct text in)
{
    static const char secret[] = "0123456789abcdef0123456789abcdef";
    static const struct jwt_policy policies[] = {{NULL, NULL}, {"i", "a"}};
    struct text header = fuzz_part(&in), payload = in.data ? in : TEXT("");
    struct buf token;
    unsigned char mac[32];
    struct jwt_token t;
    struct error err = {0};
    buf_init(&token, 1 << 20);
    put_base64url(&token, header);
    buf_char(&token, '.');
    put_base64url(&token, payload);
    HMAC(EVP_sha256(), secret, sizeof secret - 1, (unsigned char *)token.data, token.len, mac,
         NULL);
    buf_char(&token, '.');
    put_base64url(&token, (struct text){(char *)mac, sizeof mac});
    if (jwt_read(buf_view(&token), &t, &err)) {
        check_token(&t, buf_view(&token));
        fuzz_same(t.payload, payload, "payload");
        bool holds = jws_hmac_holds(TEXT("0123456789abcdef0123456789abcdef"), &t);
        FUZZ_CHECK(holds == (t.algorithm == JWT_HS256), "algorithm %d", (int)t.algorithm);
        FUZZ_CHECK(!jwt_keys_hold(keys, &t, &err), "a public key took it");
    }
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        struct jwt_grant g;
        err.text[0] = '\0';
        if (jwt_grant_read(payload, &policies[i], &g, &err))
            check_grant(&g);
        else
            FUZZ_CHECK(err.text[0], "no reason");
    }
    buf_done(&token);
}

/* ---- keys */

static void fuzz_keys(struct text in)
{
    unsigned allowed = fuzz_u8(&in) & ALL;
    struct error err = {0};
    struct jwt_keys *some = jwt_keys_read(in, allowed, &err);
    FUZZ_CHECK(some || err.text[0], "no reason");
    FUZZ_CHECK(!some || (some->count >= 1 && some->count <= JWT_KEYS), "%zu", some->count);
    for (size_t i = 0; some && i < some->count; i++)
        FUZZ_CHECK(allowed & 1u << jws_key_algorithm(some->keys[i].key), "a key that is not meant");
    FUZZ_CHECK(ERR_peek_error() == 0, "it left an error behind");
    jwt_keys_free(some);
}

static void fuzz_base64url(struct text in)
{
    unsigned char *out = malloc(base64_bytes(in.len));
    size_t len;
    FUZZ_CHECK(out, "out of memory");
    if (base64_decode(BASE64_URL, in, out, base64_bytes(in.len), &len)) {
        struct buf again;
        buf_init(&again, 1 << 20);
        put_base64url(&again, (struct text){(char *)out, len});
        fuzz_same(again.data ? buf_view(&again) : TEXT(""), in, "base64url");
        buf_done(&again);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    uint8_t kind = fuzz_u8(&in);
    char *copy = fuzz_copy(in);
    struct text exact = {copy, in.len};
    load();
    if (kind == 't')
        fuzz_token(exact);
    else if (kind == 'j')
        fuzz_claims(exact);
    else if (kind == 'k')
        fuzz_keys(exact);
    else
        fuzz_base64url(exact);
    free(copy);
    return 0;
}
