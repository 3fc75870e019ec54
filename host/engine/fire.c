/* SPDX-License-Identifier: MIT */
#include "engine/fire.h"
#include "base/mem.h"
#include "domain/filter.h"
#include "domain/schema/schema.h"
#include "engine/acceptance.h"
#include "engine/backlog.h"
#include "engine/run.h"
#include "engine/ticket.h"
#include <stdlib.h>
#include <string.h>

/* ---- judging: pure, before anything is kept */

/* False: *o says why not. The texts it points to live in `field` and `why`. */
static bool judge_call(const struct engine *e, const struct call *c, struct outcome *o,
                       char field[256], struct error *why)
{
    const struct manifest *m = c->trigger->current->manifest;
    o->why.detail = why->text;
    why->text[0] = 0;
    if (e->draining || e->outage.broken) {
        o->why.verdict = e->draining ? VERDICT_DRAINING : VERDICT_STORE;
        o->why.detail = NULL;
        return false;
    }
    if (e->backlog.count >= (size_t)e->config->backlog) {
        o->why.verdict = VERDICT_OVERLOADED;
        error_set(why, ERROR_LIMIT, "%zu runs wait for a runner already", e->backlog.count);
        return false;
    }
    if (!schema_check(m->schema, c->tree, field, 256, why)) {
        o->why.verdict = VERDICT_INVALID;
        o->why.field = field;
        return false;
    }
    if (m->filter && !filter_pass(m->filter, c->tree, why->text, sizeof why->text)) {
        o->why.verdict = VERDICT_FILTERED;
        return false;
    }
    return true;
}

enum { SESSION_BYTES = 4 * 256 + 1 }; /* 256 code points */

static void make_session(char out[SESSION_BYTES], const struct call *c, int64_t now_ms)
{
    if (!c->session.data) {
        id_make(out, "ses", now_ms);
        return;
    }
    memcpy(out, c->session.data, c->session.len);
    out[c->session.len] = 0;
}

/* Unless its Idempotency-Key says that it was taken before. */
static struct ticket *fire_filtered(struct engine *e, const struct call *c, const struct outcome *o,
                                    outcome_fn fn, void *arg)
{
    struct acceptance *acceptance = c->idempotency_key.data ? acceptance_new(c, "") : NULL;
    if (!acceptance) {
        fn(arg, o);
        return NULL;
    }
    struct ticket *t = ticket_new(e, "", "", c->wait_ms, fn, arg);
    ticket_dropped(t, acceptance, text_of(o->why.detail));
    acceptance_free(acceptance);
    return t;
}

struct ticket *engine_fire(struct engine *e, const struct call *c, outcome_fn fn, void *arg)
{
    struct outcome o = {0};
    struct error why;
    char field[256];
    if (!judge_call(e, c, &o, field, &why)) {
        if (o.why.verdict == VERDICT_FILTERED)
            return fire_filtered(e, c, &o, fn, arg);
        fn(arg, &o);
        return NULL;
    }
    int64_t now = clock_wall_ms(e->clock);
    char id[ID_BYTES], session[SESSION_BYTES];
    make_session(session, c, now);
    struct acceptance *acceptance = acceptance_new(c, session);
    if (!acceptance) {
        o.why.verdict = VERDICT_TOO_LARGE;
        o.why.detail =
            "the event made of this body (with defaults, known fields and headers) is larger than the limit of 7 MB";
        fn(arg, &o);
        return NULL;
    }
    id_make(id, "run", now);
    struct run *r = run_new(e, id, c->trigger->current);
    r->created_ms = now;
    r->seed = id_number();
    r->acceptance = acceptance;
    r->session = mem_text(session);
    r->ticket = ticket_new(e, r->id, session, c->wait_ms, fn, arg);
    run_enter(r, RUN_FIRED);
    backlog_start(r);
    return r->ticket;
}
