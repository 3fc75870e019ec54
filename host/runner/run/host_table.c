/* SPDX-License-Identifier: MIT */
#include "runner/run/host_table.h"

#include "runner/lib/lib_base.h"
#include "runner/lib/lib_secret.h"
#include "runner/lib/lua_json.h"
#include "runner/run/emit.h"
#include "runner/run/group.h"
#include "runner/run/host_task.h"
#include "runner/run/script.h"

#include <lauxlib.h>

static struct text check_text(lua_State *L, int arg)
{
    struct text t;
    t.data = luaL_checklstring(L, arg, &t.len);
    return t;
}

static void push_value(lua_State *L, struct text json)
{
    struct error err;
    if (!json.data || text_is(json, "null"))
        lua_pushnil(L);
    else if (!lua_json_push(L, json, &err))
        vm_kill(L, "runner.answer", "the host's answer is not JSON: %s", err.text);
}

static int answered(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    struct script_answer answer = script_of(L)->answer;
    lua_pushboolean(L, answer.ok);
    push_value(L, answer.json);
    return 2;
}

static int host_op(lua_State *L)
{
    struct script *s = script_of(L);
    struct text kind = check_text(L, 1), name = TEXT_NONE;
    if (!lua_isnoneornil(L, 2))
        name = check_text(L, 2);
    task_check_wait(L, kind.data);
    struct text args = emit_json(L, 3, s->vm.shared.output_bytes, "limit.output", kind.data);
    uint32_t step = step_take(L, STEP_ASKED);
    emit_op(L, step, kind, name, args);
    s->tasks.current->step = step;
    return task_suspend(L, TASK_OP, 0, answered);
}

static int host_step(lua_State *L)
{
    task_check_run(L, "flow");
    lua_pushinteger(L, step_take(L, STEP_GROUP));
    return 1;
}

static enum record_type check_record_type(lua_State *L, int arg)
{
    static const enum record_type types[] = {
        RECORD_LOG,         RECORD_STEP_PROGRESS, RECORD_STEP_STARTED, RECORD_STEP_COMPLETED,
        RECORD_STEP_FAILED, RECORD_STEP_RETRYING,
    };
    struct text name = check_text(L, arg);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (text_is(name, record_type_name(types[i])))
            return types[i];
    }
    luaL_argerror(L, arg, "not the type of a record");
    return RECORD_NONE;
}

static int host_record(lua_State *L)
{
    struct script *s = script_of(L);
    enum record_type type = check_record_type(L, 1);
    uint32_t step = (uint32_t)luaL_optinteger(L, 2, 0);
    uint32_t attempt = (uint32_t)luaL_optinteger(L, 3, 0);
    struct text name = TEXT_NONE;
    if (!lua_isnoneornil(L, 4))
        name = check_text(L, 4);
    task_check_run(L, "flow");
    if (name.len > s->vm.shared.record_bytes)
        vm_kill(L, "limit.record", "a name of more than %u bytes",
                (unsigned)s->vm.shared.record_bytes);
    struct text data = emit_json(L, 5, s->vm.shared.record_bytes, "limit.record", "flow");
    group_note(L, type, step, attempt, name);
    emit_record(L, type, step, attempt, name, data);
    return 0;
}

static int host_now(lua_State *L)
{
    lua_pushinteger(L, vm_shared(L)->now_ms);
    return 1;
}

/* xorshift64* (Vigna, 2014): the upper 53 bits make the fraction. The seed is spread by vm_seed,
 * and 0 is no state. */
static int host_random(lua_State *L)
{
    struct script *s = script_of(L);
    uint64_t x = s->random ? s->random : 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    s->random = x;
    lua_pushnumber(L, (lua_Number)((x * 0x2545f4914f6cdd1dU) >> 11) * 0x1p-53);
    return 1;
}

static int host_fail(lua_State *L)
{
    struct script *s = script_of(L);
    struct text code = check_text(L, 1), message = check_text(L, 2);
    if (!script_code_ok(code)) {
        lua_pushfstring(L, ": \"%s\" is a code of the host's own, or no word", code.data);
        return task_raise(L, "flow.fail", lua_tostring(L, -1));
    }
    vm_die(&s->vm, L, code.data, message);
}

static int host_run_id(lua_State *L)
{
    lua_pushstring(L, script_of(L)->run_id);
    return 1;
}

void host_table_push(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"op", host_op},
        {"step", host_step},
        {"record", host_record},
        {"spawn", host_task_spawn},
        {"join", host_task_join},
        {"join_any", host_task_join_any},
        {"cancel", host_task_cancel},
        {"now", host_now},
        {"random", host_random},
        {"fail", host_fail},
        {"run_id", host_run_id},
        {"secret_parts", lib_secret_parts},
        {NULL, NULL},
    };
    host_task_open(L);
    luaL_newlib(L, functions);
}

static int print_line(lua_State *L)
{
    struct script *s = script_of(L);
    luaL_checkstring(L, 1);
    task_check_run(L, "print");
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "message");
    struct text data = emit_json(L, -1, s->vm.shared.record_bytes, "limit.record", "print");
    emit_record(L, RECORD_LOG, 0, 0, TEXT_NONE, data);
    return 0;
}

void host_table_open_print(lua_State *L)
{
    lua_pushcfunction(L, print_line);
    lua_setfield(L, LUA_REGISTRYINDEX, LIB_BASE_PRINT);
}
