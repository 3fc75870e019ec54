/* SPDX-License-Identifier: MIT */
/* code.h - compiled chunks, kept by the process so that a run need not parse: the modules of
 * lualib (embedded, compiled once at the start) and the files of a program. Bytecode comes from
 * here alone; scripts can load text only. Owner: whoever made it. Thread: one. Limit: CODE_SOURCE
 * bytes a script file. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <lua.h>

enum {
    CODE_SOURCE = 64 << 10, /* the parser is quadratic in the worst case (goto labels) */
    CODE_BYTES = 4 << 20,   /* bytecode of one file */
};

struct code {
    char *name;       /* "support/refund.lua", "lib/prices.lua", "http" */
    struct buf bytes; /* bytecode */
};

/* Compiles text under a chunk name ("@support/refund.lua"). Polls the CPU limit if L belongs to a
 * vm. False: err is Lua's message with its line. Leaves the stack as it was. */
bool code_compile(lua_State *L, struct code *c, struct text source, const char *chunk, bool in_vm,
                  struct error *err) MUST_CHECK;
/* Pushes the chunk as a function. */
void code_push(lua_State *L, const struct code *c);
void code_done(struct code *c);
