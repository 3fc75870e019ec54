/* SPDX-License-Identifier: MIT */
#include "runner/run/code.h"

#include "runner/vm/vm.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 }; /* bytes that the parser gets between two looks at the CPU limit */

struct source {
    struct text rest;
    bool in_vm;
};

static const char *read_piece(lua_State *L, void *arg, size_t *bytes)
{
    struct source *s = arg;
    if (s->in_vm)
        vm_poll(L);
    const char *piece = s->rest.data;
    *bytes = s->rest.len < PIECE ? s->rest.len : PIECE;
    s->rest.data += *bytes;
    s->rest.len -= *bytes;
    return piece;
}

static int write_piece(lua_State *L, const void *piece, size_t bytes, void *arg)
{
    (void)L;
    struct buf *out = arg;
    buf_add(out, piece, bytes);
    return out->full;
}

bool code_compile(lua_State *L, struct code *c, struct text source, const char *chunk, bool in_vm,
                  struct error *err)
{
    struct source s = {.rest = source, .in_vm = in_vm};
    int top = lua_gettop(L);
    bool ok = lua_load(L, read_piece, &s, chunk, "t") == LUA_OK;
    if (!ok) {
        error_set(err, ERROR_INVALID, "%s", lua_tostring(L, -1));
    } else {
        buf_init(&c->bytes, CODE_BYTES);
        lua_dump(L, write_piece, &c->bytes, false);
        ok = !c->bytes.full;
        if (!ok)
            error_set(err, ERROR_LIMIT, "%s:1: its bytecode is too large", c->name);
    }
    lua_settop(L, top);
    return ok;
}

void code_push(lua_State *L, const struct code *c)
{
    if (luaL_loadbufferx(L, c->bytes.data, c->bytes.len, c->name, "b") != LUA_OK)
        lua_error(L);
}

void code_done(struct code *c)
{
    free(c->name);
    buf_done(&c->bytes);
    c->name = NULL;
}
