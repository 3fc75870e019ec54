/* SPDX-License-Identifier: MIT */
/* sleep.c - waiting: {"ms": N} counts from when it was asked, {"until_ms": T} is a moment. Both end
 * at a wall clock time that a restart does not move. */
#include "engine/ops.h"

enum { LOOK_AGAIN_MS = 60000 }; /* the wall clock may jump: never trust one timer for longer */

static bool check(const cJSON *args, struct error *err)
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

static void describe(const struct op *op, struct buf *out)
{
    char until[TEXT_TIME];
    text_time(due_ms(op), until);
    buf_printf(out, "{\"until\":\"%s\"}", until);
}

static void look(struct timer *t)
{
    struct op *op = CONTAINER_OF(t, struct op, timer);
    int64_t left = due_ms(op) - clock_wall_ms(op->run->e->clock);
    if (left <= 0)
        op_done(op, TEXT("null"));
    else
        timers_set(&op->run->e->timers, &op->timer, left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS,
                   look);
}

static void start(struct op *op)
{
    look(&op->timer);
}

static void drop(struct op *op)
{
    (void)op; /* the timer is the op's */
}

const struct op_kind op_sleep = {.name = "sleep",
                                 .check = check,
                                 .describe = describe,
                                 .start = start,
                                 .drop = drop,
                                 .due_ms = due_ms,
                                 .waits = "sleep"};
