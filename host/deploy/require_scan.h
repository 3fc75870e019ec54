/* SPDX-License-Identifier: MIT */
/* require_scan.h - finds the modules that a Lua source names: require "x", require('x'),
 * require [[x]]. Comments and other strings are passed over. A name that is computed or written
 * with escapes is not found, and the runner then says that the module is missing.
 * Pure. Owner: the caller. Thread: any. */
#pragma once
#include "domain/manifest/lua_lex.h"

struct require_scan {
    struct lua_lex lex;
};

/* The source is borrowed. */
void require_scan_init(struct require_scan *s, struct text source);
/* Finds the next name, borrowed from the source, and its line from 1. False: there is none. */
bool require_scan_next(struct require_scan *s, struct text *name, int *line);
