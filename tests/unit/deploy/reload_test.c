/* SPDX-License-Identifier: MIT */
/* Files that come, change and go, with a runner that the test plays and time that it lets pass. */
#include "base/log.h"
#include "deploy/reload.h"
#include "fakes/clock.h"
#include "folder.h"

#define GOOD "{\"line\":1,\"declaration\":{\"run\":{\"$function\":1}}}"

enum { MOST = 16 };

struct world {
    struct fake_clock clock;
    struct config *config;
    struct reload reload;
    uint64_t loads[MOST], unloads[MOST];
    size_t load_count, unload_count;
};

static void on_load(void *arg, const struct version *v)
{
    struct world *w = arg;
    assert_true(w->load_count < MOST);
    w->loads[w->load_count++] = v->tag;
}

static void on_unload(void *arg, const struct version *v)
{
    struct world *w = arg;
    assert_true(w->unload_count < MOST);
    w->unloads[w->unload_count++] = v->tag;
}

static int world_open(void **state)
{
    struct world *w = test_calloc(1, sizeof *w);
    struct error err;
    folder_open();
    make_folder("p");
    log_level_set(LOG_OFF);
    fake_clock_init(&w->clock);
    w->config = config_new(NULL, NULL, NULL, &err);
    assert_non_null(w->config);
    free(w->config->scripts);
    w->config->scripts = mem_text(folder_base);
    const struct reload_options options = {.config = w->config,
                                           .clock = &w->clock.clock,
                                           .load = on_load,
                                           .unload = on_unload,
                                           .arg = w};
    reload_init(&w->reload, &options);
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *w = *state;
    reload_done(&w->reload);
    config_free(w->config);
    folder_close();
    test_free(w);
    return 0;
}

static struct trigger *trigger_of(struct world *w, const char *key)
{
    return registry_find(&w->reload.registry, TEXT("p"), text_of(key));
}

/* The scan asks for so many loads. */
static void scan(struct world *w, size_t loads)
{
    size_t before = w->load_count;
    reload_scan(&w->reload);
    assert_int_equal(w->load_count - before, loads);
    assert_int_equal(reload_settled(&w->reload), loads == 0);
}

static uint64_t last_load(const struct world *w)
{
    return w->loads[w->load_count - 1];
}

static void save_good(struct world *w, const char *name, const char *source)
{
    write_file(name, source);
    scan(w, 1);
    reload_compiled(&w->reload, last_load(w), true, TEXT(GOOD));
    assert_true(reload_settled(&w->reload));
}

/* ---- tests */

static void a_file_is_loaded_once_for_each_content(void **state)
{
    struct world *w = *state;
    save_good(w, "p/k.lua", "-- one");
    struct trigger *t = trigger_of(w, "K");
    assert_true(t && trigger_serves(t));
    assert_null(trigger_error(t));
    assert_int_equal(t->current->tag, w->loads[0]);
    scan(w, 0);
    save_good(w, "p/k.lua", "-- two");
    assert_int_equal(t->current->tag, w->loads[1]);
    assert_int_equal(w->unload_count, 1);
    assert_int_equal(w->unloads[0], w->loads[0]);
}

static void what_does_not_load_leaves_the_last_good_version(void **state)
{
    struct world *w = *state;
    static const struct {
        bool ok;
        const char *text, *error;
    } answers[] = {
        {false, "p/k.lua:1: unexpected symbol", "p/k.lua:1: unexpected symbol"},
        {true, "{\"line\":1,\"declaration\":{\"nmae\":\"x\",\"run\":{\"$function\":1}}}",
         "p/k.lua:1: unknown field \"nmae\", did you mean \"name\"?"},
    };
    save_good(w, "p/k.lua", "-- good");
    struct trigger *t = trigger_of(w, "k");
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        char source[32];
        snprintf(source, sizeof source, "-- bad %zu", i);
        write_file("p/k.lua", source);
        scan(w, 1);
        reload_compiled(&w->reload, last_load(w), answers[i].ok, text_of(answers[i].text));
        assert_string_equal(trigger_error(t), answers[i].error);
        assert_true(trigger_serves(t));
        assert_int_equal(t->current->tag, w->loads[0]);
        assert_int_equal(w->unloads[w->unload_count - 1], last_load(w));
        scan(w, 0);
    }
    save_good(w, "p/k.lua", "-- better");
    assert_null(trigger_error(t));
}

static void a_version_that_kills_its_runner_is_named(void **state)
{
    struct world *w = *state;
    write_file("p/k.lua", "while true do end");
    scan(w, 1);
    reload_killed(&w->reload, last_load(w) + 1, "", "of somebody else's");
    assert_false(reload_settled(&w->reload));
    reload_killed(&w->reload, last_load(w), "", "killed by signal 9");
    assert_true(reload_settled(&w->reload));
    assert_string_equal(trigger_error(trigger_of(w, "k")),
                        "p/k.lua:1: loading it killed the runner (killed by signal 9): is there an "
                        "endless loop outside of functions?");
}

static void an_answer_that_nobody_waits_for_changes_nothing(void **state)
{
    struct world *w = *state;
    write_file("p/k.lua", "-- one");
    scan(w, 1);
    write_file("p/k.lua", "-- two");
    scan(w, 1);
    assert_int_equal(w->unloads[0], w->loads[0]);
    reload_compiled(&w->reload, w->loads[0], true, TEXT(GOOD));
    assert_null(trigger_of(w, "k")->current);
    reload_compiled(&w->reload, w->loads[1], true, TEXT(GOOD));
    reload_compiled(&w->reload, w->loads[1], false, TEXT("once more"));
    assert_null(trigger_error(trigger_of(w, "k")));
    assert_int_equal(trigger_of(w, "k")->current->tag, w->loads[1]);
}

static void a_file_that_is_made_again_was_never_gone(void **state)
{
    struct world *w = *state;
    save_good(w, "p/k.lua", "-- one");
    move("p/k.lua", "k.away");
    scan(w, 0);
    fake_clock_pass(&w->clock, NULL, RELOAD_GONE_MS - 1);
    scan(w, 0);
    assert_true(trigger_serves(trigger_of(w, "k")));
    move("k.away", "p/k.lua");
    scan(w, 0);
    fake_clock_pass(&w->clock, NULL, RELOAD_GONE_MS);
    scan(w, 0);
    assert_true(trigger_serves(trigger_of(w, "k")));
    move("p/k.lua", "k.away");
    scan(w, 0);
    fake_clock_pass(&w->clock, NULL, RELOAD_GONE_MS);
    scan(w, 0);
    assert_null(trigger_of(w, "k"));
    assert_int_equal(w->unload_count, 1);
}

static void a_version_lives_as_long_as_it_is_held(void **state)
{
    struct world *w = *state;
    save_good(w, "p/k.lua", "-- one");
    struct version *held = version_hold(trigger_of(w, "k")->current);
    save_good(w, "p/k.lua", "-- two");
    assert_int_equal(w->unload_count, 0);
    assert_ptr_equal(version_by_tag(&w->reload.registry, held->tag), held);
    assert_ptr_equal(version_by_hash(&w->reload.registry, held->hash), held);
    version_drop(&w->reload.registry, held);
    assert_int_equal(w->unload_count, 1);
    assert_null(version_by_tag(&w->reload.registry, w->loads[0]));
}

static void a_moved_file_takes_its_name_along(void **state)
{
    struct world *w = *state;
    save_good(w, "p/k.lua", "-- one");
    move("p/k.lua", "p/moved.lua");
    scan(w, 1);
    reload_compiled(
        &w->reload, last_load(w), true,
        TEXT("{\"line\":1,\"declaration\":{\"name\":\"k\",\"run\":{\"$function\":1}}}"));
    assert_null(trigger_of(w, "k"));
    assert_true(trigger_serves(trigger_of(w, "moved")));
}

static void of_files_that_are_one_key_the_first_by_bytes_serves(void **state)
{
    struct world *w = *state;
    save_good(w, "p/fOO.lua", "-- one");
    write_file("p/Foo.lua", "-- two");
    scan(w, 1);
    struct trigger *t = trigger_of(w, "foo");
    reload_compiled(&w->reload, last_load(w), true, TEXT(GOOD));
    assert_string_equal(t->key, "Foo");
    assert_string_equal(t->current->bundle->key, "Foo");
    assert_string_equal(trigger_error(t), "p/fOO.lua:1: its key is that of p/Foo.lua, which comes "
                                          "first: case does not count, rename one of them");
    scan(w, 0);
    assert_non_null(trigger_error(t));
    move("p/Foo.lua", "Foo.away");
    scan(w, 1);
    assert_null(trigger_error(t));
    assert_string_equal(t->key, "fOO");
    assert_int_equal(w->reload.registry.by_path.count, 1);
}

/* Says of the last load what its declaration is, with an id. */
static void compiled_with_id(struct world *w, const char *id)
{
    char json[128];
    snprintf(json, sizeof json,
             "{\"line\":1,\"declaration\":{\"id\":\"%s\",\"run\":{\"$function\":1}}}", id);
    reload_compiled(&w->reload, last_load(w), true, text_of(json));
}

static void an_id_that_is_taken_is_asked_for_again_once_it_is_free(void **state)
{
    struct world *w = *state;
    write_file("p/a.lua", "-- a");
    scan(w, 1);
    compiled_with_id(w, "wanted");
    write_file("p/b.lua", "-- b");
    scan(w, 1);
    compiled_with_id(w, "wanted");
    assert_non_null(strstr(trigger_error(trigger_of(w, "b")), "is taken by p/a.lua"));
    assert_false(trigger_serves(trigger_of(w, "b")));
    write_file("p/a.lua", "-- a, under another id");
    scan(w, 1);
    compiled_with_id(w, "other");
    assert_int_equal(w->load_count, 4); /* b, without a scan */
    compiled_with_id(w, "wanted");
    assert_true(trigger_serves(trigger_of(w, "b")));
    assert_null(trigger_error(trigger_of(w, "b")));
    assert_ptr_equal(registry_find_id(&w->reload.registry, TEXT("wanted")), trigger_of(w, "b"));
}

static void a_module_that_changes_has_those_compiled_again_that_require_it(void **state)
{
    struct world *w = *state;
    make_folder("lib");
    write_file("lib/mail.lua", "return {}");
    save_good(w, "p/k.lua", "local mail = require 'lib.mail'");
    save_good(w, "p/other.lua", "-- requires nothing");
    write_file("lib/mail.lua", "return { new = true }");
    scan(w, 1);
    const struct version *v = version_by_tag(&w->reload.registry, last_load(w));
    assert_string_equal(v->bundle->key, "k");
    reload_compiled(&w->reload, last_load(w), true, TEXT(GOOD));
}

static void a_module_that_is_missing_is_named_and_looked_for_again(void **state)
{
    struct world *w = *state;
    write_file("p/k.lua", "local mail = require 'lib.mail'");
    scan(w, 0);
    assert_non_null(strstr(trigger_error(trigger_of(w, "k")), "lib.mail"));
    make_folder("lib");
    write_file("lib/mail.lua", "return {}");
    scan(w, 1);
    reload_compiled(&w->reload, last_load(w), true, TEXT(GOOD));
    assert_true(trigger_serves(trigger_of(w, "k")));
}

int main(void)
{
#define world_test(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        world_test(a_file_is_loaded_once_for_each_content),
        world_test(what_does_not_load_leaves_the_last_good_version),
        world_test(a_version_that_kills_its_runner_is_named),
        world_test(an_answer_that_nobody_waits_for_changes_nothing),
        world_test(a_file_that_is_made_again_was_never_gone),
        world_test(a_version_lives_as_long_as_it_is_held),
        world_test(a_moved_file_takes_its_name_along),
        world_test(of_files_that_are_one_key_the_first_by_bytes_serves),
        world_test(an_id_that_is_taken_is_asked_for_again_once_it_is_free),
        world_test(a_module_that_changes_has_those_compiled_again_that_require_it),
        world_test(a_module_that_is_missing_is_named_and_looked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
