/* SPDX-License-Identifier: MIT */
/* rehearsal.c - the built-in model: no language model at all, but one that behaves like it towards
 * everything around it, so that the whole path can be seen offline. It says back what it was asked,
 * word by word. */
#include "base/mem.h"
#include "engine/ops/ask.h"
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 10,
    TICKS = 100,       /* an answer takes a second at most */
    QUOTED_MAX = 4000, /* bytes of an instruction that are said back */
    STATE_TEXT = 64 << 10,
};

struct rehearsal {
    struct buf answer;
    size_t said; /* bytes of it */
    size_t step; /* bytes a tick, then up to the end of the word */
};

static void put_quote(struct buf *b, struct text t)
{
    size_t len = t.len > QUOTED_MAX ? QUOTED_MAX : t.len;
    len = text_utf8_whole((struct text){t.data, len});
    buf_add(b, t.data, len);
    if (len < t.len)
        buf_str(b, " […]");
}

/* "order, customer" */
static void put_names(struct buf *b, const cJSON *object)
{
    for (const cJSON *v = object->child; v; v = v->next) {
        put_quote(b, text_of(v->string ? v->string : "a value"));
        if (v->next)
            buf_str(b, ", ");
    }
}

static int count_turns(const cJSON *history)
{
    int turns = 0;
    for (const cJSON *m = history ? history->child : NULL; m; m = m->next)
        turns += strcmp(json_string(m, "role"), "user") == 0;
    return turns;
}

static void compose(struct buf *b, const struct ask *a)
{
    const cJSON *args = a->op->args, *context = json_get(args, "context");
    const char *instruction = json_string(args, "instruction"),
               *system = json_string(args, "system");
    int turns = count_turns(a->history);
    buf_str(b, "This is a rehearsal: what speaks here is not a language model.\n");
    if (instruction && *instruction) {
        buf_str(b, "\nIt was told: ");
        put_quote(b, text_of(instruction));
    } else {
        buf_str(b, "\nIt was given no instruction.");
    }
    if (system && *system) {
        buf_str(b, "\nIts role: ");
        put_quote(b, text_of(system));
    }
    if (context && context->child) {
        buf_str(b, "\nIt was given: ");
        put_names(b, context);
    }
    if (a->session)
        buf_printf(b, "\nIt has heard %d turn%s of this session before.", turns,
                   turns == 1 ? "" : "s");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

/* The next words, with the blank behind them. */
static struct text next_words(struct rehearsal *r)
{
    size_t from = r->said, to = from + r->step;
    if (to > r->answer.len)
        to = r->answer.len;
    while (to < r->answer.len && !is_blank(r->answer.data[to - 1]))
        to++;
    r->said = to;
    return (struct text){r->answer.data + from, to - from};
}

static void on_tick(struct timer *t)
{
    struct ask *a = CONTAINER_OF(t, struct ask, timer);
    struct rehearsal *r = a->state;
    if (r->said == r->answer.len)
        ask_end(a, "stop");
    else if (ask_piece(a, next_words(r)))
        timers_set(&a->op->run->e->timers, &a->timer, TICK_MS, on_tick);
}

static void start_speaking(struct ask *a)
{
    struct rehearsal *r = mem_zero(1, sizeof *r);
    a->state = r;
    buf_init(&r->answer, STATE_TEXT);
    compose(&r->answer, a);
    r->step = r->answer.len / TICKS + 1;
    timers_set(&a->op->run->e->timers, &a->timer, 0, on_tick);
}

static void drop_speech(struct ask *a)
{
    struct rehearsal *r = a->state;
    if (!r)
        return;
    buf_done(&r->answer);
    free(r);
    a->state = NULL;
}

const struct model model_rehearsal = {
    .name = "rehearsal", .start = start_speaking, .drop = drop_speech};
