/* SPDX-License-Identifier: MIT */
/* The math library: stock functions, all of them pure, but random numbers come from the run's seed
 * (xoshiro256**, as in stock Lua; Blackman and Vigna 2018, https://prng.di.unimi.it/). */
#include "runner/lib/lib.h"
#include "runner/lib/lib_stock.h"
#include "runner/vm/vm.h"
#include <lualib.h>
#include <string.h>

static const char *const stock[] = {
    "abs",  "acos", "asin", "atan", "ceil",       "cos",        "deg", "exp",  "floor",
    "fmod", "huge", "log",  "max",  "maxinteger", "mininteger", "min", "modf", "pi",
    "rad",  "sin",  "sqrt", "tan",  "tointeger",  "type",       "ult", NULL,
};

/* Numbers that are thrown away after seeding, so that the sequences of close seeds part. */
enum { SEED_ROUNDS = 16 };

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t draw_below(lua_State *L)
{
    uint64_t *s = vm_shared(L)->random;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Gives a number of [0, last], each equally likely: it draws as many bits as `last` has, until the
 * number is not above it. */
static uint64_t draw_up_to(lua_State *L, uint64_t last)
{
    uint64_t number = draw_below(L);
    if ((last & (last + 1)) == 0) /* last is 2^n - 1 */
        return number & last;
    uint64_t mask = UINT64_MAX >> __builtin_clzll(last);
    while ((number &= mask) > last)
        number = draw_below(L);
    return number;
}

/* random() -> [0, 1); random(0) -> any integer; random(m) -> [1, m]; random(m, n) -> [m, n] */
static int math_random(lua_State *L)
{
    lua_Integer low = 1, high;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (lua_Number)(draw_below(L) >> 11) * 0x1p-53);
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        if (high == 0) {
            lua_pushinteger(L, (lua_Integer)draw_below(L));
            return 1;
        }
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default:
        return luaL_error(L, "wrong number of arguments");
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    uint64_t number = draw_up_to(L, (uint64_t)high - (uint64_t)low);
    number += (uint64_t)low; /* wraps */
    lua_pushinteger(L, (lua_Integer)number);
    return 1;
}

/* A float without an integer's value seeds by its bits. */
static uint64_t seed_part(lua_State *L, int arg)
{
    lua_Number number = luaL_checknumber(L, arg);
    int is_integer;
    lua_Integer integer = lua_tointegerx(L, arg, &is_integer);
    uint64_t part = (uint64_t)integer;
    if (!is_integer)
        memcpy(&part, &number, sizeof part);
    return part;
}

/* randomseed([x [, y]]) returns both parts. Without x they are drawn from the run's own numbers:
 * another sequence, but the same in every replay. */
static int math_randomseed(lua_State *L)
{
    uint64_t x, y = 0;
    if (lua_isnone(L, 1)) {
        x = draw_below(L);
        y = draw_below(L);
    } else {
        x = seed_part(L, 1);
        if (!lua_isnoneornil(L, 2))
            y = seed_part(L, 2);
    }
    uint64_t state[4] = {x, 0xff, y, 0}; /* never all zero */
    memcpy(vm_shared(L)->random, state, sizeof state);
    for (int i = 0; i < SEED_ROUNDS; i++)
        draw_below(L);
    lua_pushinteger(L, (lua_Integer)x);
    lua_pushinteger(L, (lua_Integer)y);
    return 2;
}

void lib_math_open(lua_State *L)
{
    lib_stock_push(L, luaopen_math, stock);
    lua_pushcfunction(L, math_random);
    lua_setfield(L, -2, "random");
    lua_pushcfunction(L, math_randomseed);
    lua_setfield(L, -2, "randomseed");
    lua_setglobal(L, "math");
}
