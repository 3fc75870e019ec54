/* SPDX-License-Identifier: MIT */
/* os.date and os.time against stock Lua's in UTC: seven numbers (8 bytes each: a time, then year,
 * month, day, hour, minute, second), and a format. */
#include "lua_fuzz.h"

enum { LONGEST = 256 };
#define YEAR_1000 (-INT64_C(30610224000)) /* glibc writes centuries before it in one digit */

static void prepare(lua_State *L)
{
    (void)L;
    setenv("TZ", "UTC", 1);
}

/* Own and stock: the function of that name in os. */
static void push_functions(lua_State *L, const char *name)
{
    lua_getglobal(L, "os");
    lua_getfield(L, -1, name);
    lua_getglobal(L, "stock");
    lua_getfield(L, -1, "os");
    lua_getfield(L, -1, name);
    lua_replace(L, -3);
    lua_pop(L, 1);
    lua_remove(L, -3);
}

/* What the two calls gave is on top: own, then stock. */
static void check_same(lua_State *L, int own, int stock, const char *what)
{
    size_t a_bytes, b_bytes;
    const char *a = lua_tolstring(L, -2, &a_bytes), *b = lua_tolstring(L, -1, &b_bytes);
    FUZZ_CHECK(own == stock, "%s: own: %s, stock: %s", what, a, b);
    if (own == LUA_OK)
        fuzz_same((struct text){a, a_bytes}, (struct text){b, b_bytes}, what);
}

static int call_date(lua_State *L, int function, const char *format, size_t bytes, int64_t time)
{
    lua_pushvalue(L, function);
    lua_pushlstring(L, format, bytes);
    lua_pushinteger(L, time);
    return lua_pcall(L, 2, 1, 0);
}

static void compare_date(lua_State *L, int64_t time, struct text format)
{
    char copy[LONGEST + 2] = "!";
    size_t bytes = format.len < LONGEST ? format.len : LONGEST;
    memcpy(copy + 1, format.data, bytes);
    push_functions(L, "date");
    int top = lua_gettop(L);
    int own = call_date(L, top - 1, copy, bytes + 1, time);
    if (own == LUA_OK && (lua_istable(L, -1) || time < YEAR_1000))
        return;
    int stock = call_date(L, top, copy, bytes + 1, time);
    check_same(L, own, stock, "date");
}

static int call_time(lua_State *L, int function, const int64_t *fields)
{
    static const char *const names[] = {"year", "month", "day", "hour", "min", "sec"};
    lua_pushvalue(L, function);
    lua_newtable(L);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        lua_pushinteger(L, fields[i]);
        lua_setfield(L, -2, names[i]);
    }
    return lua_pcall(L, 1, 1, 0);
}

static void compare_time(lua_State *L, const int64_t *fields)
{
    push_functions(L, "time");
    int top = lua_gettop(L);
    int own = call_time(L, top - 1, fields);
    int stock = call_time(L, top, fields);
    if (own == LUA_OK && lua_tointeger(L, -2) == -1)
        return; /* stock Lua takes this second for an error */
    check_same(L, own, stock, "time");
}

static void compare(lua_State *L, struct text in)
{
    int64_t time = (int64_t)fuzz_number(&in, 8), fields[6];
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        fields[i] = (int64_t)fuzz_number(&in, 8);
    compare_time(L, fields);
    compare_date(L, time, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_lua(compare, fuzz_text(data, size), prepare);
    return 0;
}
