/* SPDX-License-Identifier: MIT */
/* events.c - GET /v1/runs/{id}/events: the journal of a run as SSE, or as a JSON array with Accept:
 * application/json. */
#include "serve/api/api.h"
#include "serve/api/pending.h"
#include "serve/request/cors.h"
#include "serve/stream/stream.h"
#include <string.h>

/* The header wins over the parameter: a browser that reconnects sends the header and keeps the URL
 * that it was given. */
static bool last_event_id(struct request *q, uint64_t *last)
{
    struct text header = exchange_header(q->x, "last-event-id");
    *last = 0;
    if (!header.data || header.len == 0)
        return request_query_u64(q, "last_event_id", 0, INT64_MAX, last);
    if (text_u64(header, last) && *last <= INT64_MAX)
        return true;
    struct refusal r = {.verdict = VERDICT_INVALID,
                        .detail = "Last-Event-ID: expected a sequence number of this stream",
                        .field = "Last-Event-ID"};
    request_refuse(q, &r);
    return false;
}

static void on_row(void *arg, const struct store_run *row, const struct error *err)
{
    struct request *q = pending_end(arg);
    uint64_t last;
    char names[8];
    if (!q)
        return;
    if (err) {
        if (!stream_later(q))
            request_no(q, VERDICT_STORE, err->text);
        return;
    }
    if (!run_permitted(q, row, PERMISSION_READ) || !last_event_id(q, &last))
        return;
    if (request_prefers(q, "application/json", "text/event-stream")) {
        stream_open(q, row->run, last + 1, STREAM_JSON);
    } else if (store_status_final(row->status) && last >= row->seq) {
        cors_answer(q);
        exchange_answer(q->x, 204, NULL,
                        TEXT_NONE); /* nothing will ever follow: an EventSource stops at this */
    } else {
        bool named = text_query(exchange_query(q->x), "names", names, sizeof names) == 1 &&
                     strcmp(names, "1") == 0;
        stream_open(q, row->run, last + 1, named ? STREAM_SSE_NAMES : STREAM_SSE);
    }
}

void runs_events(struct request *q)
{
    if (run_id_ok(q))
        store_get_run(q->app->engine->store, q->params_text[0], on_row, pending_new(q));
}
