/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "engine/loading.h"
#include "fakes/pool.h"
#include "test.h"
#include <string.h>

enum { RUNNERS = 3 };

struct world {
    struct registry registry;
    struct loading loading;
    struct version *one, *two;
};

static void on_unused(void *arg, const struct version *v)
{
    loading_unload(&((struct world *)arg)->loading, v);
}

static struct version *make_version(struct world *w, const char *path)
{
    struct bundle *b = mem_zero(1, sizeof *b);
    b->project = mem_text("p");
    b->key = mem_text("k");
    b->files = mem_zero(1, sizeof *b->files);
    b->files[b->count++] =
        (struct bundle_file){mem_text(path), mem_text(path), mem_text("-- one"), 6};
    return version_make(&w->registry, b);
}

static int world_open(void **state)
{
    static const struct pool_options options = {.count = RUNNERS};
    struct world *w = test_calloc(1, sizeof *w);
    struct error err;
    registry_init(&w->registry, false, on_unused, w);
    loading_init(&w->loading, pool_new(&options, &err));
    w->one = make_version(w, "p/one.lua");
    w->two = make_version(w, "p/two.lua");
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *w = *state;
    loading_done(&w->loading);
    registry_done(&w->registry);
    pool_close(&fake_pool, NULL, NULL);
    test_free(w);
    return 0;
}

/* What was sent since the last look: LOAD or UNLOAD of a version. */
static size_t sent(enum frame_type type, const struct version *v)
{
    pool_flush(&fake_pool);
    size_t count = fake_pool_count(type, v->tag);
    fake_pool_forget();
    return count;
}

static void a_runner_gets_a_version_once(void **state)
{
    struct world *w = *state;
    loading_ensure(&w->loading, w->one, 0);
    loading_ensure(&w->loading, w->one, 0);
    assert_int_equal(sent(FRAME_LOAD, w->one), 1);
    loading_ensure(&w->loading, w->one, 2);
    loading_ensure(&w->loading, w->two, 0);
    pool_flush(&fake_pool);
    assert_int_equal(fake_pool_count(FRAME_LOAD, w->two->tag), 1);
    assert_int_equal(sent(FRAME_LOAD, w->one), 1);
    assert_false(loading_answered(&w->loading, 0, w->one->tag)); /* it was not asked */
}

static void only_the_runner_that_compiles_is_asked_and_once(void **state)
{
    struct world *w = *state;
    uint64_t tag = w->one->tag;
    loading_compile(&w->loading, w->one, 1);
    assert_int_equal(sent(FRAME_LOAD, w->one), 1);
    assert_false(loading_answered(&w->loading, 0, tag));
    assert_false(loading_answered(&w->loading, 1, tag + 100));
    assert_true(loading_answered(&w->loading, 1, tag));
    assert_false(loading_answered(&w->loading, 1, tag));
}

static void what_nobody_uses_leaves_the_runners_that_have_it(void **state)
{
    struct world *w = *state;
    uint64_t tag = w->one->tag;
    loading_ensure(&w->loading, w->one, 0);
    loading_ensure(&w->loading, w->one, 2);
    version_drop(&w->registry, w->one);
    pool_flush(&fake_pool);
    assert_int_equal(fake_pool_count(FRAME_UNLOAD, tag), 2);
    assert_false(loading_answered(&w->loading, 0, tag));
    version_drop(&w->registry, w->two); /* nobody has it */
    pool_flush(&fake_pool);
    assert_int_equal(fake_pool_count(FRAME_UNLOAD, 0), 2);
}

static void a_fresh_runner_compiles_again_what_did_not_kill_the_old_one(void **state)
{
    struct world *w = *state;
    loading_compile(&w->loading, w->one, 1);
    loading_compile(&w->loading, w->two, 1);
    pool_flush(&fake_pool);
    fake_pool_forget();
    assert_true(loading_lost(&w->loading, 1, w->one->tag));
    pool_flush(&fake_pool);
    assert_int_equal(fake_pool_count(FRAME_LOAD, w->one->tag), 0);
    assert_int_equal(sent(FRAME_LOAD, w->two), 1);
    assert_true(loading_answered(&w->loading, 1, w->two->tag));
    assert_false(loading_lost(&w->loading, 1, w->two->tag)); /* it was compiled before */
    assert_int_equal(sent(FRAME_LOAD, w->two), 0);
    loading_ensure(&w->loading, w->two, 1); /* it has nothing any more */
    assert_int_equal(sent(FRAME_LOAD, w->two), 1);
}

static void after_the_end_nobody_is_told(void **state)
{
    struct world *w = *state;
    loading_ensure(&w->loading, w->one, 0);
    pool_flush(&fake_pool);
    fake_pool_forget();
    loading_done(&w->loading);
    version_drop(&w->registry, w->one);
    pool_flush(&fake_pool);
    assert_int_equal(fake_pool_count(FRAME_UNLOAD, 0), 0);
}

int main(void)
{
#define world_test(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        world_test(a_runner_gets_a_version_once),
        world_test(only_the_runner_that_compiles_is_asked_and_once),
        world_test(what_nobody_uses_leaves_the_runners_that_have_it),
        world_test(a_fresh_runner_compiles_again_what_did_not_kill_the_old_one),
        world_test(after_the_end_nobody_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
