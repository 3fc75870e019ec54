/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include "auth/keyring.h"
#include "base/log.h"
#include "base/timers.h"
#include "store/store.h"

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

/* The command line may change keys while the host is on its way out. */
static void a_change_during_the_close_asks_the_store_nothing(void **state)
{
    uv_loop_t loop;
    struct timers timers;
    struct keyring ring;
    struct error err;
    bool store_closed = false;
    (void)state;
    log_level_set(LOG_OFF);
    folder_open();
    uv_loop_init(&loop);
    timers_init(&timers, &loop, &clock_system);
    struct store_options options = {.data = folder_base, .loop = &loop};
    struct store *store = store_open(&options, &err);
    assert_non_null(store);
    assert_true(keyring_open(&ring, &timers, store, &err));
    while (!ring.loaded)
        uv_run(&loop, UV_RUN_ONCE);
    write_file("keys.stamp", "\n"); /* seen when the loop turns next */
    keyring_rest(&ring);
    store_close(store, set_flag, &store_closed);
    while (!store_closed)
        uv_run(&loop, UV_RUN_ONCE);
    keyring_close(&ring);
    timers_close(&timers, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    folder_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_during_the_close_asks_the_store_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
