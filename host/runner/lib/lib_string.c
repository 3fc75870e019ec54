/* SPDX-License-Identifier: MIT */
/* The string library. Stock functions are taken where they are linear in their arguments, call
 * nothing back and allocate only through the state's allocator; the others are pattern.c's,
 * format.c's and this file's. No string.dump. */
#include "runner/lib/format.h"
#include "runner/lib/lib.h"
#include "runner/lib/lib_match.h"
#include "runner/lib/lib_stock.h"
#include "runner/vm/vm.h"
#include <lualib.h>
#include <string.h>

/* pack, unpack and packsize go once through their format; what they push and build is bounded by
 * the stack and memory limits. */
static const char *const stock[] = {"byte",    "char", "len",    "lower", "pack", "packsize",
                                    "reverse", "sub",  "unpack", "upper", NULL};

enum { PIECE_BYTES = 64 * 1024 };
/* The largest string that Lua itself would build. */
static const size_t STRING_BYTES = (size_t)1 << 62;

/* Fills to[0..total) by repeating its first `done` bytes, which hold one unit or as much of it as
 * there is room for: doubled up to a piece, then piece by piece. */
static void fill_by_doubling(lua_State *L, char *to, size_t done, size_t unit, size_t total)
{
    size_t piece = unit;
    while (done < total) {
        if (piece < PIECE_BYTES && done >= 2 * piece)
            piece *= 2;
        size_t copy = total - done < piece ? total - done : piece;
        memcpy(to + done, to, copy);
        done += copy;
        vm_poll(L);
    }
}

/* string.rep(s, n [, sep]). The stock one turns n rounds even when there is nothing to copy. */
static int string_rep(lua_State *L)
{
    size_t bytes, sep_bytes;
    const char *s = luaL_checklstring(L, 1, &bytes);
    lua_Integer n = luaL_checkinteger(L, 2);
    const char *sep = luaL_optlstring(L, 3, "", &sep_bytes);
    if (n <= 0 || bytes + sep_bytes == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (bytes + sep_bytes > STRING_BYTES / (size_t)n)
        return luaL_error(L, "resulting string too large");
    size_t unit = bytes + sep_bytes, total = (size_t)n * unit - sep_bytes;
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, total);
    memcpy(to, s, bytes);
    if (n > 1)
        memcpy(to + bytes, sep, sep_bytes);
    fill_by_doubling(L, to, n > 1 ? unit : bytes, unit, total);
    luaL_pushresultsize(&b, total);
    return 1;
}

static const luaL_Reg own[] = {
    {"find", lib_match_find},
    {"format", format_string},
    {"gmatch", lib_match_gmatch},
    {"gsub", lib_match_gsub},
    {"match", lib_match_match},
    {"rep", string_rep},
    {NULL, NULL},
};

void lib_string_open(lua_State *L)
{
    lib_stock_push(L, luaopen_string, stock);
    luaL_setfuncs(L, own, 0);
    lib_stock_cap_slices(L, "byte");
    /* luaopen_string gave strings a metatable with the coercing arithmetic; it now leads here and
     * is shut. */
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
    lua_setglobal(L, "string");
}
