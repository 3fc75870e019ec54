/* SPDX-License-Identifier: MIT */
/* native.c - the host's own way to start a run: Prefer: wait=N or respond-async (RFC 7240) goes
 * over the trigger's own `wait`; a waiting time that is over is 202 with Location, not an error.
 * Accept: text/event-stream is answered with the run's records as they come. */
#include "serve/dialects/dialects.h"
#include "serve/stream/stream.h"

enum { WAIT_MAX_S = 300 };

static void render(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    enum verdict verdict = o->why.verdict;
    q->ticket = NULL;
    bool going = verdict == VERDICT_ACCEPTED || verdict == VERDICT_WAIT_TIMEOUT;
    if (!going && verdict != VERDICT_COMPLETED) {
        request_refuse(q, &o->why);
        return;
    }
    struct buf b;
    buf_init(&b, 16u << 20);
    open_run_answer(&b, o);
    json_raw(&b, "result", o->result);
    put_stream_url(&b, q, o->why.run);
    json_close(&b, '}');
    if (going)
        set_location(q, o->why.run);
    request_names_run(q, o->why.run);
    request_json(q, going ? 202 : 200, buf_view(&b));
    buf_done(&b);
}

void native_head(struct request *q)
{
    fire_head(q, VERDICT_FORBIDDEN);
}

/* RFC 7240: of a preference that is given twice the first counts; `wait` beside respond-async says
 * how long to wait before that. What is not understood is ignored. */
static int64_t preferred_wait_ms(const struct request *q)
{
    struct text rest = exchange_header(q->x, "prefer");
    int64_t wait_ms = -1;
    bool async = false;
    while (rest.data) {
        struct text part = text_cut(&rest, ',');
        struct text value = text_cut(&part, ';'); /* parameters are behind it */
        struct text name = text_trim(text_cut(&value, '='));
        uint64_t seconds;
        async = async || text_is_fold(name, "respond-async");
        if (wait_ms < 0 && text_is_fold(name, "wait") && value.data &&
            text_u64(text_trim(value), &seconds))
            wait_ms = (int64_t)(seconds < WAIT_MAX_S ? seconds : WAIT_MAX_S) * 1000;
    }
    return wait_ms < 0 && async ? 0 : wait_ms;
}

/* The run's stream is the answer, also of a run that a repeated Idempotency-Key names. */
static void render_stream(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    if (!names_started_run(o)) {
        render(q, o);
        return;
    }
    q->ticket = NULL;
    set_location(q, o->why.run);
    stream_open(q, o->why.run, 1, STREAM_SSE);
}

void native_body(struct request *q)
{
    if (request_prefers(q, "text/event-stream", "application/json"))
        fire_body(q, 0, render_stream);
    else
        fire_body(q, preferred_wait_ms(q), render);
}
