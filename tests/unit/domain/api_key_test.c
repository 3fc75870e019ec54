/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "test.h"

#include "domain/proof/api_key.h"
#include <stdio.h>
#include <string.h>

static void secrets_have_the_stated_form_and_differ(void **state)
{
    (void)state;
    char a[API_KEY_BYTES], b[API_KEY_BYTES];
    api_key_secret(a);
    api_key_secret(b);
    assert_int_equal(strlen(a), 46);
    assert_memory_equal(a, "mt_", 3);
    assert_true(api_key_form_ok(text_of(a)) && api_key_form_ok(text_of(b)));
    assert_string_not_equal(a, b);
}

static void a_widget_key_can_do_one_thing(void **state)
{
    (void)state;
    char secret[API_KEY_BYTES];
    api_key_publishable(secret);
    assert_int_equal(strlen(secret), 48);
    assert_memory_equal(secret, "mtpk_", 5);
    assert_false(api_key_form_ok(text_of(secret))); /* so that it is not taken for another */
    struct api_key k = {.permissions = PERMISSION_WIDGET, .projects = "*"};
    for (unsigned bit = 1; bit <= PERMISSION_ALL; bit <<= 1)
        assert_false(api_key_allows(&k, (enum permission)bit, NULL));
    assert_true(api_key_allows(&k, PERMISSION_WIDGET, "shop"));
    struct api_key all = {.permissions = PERMISSION_ALL, .projects = "*"};
    assert_false(api_key_allows(&all, PERMISSION_WIDGET, NULL));
    struct api_key fires = {.permissions = PERMISSION_TRIGGER, .projects = "shop"};
    assert_true(api_key_covers(&all, &k));
    assert_false(api_key_covers(&fires, &k));
    assert_false(api_key_covers(&k, &fires));
    strcpy(k.projects, "shop");
    assert_true(api_key_covers(&fires, &k));
}

static void a_widget_permission_stands_alone(void **state)
{
    (void)state;
    struct error err = {0};
    struct api_key k = {.permissions = PERMISSION_WIDGET, .origins = "https://a.example"};
    assert_true(api_key_consistent(&k, &err));
    k.permissions |= PERMISSION_READ;
    assert_false(api_key_consistent(&k, &err));
    k.permissions = PERMISSION_READ;
    assert_false(api_key_consistent(&k, &err));
    *k.origins = '\0';
    assert_true(api_key_consistent(&k, &err));
}

static void other_forms_are_not_keys(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "mt_",
        "mt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",   /* 42 */
        "mt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 44 */
        "MT_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "mt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
        "mt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa +",
        "wb_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_false(api_key_form_ok(text_of(rows[i])));
    assert_false(api_key_form_ok(TEXT_NONE));
}

static void hash_is_sha256_of_the_secret(void **state)
{
    (void)state;
    unsigned char hash[SHA256_BYTES];
    char hex[SHA256_HEX];
    api_key_hash(TEXT("abc"), hash); /* FIPS 180-2, B.1 */
    hex_encode(hash, sizeof hash, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void find_returns_the_living_key_only(void **state)
{
    (void)state;
    struct api_key keys[3] = {{.id = "key_a"}, {.id = "key_b"}, {.id = "key_c", .revoked_ms = 5}};
    const char *const secrets[] = {"one", "two", "three"};
    unsigned char hash[SHA256_BYTES];
    for (size_t i = 0; i < 3; i++)
        api_key_hash(text_of(secrets[i]), keys[i].hash);
    for (size_t i = 0; i < 3; i++) {
        api_key_hash(text_of(secrets[i]), hash);
        assert_ptr_equal(api_key_find(keys, 3, hash), i == 2 ? NULL : &keys[i]);
    }
    hash[SHA256_BYTES - 1] ^= 1;
    assert_null(api_key_find(keys, 3, hash));
    assert_null(api_key_find(NULL, 0, hash));
}

static void a_key_allows_what_it_names(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        const char *projects;
        int64_t revoked_ms;
        enum permission asked;
        const char *project;
        bool allowed;
    } rows[] = {
        {PERMISSION_TRIGGER, "shop", 0, PERMISSION_TRIGGER, "shop", true},
        {PERMISSION_TRIGGER, "shop", 0, PERMISSION_TRIGGER, "Shop", false},
        {PERMISSION_TRIGGER, "shop", 0, PERMISSION_TRIGGER, "sho", false},
        {PERMISSION_TRIGGER, "shop", 0, PERMISSION_TRIGGER, "shop,", false},
        {PERMISSION_TRIGGER, "shop", 0, PERMISSION_READ, "shop", false},
        {PERMISSION_TRIGGER, "a,shop,b", 0, PERMISSION_TRIGGER, "shop", true},
        {PERMISSION_TRIGGER, "a, shop", 0, PERMISSION_TRIGGER, "shop", true},
        {PERMISSION_TRIGGER, "*", 0, PERMISSION_TRIGGER, "shop", true},
        {PERMISSION_TRIGGER, "", 0, PERMISSION_TRIGGER, "shop", false},
        {PERMISSION_TRIGGER, "", 0, PERMISSION_TRIGGER, "", false},
        {PERMISSION_TRIGGER, "", 0, PERMISSION_TRIGGER, NULL, true},
        {PERMISSION_ALL, "*", 0, PERMISSION_SECRETS, NULL, true},
        {PERMISSION_ALL & ~PERMISSION_KEYS, "*", 0, PERMISSION_ALL, NULL, false},
        {PERMISSION_ALL, "*", 1, PERMISSION_TRIGGER, "shop", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct api_key k = {.permissions = rows[i].bits, .revoked_ms = rows[i].revoked_ms};
        snprintf(k.projects, sizeof k.projects, "%s", rows[i].projects);
        assert_int_equal(api_key_allows(&k, rows[i].asked, rows[i].project), rows[i].allowed);
    }
}

static void permission_words_become_bits(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        unsigned bits;   /* 0: refused */
        const char *bad; /* or the way it is written back */
    } rows[] = {
        {"*", PERMISSION_ALL, "*"},
        {"project.trigger", PERMISSION_TRIGGER, "project.trigger"},
        {"run.read, project.trigger", PERMISSION_TRIGGER | PERMISSION_READ,
         "project.trigger,run.read"},
        {"run.control,trigger.manage,key.manage,secret.manage", 60,
         "run.control,trigger.manage,key.manage,secret.manage"},
        {"project.trigger,run.read,run.control,trigger.manage,key.manage,secret.manage",
         PERMISSION_ALL, "*"},
        {"", 0, ""},
        {"run.read,", 0, ""},
        {"run.read,run.write", 0, "run.write"},
        {"Run.read", 0, "Run.read"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned bits = 0;
        struct text bad;
        bool ok = api_key_permissions(text_of(rows[i].words), &bits, &bad);
        assert_int_equal(ok, rows[i].bits != 0);
        assert_int_equal(bits, rows[i].bits);
        char back[128];
        api_key_permissions_text(bits, back, sizeof back);
        if (ok)
            assert_string_equal(back, rows[i].bad);
        else
            assert_true(text_is(bad, rows[i].bad));
    }
}

static void a_short_buffer_is_not_overrun(void **state)
{
    (void)state;
    char out[20];
    api_key_permissions_text(PERMISSION_TRIGGER | PERMISSION_READ, out, sizeof out);
    assert_string_equal(out, "project.trigger,run");
}

static void names_are_short_and_plain(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', sizeof longest);
    assert_true(api_key_name_ok((struct text){longest, 64}));
    assert_false(api_key_name_ok((struct text){longest, 65}));
    assert_true(api_key_name_ok(TEXT("Az09_-")));
    static const char *const bad[] = {"", "a b", "a/b", "a.b", "\xc3\xa9", "a\n"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(api_key_name_ok(text_of(bad[i])));
    assert_false(api_key_name_ok((struct text){"a\0b", 3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_have_the_stated_form_and_differ),
        cmocka_unit_test(a_widget_key_can_do_one_thing),
        cmocka_unit_test(a_widget_permission_stands_alone),
        cmocka_unit_test(other_forms_are_not_keys),
        cmocka_unit_test(hash_is_sha256_of_the_secret),
        cmocka_unit_test(find_returns_the_living_key_only),
        cmocka_unit_test(a_key_allows_what_it_names),
        cmocka_unit_test(permission_words_become_bits),
        cmocka_unit_test(a_short_buffer_is_not_overrun),
        cmocka_unit_test(names_are_short_and_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
