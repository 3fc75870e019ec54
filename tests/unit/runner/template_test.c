/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "runner/lib/lua_json.h"
#include "runner/lib/template.h"
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1 << 16 };

static const char values[] =
    "{\"name\":\"Ada\",\"ticketId\":7,\"price\":3.50,\"vip\":true,\"sold\":false,\"none\":null,"
    "\"empty\":\"\",\"nothing\":[],\"zero\":0,\"customer\":{\"name\":\"Grace\",\"tier\":\"gold\","
    "\"address\":{\"city\":\"Oslo\"}},\"lines\":[{\"name\":\"tea\",\"n\":2},{\"name\":\"cup\",\"n\":1}],"
    "\"tags\":[\"a\",\"b\",\"c\"],\"rows\":[[1,2],[3]],\"html\":\"<b>&</b>\",\"else\":1,"
    "\"caf\xc3\xa9\":\"ol\xc3\xa9\",\"0\":\"zeroth\"}";

static int new_state(void **state)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    struct error err;
    assert_true(lua_json_push(L, text_of(values), &err));
    *state = L;
    return 0;
}

static int close_state(void **state)
{
    lua_close(*state);
    return 0;
}

static void expect(lua_State *L, const char *source, const char *text)
{
    struct error err = {0};
    struct buf out;
    buf_init(&out, OUT_MAX);
    if (!template_render(L, text_of(source), 1, &out, &err))
        fail_msg("%s: %s", source, err.text);
    assert_false(out.full);
    assert_string_equal(out.data ? out.data : "", text);
    assert_int_equal(lua_gettop(L), 1);
    buf_done(&out);
}

static void expect_refused(lua_State *L, const char *source, const char *message)
{
    struct error err = {0};
    struct buf out;
    buf_init(&out, OUT_MAX);
    if (template_render(L, text_of(source), 1, &out, &err))
        fail_msg("rendered: %s", source);
    assert_string_equal(err.text, message);
    assert_int_equal(lua_gettop(L), 1);
    buf_done(&out);
}

static void values_appear_as_they_are(void **state)
{
    expect(*state, "", "");
    expect(*state, "plain { text } }}", "plain { text } }}");
    expect(*state, "Help {{name}} ({{customer.tier}}) with {{ ticketId }}: {{price}}",
           "Help Ada (gold) with 7: 3.5");
    expect(*state, "{{vip}} {{sold}} {{zero}} {{html}}", "true false 0 <b>&</b>");
    expect(*state, "{{customer.address.city}}{{customer.address}}", "Oslo{\"city\":\"Oslo\"}");
    expect(*state, "{{lines.0.name}} {{lines.1.n}} {{rows.1.0}} {{0}}", "tea 1 3 zeroth");
    expect(*state, "{{tags}} {{nothing}} {{caf\xc3\xa9}}", "[\"a\",\"b\",\"c\"] [] ol\xc3\xa9");
    expect(*state, "{{this.name}} {{this.customer.tier}}", "Ada gold");
}

static void missing_values_render_empty(void **state)
{
    expect(*state, "[{{a}}{{none}}{{empty}}{{customer.x.y.z}}{{name.x}}{{lines.9.n}}{{tags.x}}]",
           "[]");
}

static void filters_chain(void **state)
{
    expect(*state, "{{a | default:\"x\"}} {{none|default:\"y\"}} {{empty | default: \"z\" }}",
           "x y z");
    expect(*state, "{{name | default:\"x\"}} {{zero | default:\"x\"}} {{sold | default:\"x\"}}",
           "Ada 0 false");
    expect(*state, "{{customer | json}} {{name | json}} {{a | json}}",
           "{\"address\":{\"city\":\"Oslo\"},\"name\":\"Grace\",\"tier\":\"gold\"} \"Ada\" null");
    expect(*state, "{{a | default:\"q\\\"\\\\\\n}}\" | json}}", "\"q\\\"\\\\\\n}}\"");
    expect(*state, "{{\"{{\"}}x{{\"}}\"}}", "{{x}}");
}

static void if_takes_one_part(void **state)
{
    expect(*state, "{{#if vip}}yes{{else}}no{{/if}} {{#if sold}}yes{{else}}no{{/if}}", "yes no");
    expect(*state,
           "{{#if a}}1{{/if}}{{#if none}}2{{/if}}{{#if empty}}3{{/if}}{{#if nothing}}4{{/if}}", "");
    expect(*state,
           "{{#if zero}}1{{/if}}{{#if name}}2{{/if}}{{#if tags}}3{{/if}}{{#if customer}}4{{/if}}",
           "1234");
    expect(*state, "{{#if vip}}{{#if sold}}a{{else}}b{{/if}}{{else}}{{#if vip}}c{{/if}}{{/if}}",
           "b");
}

static void each_looks_inside_first_then_outside(void **state)
{
    expect(*state, "{{#each lines}}{{@number}}. {{n}} {{name}} for {{customer.name}}; {{/each}}",
           "1. 2 tea for Grace; 2. 1 cup for Grace; ");
    expect(*state, "{{#each tags}}{{@index}}{{this}}{{/each}}", "0a1b2c");
}

static void each_nests_and_may_be_empty(void **state)
{
    expect(*state,
           "{{#each rows}}({{#each this}}{{this}}@{{@index}} {{/each}}|{{@index}}){{/each}}",
           "(1@0 2@1 |0)(3@0 |1)");
    expect(*state, "{{#each nothing}}x{{else}}none{{/each}}{{#each tags}}.{{else}}none{{/each}}",
           "none...");
    expect(*state, "{{#each a}}x{{/each}}{{#each name}}x{{/each}}{{#each customer}}x{{/each}}", "");
    expect(*state, "{{#each lines}}{{this.name}} {{this | json}}{{/each}}",
           "tea {\"n\":2,\"name\":\"tea\"}cup {\"n\":1,\"name\":\"cup\"}");
}

static void block_tags_take_their_line_with_them(void **state)
{
    expect(*state, "Lines:\n{{#each lines}}\n- {{name}}\n{{/each}}\nEnd",
           "Lines:\n- tea\n- cup\nEnd");
    expect(*state, "a\n  {{#if vip}}  \r\n  b\n  {{else}}\n  c\n  {{/if}}", "a\n  b\n");
    expect(*state, "{{! a note }}\na{{! another }}b\n", "ab\n");
    expect(*state, "x {{#if vip}}\ny\n{{/if}} z", "x \ny\n z");
    expect(*state, "{{#each tags}}\n{{this}}\n{{/each}}\n", "a\nb\nc\n");
}

static void malformed_templates_are_refused_with_the_line(void **state)
{
    static const char *const rows[][2] = {
        {"a\nb\n{{#if vip}}x", "line 3: {{#if}} without {{/if}}"},
        {"{{#each lines}}\n{{#if n}}{{/each}}", "line 2: {{/each}} closes {{#if}} of line 2"},
        {"\n{{/if}}", "line 2: {{/if}} without {{#if}}"},
        {"{{else}}", "line 1: {{else}} outside of {{#if}} and {{#each}}"},
        {"{{#if vip}}{{else}}\n{{else}}{{/if}}", "line 2: a second {{else}} in {{#if}} of line 1"},
        {"{{#iff vip}}{{/if}}", "line 1: unknown block \"iff\", did you mean \"if\"?"},
        {"{{#unless vip}}", "line 1: unknown block \"unless\" (known: if, each)"},
        {"{{name | jsn}}", "line 1: unknown filter \"jsn\", did you mean \"json\"?"},
        {"{{name | upper}}", "line 1: unknown filter \"upper\" (known: json, default)"},
        {"{{name | default}}", "line 1: filter default wants a text in quotes: default:\"…\""},
        {"{{name | json:\"x\"}}", "line 1: filter json takes no value"},
        {"{{name | default:x}}", "line 1: expected a text in quotes but found 'x'"},
        {"{{name | default:\"x}}", "line 1: a text in quotes does not end"},
        {"{{#if sold}}{{\"\xff\"}}{{/if}}",
         "line 1: a text in quotes is not UTF-8, or has a NUL byte"},
        {"{{name", "line 1: expected }} but the text ends"},
        {"{{", "line 1: expected a name such as customer.tier but the text ends"},
        {"{{}}", "line 1: expected a name such as customer.tier but found '}'"},
        {"{{name.}}", "line 1: expected a name behind the dot but found '}'"},
        {"{{name age}}", "line 1: expected }} but found 'a'"},
        {"{{{name}}}", "line 1: expected a name such as customer.tier but found '{'"},
        {"{{@index}}", "line 1: @index outside of {{#each}}"},
        {"{{@indx}}", "line 1: unknown name \"@indx\", did you mean \"@index\"?"},
        {"{{! a note", "line 1: {{! without }}"},
        {"{{#if}}x{{/if}}", "line 1: expected a name such as customer.tier but found '}'"},
        {"{{#if sold}}{{name | jsn}}{{/if}}",
         "line 1: unknown filter \"jsn\", did you mean \"json\"?"},
        {"{{#each nothing}}\n{{#if n}}{{/each}}", "line 2: {{/each}} closes {{#if}} of line 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refused(*state, rows[i][0], rows[i][1]);
}

static void depth_ends_at_16(void **state)
{
    struct buf source;
    buf_init(&source, OUT_MAX);
    for (int i = 0; i < 16; i++)
        buf_str(&source, "{{#if vip}}");
    buf_str(&source, "x");
    for (int i = 0; i < 16; i++)
        buf_str(&source, "{{/if}}");
    expect(*state, source.data, "x");
    buf_clear(&source);
    for (int i = 0; i < 17; i++)
        buf_str(&source, "{{#if vip}}");
    expect_refused(*state, source.data, "line 1: blocks nested deeper than 16");
    buf_done(&source);
}

/* Every prefix is read without looking behind its end (the sanitizer watches). */
static void cut_templates_never_read_behind_their_end(void **state)
{
    static const char whole[] =
        "a {{#each lines}}\n{{! n }}{{name | default:\"\\n\" | json}}{{@index}}\n"
        "{{else}} {{\"x\"}}\n {{/each}} \n{{#if a.b}}\xc3\xa4{{/if}}";
    for (size_t len = 0; len < sizeof whole; len++) {
        struct error err;
        struct buf out;
        buf_init(&out, OUT_MAX);
        char *part = malloc(len + 1);
        memcpy(part, whole, len);
        bool ok = template_render(*state, (struct text){part, len}, 1, &out, &err);
        assert_true(ok || strncmp(err.text, "line ", 5) == 0);
        assert_int_equal(lua_gettop(*state), 1);
        free(part);
        buf_done(&out);
    }
}

static void output_stops_at_its_limit(void **state)
{
    struct error err;
    struct buf out;
    buf_init(&out, 100);
    assert_int_equal(luaL_dostring(*state, "local t = {} for i = 1, 10000 do t[i] = 'word' end "
                                           "return {t = t}"),
                     LUA_OK);
    assert_true(template_render(*state, TEXT("{{#each t}}{{this}} {{/each}}"), -1, &out, &err));
    assert_true(out.full);
    assert_int_equal(out.len, 100);
    buf_done(&out);
}

/* This is how a declaration is checked when it is loaded. */
static void a_template_can_be_checked_without_output(void **state)
{
    struct error err = {0};
    struct buf out;
    buf_init(&out, 0);
    assert_true(template_render(
        *state, TEXT("{{empty}}{{customer | json}} {{a | default:\"x\" | json}}"), 1, &out, &err));
    assert_false(template_render(*state, TEXT("{{customer}} {{#if a}}"), 1, &out, &err));
    assert_string_equal(err.text, "line 1: {{#if}} without {{/if}}");
    assert_null(out.data);
}

static void no_code_of_the_script_runs(void **state)
{
    lua_State *L = *state;
    assert_int_equal(
        luaL_dostring(L, "return setmetatable({f = print, t = setmetatable({}, {__tostring = error,"
                         " __len = error})}, {__index = error, __pairs = error})"),
        LUA_OK);
    lua_replace(L, 1);
    expect(L, "[{{missing}}{{#each t}}x{{/each}}{{#if t}}x{{/if}}{{t}}]", "[{}]");
    expect_refused(L, "\n{{f}}", "line 2: f: a function cannot be written as JSON");
}

static void views_are_looked_behind(void **state)
{
    lua_State *L = *state;
    assert_int_equal(
        luaL_dostring(L, "mt = {__index = error} return mt, {a = 'x', l = {{a = 'y'}}}"), LUA_OK);
    lua_json_set_view(L, -2);
    assert_int_equal(luaL_dostring(L, "return setmetatable({}, mt)"), LUA_OK);
    lua_replace(L, 1);
    lua_settop(L, 1);
    expect(L, "{{a}} {{this.a}} {{#each l}}{{a}}{{/each}}", "x x y");
    assert_int_equal(luaL_dostring(L, "return {event = setmetatable({}, mt)}"), LUA_OK);
    lua_replace(L, 1);
    expect(L, "{{event.a}} {{event}} {{#if event}}yes{{/if}}",
           "x {\"a\":\"x\",\"l\":[{\"a\":\"y\"}]} yes");
}

/* Each json doubles the backslashes of the one before: forty of them would fill all memory. */
static void a_value_has_eight_filters_at_most(void **state)
{
    expect(*state,
           "{{empty|default:\"\"|default:\"\"|default:\"\"|default:\"\"|default:\"\"|default:\"\""
           "|default:\"\"|default:\"x\"}}",
           "x");
    expect_refused(*state, "\n{{a|json|json|json|json|json|json|json|json|json}}",
                   "line 2: more than 8 filters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_value_has_eight_filters_at_most, new_state, close_state),
        cmocka_unit_test_setup_teardown(values_appear_as_they_are, new_state, close_state),
        cmocka_unit_test_setup_teardown(missing_values_render_empty, new_state, close_state),
        cmocka_unit_test_setup_teardown(filters_chain, new_state, close_state),
        cmocka_unit_test_setup_teardown(if_takes_one_part, new_state, close_state),
        cmocka_unit_test_setup_teardown(each_looks_inside_first_then_outside, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(each_nests_and_may_be_empty, new_state, close_state),
        cmocka_unit_test_setup_teardown(block_tags_take_their_line_with_them, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(malformed_templates_are_refused_with_the_line, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(depth_ends_at_16, new_state, close_state),
        cmocka_unit_test_setup_teardown(cut_templates_never_read_behind_their_end, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(output_stops_at_its_limit, new_state, close_state),
        cmocka_unit_test_setup_teardown(views_are_looked_behind, new_state, close_state),
        cmocka_unit_test_setup_teardown(a_template_can_be_checked_without_output, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(no_code_of_the_script_runs, new_state, close_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
