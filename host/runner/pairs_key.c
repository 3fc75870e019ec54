/* SPDX-License-Identifier: MIT */
#include "runner/pairs_key.h"
#include "runner/sort.h"
#include "runner/vm.h"
#include <endian.h>
#include <math.h>
#include <string.h>

enum { FEW = 32 }; /* keys that are sorted on the C stack */

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

/* An integer with a float that is none (as a key, a float with an integer's value has become that
 * integer). */
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

static void refuse_objects(lua_State *L)
{
    luaL_error(L, "pairs: tables/functions as keys have no order; use strings or numbers");
}

bool pairs_key_first(lua_State *L, int table)
{
    struct pairs_key best, key;
    bool any = false;
    int objects = 0;
    lua_pushnil(L); /* the best so far, whose string `best` borrows */
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        pairs_key_read(L, -1, &key);
        objects += key.rank == RANK_OBJECT;
        if (!any || pairs_key_compare(&key, &best) < 0) {
            best = key;
            lua_copy(L, -1, -2);
            any = true;
        }
        vm_poll(L);
    }
    if (any && best.rank == RANK_OBJECT && objects > 1)
        refuse_objects(L);
    if (!any)
        lua_pop(L, 1);
    return any;
}

/* ---- the list ---- */

struct collection {
    lua_State *L;
    int table;
    bool all; /* else only the keys behind `after` */
    struct pairs_key after;
    struct pairs_key *keys;
    uint32_t count;
};

/* The traversal in whatever order Lua has. True: the next key that belongs to the list is on top,
 * read into *key. */
static bool collect_next(const struct collection *c, struct pairs_key *key)
{
    while (lua_next(c->L, c->table)) {
        lua_pop(c->L, 1);
        vm_poll(c->L);
        /* The common case first: the rest of a sequence that was walked already. */
        if (!c->all && c->after.rank == RANK_COUNT && lua_isinteger(c->L, -1)) {
            lua_Integer at = lua_tointeger(c->L, -1);
            if (at > 0 && at <= c->after.integer)
                continue;
        }
        pairs_key_read(c->L, -1, key);
        if (c->all || pairs_key_compare(key, &c->after) > 0)
            return true;
    }
    return false;
}

static void count_keys(struct collection *c)
{
    struct pairs_key key;
    int objects = 0;
    c->count = 0;
    lua_pushnil(c->L);
    while (collect_next(c, &key)) {
        c->count++;
        objects += key.rank == RANK_OBJECT;
    }
    if (objects > 1)
        refuse_objects(c->L);
}

/* Reads the keys into c->keys and into the table on top, both in the order of the traversal. */
static void read_keys(const struct collection *c)
{
    uint32_t i = 0;
    lua_pushnil(c->L);
    while (collect_next(c, &c->keys[i])) {
        lua_pushvalue(c->L, -1);
        lua_rawseti(c->L, -3, ++i);
    }
}

static bool key_before(void *arg, uint32_t a, uint32_t b)
{
    const struct collection *c = arg;
    vm_poll(c->L);
    return pairs_key_compare(&c->keys[a], &c->keys[b]) < 0;
}

/* Puts item order[i] of the table on top to place i, following each cycle of the permutation. */
static void permute(lua_State *L, uint32_t *order, uint32_t count)
{
    for (uint32_t start = 0; start < count; start++) {
        if (order[start] == start)
            continue;
        lua_rawgeti(L, -1, start + 1);
        uint32_t at = start;
        while (order[at] != start) {
            lua_rawgeti(L, -2, order[at] + 1);
            lua_rawseti(L, -3, at + 1);
            uint32_t next = order[at];
            order[at] = at;
            at = next;
        }
        order[at] = at;
        lua_rawseti(L, -2, at + 1);
    }
}

static void fill_list(struct collection *c, struct pairs_key *keys, uint32_t *indices)
{
    c->keys = keys;
    read_keys(c);
    sort_indices(indices, indices + c->count, c->count, key_before, c);
    permute(c->L, indices, c->count);
}

static void fill_few(struct collection *c)
{
    struct pairs_key keys[FEW];
    uint32_t indices[2 * FEW];
    fill_list(c, keys, indices);
}

static void fill_many(struct collection *c)
{
    /* Nothing in between raises; a kill drops the arena with all that is in it. */
    size_t keys_bytes = c->count * sizeof(struct pairs_key);
    size_t bytes = keys_bytes + c->count * 2 * sizeof(uint32_t);
    char *scratch = vm_scratch(c->L, NULL, 0, bytes);
    fill_list(c, (struct pairs_key *)scratch, (uint32_t *)(scratch + keys_bytes));
    vm_scratch(c->L, scratch, bytes, 0);
}

void pairs_key_list(lua_State *L, int table, int after)
{
    struct collection c = {.L = L, .table = table, .all = lua_isnil(L, after)};
    if (!c.all)
        pairs_key_read(L, after, &c.after);
    count_keys(&c);
    lua_createtable(L, (int)c.count, c.count ? 1 : 0);
    if (c.count == 0)
        return;
    if (c.count <= FEW)
        fill_few(&c);
    else
        fill_many(&c);
}
