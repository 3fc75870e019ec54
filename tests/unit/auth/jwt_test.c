/* SPDX-License-Identifier: MIT */
/* Tokens as credentials: with keys and tokens made here, and a clock that stands still. */
#include "folder.h"

#include "auth/jwt.h"
#include "auth/jwt_cache.h"
#include "auth/jwt_file.h"
#include "base/log.h"
#include "domain/config/config.h"
#include "secrets/vault.h"
#include "store/store.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#define SECRET_A "0123456789abcdef0123456789abcdef"
#define SECRET_B "fedcba9876543210fedcba9876543210"

struct rig {
    uv_loop_t loop;
    struct store *store;
    struct vault *vault;
    struct config *config;
    struct jwt *jwt;
    struct clock clock;
    int64_t wall_ms, mono_us;
    struct error err;
};

static int64_t rig_wall(void *arg)
{
    return ((struct rig *)arg)->wall_ms;
}

static int64_t rig_mono(void *arg)
{
    return ((struct rig *)arg)->mono_us;
}

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

static void wait_for(struct rig *rig, const bool *flag)
{
    while (!*flag)
        uv_run(&rig->loop, UV_RUN_ONCE);
}

static int rig_open(void **state)
{
    struct rig *rig = mem_zero(1, sizeof *rig);
    unsetenv("MOONTIDE_MASTER_KEY");
    log_level_set(LOG_OFF);
    folder_open();
    uv_loop_init(&rig->loop);
    struct store_options options = {.data = folder_base, .loop = &rig->loop};
    assert_non_null(rig->store = store_open(&options, &rig->err));
    assert_non_null(rig->vault = vault_open(rig->store, folder_base, &rig->err));
    rig->clock = (struct clock){rig_wall, rig_mono, rig};
    rig->wall_ms = 1000000;
    *state = rig;
    return 0;
}

static void rig_forget(struct rig *rig)
{
    jwt_free(rig->jwt);
    rig->jwt = NULL;
    config_free(rig->config);
    rig->config = NULL;
}

static int rig_close(void **state)
{
    struct rig *rig = *state;
    bool store_closed = false;
    rig_forget(rig);
    vault_rest(rig->vault);
    store_close(rig->store, set_flag, &store_closed);
    wait_for(rig, &store_closed);
    vault_close(rig->vault);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    free(rig);
    folder_close();
    return 0;
}

/* settings: pairs of flag and value, NULL behind; --scripts is the test's folder. */
static bool open_with(struct rig *rig, const char *const *settings)
{
    const char *flags[16] = {"scripts", folder_base};
    for (size_t i = 0; settings[i]; i++)
        flags[i + 2] = settings[i];
    rig_forget(rig);
    rig->config = config_new(NULL, NULL, flags, &rig->err);
    return rig->config && jwt_open(&rig->jwt, rig->config, rig->vault, &rig->clock, &rig->err);
}

#define OPEN(rig, ...) open_with(rig, (const char *const[]){__VA_ARGS__, NULL})

static void must_open(struct rig *rig, bool open)
{
    if (!open)
        fail_msg("%s", rig->err.text);
    assert_non_null(rig->jwt);
}

static void on_put(void *arg, const struct error *err)
{
    assert_null(err);
    *(bool *)arg = true;
}

static void put_secret(struct rig *rig, const char *name, const char *value)
{
    struct vault_entry entry = {name, "", text_of(value)};
    struct store_audit audit = {.at_ms = 1, .actor = TEXT("test")};
    bool done = false;
    if (!vault_put(rig->vault, &entry, &audit, on_put, &done, &rig->err))
        fail_msg("%s", rig->err.text);
    wait_for(rig, &done);
}

/* ---- making keys and tokens */

static EVP_PKEY *new_ed25519(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_non_null(key);
    return key;
}

static void write_pem(const char *name, EVP_PKEY *const *keys, size_t count)
{
    struct folder_at fresh = at("fresh.pem");
    FILE *file = fopen(fresh.path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(PEM_write_PUBKEY(file, keys[i]), 1);
    fclose(file);
    move("fresh.pem", name);
}

static void put_base64url(struct buf *b, const void *bytes, size_t len)
{
    char out[2048];
    int chars = EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    for (int i = 0; i < chars && out[i] != '='; i++)
        buf_char(b, out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
}

#define HEADER_ED "{\"alg\":\"EdDSA\"}"
#define CLAIMS \
    "{\"sub\":\"ada\",\"exp\":2000,\"permissions\":[\"run.read\"],\"projects\":[\"shop\"]}"

static struct buf unsigned_token(const char *header, const char *claims)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    put_base64url(&b, header, strlen(header));
    buf_char(&b, '.');
    put_base64url(&b, claims, strlen(claims));
    return b;
}

static struct buf token_ed(EVP_PKEY *key, const char *claims)
{
    struct buf b = unsigned_token(HEADER_ED, claims);
    unsigned char signature[64];
    size_t len = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &len, (const unsigned char *)b.data, b.len), 1);
    EVP_MD_CTX_free(ctx);
    buf_char(&b, '.');
    put_base64url(&b, signature, len);
    return b;
}

static struct buf token_hs(const char *secret, const char *claims)
{
    struct buf b = unsigned_token("{\"alg\":\"HS256\"}", claims);
    unsigned char mac[32];
    assert_non_null(
        HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)b.data, b.len, mac, NULL));
    buf_char(&b, '.');
    put_base64url(&b, mac, sizeof mac);
    return b;
}

/* NULL: it holds. Else why not. */
static const char *refused(struct rig *rig, const struct buf *token)
{
    struct jwt_grant g;
    return jwt_check(rig->jwt, buf_view(token), &g, &rig->err) ? NULL : rig->err.text;
}

/* ---- tests */

static void without_a_setting_no_token_holds(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *key = new_ed25519();
    struct buf t = token_ed(key, CLAIMS);
    assert_true(OPEN(rig, "log", "info"));
    assert_null(rig->jwt);
    assert_string_equal(refused(rig, &t), "no jwt is configured");
    buf_done(&t);
    EVP_PKEY_free(key);
}

static void a_token_by_a_key_of_the_file_holds_until_exp(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *key = new_ed25519(), *other = new_ed25519();
    struct buf good = token_ed(key, CLAIMS), bad = token_ed(other, CLAIMS);
    struct jwt_grant g;
    write_pem("keys.pem", &key, 1);
    must_open(rig, OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", "keys.pem"));
    for (int i = 0; i < 2; i++) { /* the second time it is known */
        assert_true(jwt_check(rig->jwt, buf_view(&good), &g, &rig->err));
        assert_string_equal(g.subject, "ada");
        assert_string_equal(g.projects, "shop");
        assert_int_equal(g.permissions, PERMISSION_READ);
        assert_int_equal(g.until_ms, 2000000);
    }
    assert_string_equal(refused(rig, &bad), "the signature is wrong");
    rig->wall_ms = 1999999;
    assert_null(refused(rig, &good));
    rig->wall_ms = 2000000;
    assert_string_equal(refused(rig, &good), "exp is over");
    assert_string_equal(refused(rig, &good), "exp is over");
    buf_done(&good);
    buf_done(&bad);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

static void only_the_algorithms_of_the_setting_count(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *keys[] = {new_ed25519(), EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")};
    struct buf ed = token_ed(keys[0], CLAIMS), hs = token_hs(SECRET_A, CLAIMS);
    write_pem("keys.pem", keys, 2);
    must_open(rig, OPEN(rig, "jwt-algorithms", "ES256", "jwt-keys", "keys.pem"));
    assert_string_equal(refused(rig, &ed), "header: alg is none of jwt.algorithms");
    assert_string_equal(refused(rig, &hs), "header: alg is none of jwt.algorithms");
    put_secret(rig, "JWT", SECRET_A);
    must_open(rig, OPEN(rig, "jwt-algorithms", "HS256", "jwt-secret", "JWT"));
    assert_string_equal(refused(rig, &ed), "header: alg is none of jwt.algorithms");
    assert_null(refused(rig, &hs));
    buf_done(&ed);
    buf_done(&hs);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}

/* The classic: HS256 with the public key, which everybody has, as the secret. */
static void a_public_key_is_never_a_secret(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    char pem[2048] = "";
    write_pem("keys.pem", &key, 1);
    FILE *file = fopen(at("keys.pem").path, "r");
    assert_non_null(file);
    pem[fread(pem, 1, sizeof pem - 1, file)] = '\0';
    fclose(file);
    struct buf t = token_hs(pem, CLAIMS);
    must_open(rig, OPEN(rig, "jwt-algorithms", "RS256", "jwt-keys", "keys.pem"));
    assert_string_equal(refused(rig, &t), "header: alg is none of jwt.algorithms");
    buf_done(&t);
    EVP_PKEY_free(key);
}

static void other_keys_end_what_the_old_ones_signed(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *keys[] = {new_ed25519(), new_ed25519()};
    struct buf first = token_ed(keys[0], CLAIMS), second = token_ed(keys[1], CLAIMS);
    write_pem("keys.pem", keys, 1);
    must_open(rig, OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", at("keys.pem").path));
    assert_null(refused(rig, &first));
    assert_string_equal(refused(rig, &second), "the signature is wrong");
    write_pem("keys.pem", keys, 2); /* both, to change over */
    assert_null(refused(rig, &second));
    assert_null(refused(rig, &first));
    write_pem("keys.pem", keys + 1, 1);
    assert_null(refused(rig, &first)); /* known, and nobody has looked at the file yet */
    rig->mono_us += 999999;
    assert_null(refused(rig, &first));
    rig->mono_us += 1;
    assert_string_equal(refused(rig, &first), "the signature is wrong");
    assert_null(refused(rig, &second));
    buf_done(&first);
    buf_done(&second);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}

/* Not read so soon after a change that the next one might not show in its times. */
static void a_file_that_has_settled_is_read_when_it_changes(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *keys[] = {new_ed25519(), new_ed25519(), new_ed25519()};
    struct jwt_file f;
    rig->wall_ms = clock_wall_ms(&clock_system) + 3600000;
    write_pem("keys.pem", keys, 1);
    assert_true(
        jwt_file_open(&f, mem_text(at("keys.pem").path), &rig->clock, 1 << JWT_EDDSA, &rig->err));
    assert_false(f.fresh);
    assert_false(jwt_file_look(&f));
    write_pem("keys.pem", keys + 1, 1); /* another file of the same size */
    assert_true(jwt_file_look(&f));
    assert_false(jwt_file_look(&f));
    write_pem("keys.pem", keys, 3);
    assert_true(jwt_file_look(&f));
    assert_int_equal(f.keys->count, 3);
    jwt_file_done(&f);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        EVP_PKEY_free(keys[i]);
}

static void a_broken_file_leaves_the_keys_as_they_were(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *keys[] = {new_ed25519(), new_ed25519()};
    struct buf first = token_ed(keys[0], CLAIMS), second = token_ed(keys[1], CLAIMS);
    write_pem("keys.pem", keys, 1);
    must_open(rig, OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", "keys.pem"));
    static const char *const broken[] = {"", "{\"keys\":[]}", "-----BEGIN PUBLIC KEY-----\n"};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        write_file("keys.pem", broken[i]); /* in place, as editors do that do not rename */
        assert_string_equal(refused(rig, &second), "the signature is wrong");
        rig->mono_us += 2000000;
        assert_null(refused(rig, &first));
    }
    move("keys.pem", "gone.pem");
    assert_string_equal(refused(rig, &second), "the signature is wrong");
    rig->mono_us += 2000000;
    assert_null(refused(rig, &first));
    write_pem("keys.pem", keys + 1, 1);
    assert_null(refused(rig, &second));
    assert_string_equal(refused(rig, &first), "the signature is wrong");
    buf_done(&first);
    buf_done(&second);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}

static void a_file_that_does_not_do_ends_the_start(void **state)
{
    struct rig *rig = *state;
    char text[2 * ERROR_TEXT];
    assert_false(OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", "none.pem"));
    snprintf(text, sizeof text, "jwt.keys: reading %s: No such file or directory",
             at("none.pem").path);
    assert_string_equal(rig->err.text, text);
    make_folder("folder");
    assert_false(OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", "folder"));
    snprintf(text, sizeof text, "jwt.keys: reading %s: it must be a file of at most 256 KB",
             at("folder").path);
    assert_string_equal(rig->err.text, text);
    write_file("keys.json", "{\"keys\":7}");
    assert_false(OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", "keys.json"));
    snprintf(text, sizeof text, "jwt.keys: %s: neither a key nor a set {\"keys\": [...]}",
             at("keys.json").path);
    assert_string_equal(rig->err.text, text);
    must((int)mkfifo(at("pipe").path, 0600), "pipe");
    assert_false(OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", "pipe"));
    assert_null(rig->jwt);
}

static void hs256_wants_a_secret_of_32_bytes(void **state)
{
    struct rig *rig = *state;
    assert_false(OPEN(rig, "jwt-algorithms", "HS256", "jwt-secret", "JWT"));
    assert_string_equal(rig->err.text,
                        "jwt.secret: there is no secret JWT: `openssl rand -hex 32 | moontide "
                        "secret set JWT --verify` makes one");
    put_secret(rig, "JWT", "0123456789abcdef0123456789abcde");
    assert_false(OPEN(rig, "jwt-algorithms", "HS256", "jwt-secret", "JWT"));
    assert_string_equal(rig->err.text,
                        "jwt.secret: JWT has 31 bytes, at least 32 are needed: `openssl rand -hex "
                        "32 | moontide secret set JWT --verify` makes one");
    assert_null(rig->jwt);
}

static void another_secret_ends_what_the_old_one_signed(void **state)
{
    struct rig *rig = *state;
    struct buf first = token_hs(SECRET_A, CLAIMS), second = token_hs(SECRET_B, CLAIMS);
    put_secret(rig, "JWT", SECRET_A);
    must_open(rig, OPEN(rig, "jwt-algorithms", "HS256", "jwt-secret", "JWT"));
    assert_null(refused(rig, &first));
    assert_string_equal(refused(rig, &second), "the signature is wrong");
    put_secret(rig, "JWT", SECRET_B);
    assert_string_equal(refused(rig, &first), "the signature is wrong");
    assert_null(refused(rig, &second));
    put_secret(rig, "JWT", "short");
    assert_non_null(refused(rig, &second));
    put_secret(rig, "JWT", SECRET_B);
    assert_null(refused(rig, &second));
    buf_done(&first);
    buf_done(&second);
}

static void issuer_and_audience_are_those_of_the_setting(void **state)
{
    struct rig *rig = *state;
    put_secret(rig, "JWT", SECRET_A);
    must_open(rig, OPEN(rig, "jwt-algorithms", "HS256", "jwt-secret", "JWT", "jwt-issuer", "us",
                        "jwt-audience", "moontide"));
    static const struct {
        const char *claims, *error;
    } rows[] = {
        {"{\"sub\":\"s\",\"exp\":2000,\"iss\":\"us\",\"aud\":[\"x\",\"moontide\"]}", NULL},
        {"{\"sub\":\"s\",\"exp\":2000,\"iss\":\"them\",\"aud\":\"moontide\"}",
         "iss is not jwt.issuer"},
        {"{\"sub\":\"s\",\"exp\":2000,\"iss\":\"us\"}", "aud does not name jwt.audience"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf t = token_hs(SECRET_A, rows[i].claims);
        const char *why = refused(rig, &t);
        if (rows[i].error)
            assert_string_equal(why, rows[i].error);
        else
            assert_null(why);
        buf_done(&t);
    }
}

static void a_grant_that_is_not_yet_good_is_good_later(void **state)
{
    struct rig *rig = *state;
    EVP_PKEY *key = new_ed25519();
    struct buf t = token_ed(key, "{\"sub\":\"s\",\"exp\":2000,\"nbf\":1100}");
    write_pem("keys.pem", &key, 1);
    must_open(rig, OPEN(rig, "jwt-algorithms", "EdDSA", "jwt-keys", "keys.pem"));
    assert_non_null(refused(rig, &t));
    rig->wall_ms = 1040000;
    assert_null(refused(rig, &t));
    rig->wall_ms = 1000000; /* known, but the clock was set back */
    assert_non_null(refused(rig, &t));
    buf_done(&t);
    EVP_PKEY_free(key);
}

static void the_cache_keeps_the_newest(void **state)
{
    struct jwt_cache c;
    struct jwt_grant g = {.permissions = 1, .until_ms = 7}, out;
    unsigned char hash[SHA256_BYTES] = {0};
    (void)state;
    jwt_cache_init(&c);
    for (unsigned i = 0; i <= JWT_CACHE_TOKENS; i++) {
        memcpy(hash, &i, sizeof i);
        snprintf(g.subject, sizeof g.subject, "subject %u", i);
        snprintf(g.projects, sizeof g.projects, "project%u", i);
        jwt_cache_put(&c, hash, &g);
        jwt_cache_put(&c, hash, &g); /* once */
    }
    assert_int_equal(c.by_hash.count, JWT_CACHE_TOKENS);
    assert_true(jwt_cache_find(&c, hash, &out));
    assert_string_equal(out.subject, "subject 1024");
    assert_string_equal(out.projects, "project1024");
    assert_int_equal(out.until_ms, 7);
    memset(hash, 0, sizeof hash);
    assert_false(jwt_cache_find(&c, hash, &out));
    hash[0] = 1;
    assert_true(jwt_cache_find(&c, hash, &out));
    jwt_cache_drop(&c, hash);
    assert_false(jwt_cache_find(&c, hash, &out));
    jwt_cache_clear(&c);
    assert_int_equal(c.by_hash.count, 0);
    jwt_cache_done(&c);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(without_a_setting_no_token_holds),
        RIG_TEST(a_token_by_a_key_of_the_file_holds_until_exp),
        RIG_TEST(only_the_algorithms_of_the_setting_count),
        RIG_TEST(a_public_key_is_never_a_secret),
        RIG_TEST(other_keys_end_what_the_old_ones_signed),
        RIG_TEST(a_file_that_has_settled_is_read_when_it_changes),
        RIG_TEST(a_broken_file_leaves_the_keys_as_they_were),
        RIG_TEST(a_file_that_does_not_do_ends_the_start),
        RIG_TEST(hs256_wants_a_secret_of_32_bytes),
        RIG_TEST(another_secret_ends_what_the_old_one_signed),
        RIG_TEST(issuer_and_audience_are_those_of_the_setting),
        RIG_TEST(a_grant_that_is_not_yet_good_is_good_later),
        cmocka_unit_test(the_cache_keeps_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
