/* SPDX-License-Identifier: MIT */
/* inbox_kinds.h - the kinds of rows that an inbox holds: a kind is a row of the table in
 * inbox_kinds.c. Thread: loop. */
#pragma once
#include "base/text.h"
#include <stdbool.h>

struct run;

struct inbox_kind {
    const char *name;
    /* Writes the record that the row leads to, if any, before it returns: the row is deleted in the
     * order that has this record. What nobody waits for any more is dropped by writing none. */
    void (*take)(struct run *r, struct text data);
    /* It ends the run, and so is taken at once and ahead of what waits, in any state in which
     * records may be written: also while the run is rebuilt, when neither its version nor its
     * journal is there yet. Other kinds are taken in the order of their rows, once the run is on a
     * runner and has said all that its journal has: then every op that waits is there. */
    bool ends;
};

/* NULL: there is no such kind. */
const struct inbox_kind *inbox_kind_of(struct text name);
