/* SPDX-License-Identifier: MIT */
#include "runner/run/lualib.h"

#include "base/embed.h"
#include "base/mem.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
