/* SPDX-License-Identifier: MIT */
#include "lib_harness.h"

static void basic_functions(void **state)
{
    harness_run(*state, __FILE__, "lib_base.lua");
}

static void math_utf8_and_os(void **state)
{
    harness_run(*state, __FILE__, "lib_os.lua");
}

/* Walks what is reachable from the globals; every function must be in this list. */
static void only_listed_names_exist(void **state)
{
    static const char *const names =
        "_G _VERSION assert coroutine coroutine.close coroutine.create coroutine.isyieldable "
        "coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield error "
        "getmetatable ipairs load math math.abs math.acos math.asin math.atan math.ceil math.cos "
        "math.deg math.exp math.floor math.fmod math.huge math.log math.max math.maxinteger "
        "math.min math.mininteger math.modf math.pi math.rad math.random math.randomseed math.sin "
        "math.sqrt math.tan math.tointeger math.type math.ult next os os.clock os.date os.difftime "
        "os.time pairs pcall print rawequal rawget rawlen rawset select setmetatable string "
        "string.byte string.char string.find string.format string.gmatch string.gsub string.len "
        "string.lower string.match string.pack string.packsize string.rep string.reverse string.sub "
        "string.unpack string.upper table table.concat table.insert table.move table.pack "
        "table.remove table.sort table.unpack tonumber tostring type utf8 utf8.char "
        "utf8.charpattern utf8.codepoint utf8.codes utf8.len utf8.offset xpcall";
    struct vm *vm = *state;
    lua_pushnil(vm->L);
    lua_setglobal(vm->L, "stock");
    const char *chunk = "local out = {}\n"
                        "for k, v in pairs(_G) do\n"
                        "  out[#out + 1] = k\n"
                        "  if type(v) == 'table' and v ~= _G then\n"
                        "    for name in pairs(v) do out[#out + 1] = k .. '.' .. name end\n"
                        "  end\n"
                        "end\n"
                        "table.sort(out)\n"
                        "return table.concat(out, ' ')";
    assert_int_equal(luaL_dostring(vm->L, chunk), LUA_OK);
    assert_string_equal(lua_tostring(vm->L, -1), names);
}

static int keep_line(lua_State *L)
{
    assert_int_equal(lua_gettop(L), 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "test.line");
    return 0;
}

static void print_sends_one_line_to_the_registrys_function(void **state)
{
    lua_State *L = ((struct vm *)*state)->L;
    assert_int_not_equal(luaL_dostring(L, "print(1)"), LUA_OK);
    assert_non_null(strstr(lua_tostring(L, -1), "print is not available here"));
    lua_pushcfunction(L, keep_line);
    lua_setfield(L, LUA_REGISTRYINDEX, LIB_BASE_PRINT);
    assert_int_equal(luaL_dostring(L, "print('a', 1.0, nil, {}, print, true)"), LUA_OK);
    lua_getfield(L, LUA_REGISTRYINDEX, "test.line");
    assert_string_equal(lua_tostring(L, -1), "a\t1.0\tnil\ttable\tfunction\ttrue");
    assert_int_equal(luaL_dostring(L, "print()"), LUA_OK);
    lua_getfield(L, LUA_REGISTRYINDEX, "test.line");
    assert_string_equal(lua_tostring(L, -1), "");
}

/* The record of metatables must not keep what a script has thrown away. */
static void metatables_are_collected(void **state)
{
    struct vm *vm = *state;
    if (setjmp(vm->kill))
        fail_msg("killed: %s", vm->code);
    lua_register(vm->L, "collect", harness_collect);
    const char *chunk =
        "for round = 1, 40 do\n"
        "  for i = 1, 1000 do setmetatable({}, {__index = {('x'):rep(100) .. i}}) end\n"
        "  collect()\n"
        "end";
    vm->limit = vm->used + (2 << 20);
    if (luaL_dostring(vm->L, chunk) != LUA_OK)
        fail_msg("%s", lua_tostring(vm->L, -1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(basic_functions, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(math_utf8_and_os, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(only_listed_names_exist, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(print_sends_one_line_to_the_registrys_function,
                                        harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(metatables_are_collected, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
