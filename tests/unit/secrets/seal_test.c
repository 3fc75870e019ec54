/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include "secrets/master_key.h"

static const char hex_key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static struct seal_key *key_of(const char *text)
{
    struct seal_key *key = seal_key_parse(text_of(text), "a test");
    assert_non_null(key);
    return key;
}

static struct buf close_value(const struct seal_key *key, struct text value)
{
    struct buf sealed;
    buf_init(&sealed, 1 << 20);
    seal_close(key, "API_KEY", "a.example", value, &sealed);
    assert_int_equal(sealed.len, value.len + SEAL_OVERHEAD);
    return sealed;
}

static void what_is_sealed_opens_again(void **state)
{
    (void)state;
    struct seal_key *key = key_of(hex_key), *same = key_of(hex_key);
    struct error err;
    char value[64] = "";
    struct buf sealed = close_value(key, TEXT("sk-hidden"));
    assert_null(memmem(sealed.data, sealed.len, "hidden", 6));
    assert_int_equal(seal_value_bytes(buf_view(&sealed)), 9);
    assert_true(seal_open(same, "API_KEY", "a.example", buf_view(&sealed), value, &err));
    assert_string_equal(value, "sk-hidden");
    buf_done(&sealed);
    seal_key_free(key);
    seal_key_free(same);
}

static void the_same_value_never_looks_the_same(void **state)
{
    (void)state;
    struct seal_key *key = key_of(hex_key);
    struct buf a = close_value(key, TEXT("value")), b = close_value(key, TEXT("value"));
    assert_memory_not_equal(a.data + 9, b.data + 9, 12); /* the nonce */
    assert_memory_not_equal(a.data + 21, b.data + 21, 5);
    buf_done(&a);
    buf_done(&b);
    seal_key_free(key);
}

static void another_key_is_named(void **state)
{
    (void)state;
    struct seal_key *key = key_of(hex_key), *other = key_of("ff0102030405060708090a0b0c0d0e0f10"
                                                            "1112131415161718191a1b1c1d1e1f");
    struct error err;
    char value[64];
    struct buf sealed = close_value(key, TEXT("value"));
    assert_false(seal_open(other, "API_KEY", "a.example", buf_view(&sealed), value, &err));
    assert_non_null(strstr(err.text, "secret API_KEY was sealed with another master key than a "
                                     "test; give the right one"));
    assert_non_null(strstr(err.text, "moontide secret remove API_KEY"));
    buf_done(&sealed);
    seal_key_free(key);
    seal_key_free(other);
}

static void no_changed_byte_goes_unnoticed(void **state)
{
    (void)state;
    struct seal_key *key = key_of(hex_key);
    struct error err;
    char value[64];
    struct buf sealed = close_value(key, TEXT("sk-hidden"));
    for (size_t i = 0; i < sealed.len; i++) {
        memset(value, 0, sizeof value);
        sealed.data[i] ^= 1;
        assert_false(seal_open(key, "API_KEY", "a.example", buf_view(&sealed), value, &err));
        assert_null(memmem(value, sizeof value, "hidden", 6));
        sealed.data[i] ^= 1;
    }
    for (size_t len = 0; len < sealed.len; len++)
        assert_false(
            seal_open(key, "API_KEY", "a.example", (struct text){sealed.data, len}, value, &err));
    assert_non_null(strstr(err.text, "damaged"));
    buf_done(&sealed);
    seal_key_free(key);
}

static void a_row_cannot_change_its_name_or_hosts(void **state)
{
    (void)state;
    struct seal_key *key = key_of(hex_key);
    struct error err;
    char value[64];
    struct buf sealed = close_value(key, TEXT("value"));
    assert_false(seal_open(key, "OTHER", "a.example", buf_view(&sealed), value, &err));
    assert_false(seal_open(key, "API_KEY", "evil.example", buf_view(&sealed), value, &err));
    assert_false(
        seal_open(key, "API_KEY", "a.example,evil.example", buf_view(&sealed), value, &err));
    buf_done(&sealed);
    seal_key_free(key);
}

static void keys_are_hex_or_base64(void **state)
{
    (void)state;
    static const char *const same[] = {
        "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    };
    static const char *const bad[] = {
        "",
        "secret",
        "00010203",
        "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8==",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh!=",
    };
    struct seal_key *key = key_of(hex_key);
    struct error err;
    char value[64];
    struct buf sealed = close_value(key, TEXT("value"));
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct seal_key *other = key_of(same[i]);
        assert_true(seal_open(other, "API_KEY", "a.example", buf_view(&sealed), value, &err));
        seal_key_free(other);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(seal_key_parse(text_of(bad[i]), "a test"));
    struct seal_key *plus = key_of("++++////++++////++++////++++////++++////++8=");
    struct seal_key *minus = key_of("----____----____----____----____----____--8");
    buf_done(&sealed);
    sealed = close_value(plus, TEXT("value"));
    assert_true(seal_open(minus, "API_KEY", "a.example", buf_view(&sealed), value, &err));
    buf_done(&sealed);
    seal_key_free(key);
    seal_key_free(plus);
    seal_key_free(minus);
}

/* ---- where the master key comes from */

static int open_folder(void **state)
{
    (void)state;
    unsetenv("MOONTIDE_MASTER_KEY");
    folder_open();
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    folder_close();
    return 0;
}

static void the_file_is_made_once_for_its_owner_alone(void **state)
{
    (void)state;
    struct seal_key *key, *again;
    struct error err;
    struct stat st;
    char value[64];
    assert_true(master_key_open(&key, folder_base, MASTER_KEY_EXISTING, &err));
    assert_null(key);
    assert_true(master_key_open(&key, folder_base, MASTER_KEY_MAKE, &err));
    assert_string_equal(seal_key_source(key), at("master.key").path);
    assert_int_equal(stat(at("master.key").path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 65);
    assert_true(master_key_open(&again, folder_base, MASTER_KEY_MAKE, &err));
    struct buf sealed = close_value(key, TEXT("value"));
    assert_true(seal_open(again, "API_KEY", "a.example", buf_view(&sealed), value, &err));
    buf_done(&sealed);
    seal_key_free(key);
    seal_key_free(again);
}

static void a_file_that_others_read_is_refused(void **state)
{
    (void)state;
    struct seal_key *key;
    struct error err;
    write_file("master.key", hex_key); /* 0644 */
    must(chmod(at("master.key").path, 0640), "chmod");
    assert_false(master_key_open(&key, folder_base, MASTER_KEY_MAKE, &err));
    assert_non_null(strstr(err.text, "others may read it: chmod 600"));
    must(chmod(at("master.key").path, 0400), "chmod");
    assert_true(master_key_open(&key, folder_base, MASTER_KEY_MAKE, &err));
    seal_key_free(key);
}

static void a_broken_file_is_refused_and_kept(void **state)
{
    (void)state;
    struct seal_key *key;
    struct error err;
    write_file("master.key", "not a key\n");
    must(chmod(at("master.key").path, 0600), "chmod");
    assert_false(master_key_open(&key, folder_base, MASTER_KEY_MAKE, &err));
    assert_non_null(strstr(err.text, "master.key: expected 64 hex digits, or base64 of 32 bytes"));
    assert_null(strstr(err.text, "not a key"));
}

static void the_variable_wins_and_is_erased(void **state)
{
    (void)state;
    struct seal_key *key;
    struct error err;
    setenv("MOONTIDE_MASTER_KEY", hex_key, 1);
    assert_true(master_key_open(&key, folder_base, MASTER_KEY_MAKE, &err));
    assert_string_equal(seal_key_source(key), "MOONTIDE_MASTER_KEY");
    assert_null(getenv("MOONTIDE_MASTER_KEY"));
    assert_int_equal(access(at("master.key").path, F_OK), -1);
    seal_key_free(key);
    setenv("MOONTIDE_MASTER_KEY", "hidden", 1);
    assert_false(master_key_open(&key, folder_base, MASTER_KEY_MAKE, &err));
    assert_non_null(strstr(err.text, "MOONTIDE_MASTER_KEY: expected 64 hex digits"));
    assert_null(strstr(err.text, "hidden"));
    unsetenv("MOONTIDE_MASTER_KEY");
}

#define FOLDER(name) cmocka_unit_test_setup_teardown(name, open_folder, close_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_again),
        cmocka_unit_test(the_same_value_never_looks_the_same),
        cmocka_unit_test(another_key_is_named),
        cmocka_unit_test(no_changed_byte_goes_unnoticed),
        cmocka_unit_test(a_row_cannot_change_its_name_or_hosts),
        cmocka_unit_test(keys_are_hex_or_base64),
        FOLDER(the_file_is_made_once_for_its_owner_alone),
        FOLDER(a_file_that_others_read_is_refused),
        FOLDER(a_broken_file_is_refused_and_kept),
        FOLDER(the_variable_wins_and_is_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
