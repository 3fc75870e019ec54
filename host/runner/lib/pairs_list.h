/* SPDX-License-Identifier: MIT */
/* pairs_list.h - a table's keys in the order of pairs_key.h, collected and sorted once for a whole
 * traversal. A list is a userdata, with the keys as its user values. Raw access only: no script
 * runs. Owner: Lua's collector. Thread: one. Limit: the run's memory; at 65,536 keys a list takes
 * 1 MB, and 3 MB more while it is made. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

struct pairs_list {
    uint32_t count;
    uint32_t at;      /* the place (1 is the first) of the key that was returned last */
    bool marked;      /* it has a mark that is not nil */
    const void *last; /* lua_topointer of that key; NULL for a number or boolean */
    /* More keys than a userdata can have user values: they are in a table in the first one. */
    bool in_table;
};

/* Pushes the first key of the table at `table`; false (nothing pushed): it is empty. */
bool pairs_list_first(lua_State *L, int table);

/* Pushes a list of the table's keys that come behind the one at `after` (nil: all). Raises when two
 * have no order. */
struct pairs_list *pairs_list_push(lua_State *L, int table, int after);
/* Pushes the key at a place of 1..count of the list at idx. */
void pairs_list_get(lua_State *L, int idx, const struct pairs_list *list, uint32_t place);
/* The place of the key at `key` in the list at idx; 0: it is not there. */
uint32_t pairs_list_find(lua_State *L, int idx, const struct pairs_list *list, int key);

/* A key that the list's user remembers with it (nil at first). */
void pairs_list_set_mark(lua_State *L, int idx, struct pairs_list *list); /* pops it */
void pairs_list_get_mark(lua_State *L, int idx);                          /* pushes it */
