/* SPDX-License-Identifier: MIT */
#include "engine/ops.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "engine/commit.h"
#include "engine/ops/kinds.h"
#include "engine/placement.h"
#include "engine/replay.h"
#include "engine/run_end.h"
#include "engine/run_time.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer that came while its run was on no runner. */
struct late {
    struct list link;
    uint32_t step;
    bool ok;
    char *json;
    size_t json_bytes;
};

static const struct op_kind *kind_of(struct text name)
{
    for (size_t i = 0; i < ARRAY_LEN(op_kinds); i++)
        if (text_is(name, op_kinds[i]->name))
            return op_kinds[i];
    return NULL;
}

uint64_t op_hash(struct text kind, struct text name, struct text data)
{
    uint64_t h = id_hash64(kind.data, kind.len);
    h = h * 1099511628211u ^ id_hash64(name.data, name.len);
    return h * 1099511628211u ^ id_hash64(data.data, data.len);
}

struct op *op_find(const struct run *r, uint32_t step)
{
    LIST_EACH(node, &((struct run *)r)->ops)
    {
        struct op *op = LIST_ENTRY(node, struct op, link);
        if (op->step == step)
            return op;
    }
    return NULL;
}

static void op_free(struct op *op)
{
    timers_drop(&op->run->e->timers, &op->timer);
    op->kind->drop(op);
    list_del(&op->link);
    cJSON_Delete(op->args);
    free(op->name);
    free(op);
}

static void note_started(struct op *op, struct text args)
{
    struct buf shown;
    buf_init(&shown, 64 << 10);
    op->kind->describe(op, &shown);
    struct record rec = {
        .type = RECORD_STEP_STARTED,
        .flags = RECORD_OUTPUT | RECORD_OP,
        .at_ms = op->asked_ms,
        .step = op->step,
        .attempt = op->attempt,
        .hash = op_hash(text_of(op->kind->name), text_of(op->name), args),
        .name = text_of(op->name),
        .kind = text_of(op->kind->name),
        .data = shown.len && !shown.full ? buf_view(&shown) : TEXT_NONE,
    };
    run_record(op->run, &rec);
    buf_done(&shown);
}

void op_ask(struct run *r, uint32_t step, struct text kind, struct text name, struct text args,
            int64_t replayed_ms)
{
    struct error err;
    const struct op_kind *k = kind_of(kind);
    cJSON *tree = json_parse(args.data ? args : TEXT("null"), &err);
    if (k && tree && k->check && !k->check(tree, &err))
        tree = (cJSON_Delete(tree), NULL);
    if (!k || !tree) {
        char why[ERROR_TEXT + 64];
        snprintf(why, sizeof why, "step %u (%.*s): %s", step, (int)kind.len,
                 kind.data ? kind.data : "", k ? err.text : "the host knows no such kind of step");
        run_end_failed(r, "script.step", text_of(why), TEXT_NONE);
        cJSON_Delete(tree);
        return;
    }
    struct op *op = mem_zero(1, sizeof *op);
    op->run = r;
    op->kind = k;
    op->step = step;
    op->attempt = 1;
    op->name = name.data ? mem_text_n(name.data, name.len) : NULL;
    op->args = tree;
    op->asked_ms = replayed_ms ? replayed_ms : clock_wall_ms(r->e->clock);
    list_add(&r->ops, &op->link);
    if (step > r->steps)
        r->steps = step;
    if (!replayed_ms) {
        op->needs_seq = r->next_seq;
        note_started(op, args);
    } else {
        ops_release(r);
    }
}

void ops_release(struct run *r)
{
    /* Starting one may end the run and with it all of them: so one at a time, from the front. */
    for (;;) {
        struct op *next = NULL;
        LIST_EACH(node, &r->ops)
        {
            struct op *op = LIST_ENTRY(node, struct op, link);
            if (!op->started && op->needs_seq <= r->committed) {
                next = op;
                break;
            }
        }
        if (!next)
            return;
        next->started = true;
        next->kind->start(next);
    }
}

/* The answer: a record that replay sends again, and a frame. The runner need not wait for the
 * commit: what it does next is committed after this record, and effects wait for that. */
static void tell_runner(struct run *r, uint32_t step, uint32_t attempt, struct text kind,
                        struct text name, bool ok, struct text json)
{
    struct record rec = {
        .type = ok ? RECORD_STEP_COMPLETED : RECORD_STEP_FAILED,
        .flags = RECORD_INPUT,
        .at_ms = clock_wall_ms(r->e->clock),
        .step = step,
        .attempt = attempt,
        .name = name,
        .kind = kind,
        .data = json,
    };
    run_record(r, &rec);
    if (run_has_ended(r))
        return;
    if (r->state == RUN_REPLAYING)
        replay_answered(r->replay, step);
    if (run_waits(r)) {
        run_enter(r, RUN_ANSWERED);
        timers_drop(&r->e->timers, &r->idle);
    }
    struct buf *out = run_out(r);
    size_t mark = frame_begin(out, FRAME_ANSWER, r->tag);
    frame_put_u64(out, (uint64_t)rec.at_ms);
    frame_put_u32(out, step);
    frame_put_u8(out, ok);
    frame_put_bytes(out, json);
    frame_end(out, mark);
    r->answers_sent++;
}

void ops_call_back(struct run *r)
{
    if (r->state != RUN_AWAY)
        return;
    run_enter(r, RUN_ANSWERED);
    run_return(r);
}

static void finish_op(struct op *op, bool ok, struct text json)
{
    struct run *r = op->run;
    if (!run_is_on_runner(r)) { /* told after the replay; the op stays, so that replay finds it */
        struct late *l = mem_zero(1, sizeof *l);
        *l = (struct late){.step = op->step,
                           .ok = ok,
                           .json = mem_text_n(json.data, json.len),
                           .json_bytes = json.len};
        list_add(&r->late, &l->link);
        ops_call_back(r);
        return;
    }
    if (r->state == RUN_PARKING)
        run_unpark(r);
    tell_runner(r, op->step, op->attempt, text_of(op->kind->name), text_of(op->name), ok, json);
    if (!run_has_ended(r)) /* else ops_drop freed it */
        op_free(op);
}

void op_done(struct op *op, struct text json)
{
    finish_op(op, true, json);
}

void op_failed(struct op *op, const char *code, struct text message)
{
    struct buf json;
    buf_init(&json, 64 << 10);
    json_open(&json, NULL, '{');
    json_word(&json, "code", code);
    json_text(&json, "message", message);
    json_close(&json, '}');
    finish_op(op, false, buf_view(&json));
    buf_done(&json);
}

void op_retrying(struct op *op, int64_t delay_ms, const char *code, struct text message)
{
    struct buf json;
    buf_init(&json, 64 << 10);
    json_open(&json, NULL, '{');
    json_int(&json, "delayMs", delay_ms);
    json_word(&json, "code", code);
    json_text(&json, "message", message);
    json_close(&json, '}');
    struct record rec = {
        .type = RECORD_STEP_RETRYING,
        .at_ms = clock_wall_ms(op->run->e->clock),
        .step = op->step,
        .attempt = op->attempt,
        .name = text_of(op->name),
        .kind = text_of(op->kind->name),
        .data = buf_view(&json),
    };
    op->attempt++;
    /* While its journal is read, a record of a number that the reader has not seen would break the
     * row of numbers. This one tells only what has happened; nothing is rebuilt from it. */
    if (!run_is_read(op->run))
        run_record(op->run, &rec);
    buf_done(&json);
}

void op_cancel(struct op *op)
{
    struct record rec = {
        .type = RECORD_STEP_FAILED,
        .at_ms = clock_wall_ms(op->run->e->clock),
        .step = op->step,
        .attempt = op->attempt,
        .name = text_of(op->name),
        .kind = text_of(op->kind->name),
        .data = TEXT(
            "{\"code\":\"cancelled\",\"message\":\"the script does not wait for it any more\"}"),
    };
    struct run *r = op->run;
    run_record(r, &rec);
    if (!run_has_ended(r))
        op_free(op);
}

void ops_drop(struct run *r)
{
    struct list *node;
    while (!list_empty(&r->ops))
        op_free(LIST_ENTRY(r->ops.next, struct op, link));
    while ((node = list_pop(&r->late))) {
        struct late *l = LIST_ENTRY(node, struct late, link);
        free(l->json);
        free(l);
    }
}

void ops_late(struct run *r)
{
    struct list *node;
    while (run_is_on_runner(r) && (node = list_pop(&r->late))) {
        struct late *l = LIST_ENTRY(node, struct late, link);
        struct op *op = op_find(r, l->step);
        struct text json = {l->json, l->json_bytes};
        if (op)
            finish_op(op, l->ok, json);
        free(l->json);
        free(l);
    }
}

static int64_t due_ms_of(const struct op *op)
{
    return op->kind->due_ms ? op->kind->due_ms(op) : 0;
}

int64_t ops_due_ms(const struct run *r)
{
    int64_t first = 0;
    LIST_EACH(node, &((struct run *)r)->ops)
    {
        int64_t due = due_ms_of(LIST_ENTRY(node, struct op, link));
        if (due == 0)
            return 0;
        if (first == 0 || due < first)
            first = due;
    }
    return first;
}

/* What ends by itself is second to what does not: a step that has a time limit waits for its call,
 * not for the limit. */
static bool waits_rather_for(int64_t due, int64_t than)
{
    bool open = due == 0 || due == INT64_MAX, other_open = than == 0 || than == INT64_MAX;
    return open != other_open ? open : !open && due < than;
}

void ops_put_waiting(const struct run *r, struct buf *out)
{
    const struct op *shown = NULL;
    int64_t shown_due = 0;
    LIST_EACH(node, &((struct run *)r)->ops)
    {
        const struct op *op = LIST_ENTRY(node, struct op, link);
        int64_t due = due_ms_of(op);
        if (op->kind->waits && (!shown || waits_rather_for(due, shown_due))) {
            shown = op;
            shown_due = due;
        }
    }
    if (!shown)
        return;
    json_open(out, NULL, '{');
    json_word(out, "for", shown->kind->waits);
    if (shown_due > 0 && shown_due < INT64_MAX)
        json_time(out, "until", shown_due);
    if (shown->name)
        json_word(out, "name", shown->name);
    json_close(out, '}');
}
