/* SPDX-License-Identifier: MIT */
#include "runner/run/phase.h"

#include "runner/lib/lua_json.h"
#include "runner/lib/template.h"
#include "runner/run/emit.h"
#include "runner/run/event.h"
#include "runner/run/require.h"
#include "runner/run/script_run.h"
#include "runner/run/trigger.h"
#include "runner/vm/tick.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static struct vm_limits limits_of(const struct script_run *r)
{
    return (struct vm_limits){
        .cpu_ms = r->start.cpu_ms,
        .memory_bytes = r->start.memory_bytes,
        .steps = r->start.steps,
        .output_bytes = r->start.output_bytes,
        .record_bytes = r->start.record_bytes,
    };
}

bool phase_make_script(struct script_run *r)
{
    struct loop *l = r->loop;
    struct vm_limits limits = limits_of(r);
    void *range = l->slots.ranges[r->slot];
    bool loaded = r->kind == STATUS_PAGE_RUN && image_load(&l->images, r->program, r->slot, range);
    struct script *s = loaded ? range : script_new(range, &l->port, &limits);
    script_bind(s, &l->port, r->program, &limits);
    r->script = s;
    return loaded;
}

static lua_State *root_of(const struct script_run *r)
{
    return r->script->tasks.root.co;
}

static int fail_run(struct script_run *r, const char *code, const char *message, const char *at)
{
    script_run_fail(r, code, text_of(message), at);
    return PHASE_END;
}

/* Finds the line where a declared function begins, "support/refund.lua:12"; "" when it is none. */
static void line_of(struct script_run *r, enum script_ref ref, char at[VM_AT])
{
    lua_State *L = r->script->vm.L;
    lua_Debug ar;
    at[0] = '\0';
    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    if (!lua_isfunction(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    lua_getinfo(L, ">S", &ar);
    if (ar.source[0] == '@')
        snprintf(at, VM_AT, "%s:%d", ar.source + 1, ar.linedefined);
}

void phase_line(struct script_run *r, char at[VM_AT])
{
    static const enum script_ref functions[PHASES] = {
        [PHASE_FILTER] = SCRIPT_REF_FILTER,
        [PHASE_INSTRUCTION] = SCRIPT_REF_INSTRUCTION,
        [PHASE_RUN] = SCRIPT_REF_RUN,
    };
    at[0] = '\0';
    if (r->phase < PHASES && functions[r->phase])
        line_of(r, functions[r->phase], at);
}

/* Finds the line of the trigger {} call. */
static void line_of_declaration(const struct script_run *r, char at[VM_AT])
{
    at[0] = '\0';
    if (r->script->trigger_line)
        snprintf(at, VM_AT, "%s:%d", r->program->files[0].name, r->script->trigger_line);
}

static int fail_at(struct script_run *r, enum script_ref ref, const char *code, const char *message)
{
    char at[VM_AT];
    line_of(r, ref, at);
    if (!at[0]) /* a template */
        line_of_declaration(r, at);
    return fail_run(r, code, message, at);
}

/* ---- compile, load */

static int enter_compile(struct script_run *r)
{
    struct error err;
    if (!program_compile(r->program, r->script->vm.L, &err))
        return fail_run(r, "script.error", err.text, "");
    return PHASE_LOAD;
}

static int enter_load(struct script_run *r)
{
    code_push(root_of(r), &r->program->files[0]);
    tasks_start(r->script, 0);
    return PHASE_LOAD;
}

/* The module that a run needs behind its event; NULL: it takes none. A state without flow, and so
 * its image, is less than half as large. */
static const char *module_of_run(lua_State *L)
{
    lua_Debug ar;
    if (lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_RUN) != LUA_TFUNCTION) {
        lua_pop(L, 1);
        return "agent";
    }
    lua_getinfo(L, ">u", &ar); /* pops it */
    return ar.nparams > 1 || ar.isvararg ? "flow" : NULL;
}

/* Loads what runs will need, so that it is in the image. */
static void load_modules(struct script_run *r)
{
    lua_State *L = r->script->vm.L;
    const char *module = module_of_run(L);
    if (!module || !lualib_find(r->program->lualib, module))
        return; /* the host, which checks the declaration, says better what is wrong */
    require_push(L, module);
    lua_rawseti(L, LUA_REGISTRYINDEX, SCRIPT_REF_FLOW);
}

static bool is_function(struct script_run *r, enum script_ref ref)
{
    bool is = lua_rawgeti(r->script->vm.L, LUA_REGISTRYINDEX, ref) == LUA_TFUNCTION;
    lua_pop(r->script->vm.L, 1);
    return is;
}

/* Makes the script this run's own: with its limits, clock, seed and event. */
static int prepare_run(struct script_run *r)
{
    struct script *s = r->script;
    struct vm_limits limits = limits_of(r);
    struct error err;
    char text[ERROR_TEXT + 64];
    script_bind(s, s->port, r->program, &limits);
    script_seed(s, r->start.seed);
    s->stage = SCRIPT_ADMITTING;
    s->run_id = r->id;
    s->vm.shared.now_ms = s->vm.shared.start_ms = r->start.at_ms;
    tick_restart(&s->vm);
    if (!event_fill(s, r->start.event, &err)) {
        snprintf(text, sizeof text, "the event is not what it should be: %s", err.text);
        return fail_run(r, "runner.event", text, "");
    }
    return r->start.admit && is_function(r, SCRIPT_REF_FILTER) ? PHASE_FILTER : PHASE_INSTRUCTION;
}

static int tell_manifest(struct script_run *r)
{
    struct error err;
    struct buf *scratch = &r->loop->scratch;
    char at[VM_AT];
    line_of_declaration(r, at);
    if (!trigger_manifest(r->script, scratch, &err))
        return fail_run(r, "script.error", err.text, at);
    emit_loaded(&r->loop->out, r->node.tag, buf_view(scratch));
    return PHASE_END;
}

static int leave_load(struct script_run *r, lua_State *co, int results)
{
    struct script *s = r->script;
    struct error err;
    char at[VM_AT];
    if (results != 1)
        lua_settop(co, 1); /* nil, or the first of many: no trigger, or just that */
    if (!trigger_take(s, co, &err)) {
        line_of_declaration(r, at);
        return fail_run(r, "script.error", err.text, at);
    }
    lua_settop(co, 0);
    if (strchr(r->program->files[0].name, '/')) /* host.lua has nothing to run */
        load_modules(r);
    lua_sethook(co, NULL, 0, 0); /* a tick may just have come; an image would keep it for ever */
    lua_sethook(s->vm.L, NULL, 0, 0);
    image_save(&r->loop->images, r->program, r->slot, &s->vm);
    return r->kind == STATUS_PAGE_LOAD ? tell_manifest(r) : prepare_run(r);
}

/* ---- filter, instruction */

/* Lets the root task call a declared function with the event and, if it is not 0, `more`
 * of the registry. */
static void start_call(struct script_run *r, enum script_ref function, enum script_ref more)
{
    lua_State *co = root_of(r);
    lua_rawgeti(co, LUA_REGISTRYINDEX, function);
    lua_rawgeti(co, LUA_REGISTRYINDEX, SCRIPT_REF_EVENT);
    if (more)
        lua_rawgeti(co, LUA_REGISTRYINDEX, more);
    tasks_start(r->script, more ? 2 : 1);
}

static int enter_filter(struct script_run *r)
{
    event_set_instruction(r->script, event_body_instruction(r->script));
    start_call(r, SCRIPT_REF_FILTER, 0);
    return PHASE_FILTER;
}

static int leave_filter(struct script_run *r, lua_State *co, int results)
{
    struct text reason = TEXT_NONE;
    (void)results;
    lua_settop(co, 2);
    if (lua_toboolean(co, 1)) {
        lua_settop(co, 0);
        return PHASE_INSTRUCTION;
    }
    if (lua_type(co, 2) == LUA_TSTRING)
        reason.data = lua_tolstring(co, 2, &reason.len);
    emit_dropped(&r->loop->out, r->node.tag, reason.data ? script_run_clean(r, reason) : reason);
    return PHASE_END;
}

/* Sends the first frame. A replay gets the instruction back from the host's JSON, so it must be
 * what JSON can hold. */
static int admit_run(struct script_run *r, struct text instruction)
{
    if (instruction.len > r->start.output_bytes)
        return fail_at(r, SCRIPT_REF_INSTRUCTION, "limit.output", "the instruction is too large");
    if (instruction.len > 0 &&
        (!text_utf8_ok(instruction) || memchr(instruction.data, '\0', instruction.len)))
        return fail_at(r, SCRIPT_REF_INSTRUCTION, "script.error",
                       "the instruction is not UTF-8, or has a NUL byte");
    event_set_instruction(r->script, instruction);
    emit_admitted(&r->loop->out, r->node.tag, instruction);
    r->admitted = true;
    return PHASE_RUN;
}

/* Renders a template; its names are looked up in the event's inputs. */
static int render_instruction(struct script_run *r, struct text source)
{
    lua_State *L = r->script->vm.L;
    struct buf *out = &r->loop->scratch;
    struct error err;
    lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_VALUES);
    if (lua_getfield(L, -1, "inputs") != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
    buf_clear(out);
    out->max = r->start.output_bytes;
    bool ok = template_render(L, source, -1, out, &err);
    lua_settop(L, 0);
    if (out->full)
        return fail_at(r, SCRIPT_REF_INSTRUCTION, "limit.output", "the instruction is too large");
    return ok ? admit_run(r, buf_view(out))
              : fail_at(r, SCRIPT_REF_INSTRUCTION, "script.error", err.text);
}

static int enter_instruction(struct script_run *r)
{
    lua_State *L = r->script->vm.L;
    if (!r->start.admit)
        return admit_run(r, r->start.instruction);
    switch (lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_INSTRUCTION)) {
    case LUA_TFUNCTION:
        lua_pop(L, 1);
        start_call(r, SCRIPT_REF_INSTRUCTION, 0);
        return PHASE_INSTRUCTION;
    case LUA_TSTRING: {
        struct text source;
        source.data = lua_tolstring(L, -1, &source.len); /* the registry holds it */
        lua_pop(L, 1);
        return render_instruction(r, source);
    }
    default:
        lua_pop(L, 1);
        return admit_run(r, event_body_instruction(r->script));
    }
}

static int leave_instruction(struct script_run *r, lua_State *co, int results)
{
    struct text instruction = TEXT_NONE;
    lua_settop(co, results > 1 ? 1 : results);
    if (results > 0 && lua_type(co, 1) == LUA_TSTRING)
        instruction.data = lua_tolstring(co, 1, &instruction.len);
    else if (results > 0 && !lua_isnil(co, 1))
        return fail_at(r, SCRIPT_REF_INSTRUCTION, "script.error",
                       "instruction must return a string");
    int next = admit_run(r, instruction);
    lua_settop(co, 0);
    return next;
}

/* ---- run */

/* Lets the root task of an agent trigger call agent.ask { instruction = event.instruction }. */
static void call_agent(struct script_run *r)
{
    lua_State *co = root_of(r);
    lua_rawgeti(co, LUA_REGISTRYINDEX, SCRIPT_REF_FLOW);
    lua_pushliteral(co, "ask");
    lua_rawget(co, -2); /* outside of the task: nothing of the script may run here */
    lua_remove(co, -2);
    lua_createtable(co, 0, 1);
    lua_rawgeti(co, LUA_REGISTRYINDEX, SCRIPT_REF_VALUES);
    lua_getfield(co, -1, "instruction");
    lua_setfield(co, -3, "instruction");
    lua_pop(co, 1);
    tasks_start(r->script, 1);
}

static int enter_run(struct script_run *r)
{
    lua_State *L = r->script->vm.L;
    r->script->stage = SCRIPT_RUNNING;
    r->agent = lua_rawgeti(L, LUA_REGISTRYINDEX, SCRIPT_REF_RUN) == LUA_TNIL;
    lua_pop(L, 1);
    if (r->agent)
        call_agent(r);
    else
        start_call(r, SCRIPT_REF_RUN, SCRIPT_REF_FLOW);
    return PHASE_RUN;
}

/* Fails the run when agent.ask did, which returns nil, message and code then. */
static bool agent_failed(struct script_run *r, lua_State *co, int results)
{
    if (!r->agent || results < 2 || !lua_isnil(co, -results))
        return false;
    const char *message = lua_tostring(co, 1 - results);
    const char *code = results > 2 ? lua_tostring(co, 2 - results) : NULL;
    fail_run(r, code ? code : "agent.failed", message ? message : "the agent failed", "");
    return true;
}

static int leave_run(struct script_run *r, lua_State *co, int results)
{
    struct buf *json = &r->loop->scratch;
    struct error err;
    if (agent_failed(r, co, results))
        return PHASE_END;
    if (results == 0)
        lua_pushnil(co);
    buf_clear(json);
    json->max = r->start.output_bytes;
    bool ok = lua_json_write(co, results ? -results : -1, json, "result", &err);
    if (json->full) {
        char text[64];
        snprintf(text, sizeof text, "the result is larger than %u bytes",
                 (unsigned)r->start.output_bytes);
        return fail_at(r, SCRIPT_REF_RUN, "limit.output", text);
    }
    if (!ok)
        return fail_at(r, SCRIPT_REF_RUN, "script.result", err.text);
    tasks_cancel_rest(r->script);
    emit_finished(&r->loop->out, r->node.tag, buf_view(json));
    return PHASE_END;
}

/* ---- the table of phases */

static const struct {
    int (*enter)(struct script_run *r); /* its own number: the root task has something to do */
    int (*leave)(struct script_run *r, lua_State *co, int results);
} phases[PHASES] = {
    [PHASE_COMPILE] = {enter_compile, NULL},
    [PHASE_LOAD] = {enter_load, leave_load},
    [PHASE_FILTER] = {enter_filter, leave_filter},
    [PHASE_INSTRUCTION] = {enter_instruction, leave_instruction},
    [PHASE_RUN] = {enter_run, leave_run},
};

static void enter_phase(struct script_run *r, int phase)
{
    while (phase != PHASE_END) {
        r->phase = (enum phase)phase;
        int next = phases[phase].enter(r);
        if (next == phase)
            return;
        phase = next;
    }
    r->phase = PHASE_END;
}

void phase_begin(struct script_run *r, bool loaded)
{
    enter_phase(r, loaded ? prepare_run(r) : (int)r->phase);
}

void phase_leave(struct script_run *r)
{
    const struct task *root = &r->script->tasks.root;
    if (root->state == TASK_FAILED)
        script_run_fail_raised(r);
    else
        enter_phase(r, phases[r->phase].leave(r, root->co, root->count));
}
