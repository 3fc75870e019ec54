/* SPDX-License-Identifier: MIT */
#include "engine/run_state.h"
#include "base/attr.h"
#include "base/log.h"
#include "engine/placement.h"
#include "engine/run.h"
#include <assert.h>

enum { ON_RUNNER = 1, COMPUTES = 2, WAITS = 4, COMES_BACK = 8, IS_READ = 16 };

static const struct {
    const char *name, *meaning;
    unsigned is;
} states[RUN_STATES] = {
    [RUN_NEW] = {"new", "is just made", 0},
    [RUN_QUEUED] = {"queued", "waits for a runner that has room", 0},
    [RUN_ADMITTING] = {"admitting", "is on a runner that judges its filter", ON_RUNNER | COMPUTES},
    [RUN_GOING] = {"going", "is on a runner that computes", ON_RUNNER | COMPUTES},
    [RUN_IDLE] = {"idle", "is on a runner and waits for answers", ON_RUNNER | WAITS},
    [RUN_PARKING] = {"parking", "only sleeps, and leaves memory once that is committed",
                     ON_RUNNER | WAITS},
    [RUN_AWAY] = {"away", "waits for long, off its runner", WAITS},
    [RUN_RETURNING] = {"returning", "is to be rebuilt once all it said is committed", COMES_BACK},
    [RUN_PARKED] = {"parked", "is a row in the store and nothing in memory", WAITS},
    [RUN_DUE] = {"due", "waits for its turn to be rebuilt", COMES_BACK | IS_READ},
    [RUN_REBUILDING] = {"rebuilding", "has its row, version and journal read",
                        COMES_BACK | IS_READ},
    [RUN_REPLAYING] = {"replaying", "is on a runner that says again what the journal has",
                       ON_RUNNER | COMPUTES},
    [RUN_ENDED] = {"ended", "has its last record, perhaps not yet committed", 0},
    [RUN_GONE] = {"gone", "is out of memory, for good", 0},
};

static const struct {
    const char *name, *file;
} events[RUN_EVENTS] = {
    [RUN_FIRED] = {"a call made it", "fire.c"},
    [RUN_FOUND] = {"found in the store", "rebuild.c"},
    [RUN_PLACED] = {"a runner has room", "backlog.c"},
    [RUN_ADMITTED] = {"the filter matches", "runner_messages.c"},
    [RUN_DROPPED] = {"the filter does not match", "runner_messages.c"},
    [RUN_RESTED] = {"the script waits", "runner_messages.c"},
    [RUN_ANSWERED] = {"an answer came", "ops.c"},
    [RUN_PARKS] = {"it only sleeps, for long", "run_time.c"},
    [RUN_EVICTED] = {"evicted, no answer came soon", "run_time.c"},
    [RUN_RUNNER_LOST] = {"its runner is gone", "runner_messages.c"},
    [RUN_COMMITTED] = {"all it said is committed", "commit.c"},
    [RUN_REFUSED] = {"the store did not accept it", "commit.c"},
    [RUN_UNWRITTEN] = {"the store does not take what it wrote", "commit.c"},
    [RUN_WOKEN] = {"it is time, or something came for it", "rebuild.c"},
    [RUN_READ] = {"it is its turn", "rebuild.c"},
    [RUN_UNREADABLE] = {"the store cannot be read", "rebuild.c"},
    [RUN_OVER] = {"its row says that it has ended", "rebuild.c"},
    [RUN_REBUILT] = {"the journal is read", "rebuild.c"},
    [RUN_CAUGHT_UP] = {"all of the journal was said again", "rebuild.c"},
    [RUN_FINISHED] = {"it completes, fails, is cancelled or times out", "run_end.c"},
};

static const enum run_state table[RUN_STATES][RUN_EVENTS] = {
    [RUN_NEW] =
        {
            [RUN_FIRED] = RUN_QUEUED,
            [RUN_FOUND] = RUN_PARKED,
        },
    [RUN_QUEUED] =
        {
            [RUN_PLACED] = RUN_ADMITTING,
        },
    [RUN_ADMITTING] =
        {
            [RUN_ADMITTED] = RUN_GOING,
            [RUN_DROPPED] = RUN_GONE,
            [RUN_RUNNER_LOST] = RUN_QUEUED,
        },
    [RUN_GOING] =
        {
            [RUN_RESTED] = RUN_IDLE,
            [RUN_RUNNER_LOST] = RUN_RETURNING,
            [RUN_FINISHED] = RUN_ENDED,
            [RUN_REFUSED] = RUN_GONE,
            [RUN_UNWRITTEN] = RUN_PARKED,
        },
    [RUN_IDLE] =
        {
            [RUN_ANSWERED] = RUN_GOING,
            [RUN_PARKS] = RUN_PARKING,
            [RUN_EVICTED] = RUN_AWAY,
            [RUN_RUNNER_LOST] = RUN_RETURNING,
            [RUN_FINISHED] = RUN_ENDED,
            [RUN_REFUSED] = RUN_GONE,
            [RUN_UNWRITTEN] = RUN_PARKED,
        },
    [RUN_PARKING] =
        {
            [RUN_ANSWERED] = RUN_GOING,
            [RUN_COMMITTED] = RUN_PARKED,
            [RUN_RUNNER_LOST] = RUN_RETURNING,
            [RUN_FINISHED] = RUN_ENDED,
            [RUN_REFUSED] = RUN_GONE,
            [RUN_UNWRITTEN] = RUN_PARKED,
        },
    [RUN_AWAY] =
        {
            [RUN_ANSWERED] = RUN_RETURNING,
            [RUN_FINISHED] = RUN_ENDED,
            [RUN_REFUSED] = RUN_GONE,
            [RUN_UNWRITTEN] = RUN_PARKED,
        },
    [RUN_RETURNING] =
        {
            [RUN_COMMITTED] = RUN_DUE,
            [RUN_FINISHED] = RUN_ENDED,
            [RUN_REFUSED] = RUN_GONE,
            [RUN_UNWRITTEN] = RUN_PARKED,
        },
    [RUN_PARKED] =
        {
            [RUN_WOKEN] = RUN_DUE,
        },
    [RUN_DUE] =
        {
            [RUN_READ] = RUN_REBUILDING,
        },
    [RUN_REBUILDING] =
        {
            [RUN_REBUILT] = RUN_REPLAYING,
            [RUN_UNREADABLE] = RUN_PARKED,
            [RUN_OVER] = RUN_GONE,
            [RUN_FINISHED] = RUN_ENDED,
        },
    [RUN_REPLAYING] =
        {
            [RUN_CAUGHT_UP] = RUN_GOING,
            [RUN_RUNNER_LOST] = RUN_RETURNING,
            [RUN_FINISHED] = RUN_ENDED,
            [RUN_UNWRITTEN] = RUN_PARKED,
        },
    [RUN_ENDED] =
        {
            [RUN_COMMITTED] = RUN_GONE,
            [RUN_REFUSED] = RUN_GONE,
            [RUN_UNWRITTEN] = RUN_PARKED,
        },
};

enum run_state run_state_after(enum run_state from, enum run_event event)
{
    return table[from][event];
}

const char *run_state_name(enum run_state state)
{
    return states[state].name;
}

const char *run_state_meaning(enum run_state state)
{
    return states[state].meaning;
}

const char *run_event_name(enum run_event event)
{
    return events[event].name;
}

const char *run_event_file(enum run_event event)
{
    return events[event].file;
}

void run_enter(struct run *r, enum run_event event)
{
    enum run_state from = r->state, to = table[from][event];
    assert(to != 0);
    log_debug(r->id, "\"%s\" state=%s was=%s", events[event].name, states[to].name,
              states[from].name);
    r->state = to;
    if (run_state_computes(from) != run_state_computes(to))
        placement_count(r, run_state_computes(to));
    assert(run_is_on_runner(r) == (r->tag != 0));
}

/* ---- what a state means */

bool run_is_on_runner(const struct run *r)
{
    return states[r->state].is & ON_RUNNER;
}

bool run_waits(const struct run *r)
{
    return states[r->state].is & WAITS;
}

bool run_comes_back(const struct run *r)
{
    return states[r->state].is & COMES_BACK;
}

bool run_is_read(const struct run *r)
{
    return states[r->state].is & IS_READ;
}

bool run_has_ended(const struct run *r)
{
    return r->state == RUN_ENDED;
}

bool run_state_computes(enum run_state state)
{
    return states[state].is & COMPUTES;
}

/* ---- the picture */

/* RUN_NEW and RUN_GONE are mermaid's one dot for both ends. */
static const char *drawn_name(enum run_state s)
{
    return s == RUN_NEW || s == RUN_GONE ? "[*]" : states[s].name;
}

void run_state_draw(struct buf *out)
{
    buf_str(out, "stateDiagram-v2\n");
    for (int s = RUN_NEW + 1; s < RUN_GONE; s++)
        buf_printf(out, "    %s: %s<br>%s\n", states[s].name, states[s].name, states[s].meaning);
    for (int s = 0; s < RUN_STATES; s++)
        for (int ev = 0; ev < RUN_EVENTS; ev++)
            if (table[s][ev])
                buf_printf(out, "    %s --> %s: %s (%s)\n", drawn_name(s), drawn_name(table[s][ev]),
                           events[ev].name, events[ev].file);
}
