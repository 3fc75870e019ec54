/* SPDX-License-Identifier: MIT */
#include "engine/recovery.h"
#include "base/log.h"
#include "engine/engine.h"
#include "engine/rebuild.h"
#include "engine/run.h"

enum { DUE_PAGE = 256, WAKE_MAX_MS = 60000, TRY_AGAIN_MS = 1000 };

static void on_wake(struct timer *t);
static void on_due(void *arg, const char (*runs)[ID_BYTES], size_t count, int64_t next_wake_ms,
                   const struct error *err);

/* An earlier time that is set stays. */
void recovery_expect(struct engine *e, int64_t left_ms)
{
    struct timer *wake = &e->recovery.wake;
    left_ms = left_ms < WAKE_MAX_MS ? left_ms : WAKE_MAX_MS;
    if (!timers_is_set(wake) || wake->due_ms > clock_mono_ms(e->clock) + left_ms)
        timers_set(&e->timers, wake, left_ms, on_wake);
}

void recovery_repeat(struct engine *e)
{
    e->recovery.done = false;
    e->recovery.look_again = true; /* a look under way may have gone past it */
    recovery_expect(e, TRY_AGAIN_MS);
}

static void ask_due(struct engine *e, struct text after)
{
    struct recovery *v = &e->recovery;
    v->looking = true;
    if (!after.data)
        v->look_again = false;
    store_due(e->store, clock_wall_ms(e->clock), !v->done, after, DUE_PAGE, on_due, e);
}

static void on_due(void *arg, const char (*runs)[ID_BYTES], size_t count, int64_t next_wake_ms,
                   const struct error *err)
{
    struct engine *e = arg;
    struct recovery *v = &e->recovery;
    v->looking = false;
    if (err)
        log_error(NULL, "looking for runs to resume failed, trying again: %s", err->text);
    if (e->closing)
        return;
    for (size_t i = 0; i < count; i++)
        if (!run_by_id(e, runs[i]))
            rebuild_parked(e, runs[i], v->done ? "woke" : "restart");
    if (!err && count == DUE_PAGE) {
        ask_due(e, text_of(runs[count - 1]));
        return;
    }
    v->done = v->done || (!err && !v->look_again);
    recovery_expect(e, err || v->look_again ? TRY_AGAIN_MS
                       : next_wake_ms       ? next_wake_ms - clock_wall_ms(e->clock)
                                            : WAKE_MAX_MS);
}

static void on_wake(struct timer *t)
{
    struct engine *e = CONTAINER_OF(t, struct engine, recovery.wake);
    if (e->recovery.looking)
        e->recovery.look_again = true; /* what became due since it was asked for */
    else if (!e->closing)
        ask_due(e, TEXT_NONE);
}

void recovery_begin(struct engine *e)
{
    e->recovery.begun = true;
    ask_due(e, TEXT_NONE);
}
