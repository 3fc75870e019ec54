/* SPDX-License-Identifier: MIT */
#include "engine/run.h"
#include "base/mem.h"
#include "engine/acceptance.h"
#include "engine/commit.h"
#include "engine/inbox.h"
#include "engine/ops.h"
#include "engine/placement.h"
#include "engine/replay.h"
#include "engine/run_end.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct run *run_by_id(const struct engine *e, const char *id)
{
    return map_get(&e->runs, text_of(id));
}

struct run *run_new(struct engine *e, const char *id, struct version *version)
{
    struct run *r = mem_zero(1, sizeof *r);
    r->e = e;
    memcpy(r->id, id, strlen(id) + 1);
    r->version = version ? version_hold(version) : NULL;
    r->next_seq = 1;
    buf_init(&r->pending, (size_t)ENGINE_JOURNAL_MAX + FRAME_MAX);
    buf_init(&r->update.result, FRAME_MAX);
    list_init(&r->link);
    list_init(&r->ops);
    list_init(&r->late);
    list_init(&r->inbox);
    map_put(&e->runs, text_of(r->id), r);
    return r;
}

void run_update_free(struct run_update *u)
{
    free(u->instruction);
    free(u->code);
    free(u->message);
    free(u->at);
    free(u->waiting);
    buf_done(&u->result);
}

void run_abandon(struct run *r)
{
    struct engine *e = r->e;
    list_del(&r->link);
    ops_drop(r);
    inbox_forget(r);
    replay_free(r->replay);
    timers_drop(&e->timers, &r->wall);
    timers_drop(&e->timers, &r->idle);
    map_del(&e->runs, text_of(r->id));
    version_drop(&e->reload.registry, r->version);
    acceptance_free(r->acceptance);
    run_update_free(&r->update);
    buf_done(&r->pending);
    free(r->session);
    free(r->at);
    free(r->event);
    free(r->instruction);
    free(r);
}

void run_release(struct run *r)
{
    assert((r->state == RUN_PARKED || r->state == RUN_GONE) && r->tag == 0 && !r->writing);
    run_abandon(r);
}

/* ---- records */

void run_record(struct run *r, const struct record *rec)
{
    size_t before = r->pending.len;
    record_write(&r->pending, rec);
    r->journal_bytes += r->pending.len - before;
    r->pending_count++;
    r->next_seq++;
    run_touch(r);
    if (r->journal_bytes > ENGINE_JOURNAL_MAX && !run_has_ended(r))
        run_end_failed(r, "limit.journal",
                       TEXT("the run has written 64 MB of journal, which is the limit"), TEXT_NONE);
}

void run_note(struct run *r, enum record_type type, const char *data)
{
    struct record rec = {.type = type, .at_ms = clock_wall_ms(r->e->clock), .data = text_of(data)};
    run_record(r, &rec);
}
