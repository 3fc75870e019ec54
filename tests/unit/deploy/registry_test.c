/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "deploy/registry.h"
#include "folder.h"
#include "test.h"

static struct registry registry;
static unsigned unused; /* versions that nobody holds any more */
static uint64_t unused_tag;

static void on_unused(void *arg, const struct version *v)
{
    assert_ptr_equal(arg, &registry);
    unused++;
    unused_tag = v->tag;
}

static int open_registry(void **state)
{
    (void)state;
    unused = 0;
    registry_init(&registry, false, on_unused, &registry);
    folder_open();
    return 0;
}

static int close_registry(void **state)
{
    (void)state;
    registry_done(&registry);
    folder_close();
    return 0;
}

static struct version *make_version(const char *content)
{
    struct bundle *b = NULL;
    struct error err;
    if (access(at("p").path, F_OK) != 0)
        make_folder("p");
    write_file("p/k.lua", content);
    if (!bundle_read(folder_base, "p", "k", &b, &err))
        fail_msg("%s", err.text);
    return version_make(&registry, b);
}

/* A version of p/k with this id and name, as the runner would declare it. */
static struct version *declared(const char *project, const char *key, const char *id,
                                const char *name)
{
    static const struct manifest_ceilings ceilings = {.cpu_ms = 1000,
                                                      .memory_bytes = 64 << 20,
                                                      .steps = 1000,
                                                      .wall_ms = 1000000,
                                                      .body_bytes = 1 << 20};
    char json[256];
    struct error err;
    int line;
    struct version *v = make_version(id);
    snprintf(
        json, sizeof json,
        "{\"line\":1,\"declaration\":{\"id\":\"%s\",\"name\":\"%s\",\"run\":{\"$function\":1}}}",
        id, name);
    v->manifest = manifest_new(project, key, text_of(json), TEXT(""), &ceilings, &line, &err);
    if (!v->manifest)
        fail_msg("%s", err.text);
    return v;
}

static void serve(struct trigger *t, const char *id, const char *name)
{
    struct error err;
    const char *field;
    struct version *old = t->current;
    if (!registry_serve(&registry, t, declared(t->project, t->key, id, name), &field, &err))
        fail_msg("%s: %s", field, err.text);
    version_drop(&registry, old);
}

static void expect_refused(struct trigger *t, const char *id, const char *name, const char *wanted,
                           const char *reason)
{
    struct error err;
    const char *field;
    struct version *before = t->current, *v = declared(t->project, t->key, id, name);
    assert_false(registry_serve(&registry, t, v, &field, &err));
    assert_string_equal(field, wanted);
    assert_string_equal(err.text, reason);
    assert_ptr_equal(t->current, before);
    version_drop(&registry, v);
}

static struct trigger *find(const char *project, const char *key)
{
    return registry_find(&registry, text_of(project), text_of(key));
}

static void a_key_is_found_in_any_case_and_a_project_in_its_own(void **state)
{
    char name[200];
    (void)state;
    struct trigger *t = registry_add(&registry, "Shop", "Order");
    assert_ptr_equal(find("Shop", "order"), t);
    assert_ptr_equal(find("Shop", "ORDER"), t);
    assert_null(find("shop", "Order"));
    assert_null(find("Shop", "orders"));
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    assert_null(find("Shop", name)); /* no name is that long */
    assert_null(find(name, "order"));
}

static void triggers_are_listed_by_project_and_key(void **state)
{
    size_t count;
    (void)state;
    registry_add(&registry, "b", "a");
    registry_add(&registry, "a", "z");
    registry_add(&registry, "a", "c");
    struct trigger **list = registry_sorted(&registry, &count);
    assert_int_equal(count, 3);
    assert_string_equal(list[0]->key, "c");
    assert_string_equal(list[1]->key, "z");
    assert_string_equal(list[2]->project, "b");
    free(list);
}

static void a_trigger_serves_once_a_version_is_in_place(void **state)
{
    (void)state;
    struct trigger *t = registry_add(&registry, "p", "k");
    assert_false(trigger_serves(t));
    serve(t, "id-1", "K");
    assert_true(trigger_serves(t));
    assert_ptr_equal(registry_find_id(&registry, TEXT("id-1")), t);
    serve(t, "id-2", "K");
    assert_null(registry_find_id(&registry, TEXT("id-1")));
    assert_ptr_equal(registry_find_id(&registry, TEXT("id-2")), t);
}

static void an_id_belongs_to_one_trigger_of_the_host(void **state)
{
    (void)state;
    serve(registry_add(&registry, "p", "k"), "same", "K");
    expect_refused(registry_add(&registry, "q", "other"), "same", "O", "id",
                   "id \"same\" is taken by p/k.lua: ids are unique in a host");
    serve(find("p", "k"), "same", "K again"); /* it may keep its own */
}

static void a_name_belongs_to_one_trigger_of_its_project(void **state)
{
    (void)state;
    serve(registry_add(&registry, "p", "k"), "a", "Refunds");
    expect_refused(registry_add(&registry, "p", "other"), "b", "REFUNDS", "name",
                   "name \"REFUNDS\" is taken by p/k.lua: names are unique in a project");
    serve(registry_add(&registry, "q", "other"), "c", "Refunds");
}

static void a_key_belongs_to_one_trigger_of_the_host_where_it_is_set_so(void **state)
{
    (void)state;
    registry.host_keys = true;
    serve(registry_add(&registry, "p", "k"), "a", "A");
    expect_refused(
        registry_add(&registry, "q", "K"), "b", "B", "",
        "key \"K\" is taken by p/k.lua: keys are unique in this host (trigger_keys = \"host\")");
    registry.host_keys = false;
    serve(find("q", "K"), "b", "B");
}

static void a_removed_trigger_gives_its_id_back(void **state)
{
    (void)state;
    struct trigger *t = registry_add(&registry, "p", "k");
    serve(t, "id-1", "K");
    struct version *v = t->current;
    registry_remove(&registry, t);
    version_drop(&registry, v);
    assert_null(find("p", "k"));
    assert_null(registry_find_id(&registry, TEXT("id-1")));
    serve(registry_add(&registry, "q", "k"), "id-1", "K");
}

static void a_pause_is_of_an_address_and_outlives_the_file(void **state)
{
    (void)state;
    registry_pause(&registry, "p", "K", "key_1", 5);
    struct trigger *t = registry_add(&registry, "p", "k");
    serve(t, "a", "A");
    assert_false(trigger_serves(t));
    assert_string_equal(t->pause->by, "key_1");
    registry_pause(&registry, "p", "k", "key_2", 9); /* the first one stays */
    assert_string_equal(t->pause->by, "key_1");
    assert_int_equal(t->pause->at_ms, 5);
    struct version *v = t->current;
    registry_remove(&registry, t);
    version_drop(&registry, v);
    t = registry_add(&registry, "p", "k");
    serve(t, "a", "A");
    assert_false(trigger_serves(t));
    registry_pause(&registry, "p", "k", NULL, 0);
    assert_true(trigger_serves(t));
    registry_pause(&registry, "p", "k", NULL, 0); /* harmless twice */
}

static void a_version_lives_until_the_last_holder_drops_it(void **state)
{
    (void)state;
    struct version *v = make_version("return 1");
    uint64_t tag = v->tag;
    assert_ptr_equal(version_hold(v), v);
    assert_ptr_equal(version_by_tag(&registry, tag), v);
    assert_ptr_equal(version_by_hash(&registry, v->hash), v);
    version_drop(&registry, v);
    assert_int_equal(unused, 0);
    version_drop(&registry, v);
    assert_int_equal(unused, 1);
    assert_int_equal(unused_tag, tag);
    assert_null(version_by_tag(&registry, tag));
    version_drop(&registry, NULL);
}

static void a_tag_is_never_used_again(void **state)
{
    (void)state;
    struct version *v = make_version("return 1");
    uint64_t tag = v->tag;
    version_drop(&registry, v);
    v = make_version("return 1");
    assert_int_not_equal(v->tag, tag);
    version_drop(&registry, v);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_registry, close_registry)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_found_in_any_case_and_a_project_in_its_own),
        TEST(triggers_are_listed_by_project_and_key),
        TEST(a_trigger_serves_once_a_version_is_in_place),
        TEST(an_id_belongs_to_one_trigger_of_the_host),
        TEST(a_name_belongs_to_one_trigger_of_its_project),
        TEST(a_key_belongs_to_one_trigger_of_the_host_where_it_is_set_so),
        TEST(a_removed_trigger_gives_its_id_back),
        TEST(a_pause_is_of_an_address_and_outlives_the_file),
        TEST(a_version_lives_until_the_last_holder_drops_it),
        TEST(a_tag_is_never_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
