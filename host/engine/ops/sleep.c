/* SPDX-License-Identifier: MIT */
/* sleep.c - waiting: {"ms": N} counts from when it was asked, {"until_ms": T} is a moment. Both end
 * at a wall clock time that a restart does not move. */
#include "base/json_out.h"
#include "engine/ops.h"

enum { LOOK_AGAIN_MS = 60000 }; /* the wall clock may jump: never trust one timer for longer */

static bool check_sleep(const cJSON *args, struct error *err)
{
    double ms = json_number(args, "ms", json_number(args, "until_ms", -1));
    if (!(ms >= 0 && ms < 9e15))
        return error_set(err, ERROR_INVALID,
                         "sleep needs ms or until_ms, a number of milliseconds from 0");
    return true;
}

static int64_t due_ms(const struct op *op)
{
    const cJSON *ms = json_get(op->args, "ms");
    if (ms)
        return op->asked_ms + (int64_t)ms->valuedouble;
    return (int64_t)json_number(op->args, "until_ms", 0);
}

static void describe_sleep(const struct op *op, struct buf *out)
{
    json_open(out, NULL, '{');
    json_time(out, "until", due_ms(op));
    json_close(out, '}');
}

static void look_at_clock(struct timer *t)
{
    struct op *op = CONTAINER_OF(t, struct op, timer);
    int64_t left = due_ms(op) - clock_wall_ms(op->run->e->clock);
    if (left <= 0)
        op_done(op, TEXT("null"));
    else
        timers_set(&op->run->e->timers, &op->timer, left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS,
                   look_at_clock);
}

static void start_sleep(struct op *op)
{
    look_at_clock(&op->timer);
}

static void drop_sleep(struct op *op)
{
    (void)op; /* the timer is the op's */
}

const struct op_kind op_sleep = {.name = "sleep",
                                 .check = check_sleep,
                                 .describe = describe_sleep,
                                 .start = start_sleep,
                                 .drop = drop_sleep,
                                 .due_ms = due_ms,
                                 .waits = "sleep"};
