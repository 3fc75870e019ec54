/* SPDX-License-Identifier: MIT */
#include "secrets/scrub.h"
#include "secrets/secret_form.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_form(enum secret_form form, struct text value, const char *wanted)
{
    struct buf out;
    buf_init(&out, 4096);
    secret_form_put(&out, value, form);
    assert_string_equal(out.data ? out.data : "", wanted);
    buf_done(&out);
}

static void forms_are_what_servers_write(void **state)
{
    (void)state;
    struct text value = TEXT("a/b c:\"?\xff");
    expect_form(FORM_RAW, value, "a/b c:\"?\xff");
    expect_form(FORM_PATH, value, "a/b%20c:%22%3F%FF");
    expect_form(FORM_QUERY, value, "a%2Fb%20c%3A%22%3F%FF");
    expect_form(FORM_QUERY_LOWER, value, "a%2fb%20c%3a%22%3f%ff");
    expect_form(FORM_PLUS, value, "a%2Fb+c%3A%22%3F%FF");
    expect_form(FORM_JSON, TEXT("a/\"b\\\n\x01"), "a/\\\"b\\\\\\n\\u0001");
    expect_form(FORM_JSON_SLASH, TEXT("/a//b\""), "\\/a\\/\\/b\\\"");
    expect_form(FORM_HEX, TEXT("\x01\xab"), "01ab");
    expect_form(FORM_HEX_UPPER, TEXT("\x01\xab"), "01AB");
}

/* base64 of "hidden-key" behind 0, 1 and 2 bytes: aGlkZGVuLWtleQ==  eGhpZGRlbi1rZXk=
 * eHhoaWRkZW4ta2V5 */
static void base64_is_found_at_any_place(void **state)
{
    (void)state;
    struct text value = TEXT("hidden-key");
    expect_form(FORM_BASE64_0, value, "aGlkZGVuLWtle");
    expect_form(FORM_BASE64_1, value, "hpZGRlbi1rZX");
    expect_form(FORM_BASE64_2, value, "oaWRkZW4ta2V5");
    expect_form(FORM_BASE64_0, TEXT("\xff\xef\xbf"), "/++/");
    expect_form(FORM_BASE64URL_0, TEXT("\xff\xef\xbf"), "_--_");
    expect_form(FORM_BASE64_1, TEXT("a"), "");
}

static void expect_scrubbed(const struct scrub *s, const char *in, const char *wanted)
{
    struct buf out;
    buf_init(&out, 4096);
    bool found = scrub_text(s, text_of(in), &out);
    assert_string_equal(found ? out.data : in, wanted);
    buf_done(&out);
}

static void values_are_replaced_by_their_names(void **state)
{
    (void)state;
    struct scrub *s = scrub_new();
    scrub_add(s, "KEY", TEXT("hidden-key"));
    scrub_add(s, "PIN", TEXT("7"));
    scrub_add(s, "LONG", TEXT("hidden-key-2"));
    expect_scrubbed(s, "", "");
    expect_scrubbed(s, "nothing hidden", "nothing hidden");
    expect_scrubbed(s, "hidden-key", "[secret KEY]");
    expect_scrubbed(s, "<hidden-key> hidden-keyhidden-key",
                    "<[secret KEY]> [secret KEY][secret KEY]");
    expect_scrubbed(s, "hidden-key-2, hidden-ke", "[secret LONG], hidden-ke");
    expect_scrubbed(s, "a 7", "a [secret PIN]");
    expect_scrubbed(s, "aGlkZGVuLWtleQ==", "[secret KEY]Q==");
    expect_scrubbed(s, "eGhpZGRlbi1rZXk=", "eG[secret KEY]k=");
    expect_scrubbed(s, "68696464656e2d6b6579", "[secret KEY]");
    expect_scrubbed(NULL, "hidden-key", "hidden-key");
    scrub_free(s);
}

static void short_values_are_not_looked_for_in_hex(void **state)
{
    (void)state;
    struct scrub *s = scrub_new();
    scrub_add(s, "PIN", TEXT("1 34"));
    expect_scrubbed(s, "1 34 1%2034", "[secret PIN] [secret PIN]");
    expect_scrubbed(s, "31203334 MSAzNA==", "31203334 MSAzNA==");
    scrub_free(s);
}

static void an_end_that_only_begins_like_a_value_is_kept(void **state)
{
    (void)state;
    struct scrub *s = scrub_new();
    scrub_add(s, "KEY", TEXT("ababab-c"));
    expect_scrubbed(s, "abababababab-c", "ababab[secret KEY]");
    expect_scrubbed(s, "ababab-", "ababab-");
    expect_scrubbed(s, "a", "a");
    scrub_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_what_servers_write),
        cmocka_unit_test(base64_is_found_at_any_place),
        cmocka_unit_test(values_are_replaced_by_their_names),
        cmocka_unit_test(short_values_are_not_looked_for_in_hex),
        cmocka_unit_test(an_end_that_only_begins_like_a_value_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
