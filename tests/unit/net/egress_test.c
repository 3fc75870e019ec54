/* SPDX-License-Identifier: MIT */
#include "net/egress.h"
#include "test.h"
#include <sys/un.h>

static struct egress *rules(const char *json)
{
    struct error err = {0};
    cJSON *list = json ? cJSON_Parse(json) : NULL;
    struct egress *e = egress_new(list, &err);
    if (!e)
        print_error("%s\n", err.text);
    cJSON_Delete(list);
    return e;
}

struct judged {
    const char *allow; /* JSON; NULL: nothing listed */
    const char *host, *address;
    int port;
    const char *why; /* a part of the reason; NULL: may be connected to */
};

static void judge_all(const struct judged *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct judged *c = &cases[i];
        struct egress *e = rules(c->allow);
        assert_non_null(e);
        const char *why = NULL;
        bool ok = egress_ok_text(e, c->host, c->address, c->port, &why);
        if (ok != !c->why || (why && !strstr(why, c->why)))
            fail_msg("case %zu: %s at %s:%d with %s: %s", i, c->host, c->address, c->port,
                     c->allow ? c->allow : "nothing listed", ok ? "allowed" : why);
        egress_free(e);
    }
}

static void guarded_and_forbidden_ranges_are_refused(void **state)
{
    (void)state;
    static const struct judged cases[] = {
        {NULL, "a.example", "93.184.216.34", 80, NULL},
        {NULL, "a.example", "8.8.8.8", 443, NULL},
        {NULL, "a.example", "2606:4700::1111", 443, NULL},
        {NULL, "a.example", "2a00:1450:4001::200e", 443, NULL},
        {NULL, "a.example", "0.0.0.0", 80, "unspecified"},
        {NULL, "a.example", "0.1.2.3", 80, "unspecified"},
        {NULL, "a.example", "10.0.0.1", 80, "private"},
        {NULL, "a.example", "10.255.255.255", 80, "private"},
        {NULL, "a.example", "11.0.0.0", 80, NULL},
        {NULL, "a.example", "100.63.255.255", 80, NULL},
        {NULL, "a.example", "100.64.0.0", 80, "carrier"},
        {NULL, "a.example", "100.127.255.255", 80, "carrier"},
        {NULL, "a.example", "100.128.0.0", 80, NULL},
        {NULL, "a.example", "127.0.0.1", 80, "loopback"},
        {NULL, "a.example", "127.255.255.254", 80, "loopback"},
        {NULL, "a.example", "169.253.255.255", 80, NULL},
        {NULL, "a.example", "169.254.0.1", 80, "never"},
        {NULL, "a.example", "169.254.169.254", 80, "never"},
        {NULL, "a.example", "169.255.0.0", 80, NULL},
        {NULL, "a.example", "172.15.255.255", 80, NULL},
        {NULL, "a.example", "172.16.0.0", 80, "private"},
        {NULL, "a.example", "172.31.255.255", 80, "private"},
        {NULL, "a.example", "172.32.0.0", 80, NULL},
        {NULL, "a.example", "192.0.0.8", 80, "reserved"},
        {NULL, "a.example", "192.0.0.192", 80, "never"},
        {NULL, "a.example", "192.0.2.1", 80, "documentation"},
        {NULL, "a.example", "192.168.1.1", 80, "private"},
        {NULL, "a.example", "192.169.0.0", 80, NULL},
        {NULL, "a.example", "198.18.0.1", 80, "benchmarking"},
        {NULL, "a.example", "198.19.255.255", 80, "benchmarking"},
        {NULL, "a.example", "198.20.0.0", 80, NULL},
        {NULL, "a.example", "198.51.100.7", 80, "documentation"},
        {NULL, "a.example", "203.0.113.9", 80, "documentation"},
        {NULL, "a.example", "224.0.0.1", 80, "multicast"},
        {NULL, "a.example", "239.255.255.255", 80, "multicast"},
        {NULL, "a.example", "240.0.0.1", 80, "reserved"},
        {NULL, "a.example", "255.255.255.255", 80, "reserved"},
        {NULL, "a.example", "100.100.100.200", 80, "never"},
        {NULL, "a.example", "168.63.129.16", 80, "never"},
        {NULL, "a.example", "::", 80, "unspecified"},
        {NULL, "a.example", "::1", 80, "loopback"},
        {NULL, "a.example", "fc00::1", 80, "private"},
        {NULL, "a.example", "fdff:ffff::1", 80, "private"},
        {NULL, "a.example", "fe00::1", 80, NULL},
        {NULL, "a.example", "fe80::1", 80, "never"},
        {NULL, "a.example", "fe80::1%eth0", 80, "never"},
        {NULL, "a.example", "febf:ffff::1", 80, "never"},
        {NULL, "a.example", "fec0::1", 80, "private"},
        {NULL, "a.example", "ff02::1", 80, "multicast"},
        {NULL, "a.example", "fd00:ec2::254", 80, "never"},
        {NULL, "a.example", "fd20:ce::254", 80, "never"},
        {NULL, "a.example", "2001:db8::1", 80, "documentation"},
        {NULL, "a.example", "100::1", 80, "discarding"},
    };
    judge_all(cases, ARRAY_LEN(cases));
}

static void ipv4_inside_ipv6_is_judged_as_well(void **state)
{
    (void)state;
    static const struct judged cases[] = {
        {NULL, "h", "::ffff:8.8.8.8", 80, NULL},
        {NULL, "h", "::ffff:127.0.0.1", 80, "loopback"},
        {NULL, "h", "::ffff:7f00:1", 80, "loopback"},
        {NULL, "h", "::ffff:10.1.2.3", 80, "private"},
        {NULL, "h", "::ffff:169.254.169.254", 80, "never"},
        {NULL, "h", "::127.0.0.1", 80, "loopback"},
        {NULL, "h", "::169.254.169.254", 80, "never"},
        {NULL, "h", "::ffff:0:10.0.0.1", 80, "private"},
        {NULL, "h", "64:ff9b::8.8.8.8", 80, NULL},
        {NULL, "h", "64:ff9b::10.0.0.1", 80, "private"},
        {NULL, "h", "64:ff9b::169.254.169.254", 80, "never"},
        {NULL, "h", "64:ff9b:1::8.8.8.8", 80, "translated"},
        {NULL, "h", "2002:808:808::1", 80, NULL},
        {NULL, "h", "2002:7f00:1::", 80, "loopback"},
        {NULL, "h", "2002:a00:1::1", 80, "private"},
        {NULL, "h", "2002:a9fe:a9fe::", 80, "never"},
        {NULL, "h", "2001:0:4136:e378:8000:63bf:f5ff:fffe", 80, "reserved"},
        {"[\"2001::/32\"]", "h", "2001:0:1:1:0:0:5601:5601", 80, "never"}, /* ~169.254.169.254 */
        {NULL, "h", "2606:4700::5efe:10.0.0.1", 80, "private"},
        {NULL, "h", "2606:4700::200:5efe:169.254.169.254", 80, "never"},
        {"[\"10.0.0.0/8\"]", "h", "::ffff:10.1.2.3", 80, NULL},
        {"[\"10.0.0.0/8\"]", "h", "64:ff9b::10.1.2.3", 80, NULL},
        {"[\"::ffff:10.0.0.0/104\"]", "h", "10.1.2.3", 80, NULL},
        {"[\"::ffff:10.0.0.1\"]", "h", "10.0.0.1", 80, NULL},
        {"[\"::/0\"]", "h", "10.0.0.1", 80, "private"},
        {"[\"0.0.0.0/0\"]", "h", "::1", 80, NULL}, /* it carries 0.0.0.1 */
        {"[\"0.0.0.0/0\"]", "h", "fc00::1", 80, "private"},
    };
    judge_all(cases, ARRAY_LEN(cases));
}

static void what_is_listed_may_be_reached(void **state)
{
    (void)state;
    static const struct judged cases[] = {
        {"[\"127.0.0.1\"]", "localhost", "127.0.0.1", 80, NULL},
        {"[\"127.0.0.1\"]", "localhost", "127.0.0.2", 80, "loopback"},
        {"[\"127.0.0.1\"]", "localhost", "::1", 80, "loopback"},
        {"[\"127.0.0.1:11434\"]", "127.0.0.1", "127.0.0.1", 11434, NULL},
        {"[\"127.0.0.1:11434\"]", "127.0.0.1", "127.0.0.1", 11435, "loopback"},
        {"[\"::1\"]", "localhost", "::1", 80, NULL},
        {"[\"[::1]\"]", "localhost", "::1", 80, NULL},
        {"[\"[::1]:8080\"]", "localhost", "::1", 8080, NULL},
        {"[\"[::1]:8080\"]", "localhost", "::1", 80, "loopback"},
        {"[\"192.168.0.0/16\"]", "nas", "192.168.7.7", 445, NULL},
        {"[\"192.168.0.0/16\"]", "nas", "192.169.0.1", 445, NULL},
        {"[\"192.168.0.0/17\"]", "nas", "192.168.128.1", 445, "private"},
        {"[\"192.168.77.9/16\"]", "nas", "192.168.0.1", 445, NULL},
        {"[\"0.0.0.0/0\"]", "nas", "10.0.0.1", 445, NULL},
        {"[\"fd12:3456::/32\"]", "nas", "fd12:3456:1::1", 445, NULL},
        {"[\"fd12:3456::/32\"]", "nas", "fd12:3457::1", 445, "private"},
        {"[\"shop.internal\"]", "shop.internal", "10.9.9.9", 443, NULL},
        {"[\"shop.internal\"]", "SHOP.Internal", "10.9.9.9", 443, NULL},
        {"[\"Shop.Internal\"]", "shop.internal.", "10.9.9.9", 443, NULL},
        {"[\"shop.internal.\"]", "shop.internal", "10.9.9.9", 443, NULL},
        {"[\"shop.internal\"]", "a.shop.internal", "10.9.9.9", 443, "private"},
        {"[\"shop.internal\"]", "shop.internal.evil.example", "10.9.9.9", 443, "private"},
        {"[\"shop.internal\"]", "hop.internal", "10.9.9.9", 443, "private"},
        {"[\"shop.internal\"]", "", "10.9.9.9", 443, "private"},
        {"[\"shop.internal:8443\"]", "shop.internal", "10.9.9.9", 8443, NULL},
        {"[\"shop.internal:8443\"]", "shop.internal", "10.9.9.9", 443, "private"},
        {"[\"my_db\", \"localhost\"]", "localhost", "::1", 80, NULL},
        {"[\"localhost\", \"10.0.0.0/8\"]", "x", "10.0.0.1", 80, NULL},
    };
    judge_all(cases, ARRAY_LEN(cases));
}

static void link_local_and_metadata_cannot_be_listed(void **state)
{
    (void)state;
    static const struct judged cases[] = {
        {"[\"169.254.169.254\"]", "169.254.169.254", "169.254.169.254", 80, "never"},
        {"[\"169.254.0.0/16\"]", "h", "169.254.1.1", 80, "never"},
        {"[\"0.0.0.0/0\"]", "h", "169.254.169.254", 80, "never"},
        {"[\"metadata.internal\"]", "metadata.internal", "169.254.169.254", 80, "never"},
        {"[\"fe80::/10\"]", "h", "fe80::1", 80, "never"},
        {"[\"::/0\"]", "h", "fd00:ec2::254", 80, "never"},
        {"[\"fc00::/7\"]", "h", "fd00:ec2::254", 80, "never"},
        {"[\"::/0\", \"0.0.0.0/0\"]", "h", "::ffff:169.254.169.254", 80, "never"},
        {"[\"64:ff9b::/96\"]", "h", "64:ff9b::a9fe:a9fe", 80, "never"},
    };
    judge_all(cases, ARRAY_LEN(cases));
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const struct judged cases[] = {
        {"[\"0.0.0.0/0\"]", "h", "", 80, "no internet address"},
        {"[\"0.0.0.0/0\"]", "h", "2130706433", 80, "no internet address"},
        {"[\"0.0.0.0/0\"]", "h", "0x7f.1", 80, "no internet address"},
        {"[\"0.0.0.0/0\"]", "h", "localhost", 80, "no internet address"},
    };
    judge_all(cases, ARRAY_LEN(cases));
    struct egress *e = rules(NULL);
    struct sockaddr_un unix_socket = {.sun_family = AF_UNIX};
    const char *why = NULL;
    assert_false(egress_ok(e, "h", (struct sockaddr *)&unix_socket, 80, &why));
    egress_free(e);
}

static void malformed_entries_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[\"\"]",
        "[\"10.0.0\"]",
        "[\"10.0.0.256\"]",
        "[\"10.0.0.0/33\"]",
        "[\"::/129\"]",
        "[\"10.0.0.0/\"]",
        "[\"10.0.0.0/8:80\"]",
        "[\"10.0.0.0/-1\"]",
        "[\"host:0\"]",
        "[\"host:65536\"]",
        "[\"host:\"]",
        "[\"host:x\"]",
        "[\":80\"]",
        "[\"[::1\"]",
        "[\"[::1]80\"]",
        "[\"[::1]:\"]",
        "[\"[host]:80\"]",
        "[\"http://host\"]",
        "[\"host/8\"]",
        "[\"*.example\"]",
        "[\"a b\"]",
        "[\"0x7f.1\"]",
        "[\"2130706433\"]",
        "[\".example\"]",
        "[7]",
        "[null]",
        "{}",
        "\"host\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error err = {0};
        cJSON *list = cJSON_Parse(bad[i]);
        struct egress *e = egress_new(list, &err);
        if (e)
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(err.code, ERROR_INVALID);
        assert_non_null(strstr(err.text, "egress.allow"));
        cJSON_Delete(list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guarded_and_forbidden_ranges_are_refused),
        cmocka_unit_test(ipv4_inside_ipv6_is_judged_as_well),
        cmocka_unit_test(what_is_listed_may_be_reached),
        cmocka_unit_test(link_local_and_metadata_cannot_be_listed),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(malformed_entries_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
