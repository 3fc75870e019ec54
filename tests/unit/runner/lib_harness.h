/* SPDX-License-Identifier: MIT */
/* lib_harness.h - a stand-in for vm.c under the standard libraries, so that every Lua object is a
 * malloc block of its own and AddressSanitizer sees what a library does to it (in the real vm all
 * lie in one arena). CPU is counted in polls. What the libraries do under the real vm, its ticks
 * and its kills, is in lib_vm_test.c.
 *
 * The tests themselves are Lua files beside the C ones. They get `test(name, function)`,
 * `collect()`, `stock` (the libraries of stock Lua, to compare with) and what the C file adds.
 * Owner: one test executable. Thread: one. */
#pragma once
#include "test.h"

#include "runner/lib/lib.h"
#include "runner/lib/lib_base.h"
#include "runner/lib/lib_metatable.h"
#include "runner/vm/vm.h"
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before each block, so that a state that was killed can be freed: as an arena would be, whole. */
struct block {
    struct block *before, *behind;
} __attribute__((aligned(16)));

struct vm {
    struct vm_shared shared;
    lua_State *L;
    struct block blocks; /* a ring */
    size_t used, limit;  /* bytes */
    long polls;          /* that are left; the one after the last kills */
    jmp_buf kill;
    char code[64], message[256];
};

volatile sig_atomic_t vm_tick;

struct vm *vm_of(lua_State *L)
{
    void *vm;
    lua_getallocf(L, &vm);
    return vm;
}

struct vm_shared *vm_shared(lua_State *L)
{
    return &vm_of(L)->shared;
}

bool vm_can_wait(lua_State *L)
{
    return vm_shared(L)->pinned == 0 && lua_isyieldable(L);
}

bool vm_is_task(lua_State *L, const lua_State *co) /* there are none */
{
    (void)L, (void)co;
    return false;
}

void vm_kill(lua_State *L, const char *code, const char *format, ...)
{
    struct vm *vm = vm_of(L);
    va_list args;
    va_start(args, format);
    vsnprintf(vm->message, sizeof vm->message, format, args);
    va_end(args);
    snprintf(vm->code, sizeof vm->code, "%s", code);
    longjmp(vm->kill, 1);
}

/* vm_tick stays set while polls are counted. */
void vm_poll_slow(lua_State *L)
{
    if (--vm_of(L)->polls < 0)
        vm_kill(L, "limit.cpu", "no polls are left");
}

static void block_free(struct vm *vm, struct block *block, size_t bytes)
{
    block->before->behind = block->behind;
    block->behind->before = block->before;
    vm->used -= bytes;
    free(block);
}

static void *harness_alloc(void *arg, void *old, size_t old_bytes, size_t bytes)
{
    struct vm *vm = arg;
    struct block *from = old ? (struct block *)old - 1 : NULL;
    if (!from)
        old_bytes = 0;
    struct block *block = NULL;
    if (bytes) {
        if (vm->used + bytes > vm->limit) {
            snprintf(vm->code, sizeof vm->code, "limit.memory");
            longjmp(vm->kill, 1);
        }
        block = malloc(sizeof *block + bytes); /* always moves: stale pointers show */
        assert_non_null(block);
        if (from)
            memcpy(block + 1, old, old_bytes < bytes ? old_bytes : bytes);
        block->before = &vm->blocks;
        block->behind = vm->blocks.behind;
        block->behind->before = vm->blocks.behind = block;
        vm->used += bytes;
    }
    if (from)
        block_free(vm, from, old_bytes);
    return block ? block + 1 : NULL;
}

void *vm_scratch(lua_State *L, void *old, size_t old_bytes, size_t new_bytes)
{
    return harness_alloc(vm_of(L), old, old_bytes, new_bytes);
}

static void harness_open_stock(lua_State *L)
{
    static const luaL_Reg stock[] = {
        {"string", luaopen_string},
        {"table", luaopen_table},
        {"utf8", luaopen_utf8},
        {"math", luaopen_math},
        {"coroutine", luaopen_coroutine},
        {"os", luaopen_os},
        {NULL, NULL},
    };
    lua_newtable(L);
    for (const luaL_Reg *lib = stock; lib->name; lib++) {
        lua_pushcfunction(L, lib->func);
        lua_call(L, 0, 1);
        lua_setfield(L, -2, lib->name);
    }
}

static struct vm *harness_new(void)
{
    struct vm *vm = calloc(1, sizeof *vm);
    assert_non_null(vm);
    vm->blocks.before = vm->blocks.behind = &vm->blocks;
    vm->limit = 64 << 20;
    vm->shared.now_ms = 1795248000123; /* 2026-11-21T08:00:00.123Z */
    vm->shared.start_ms = vm->shared.now_ms - 1500;
    vm->shared.random[0] = 1;
    vm_tick = 0;
    if (setjmp(vm->kill))
        fail_msg("killed while opening: %s", vm->code);
    lua_State *L = vm->L = lua_newstate(harness_alloc, vm);
    vm->shared.running = L;
    lua_gc(L, LUA_GCSTOP);
    harness_open_stock(L); /* first: it replaces the strings' metatable */
    lib_open_all(L);
    lua_setglobal(L, "stock");
    return vm;
}

static void harness_free(struct vm *vm)
{
    while (vm->blocks.behind != &vm->blocks)
        block_free(vm, vm->blocks.behind, 0);
    free(vm);
}

/* test(name, function): one fact. */
static inline int harness_test(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 2);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        const char *text = lib_base_tostring(L, -1, NULL);
        fail_msg("%s: %s", lua_tostring(L, 1), text);
    }
    return 0;
}

/* collect(): a whole collection, as the vm does it. */
static inline int harness_collect(lua_State *L)
{
    lib_metatable_before_collect(L);
    lua_gc(L, LUA_GCCOLLECT);
    lib_metatable_after_collect(L);
    return 0;
}

/* Loads the Lua file of this name that lies beside the C file, and runs it. */
static inline void harness_run(struct vm *vm, const char *c_file, const char *name)
{
    char path[1024];
    const char *slash = strrchr(c_file, '/');
    snprintf(path, sizeof path, "%.*s%s", (int)(slash ? slash + 1 - c_file : 0), c_file, name);
    lua_register(vm->L, "test", harness_test);
    lua_register(vm->L, "collect", harness_collect);
    if (setjmp(vm->kill))
        fail_msg("%s: killed: %s %s", name, vm->code, vm->message);
    if (luaL_loadfile(vm->L, path) != LUA_OK || lua_pcall(vm->L, 0, 0, 0) != LUA_OK)
        fail_msg("%s", lua_tostring(vm->L, -1));
    lua_settop(vm->L, 0);
}

/* A chunk must be killed within so many polls (or by its memory limit). Its vm is of no use
 * afterwards. */
static inline void harness_expect_kill(const char *chunk, long polls, const char *code)
{
    struct vm *vm = harness_new();
    if (setjmp(vm->kill) == 0) {
        assert_int_equal(luaL_loadstring(vm->L, chunk), LUA_OK);
        vm->polls = polls;
        vm_tick = 1;
        int status = lua_pcall(vm->L, 0, 0, 0);
        fail_msg("%s: not killed, %d: %s", chunk, status, luaL_tolstring(vm->L, -1, NULL));
    }
    vm_tick = 0;
    if (strcmp(vm->code, code) != 0)
        fail_msg("%s: killed with %s, not %s", chunk, vm->code, code);
    harness_free(vm);
}

static int harness_setup(void **state)
{
    *state = harness_new();
    return 0;
}

static int harness_teardown(void **state)
{
    harness_free(*state);
    return 0;
}
