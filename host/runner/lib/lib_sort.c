/* SPDX-License-Identifier: MIT */
/* table.sort: stable, so that its result depends on values and comparator only, and safe
 * with any comparator. */
#include "runner/lib/lib_sort.h"

#include "runner/lib/lib_table.h"
#include "runner/lib/sort.h"
#include "runner/vm/vm.h"
#include <limits.h>

/* Stack of lib_sort_table: the arguments, then copies of the elements (so a comparator cannot
 * change what is sorted). */
enum { COMPARATOR = 2, ELEMENTS = 3 };

struct sorting {
    lua_State *L;
    bool on_stack; /* ELEMENTS.. are the elements themselves; else ELEMENTS is a table of them */
};

enum { ON_STACK_MAX = 50000 };

static void push_element(const struct sorting *s, uint32_t i)
{
    if (s->on_stack)
        lua_pushvalue(s->L, ELEMENTS + (int)i);
    else
        lua_rawgeti(s->L, ELEMENTS, (lua_Integer)i + 1);
}

static bool before_by_comparator(void *arg, uint32_t a, uint32_t b)
{
    const struct sorting *s = arg;
    vm_poll(s->L);
    lua_pushvalue(s->L, COMPARATOR);
    push_element(s, a);
    push_element(s, b);
    lua_call(s->L, 2, 1);
    bool before = lua_toboolean(s->L, -1);
    lua_pop(s->L, 1);
    return before;
}

static bool before_by_value(void *arg, uint32_t a, uint32_t b)
{
    const struct sorting *s = arg;
    vm_poll(s->L);
    if (s->on_stack)
        return lua_compare(s->L, ELEMENTS + (int)a, ELEMENTS + (int)b, LUA_OPLT);
    push_element(s, a);
    push_element(s, b);
    bool before = lua_compare(s->L, -2, -1, LUA_OPLT);
    lua_pop(s->L, 2);
    return before;
}

static void copy_elements(const struct sorting *s, uint32_t count)
{
    luaL_checkstack(s->L, s->on_stack ? (int)count + LUA_MINSTACK : LUA_MINSTACK, "array too big");
    if (!s->on_stack)
        lua_createtable(s->L, (int)count, 0);
    for (uint32_t i = 1; i <= count; i++) {
        lib_table_get(s->L, 1, i);
        if (!s->on_stack)
            lua_rawseti(s->L, ELEMENTS, i);
    }
}

int lib_sort_table(lua_State *L)
{
    lib_table_check(L, 1, ARRAY_ALL);
    lua_Integer length = luaL_len(L, 1);
    if (length < 2)
        return 0;
    luaL_argcheck(L, length < INT_MAX, 1, "array too big");
    bool own_order = !lua_isnoneornil(L, COMPARATOR);
    if (own_order)
        luaL_checktype(L, COMPARATOR, LUA_TFUNCTION);
    lua_settop(L, COMPARATOR);
    uint32_t count = (uint32_t)length;
    struct sorting s = {.L = L, .on_stack = count <= ON_STACK_MAX};
    copy_elements(&s, count);
    uint32_t *order = lua_newuserdatauv(L, (size_t)count * 2 * sizeof *order, 0);
    sort_indices(order, order + count, count, own_order ? before_by_comparator : before_by_value,
                 &s);
    for (uint32_t i = 0; i < count; i++) {
        push_element(&s, order[i]);
        lua_seti(L, 1, (lua_Integer)i + 1);
        vm_poll(L);
    }
    return 0;
}
