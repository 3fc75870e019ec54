/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/mailbox.h"
#include <stdlib.h>

enum { SENDERS = 3, LETTERS = 5000 };

struct letter {
    int sender, number;
    struct list node;
};

struct office {
    uv_loop_t loop;
    struct mailbox box;
    int next[SENDERS]; /* the number expected from each */
    int delivered, stop_after, closed;
};

static void on_closed(void *arg)
{
    ((struct office *)arg)->closed++;
}

static void deliver(void *arg, struct list *node)
{
    struct office *o = arg;
    struct letter *letter = LIST_ENTRY(node, struct letter, node);
    assert_int_equal(letter->number, o->next[letter->sender]++);
    free(letter);
    if (++o->delivered == o->stop_after)
        mailbox_close(&o->box, on_closed);
}

static void office_init(struct office *o, int stop_after)
{
    *o = (struct office){.stop_after = stop_after};
    assert_int_equal(uv_loop_init(&o->loop), 0);
    mailbox_init(&o->box, &o->loop, deliver, o);
}

static void post(struct office *o, int sender, int number)
{
    struct letter *letter = malloc(sizeof *letter);
    assert_non_null(letter);
    *letter = (struct letter){.sender = sender, .number = number};
    mailbox_post(&o->box, &letter->node);
}

struct sender {
    struct office *office;
    int number;
};

static void send_many(void *arg)
{
    struct sender *s = arg;
    for (int i = 0; i < LETTERS; i++)
        post(s->office, s->number, i);
}

static void mailbox_keeps_the_order_of_each_sender(void **state)
{
    (void)state;
    struct office o;
    office_init(&o, SENDERS * LETTERS);
    uv_thread_t threads[SENDERS];
    struct sender senders[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){&o, i};
        assert_int_equal(uv_thread_create(&threads[i], send_many, &senders[i]), 0);
    }
    /* Ends only when every letter was delivered and the box is closed. */
    assert_int_equal(uv_run(&o.loop, UV_RUN_DEFAULT), 0);
    for (int i = 0; i < SENDERS; i++)
        uv_thread_join(&threads[i]);
    assert_int_equal(o.delivered, SENDERS * LETTERS);
    assert_int_equal(o.closed, 1);
    assert_int_equal(uv_loop_close(&o.loop), 0);
}

static void mailbox_drain_needs_no_loop_turn(void **state)
{
    (void)state;
    struct office o;
    office_init(&o, -1);
    for (int i = 0; i < 2000; i++)
        post(&o, 0, i);
    mailbox_drain(&o.box);
    assert_int_equal(o.delivered, 2000);
    mailbox_close(&o.box, on_closed);
    assert_int_equal(uv_run(&o.loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(o.delivered, 2000);
    assert_int_equal(uv_loop_close(&o.loop), 0);
}

static void mailbox_closed_while_delivering_keeps_the_rest(void **state)
{
    (void)state;
    struct office o;
    office_init(&o, 2);
    for (int i = 0; i < 5; i++)
        post(&o, 0, i);
    assert_int_equal(uv_run(&o.loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(o.delivered, 2);
    assert_int_equal(o.closed, 1);
    int left = 0;
    for (struct list *node; (node = list_pop(&o.box.letters)); left++)
        free(LIST_ENTRY(node, struct letter, node));
    assert_int_equal(left, 3);
    assert_int_equal(uv_loop_close(&o.loop), 0);
}

static void mailbox_closes_without_a_callback(void **state)
{
    (void)state;
    struct office o;
    office_init(&o, -1);
    mailbox_close(&o.box, NULL);
    assert_int_equal(uv_run(&o.loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&o.loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailbox_keeps_the_order_of_each_sender),
        cmocka_unit_test(mailbox_drain_needs_no_loop_turn),
        cmocka_unit_test(mailbox_closed_while_delivering_keeps_the_rest),
        cmocka_unit_test(mailbox_closes_without_a_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
