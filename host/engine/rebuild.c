/* SPDX-License-Identifier: MIT */
#include "engine/rebuild.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/inbox.h"
#include "engine/placement.h"
#include "engine/recovery.h"
#include "engine/replay.h"
#include "engine/run.h"
#include "engine/run_end.h"
#include "engine/run_time.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOURNAL_PAGE = 4 << 20 };

static void start_due(struct engine *e);
static void read_inbox(struct run *r);
static void read_journal(struct run *r);

static void finish_one(struct engine *e)
{
    e->rebuilds.under_way--;
    start_due(e);
}

/* The store could not be read: the run stays what it is on disk, and is looked for again soon. */
static void give_up(struct run *r, const char *why)
{
    struct engine *e = r->e;
    log_error(r->id, "the run cannot be resumed now, trying again: %s", why);
    run_enter(r, RUN_UNREADABLE);
    run_release(r);
    recovery_repeat(e);
    finish_one(e);
}

/* ---- step 5: to a runner */

void rebuild_caught_up(struct run *r)
{
    replay_free(r->replay);
    r->replay = NULL;
    run_enter(r, RUN_CAUGHT_UP);
}

static void place_rebuilt(struct run *r)
{
    struct engine *e = r->e;
    char data[64];
    if (r->inbox_again) {
        read_inbox(r);
        return;
    }
    snprintf(data, sizeof data, "{\"reason\":\"%s\"}", r->why);
    run_unpark(r);
    run_note(r, RECORD_RUN_RESUMED, data);
    run_watch_wall(r);
    if (!run_has_ended(r)) {
        run_place(r, engine_idlest_runner(e), false, text_of(r->instruction), text_of(r->event));
        run_enter(r, RUN_REBUILT);
        r->answers_sent = replay_answers(r->replay, run_out(r), r->tag);
        if (!replay_next(r->replay))
            rebuild_caught_up(r);
    }
    free(r->event);
    free(r->instruction);
    r->event = r->instruction = NULL;
    finish_one(e);
}

/* ---- step 4: the journal */

/* False: a chunk or a part of one is missing. */
static bool replay_chunk(struct run *r, const struct store_chunk *chunk)
{
    struct text rest = chunk->bytes;
    struct record rec;
    if (chunk->first != r->next_seq)
        return false;
    for (uint32_t n = 0; n < chunk->count; n++, r->next_seq++) {
        if (!record_next(&rest, &rec))
            return false;
        replay_add(r->replay, &rec);
    }
    r->journal_bytes += chunk->bytes.len;
    return rest.len == 0;
}

/* A run that is rebuilt from a part of what it was told would go another way. */
static void end_damaged(struct run *r, uint64_t end)
{
    char why[96];
    snprintf(why, sizeof why, "the journal cannot be read from record %llu on",
             (unsigned long long)r->next_seq);
    r->next_seq = end + 1;
    r->committed = end;
    run_note(r, RECORD_RUN_RESUMED, "{\"reason\":\"restart\"}");
    run_end_failed(r, "journal.damaged", text_of(why), TEXT_NONE);
    finish_one(r->e);
}

static void on_journal(void *arg, const struct store_chunk *chunks, size_t count, uint64_t end,
                       enum store_status status, const struct error *err)
{
    struct run *r = arg;
    (void)status;
    if (err) {
        give_up(r, err->text);
        return;
    }
    bool whole = true;
    for (size_t i = 0; whole && i < count; i++)
        whole = replay_chunk(r, &chunks[i]);
    r->committed = r->next_seq - 1;
    if (!whole || (count == 0 && r->committed < end)) {
        end_damaged(r, end);
        return;
    }
    if (r->committed < end) {
        read_journal(r);
        return;
    }
    if (replay_steps(r->replay) > r->steps)
        r->steps = replay_steps(r->replay);
    place_rebuilt(r);
}

static void read_journal(struct run *r)
{
    store_read_journal(r->e->store, r->id, r->next_seq, JOURNAL_PAGE, on_journal, r);
}

static void start_journal(struct run *r)
{
    replay_free(r->replay);
    r->replay = replay_new();
    r->next_seq = 1;
    r->journal_bytes = 0;
    read_journal(r);
}

/* ---- step 3: the version */

static void on_version(void *arg, struct text kept, const struct error *err)
{
    struct run *r = arg;
    struct error why;
    if (err) {
        give_up(r, err->text);
        return;
    }
    r->version = kept.data ? version_store_decode(&r->e->reload.registry, kept, &why) : NULL;
    if (!r->version) { /* nothing can ever run it again: say so instead of trying for ever */
        run_note(r, RECORD_RUN_RESUMED, "{\"reason\":\"restart\"}");
        run_end_failed(
            r, "version.missing",
            text_of(kept.data ? why.text
                              : "the script version that the run started with is not in the store"),
            TEXT_NONE);
        finish_one(r->e);
        return;
    }
    start_journal(r);
}

static void find_version(struct run *r)
{
    struct engine *e = r->e;
    if (!r->version) {
        struct version *v = version_by_hash(&e->reload.registry, r->version_hash);
        r->version = v && v->manifest ? version_hold(v) : NULL;
    }
    if (r->version)
        start_journal(r);
    else
        store_get_version(e->store, r->version_hash, on_version, r);
}

/* ---- step 2: what came for it */

static void on_inbox(void *arg, const struct store_inbox *rows, size_t count,
                     const struct error *err)
{
    struct run *r = arg;
    if (err) {
        give_up(r, err->text);
        return;
    }
    for (size_t i = 0; i < count && !run_has_ended(r); i++)
        inbox_receive(r, &rows[i]);
    if (run_has_ended(r)) /* then neither its version nor its journal is needed */
        finish_one(r->e);
    else if (count > 0) /* perhaps there are more */
        read_inbox(r);
    else if (r->replay) /* the journal was read meanwhile */
        place_rebuilt(r);
    else
        find_version(r);
}

static void read_inbox(struct run *r)
{
    r->inbox_again = false;
    store_read_inbox(r->e->store, r->id, r->inbox_last, on_inbox, r);
}

/* ---- step 1: the row */

static void on_row(void *arg, const struct store_run *row, const struct error *err)
{
    struct run *r = arg;
    struct engine *e = r->e;
    if (err) {
        give_up(r, err->text);
        return;
    }
    if (!row || store_status_final(row->status)) {
        run_enter(r, RUN_OVER);
        run_release(r);
        finish_one(e);
        return;
    }
    r->seed = row->seed;
    r->created_ms = row->created_ms;
    r->steps = row->steps;
    r->next_seq = row->seq + 1;
    r->committed = row->seq;
    memcpy(r->version_hash, row->version, SHA256_BYTES);
    r->event = mem_text_n(row->event.data, row->event.len);
    free(r->session); /* it may come back more than once */
    r->session = row->session.data ? mem_text_n(row->session.data, row->session.len) : NULL;
    r->instruction =
        row->instruction.data ? mem_text_n(row->instruction.data, row->instruction.len) : NULL;
    read_inbox(r);
}

/* ---- the queue */

void rebuilds_init(struct rebuilds *b)
{
    list_init(&b->due);
}

static void start_due(struct engine *e)
{
    struct rebuilds *b = &e->rebuilds;
    while (b->under_way < ENGINE_REBUILDS && !list_empty(&b->due) && !e->closing) {
        struct run *r = LIST_ENTRY(list_pop(&b->due), struct run, link);
        run_enter(r, RUN_READ);
        b->under_way++;
        store_get_run(e->store, r->id, on_row, r);
    }
}

static void queue_rebuild(struct run *r, const char *why)
{
    struct engine *e = r->e;
    list_del(&r->link);
    r->why = why;
    list_add(&e->rebuilds.due, &r->link);
    start_due(e);
}

void rebuild_due(struct run *r)
{
    queue_rebuild(r,
                  list_empty(&r->late) && list_empty(&r->inbox) ? "runner replaced" : "answered");
}

struct run *rebuild_parked(struct engine *e, const char *id, const char *why)
{
    struct run *r = run_new(e, id, NULL);
    run_enter(r, RUN_FOUND);
    run_enter(r, RUN_WOKEN);
    queue_rebuild(r, why);
    return r;
}
