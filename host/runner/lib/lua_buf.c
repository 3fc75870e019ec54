/* SPDX-License-Identifier: MIT */
#include "runner/lib/lua_buf.h"

enum { ON_STACK = 2048, GROWTH = 16 };

bool lua_buf_push(lua_State *L, size_t max, lua_buf_fill fill, const void *arg, struct error *err)
{
    int top = lua_gettop(L);
    char on_stack[ON_STACK], *memory = on_stack;
    for (size_t cap = ON_STACK;; cap *= GROWTH) {
        /* cap = max + 1 keeps buf.c from ever allocating. */
        cap = cap < max + 1 ? cap : max + 1;
        if (cap > ON_STACK)
            memory = lua_newuserdatauv(L, cap, 0);
        memory[0] = '\0';
        struct buf out = {.data = memory, .cap = cap, .max = cap - 1};
        if (!fill(L, arg, &out, err)) {
            lua_settop(L, top);
            return false;
        }
        if (!out.full) {
            lua_pushlstring(L, out.data, out.len);
            lua_insert(L, top + 1);
            lua_settop(L, top + 1);
            return true;
        }
        lua_settop(L, top);
        if (out.max == max)
            return error_set(err, ERROR_LIMIT, "larger than %zu bytes", max);
    }
}
