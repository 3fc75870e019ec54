/* SPDX-License-Identifier: MIT */
/* agent.c - agent.ask. Arguments (made by lualib/agent.lua):
 *   {instruction, system, model, session = "ID" | false, context, temperature}
 * session: whose history the model is given and this turn is added to; absent: the run's own;
 * false: none. Answer: {text, model, usage, finish, steps}. */
#include "base/json_out.h"
#include "base/mem.h"
#include "engine/ops/ask.h"
#include <stdlib.h>
#include <string.h>

enum { SESSION_MAX = 256 }; /* code points */

static const struct model *const models[] = {&model_rehearsal};

/* Without a name: the default, which is the first. */
static const struct model *model_of(const cJSON *args)
{
    const char *name = json_string(args, "model");
    if (!name || strcmp(name, "default") == 0)
        return models[0];
    for (size_t i = 0; i < ARRAY_LEN(models); i++)
        if (strcmp(models[i]->name, name) == 0)
            return models[i];
    return NULL;
}

static bool check_ask(const cJSON *args, struct error *err)
{
    static const char *const texts[] = {"instruction", "system", "model"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const cJSON *v = json_get(args, texts[i]);
        if (v && !cJSON_IsString(v))
            return error_set(err, ERROR_INVALID, "%s must be a string", texts[i]);
    }
    const cJSON *session = json_get(args, "session");
    size_t count = cJSON_IsString(session) ? text_utf8_count(text_of(session->valuestring)) : 1;
    if (session && !cJSON_IsFalse(session) && !cJSON_IsString(session))
        return error_set(err, ERROR_INVALID, "session must be a string or false");
    return (count >= 1 && count <= SESSION_MAX) ||
           error_set(err, ERROR_INVALID, "session must have 1 to %d characters", SESSION_MAX);
}

static void put_optional(struct buf *out, const cJSON *args, const char *name)
{
    const char *value = json_string(args, name);
    if (value)
        json_word(out, name, value);
}

static void describe_ask(const struct op *op, struct buf *out)
{
    const struct model *model = model_of(op->args);
    const char *name = model ? model->name : json_string(op->args, "model");
    json_open(out, NULL, '{');
    json_word(out, "model", name);
    put_optional(out, op->args, "instruction");
    put_optional(out, op->args, "system");
    json_close(out, '}');
    if (out->full) { /* longer than a record should be */
        buf_clear(out);
        json_open(out, NULL, '{');
        json_word(out, "model", name);
        json_close(out, '}');
    }
}

/* ---- life */

static void ask_free(struct ask *a)
{
    cJSON_Delete(a->history);
    free(a->session);
    buf_done(&a->text);
    free(a);
}

static void drop_ask(struct op *op)
{
    struct ask *a = op->state;
    if (!a)
        return;
    op->state = NULL;
    timers_drop(&op->run->e->timers, &a->flush);
    timers_drop(&op->run->e->timers, &a->timer);
    if (a->model)
        a->model->drop(a);
    a->op = NULL;
    if (!a->storing)
        ask_free(a);
}

/* The store has called back. False: nobody asks any more. */
static bool still_asked(struct ask *a)
{
    a->storing = false;
    if (a->op)
        return !a->op->run->e->closing;
    ask_free(a);
    return false;
}

/* ---- what comes, for the stream */

static void on_flush(struct timer *t);

/* Leaves the beginning of a character at the end for the next one. */
static bool write_delta(struct ask *a)
{
    struct op *op = a->op;
    struct run *r = op->run;
    struct text rest = {a->text.data + a->told, a->text.len - a->told};
    rest.len = text_utf8_whole(rest);
    timers_drop(&r->e->timers, &a->flush);
    if (rest.len == 0)
        return true;
    if (run_comes_back(r)) {
        timers_set(&r->e->timers, &a->flush, ASK_DELTA_MS, on_flush);
        return true;
    }
    struct buf data;
    buf_init(&data, 2 * ASK_TEXT_MAX);
    json_open(&data, NULL, '{');
    json_int(&data, "part", ++a->parts);
    json_text(&data, "text", rest);
    json_close(&data, '}');
    a->told += rest.len;
    struct record rec = {
        .type = RECORD_TEXT_DELTA,
        .at_ms = clock_wall_ms(r->e->clock),
        .step = op->step,
        .attempt = op->attempt,
        .name = text_of(op->name),
        .kind = text_of(op->kind->name),
        .data = buf_view(&data),
    };
    run_record(r, &rec);
    buf_done(&data);
    return !run_has_ended(r);
}

static void on_flush(struct timer *t)
{
    if (!write_delta(CONTAINER_OF(t, struct ask, flush)))
        return; /* the run has ended by it: the ask is gone */
}

bool ask_piece(struct ask *a, struct text piece)
{
    if (a->op->run->e->closing)
        return false; /* the next host asks again */
    buf_text(&a->text, piece);
    if (a->text.full) {
        ask_fail(a, "agent.too_large", TEXT("the model's answer is larger than 2 MB"));
        return false;
    }
    if (a->text.len - a->told >= ASK_DELTA_BYTES)
        return write_delta(a);
    if (!timers_is_set(&a->flush))
        timers_set(&a->op->run->e->timers, &a->flush, ASK_DELTA_MS, on_flush);
    return true;
}

/* ---- the end */

void ask_fail(struct ask *a, const char *code, struct text message)
{
    op_failed(a->op, code, message);
}

static void answer_ask(struct ask *a)
{
    struct buf json;
    buf_init(&json, 2 * ASK_TEXT_MAX);
    json_open(&json, NULL, '{');
    json_text(&json, "text", a->text.data ? buf_view(&a->text) : TEXT(""));
    json_word(&json, "model", a->model->name);
    json_open(&json, "usage", '{');
    json_int(&json, "input_tokens", 0);
    json_int(&json, "output_tokens", 0);
    json_close(&json, '}');
    json_word(&json, "finish", a->finish);
    json_int(&json, "steps", 1);
    json_close(&json, '}');
    op_done(a->op, buf_view(&json));
    buf_done(&json);
}

static void on_saved(void *arg, const struct error *err)
{
    struct ask *a = arg;
    if (!still_asked(a))
        return;
    if (err)
        ask_fail(a, "store_unavailable", text_of(err->text));
    else
        answer_ask(a);
}

void ask_end(struct ask *a, const char *why)
{
    struct run *r = a->op->run;
    a->finish = why;
    if (r->e->closing || !write_delta(a))
        return;
    timers_drop(&r->e->timers, &a->flush);
    if (!a->session) {
        answer_ask(a);
        return;
    }
    struct store_turn turn = {
        .project = text_of(r->version->bundle->project),
        .session = text_of(a->session),
        .run = text_of(r->id),
        .step = a->op->step,
        .user = text_of(json_string(a->op->args, "instruction")),
        .assistant = buf_view(&a->text),
        .at_ms = clock_wall_ms(r->e->clock),
    };
    a->storing = true;
    store_session_add(r->e->store, &turn, on_saved, a);
}

/* ---- the beginning */

static void keep_history(struct ask *a, const struct store_message *messages, size_t count)
{
    const struct op *op = a->op;
    a->history = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        const struct store_message *m = &messages[i];
        if (m->step == op->step && text_is(m->run, op->run->id))
            continue; /* this very question, answered before a crash but not told */
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "role", m->role.data);
        cJSON_AddStringToObject(item, "text", m->text.data);
        cJSON_AddItemToArray(a->history, item);
    }
}

static void on_history(void *arg, const struct store_message *messages, size_t count,
                       const struct error *err)
{
    struct ask *a = arg;
    if (!still_asked(a))
        return;
    if (err) {
        ask_fail(a, "store_unavailable", text_of(err->text));
        return;
    }
    keep_history(a, messages, count);
    a->model->start(a);
}

static char *session_of(const struct op *op)
{
    const cJSON *v = json_get(op->args, "session");
    if (cJSON_IsFalse(v))
        return NULL;
    return mem_text(cJSON_IsString(v) ? v->valuestring : op->run->session);
}

static void start_ask(struct op *op)
{
    struct ask *a = mem_zero(1, sizeof *a);
    op->state = a;
    a->op = op;
    buf_init(&a->text, ASK_TEXT_MAX);
    a->model = model_of(op->args);
    a->session = session_of(op);
    if (!a->model) {
        ask_fail(a, "agent.model", TEXT("there is no model of that name; there is: rehearsal"));
        return;
    }
    if (!a->session) {
        a->model->start(a);
        return;
    }
    a->storing = true;
    store_read_session(op->run->e->store, text_of(op->run->version->bundle->project),
                       text_of(a->session), ASK_HISTORY, on_history, a);
}

const struct op_kind op_agent = {.name = "agent",
                                 .check = check_ask,
                                 .describe = describe_ask,
                                 .start = start_ask,
                                 .drop = drop_ask,
                                 .waits = "agent"};
