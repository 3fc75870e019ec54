/* SPDX-License-Identifier: MIT */
/* Vectors: RFC 7515 appendix A. */
#include "test.h"

#include "base/buf.h"
#include "domain/proof/jwt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the header */

static void encode(struct buf *b, const char *plain)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = strlen(plain);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < len ? (unsigned char)plain[i + j] : 0);
        for (size_t j = 0; j < 4 && i + j <= len; j++)
            buf_char(b, alphabet[bits >> (18 - 6 * j) & 63]);
    }
}

/* Signed by nobody. */
static struct buf token_with(const char *header, const char *payload)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    encode(&b, header);
    buf_char(&b, '.');
    encode(&b, payload);
    buf_str(&b, ".c2ln");
    return b;
}

static void a_header_is_judged(void **state)
{
    static const struct {
        const char *header, *error; /* NULL: fine */
    } rows[] = {
        {"{\"alg\":\"RS256\"}", NULL},
        {"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", NULL},
        {"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"a\",\"jku\":\"https://x.example\"}",
         NULL},
        {"{\"alg\":\"none\"}", "header: alg is missing or none that is known"},
        {"{\"alg\":\"None\"}", "header: alg is missing or none that is known"},
        {"{\"alg\":\"rs256\"}", "header: alg is missing or none that is known"},
        {"{\"alg\":\"HS512\"}", "header: alg is missing or none that is known"},
        {"{\"alg\":\"PS256\"}", "header: alg is missing or none that is known"},
        {"{\"alg\":\"\"}", "header: alg is missing or none that is known"},
        {"{\"alg\":[\"RS256\"]}", "header: alg is missing or none that is known"},
        {"{\"typ\":\"JWT\"}", "header: alg is missing or none that is known"},
        {"[\"alg\",\"RS256\"]", "header: an object is needed"},
        {"\"RS256\"", "header: an object is needed"},
        {"{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", "header: crit and b64 are not understood"},
        {"{\"alg\":\"RS256\",\"crit\":[]}", "header: crit and b64 are not understood"},
        {"{\"alg\":\"RS256\",\"b64\":false}", "header: crit and b64 are not understood"},
        {"{\"alg\":\"RS256\",\"typ\":1}", "header: typ must be a text"},
        {"{\"alg\":\"RS256\",\"kid\":7}", "header: kid must be a text of 1 to 255 bytes"},
        {"{\"alg\":\"RS256\",\"kid\":\"\"}", "header: kid must be a text of 1 to 255 bytes"},
        {"{\"alg\":\"RS256\",\"alg\":\"HS256\"}", "header: byte 15: name \"alg\" is repeated"},
        {"{\"alg\":\"RS256\"", "header: byte 14: the text ends too early"},
        {"{\"alg\":\"RS256\"} x", "header: byte 16: more text after the value"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = token_with(rows[i].header, "{}");
        struct jwt_token t;
        struct error err = {0};
        bool fine = jwt_read(buf_view(&b), &t, &err);
        if (fine != !rows[i].error)
            fail_msg("%s: %s", rows[i].header, err.text);
        if (rows[i].error && strncmp(err.text, rows[i].error, 12) != 0)
            fail_msg("%s: %s", rows[i].header, err.text);
        if (rows[i].error && !strstr(rows[i].error, "byte"))
            assert_string_equal(err.text, rows[i].error);
        buf_done(&b);
    }
}

static void a_token_is_taken_to_pieces(void **state)
{
    struct buf b = token_with("{\"alg\":\"ES256\",\"kid\":\"key 1\"}", "{\"exp\":1}");
    struct jwt_token t;
    struct error err;
    (void)state;
    assert_true(jwt_read(buf_view(&b), &t, &err));
    assert_int_equal(t.algorithm, JWT_ES256);
    assert_string_equal(t.kid, "key 1");
    assert_true(text_is(t.payload, "{\"exp\":1}"));
    assert_true(text_is(t.signature, "sig"));
    assert_int_equal(t.signed_of.len, b.len - strlen(".c2ln"));
    buf_done(&b);
}

static void what_is_no_token_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        ".",
        "..",
        "...",
        "a.b",
        "eyJhbGciOiJSUzI1NiJ9.e30",
        "eyJhbGciOiJSUzI1NiJ9.e30.",
        "eyJhbGciOiJSUzI1NiJ9..c2ln",
        ".e30.c2ln",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln.",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln.c2ln.c2ln",
        "eyJhbGciOiJSUzI1NiJ9=.e30.c2ln",
        "eyJhbGciOiJSUzI1NiJ9.e30=.c2ln",
        "eyJhbGciOiJSUzI1NiJ9.e31.c2ln",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2lo+",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln ",
        " eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "mt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    struct jwt_token t;
    struct error err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (jwt_read(text_of(rows[i]), &t, &err))
            fail_msg("\"%s\" was taken", rows[i]);
    assert_true(jwt_read(TEXT("eyJhbGciOiJSUzI1NiJ9.e30.c2ln"), &t, &err));
    assert_false(jwt_looks(TEXT_NONE));
    assert_false(jwt_looks(TEXT("mt_a.b")));
    assert_true(jwt_looks(TEXT("a.b.c")));
}

static void a_token_of_8_kb_is_the_longest(void **state)
{
    static const char head[] = "eyJhbGciOiJSUzI1NiJ9.e30.";
    char token[JWT_BYTES + 4];
    struct jwt_token t;
    struct error err;
    (void)state;
    memset(token, 'A', sizeof token);
    memcpy(token, head, sizeof head - 1);
    assert_true(jwt_read((struct text){token, JWT_BYTES - 1}, &t, &err));
    assert_false(jwt_read((struct text){token, JWT_BYTES + 1}, &t, &err));
    assert_string_equal(err.text, "it is longer than 8192 bytes");
}

/* ---- claims */

#define EXP "\"exp\":2000,\"sub\":\"ada\""

static void claims_are_judged(void **state)
{
    static const struct {
        const char *payload, *issuer, *audience, *error; /* NULL: fine */
    } rows[] = {
        {"{" EXP "}", NULL, NULL, NULL},
        {"{" EXP ",\"iss\":\"i\"}", "i", NULL, NULL},
        {"{" EXP ",\"iss\":\"other\"}", NULL, NULL, NULL},
        {"{" EXP ",\"iss\":\"I\"}", "i", NULL, "iss is not jwt.issuer"},
        {"{" EXP ",\"iss\":[\"i\"]}", "i", NULL, "iss is not jwt.issuer"},
        {"{" EXP "}", "i", NULL, "iss is not jwt.issuer"},
        {"{" EXP ",\"aud\":\"a\"}", NULL, "a", NULL},
        {"{" EXP ",\"aud\":[\"b\",\"a\"]}", NULL, "a", NULL},
        {"{" EXP ",\"aud\":[\"b\",\"c\"]}", NULL, "a", "aud does not name jwt.audience"},
        {"{" EXP ",\"aud\":[]}", NULL, "a", "aud does not name jwt.audience"},
        {"{" EXP ",\"aud\":[\"a\",1]}", NULL, "a", "aud does not name jwt.audience"},
        {"{" EXP ",\"aud\":{\"a\":\"a\"}}", NULL, "a", "aud does not name jwt.audience"},
        {"{" EXP ",\"aud\":\"ab\"}", NULL, "a", "aud does not name jwt.audience"},
        {"{" EXP "}", NULL, "a", "aud does not name jwt.audience"},
        {"{" EXP ",\"aud\":\"a\"}", NULL, NULL, "aud names an audience: set jwt.audience"},
        {"{" EXP ",\"aud\":[\"a\"]}", NULL, NULL, "aud names an audience: set jwt.audience"},
        {"{\"sub\":\"ada\"}", NULL, NULL, "exp is missing"},
        {"{\"sub\":\"ada\",\"exp\":\"2000\"}", NULL, NULL, "exp must be a time"},
        {"{\"sub\":\"ada\",\"exp\":null}", NULL, NULL, "exp must be a time"},
        {"{\"sub\":\"ada\",\"exp\":-1}", NULL, NULL, "exp must be a time"},
        {"{\"sub\":\"ada\",\"exp\":1e300}", NULL, NULL, "exp must be a time"},
        {"{" EXP ",\"nbf\":\"1\"}", NULL, NULL, "nbf must be a time"},
        {"{" EXP ",\"iat\":true}", NULL, NULL, "iat must be a time"},
        {"{\"exp\":2000}", NULL, NULL, "sub must be a text"},
        {"{\"exp\":2000,\"sub\":\"\"}", NULL, NULL, "sub must be a text"},
        {"{\"exp\":2000,\"sub\":7}", NULL, NULL, "sub must be a text"},
        {"{\"exp\":2000,\"sub\":\"a\\nb\"}", NULL, NULL, "sub must be a text"},
        {"{\"exp\":2000,\"sub\":\"a\\\"b\"}", NULL, NULL, "sub must be a text"},
        {"{\"exp\":2000,\"sub\":\"a\\\\b\"}", NULL, NULL, "sub must be a text"},
        {"{\"exp\":2000,\"sub\":\"a\\u007f\"}", NULL, NULL, "sub must be a text"},
        {"{\"exp\":2000,\"sub\":\"a\\u0000\"}", NULL, NULL, "payload: byte"},
        {"{" EXP ",\"exp\":3000}", NULL, NULL, "payload: byte"},
        {"{" EXP ",\"x\":{\"y\":1,\"y\":2}}", NULL, NULL, "payload: byte"},
        {"{" EXP, NULL, NULL, "payload: byte"},
        {"[]", NULL, NULL, "the payload is no object of claims"},
        {"2000", NULL, NULL, "the payload is no object of claims"},
        {"{" EXP ",\"permissions\":\"run.read\"}", NULL, NULL, "permissions is no list"},
        {"{" EXP ",\"permissions\":[1]}", NULL, NULL, "permissions is no list"},
        {"{" EXP ",\"projects\":\"shop\"}", NULL, NULL, "projects is no list"},
        {"{" EXP ",\"projects\":[\"shop,*\"]}", NULL, NULL, "projects is no list"},
        {"{" EXP ",\"projects\":[\"\"]}", NULL, NULL, "projects is no list"},
        {"{" EXP ",\"projects\":[\"a\",null]}", NULL, NULL, "projects is no list"},
        {"{" EXP ",\"projects\":{\"0\":\"a\"}}", NULL, NULL, "projects is no list"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jwt_policy policy = {rows[i].issuer, rows[i].audience};
        struct jwt_grant g;
        struct error err = {0};
        bool fine = jwt_grant_read(text_of(rows[i].payload), &policy, &g, &err);
        if (fine != !rows[i].error)
            fail_msg("%s: %s", rows[i].payload, fine ? "taken" : err.text);
        if (rows[i].error && strncmp(err.text, rows[i].error, strlen(rows[i].error)) != 0)
            fail_msg("%s: %s", rows[i].payload, err.text);
    }
}

static struct jwt_grant grant_of(const char *payload)
{
    struct jwt_policy policy = {0};
    struct jwt_grant g;
    struct error err;
    if (!jwt_grant_read(text_of(payload), &policy, &g, &err))
        fail_msg("%s: %s", payload, err.text);
    return g;
}

static void a_token_grants_what_it_names_and_may(void **state)
{
    static const struct {
        const char *claims;
        unsigned permissions;
        const char *projects;
    } rows[] = {
        {"", 0, ""},
        {",\"permissions\":[],\"projects\":[]", 0, ""},
        {",\"permissions\":[\"project.trigger\",\"run.read\"],\"projects\":[\"a\",\"b\"]",
         PERMISSION_TRIGGER | PERMISSION_READ, "a,b"},
        {",\"permissions\":[\"run.control\",\"trigger.manage\"],\"projects\":\"*\"",
         PERMISSION_CONTROL | PERMISSION_MANAGE, "*"},
        {",\"permissions\":[\"*\",\"key.manage\",\"secret.manage\"],\"projects\":[\"*\"]", 0, "*"},
        {",\"projects\":[\"a\",\"*\",\"b\"]", 0, "*"},
        {",\"permissions\":[\"widget.trigger\"],\"projects\":[\"*\",\"a\"]", 0, "*"},
        {",\"permissions\":[\"run.read,run.control\",\"RUN.READ\",\"else\",\"\"]", 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char payload[256];
        snprintf(payload, sizeof payload, "{" EXP "%s}", rows[i].claims);
        struct jwt_grant g = grant_of(payload);
        assert_int_equal(g.permissions, rows[i].permissions);
        assert_string_equal(g.projects, rows[i].projects);
        assert_string_equal(g.subject, "ada");
    }
}

static void too_many_projects_are_refused_not_cut(void **state)
{
    struct jwt_policy policy = {0};
    struct jwt_grant g;
    struct error err;
    struct buf b;
    (void)state;
    buf_init(&b, 64 << 10);
    buf_str(&b, "{" EXP ",\"projects\":[\"first\"");
    for (int i = 0; i < 100; i++)
        buf_printf(&b, ",\"project%d\"", i);
    buf_str(&b, "]}");
    assert_false(jwt_grant_read(buf_view(&b), &policy, &g, &err));
    buf_done(&b);
}

static void a_subject_has_at_most_255_bytes(void **state)
{
    struct jwt_policy policy = {0};
    struct jwt_grant g;
    struct error err;
    (void)state;
    for (int bytes = 255; bytes <= 256; bytes++) {
        char payload[400], subject[300];
        memset(subject, 's', sizeof subject);
        snprintf(payload, sizeof payload, "{\"exp\":1,\"sub\":\"%.*s\"}", bytes, subject);
        assert_int_equal(jwt_grant_read(text_of(payload), &policy, &g, &err), bytes == 255);
    }
}

static void a_grant_lives_from_nbf_to_exp(void **state)
{
    static const struct {
        const char *payload;
        int64_t now_ms;
        bool lives;
    } rows[] = {
        {"{\"sub\":\"s\",\"exp\":2000}", 1999999, true},
        {"{\"sub\":\"s\",\"exp\":2000}", 2000000, false}, /* no leeway */
        {"{\"sub\":\"s\",\"exp\":1999.5}", 1999499, true},
        {"{\"sub\":\"s\",\"exp\":1999.5}", 1999500, false},
        {"{\"sub\":\"s\",\"exp\":0}", 0, false},
        {"{\"sub\":\"s\",\"exp\":2000,\"nbf\":1000}", 940000, true},
        {"{\"sub\":\"s\",\"exp\":2000,\"nbf\":1000}", 939999, false},
        {"{\"sub\":\"s\",\"exp\":2000,\"iat\":1000}", 940000, true},
        {"{\"sub\":\"s\",\"exp\":2000,\"iat\":1000}", 939999, false},
        {"{\"sub\":\"s\",\"exp\":2000,\"iat\":100,\"nbf\":1000}", 939999, false},
    };
    struct error err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jwt_grant g = grant_of(rows[i].payload);
        if (jwt_grant_lives(&g, rows[i].now_ms, &err) != rows[i].lives)
            fail_msg("%s at %lld", rows[i].payload, (long long)rows[i].now_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_judged),
        cmocka_unit_test(a_token_is_taken_to_pieces),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(a_token_of_8_kb_is_the_longest),
        cmocka_unit_test(claims_are_judged),
        cmocka_unit_test(a_token_grants_what_it_names_and_may),
        cmocka_unit_test(too_many_projects_are_refused_not_cut),
        cmocka_unit_test(a_subject_has_at_most_255_bytes),
        cmocka_unit_test(a_grant_lives_from_nbf_to_exp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
