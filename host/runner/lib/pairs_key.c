/* SPDX-License-Identifier: MIT */
#include "runner/lib/pairs_key.h"
#include <endian.h>
#include <math.h>
#include <string.h>

static void read_number(lua_State *L, int idx, struct pairs_key *key)
{
    key->bytes = !lua_isinteger(L, idx);
    if (key->bytes) {
        key->rank = RANK_NUMBER;
        key->number = lua_tonumber(L, idx);
    } else {
        key->integer = lua_tointeger(L, idx);
        key->rank = key->integer > 0 ? RANK_COUNT : RANK_NUMBER;
    }
}

void pairs_key_read(lua_State *L, int idx, struct pairs_key *key)
{
    uint64_t head = 0;
    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        read_number(L, idx, key);
        return;
    case LUA_TSTRING:
        key->rank = RANK_STRING;
        key->string = lua_tolstring(L, idx, &key->bytes);
        memcpy(&head, key->string, key->bytes < sizeof head ? key->bytes : sizeof head);
        key->head = be64toh(head);
        return;
    case LUA_TBOOLEAN:
        key->rank = lua_toboolean(L, idx) ? RANK_TRUE : RANK_FALSE;
        return;
    default:
        key->rank = RANK_OBJECT;
    }
}

static int compare_integers(lua_Integer a, lua_Integer b)
{
    return (a > b) - (a < b);
}

/* An integer with a float that is none (as a key, a float with an integer's value has
 * become that integer). */
static int compare_mixed(lua_Integer integer, lua_Number number)
{
    if (number >= 0x1p63)
        return -1;
    if (number < -0x1p63)
        return 1;
    return integer <= (lua_Integer)floor(number) ? -1 : 1;
}

static int compare_numbers(const struct pairs_key *a, const struct pairs_key *b)
{
    if (!a->bytes && !b->bytes)
        return compare_integers(a->integer, b->integer);
    if (a->bytes && b->bytes)
        return (a->number > b->number) - (a->number < b->number);
    return a->bytes ? -compare_mixed(b->integer, a->number) : compare_mixed(a->integer, b->number);
}

static int compare_strings(const struct pairs_key *a, const struct pairs_key *b)
{
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    int order = memcmp(a->string, b->string, a->bytes < b->bytes ? a->bytes : b->bytes);
    return order ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

int pairs_key_compare(const struct pairs_key *a, const struct pairs_key *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    switch (a->rank) {
    case RANK_COUNT:
        return compare_integers(a->integer, b->integer);
    case RANK_NUMBER:
        return compare_numbers(a, b);
    case RANK_STRING:
        return compare_strings(a, b);
    default:
        return 0;
    }
}
