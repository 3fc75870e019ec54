/* SPDX-License-Identifier: MIT */
/* session.c - what was said in a session so far. Arguments (made by lualib/session.lua):
 *   {session = "ID"}   absent: the run's own
 * Answer: {messages: [{role, text, run, at}]}, oldest first, the newest HISTORY of them. */
#include "base/json_out.h"
#include "base/mem.h"
#include "engine/ops.h"
#include <stdlib.h>

enum { HISTORY = 200, ANSWER_MAX = 2 << 20 };

struct look {
    struct op *op; /* NULL: dropped, only the store still has to call back */
};

static bool check_session(const cJSON *args, struct error *err)
{
    const cJSON *v = json_get(args, "session");
    return !v || (cJSON_IsString(v) && v->valuestring[0]) ||
           error_set(err, ERROR_INVALID, "session must be a string that is not empty");
}

static void describe_session(const struct op *op, struct buf *out)
{
    const char *session = json_string(op->args, "session");
    json_open(out, NULL, '{');
    json_word(out, "session", session ? session : op->run->session);
    json_close(out, '}');
}

static void put_message(struct buf *b, const struct store_message *m)
{
    json_open(b, NULL, '{');
    json_text(b, "role", m->role);
    json_text(b, "text", m->text);
    json_text(b, "run", m->run);
    json_time(b, "at", m->at_ms);
    json_close(b, '}');
}

static void on_messages(void *arg, const struct store_message *messages, size_t count,
                        const struct error *err)
{
    struct look *l = arg;
    struct op *op = l->op;
    free(l);
    if (!op)
        return;
    op->state = NULL;
    if (op->run->e->closing)
        return;
    if (err) {
        op_failed(op, "store_unavailable", text_of(err->text));
        return;
    }
    struct buf json;
    buf_init(&json, ANSWER_MAX);
    json_open(&json, NULL, '{');
    json_open(&json, "messages", '[');
    for (size_t i = 0; i < count; i++)
        put_message(&json, &messages[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    op_done(op, buf_view(&json));
    buf_done(&json);
}

static void start_reading(struct op *op)
{
    const char *session = json_string(op->args, "session");
    struct look *l = mem_zero(1, sizeof *l);
    l->op = op;
    op->state = l;
    store_read_session(op->run->e->store, text_of(op->run->version->bundle->project),
                       text_of(session ? session : op->run->session), HISTORY, on_messages, l);
}

static void drop_reading(struct op *op)
{
    struct look *l = op->state;
    if (l)
        l->op = NULL; /* on_messages frees it */
}

const struct op_kind op_session = {.name = "session",
                                   .check = check_session,
                                   .describe = describe_session,
                                   .start = start_reading,
                                   .drop = drop_reading};
