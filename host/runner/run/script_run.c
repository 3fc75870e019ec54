/* SPDX-License-Identifier: MIT */
#include "runner/run/script_run.h"

#include "base/mem.h"
#include "runner/run/emit.h"
#include "runner/vm/tick.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOAD_CPU_MS = 250, LOAD_MEMORY = 16 << 20 };

/* ---- life */

static struct script_run *new_run(struct loop *l, struct program *p, enum status_page_kind kind)
{
    struct script_run *r = mem_zero(1, sizeof *r);
    r->loop = l;
    r->kind = kind;
    r->program = p ? program_ref(p) : NULL;
    r->slot = -1;
    list_init(&r->ready);
    list_init(&r->answers);
    return r;
}

void script_run_free(struct script_run *r)
{
    struct loop *l = r->loop;
    if (r->kind == STATUS_PAGE_RUN)
        tag_map_del(&l->runs, &r->node);
    list_del(&r->ready);
    for (struct list *node; (node = list_pop(&r->answers));)
        free(LIST_ENTRY(node, struct step_answer, link));
    free(r->taken);
    if (r->slot >= 0)
        slot_give(&l->slots, r->slot);
    program_unref(r->program);
    free(r->held);
    free(r);
}

void script_run_load(struct loop *l, struct program *p)
{
    struct script_run *r = new_run(l, p, STATUS_PAGE_LOAD);
    r->node.tag = p->node.tag;
    r->phase = PHASE_COMPILE;
    r->start.cpu_ms = LOAD_CPU_MS;
    r->start.memory_bytes = LOAD_MEMORY;
    script_run_turn(r);
}

bool script_run_start(struct loop *l, uint64_t tag, const struct frame_start *start)
{
    struct tag_node *node = tag_map_get(&l->programs, start->version);
    struct program *p = node ? CONTAINER_OF(node, struct program, node) : NULL;
    if (!start->run_id.data || start->run_id.len >= RUN_ID || !start->event.data ||
        tag_map_get(&l->runs, tag))
        return false;
    struct script_run *r = new_run(l, p, STATUS_PAGE_RUN);
    tag_map_put(&l->runs, &r->node, tag);
    r->phase = PHASE_LOAD;
    r->start = *start;
    memcpy(r->id, start->run_id.data, start->run_id.len);
    script_run_turn(r);
    return true;
}

/* Copies the texts of START, since the frame it came in is about to go. */
static void hold_start(struct script_run *r)
{
    struct text *event = &r->start.event, *instruction = &r->start.instruction;
    if (r->held || r->kind != STATUS_PAGE_RUN)
        return;
    r->held = mem_alloc(event->len + instruction->len + 1);
    memcpy(r->held, event->data, event->len);
    event->data = r->held;
    if (instruction->data) {
        memcpy(r->held + event->len, instruction->data, instruction->len);
        instruction->data = r->held + event->len;
    }
}

/* ---- failures */

/* Replaces what is not UTF-8, and NUL, which would end the text early where the host reads it. */
static void add_clean(struct buf *out, struct text t)
{
    while (t.len > 0) {
        size_t step = *t.data ? text_utf8_step(t) : 0;
        if (step)
            buf_add(out, t.data, step);
        else
            buf_str(out, "\xef\xbf\xbd");
        step = step ? step : 1;
        t.data += step;
        t.len -= step;
    }
}

/* Messages come from scripts, with any bytes and of any length. */
struct text script_run_clean(struct script_run *r, struct text message)
{
    struct buf *scratch = &r->loop->scratch;
    if (message.len > VM_MESSAGE) {
        message.len = VM_MESSAGE;
        while (message.len > VM_MESSAGE - 4 && (message.data[message.len] & 0xc0) == 0x80)
            message.len--; /* not in the middle of a character */
    }
    buf_clear(scratch);
    scratch->max = (size_t)3 * VM_MESSAGE;
    add_clean(scratch, message);
    return buf_view(scratch);
}

/* True for a message that says where by itself: "support/refund.lua:12: ...". */
static bool says_where(const char *message)
{
    const char *end = strstr(message, ".lua:");
    return end && end[5] >= '1' && end[5] <= '9' && !memchr(message, ' ', (size_t)(end - message));
}

static void refuse_program(struct script_run *r, struct text message, const char *at)
{
    char text[VM_MESSAGE + 1], whole[VM_MESSAGE + VM_AT];
    struct buf why;
    assert(r->program); /* a load has one */
    snprintf(text, sizeof text, "%.*s", (int)message.len, message.data);
    program_full_name(r->program, text, whole, sizeof whole);
    buf_init(&why, sizeof whole + VM_AT);
    if (!says_where(whole) && at[0])
        buf_printf(&why, "%s: ", at);
    else if (!says_where(whole))
        buf_printf(&why, "%s:1: ", r->program->files[0].name);
    buf_str(&why, whole);
    emit_refused(&r->loop->out, r->node.tag, script_run_clean(r, buf_view(&why)));
    buf_done(&why);
}

void script_run_fail(struct script_run *r, const char *code, struct text message, const char *at)
{
    r->phase = PHASE_END;
    if (r->kind == STATUS_PAGE_LOAD) {
        refuse_program(r, message, at);
        return;
    }
    if (!r->admitted)
        emit_admitted(&r->loop->out, r->node.tag, TEXT_NONE);
    emit_failed(&r->loop->out, r->node.tag, text_of(code), script_run_clean(r, message),
                at[0] ? text_of(at) : TEXT_NONE);
}

/* The member of the error table on top of co, by raw access; absent unless it is a text. */
static struct text error_field(lua_State *co, const char *name)
{
    struct text t = TEXT_NONE;
    lua_pushstring(co, name);
    if (lua_rawget(co, -2) == LUA_TSTRING)
        t.data = lua_tolstring(co, -1, &t.len);
    lua_pop(co, 1); /* the table still holds it */
    return t;
}

void script_run_fail_raised(struct script_run *r)
{
    lua_State *co = r->script->tasks.root.co;
    char at[VM_AT], code[VM_CODE] = "script.error", text[64];
    struct text message = TEXT_NONE, own_code = TEXT_NONE;
    vm_find_line(co, at);
    if (!at[0]) /* `return http.get(…)` is a tail call: the script's frame is gone */
        phase_line(r, at);
    if (lua_isstring(co, -1)) {
        message.data = lua_tolstring(co, -1, &message.len);
    } else if (lua_istable(co, -1)) {
        message = error_field(co, "message");
        own_code = error_field(co, "code");
    }
    if (own_code.data && script_code_ok(own_code))
        snprintf(code, sizeof code, "%.*s", (int)own_code.len, own_code.data);
    if (!message.data) {
        snprintf(text, sizeof text, "a %s value was raised", luaL_typename(co, -1));
        message = text_of(text);
    }
    script_run_fail(r, code, message, at);
}

/* ---- answers */

void script_run_answer(struct script_run *r, const struct step_answer *answer)
{
    if (r->resting) {
        r->resting = false;
        r->incoming = answer;
        script_run_turn(r);
        return;
    }
    struct step_answer *copy = mem_alloc(sizeof *copy + answer->json.len);
    *copy = *answer;
    if (answer->json.data) {
        memcpy(copy->data, answer->json.data, answer->json.len);
        copy->json.data = copy->data;
    }
    list_add(&r->answers, &copy->link);
}

/* Gives an answer to the task that asked. */
static void deliver(struct script_run *r, const struct step_answer *a)
{
    struct script *s = r->script;
    char text[64];
    s->vm.shared.now_ms = a->at_ms;
    r->answers_taken++;
    emit_count(s, a->json.len);
    tick_restart(&s->vm);
    switch (step_state(s, a->step)) {
    case STEP_ASKED:
        s->answer = (struct script_answer){.ok = a->ok, .json = a->json};
        step_resume(s, a->step);
        return;
    case STEP_CANCELLED: /* it crossed with the OP_CANCEL */
        s->step_states[a->step - 1] = STEP_ANSWERED;
        return;
    default:
        snprintf(text, sizeof text, "an answer came for step %u, which does not wait for one",
                 (unsigned)a->step);
        script_run_fail(r, "replay.diverged", text_of(text), "");
    }
}

/* Takes the next answer; NULL: none is there. */
static const struct step_answer *take_answer(struct script_run *r)
{
    const struct step_answer *a = r->incoming;
    r->incoming = NULL;
    if (a)
        return a;
    struct list *node = list_pop(&r->answers);
    free(r->taken);
    r->taken = node ? LIST_ENTRY(node, struct step_answer, link) : NULL;
    return r->taken;
}

/* Nothing can move: says so, and takes the next answer if it is there. False: the run has ended, or
 * rests until the host sends something. */
static bool rest_or_go_on(struct script_run *r)
{
    if (r->phase != PHASE_RUN || !tasks_wait_for_answers(r->script)) {
        script_run_fail(r, "script.deadlock", TEXT("all tasks wait for each other"), "");
        return false;
    }
    emit_idle(r->script, r->answers_taken);
    const struct step_answer *a = take_answer(r);
    r->resting = a == NULL;
    if (a)
        deliver(r, a);
    return a && r->phase != PHASE_END;
}

/* ---- slices */

static void show_on_page(struct script_run *r)
{
    struct status_page *page = r->loop->status_page;
    atomic_store_explicit(&page->tag, r->node.tag, memory_order_relaxed);
    atomic_store_explicit(&page->cpu_ms, r->start.cpu_ms, memory_order_relaxed);
    atomic_fetch_add_explicit(&page->slice, 1, memory_order_relaxed);
    atomic_store_explicit(&page->kind, r->kind, memory_order_release);
}

static void clear_page(struct script_run *r)
{
    atomic_store_explicit(&r->loop->status_page->kind, STATUS_PAGE_IDLE, memory_order_release);
}

static bool take_slot(struct script_run *r)
{
    if (!r->program || (r->program->broken && r->kind == STATUS_PAGE_RUN)) {
        script_run_fail(r, "runner.version", TEXT("the runner has no such version"), "");
        return false;
    }
    r->slot = slot_take(&r->loop->slots);
    if (r->slot < 0)
        script_run_fail(r, "runner.full", TEXT("the runner has no room for another run"), "");
    return r->slot >= 0;
}

static void run_slice(struct script_run *r)
{
    bool fresh = !r->script, loaded = fresh && phase_make_script(r);
    tick_enter(&r->script->vm); /* not before there is a state whose hook can be set */
    if (fresh)
        phase_begin(r, loaded);
    if (r->incoming)
        deliver(r, take_answer(r));
    while (r->phase != PHASE_END) {
        switch (tasks_turn(r->script)) {
        case TASKS_ENDED:
            phase_leave(r);
            break;
        case TASKS_PREEMPTED:
            list_add(&r->loop->ready, &r->ready);
            return;
        case TASKS_IDLE:
            if (!rest_or_go_on(r))
                return;
        }
    }
}

void script_run_turn(struct script_run *r)
{
    struct script_port *port = &r->loop->port;
    if (r->slot < 0 && !take_slot(r)) {
        script_run_free(r);
        return;
    }
    port->tag = r->node.tag;
    show_on_page(r);
    if (_setjmp(port->death.jump) == 0)
        run_slice(r);
    else
        script_run_fail(r, port->death.code, text_of(port->death.message), port->death.at);
    tick_leave();
    clear_page(r);
    if (r->phase == PHASE_END)
        script_run_free(r);
    else if (r->phase < PHASE_RUN)
        hold_start(r);
}
