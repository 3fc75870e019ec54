/* SPDX-License-Identifier: MIT */
/* Takes `__concat` out of the interpreter's hands: it looks for metamethods by names that it keeps
 * in its state, so another string is put into the place of that one, random bytes that no script
 * can guess. setmetatable refuses the field, but cannot see one that a script adds to a metatable
 * later, and Debian 12's Lua 5.4.4 goes on with a pointer to a freed stack when such a function
 * lets the stack grow in a chain of three or more joins: memory that a script can shape.
 *
 * Lua has no interface for that. The place is found by what it and its neighbours hold; where that
 * is not found (another layout), all stays as it is. */
#include "runner/lib/lib_concat.h"

#include "base/id.h"

#include <string.h>

enum {
    SCANNED = 1024,   /* bytes of the state from the main thread on: the names are among them */
    RANDOM_BYTES = 19 /* and as many letters again: a short string, as names must be */
};

/* Its address is the name's key in the registry. */
static const char name_key;

/* The address of the one string of these characters that the state has. */
static const void *string_at(lua_State *L, const char *text)
{
    lua_pushstring(L, text);
    const void *at = lua_topointer(L, -1);
    lua_pop(L, 1);
    return at;
}

/* The place of "__concat" among the names, between its neighbours of all Lua 5.4 (ltm.h). */
static char *find_place(lua_State *L)
{
    const void *want[] = {string_at(L, "__le"), string_at(L, "__concat"), string_at(L, "__call")};
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    char *state = (char *)lua_tothread(L, -1);
    lua_pop(L, 1);
    for (size_t at = 0; at < SCANNED; at += sizeof(void *)) {
        if (memcmp(state + at, want, sizeof want) == 0)
            return state + at + sizeof(void *);
    }
    return NULL;
}

static void push_random_name(lua_State *L)
{
    unsigned char bytes[RANDOM_BYTES];
    char text[2 * RANDOM_BYTES];
    id_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = (char)('a' + (bytes[i] >> 4));
        text[2 * i + 1] = (char)('a' + (bytes[i] & 15));
    }
    lua_pushlstring(L, text, sizeof text);
}

void lib_concat_hide(lua_State *L)
{
    char *place = find_place(L);
    if (!place)
        return;
    push_random_name(L);
    const void *name = lua_topointer(L, -1);
    memcpy(place, &name, sizeof name);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &name_key); /* so it is never collected */
}

void lib_concat_push_name(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &name_key) == LUA_TSTRING)
        return;
    lua_pop(L, 1);
    lua_pushliteral(L, "__concat");
}
