/* SPDX-License-Identifier: MIT */
#include "runner/run/code.h"

#include "base/embed.h"
#include "base/mem.h"
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

/* ---- the embedded modules */

static bool compile_module(lua_State *L, struct code *c, const struct embedded *file,
                           struct error *err)
{
    char chunk[80];
    int len = (int)strcspn(file->name, ".");
    c->name = mem_text_n(file->name, (size_t)len);
    snprintf(chunk, sizeof chunk, "=[%s]", c->name); /* see task.c, find_caller */
    return code_compile(L, c, (struct text){file->data, file->size}, chunk, false, err);
}

bool lualib_init(struct lualib *lib, struct error *err)
{
    size_t count = 0;
    while (lualib_files[count].name)
        count++;
    *lib = (struct lualib){.modules = mem_zero(count + 1, sizeof *lib->modules), .count = count};
    lua_State *L = luaL_newstate();
    if (!L)
        return error_set(err, ERROR_LIMIT, "no memory for a Lua state");
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = compile_module(L, &lib->modules[i], &lualib_files[i], err);
    lua_close(L);
    return ok;
}

void lualib_done(struct lualib *lib)
{
    for (size_t i = 0; i < lib->count; i++)
        code_done(&lib->modules[i]);
    free(lib->modules);
    *lib = (struct lualib){0};
}

const struct code *lualib_find(const struct lualib *lib, const char *name)
{
    for (size_t i = 0; i < lib->count; i++) {
        if (strcmp(lib->modules[i].name, name) == 0)
            return &lib->modules[i];
    }
    return NULL;
}
