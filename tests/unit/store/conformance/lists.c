/* SPDX-License-Identifier: MIT */
#include "store/conformance/fixture.h"

static void make(struct fixture *f, const char *run, const char *project, const char *trigger,
                 const char *session, enum store_status status)
{
    struct store_accept in = accept_of(project, trigger);
    in.session = text_of(session);
    struct store_order o = acceptance(run, &in, 1);
    o.update.status = status;
    write_ok(f, &o);
}

static int set_up_runs(void **state)
{
    set_up(state);
    struct fixture *f = *state;
    make(f, "run_1", "a", "x", "s1", STORE_COMPLETED);
    make(f, "run_2", "a", "y", "s1", STORE_FAILED);
    make(f, "run_3", "b", "x", "s1", STORE_COMPLETED);
    make(f, "run_4", "b", "z", NULL, STORE_RUNNING);
    make(f, "run_5", "c", "x", "s2", STORE_FAILED);
    make(f, "run_6", "a", "x", "s2", STORE_FAILED);
    make(f, "run_7", "ab", "x", NULL, STORE_WAITING);
    return 0;
}

static void expect(struct fixture *f, struct store_list list, const char *ids, bool more)
{
    struct seen_ids seen = list_runs(f, list);
    assert_string_equal(seen.text, ids);
    assert_int_equal(seen.more, more);
}

static void all_runs_come_newest_first(void **state)
{
    expect(*state, (struct store_list){0}, "7 6 5 4 3 2 1", false);
}

static void a_filter_leaves_only_what_fits(void **state)
{
    struct fixture *f = *state;
    expect(f, (struct store_list){.project = TEXT("a")}, "6 2 1", false);
    expect(f, (struct store_list){.trigger = TEXT("x")}, "7 6 5 3 1", false);
    expect(f, (struct store_list){.project = TEXT("a"), .trigger = TEXT("x")}, "6 1", false);
    expect(f, (struct store_list){.status = STORE_FAILED}, "6 5 2", false);
    expect(f, (struct store_list){.status = STORE_FAILED, .project = TEXT("a")}, "6 2", false);
    expect(f, (struct store_list){.session = TEXT("s1")}, "3 2 1", false);
    expect(f, (struct store_list){.session = TEXT("s1"), .project = TEXT("a")}, "2 1", false);
    expect(f, (struct store_list){.session = TEXT("s1"), .trigger = TEXT("x")}, "3 1", false);
    expect(f, (struct store_list){.session = TEXT("s1"), .status = STORE_FAILED}, "2", false);
    expect(f, (struct store_list){.project = TEXT("nobody")}, "", false);
    expect(f, (struct store_list){.session = TEXT("nobody")}, "", false);
}

static void only_allowed_projects_are_listed(void **state)
{
    struct fixture *f = *state;
    expect(f, (struct store_list){.projects = TEXT("a")}, "6 2 1", false);
    expect(f, (struct store_list){.projects = TEXT("b,c")}, "5 4 3", false);
    expect(f, (struct store_list){.projects = TEXT("")}, "", false);
    expect(f, (struct store_list){.projects = TEXT("b"), .project = TEXT("a")}, "", false);
    expect(f,
           (struct store_list){.projects = TEXT("b"), .project = TEXT("a"), .trigger = TEXT("x")},
           "", false);
    expect(f, (struct store_list){.projects = TEXT("b"), .session = TEXT("s1")}, "3", false);
}

static void absent_projects_allow_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_list lists[] = {{.limit = 9}, {.limit = 9, .session = TEXT("s1")}};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct seen_ids seen = {0};
        store_list_runs(f->s, &lists[i], on_list, &seen);
        wait_for(&f->loop, &seen.done);
        assert_int_equal(seen.count, 0);
    }
}

static void pages_follow_each_other_without_a_gap(void **state)
{
    struct fixture *f = *state;
    expect(f, (struct store_list){.limit = 3}, "7 6 5", true);
    expect(f, (struct store_list){.limit = 3, .before = TEXT("run_5")}, "4 3 2", true);
    expect(f, (struct store_list){.limit = 3, .before = TEXT("run_2")}, "1", false);
    expect(f, (struct store_list){.limit = 7}, "7 6 5 4 3 2 1", false);
    expect(f, (struct store_list){.limit = 2, .trigger = TEXT("x")}, "7 6", true);
    expect(f, (struct store_list){.limit = 2, .trigger = TEXT("x"), .before = TEXT("run_6")}, "5 3",
           true);
    expect(f, (struct store_list){.limit = 2, .trigger = TEXT("x"), .before = TEXT("run_3")}, "1",
           false);
    expect(f, (struct store_list){.limit = 1, .session = TEXT("s1")}, "3", true);
}

static void a_cursor_whose_run_is_gone_still_holds_its_place(void **state)
{
    struct fixture *f = *state;
    expect(f, (struct store_list){.before = TEXT("run_3x")}, "3 2 1", false);
    expect(f, (struct store_list){.before = TEXT("run_0")}, "", false);
}

static void long_texts_are_left_out_of_lists(void **state)
{
    struct fixture *f = *state;
    size_t bytes = STORE_LIST_TEXT + 1;
    char *text = malloc(bytes);
    memset(text, '1', bytes);
    struct store_accept in = accept_of("a", "x");
    in.event = (struct text){text, bytes};
    struct store_order o = acceptance("run_8", &in, 1);
    write_ok(f, &o);
    assert_true(list_runs(f, (struct store_list){.limit = 1}).cut);
    o = later("run_8", 2, 1);
    o.update.result = (struct text){text, bytes - 1};
    write_ok(f, &o);
    assert_false(list_runs(f, (struct store_list){.limit = 1, .before = TEXT("run_8")}).cut);
    struct seen_run seen = get_run(f, "run_8");
    assert_false(seen.row.cut);
    assert_true(seen.has_result);
    free(text);
}

static void many_triggers_merge_into_one_page(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 60; i++) {
        char run[ID_BYTES], trigger[16];
        snprintf(run, sizeof run, "run_m%02d", i);
        snprintf(trigger, sizeof trigger, "t%d", i % 7);
        make(f, run, "many", trigger, NULL, i % 2 ? STORE_COMPLETED : STORE_FAILED);
    }
    expect(f, (struct store_list){.project = TEXT("many"), .limit = 4}, "m59 m58 m57 m56", true);
    expect(
        f,
        (struct store_list){
            .project = TEXT("many"), .limit = 3, .status = STORE_FAILED, .before = TEXT("run_m07")},
        "m06 m04 m02", true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_runs, tear_down)

int conform_lists(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_runs_come_newest_first),
        TEST(a_filter_leaves_only_what_fits),
        TEST(only_allowed_projects_are_listed),
        TEST(absent_projects_allow_nothing),
        TEST(pages_follow_each_other_without_a_gap),
        TEST(a_cursor_whose_run_is_gone_still_holds_its_place),
        TEST(long_texts_are_left_out_of_lists),
        TEST(many_triggers_merge_into_one_page),
    };
    return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
