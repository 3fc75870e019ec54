/* SPDX-License-Identifier: MIT */
/* Lua to JSON: the input is a program that builds a value, with all that a script can do to one
 * (cycles, sharing, holes, odd keys, metatables, functions). It is written as JSON that both
 * readers accept, the same each time and within its limit, or refused with a reason. */
#include "lua_fuzz.h"

#include "runner/lib/lua_json.h"

enum { OUT_MAX = 64 << 10, VALUES = 60, ROUNDS = 4000 };

static int lie(lua_State *L)
{
    return luaL_error(L, "a metamethod was called");
}

static void push_scalar(lua_State *L, struct text *in)
{
    uint64_t bits;
    double number;
    struct text s;
    switch (fuzz_u8(in) % 8) {
    case 0:
        lua_pushnil(L);
        return;
    case 1:
        lua_pushboolean(L, fuzz_u8(in) & 1);
        return;
    case 2:
        lua_pushinteger(L, (lua_Integer)fuzz_number(in, 8));
        return;
    case 3:
        bits = fuzz_number(in, 8);
        memcpy(&number, &bits, sizeof number);
        lua_pushnumber(L, number);
        return;
    case 4:
        lua_json_push_null(L);
        return;
    case 5:
        lua_pushcfunction(L, lie);
        return;
    case 6:
        lua_pushinteger(L, fuzz_u8(in) % 16);
        return;
    default:
        s = fuzz_bytes(in, fuzz_u8(in) % 32);
        lua_pushlstring(L, s.data, s.len);
    }
}

static void set_lying_metatable(lua_State *L, int table)
{
    static const char *const events[] = {"__index", "__len", "__pairs", "__tostring", "__newindex"};
    lua_newtable(L);
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        lua_pushcfunction(L, lie);
        lua_setfield(L, -2, events[i]);
    }
    lua_setmetatable(L, table);
}

/* A table on the stack; its index, or 0. */
static int find_table(lua_State *L, int base, uint8_t which)
{
    int count = lua_gettop(L) - base;
    for (int i = 0; i < count; i++) {
        int at = base + 1 + (which + i) % count;
        if (lua_istable(L, at))
            return at;
    }
    return 0;
}

/* key on the stack below the value; both go. */
static void set_raw(lua_State *L, int table)
{
    bool bad =
        lua_isnil(L, -2) || (lua_isnumber(L, -2) && lua_tonumber(L, -2) != lua_tonumber(L, -2));
    if (bad)
        lua_pop(L, 2);
    else
        lua_rawset(L, table);
}

static void build_step(lua_State *L, int base, struct text *in)
{
    uint8_t op = fuzz_u8(in), which = fuzz_u8(in);
    int table = find_table(L, base, which);
    switch (op % 7) {
    case 0:
        lua_newtable(L);
        return;
    case 1: /* t[#t + 1] = scalar */
        if (!table)
            return;
        push_scalar(L, in);
        lua_rawseti(L, table, (lua_Integer)lua_rawlen(L, table) + 1);
        return;
    case 2: /* t[scalar] = scalar */
        if (!table)
            return;
        push_scalar(L, in);
        push_scalar(L, in);
        set_raw(L, table);
        return;
    case 3: /* t[scalar] = any value, perhaps t itself */
        if (!table)
            return;
        push_scalar(L, in);
        lua_pushvalue(L, base + 1 + fuzz_u8(in) % (lua_gettop(L) - base));
        set_raw(L, table);
        return;
    case 4:
        if (table && !lua_getmetatable(L, table))
            set_lying_metatable(L, table);
        return;
    case 5: /* t = { t }, deeper and deeper */
        for (int i = which % 80; i > 0; i--) {
            lua_createtable(L, 1, 0);
            lua_insert(L, -2);
            lua_rawseti(L, -2, 1);
        }
        return;
    default: /* { t, t }: each doubles what there is to write */
        lua_createtable(L, 2, 0);
        lua_pushvalue(L, -2);
        lua_rawseti(L, -2, 1);
        lua_pushvalue(L, -2);
        lua_rawseti(L, -2, op & 8 ? 2 : 3);
        lua_replace(L, -2);
    }
}

static void check_written(lua_State *L, const struct buf *out)
{
    struct error err = {0};
    struct buf *again = fuzz_buf(1, OUT_MAX);
    cJSON *tree = json_parse(buf_view(out), &err);
    FUZZ_CHECK(tree, "the host says %s: '%s'", err.text, out->data);
    cJSON_Delete(tree);
    FUZZ_CHECK(lua_json_push(L, buf_view(out), &err), "the runner says %s", err.text);
    FUZZ_CHECK(lua_json_write(L, -1, again, "value", &err), "%s", err.text);
    fuzz_same(buf_view(again), buf_view(out), "written again");
}

static void check(lua_State *L, struct text in)
{
    struct error err = {0};
    struct buf *out = fuzz_buf(0, OUT_MAX);
    int base = lua_gettop(L);
    luaL_checkstack(L, VALUES + 20, NULL);
    push_scalar(L, &in);
    for (int i = 0; i < ROUNDS && in.len && lua_gettop(L) - base < VALUES; i++)
        build_step(L, base, &in);
    int top = lua_gettop(L);
    bool ok = lua_json_write(L, -1, out, "value", &err);
    FUZZ_CHECK(lua_gettop(L) == top, "%d values were left", lua_gettop(L) - top);
    FUZZ_CHECK(ok || err.text[0], "refused without a reason");
    FUZZ_CHECK(ok || memchr(err.text, '\0', sizeof err.text), "the reason does not end");
    FUZZ_CHECK(ok || text_utf8_ok(text_of(err.text)), "%s", err.text);
    if (ok && !out->full)
        check_written(L, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_lua(check, fuzz_text(data, size), NULL);
    return 0;
}
