/* SPDX-License-Identifier: MIT */
#include "serve/stream/stream.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/record.h"
#include "serve/request/cors.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct stream {
    struct request *q; /* NULL: the reader has gone, a read is still under way */
    struct app *app;
    char run[ID_BYTES];
    enum stream_form form;
    uint64_t next;  /* the first record not written yet */
    uint64_t known; /* the last one known to be committed */
    bool looked;    /* the store has been asked once: `known` is worth something */
    bool reading;   /* the store will call on_page */
    bool writable;  /* the reader takes more */
    bool over;      /* the last record is written */
    bool first;     /* no record is written yet */
    struct follower follower;
    struct list link; /* app->streams */
    struct timer beat;
};

static void read_on(struct stream *s);

static void leave_run(struct stream *s)
{
    hub_leave(&s->app->engine->hub, &s->follower);
    timers_drop(&s->app->engine->timers, &s->beat);
    list_del(&s->link);
    if (s->q)
        s->q->state = NULL;
    s->q = NULL;
    if (!s->reading)
        free(s);
}

static void on_drop(struct request *q)
{
    if (q->state)
        leave_run(q->state);
}

static void end_stream(struct stream *s)
{
    assert(s->q); /* leave_run() takes one without a request off the list */
    struct exchange *x = s->q->x;
    if (s->form == STREAM_JSON)
        exchange_write(x, s->first ? TEXT("[]\n") : TEXT("]\n"));
    leave_run(s);
    exchange_end(x);
}

/* ---- writing */

static void put_record(struct stream *s, struct buf *out, const struct record *r)
{
    if (s->form == STREAM_JSON) {
        buf_char(out, s->first ? '[' : ',');
        record_render(out, s->run, s->next, r);
    } else {
        record_render_sse(out, s->run, s->next, r, s->form == STREAM_SSE_NAMES);
    }
    s->first = false;
    s->next++;
    s->over = s->over || record_is_final(r->type);
}

/* What is purged or damaged is named, not passed over in silence. */
static void put_gap(struct stream *s, struct buf *out, uint64_t from, uint64_t to)
{
    if (s->form == STREAM_JSON)
        buf_char(out, s->first ? '[' : ',');
    else
        buf_printf(out, "id: %llu\n%sdata: ", (unsigned long long)to,
                   s->form == STREAM_SSE_NAMES ? "event: stream.gap\n" : "");
    json_open(out, NULL, '{');
    json_int(out, "v", 1);
    json_word(out, "run", s->run);
    json_int(out, "seq", (int64_t)to);
    json_word(out, "type", "stream.gap");
    json_open(out, "data", '{');
    json_int(out, "from", (int64_t)from);
    json_int(out, "to", (int64_t)to);
    json_close(out, '}');
    json_close(out, '}');
    buf_str(out, s->form == STREAM_JSON ? "" : "\n\n");
    s->first = false;
}

/* The next record that can be had is `seq`. */
static void skip_to(struct stream *s, uint64_t seq)
{
    struct buf out;
    buf_init(&out, 1024);
    put_gap(s, &out, s->next, seq - 1);
    s->next = seq;
    if (!exchange_write(s->q->x, buf_view(&out)))
        s->writable = false;
    buf_done(&out);
}

/* Writes what of a chunk is not written yet. */
static void write_chunk(struct stream *s, uint64_t first, uint32_t count, struct text bytes)
{
    struct buf out;
    struct record r;
    buf_init(&out, 64u << 20);
    for (uint64_t seq = first; seq < first + count && record_next(&bytes, &r); seq++)
        if (seq == s->next)
            put_record(s, &out, &r);
    if (out.len > 0 && !exchange_write(s->q->x, buf_view(&out)))
        s->writable = false;
    buf_done(&out);
}

/* ---- reading */

static void on_page(void *arg, const struct store_chunk *chunks, size_t count, uint64_t end,
                    enum store_status status, const struct error *err)
{
    struct stream *s = arg;
    s->reading = false;
    if (!s->q) {
        free(s);
        return;
    }
    if (err) { /* the reader comes back and asks again from where it stands */
        struct exchange *x = s->q->x;
        leave_run(s);
        exchange_abort(x);
        return;
    }
    if (end > s->known)
        s->known = end;
    for (size_t i = 0; i < count; i++) {
        if (chunks[i].first > s->next)
            skip_to(s, chunks[i].first);
        write_chunk(s, chunks[i].first, chunks[i].count, chunks[i].bytes);
        if (s->next < chunks[i].first + chunks[i].count)
            skip_to(s, chunks[i].first + chunks[i].count);
    }
    if (count == 0 && s->next <= s->known)
        skip_to(s, s->known + 1);
    bool all = s->next > s->known;
    if (s->over || (all && (s->form == STREAM_JSON || store_status_final(status))))
        end_stream(s);
    else
        read_on(s);
}

static void read_on(struct stream *s)
{
    if (s->reading || !s->writable || (s->looked && s->next > s->known))
        return;
    s->looked = s->reading = true;
    store_read_journal(s->app->engine->store, s->run, s->next, STREAM_PAGE, on_page, s);
}

static void on_news(struct follower *f, const struct hub_news *news)
{
    struct stream *s = CONTAINER_OF(f, struct stream, follower);
    if (news->first + news->count - 1 > s->known)
        s->known = news->first + news->count - 1;
    bool level = s->looked && s->next >= news->first && !s->reading && s->writable;
    if (!level) {
        read_on(s);
        return;
    }
    write_chunk(s, news->first, news->count, news->chunk);
    if (s->over)
        end_stream(s);
}

static void on_ready(struct exchange *x, void *data)
{
    struct request *q = data;
    struct stream *s = q->state;
    (void)x;
    if (!s)
        return;
    s->writable = true;
    read_on(s);
}

static void on_beat(struct timer *t)
{
    struct stream *s = CONTAINER_OF(t, struct stream, beat);
    struct exchange *x = s->q->x;
    const struct config *config = s->app->config;
    if (exchange_stalled_ms(x) >= config->stall_ms) {
        log_info(s->run, "\"event stream closed: its reader takes nothing\" next=%llu",
                 (unsigned long long)s->next);
        leave_run(s);
        exchange_abort(x);
        return;
    }
    timers_set(&s->app->engine->timers, &s->beat, config->heartbeat_ms, on_beat);
    if (s->writable && s->form != STREAM_JSON)
        s->writable = exchange_write(x, TEXT(":\n\n"));
}

void stream_open(struct request *q, const char *run, uint64_t from, enum stream_form form)
{
    struct app *app = q->app;
    struct stream *s = mem_zero(1, sizeof *s);
    *s = (struct stream){.q = q, .app = app, .form = form, .next = from, .first = true};
    memcpy(s->run, run, strlen(run) + 1);
    list_init(&s->link);
    list_init(&s->follower.link);
    q->state = s;
    q->drop = on_drop;
    request_names_run(q, run);
    cors_answer(q);
    exchange_stream(q->x, 200, form == STREAM_JSON ? "application/json" : "text/event-stream",
                    on_ready);
    list_add(&app->streams, &s->link);
    /* Followed first, read then: what is committed in between is announced and in the store. */
    hub_join(&app->engine->hub, run, &s->follower, on_news);
    timers_set(&app->engine->timers, &s->beat, app->config->heartbeat_ms, on_beat);
    if (form != STREAM_JSON)
        exchange_write(q->x, TEXT("retry: 1000\n\n"));
    if (app->draining)
        end_stream(s);
}

bool stream_later(struct request *q)
{
    if (q->route->auth != AUTH_STREAM ||
        request_prefers(q, "application/json", "text/event-stream"))
        return false;
    exchange_answer(q->x, 200, "text/event-stream", TEXT("retry: 1000\n\n"));
    return true;
}

void streams_end(struct app *app)
{
    while (!list_empty(&app->streams))
        end_stream(LIST_ENTRY(app->streams.next, struct stream, link));
}
