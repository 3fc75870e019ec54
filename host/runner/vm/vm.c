/* SPDX-License-Identifier: MIT */
#include "runner/vm/vm.h"

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
    const struct vm *vm = vm_of(L);
    return vm->callbacks->is_task(vm, co);
}

/* From Lua 5.4.5 on, a stack that is just being enlarged has offsets where its pointers were, and
 * memory can run out or a tick can come at that moment: lua_getinfo would follow an offset into
 * nowhere. In all of 5.4 the first word of a CallInfo is the place of its function, so a number
 * that is smaller than the largest stack must be an offset. */
static bool is_readable(const struct vm *vm, const lua_Debug *ar)
{
    uintptr_t *function = (uintptr_t *)ar->i_ci;
    if (*function > (uintptr_t)LUAI_MAXSTACK * 64)
        return true;
    /* The old stack still stands, and L will run no more. */
    *function += (uintptr_t)vm->enlarging;
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
    if (!at[0] && vm->task && vm->task != L)
        vm_find_line(vm->task, at);
}

void vm_die(struct vm *vm, lua_State *L, const char *code, struct text message)
{
    struct vm_death *death = vm->death;
    size_t len = message.len < VM_MESSAGE ? message.len : VM_MESSAGE;
    if (message.data != death->message)
        memcpy(death->message, message.data, len);
    death->message[len] = '\0';
    snprintf(death->code, sizeof death->code, "%s", code);
    vm_where(vm, L, death->at);
    longjmp(death->jump, 1);
}

void vm_kill(lua_State *L, const char *code, const char *format, ...)
{
    struct vm *vm = vm_of(L);
    struct vm_death *death = vm->death;
    va_list args;
    va_start(args, format);
    vsnprintf(death->message, sizeof death->message, format, args);
    va_end(args);
    vm_die(vm, L, code, text_of(death->message));
}

static void die_of_memory(struct vm *vm)
{
    struct vm_death *death = vm->death;
    snprintf(death->message, sizeof death->message, "the run needs more than %zu KB of memory",
             vm->arena.limit / 1024);
    vm_die(vm, vm->shared.running, "limit.memory", text_of(death->message));
}

/* Collecting in the middle of an allocation breaks Lua 5.4, so this only asks for a collection. */
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

/* The next collection comes at twice what lives now, but early enough before the limit that a run
 * is not killed for its garbage. */
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
    vm->callbacks->before_collect(vm->L);
    lua_gc(vm->L, LUA_GCCOLLECT);
    vm->callbacks->after_collect(vm->L);
    plan_collection(vm);
}

/* Lua calls this for an error outside of every protected call, which nothing of ours
 * raises on purpose. */
static int on_panic(lua_State *L)
{
    size_t len;
    const char *message = lua_tolstring(L, -1, &len);
    struct text text = message ? (struct text){message, len} : TEXT("an error that is no text");
    vm_die(vm_of(L), L, "script.error", text);
}

struct vm *vm_new(void *range, size_t head, struct vm_death *death,
                  const struct vm_callbacks *callbacks, const struct vm_limits *limits)
{
    struct vm *vm = range;
    arena_init(&vm->arena, head, VM_RANGE, VM_MEMORY_MAX);
    memset((char *)vm + sizeof vm->arena, 0, head - sizeof vm->arena);
    vm->callbacks = callbacks;
    vm->collect_at = VM_MEMORY_MAX;
    vm_bind(vm, death, limits);
    vm->L = lua_newstate(vm_alloc, vm); /* never NULL: the allocator kills */
    vm->shared.running = vm->L;
    lua_atpanic(vm->L, on_panic);
    lua_gc(vm->L, LUA_GCSTOP);
    return vm;
}

void vm_bind(struct vm *vm, struct vm_death *death, const struct vm_limits *limits)
{
    size_t memory = limits->memory_bytes;
    vm->death = death;
    vm->arena.limit = memory < VM_MEMORY_MAX ? memory : VM_MEMORY_MAX;
    if (vm->arena.used > vm->arena.limit)
        die_of_memory(vm);
    plan_collection(vm);
    vm->cpu_ms = limits->cpu_ms;
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

uint64_t vm_seed(struct vm *vm, uint64_t seed)
{
    for (size_t i = 0; i < ARRAY_LEN(vm->shared.random); i++)
        vm->shared.random[i] = split_mix(&seed);
    return split_mix(&seed);
}
