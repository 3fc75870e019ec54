/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/proof/penalty.h"
#include <stdio.h>

static struct cidr_address at(const char *text)
{
    struct cidr_address a;
    assert_true(cidr_address(text_of(text), &a));
    return a;
}

static int64_t add(struct penalty *p, const char *address, int64_t now_ms)
{
    struct cidr_address a = at(address);
    return penalty_add(p, &a, now_ms).wait_ms;
}

static void so_many_at_once_then_one_an_interval(void **state)
{
    (void)state;
    struct penalty p;
    penalty_init(&p, 3, 1000);
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(&p, "192.0.2.1", 5000), 0);
    assert_int_equal(add(&p, "192.0.2.1", 5000), 1000);
    assert_int_equal(add(&p, "192.0.2.1", 5000), 2000);
    assert_int_equal(add(&p, "192.0.2.1", 5400), 2600); /* behind the others in the line */
    assert_int_equal(add(&p, "192.0.2.2", 5400), 0);    /* a line is one address's own */
    assert_int_equal(add(&p, "192.0.2.1", 8000), 1000);
    for (int i = 0; i < 3; i++) /* all paid */
        assert_int_equal(add(&p, "192.0.2.1", 60000), 0);
    assert_int_equal(add(&p, "192.0.2.1", 60000), 1000);
    penalty_done(&p);
}

static void a_full_line_gets_no_longer(void **state)
{
    (void)state;
    struct penalty p;
    penalty_init(&p, 1, 1000);
    for (int i = 0; i <= 10; i++)
        assert_int_equal(add(&p, "192.0.2.1", 0), i * 1000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(add(&p, "192.0.2.1", 0), -1);
    assert_int_equal(add(&p, "192.0.2.1", 1000), 10000);
    assert_int_equal(add(&p, "192.0.2.1", 11999), 1); /* whoever floods has no more to pay for it */
    assert_int_equal(add(&p, "192.0.2.1", 13000), 0);
    penalty_done(&p);
}

static void an_ipv6_customer_is_one_and_a_mapped_address_is_ipv4(void **state)
{
    (void)state;
    struct penalty p;
    penalty_init(&p, 1, 1000);
    assert_int_equal(add(&p, "2001:db8:0:1::1", 0), 0);
    assert_int_equal(add(&p, "2001:db8:0:1:ffff:ffff:ffff:ffff", 0), 1000);
    assert_int_equal(add(&p, "2001:db8:0:2::1", 0), 0);
    assert_int_equal(add(&p, "192.0.2.1", 0), 0);
    assert_int_equal(add(&p, "192.0.2.2", 0), 0);
    assert_int_equal(add(&p, "::ffff:192.0.2.2", 0), 1000);
    penalty_done(&p);
}

static void zero_is_off(void **state)
{
    (void)state;
    struct penalty p;
    penalty_init(&p, 0, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(add(&p, "192.0.2.1", 0), 0);
    assert_int_equal(p.count, 0);
    penalty_done(&p);
}

static void the_one_that_was_quiet_for_longest_is_forgotten(void **state)
{
    (void)state;
    struct penalty p;
    penalty_init(&p, 1, 1000);
    for (int i = 0; i < PENALTY_ADDRESSES; i++) {
        char text[CIDR_TEXT];
        snprintf(text, sizeof text, "10.0.%d.%d", i / 256, i % 256);
        assert_int_equal(add(&p, text, 0), 0);
    }
    assert_int_equal(add(&p, "10.0.0.0", 0), 1000); /* not quiet any more */
    assert_int_equal(add(&p, "192.0.2.1", 0), 0);   /* in the place of 10.0.0.1 */
    assert_int_equal(p.count, PENALTY_ADDRESSES);
    assert_int_equal(p.by_address.count, PENALTY_ADDRESSES);
    assert_int_equal(add(&p, "10.0.0.0", 0), 2000);
    assert_int_equal(add(&p, "10.0.0.1", 0), 0);
    assert_int_equal(add(&p, "10.0.0.3", 0), 1000);
    penalty_done(&p);
}

static void it_is_reported_once_a_minute(void **state)
{
    (void)state;
    struct penalty p;
    struct cidr_address a = at("192.0.2.1");
    penalty_init(&p, 1, 1000);
    assert_int_equal(penalty_add(&p, &a, 0).report, 0); /* nothing waits yet */
    assert_int_equal(penalty_add(&p, &a, 0).report, 1);
    for (int i = 0; i < 500; i++)
        assert_int_equal(penalty_add(&p, &a, i * 10).report, 0);
    assert_int_equal(penalty_add(&p, &a, 59999).report, 0); /* answered at once */
    assert_int_equal(penalty_add(&p, &a, 60000).report, 501);
    penalty_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_at_once_then_one_an_interval),
        cmocka_unit_test(a_full_line_gets_no_longer),
        cmocka_unit_test(an_ipv6_customer_is_one_and_a_mapped_address_is_ipv4),
        cmocka_unit_test(zero_is_off),
        cmocka_unit_test(the_one_that_was_quiet_for_longest_is_forgotten),
        cmocka_unit_test(it_is_reported_once_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
