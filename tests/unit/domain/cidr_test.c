/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/address/cidr.h"
#include "domain/address/forwarded.h"
#include <string.h>

static void networks_are_read_and_mistakes_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *err; /* NULL: fine */
    } rows[] = {
        {"10.0.0.0/8", NULL},
        {"0.0.0.0/0", NULL},
        {"::/0", NULL},
        {"192.0.2.1", NULL},
        {"2001:db8::/32", NULL},
        {"::ffff:10.0.0.0/104", NULL},
        {"10.0.0.1/8", "\"10.0.0.1/8\" has bits behind its prefix: write 10.0.0.0/8"},
        {"2001:db8::1/32", "\"2001:db8::1/32\" has bits behind its prefix: write 2001:db8::/32"},
        {"10.0.0.0/33", "\"10.0.0.0/33\": behind the / stands a number from 0 to 32"},
        {"::/129", "\"::/129\": behind the / stands a number from 0 to 128"},
        {"10.0.0.0/", "\"10.0.0.0/\": behind the / stands a number from 0 to 32"},
        {"10.0.0.0/08", "\"10.0.0.0/08\": behind the / stands a number from 0 to 32"},
        {"10.0.0.0/-1", "\"10.0.0.0/-1\": behind the / stands a number from 0 to 32"},
        {"10.0.0/8", "\"10.0.0/8\" is no address or network such as 10.0.0.0/8 or 2001:db8::/32"},
        {"010.0.0.0", "\"010.0.0.0\" is no address or network such as 10.0.0.0/8 or 2001:db8::/32"},
        {"fe80::1%eth0",
         "\"fe80::1%eth0\" is no address or network such as 10.0.0.0/8 or 2001:db8::/32"},
        {"", "\"\" is no address or network such as 10.0.0.0/8 or 2001:db8::/32"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr net;
        struct error err = {0};
        bool fine = cidr_parse(text_of(rows[i].text), &net, &err);
        if (fine != (rows[i].err == NULL))
            fail_msg("%s: %s", rows[i].text, err.text);
        if (!fine)
            assert_string_equal(err.text, rows[i].err);
    }
}

static struct cidr_address address(const char *text)
{
    struct cidr_address a;
    if (!cidr_address(text_of(text), &a))
        fail_msg("%s", text);
    return a;
}

static void a_network_holds_what_begins_as_it_does(void **state)
{
    (void)state;
    static const struct {
        const char *net, *address;
        bool holds;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"10.0.0.0/8", "a00::1", false},
        {"0.0.0.0/0", "255.1.1.1", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "255.1.1.1", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.129", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"2001:db8::/32", "2001:db8:ffff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr net;
        struct cidr_address a = address(rows[i].address);
        assert_true(cidr_parse(text_of(rows[i].net), &net, NULL));
        if (cidr_holds(&net, &a) != rows[i].holds)
            fail_msg("%s %s", rows[i].net, rows[i].address);
    }
}

static struct cidr_list list(const char *json)
{
    struct cidr_list l;
    struct error err;
    cJSON *tree = json_parse(text_of(json), &err);
    assert_non_null(tree);
    if (!cidr_list_read(&l, tree, &err))
        fail_msg("%s", err.text);
    cJSON_Delete(tree);
    return l;
}

static void block_wins_and_allow_shuts_the_rest_out(void **state)
{
    (void)state;
    static const struct {
        const char *allow, *block, *address; /* NULL: cannot be told */
        bool in;
    } rows[] = {
        {"[]", "[]", "192.0.2.1", true},
        {"{}", "[]", NULL, true},
        {"[\"192.0.2.0/24\"]", "[]", "192.0.2.1", true},
        {"[\"192.0.2.0/24\"]", "[]", "198.51.100.1", false},
        {"[\"192.0.2.0/24\"]", "[\"192.0.2.1\"]", "192.0.2.1", false},
        {"[\"192.0.2.1\"]", "[\"192.0.2.0/24\"]", "192.0.2.1", false},
        {"[]", "[\"192.0.2.1\"]", "192.0.2.2", true},
        {"[]", "[\"192.0.2.1\"]", NULL, false},
        {"[\"::/0\"]", "[]", NULL, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr_list allow = list(rows[i].allow), block = list(rows[i].block);
        struct cidr_address a = address(rows[i].address ? rows[i].address : "::");
        if (cidr_admits(&allow, &block, rows[i].address ? &a : NULL) != rows[i].in)
            fail_msg("row %zu", i);
        cidr_list_done(&allow);
        cidr_list_done(&block);
    }
}

static void a_list_names_its_wrong_entry(void **state)
{
    (void)state;
    static const struct {
        const char *json, *err;
    } rows[] = {
        {"[\"::1\",7]", "entry 2 is not a string"},
        {"\"::1\"", "a list of addresses and networks is needed"},
        {"{\"a\":1}", "a list of addresses and networks is needed"},
        {"[\"x\"]", "\"x\" is no address or network such as 10.0.0.0/8 or 2001:db8::/32"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr_list l;
        struct error err;
        cJSON *tree = json_parse(text_of(rows[i].json), &err);
        assert_false(cidr_list_read(&l, tree, &err));
        assert_string_equal(err.text, rows[i].err);
        cJSON_Delete(tree);
    }
}

/* The proxies are 10.0.0.0/8 and ::1. */
static void the_client_is_the_first_stranger_from_the_right(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *xff, *forwarded, *client; /* client NULL: cannot be told */
    } rows[] = {
        {"192.0.2.1", NULL, NULL, "192.0.2.1"},
        {"192.0.2.1", "198.51.100.7", "for=198.51.100.7", "192.0.2.1"}, /* nobody we know */
        {"10.0.0.1", NULL, NULL, "10.0.0.1"},
        {"10.0.0.1", "198.51.100.7", NULL, "198.51.100.7"},
        {"::ffff:10.0.0.1", "198.51.100.7", NULL, "198.51.100.7"},
        {"10.0.0.1", "6.6.6.6, 198.51.100.7", NULL, "198.51.100.7"},
        {"10.0.0.1", "rubbish\",;, 198.51.100.7 ,10.9.9.9", NULL, "198.51.100.7"},
        {"10.0.0.1", "10.0.0.3, 10.0.0.2", NULL, "10.0.0.3"},
        {"10.0.0.1", "198.51.100.7:4711", NULL, "198.51.100.7"},
        {"::1", "[2001:db8::7]:4711", NULL, "2001:db8::7"},
        {"::1", "2001:db8::7", NULL, "2001:db8::7"},
        {"10.0.0.1", "::ffff:198.51.100.7", NULL, "198.51.100.7"},
        {"10.0.0.1", "", NULL, NULL},
        {"10.0.0.1", "198.51.100.7,", NULL, NULL},
        {"10.0.0.1", "unknown", NULL, NULL},
        {"10.0.0.1", "198.51.100.7:99999", NULL, NULL},
        {"10.0.0.1", "[198.51.100.7]", NULL, NULL},
        {"10.0.0.1", "198.51.100.007", NULL, NULL},
        {"10.0.0.1", NULL, "for=198.51.100.7", "198.51.100.7"},
        {"10.0.0.1", NULL, "For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
        {"10.0.0.1", NULL, "for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"},
        {"10.0.0.1", NULL, "for=6.6.6.6, for=198.51.100.17;by=\"x\\\"y\", for=10.2.2.2",
         "198.51.100.17"},
        {"10.0.0.1", NULL, "for=\"198.51.100.7:80\"", "198.51.100.7"},
        {"10.0.0.1", NULL, "for=\"_mdn\"", NULL},
        {"10.0.0.1", NULL, "for=unknown", NULL},
        {"10.0.0.1", NULL, "by=198.51.100.7", NULL},
        {"10.0.0.1", NULL, "for=2001:db8::7", NULL}, /* must be quoted and in brackets */
        {"10.0.0.1", NULL, "for=198.51.100.7;for=6.6.6.6", NULL},
        {"10.0.0.1", NULL, "for=\"abc, for=198.51.100.7", NULL},
        {"10.0.0.1", NULL, "for=198.51.100.7,", NULL},
        {"10.0.0.1", NULL, "for = 198.51.100.7", NULL},
        {"10.0.0.1", NULL, "", NULL},
        {"10.0.0.1", "198.51.100.7", "for=198.51.100.7", "198.51.100.7"},
        {"10.0.0.1", "198.51.100.7", "for=6.6.6.6", NULL},
        {"10.0.0.1", "6.6.6.6", "for=198.51.100.7", NULL},
    };
    struct cidr_list trusted = list("[\"10.0.0.0/8\",\"::1\"]");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidr_address peer = address(rows[i].peer), client;
        char shown[CIDR_TEXT] = "";
        bool told = forwarded_client(&trusted, &peer, text_of(rows[i].xff),
                                     text_of(rows[i].forwarded), &client);
        if (told != (rows[i].client != NULL))
            fail_msg("row %zu: told %d", i, told);
        if (!told)
            continue;
        cidr_address_text(&client, shown);
        if (strcmp(shown, rows[i].client) != 0)
            fail_msg("row %zu: %s", i, shown);
    }
    cidr_list_done(&trusted);
}

static void too_many_elements_are_no_answer(void **state)
{
    (void)state;
    struct cidr_list trusted = list("[\"10.0.0.0/8\"]");
    struct cidr_address peer = address("10.0.0.1"), client;
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_str(&b, "for=10.0.0.1");
    for (int i = 1; i < FORWARDED_HOPS; i++)
        buf_str(&b, ",for=10.0.0.1");
    assert_true(forwarded_client(&trusted, &peer, TEXT_NONE, buf_view(&b), &client));
    buf_str(&b, ",for=10.0.0.1");
    assert_false(forwarded_client(&trusted, &peer, TEXT_NONE, buf_view(&b), &client));
    buf_done(&b);
    cidr_list_done(&trusted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_read_and_mistakes_named),
        cmocka_unit_test(a_network_holds_what_begins_as_it_does),
        cmocka_unit_test(block_wins_and_allow_shuts_the_rest_out),
        cmocka_unit_test(a_list_names_its_wrong_entry),
        cmocka_unit_test(the_client_is_the_first_stranger_from_the_right),
        cmocka_unit_test(too_many_elements_are_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
