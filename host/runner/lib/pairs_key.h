/* SPDX-License-Identifier: MIT */
/* pairs_key.h - the order of a table's keys that next and pairs follow (see lib_pairs.c). Raw
 * access only: no script runs. Owner: the caller. Thread: one. Limit: the run's memory. */
#pragma once
#include <lua.h>
#include <stddef.h>
#include <stdint.h>

enum pairs_rank { RANK_COUNT, RANK_NUMBER, RANK_STRING, RANK_FALSE, RANK_TRUE, RANK_OBJECT };

/* A key as it is compared. Borrows a string's bytes from the table. */
struct pairs_key {
    union {
        lua_Integer integer; /* RANK_COUNT and, when bytes is 0, RANK_NUMBER */
        lua_Number number;   /* RANK_NUMBER, when bytes is not 0 */
        const char *string;  /* RANK_STRING */
    };
    size_t bytes;
    uint64_t head; /* a string's first eight bytes, big end first: settles most comparisons */
    enum pairs_rank rank;
};

/* key must stand at idx while *key is used. */
void pairs_key_read(lua_State *L, int idx, struct pairs_key *key);
/* <0, 0, >0. Two objects count as equal. */
int pairs_key_compare(const struct pairs_key *a, const struct pairs_key *b);
