/* SPDX-License-Identifier: MIT */
/* Vectors: RFC 4648, section 10. */
#include "test.h"

#include "base/base64.h"
#include "base/id.h"
#include <string.h>

static void each_form_takes_what_it_writes_and_little_else(void **state)
{
    static const struct {
        const char *in, *padded, *url, *any; /* the bytes; NULL: refused */
    } rows[] = {
        {"", "", "", ""},
        {"Zg", NULL, "f", "f"},
        {"Zg==", "f", NULL, "f"},
        {"Zm8", NULL, "fo", "fo"},
        {"Zm8=", "fo", NULL, "fo"},
        {"Zm9v", "foo", "foo", "foo"},
        {"Zm9vYg==", "foob", NULL, "foob"},
        {"Zm9vYmE", NULL, "fooba", "fooba"},
        {"Zm9vYmE=", "fooba", NULL, "fooba"},
        {"Zm9vYmFy", "foobar", "foobar", "foobar"},
        {"-_8", NULL, "\xfb\xff", "\xfb\xff"},
        {"+/8=", "\xfb\xff", NULL, "\xfb\xff"},
        {"+_8", NULL, NULL, "\xfb\xff"},
        {"Zh", NULL, NULL, "f"}, /* bits left over */
        {"Zh==", NULL, NULL, "f"},
        {"Zm9", NULL, NULL, "fo"},
        {"Z", NULL, NULL, NULL},
        {"Z===", NULL, NULL, NULL},
        {"====", NULL, NULL, NULL},
        {"Zg=", NULL, NULL, NULL},
        {"Zm9vY", NULL, NULL, NULL},
        {"Zm 8", NULL, NULL, NULL},
        {"Zm8\n", NULL, NULL, NULL},
        {"Zm9v.", NULL, NULL, NULL},
        {"Zm\xc3\xa4", NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const wanted[] = {rows[i].padded, rows[i].url, rows[i].any};
        for (int form = BASE64_PADDED; form <= BASE64_ANY; form++) {
            unsigned char out[32];
            size_t len;
            bool fine =
                base64_decode((enum base64_form)form, text_of(rows[i].in), out, sizeof out, &len);
            if (fine != (wanted[form] != NULL))
                fail_msg("\"%s\" in form %d: %d", rows[i].in, form, fine);
            if (fine && (len != strlen(wanted[form]) || memcmp(out, wanted[form], len) != 0))
                fail_msg("\"%s\" in form %d: other bytes", rows[i].in, form);
        }
    }
}

static void no_more_than_there_is_room_for_is_written(void **state)
{
    unsigned char out[2];
    size_t len;
    (void)state;
    assert_true(base64_decode(BASE64_URL, TEXT("Zm8"), out, sizeof out, &len));
    assert_false(base64_decode(BASE64_URL, TEXT("Zm9v"), out, sizeof out, &len));
    assert_false(base64_decode(BASE64_PADDED, TEXT("Zm9v"), out, sizeof out, &len));
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 70; bytes++) {
        for (int form = BASE64_PADDED; form <= BASE64_URL; form++) {
            unsigned char in[70], out[70];
            char text[100];
            size_t len;
            id_random(in, sizeof in);
            base64_encode((enum base64_form)form, in, bytes, text);
            assert_true(strlen(text) <= base64_characters(bytes));
            assert_true(
                base64_decode((enum base64_form)form, text_of(text), out, sizeof out, &len));
            assert_int_equal(len, bytes);
            assert_memory_equal(out, in, bytes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_takes_what_it_writes_and_little_else),
        cmocka_unit_test(no_more_than_there_is_room_for_is_written),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
