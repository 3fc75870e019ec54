/* SPDX-License-Identifier: MIT */
#include "deploy/watch.h"
#include "folder.h"
#include "test.h"

enum { GIVE_UP_MS = 10000, SEEN_WITHIN_MS = 100, TRIES = 5 };

struct world {
    uv_loop_t loop;
    uv_timer_t guard;
    struct watch *watch;
    int calls;
    bool free_in_call;
    bool gave_up;
};

static void on_changed(void *arg)
{
    struct world *w = arg;
    w->calls++;
    uv_stop(&w->loop);
    if (w->free_in_call) {
        watch_free(w->watch);
        w->watch = NULL;
    }
}

static void on_give_up(uv_timer_t *timer)
{
    ((struct world *)timer->data)->gave_up = true;
}

static void watch_root(struct world *w, const char *root)
{
    struct error err = {0};
    w->watch = watch_new(&w->loop, root, on_changed, w, &err);
    if (!w->watch)
        fail_msg("%s", err.text);
}

static int world_open(void **state)
{
    struct world *w = mem_zero(1, sizeof *w);
    folder_open();
    make_folder("scripts");
    make_folder("scripts/support");
    make_folder("scripts/support/lib");
    make_folder("scripts/lib");
    write_file("scripts/support/refund.lua", "return 1");
    uv_loop_init(&w->loop);
    uv_timer_init(&w->loop, &w->guard);
    w->guard.data = w;
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *w = *state;
    watch_free(w->watch);
    uv_close((uv_handle_t *)&w->guard, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    folder_close();
    free(w);
    return 0;
}

/* Runs the loop until changed() was called; the calls before do not count. */
static void expect_call(struct world *w, const char *what)
{
    uv_update_time(&w->loop);
    uv_timer_start(&w->guard, on_give_up, GIVE_UP_MS, 0);
    w->calls = 0;
    w->gave_up = false;
    while (w->calls == 0 && !w->gave_up)
        uv_run(&w->loop, UV_RUN_ONCE);
    uv_timer_stop(&w->guard);
    if (w->gave_up)
        fail_msg("not noticed: %s", what);
}

/* Nothing is about to be told: all events are read, and no timer runs. */
static void expect_quiet(struct world *w, const char *what)
{
    for (int i = 0; i < 3; i++)
        uv_run(&w->loop, UV_RUN_NOWAIT);
    if (uv_backend_timeout(&w->loop) != -1)
        fail_msg("noticed: %s", what);
}

static void saves_are_seen(void **state)
{
    static const char *const files[] = {
        "scripts/support/refund.lua", "scripts/support/new.lua", "scripts/support/lib/mail.lua",
        "scripts/lib/text.lua",       "scripts/host.lua",
    };
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    expect_quiet(w, "nothing at all");
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        write_file(files[i], "return 2");
        expect_call(w, files[i]);
        expect_quiet(w, files[i]);
    }
    must(unlink(at("scripts/support/new.lua").path), "unlink");
    expect_call(w, "unlink");
}

static void save_is_seen_within_a_tenth_of_a_second(void **state)
{
    struct world *w = *state;
    uint64_t best_ms = UINT64_MAX;
    watch_root(w, at("scripts").path);
    for (int i = 0; i < TRIES; i++) { /* the best one: the machine may be busy otherwise */
        uint64_t start = uv_hrtime();
        write_file("scripts/support/refund.lua", "return 2");
        expect_call(w, "a save");
        uint64_t ms = (uv_hrtime() - start) / 1000000;
        best_ms = ms < best_ms ? ms : best_ms;
    }
    assert_in_range(best_ms, 0, SEEN_WITHIN_MS);
}

static void rename_over_is_seen(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    write_file("scripts/support/.refund.lua.tmp", "return 2");
    expect_quiet(w, "an editor's hidden file");
    move("scripts/support/.refund.lua.tmp", "scripts/support/refund.lua");
    expect_call(w, "rename over");
    write_file("outside.lua", "return 3");
    expect_quiet(w, "a file beside the root");
    move("outside.lua", "scripts/support/refund.lua");
    expect_call(w, "rename over, from outside");
}

static void editors_files_are_passed_over(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    write_file("scripts/support/.refund.lua.swp", "x");
    write_file("scripts/support/refund.lua~", "x");
    make_link("scripts/support/.#refund.lua", "someone@somewhere");
    make_folder("scripts/.git");
    write_file("scripts/.git/index", "x");
    expect_quiet(w, "editor's files");
}

static void new_folders_are_followed(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    make_folder("scripts/billing");
    expect_call(w, "a new project");
    write_file("scripts/billing/invoice.lua", "return 1");
    expect_call(w, "a file in a new project");
    make_folder("scripts/billing/lib");
    expect_call(w, "a new lib");
    write_file("scripts/billing/lib/tax.lua", "return 1");
    expect_call(w, "a file in a new lib");
}

static void moved_folders_are_seen(void **state)
{
    struct world *w = *state;
    make_folder("ready");
    make_folder("ready/lib");
    write_file("ready/a.lua", "return 1");
    watch_root(w, at("scripts").path);
    move("ready", "scripts/ready");
    expect_call(w, "a project moved in");
    write_file("scripts/ready/lib/b.lua", "return 1");
    expect_call(w, "a file in its lib");
    move("scripts/ready", "scripts/renamed");
    expect_call(w, "a project renamed");
    write_file("scripts/renamed/a.lua", "return 2");
    expect_call(w, "a file in the renamed project");
    move("scripts/renamed", "away");
    expect_call(w, "a project moved out");
    write_file("away/a.lua", "return 3");
    expect_quiet(w, "a file in the project that was moved out");
}

static void root_that_is_a_link_may_be_swapped(void **state)
{
    struct world *w = *state;
    make_folder("second");
    make_folder("second/support");
    make_link("current", "scripts");
    watch_root(w, at("current").path);
    write_file("scripts/support/refund.lua", "return 2");
    expect_call(w, "a save behind the link");
    make_link("next", "second");
    expect_quiet(w, "another link beside it");
    move("next", "current");
    expect_call(w, "the swap");
    write_file("second/support/a.lua", "return 1");
    expect_call(w, "a save in the new root");
    write_file("scripts/support/refund.lua", "return 3");
    expect_quiet(w, "a save in the old root");
}

static void link_above_the_root_may_be_swapped(void **state)
{
    struct world *w = *state;
    make_folder("release1");
    make_folder("release2");
    move("scripts", "release1/scripts");
    make_folder("release2/scripts");
    make_link("current", at("release1").path);
    watch_root(w, at("current/scripts").path);
    make_link("next", "release2");
    move("next", "current");
    expect_call(w, "the swap");
    make_folder("release2/scripts/support");
    expect_call(w, "a new project in the new root");
}

static void project_that_is_a_link_may_be_swapped(void **state)
{
    struct world *w = *state;
    make_folder("one");
    make_folder("two");
    make_link("scripts/shop", "../one");
    watch_root(w, at("scripts").path);
    write_file("one/a.lua", "return 1");
    expect_call(w, "a save behind the link");
    make_link("scripts/.shop", "../two");
    move("scripts/.shop", "scripts/shop");
    expect_call(w, "the swap");
    write_file("two/a.lua", "return 1");
    expect_call(w, "a save behind the new link");
}

static void file_that_is_a_link_is_followed(void **state)
{
    struct world *w = *state;
    make_folder("shared");
    make_folder("shared/v1");
    write_file("shared/v1/a.lua", "return 1");
    make_link("shared/now", "v1");
    make_link("scripts/support/a.lua", "../../shared/now/a.lua");
    watch_root(w, at("scripts").path);
    write_file("shared/v1/a.lua", "return 2");
    expect_call(w, "a save of the target");
    write_file("shared/v1/other.lua", "return 2");
    expect_quiet(w, "a save beside the target");
    make_folder("shared/v2");
    make_link("shared/next", "v2");
    expect_quiet(w, "another link beside the one on the way");
    move("shared/next", "shared/now");
    expect_call(w, "a swapped link on the way");
    write_file("shared/v2/a.lua", "return 3"); /* was missing so far */
    expect_call(w, "the target, made");
}

static void root_may_go_and_come_back(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    remove_tree(at("scripts").path);
    expect_call(w, "the root deleted");
    make_folder("scripts");
    expect_call(w, "the root made again");
    make_folder("scripts/support");
    expect_call(w, "a project in the new root");
    write_file("scripts/support/refund.lua", "return 2");
    expect_call(w, "a file in the new root");
    move("scripts", "elsewhere");
    expect_call(w, "the root moved away");
    move("elsewhere", "scripts");
    expect_call(w, "the root moved back");
    write_file("scripts/support/refund.lua", "return 3");
    expect_call(w, "a file in the root that came back");
}

static void folder_above_the_root_may_go_as_well(void **state)
{
    struct world *w = *state;
    make_folder("above");
    make_folder("above/scripts");
    watch_root(w, at("above/scripts").path);
    remove_tree(at("above").path);
    expect_call(w, "all deleted");
    make_folder("above");
    expect_call(w, "the folder above made again");
    make_folder("above/scripts");
    expect_call(w, "the root made again");
    make_folder("above/scripts/shop");
    expect_call(w, "a project in it");
}

static void burst_gives_few_calls(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    for (int i = 0; i < 20; i++) { /* as a checkout does: folders and files, some of them twice */
        char path[64];
        snprintf(path, sizeof path, "scripts/p%d", i);
        make_folder(path);
        for (int k = 0; k < 10; k++) {
            snprintf(path, sizeof path, "scripts/p%d/f%d.lua", i, k);
            write_file(path, "return 1");
        }
        write_file("scripts/support/refund.lua", "return 2");
    }
    int calls = 0;
    do {
        expect_call(w, "the burst");
        calls++;
        uv_run(&w->loop, UV_RUN_NOWAIT);
    } while (uv_backend_timeout(&w->loop) != -1);
    assert_in_range(calls, 1, 3);
    write_file("scripts/p19/f9.lua", "return 3");
    expect_call(w, "a save in a folder of the burst");
}

static void long_way_of_writing_is_told_of_meanwhile(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    uv_timer_start(&w->guard, on_give_up, GIVE_UP_MS, 0);
    while (w->calls == 0 && !w->gave_up) { /* never 20 ms without an event */
        write_file("scripts/support/refund.lua", "return 2");
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    uv_timer_stop(&w->guard);
    assert_false(w->gave_up);
}

static void overflow_of_the_queue_is_a_change(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    int most = 16384;
    if (limit) {
        assert_int_equal(fscanf(limit, "%d", &most), 1);
        fclose(limit);
    }
    if (most > 100000)
        skip();
    for (int i = 0; i <= most / 2; i++) { /* two names in turn, so that the kernel joins none */
        must(chmod(at("scripts/support/refund.lua").path, 0600), "chmod");
        must(chmod(at("scripts/support/lib").path, 0755), "chmod");
    }
    make_folder("scripts/late"); /* its event is lost */
    expect_call(w, "the overflow");
    while (uv_run(&w->loop, UV_RUN_NOWAIT) && uv_backend_timeout(&w->loop) != -1) {
    }
    write_file("scripts/late/a.lua", "return 1");
    expect_call(w, "a save in the folder whose making was lost");
}

static void watch_may_be_freed_in_its_call(void **state)
{
    struct world *w = *state;
    watch_root(w, at("scripts").path);
    w->free_in_call = true;
    write_file("scripts/support/refund.lua", "return 2");
    expect_call(w, "a save");
    assert_null(w->watch);
}

static void missing_root_is_an_error(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    assert_null(watch_new(&w->loop, at("nowhere").path, on_changed, w, &err));
    assert_int_equal(err.code, ERROR_MISSING);
    assert_null(watch_new(&w->loop, at("scripts/support/refund.lua").path, on_changed, w, &err));
}

static void relative_root_is_taken_from_here(void **state)
{
    struct world *w = *state;
    char before[FOLDER_PATH];
    assert_non_null(getcwd(before, sizeof before));
    must(chdir(folder_base), "chdir");
    watch_root(w, "scripts/");
    must(chdir(before), "chdir");
    write_file("scripts/support/refund.lua", "return 2");
    expect_call(w, "a save");
}

#define watch_test(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        watch_test(saves_are_seen),
        watch_test(save_is_seen_within_a_tenth_of_a_second),
        watch_test(rename_over_is_seen),
        watch_test(editors_files_are_passed_over),
        watch_test(new_folders_are_followed),
        watch_test(moved_folders_are_seen),
        watch_test(root_that_is_a_link_may_be_swapped),
        watch_test(link_above_the_root_may_be_swapped),
        watch_test(project_that_is_a_link_may_be_swapped),
        watch_test(file_that_is_a_link_is_followed),
        watch_test(root_may_go_and_come_back),
        watch_test(folder_above_the_root_may_go_as_well),
        watch_test(burst_gives_few_calls),
        watch_test(long_way_of_writing_is_told_of_meanwhile),
        watch_test(overflow_of_the_queue_is_a_change),
        watch_test(watch_may_be_freed_in_its_call),
        watch_test(missing_root_is_an_error),
        watch_test(relative_root_is_taken_from_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
