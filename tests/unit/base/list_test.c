/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/list.h"

struct item {
    int n;
    struct list node;
};

static void list_pops_in_the_order_added(void **state)
{
    (void)state;
    struct list head;
    struct item items[3] = {{.n = 0}, {.n = 1}, {.n = 2}};
    list_init(&head);
    assert_null(list_pop(&head));
    for (int i = 0; i < 3; i++)
        list_add(&head, &items[i].node);
    for (int i = 0; i < 3; i++)
        assert_int_equal(LIST_ENTRY(list_pop(&head), struct item, node)->n, i);
    assert_true(list_empty(&head));
}

static void list_walk_survives_removal_of_the_current(void **state)
{
    (void)state;
    struct list head;
    struct item items[4] = {{.n = 0}, {.n = 1}, {.n = 2}, {.n = 3}};
    list_init(&head);
    for (int i = 0; i < 4; i++)
        list_add(&head, &items[i].node);
    int seen = 0;
    LIST_EACH(at, &head)
    {
        struct item *item = LIST_ENTRY(at, struct item, node);
        assert_int_equal(item->n, seen++);
        if (item->n % 2)
            list_del(at);
    }
    assert_int_equal(seen, 4);
    assert_ptr_equal(list_pop(&head), &items[0].node);
    assert_ptr_equal(list_pop(&head), &items[2].node);
    assert_true(list_empty(&head));
}

static void list_del_twice_is_harmless(void **state)
{
    (void)state;
    struct list head;
    struct item item;
    list_init(&head);
    list_init(&item.node);
    list_del(&item.node);
    list_add(&head, &item.node);
    list_del(&item.node);
    list_del(&item.node);
    assert_true(list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_pops_in_the_order_added),
        cmocka_unit_test(list_walk_survives_removal_of_the_current),
        cmocka_unit_test(list_del_twice_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
