/* SPDX-License-Identifier: MIT */
#include "runner/lib/pairs_list.h"
#include "runner/lib/pairs_key.h"
#include "runner/lib/sort.h"
#include "runner/vm/vm.h"

/* User values: the mark, then the keys (or the table of keys). */
enum { VALUE_MARK = 1, VALUE_KEYS = 2, VALUES_MAX = 60000 };
enum { FEW = 48 }; /* keys that are collected and sorted on the two stacks */

static void refuse_objects(lua_State *L)
{
    luaL_error(L, "pairs: tables/functions as keys have no order; use strings or numbers");
}

bool pairs_list_first(lua_State *L, int table)
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

/* ---- access ---- */

void pairs_list_get(lua_State *L, int idx, const struct pairs_list *list, uint32_t place)
{
    if (!list->in_table) {
        lua_getiuservalue(L, idx, VALUE_KEYS + (int)place - 1);
        return;
    }
    lua_getiuservalue(L, idx, VALUE_KEYS);
    lua_rawgeti(L, -1, place);
    lua_remove(L, -2);
}

uint32_t pairs_list_find(lua_State *L, int idx, const struct pairs_list *list, int key)
{
    struct pairs_key wanted, here;
    pairs_key_read(L, key, &wanted);
    uint32_t low = 1, high = list->count;
    while (low <= high) {
        uint32_t middle = low + (high - low) / 2;
        pairs_list_get(L, idx, list, middle);
        pairs_key_read(L, -1, &here);
        int order = pairs_key_compare(&here, &wanted);
        lua_pop(L, 1);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return 0;
}

void pairs_list_set_mark(lua_State *L, int idx, struct pairs_list *list)
{
    list->marked = true;
    lua_setiuservalue(L, idx, VALUE_MARK);
}

void pairs_list_get_mark(lua_State *L, int idx)
{
    lua_getiuservalue(L, idx, VALUE_MARK);
}

/* ---- making one ---- */

struct collection {
    lua_State *L;
    int table;
    bool all; /* else only the keys behind `after` */
    struct pairs_key after;
    struct pairs_key *keys;
    uint32_t count;
    uint32_t objects;
};

/* Goes on with the traversal in whatever order Lua has, from the key on top. True: the next key
 * that belongs to the list is on top instead, read into *key. False: nothing is. */
static bool collect_next(struct collection *c, struct pairs_key *key)
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
        if (c->all || pairs_key_compare(key, &c->after) > 0) {
            c->objects += key->rank == RANK_OBJECT;
            return true;
        }
    }
    return false;
}

static bool key_before(void *arg, uint32_t a, uint32_t b)
{
    const struct collection *c = arg;
    const struct pairs_key *x = &c->keys[a], *y = &c->keys[b];
    vm_poll(c->L);
    if (x->rank == RANK_STRING && y->rank == RANK_STRING && x->head != y->head)
        return x->head < y->head;
    return pairs_key_compare(x, y) < 0;
}

static struct pairs_list *new_list(lua_State *L, uint32_t count)
{
    bool in_table = count > VALUES_MAX;
    struct pairs_list *list =
        lua_newuserdatauv(L, sizeof *list, in_table ? VALUE_KEYS : VALUE_KEYS + (int)count - 1);
    *list = (struct pairs_list){.count = count, .in_table = in_table};
    return list;
}

/* Few keys: they stay on the Lua stack while they are sorted. False, with nothing pushed:
 * they are more. */
static bool list_few(struct collection *c, struct pairs_list **list)
{
    lua_State *L = c->L;
    struct pairs_key keys[FEW + 1];
    uint32_t order[FEW], scratch[FEW];
    luaL_checkstack(L, FEW + 8, NULL);
    int base = lua_gettop(L) + 1;
    lua_pushnil(L);
    while (c->count <= FEW && collect_next(c, &keys[c->count])) {
        c->count++;
        lua_pushvalue(L, -1); /* one is kept, one goes on */
    }
    if (c->count > FEW) {
        lua_settop(L, base - 1);
        return false;
    }
    if (c->objects > 1)
        refuse_objects(L);
    c->keys = keys;
    sort_indices(order, scratch, c->count, key_before, c);
    *list = new_list(L, c->count);
    for (uint32_t i = 0; i < c->count; i++) {
        lua_pushvalue(L, base + (int)order[i]);
        lua_setiuservalue(L, -2, VALUE_KEYS + (int)i);
    }
    lua_replace(L, base);
    lua_settop(L, base);
    return true;
}

/* Pushes a table of the keys in the traversal's order, as they are also read into c->keys. */
static void push_keys(struct collection *c)
{
    uint32_t i = 0;
    lua_createtable(c->L, (int)c->count, 0);
    lua_pushnil(c->L);
    while (collect_next(c, &c->keys[i])) {
        lua_pushvalue(c->L, -1);
        lua_rawseti(c->L, -3, ++i);
    }
}

static void count_keys(struct collection *c)
{
    struct pairs_key key;
    c->count = c->objects = 0;
    lua_pushnil(c->L);
    while (collect_next(c, &key))
        c->count++;
    if (c->objects > 1)
        refuse_objects(c->L);
}

/* From the table of unsorted keys on top to the list below it: as user values, or as
 * a sorted table. */
static void fill(lua_State *L, const struct pairs_list *list, const uint32_t *order)
{
    int unsorted = lua_gettop(L);
    if (list->in_table)
        lua_createtable(L, (int)list->count, 0);
    for (uint32_t i = 0; i < list->count; i++) {
        lua_rawgeti(L, unsorted, (lua_Integer)order[i] + 1);
        if (list->in_table)
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        else
            lua_setiuservalue(L, unsorted - 1, VALUE_KEYS + (int)i);
    }
    if (list->in_table)
        lua_setiuservalue(L, unsorted - 1, VALUE_KEYS);
    lua_settop(L, unsorted - 1);
}

static struct pairs_list *list_many(struct collection *c)
{
    count_keys(c);
    struct pairs_list *list = new_list(c->L, c->count);
    /* Nothing from here on raises; a kill drops the arena with all that is in it. */
    size_t keys_bytes = (c->count + 1) * sizeof(struct pairs_key);
    size_t bytes = keys_bytes + c->count * 2 * sizeof(uint32_t);
    char *scratch = vm_scratch(c->L, NULL, 0, bytes);
    uint32_t *order = (uint32_t *)(scratch + keys_bytes);
    c->keys = (struct pairs_key *)scratch;
    push_keys(c);
    sort_indices(order, order + c->count, c->count, key_before, c);
    fill(c->L, list, order);
    vm_scratch(c->L, scratch, bytes, 0);
    return list;
}

struct pairs_list *pairs_list_push(lua_State *L, int table, int after)
{
    struct collection c = {.L = L, .table = table, .all = lua_isnil(L, after)};
    if (!c.all)
        pairs_key_read(L, after, &c.after);
    struct pairs_list *list;
    return list_few(&c, &list) ? list : list_many(&c);
}
