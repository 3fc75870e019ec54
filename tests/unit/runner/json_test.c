/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/json.h"
#include "runner/lib/lua_json.h"
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1 << 20 };

static int new_state(void **state)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    *state = L;
    return 0;
}

static int close_state(void **state)
{
    lua_close(*state);
    return 0;
}

/* The JSON of what a Lua expression yields. */
static void expect_written(lua_State *L, const char *expression, const char *json)
{
    struct error err = {0};
    struct buf out;
    buf_init(&out, OUT_MAX);
    char chunk[512];
    snprintf(chunk, sizeof chunk, "return %s", expression);
    assert_int_equal(luaL_dostring(L, chunk), LUA_OK);
    if (!lua_json_write(L, -1, &out, "value", &err))
        fail_msg("%s: %s", expression, err.text);
    assert_string_equal(out.data, json);
    lua_settop(L, 0);
    buf_done(&out);
}

static void expect_unwritable(lua_State *L, const char *chunk, const char *message)
{
    struct error err = {0};
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(luaL_dostring(L, chunk), LUA_OK);
    assert_false(lua_json_write(L, -1, &out, "result", &err));
    assert_string_equal(err.text, message);
    assert_int_equal(lua_gettop(L), 1);
    lua_settop(L, 0);
    buf_done(&out);
}

static void push(lua_State *L, const char *json)
{
    struct error err = {0};
    if (!lua_json_push(L, text_of(json), &err))
        fail_msg("%s: %s", json, err.text);
}

static void expect_round_trip(lua_State *L, const char *json, const char *written)
{
    struct error err = {0};
    struct buf out;
    buf_init(&out, OUT_MAX);
    push(L, json);
    assert_int_equal(lua_gettop(L), 1);
    if (!lua_json_write(L, 1, &out, "value", &err))
        fail_msg("%s: %s", json, err.text);
    assert_string_equal(out.data, written);
    lua_settop(L, 0);
    buf_done(&out);
}

static void text_is_read_and_written_back(void **state)
{
    static const char *const same[] = {
        "{}",
        "[]",
        "null",
        "true",
        "\"\"",
        "[[],{},[[]]]",
        "{\"a\":[],\"b\":{}}",
        "[1,-2,3.5,1e+300,5e-324,9223372036854775807,-9223372036854775808]",
        "[null,false,null]",
        "{\"a\":null}",
        "\"q\\\" b\\\\ n\\n \\u001f \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        expect_round_trip(*state, same[i], same[i]);
    expect_round_trip(*state, " { \"b\" : 1 ,\n\"a\" : [ 2 , 3 ] }\t", "{\"a\":[2,3],\"b\":1}");
    expect_round_trip(*state, "\"\\u00e4\\ud83d\\ude00\\/\\b\\f\\t\"",
                      "\"\xc3\xa4\xf0\x9f\x98\x80/\\b\\f\\t\"");
}

static void numbers_keep_their_kind(void **state)
{
    lua_State *L = *state;
    static const struct {
        const char *json;
        bool integer;
        double value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"12", true, 12},
        {"9007199254740993", true, 9007199254740993.0},
        {"9223372036854775808", false, 9223372036854775808.0},
        {"-9223372036854775809", false, -9223372036854775808.0},
        {"123456789012345678901234567890", false, 123456789012345678901234567890.0},
        {"3.0", false, 3},
        {"1e2", false, 100},
        {"0.1", false, 0.1},
        {"-1.5E-3", false, -0.0015},
        {"0.30000000000000004", false, 0.30000000000000004},
        {"1234567890.123456789012345678", false, 1234567890.123456789012345678},
        {"0.00000000000000000000000000000000000000000000000000000000000000000001", false, 1e-68},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        push(L, rows[i].json);
        assert_int_equal(lua_isinteger(L, -1), rows[i].integer);
        if (lua_tonumber(L, -1) != rows[i].value)
            fail_msg("%s became %.17g", rows[i].json, lua_tonumber(L, -1));
        lua_settop(L, 0);
    }
    push(L, "-9223372036854775808");
    assert_true(lua_tointeger(L, -1) == LUA_MININTEGER);
}

/* Both parsers must accept the same texts, as the host reads what the runner will read. */
static void malformed_text_is_refused_as_the_host_refuses_it(void **state)
{
    lua_State *L = *state;
    static const char *const rows[] = {
        "",
        " ",
        "{",
        "[",
        "\"",
        "\"a",
        "\"\\",
        "\"\\\"",
        "\"\\u12",
        "\"\\u12g4\"",
        "\"\\x\"",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "nul",
        "tru",
        "nulll",
        "True",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x10",
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "[1]]",
        "1 2",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800x\"",
        "\"\n\"",
        "\"\t\"",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\xe2\x82\"",
        "\xef\xbb\xbf{}",
        "'a'",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[\"x\" \"y\"]",
        "// a\n1",
        "\"12345678\x01\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error mine = {0}, host = {0};
        if (lua_json_push(L, text_of(rows[i]), &mine))
            fail_msg("accepted: %s", rows[i]);
        assert_int_equal(lua_gettop(L), 0);
        assert_null(json_parse(text_of(rows[i]), &host));
        assert_int_equal(mine.code, host.code);
    }
    struct error err;
    assert_false(lua_json_push(L, (struct text){"\"a\0b\"", 5}, &err));
    assert_string_equal(err.text, "byte 2: a string holds a raw control character");
    assert_false(lua_json_push(L, TEXT_NONE, &err));
}

/* Every prefix of a text is read without looking behind its end (the sanitizer watches). */
static void cut_text_is_refused_at_every_byte(void **state)
{
    lua_State *L = *state;
    static const char whole[] =
        "{\"a\\n\\ud83d\\ude00\":[1.5e3,true,null,{\"b\":\"\xe2\x82\xac tail of 8 and more\"}]}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *part = malloc(len + 1);
        memcpy(part, whole, len);
        struct error err;
        assert_false(lua_json_push(L, (struct text){len ? part : NULL, len}, &err));
        free(part);
    }
}

/* levels of [ around one value; malloc'ed. */
static char *nested(int levels)
{
    char *text = malloc((size_t)levels * 2 + 2);
    memset(text, '[', (size_t)levels);
    text[levels] = '1';
    memset(text + levels + 1, ']', (size_t)levels);
    text[levels * 2 + 1] = '\0';
    return text;
}

static void depth_ends_at_64(void **state)
{
    char *deep = nested(64), *deeper = nested(65);
    expect_round_trip(*state, deep, deep);
    struct error err;
    assert_false(lua_json_push(*state, text_of(deeper), &err));
    assert_string_equal(err.text, "byte 64: nested deeper than 64 levels");
    free(deep);
    free(deeper);
}

/* {"k0":0,…}: many more members than wait on the stack at once; malloc'ed. */
static char *large_object(int members, const char *extra)
{
    struct buf b;
    buf_init(&b, OUT_MAX);
    for (int i = 0; i < members; i++)
        buf_printf(&b, "%c\"k%d\":%d", i ? ',' : '{', i, i);
    buf_str(&b, extra);
    buf_char(&b, '}');
    return buf_take(&b);
}

static void large_objects_and_arrays_arrive_whole(void **state)
{
    lua_State *L = *state;
    char *object = large_object(1000, "");
    push(L, object);
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        lua_getfield(L, 1, name);
        assert_int_equal(lua_tointeger(L, -1), i);
        lua_pop(L, 1);
    }
    free(object);
    lua_settop(L, 0);
    struct buf array;
    buf_init(&array, OUT_MAX);
    for (int i = 1; i <= 1000; i++)
        buf_printf(&array, "%c%d", i > 1 ? ',' : '[', i);
    buf_char(&array, ']');
    expect_round_trip(L, array.data, array.data);
    buf_done(&array);
}

static void repeated_names_are_found_near_and_far(void **state)
{
    static const char *const extras[] = {",\"k0\":1", ",\"k17\":1", ",\"k39\":1",
                                         ",\"k\\u0035\":1"};
    struct error err;
    for (size_t i = 0; i < ARRAY_LEN(extras); i++) {
        char *text = large_object(40, extras[i]);
        assert_false(lua_json_push(*state, text_of(text), &err));
        assert_non_null(strstr(err.text, "is repeated"));
        free(text);
    }
    const char *twice = "{\"a name that is longer than what Lua interns\":1,"
                        "\"a name that is longer than what Lua interns\":2}";
    assert_false(lua_json_push(*state, text_of(twice), &err));
    assert_string_equal(
        err.text, "byte 49: name \"a name that is longer than what Lua inte...\" is repeated");
}

static void too_many_values_are_refused(void **state)
{
    struct buf b;
    buf_init(&b, OUT_MAX);
    for (int i = 0; i < LUA_JSON_NODES; i++)
        buf_str(&b, i ? ",1" : "[1");
    buf_char(&b, ']');
    struct error err;
    assert_false(lua_json_push(*state, buf_view(&b), &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_non_null(strstr(err.text, "more than 262144 values"));
    buf_done(&b);
}

static void null_is_a_value_of_its_own(void **state)
{
    lua_State *L = *state;
    push(L, "{\"a\":null,\"b\":[null]}");
    lua_setglobal(L, "v");
    assert_int_equal(luaL_dostring(L, "return v.a == v.b[1] and v.a ~= nil and v.a ~= false and "
                                      "tostring(v.a) == 'null' and not getmetatable(v.a)"),
                     LUA_OK);
    assert_true(lua_toboolean(L, -1));
}

/* 2^60 is a float in Lua; without its last digits it would be read back as another integer. */
static void whole_floats_within_64_bits_have_all_digits(void **state)
{
    lua_State *L = *state;
    expect_written(L, "2^60", "1152921504606846976");
    expect_written(L, "-2.0^63", "-9223372036854775808");
    expect_written(L, "2^63", "9223372036854776000");
    expect_written(L, "9007199254740993", "9007199254740993");
    expect_written(L, "{1.0, 1e15, -0.0}", "[1,1000000000000000,0]");
}

static void empty_tables_are_objects_unless_marked(void **state)
{
    lua_State *L = *state;
    expect_written(L, "{}", "{}");
    expect_written(L, "{{}, a}", "[{}]");
    push(L, "[]");
    assert_true(lua_json_is_marked(L, 1));
    lua_setglobal(L, "list");
    expect_written(L, "list", "[]");
    expect_written(L, "(function() list[1] = 'x' return list end)()", "[\"x\"]");
    expect_written(L, "(function() list[1] = nil list.x = 1 return list end)()", "{\"x\":1}");
    push(L, "[1]");
    assert_false(lua_json_is_marked(L, -1));
}

static void lua_values_have_one_form(void **state)
{
    lua_State *L = *state;
    expect_written(L, "nil", "null");
    expect_written(L, "3.0", "3");
    expect_written(L, "1/3", "0.3333333333333333");
    expect_written(L, "2^53", "9007199254740992");
    expect_written(L, "1e21", "1e+21");
    expect_written(L, "math.mininteger", "-9223372036854775808");
    expect_written(L, "{z = 1, a = {true, 'x'}, ['\xc3\xa4'] = 2, B = 3}",
                   "{\"B\":3,\"a\":[true,\"x\"],\"z\":1,\"\xc3\xa4\":2}");
    expect_written(L, "{['1'] = 1, ['10'] = 3, ['2'] = 2}", "{\"1\":1,\"10\":3,\"2\":2}");
    expect_written(L, "setmetatable({a = 1}, {__index = {b = 2}, __pairs = error, __len = error})",
                   "{\"a\":1}");
}

static void many_keys_are_sorted(void **state)
{
    lua_State *L = *state;
    struct error err;
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(luaL_dostring(L,
                                   "local t = {} for i = 5000, 1, -1 do t['k' .. i * 7919 % 5003]"
                                   " = i end return t"),
                     LUA_OK);
    assert_true(lua_json_write(L, 1, &out, "value", &err));
    char before[32] = "";
    int found = 0;
    for (char *at = out.data; (at = strstr(at, "\"k")); found++) {
        char key[32];
        assert_int_equal(sscanf(++at, "%31[^\"]", key), 1);
        assert_true(strcmp(before, key) < 0);
        memcpy(before, key, sizeof before);
    }
    assert_int_equal(found, 5000);
    buf_done(&out);
}

static void what_json_has_not_is_named_with_its_path(void **state)
{
    lua_State *L = *state;
    static const char *const rows[][2] = {
        {"return print", "result: a function cannot be written as JSON"},
        {"return {items = {1, 2, {f = print}}}",
         "result.items[3].f: a function cannot be written as JSON"},
        {"return {['odd key'] = {coroutine.create(print)}}",
         "result[\"odd key\"][1]: a thread cannot be written as JSON"},
        {"return {io.stdout}", "result[1]: a FILE* cannot be written as JSON"},
        {"return {a = 0/0}", "result.a: not a number (nan) cannot be written as JSON"},
        {"return {a = -1/0}", "result.a: an infinite number cannot be written as JSON"},
        {"return {1, nil, 3}",
         "result: a list with holes cannot be written as JSON (put json.null in them)"},
        {"return {[2] = 1}",
         "result: a list with holes cannot be written as JSON (put json.null in them)"},
        {"return {1, x = 2}",
         "result: a table with both numbered and named keys cannot be written as JSON"},
        {"return {[0] = 1}", "result: keys must be strings, or 1, 2, 3, … to be written as JSON"},
        {"return {[1.5] = 1}", "result: keys must be strings, or 1, 2, 3, … to be written as JSON"},
        {"return {[true] = 1}",
         "result: keys must be strings, or 1, 2, 3, … to be written as JSON"},
        {"return {s = '\\xff'}", "result.s: a string that is not UTF-8 cannot be written as JSON"},
        {"return {s = 'a\\0b'}", "result.s: a string with a NUL byte cannot be written as JSON"},
        {"return {['\\xff'] = 1}",
         "result[\"\xef\xbf\xbd\"]: a string that is not UTF-8 cannot be written as JSON"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_unwritable(L, rows[i][0], rows[i][1]);
}

static void cycles_meet_the_depth_limit(void **state)
{
    expect_unwritable(*state, "local t = {} t.me = t return t",
                      "result....me.me.me.me.me.me.me.me: deeper than 64 levels: does a table "
                      "contain itself?");
}

static void views_are_written_as_what_they_show(void **state)
{
    lua_State *L = *state;
    assert_int_equal(luaL_dostring(L, "mt = {__index = error} return mt, {a = {1}}"), LUA_OK);
    lua_json_set_view(L, -2);
    lua_settop(L, 0);
    expect_written(L, "setmetatable({}, mt)", "{\"a\":[1]}");
    expect_written(L, "{b = setmetatable({}, mt)}", "{\"b\":{\"a\":[1]}}");
}

/* 2^60 values in a table of 60: the output's limit ends it at once. */
static void shared_tables_stop_at_the_output_limit(void **state)
{
    lua_State *L = *state;
    struct error err;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(luaL_dostring(L, "local t = {1} for i = 1, 60 do t = {t, t} end return t"),
                     LUA_OK);
    assert_true(lua_json_write(L, 1, &out, "value", &err));
    assert_true(out.full);
    assert_in_range(out.len, 990, 1000);
    assert_int_equal(lua_gettop(L), 1);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_is_read_and_written_back, new_state, close_state),
        cmocka_unit_test_setup_teardown(numbers_keep_their_kind, new_state, close_state),
        cmocka_unit_test_setup_teardown(malformed_text_is_refused_as_the_host_refuses_it, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(cut_text_is_refused_at_every_byte, new_state, close_state),
        cmocka_unit_test_setup_teardown(depth_ends_at_64, new_state, close_state),
        cmocka_unit_test_setup_teardown(large_objects_and_arrays_arrive_whole, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(repeated_names_are_found_near_and_far, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(too_many_values_are_refused, new_state, close_state),
        cmocka_unit_test_setup_teardown(null_is_a_value_of_its_own, new_state, close_state),
        cmocka_unit_test_setup_teardown(whole_floats_within_64_bits_have_all_digits, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(empty_tables_are_objects_unless_marked, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(lua_values_have_one_form, new_state, close_state),
        cmocka_unit_test_setup_teardown(many_keys_are_sorted, new_state, close_state),
        cmocka_unit_test_setup_teardown(what_json_has_not_is_named_with_its_path, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(cycles_meet_the_depth_limit, new_state, close_state),
        cmocka_unit_test_setup_teardown(views_are_written_as_what_they_show, new_state,
                                        close_state),
        cmocka_unit_test_setup_teardown(shared_tables_stop_at_the_output_limit, new_state,
                                        close_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
