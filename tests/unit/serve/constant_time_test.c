/* SPDX-License-Identifier: MIT */
/* Every credential is compared by id_equal_constant_time, which the linker puts our count in front
 * of (tests.cmake), over the whole length and as often for what is nearly right as for what is all
 * wrong or stands for nothing. An API key is looked up by its hash, which tells nothing of it. */
#include "base/hex.h"
#include "test.h"

#include "auth/keyring.h"
#include "auth/stream_token.h"
#include "domain/proof/signature.h"
#include "domain/proof/signature_code.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned calls;
static size_t least_bytes;

bool __real_id_equal_constant_time(const void *a, const void *b, size_t bytes); // NOLINT
bool __wrap_id_equal_constant_time(const void *a, const void *b, size_t bytes); // NOLINT

bool __wrap_id_equal_constant_time(const void *a, const void *b, size_t bytes) // NOLINT
{
    calls++;
    least_bytes = bytes < least_bytes ? bytes : least_bytes;
    return __real_id_equal_constant_time(a, b, bytes);
}

static void count(void)
{
    calls = 0;
    least_bytes = SIZE_MAX;
}

static void webhook_secrets(void **state)
{
    (void)state;
    struct webhooks w;
    struct store_webhook row = {.id = "wh_1", .project = "p", .trigger = "a", .created_ms = 1};
    static const struct {
        const char *key, *secret;
        bool open;
    } asked[] = {{"a", "the right secret", true},  {"a", "the right secreT", false},
                 {"a", "The right secret", false}, {"a", "", false},
                 {"b", "the right secret", false}, {"b", "another", false}};
    id_sha256(asked[0].secret, strlen(asked[0].secret), row.hash);
    webhooks_init(&w);
    webhooks_fill(&w, &row, 1);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        count();
        assert_int_equal(webhooks_open(&w, "p", asked[i].key, text_of(asked[i].secret)),
                         asked[i].open);
        assert_int_equal(calls, STORE_WEBHOOKS_ALIVE);
        assert_int_equal(least_bytes, SHA256_BYTES);
    }
    webhooks_done(&w);
}

static void api_keys(void **state)
{
    (void)state;
    struct timers timers = {.clock = &clock_system};
    struct keyring k = {.timers = &timers, .used_from_ms = 1};
    struct api_key key = {.id = "key_1"};
    api_key_hash(TEXT("mt_right"), key.hash);
    map_init(&k.by_hash);
    map_put(&k.by_hash, (struct text){(const char *)key.hash, SHA256_BYTES}, &key);
    count();
    assert_ptr_equal(keyring_find(&k, TEXT("mt_right")), &key);
    assert_int_equal(calls, 1);
    assert_int_equal(least_bytes, SHA256_BYTES);
    assert_null(keyring_find(&k, TEXT("mt_righT")));
    assert_null(keyring_find(&k, TEXT("")));
    assert_null(keyring_find(&k, TEXT_NONE));
    map_done(&k.by_hash);
}

static struct text header(const void *arg, const char *name)
{
    const char *const *pair = arg;
    return strcmp(pair[0], name) == 0 ? text_of(pair[1]) : TEXT_NONE;
}

static void compared(const char *declared, const char *name, const char *value, unsigned want)
{
    struct error err;
    cJSON *tree = json_parse(text_of(declared), &err);
    struct signature_rule *rule = signature_rule_new(tree, &err);
    const char *const pair[] = {name, value};
    const struct signature_request q = {.header = header, .arg = pair, .body = TEXT("body")};
    const struct text secrets[] = {TEXT("one"), TEXT("two")};
    struct signature_proof proof;
    assert_non_null(rule);
    count();
    (void)signature_check(rule, &q, secrets, ARRAY_LEN(secrets), &proof);
    assert_int_equal(calls, want);
    assert_int_equal(least_bytes, SHA256_BYTES);
    signature_rule_free(rule);
    cJSON_Delete(tree);
}

static void signatures(void **state)
{
    (void)state;
    /* HMAC-SHA256 of "body" under "one" */
    unsigned char mac[SIGNATURE_MAC];
    char hex[2 * SIGNATURE_MAC + 1], shown[2 * SIGNATURE_MAC + 8];
    struct text body = TEXT("body");
    hex_encode(mac, signature_mac(DIGEST_SHA256, TEXT("one"), &body, 1, mac), hex);
    for (int at = -1; at < 64; at += 13) { /* right, then wrong here and there */
        snprintf(shown, sizeof shown, "sha256=%s", hex);
        if (at >= 0)
            shown[7 + at] = shown[7 + at] == '0' ? '1' : '0';
        compared("\"github\"", "x-hub-signature-256", shown, 2);
    }
    compared("\"github\"", "x-hub-signature-256", "sha256=00", 2);
    compared("\"github\"", "x-hub-signature-256", "sha256=no hex", 2);
    compared("\"gitlab\"", "x-gitlab-token", "one", 2);
    compared("\"gitlab\"", "x-gitlab-token", "onE", 2);
    compared("\"gitlab\"", "x-gitlab-token", "", 2);
}

static void stream_tokens(void **state)
{
    (void)state;
    struct stream_token_key k;
    struct error err;
    char folder[] = "/tmp/moontide-XXXXXX", path[64], token[STREAM_TOKEN_BYTES];
    assert_non_null(mkdtemp(folder));
    assert_true(stream_token_open(&k, folder, &err));
    stream_token_make(&k, "run_1", 1000, token);
    count();
    assert_true(stream_token_ok(&k, "run_1", 1000, text_of(token)));
    char *mac = strchr(token, '-') + 1;
    for (size_t at = 0; at < 64; at += 9) {
        char was = mac[at];
        mac[at] = was == '0' ? '1' : '0';
        assert_false(stream_token_ok(&k, "run_1", 1000, text_of(token)));
        mac[at] = was;
    }
    assert_false(stream_token_ok(&k, "run_2", 1000, text_of(token)));
    assert_int_equal(calls, 10);
    assert_true(least_bytes >= 64);
    snprintf(path, sizeof path, "%s/token.key", folder);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webhook_secrets),
        cmocka_unit_test(api_keys),
        cmocka_unit_test(signatures),
        cmocka_unit_test(stream_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
