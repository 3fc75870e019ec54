/* SPDX-License-Identifier: MIT */
/* require "template". A malformed template is a mistake in the script: it raises. */
#include "runner/lib/lib.h"
#include "runner/lib/lua_buf.h"
#include "runner/lib/template.h"
#include "runner/vm/vm.h"

#include <lauxlib.h>

enum { SOURCE = 1, VALUES = 2 };

static bool fill_template(lua_State *L, const void *arg, struct buf *out, struct error *err)
{
    return template_render(L, *(const struct text *)arg, VALUES, out, err);
}

static int render(lua_State *L)
{
    struct error err;
    struct text source;
    luaL_argexpected(L, lua_type(L, SOURCE) == LUA_TSTRING, SOURCE, "string");
    if (!lua_isnoneornil(L, VALUES))
        luaL_checktype(L, VALUES, LUA_TTABLE);
    lua_settop(L, VALUES);
    source.data = lua_tolstring(L, SOURCE, &source.len);
    if (!lua_buf_push(L, vm_shared(L)->output_bytes, fill_template, &source, &err))
        return luaL_error(L, "template.render: %s", err.text);
    return 1;
}

int lib_template_push(lua_State *L)
{
    static const luaL_Reg functions[] = {{"render", render}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
