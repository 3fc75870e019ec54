/* SPDX-License-Identifier: MIT */
#include "cmd/follow.h"
#include "base/clock.h"
#include "cmd/out.h"
#include "net/sse.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    LINE_MAX_BYTES = 64 << 20,
    TYPE_WIDTH = 18, /* of the longest, approval.requested */
    TIME_START = 11, /* in 2026-11-21T08:00:00.123Z */
    TIME_LENGTH = 12,
    RETRY_MS = 1000,
    RETRY_MIN_MS = 100,
    RETRY_MAX_MS = 10000,
};

static const char *const final_types[] = {"run.completed", "run.failed", "run.cancelled",
                                          "run.timed_out"};

struct follower {
    bool json;
    bool ended;
    bool progress; /* a record came on this connection */
    uint64_t after;
    struct sse sse;
    struct error err; /* what made us hang up */
};

static void put_step(struct buf *b, const cJSON *step)
{
    const char *name = json_string(step, "name");
    const char *kind = json_string(step, "kind");
    int attempt = (int)json_number(step, "attempt", 1);
    buf_printf(b, "  #%d", (int)json_number(step, "n", 0));
    if (kind && (!name || strcmp(kind, name) != 0)) {
        buf_char(b, ' ');
        out_clean(b, text_of(kind), 0);
    }
    if (name) {
        buf_char(b, ' ');
        out_clean(b, text_of(name), FOLLOW_DATA_CHARACTERS);
    }
    if (attempt > 1)
        buf_printf(b, " (try %d)", attempt);
}

static void put_data(struct buf *b, const cJSON *data)
{
    struct buf whole;
    buf_init(&whole, LINE_MAX_BYTES);
    json_put_tree(&whole, data);
    buf_str(b, "  ");
    out_clean(b, buf_view(&whole), FOLLOW_DATA_CHARACTERS);
    buf_done(&whole);
}

void follow_line(struct buf *b, const cJSON *record)
{
    const char *at = json_string(record, "at");
    const char *type = json_string(record, "type");
    const cJSON *step = json_get(record, "step");
    const cJSON *data = json_get(record, "data");
    if (cJSON_IsNull(data))
        data = NULL;
    if (at && strlen(at) >= TIME_START + TIME_LENGTH)
        out_clean(b, (struct text){at + TIME_START, TIME_LENGTH}, 0);
    buf_str(b, "  ");
    size_t start = b->len;
    out_clean(b, text_of(type ? type : "?"), TYPE_WIDTH * 2);
    if (step || data)
        for (size_t width = b->len - start; width < TYPE_WIDTH; width++)
            buf_char(b, ' ');
    if (step)
        put_step(b, step);
    if (data)
        put_data(b, data);
}

static bool is_final(const char *type)
{
    for (size_t i = 0; type && i < ARRAY_LEN(final_types); i++)
        if (strcmp(type, final_types[i]) == 0)
            return true;
    return false;
}

static bool take_event(void *arg, const struct sse_event *event)
{
    struct follower *f = arg;
    cJSON *record = json_parse_own(event->data, &f->err);
    if (!record)
        return error_context(&f->err, "the host sent a record that is no JSON");
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    if (f->json)
        buf_text(&line, event->data);
    else
        follow_line(&line, record);
    buf_char(&line, '\n');
    fwrite(line.data, 1, line.len, stdout);
    fflush(stdout);
    buf_done(&line);

    uint64_t seq;
    if (event->id.data && text_u64(event->id, &seq))
        f->after = seq;
    f->progress = true;
    f->ended = is_final(json_string(record, "type"));
    cJSON_Delete(record);
    return !f->ended;
}

static bool take_bytes(void *arg, struct text piece)
{
    struct follower *f = arg;
    if (sse_feed(&f->sse, piece, take_event, f))
        return true;
    if (!f->ended && !f->err.code)
        error_set(&f->err, ERROR_LIMIT, "the host sent a record of more than %d MiB",
                  SSE_EVENT_MAX >> 20);
    return false;
}

static void rest(int64_t wait_ms)
{
    if (wait_ms < RETRY_MIN_MS)
        wait_ms = RETRY_MIN_MS;
    if (wait_ms > RETRY_MAX_MS)
        wait_ms = RETRY_MAX_MS;
    nanosleep(&(struct timespec){.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000},
              NULL);
}

enum again { AGAIN_NO, AGAIN_YES, AGAIN_DONE };

/* One connection. */
static enum again connect_once(struct follower *f, const struct client *c, const char *path,
                               struct client_reply *reply, struct error *err)
{
    char last[64];
    snprintf(last, sizeof last, "Last-Event-ID: %llu", (unsigned long long)f->after);
    const struct client_call call = {
        .method = "GET",
        .path = path,
        .header = f->after ? last : NULL,
        .on_data = take_bytes,
        .arg = f,
    };
    sse_restart(&f->sse);
    f->progress = false;
    bool answered = client_send(c, &call, reply, err);
    if (f->ended || (answered && reply->status == 204))
        return AGAIN_DONE;
    if (f->err.code) {
        *err = f->err;
        return AGAIN_NO;
    }
    if (!answered)
        return err->code == ERROR_IO ? AGAIN_YES : AGAIN_NO;
    if (reply->status == 200) /* the host ended it early: it stops, or it is too busy */
        return error_set(err, ERROR_IO, "the stream ended before the run did"), AGAIN_YES;
    client_refusal(reply, err);
    return reply->status == 429 || reply->status == 503 ? AGAIN_YES : AGAIN_NO;
}

static bool follow(struct follower *f, const struct client *c, const char *path, struct error *err)
{
    bool connected = false;
    for (int tries = 0; tries < FOLLOW_TRIES; tries++) {
        struct client_reply reply;
        enum again again = connect_once(f, c, path, &reply, err);
        client_reply_done(&reply);
        connected = connected || reply.status == 200;
        if (again == AGAIN_DONE)
            return true;
        if (again == AGAIN_NO || (!connected && err->code == ERROR_IO))
            return false;
        if (f->progress)
            tries = 0;
        if (tries == 0)
            fprintf(stderr, "moontide: %s; asking again from record %llu on\n", err->text,
                    (unsigned long long)f->after + 1);
        int64_t wait_ms = f->sse.retry_ms >= 0 ? f->sse.retry_ms : RETRY_MS;
        rest(reply.retry_after_s > 0 ? reply.retry_after_s * 1000 : wait_ms);
    }
    return error_context(err, "gave up after %d tries", FOLLOW_TRIES);
}

bool follow_run(const struct client *c, const char *run, uint64_t after, bool json,
                struct error *err)
{
    char path[CLIENT_PATH];
    struct follower f = {.json = json, .after = after};
    snprintf(path, sizeof path, "/v1/runs/%s/events", run);
    sse_init(&f.sse);
    bool ok = follow(&f, c, path, err);
    sse_done(&f.sse);
    return ok;
}
