/* SPDX-License-Identifier: MIT */
/* string.format against stock Lua's: FORMAT \f ARGUMENT \f ... An argument is a letter (i integer,
 * f number, s string, n nil, t true) and its text. %p is the one thing that is refused here. */
#include "lua_fuzz.h"

enum { ARGUMENTS = 8, LONGEST = 1024 };

static void push_argument(lua_State *L, struct text arg)
{
    char text[64];
    uint8_t kind = fuzz_u8(&arg);
    snprintf(text, sizeof text, "%.*s", (int)arg.len, arg.data ? arg.data : "");
    switch (kind) {
    case 'i':
        lua_pushinteger(L, (lua_Integer)strtoull(text, NULL, 0));
        return;
    case 'f':
        lua_pushnumber(L, strtod(text, NULL));
        return;
    case 'n':
        lua_pushnil(L);
        return;
    case 't':
        lua_pushboolean(L, true);
        return;
    default:
        lua_pushlstring(L, arg.data, arg.len);
    }
}

/* Calls the format of the library on top, which is replaced by what it gave. */
static int call_format(lua_State *L, struct text in)
{
    struct text format = fuzz_part(&in);
    int library = lua_gettop(L);
    lua_getfield(L, library, "format");
    lua_pushlstring(L, format.data, format.len);
    for (int i = 0; i < ARGUMENTS && in.data; i++)
        push_argument(L, fuzz_part(&in));
    int status = lua_pcall(L, lua_gettop(L) - library - 1, 1, 0);
    lua_replace(L, library);
    return status;
}

static void compare(lua_State *L, struct text in)
{
    lua_getglobal(L, "string");
    int own = call_format(L, in);
    if (own != LUA_OK && strstr(lua_tostring(L, -1), "addresses differ"))
        return;
    lua_getglobal(L, "stock");
    lua_getfield(L, -1, "string");
    int stock = call_format(L, in);
    size_t a_bytes, b_bytes;
    const char *a = lua_tolstring(L, -1, &a_bytes), *b = lua_tolstring(L, -3, &b_bytes);
    FUZZ_CHECK(own == stock, "stock: %s\nown: %s", a, b);
    if (own == LUA_OK)
        fuzz_same((struct text){a, a_bytes}, (struct text){b, b_bytes}, "stock and own");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= LONGEST)
        fuzz_lua(compare, fuzz_text(data, size), NULL);
    return 0;
}
