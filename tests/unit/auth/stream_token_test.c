/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "auth/stream_token.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN "run_01kbk3v0w8qqqqqqqqqqqqqqqq"

static void open_key(struct stream_token_key *k, const char *secret)
{
    char folder[] = "/tmp/moontide-token-XXXXXX", path[64];
    struct error err;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/token.key", folder);
    if (secret) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(secret, f);
        fclose(f);
    }
    assert_true(stream_token_open(k, folder, &err));
    unlink(path);
    rmdir(folder);
}

/* What `openssl dgst -sha256 -hmac` says of "RUN EXPIRY". */
static void token_is_the_hmac_of_run_and_expiry(void **state)
{
    struct stream_token_key k;
    char token[STREAM_TOKEN_BYTES];
    (void)state;
    open_key(&k, "0123456789abcdef0123456789abcdef");
    stream_token_make(&k, RUN, 1700000000000 - STREAM_TOKEN_TTL_MS, token);
    assert_string_equal(token, "1700000000000-"
                               "9ce3af1a5a00b8055ad23a68710315185c9ab7a40e7b9dd827fb26d1530f53ef");
}

static void token_opens_its_run_until_it_expires(void **state)
{
    struct stream_token_key k, other;
    char token[STREAM_TOKEN_BYTES];
    (void)state;
    open_key(&k, NULL);
    open_key(&other, NULL);
    stream_token_make(&k, RUN, 1000, token);
    assert_true(stream_token_ok(&k, RUN, 1000 + STREAM_TOKEN_TTL_MS, text_of(token)));
    assert_false(stream_token_ok(&k, RUN, 1001 + STREAM_TOKEN_TTL_MS, text_of(token)));
    assert_false(stream_token_ok(&k, "run_01kbk3v0w8qqqqqqqqqqqqqqqr", 1000, text_of(token)));
    assert_false(stream_token_ok(&other, RUN, 1000, text_of(token)));
    token[strlen(token) - 1] ^= 1;
    assert_false(stream_token_ok(&k, RUN, 1000, text_of(token)));
    assert_false(stream_token_ok(&k, RUN, 1000, TEXT_NONE));
    assert_false(stream_token_ok(&k, RUN, 1000, TEXT("9")));
}

/* A path says what it likes where a run's id belongs. */
static void token_of_a_long_name_is_refused(void **state)
{
    struct stream_token_key k;
    char name[256], token[STREAM_TOKEN_BYTES];
    (void)state;
    open_key(&k, NULL);
    memset(name, 'r', sizeof name - 1);
    name[sizeof name - 1] = 0;
    stream_token_make(&k, RUN, 1000, token);
    assert_false(stream_token_ok(&k, name, 1000, text_of(token)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_is_the_hmac_of_run_and_expiry),
        cmocka_unit_test(token_opens_its_run_until_it_expires),
        cmocka_unit_test(token_of_a_long_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
