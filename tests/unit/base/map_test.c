/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/map.h"
#include <stdio.h>
#include <string.h>

static void map_put_returns_what_was_there(void **state)
{
    (void)state;
    struct map m;
    int one, two;
    map_init(&m);
    assert_null(map_get(&m, TEXT("a")));
    assert_null(map_del(&m, TEXT("a")));
    assert_null(map_put(&m, TEXT("a"), &one));
    assert_ptr_equal(map_put(&m, TEXT("a"), &two), &one);
    assert_ptr_equal(map_get(&m, TEXT("a")), &two);
    assert_int_equal(m.count, 1);
    assert_ptr_equal(map_del(&m, TEXT("a")), &two);
    assert_null(map_get(&m, TEXT("a")));
    assert_int_equal(m.count, 0);
    map_done(&m);
    map_done(NULL);
}

static void map_keys_are_bytes_and_copied(void **state)
{
    (void)state;
    struct map m;
    int one, two, three;
    map_init(&m);
    char key[] = {'a', 0, 'b'};
    map_put(&m, (struct text){key, 3}, &one);
    map_put(&m, (struct text){key, 1}, &two);
    map_put(&m, TEXT(""), &three);
    key[2] = 'c';
    assert_ptr_equal(map_get(&m, (struct text){"a\0b", 3}), &one);
    assert_null(map_get(&m, (struct text){key, 3}));
    assert_ptr_equal(map_get(&m, TEXT("a")), &two);
    assert_ptr_equal(map_get(&m, TEXT_NONE), &three);
    map_done(&m);
}

enum { MODEL = 2000, STEPS = 100000 };

static struct text key_of(unsigned n, char room[32])
{
    return (struct text){room, (size_t)snprintf(room, 32, "key-%u", n)};
}

static void map_agrees_with_a_plain_array(void **state)
{
    (void)state;
    static char values[MODEL][2];
    void *model[MODEL] = {0};
    size_t count = 0;
    struct map m;
    map_init(&m);
    uint32_t random = 12345;
    char room[32];
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        unsigned n = (random >> 8) % MODEL;
        struct text key = key_of(n, room);
        /* Phases of mostly putting and mostly deleting, so that the table grows, empties and fills
         * again. */
        bool put = (random >> 28) < (step / 10000 % 2 ? 5u : 11u);
        void *before = model[n];
        model[n] = put ? &values[n][step & 1] : NULL;
        assert_ptr_equal(put ? map_put(&m, key, model[n]) : map_del(&m, key), before);
        count += !!model[n] - (size_t) !!before;
        assert_int_equal(m.count, count);
    }
    for (unsigned n = 0; n < MODEL; n++)
        assert_ptr_equal(map_get(&m, key_of(n, room)), model[n]);
    map_done(&m);
}

static void map_stays_small_under_endless_replacement(void **state)
{
    (void)state;
    struct map m;
    int value;
    char room[32];
    map_init(&m);
    for (unsigned n = 0; n < 100000; n++) {
        map_put(&m, key_of(n, room), &value);
        if (n >= 10)
            assert_ptr_equal(map_del(&m, key_of(n - 10, room)), &value);
    }
    assert_int_equal(m.count, 10);
    assert_in_range(m.cap, 1, 64);
    map_done(&m);
}

static void map_walk_may_delete_what_it_sees(void **state)
{
    (void)state;
    struct map m;
    int values[500];
    char room[32];
    map_init(&m);
    for (unsigned n = 0; n < 500; n++)
        map_put(&m, key_of(n, room), &values[n]);
    size_t pos = 0, seen = 0;
    struct text key;
    void *value;
    while (map_next(&m, &pos, &key, &value)) {
        seen++;
        memcpy(room, key.data, key.len);
        struct text copy = {room, key.len};
        if ((int *)value - values < 250)
            assert_ptr_equal(map_del(&m, copy), value);
    }
    assert_int_equal(seen, 500);
    assert_int_equal(m.count, 250);
    assert_null(map_get(&m, TEXT("key-249")));
    assert_ptr_equal(map_get(&m, TEXT("key-250")), &values[250]);
    map_done(&m);
}

static void map_walk_of_nothing_ends(void **state)
{
    (void)state;
    struct map m;
    size_t pos = 0;
    map_init(&m);
    assert_false(map_next(&m, &pos, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_put_returns_what_was_there),
        cmocka_unit_test(map_keys_are_bytes_and_copied),
        cmocka_unit_test(map_agrees_with_a_plain_array),
        cmocka_unit_test(map_stays_small_under_endless_replacement),
        cmocka_unit_test(map_walk_may_delete_what_it_sees),
        cmocka_unit_test(map_walk_of_nothing_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
