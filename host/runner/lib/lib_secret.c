/* SPDX-License-Identifier: MIT */
#include "runner/lib/lib_secret.h"

#include "base/text.h"
#include "runner/lib/lib_concat.h"
#include "runner/vm/vm.h"

#include <lauxlib.h>
#include <stdint.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64, NAME_SHOWN = 64 };

static const char type_name[] = "secret";

enum part_kind { PART_TEXT, PART_NAME };

/* The userdata: parts back to back, each its head and then its bytes. */
struct part {
    uint32_t kind, bytes;
};

static struct part part_at(const char *at)
{
    struct part p;
    memcpy(&p, at, sizeof p); /* not aligned */
    return p;
}

static void put_part(char *to, struct part head, const char *bytes)
{
    memcpy(to, &head, sizeof head);
    memcpy(to + sizeof head, bytes, head.bytes);
}

static char *new_secret(lua_State *L, size_t bytes)
{
    char *data = lua_newuserdatauv(L, bytes, 0);
    luaL_setmetatable(L, type_name);
    return data;
}

/* ---- secret "NAME" */

static bool name_ok(const char *name, size_t bytes)
{
    if (bytes < 1 || bytes > NAME_MAX_BYTES || name[0] < 'A' || name[0] > 'Z')
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (!(name[i] >= 'A' && name[i] <= 'Z') && !(name[i] >= '0' && name[i] <= '9') &&
            name[i] != '_')
            return false;
    return true;
}

static int make_named(lua_State *L)
{
    size_t bytes = 0;
    const char *name = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &bytes) : NULL;
    if (!name)
        return luaL_error(L, "secret: expected a name such as \"API_KEY\", got %s",
                          lua_isnoneornil(L, 1) ? "nothing" : luaL_typename(L, 1));
    if (!name_ok(name, bytes))
        return luaL_error(L,
                          "secret: a name is 1 to %d capitals, digits and _, and starts with a "
                          "capital, such as \"API_KEY\"",
                          NAME_MAX_BYTES);
    struct part head = {PART_NAME, (uint32_t)bytes};
    put_part(new_secret(L, sizeof head + bytes), head, name);
    return 1;
}

/* ---- what a secret can do: be joined */

/* Replaces a text at arg by a secret of that one part, an empty one by a secret of none. */
static void make_secret(lua_State *L, int arg)
{
    size_t bytes;
    if (luaL_testudata(L, arg, type_name))
        return;
    if (!lua_isstring(L, arg))
        luaL_error(L, "attempt to concatenate a %s with a secret", luaL_typename(L, arg));
    const char *text = lua_tolstring(L, arg, &bytes);
    if (bytes > UINT32_MAX / 4)
        luaL_error(L, "a text beside a secret is too long");
    struct part head = {PART_TEXT, (uint32_t)bytes};
    char *data = new_secret(L, bytes > 0 ? sizeof head + bytes : 0);
    if (bytes > 0)
        put_part(data, head, text);
    lua_replace(L, arg);
}

/* The last part; the end when there is none. */
static size_t last_part(lua_State *L, const char *data, size_t bytes)
{
    size_t last = bytes;
    for (size_t at = 0; at < bytes; at += sizeof(struct part) + part_at(data + at).bytes) {
        vm_poll(L);
        last = at;
    }
    return last;
}

/* Texts that meet become one part, so that a text built piece by piece has few. */
static void push_joined(lua_State *L)
{
    const char *a = lua_touserdata(L, 1), *b = lua_touserdata(L, 2);
    size_t a_bytes = lua_rawlen(L, 1), b_bytes = lua_rawlen(L, 2);
    size_t last = last_part(L, a, a_bytes), skip = 0;
    struct part seam = {PART_NAME, 0};
    if (last < a_bytes && b_bytes > 0 && part_at(a + last).kind == PART_TEXT &&
        part_at(b).kind == PART_TEXT) {
        seam = (struct part){PART_TEXT, part_at(a + last).bytes + part_at(b).bytes};
        skip = sizeof seam;
    }
    char *to = new_secret(L, a_bytes + b_bytes - skip);
    memcpy(to, a, a_bytes);
    memcpy(to + a_bytes, b + skip, b_bytes - skip);
    if (skip > 0)
        memcpy(to + last, &seam, sizeof seam);
}

static int joined(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_settop(L, 3);
    return 1;
}

/* The metamethod of `..`. It never returns into the concatenation that called it: in chains of
 * three or more, Lua 5.4.4 as Debian 12 has it would go on with a pointer to the old, freed stack
 * when this call made the stack grow (the cure of CVE-2022-33099 brought this bug, and upstream's
 * 603b2c64 cures it). So it always yields, as a preemption does; Lua finishes the chain from the
 * resumption, where it looks the stack up anew. */
static int join_parts(lua_State *L)
{
    struct vm_shared *shared = vm_shared(L);
    make_secret(L, 1);
    make_secret(L, 2);
    if (!vm_can_wait(L))
        return luaL_error(L,
                          "a secret cannot be joined inside string.gsub or table.sort callbacks");
    push_joined(L);
    shared->host_yield = true;
    shared->preempted = true;
    return lua_yieldk(L, 0, 0, joined);
}

/* Gives "Bearer [secret API_KEY]", as answers show it where a server has echoed the value. */
static int show_parts(lua_State *L)
{
    const char *at = luaL_checkudata(L, 1, type_name), *end = at + lua_rawlen(L, 1);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while (at < end) {
        struct part p = part_at(at);
        vm_poll(L);
        at += sizeof p;
        if (p.kind == PART_NAME)
            luaL_addstring(&b, "[secret ");
        luaL_addlstring(&b, at, p.bytes);
        if (p.kind == PART_NAME)
            luaL_addchar(&b, ']');
        at += p.bytes;
    }
    luaL_pushresult(&b);
    return 1;
}

/* ---- what it cannot do */

static int refuse_read(lua_State *L)
{
    return luaL_error(L, "a secret cannot be read: join it with .. and give it to http");
}

static int refuse_write(lua_State *L)
{
    return luaL_error(L, "a secret cannot be changed");
}

static int refuse_compare(lua_State *L)
{
    return luaL_error(L, "a secret cannot be compared");
}

static int refuse_length(lua_State *L)
{
    return luaL_error(L, "a secret has no length that a script may know");
}

static int refuse_call(lua_State *L)
{
    return luaL_error(L, "a secret cannot be called");
}

static void push_metatable(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"__tostring", show_parts},   {"__index", refuse_read},
        {"__newindex", refuse_write}, {"__eq", refuse_compare},
        {"__lt", refuse_compare},     {"__le", refuse_compare},
        {"__len", refuse_length},     {"__call", refuse_call},
        {"__pairs", refuse_read},     {NULL, NULL},
    };
    luaL_newmetatable(L, type_name); /* sets __name */
    luaL_setfuncs(L, functions, 0);
    lib_concat_push_name(L);
    lua_pushcfunction(L, join_parts);
    lua_rawset(L, -3);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
}

/* ---- doors */

int lib_secret_parts(lua_State *L)
{
    const char *at = luaL_testudata(L, 1, type_name);
    if (!at) {
        lua_pushnil(L);
        return 1;
    }
    const char *end = at + lua_rawlen(L, 1);
    lua_Integer n = 0;
    lua_settop(L, 1);
    lua_newtable(L);
    while (at < end) {
        struct part p = part_at(at);
        vm_poll(L);
        at += sizeof p;
        if (p.kind == PART_NAME)
            lua_createtable(L, 0, 1);
        lua_pushlstring(L, at, p.bytes);
        if (p.kind == PART_NAME)
            lua_setfield(L, -2, "name");
        lua_rawseti(L, 2, ++n);
        at += p.bytes;
    }
    return 1;
}

int lib_secret_push(lua_State *L)
{
    lua_pushcfunction(L, make_named);
    return 1;
}

void lib_secret_open(lua_State *L)
{
    push_metatable(L);
    lua_pop(L, 1);
    lib_secret_push(L);
    lua_setglobal(L, "secret");
}
