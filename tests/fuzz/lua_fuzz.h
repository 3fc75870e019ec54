/* SPDX-License-Identifier: MIT */
/* lua_fuzz.h - a Lua state with the sandbox's libraries for fuzz targets, on the stand-in vm of the
 * unit tests, where every Lua object is a malloc block of its own. The state is kept from input to
 * input; one that was killed is thrown away. Owner: the target. Thread: one. */
#pragma once
#include "fuzz.h"

#include "base/json.h"
#include "runner/lib_harness.h"

enum { FUZZ_POLLS = 200000, FUZZ_GARBAGE = 8 << 20 };

static struct vm *fuzz_vm;
/* For cmocka only. */
static int (*const fuzz_unused[])(void **)
    __attribute__((unused)) = {harness_setup, harness_teardown};

/* What a body holds outside of Lua: here, as a kill jumps over its end. */
static struct {
    struct buf bufs[3];
    cJSON *tree;
    char *copy;
} fuzz_held;

static inline struct buf *fuzz_buf(int which, size_t max)
{
    buf_init(&fuzz_held.bufs[which], max);
    return &fuzz_held.bufs[which];
}

static inline void fuzz_release(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fuzz_held.bufs); i++)
        buf_done(&fuzz_held.bufs[i]);
    cJSON_Delete(fuzz_held.tree);
    free(fuzz_held.copy);
    fuzz_held.tree = NULL;
    fuzz_held.copy = NULL;
}

/* Runs body(L, in) with an empty stack. False: it was killed (a limit), which is no finding. */
static bool fuzz_lua(void (*body)(lua_State *L, struct text in), struct text in,
                     void (*prepare)(lua_State *L))
{
    if (!fuzz_vm) {
        fuzz_vm = harness_new();
        if (prepare)
            prepare(fuzz_vm->L);
        vm_tick = 1;
    }
    fuzz_vm->polls = FUZZ_POLLS;
    if (setjmp(fuzz_vm->kill)) {
        harness_free(fuzz_vm);
        fuzz_vm = NULL;
        fuzz_release();
        return false;
    }
    int top = lua_gettop(fuzz_vm->L);
    body(fuzz_vm->L, in);
    fuzz_release();
    lua_settop(fuzz_vm->L, top);
    if (fuzz_vm->used > FUZZ_GARBAGE)
        harness_collect(fuzz_vm->L);
    return true;
}
