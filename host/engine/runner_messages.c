/* SPDX-License-Identifier: MIT */
#include "engine/runner_messages.h"
#include "base/hex.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/acceptance.h"
#include "engine/backlog.h"
#include "engine/commit.h"
#include "engine/inbox.h"
#include "engine/ops.h"
#include "engine/placement.h"
#include "engine/rebuild.h"
#include "engine/replay.h"
#include "engine/run.h"
#include "engine/run_end.h"
#include "engine/run_time.h"
#include "engine/ticket.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- admission */

/* The first two records of a run. */
static void note_acceptance(struct run *r)
{
    enum { SHOWN = 6 };
    const struct acceptance *a = r->acceptance;
    char version[2 * SHOWN + 1];
    struct buf data;
    hex_encode(r->version->hash, SHOWN, version);
    buf_init(&data, 8 << 10);
    buf_reserve(&data, 255);
    json_open(&data, NULL, '{');
    json_word(&data, "project", a->project);
    json_word(&data, "trigger", a->trigger);
    json_word(&data, "kind", a->kind);
    json_word(&data, "sessionId", a->session);
    json_word(&data, "version", version);
    json_close(&data, '}');
    struct record accepted = {
        .type = RECORD_RUN_ACCEPTED, .at_ms = r->created_ms, .data = buf_view(&data)};
    run_record(r, &accepted);
    buf_done(&data);
    run_note(r, RECORD_RUN_STARTED, NULL);
    r->update.row.status = STORE_RUNNING;
    r->update.row.started_ms = clock_wall_ms(r->e->clock);
    r->update.any = true;
}

enum { START_REST = 64 << 10 }; /* what START holds besides event and instruction, generously */

static void become_accepted(struct run *r, struct text instruction)
{
    if (r->state != RUN_ADMITTING)
        return;
    run_enter(r, RUN_ADMITTED);
    r->acceptance->instruction =
        instruction.data ? mem_text_n(instruction.data, instruction.len) : NULL;
    size_t bytes = r->acceptance->event.len + instruction.len;
    note_acceptance(r);
    run_watch_wall(r);
    if (bytes > FRAME_MAX - START_REST) /* it must fit one START, should it ever be rebuilt */
        run_end_failed(r, "limit.event",
                       TEXT("the event and its instruction are larger than 8 MB together"),
                       TEXT_NONE);
}

static void take_admitted(struct run *r, struct frame_reader *in)
{
    become_accepted(r, frame_get_bytes(in));
}

static void take_dropped(struct run *r, struct frame_reader *in)
{
    struct text reason = frame_get_bytes(in);
    struct ticket *ticket = r->ticket;
    if (r->state != RUN_ADMITTING)
        return;
    r->ticket = NULL;
    run_unplace(r, false);
    run_enter(r, RUN_DROPPED);
    if (ticket)
        ticket_dropped(ticket, r->acceptance, reason);
    struct engine *e = r->e;
    run_release(r);
    backlog_next(e);
}

/* ---- what a run says; while it is replayed it must say what the journal has */

static void end_diverged(struct run *r, const struct replay_expect *x, const char *said_type,
                         uint32_t step, struct text kind, struct text name)
{
    char why[512];
    snprintf(why, sizeof why,
             "the journal has %s of step %u (%s), the replay came to %s of step %u (%.*s %.*s)",
             record_type_name(x->type), x->step, x->label, said_type, step,
             (int)(kind.len > 40 ? 40 : kind.len), kind.data ? kind.data : "",
             (int)(name.len > 80 ? 80 : name.len), name.data ? name.data : "");
    run_end_failed(r, "replay.diverged", text_of(why), TEXT_NONE);
}

/* True: it is part of the replay, nothing is to be written. *asked_ms: for an op whose answer is
 * not in the journal. */
static bool replayed(struct run *r, enum record_type type, uint32_t step, uint64_t hash,
                     struct text kind, struct text name, int64_t *asked_ms)
{
    *asked_ms = 0;
    if (r->state != RUN_REPLAYING)
        return false;
    const struct replay_expect *x = replay_next(r->replay);
    if (x->type != type || x->step != step || x->hash != hash) {
        end_diverged(r, x, record_type_name(type), step, kind, name);
        return true;
    }
    if (!x->answered)
        *asked_ms = x->at_ms;
    replay_advance(r->replay);
    if (!replay_next(r->replay))
        rebuild_caught_up(r);
    return true;
}

static const bool runner_may_write[RECORD_TYPES] = {
    [RECORD_LOG] = true,          [RECORD_STEP_PROGRESS] = true,
    [RECORD_STEP_STARTED] = true, [RECORD_STEP_COMPLETED] = true,
    [RECORD_STEP_FAILED] = true,  [RECORD_STEP_RETRYING] = true,
};

/* It goes into events and answers as it is. */
static struct text take_json(struct frame_reader *in)
{
    struct text json = frame_get_bytes(in);
    in->broken = in->broken || (json.data && !json_is_value(json, JSON_DEPTH_OUT));
    return json;
}

static void take_record(struct run *r, struct frame_reader *in)
{
    enum record_type type = frame_get_u8(in);
    uint32_t step = frame_get_u32(in), attempt = frame_get_u32(in);
    struct text name = frame_get_bytes(in), data = take_json(in);
    in->broken = in->broken || type >= RECORD_TYPES || !runner_may_write[type];
    if (in->broken)
        return;
    struct text kind = step ? TEXT("step") : TEXT_NONE;
    uint64_t hash = op_hash(kind, name, data) + attempt;
    int64_t asked_ms;
    if (replayed(r, type, step, hash, kind, name, &asked_ms))
        return;
    if (step > r->steps)
        r->steps = step;
    struct record rec = {
        .type = type,
        .flags = RECORD_OUTPUT,
        .at_ms = clock_wall_ms(r->e->clock),
        .step = step,
        .attempt = attempt,
        .hash = hash,
        .name = name,
        .kind = kind,
        .data = data,
    };
    run_record(r, &rec);
}

static void take_op(struct run *r, struct frame_reader *in)
{
    uint32_t step = frame_get_u32(in);
    struct text kind = frame_get_bytes(in), name = frame_get_bytes(in), args = frame_get_bytes(in);
    if (in->broken)
        return;
    int64_t asked_ms;
    if (!replayed(r, RECORD_STEP_STARTED, step, op_hash(kind, name, args), kind, name, &asked_ms))
        op_ask(r, step, kind, name, args, 0);
    else if (asked_ms && !run_has_ended(r) && !op_find(r, step))
        op_ask(r, step, kind, name, args, asked_ms);
    if (run_is_on_runner(r) && r->state != RUN_REPLAYING)
        ops_late(r);
}

static void take_op_cancel(struct run *r, struct frame_reader *in)
{
    struct op *op = op_find(r, frame_get_u32(in));
    if (op)
        op_cancel(op);
}

/* ---- the end, and rest */

/* The journal may not hold more than the run says: a run that ends early has taken another path. */
static bool ended_early(struct run *r, const char *how)
{
    if (r->state != RUN_REPLAYING)
        return false;
    end_diverged(r, replay_next(r->replay), how, 0, TEXT_NONE, TEXT_NONE);
    return true;
}

static void take_finished(struct run *r, struct frame_reader *in)
{
    struct text result = take_json(in);
    if (!in->broken && !ended_early(r, "the end"))
        run_complete(r, result.data ? result : TEXT("null"));
}

static void take_failed(struct run *r, struct frame_reader *in)
{
    struct text code = frame_get_bytes(in), message = frame_get_bytes(in), at = frame_get_bytes(in);
    if (in->broken)
        return;
    char code_text[64];
    if (!code.data)
        code = TEXT("script.error");
    snprintf(code_text, sizeof code_text, "%.*s", (int)code.len, code.data);
    if (r->state == RUN_ADMITTING) /* its filter or instruction failed: it is a run all the same */
        become_accepted(r, TEXT_NONE);
    run_unplace(r, false);
    run_end_failed(r, code_text, message.data ? message : TEXT(""), at);
}

static void take_idle(struct run *r, struct frame_reader *in)
{
    struct engine *e = r->e;
    uint32_t answers = frame_get_u32(in);
    struct text at = frame_get_bytes(in);
    if (in->broken)
        return;
    if (!run_state_computes(r->state) || answers != r->answers_sent)
        return; /* said before it saw the last answer */
    if (ended_early(r, "a wait for something else"))
        return;
    run_enter(r, RUN_RESTED);
    free(r->at);
    r->at = at.data ? mem_text_n(at.data, at.len) : NULL;
    if (run_overdue(r)) { /* it came back only to say where it stood */
        run_time_out(r);
        return;
    }
    ops_late(r);
    inbox_hand_over(r);
    if (r->state == RUN_IDLE) {
        int64_t due = list_empty(&r->late) ? ops_due_ms(r) : 0;
        if (due > clock_wall_ms(e->clock) + ENGINE_PARK_MS)
            run_park(r, due);
        else
            run_rest(r);
    }
    backlog_next(e);
}

static const struct {
    enum frame_type type;
    void (*take)(struct run *r, struct frame_reader *in);
    bool before, behind; /* where it may come: before the run is admitted, and behind that */
} rows[] = {
    {FRAME_ADMITTED, take_admitted, true, true}, /* again when it is rebuilt */
    {FRAME_DROPPED, take_dropped, true, false},     {FRAME_FAILED, take_failed, true, true},
    {FRAME_RECORD, take_record, false, true},       {FRAME_OP, take_op, false, true},
    {FRAME_OP_CANCEL, take_op_cancel, false, true}, {FRAME_FINISHED, take_finished, false, true},
    {FRAME_IDLE, take_idle, false, true},
};

/* LOADED and REFUSED: one text each. */
static bool take_load(struct engine *e, unsigned runner, const struct frame *f)
{
    struct frame_reader in;
    frame_read(&in, f);
    struct text text = frame_get_bytes(&in);
    if (!text.data || !frame_read_ok(&in))
        return false;
    if (loading_answered(&e->loading, runner, f->tag))
        reload_compiled(&e->reload, f->tag, f->type == FRAME_LOADED, text);
    return true;
}

bool runner_messages_take(void *engine, unsigned runner, const struct frame *f)
{
    struct engine *e = engine;
    struct frame_reader in;
    if (e->closing)
        return true; /* the store is closed: what is said now is said again after the restart */
    frame_read(&in, f);
    if (f->type == FRAME_LOADED || f->type == FRAME_REFUSED)
        return take_load(e, runner, f);
    struct run *r = run_by_tag(e, f->tag);
    if (!r || r->runner != runner)
        return f->type > FRAME_REFUSED; /* dropped meanwhile */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].type != (enum frame_type)f->type)
            continue;
        if (r->state == RUN_ADMITTING ? !rows[i].before : !rows[i].behind)
            return false;
        rows[i].take(r, &in);
        return frame_read_ok(&in);
    }
    return false;
}

/* ---- a runner died */

static void end_guilty(struct run *r, const struct pool_end *end)
{
    char text[160];
    struct text at = *end->at ? text_of(end->at) : TEXT_NONE;
    if (r->state == RUN_ADMITTING)
        become_accepted(r, TEXT_NONE);
    run_unplace(r, false);
    if (end->why == POOL_HOGGED) {
        run_end_failed(
            r, "limit.cpu",
            TEXT("the run used up its CPU time inside one operation that could not be interrupted"),
            at);
        return;
    }
    snprintf(text, sizeof text, "the runner died under this run again (%s)", end->detail);
    run_end_failed(r, "runner.crashed", text_of(text), at);
}

/* A crash is the script's doing: the second one ends it. To be killed from outside is not; but what
 * is killed time and again is given up too, or it would take runner after runner down for ever. */
enum { CRASH_POINTS = 5, KILL_POINTS = 1, POINTS_MAX = 10 };

static bool is_out(struct run *guilty, enum pool_loss why)
{
    guilty->crashes += why == POOL_KILLED ? KILL_POINTS : CRASH_POINTS;
    return why == POOL_HOGGED || guilty->crashes >= POINTS_MAX;
}

static void send_back(struct run *r)
{
    run_unplace(r, false);
    replay_free(r->replay);
    r->replay = NULL;
    run_enter(r, RUN_RUNNER_LOST);
    if (r->state == RUN_QUEUED) /* nothing of it has left: from the start */
        backlog_start(r);
    else
        run_return(r);
}

void runner_messages_lost(void *engine, unsigned runner, const struct pool_end *end)
{
    struct engine *e = engine;
    if (e->closing)
        return;
    struct run *guilty = end->kind == STATUS_PAGE_RUN ? run_by_tag(e, end->culprit) : NULL;
    if (guilty && guilty->runner != runner)
        guilty = NULL;
    log_error(guilty ? guilty->id : NULL,
              "runner %u is gone and was replaced, %u runs go on by replay: %s", runner,
              e->placements.all[runner],
              end->why == POOL_HOGGED ? "it did not come back within the CPU limit" : end->detail);
    bool broke_it =
        loading_lost(&e->loading, runner, end->kind == STATUS_PAGE_LOAD ? end->culprit : 0);
    if (broke_it)
        reload_killed(&e->reload, end->culprit, end->at, end->detail);
    size_t pos = 0, count = 0;
    struct text key;
    void *value;
    struct run **lost = mem_zero(e->placements.all[runner] + 1, sizeof *lost);
    while (map_next(&e->placements.tags, &pos, &key, &value))
        if (((struct run *)value)->runner == runner)
            lost[count++] = value;
    for (size_t i = 0; i < count; i++) {
        bool out = lost[i] == guilty && is_out(guilty, end->why);
        if (out)
            end_guilty(lost[i], end);
        else
            send_back(lost[i]);
    }
    free(lost);
    backlog_next(e);
}
