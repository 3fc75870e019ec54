/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/filter.h"
#include "domain/manifest/manifest.h"
#include <stdio.h>
#include <string.h>

static const struct manifest_ceilings ceilings = {.cpu_ms = 10000,
                                                  .memory_bytes = 64 << 20,
                                                  .steps = 100000,
                                                  .wall_ms = INT64_C(30) * 86400000,
                                                  .body_bytes = 4 << 20};

/* fields: what stands beside `run` in the declaration, as JSON. */
static struct manifest *declare(const char *fields, const char *source, int *line,
                                struct error *err)
{
    struct buf json;
    buf_init(&json, 1 << 20);
    buf_printf(&json, "{\"line\":2,\"declaration\":{\"run\":{\"$function\":5}%s%s}}",
               *fields ? "," : "", fields);
    struct manifest *m = manifest_new("shop", "refund", buf_view(&json),
                                      source ? text_of(source) : TEXT_NONE, &ceilings, line, err);
    buf_done(&json);
    return m;
}

static struct manifest *accept(const char *fields)
{
    struct error err;
    int line;
    struct manifest *m = declare(fields, NULL, &line, &err);
    if (!m)
        fail_msg("%s: %s", fields, err.text);
    return m;
}

static void defaults_are_the_documented_ones(void **state)
{
    (void)state;
    struct manifest *m = accept("");
    assert_string_equal(m->name, "refund");
    assert_string_equal(m->id, "shop.refund");
    assert_null(m->input);
    assert_null(m->defaults);
    assert_null(m->filter);
    assert_false(m->filter_function || m->unique || m->instruction_given || m->paused);
    assert_int_equal(m->wait_ms, 60000);
    assert_int_equal(m->body_max, 1 << 20);
    assert_int_equal(m->wall_ms, 0);
    assert_int_equal(m->cpu_ms, 250);
    assert_int_equal(m->memory_bytes, 16 << 20);
    assert_int_equal(m->steps, 1000);
    assert_int_equal(m->output_bytes, 1 << 20);
    assert_int_equal(m->record_bytes, 64 << 10);
    manifest_free(m);
}

static void every_field_is_kept(void **state)
{
    (void)state;
    struct manifest *m =
        accept("\"name\":\"  Refund request \",\"id\":\"scenario_a0f5822a-d94c.x:1\","
               "\"input\":{\"amount\":\"number\"},\"defaults\":{\"amount\":1},"
               "\"filter\":[[\"amount\",\"<\",100]],\"unique\":\"24h\",\"wait\":\"5m\","
               "\"instruction\":\"Help {{name}}\",\"paused\":true,\"body\":\"2MB\","
               "\"limits\":{\"cpu\":\"10s\",\"memory\":\"1MB\",\"steps\":100000,\"wall\":\"30d\","
               "\"output\":\"4MB\",\"record\":1000}");
    assert_string_equal(m->name, "Refund request");
    assert_string_equal(m->id, "scenario_a0f5822a-d94c.x:1");
    assert_string_equal(json_string(m->input, "amount"), "number");
    assert_true(json_number(m->defaults, "amount", 0) == 1);
    assert_true(filter_pass(m->filter, m->defaults, NULL, 0));
    assert_true(m->unique && m->unique_ms == 86400000);
    assert_int_equal(m->wait_ms, 300000);
    assert_true(m->instruction_given && m->paused);
    assert_int_equal(m->body_max, 2 << 20);
    assert_int_equal(m->cpu_ms, 10000);
    assert_int_equal(m->memory_bytes, 1 << 20);
    assert_int_equal(m->steps, 100000);
    assert_true(m->wall_ms == ceilings.wall_ms);
    assert_int_equal(m->output_bytes, 4 << 20);
    assert_int_equal(m->record_bytes, 1000);
    manifest_free(m);
}

static void other_forms_are_understood(void **state)
{
    (void)state;
    struct manifest *m = accept("\"filter\":{\"$function\":7},\"unique\":true,\"wait\":false,"
                                "\"instruction\":{\"$function\":9},\"body\":1000,\"input\":[],"
                                "\"defaults\":[],\"limits\":[],\"paused\":false");
    assert_true(m->filter_function && !m->filter);
    assert_true(m->unique && m->unique_ms == 0);
    assert_int_equal(m->wait_ms, 0);
    assert_true(m->instruction_given);
    assert_int_equal(m->body_max, 1000);
    assert_null(m->input);
    assert_null(m->defaults);
    manifest_free(m);
    m = accept("\"unique\":false,\"filter\":[]");
    assert_false(m->unique);
    assert_non_null(m->filter);
    manifest_free(m);
}

static void defaults_never_pass_the_hosts_ceilings(void **state)
{
    (void)state;
    const struct manifest_ceilings low = {
        .cpu_ms = 100, .memory_bytes = 2 << 20, .steps = 10, .wall_ms = 1000, .body_bytes = 2000};
    struct error err;
    int line;
    struct manifest *m =
        manifest_new("p", "k", TEXT("{\"line\":1,\"declaration\":{\"run\":{\"$function\":1}}}"),
                     TEXT_NONE, &low, &line, &err);
    assert_non_null(m);
    assert_int_equal(m->cpu_ms, 100);
    assert_int_equal(m->memory_bytes, 2 << 20);
    assert_int_equal(m->steps, 10);
    assert_int_equal(m->body_max, 2000);
    assert_int_equal(m->wall_ms, 0);
    manifest_free(m);
}

static void mistakes_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *fields, *text;
    } rows[] = {
        {"\"filer\":[]", "unknown field \"filer\", did you mean \"filter\"?"},
        {"\"completely_else\":1", "unknown field \"completely_else\""},
        {"\"schedule\":\"@daily\"", "field \"schedule\" is not supported yet"},
        {"\"widget\":1", "widget: true or false is needed, not a number"},
        {"\"widget\":true", "widget: a widget needs origins, the pages that may start it: "
                            "origins = {\"https://shop.example\"}"},
        {"\"widget\":true,\"origins\":[]",
         "widget: a widget needs origins, the pages that may start it: "
         "origins = {\"https://shop.example\"}"},
        {"\"widget\":true,\"origins\":\"https://a.example\",\"verify\":\"github\"",
         "widget: a page cannot sign, so that widget and verify do not go together"},
        {"\"origins\":true", "origins: a list of origins is needed"},
        {"\"origins\":[\"*\"]", "origins: \"*\" has a wildcard: name each origin by itself"},
        {"\"session\":\"queue\"",
         "session: \"queue\" is not supported yet: two runs of one session "
         "are \"parallel\""},
        {"\"session\":\"reject\"", "session: \"reject\" is not supported yet: two runs of one "
                                   "session are \"parallel\""},
        {"\"session\":\"serial\"", "session: \"parallel\" is needed"},
        {"\"session\":true", "session: \"parallel\" is needed"},
        {"\"name\":7", "name: a string is needed, not a number"},
        {"\"name\":{\"$function\":3}", "name: a string is needed, not a function"},
        {"\"name\":\"  \"", "name: 1 to 200 characters are needed, not 0"},
        {"\"name\":\"a\\nb\"", "name: line ends and control characters are no part of a name"},
        {"\"id\":\"a b\"", "id: 1 to 128 letters, digits or . _ : - are needed"},
        {"\"id\":\"\"", "id: 1 to 128 letters, digits or . _ : - are needed"},
        {"\"id\":true", "id: a string is needed, not true"},
        {"\"input\":7", "input: a table of fields is needed"},
        {"\"input\":{\"note\":{\"type\":\"string\",\"maxx\":1}}",
         "input.note: unknown key \"maxx\", did you mean \"max\"?"},
        {"\"input\":{\"a: b\":\"x\"}", "input.a: b: unknown type \"x\""},
        {"\"defaults\":[1]", "defaults: a table of named values is needed, not a list"},
        {"\"defaults\":\"x\"", "defaults: a table of named values is needed, not a string"},
        {"\"filter\":\"x\"", "filter: a list of conditions or a function is needed, not a string"},
        {"\"filter\":[[\"a\",\"=\",1],[\"a\",\"=<\",1]]",
         "filter[2]: unknown operator \"=<\", did you mean \"<=\"?"},
        {"\"unique\":\"0s\"", "unique: 0s is less than 1s"},
        {"\"unique\":\"4000d\"", "unique: 4000d is more than the limit of 3650d"},
        {"\"unique\":7", "unique: true or a duration such as \"24h\" is needed, not a number"},
        {"\"wait\":\"10m\"", "wait: 10m is more than the limit of 5m"},
        {"\"wait\":\"0s\"", "wait: 0s is less than 1ms"},
        {"\"wait\":true", "wait: a duration such as \"30s\" or false is needed, not true"},
        {"\"wait\":30", "wait: a duration such as \"30s\" or false is needed, not a number"},
        {"\"wait\":\"30\"", "wait: a duration such as \"30s\" is needed, not \"30\""},
        {"\"instruction\":7", "instruction: a template or a function is needed, not a number"},
        {"\"paused\":1", "paused: true or false is needed, not a number"},
        {"\"body\":\"5MB\"", "body: 5MB is more than the limit of 4MB"},
        {"\"body\":0", "body: 0 is less than 1B"},
        {"\"limits\":7", "limits: a table such as {cpu = \"250ms\"} is needed, not a number"},
        {"\"limits\":{\"cpuu\":1}", "limits.cpuu: unknown field \"cpuu\", did you mean \"cpu\"?"},
        {"\"limits\":{\"cpu\":\"11s\"}", "limits.cpu: 11s is more than the limit of 10s"},
        {"\"limits\":{\"memory\":\"65MB\"}", "limits.memory: 65MB is more than the limit of 64MB"},
        {"\"limits\":{\"memory\":1000}", "limits.memory: 1000 is less than 1MB"},
        {"\"limits\":{\"steps\":\"7\"}", "limits.steps: a whole number is needed, not a string"},
        {"\"limits\":{\"wall\":\"31d\"}", "limits.wall: 31d is more than the limit of 30d"},
        {"\"limits\":{\"output\":\"5MB\"}", "limits.output: 5MB is more than the limit of 4MB"},
        {"\"limits\":{\"record\":\"2MB\"}", "limits.record: 2MB is more than the limit of 1MB"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int line = 0;
        assert_null(declare(rows[i].fields, NULL, &line, &err));
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(line, 2); /* the trigger's, as there is no source to look in */
    }
}

static void every_planned_field_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const names[] = {
        "form", "mcp",      "schedule", "timezone",  "catch_up", "concurrency",
        "rate", "debounce", "priority", "retention", "budget",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char field[64], want[96];
        struct error err;
        int line;
        snprintf(field, sizeof field, "\"%s\":true", names[i]);
        snprintf(want, sizeof want, "field \"%s\" is not supported yet", names[i]);
        assert_null(declare(field, NULL, &line, &err));
        assert_string_equal(err.text, want);
    }
}

static void addresses_and_signatures_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *fields, *err;
    } rows[] = {
        {"\"verify\":\"gihub\"", "verify: unknown preset \"gihub\", did you mean \"github\"?"},
        {"\"allow\":[\"10.0.0.1/8\"]",
         "allow: \"10.0.0.1/8\" has bits behind its prefix: write 10.0.0.0/8"},
        {"\"block\":[7]", "block: entry 1 is not a string"},
    };
    struct manifest *m =
        accept("\"verify\":\"github\",\"allow\":[\"10.0.0.0/8\"],\"block\":[\"10.1.0.0/16\"]");
    assert_non_null(m->verify);
    assert_int_equal(m->allow.count, 1);
    assert_int_equal(m->block.items[0].bits, 112);
    manifest_free(m);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int line;
        assert_null(declare(rows[i].fields, NULL, &line, &err));
        assert_string_equal(err.text, rows[i].err);
    }
}

static void origins_are_kept(void **state)
{
    (void)state;
    struct manifest *m = accept("\"widget\":true,\"origins\":[\"https://A.example\"]");
    assert_true(m->widget);
    assert_string_equal(m->origins, "https://a.example");
    manifest_free(m);
    m = accept("\"widget\":false");
    assert_false(m->widget);
    assert_null(m->origins);
    manifest_free(m);
}

static void long_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *field, *unit;
        int count;
        bool ok;
    } rows[] = {
        {"name", "\xc3\xa9", 200, true},
        {"name", "\xc3\xa9", 201, false},
        {"id", "a", 128, true},
        {"id", "a", 129, false},
        {"instruction", "a", 65536, true},
        {"instruction", "a", 65537, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b;
        struct error err;
        int line;
        buf_init(&b, 1 << 20);
        buf_printf(&b, "\"%s\":\"", rows[i].field);
        for (int k = 0; k < rows[i].count; k++)
            buf_str(&b, rows[i].unit);
        buf_char(&b, '"');
        struct manifest *m = declare(b.data, NULL, &line, &err);
        assert_int_equal(m != NULL, rows[i].ok);
        manifest_free(m);
        buf_done(&b);
    }
}

static void a_workflow_function_is_needed(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"{\"line\":3,\"declaration\":{\"run\":\"x\"}}", "run: a function is needed, not a string"},
        {"{\"line\":3,\"declaration\":[1]}", "trigger needs a table of named fields"},
        {"{\"line\":3}", "trigger needs a table of named fields"},
        {"{\"line\":3", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int line;
        assert_null(
            manifest_new("p", "k", text_of(rows[i].json), TEXT_NONE, &ceilings, &line, &err));
        assert_int_equal(line, rows[i].text ? 3 : 1);
        if (rows[i].text)
            assert_string_equal(err.text, rows[i].text);
    }
}

static void the_line_is_that_of_the_field(void **state)
{
    (void)state;
    static const char source[] = "-- wait = \"10m\"\n"
                                 "return trigger {\n"
                                 "  wait = \"10m\",\n"
                                 "  filter = {\n"
                                 "    { \"a\", \"=\", 1 },\n"
                                 "    { \"a\", \"=<\", 1 },\n"
                                 "  },\n"
                                 "  input = { note = {\n"
                                 "    type = \"strin\" } },\n"
                                 "  limits = { cpu = \"1s\",\n"
                                 "    steps = -1 },\n"
                                 "  filer = 1,\n"
                                 "}\n";
    static const struct {
        const char *fields;
        int line;
    } rows[] = {
        {"\"wait\":\"10m\"", 3},
        {"\"filter\":[[\"a\",\"=\",1],[\"a\",\"=<\",1]]", 6},
        {"\"input\":{\"note\":{\"type\":\"strin\"}}", 8},
        {"\"limits\":{\"steps\":-1}", 11},
        {"\"limits\":{\"cpu\":\"1d\"}", 10},
        {"\"filer\":1", 12},
        {"\"elsewhere\":1", 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int line;
        assert_null(declare(rows[i].fields, source, &line, &err));
        assert_int_equal(line, rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_documented_ones),
        cmocka_unit_test(every_field_is_kept),
        cmocka_unit_test(other_forms_are_understood),
        cmocka_unit_test(defaults_never_pass_the_hosts_ceilings),
        cmocka_unit_test(mistakes_are_refused_with_a_reason),
        cmocka_unit_test(every_planned_field_is_refused_by_name),
        cmocka_unit_test(addresses_and_signatures_are_kept),
        cmocka_unit_test(origins_are_kept),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(a_workflow_function_is_needed),
        cmocka_unit_test(the_line_is_that_of_the_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
