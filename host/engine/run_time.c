/* SPDX-License-Identifier: MIT */
#include "engine/run_time.h"
#include "base/mem.h"
#include "engine/ops.h"
#include "engine/placement.h"
#include "engine/run.h"
#include "engine/run_end.h"
#include <stdio.h>
#include <stdlib.h>

enum { WAITING_MAX = 64 << 10 }; /* longer than the name of any step */

static int64_t wall_limit_ms(const struct run *r)
{
    const struct manifest *m = r->version ? r->version->manifest : NULL;
    return m && m->wall_ms ? m->wall_ms : r->e->config->wall_ms;
}

static void on_wall(struct timer *t)
{
    run_watch_wall(CONTAINER_OF(t, struct run, wall));
}

void run_watch_wall(struct run *r)
{
    enum { LOOK_AGAIN_MS = 60000 }; /* the wall clock may jump: never trust one timer for longer */
    int64_t left = r->created_ms + wall_limit_ms(r) - clock_wall_ms(r->e->clock);
    /* On its way back the store is being read for it, and soon it says where it stood. */
    if (left <= 0 && (run_comes_back(r) || r->state == RUN_REPLAYING))
        timers_set(&r->e->timers, &r->wall, 1000, on_wall);
    else if (left <= 0)
        run_time_out(r);
    else
        timers_set(&r->e->timers, &r->wall, left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS, on_wall);
}

bool run_overdue(const struct run *r)
{
    return r->created_ms + wall_limit_ms(r) <= clock_wall_ms(r->e->clock);
}

/* Adopts the JSON. */
static void set_waiting(struct run *r, char *waiting)
{
    free(r->update.waiting);
    r->update.waiting = waiting;
    r->update.any = true;
}

static void note_waiting(struct run *r, int64_t until_ms)
{
    char until[TEXT_TIME], data[64];
    text_time(until_ms, until);
    snprintf(data, sizeof data, "{\"until\":\"%s\"}", until);
    run_note(r, RECORD_RUN_WAITING, data);
}

void run_park(struct run *r, int64_t due_ms)
{
    int64_t wall = r->created_ms + wall_limit_ms(r);
    struct buf waiting;
    run_enter(r, RUN_PARKS);
    buf_init(&waiting, WAITING_MAX);
    ops_put_waiting(r, &waiting);
    set_waiting(r, mem_text_n(waiting.data, waiting.len));
    buf_done(&waiting);
    r->update.row.status = STORE_WAITING;
    r->update.row.wake_ms = due_ms < wall ? due_ms : wall;
    note_waiting(r, r->update.row.wake_ms);
}

void run_unpark(struct run *r)
{
    r->update.row.status = STORE_RUNNING;
    r->update.row.wake_ms = -1;
    set_waiting(r, mem_text(""));
}

void engine_put_waiting(const struct engine *e, const struct store_run *row, struct buf *out)
{
    const struct run *r = run_by_id(e, row->run);
    size_t before = out->len;
    if (!r)
        buf_text(out, row->waiting);
    else if (run_waits(r))
        ops_put_waiting(r, out);
    if (out->len == before)
        buf_str(out, "null");
}

static void on_idle(struct timer *t)
{
    struct run *r = CONTAINER_OF(t, struct run, idle);
    if (r->state != RUN_IDLE)
        return;
    run_unplace(r, true);
    run_enter(r, RUN_EVICTED);
}

/* Most answers come soon, so its state is kept for a while; but each costs about 100 KB and one of
 * a runner's slots, and a crowd that waits would use up both. */
void run_rest(struct run *r)
{
    bool crowded = r->e->placements.all[r->runner] > ENGINE_RESIDENT;
    timers_set(&r->e->timers, &r->idle, crowded ? ENGINE_CROWDED_MS : ENGINE_EVICT_MS, on_idle);
}
