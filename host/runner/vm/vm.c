/* SPDX-License-Identifier: MIT */
#include "runner/vm/vm.h"

#include "runner/lib/lib.h"
#include "runner/lib/lib_host.h"
#include "runner/lib/lib_secret.h"
#include "runner/run/event.h"
#include "runner/run/require.h"
#include "runner/run/trigger.h"
#include "runner/vm/tick.h"
#include "runner/vm/vm_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LEVELS_LOOKED_AT = 200, COLLECT_STEP = 256 << 10 };

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

bool vm_is_task(lua_State *L, const lua_State *co)
{
    LIST_EACH(node, &vm_of(L)->tasks.live)
    {
        if (LIST_ENTRY(node, struct task, live)->co == co)
            return true;
    }
    return false;
}

/* From Lua 5.4.5 on a stack that is just being enlarged has offsets where its pointers were, and
 * that is a moment at which memory runs out and a tick may come: lua_getinfo would follow one into
 * nowhere. The first word of a CallInfo is the place of its function, in all of 5.4; so small a one
 * is an offset. */
static bool is_readable(const struct vm *vm, const lua_Debug *ar)
{
    uintptr_t *function = (uintptr_t *)ar->i_ci;
    if (*function > (uintptr_t)LUAI_MAXSTACK * 64)
        return true;
    *function += (uintptr_t)vm->enlarging; /* the old stack still stands, and L will run no more */
    return vm->enlarging;
}

void vm_find_line(lua_State *L, char at[VM_AT])
{
    lua_Debug ar;
    for (int level = 0; level < LEVELS_LOOKED_AT && lua_getstack(L, level, &ar); level++) {
        if (!is_readable(vm_of(L), &ar) || !lua_getinfo(L, "Sl", &ar) || ar.source[0] != '@' ||
            ar.currentline <= 0)
            continue;
        snprintf(at, VM_AT, "%s:%d", ar.source + 1, ar.currentline);
        return;
    }
    at[0] = '\0';
}

void vm_where(const struct vm *vm, lua_State *L, char at[VM_AT])
{
    at[0] = '\0';
    if (L)
        vm_find_line(L, at);
    if (!at[0] && vm->tasks.current && vm->tasks.current->co != L)
        vm_find_line(vm->tasks.current->co, at);
}

void vm_die(struct vm *vm, lua_State *L, const char *code, struct text message)
{
    struct vm_death *death = &vm->port->death;
    size_t len = message.len < VM_MESSAGE ? message.len : VM_MESSAGE;
    if (message.data != death->message)
        memcpy(death->message, message.data, len);
    death->message[len] = '\0';
    snprintf(death->code, sizeof death->code, "%s", code);
    vm_where(vm, L, death->at);
    longjmp(death->jump, 1);
}

bool vm_code_ok(struct text code)
{
    static const char *const reserved[] = {"limit.", "runner.", "replay.", "journal.", "version."};
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        size_t len = strlen(reserved[i]);
        if (code.len >= len && memcmp(code.data, reserved[i], len) == 0)
            return false;
    }
    for (size_t i = 0; i < code.len; i++) {
        if (!code.data[i] || !strchr(letters, code.data[i]))
            return false;
    }
    return code.len > 0 && code.len < VM_CODE;
}

void vm_kill(lua_State *L, const char *code, const char *format, ...)
{
    struct vm *vm = vm_of(L);
    struct vm_death *death = &vm->port->death;
    va_list args;
    va_start(args, format);
    vsnprintf(death->message, sizeof death->message, format, args);
    va_end(args);
    vm_die(vm, L, code, text_of(death->message));
}

static void die_of_memory(struct vm *vm)
{
    struct vm_death *death = &vm->port->death;
    snprintf(death->message, sizeof death->message, "the run needs more than %zu KB of memory",
             vm->arena.limit / 1024);
    vm_die(vm, vm->shared.running, "limit.memory", text_of(death->message));
}

/* A collection in the middle of an allocation is what breaks Lua 5.4 (TRAPS); so this only asks for
 * one. */
static void ask_for_collection(struct vm *vm)
{
    vm->collect_wanted = true;
    tick_arm(vm);
}

static void *vm_alloc(void *arg, void *old, size_t old_bytes, size_t bytes)
{
    struct vm *vm = arg;
    void *block = arena_move(&vm->arena, old, old ? old_bytes : 0, bytes);
    if (!block && bytes) {
        vm->enlarging = old;
        die_of_memory(vm);
    }
    if (vm->arena.used > vm->collect_at && !vm->collect_wanted)
        ask_for_collection(vm);
    return block;
}

void *vm_scratch(lua_State *L, void *old, size_t old_bytes, size_t new_bytes)
{
    return vm_alloc(vm_of(L), old, old_bytes, new_bytes);
}

/* Twice what lives, but early enough before the limit that garbage does not kill. */
static void plan_collection(struct vm *vm)
{
    size_t live = vm->arena.used, limit = vm->arena.limit;
    size_t at = live * 2 > VM_COLLECT_FIRST ? live * 2 : VM_COLLECT_FIRST;
    size_t half_way = live < limit ? live + (limit - live) / 2 : limit;
    if (at > half_way)
        at = half_way;
    if (at < live + COLLECT_STEP)
        at = live + COLLECT_STEP;
    vm->collect_at = at;
    vm->collect_wanted = false;
}

void vm_collect(struct vm *vm)
{
    lib_before_collect(vm->L);
    lua_gc(vm->L, LUA_GCCOLLECT);
    lib_after_collect(vm->L);
    plan_collection(vm);
}

/* An error outside of every protected call: nothing of ours does that on purpose. */
static int on_panic(lua_State *L)
{
    size_t len;
    const char *message = lua_tolstring(L, -1, &len);
    struct text text = message ? (struct text){message, len} : TEXT("an error that is no text");
    vm_die(vm_of(L), L, "script.error", text);
}

struct vm *vm_new(void *range, struct vm_port *port, const struct vm_limits *limits)
{
    struct vm *vm = range;
    arena_init(&vm->arena, sizeof *vm, VM_RANGE, VM_MEMORY_MAX);
    memset((char *)vm + sizeof vm->arena, 0, sizeof *vm - sizeof vm->arena);
    vm->collect_at = VM_MEMORY_MAX;
    vm_bind(vm, port, NULL, limits);
    vm->L = lua_newstate(vm_alloc, vm); /* never NULL: the allocator kills */
    vm->shared.running = vm->L;
    lua_atpanic(vm->L, on_panic);
    lua_gc(vm->L, LUA_GCSTOP);
    vm_seed(vm, 0); /* the same for every run until it gets its own: an image is taken in between */
    lib_open_all(vm->L);
    require_open(vm->L);
    lib_open_print(vm->L);
    lib_open_secret(vm->L);
    event_open(vm->L);
    trigger_open(vm->L);
    tasks_init(vm);
    lua_settop(vm->L, 0);
    return vm;
}

void vm_bind(struct vm *vm, struct vm_port *port, const struct version *version,
             const struct vm_limits *limits)
{
    size_t memory = limits->memory_bytes;
    vm->port = port;
    vm->version = version;
    vm->arena.limit = memory < VM_MEMORY_MAX ? memory : VM_MEMORY_MAX;
    if (vm->arena.used > vm->arena.limit)
        die_of_memory(vm);
    plan_collection(vm);
    vm->cpu_ms = limits->cpu_ms;
    vm->steps_max = limits->steps;
    vm->shared.output_bytes = limits->output_bytes;
    vm->shared.record_bytes = limits->record_bytes;
}

/* SplitMix64 (Steele, Lea, Flood 2014): spreads one number over the state of a larger generator. */
static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void vm_seed(struct vm *vm, uint64_t seed)
{
    for (size_t i = 0; i < ARRAY_LEN(vm->shared.random); i++)
        vm->shared.random[i] = split_mix(&seed);
    vm->random = split_mix(&seed);
}
