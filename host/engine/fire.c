/* SPDX-License-Identifier: MIT */
#include "engine/fire.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/filter.h"
#include "domain/inputs.h"
#include "domain/known_fields.h"
#include "domain/schema/schema.h"
#include "engine/run.h"
#include "engine/ticket.h"
#include <stdlib.h>
#include <string.h>

/* ---- judging: pure, before anything is kept */

/* False: *o says why not. The texts it points to live in `field` and `why`. */
static bool admit(const struct engine *e, const struct call *c, struct outcome *o, char field[256],
                  struct error *why)
{
    const struct manifest *m = c->trigger->current->manifest;
    o->why.detail = why->text;
    why->text[0] = 0;
    if (e->draining || e->store_broken) {
        o->why.verdict = e->draining ? VERDICT_DRAINING : VERDICT_STORE;
        o->why.detail = NULL;
        return false;
    }
    if (e->backlog_count >= (size_t)e->config->backlog) {
        o->why.verdict = VERDICT_OVERLOADED;
        error_set(why, ERROR_LIMIT, "%zu runs wait for a runner already", e->backlog_count);
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

/* ---- building */

enum {
    EVENT_MAX = FRAME_MAX - (1 << 20), /* the rest of the frame is for the instruction */
    USUAL_REST = 700                   /* what an event has beside the body, about */
};

static void put_member(struct buf *b, const char *name, struct text value)
{
    if (!value.data)
        return;
    buf_char(b, ',');
    json_put_cstr(b, name);
    buf_char(b, ':');
    json_put_string(b, value);
}

static void put_object(struct buf *b, const char *name, const cJSON *object)
{
    if (!object)
        return;
    buf_str(b, ",\"");
    buf_str(b, name);
    buf_str(b, "\":");
    json_put_tree(b, object);
}

/* Left out when they would be the body itself. */
static void put_inputs(struct buf *b, const struct call *c)
{
    const cJSON *defaults = c->trigger->current->manifest->defaults;
    if (c->inputs || !defaults || (c->tree && !cJSON_IsObject(c->tree)))
        return;
    cJSON *inputs = inputs_merge(defaults, c->tree);
    buf_str(b, ",\"inputs\":");
    json_put_tree(b, inputs);
    cJSON_Delete(inputs);
}

static void put_event(struct buf *b, const struct call *c, struct text session)
{
    buf_str(b, "{\"kind\":");
    json_put_cstr(b, c->kind);
    buf_str(b, ",\"body\":");
    buf_text(b, c->body.data ? c->body : TEXT("null"));
    put_inputs(b, c);
    put_member(b, "sessionId", session);
    put_member(b, "environment", c->environment);
    put_member(b, "language", c->language);
    put_member(b, "timezone", c->timezone);
    put_member(b, "instruction", c->instruction);
    put_object(b, "instruction", c->instruction_object);
    put_object(b, "customer", c->customer);
    if (c->context) {
        buf_str(b, ",\"context\":");
        known_fields_put_context(b, c->context);
    }
    buf_str(b, ",\"headers\":");
    if (c->put_headers)
        c->put_headers(b, c->headers_from);
    else
        buf_str(b, "{}");
    buf_char(b, '}');
}

static void fingerprint(const cJSON *tree, unsigned char out[SHA256_BYTES])
{
    struct buf canonical;
    buf_init(&canonical, 64u << 20);
    json_put_canonical(&canonical, tree);
    id_sha256(canonical.data, canonical.len, out);
    buf_done(&canonical);
}

static char *text_copy(struct text t)
{
    return t.data ? mem_text_n(t.data, t.len) : NULL;
}

/* NULL: the event does not fit the frame that takes it to a runner. */
static struct acceptance *acceptance_new(const struct call *c, const char *session)
{
    const struct manifest *m = c->trigger->current->manifest;
    struct acceptance *b = mem_zero(1, sizeof *b);
    b->project = mem_text(c->trigger->project);
    b->trigger = mem_text(c->trigger->key);
    b->kind = c->kind;
    b->session = mem_text(session);
    b->caller = text_copy(c->caller);
    b->idempotency_key = text_copy(c->idempotency_key);
    b->unique = m->unique && c->body.data && !c->unsent;
    b->unique_ms = m->unique_ms;
    buf_init(&b->event, EVENT_MAX);
    if (c->body.len < EVENT_MAX - USUAL_REST)
        buf_reserve(&b->event, c->body.len + USUAL_REST);
    put_event(&b->event, c, text_of(session));
    if (b->event.full) {
        acceptance_free(b);
        return NULL;
    }
    if (b->unique || b->idempotency_key)
        fingerprint(c->tree, b->fingerprint);
    if (!c->delivery)
        memcpy(b->body_hash, b->fingerprint, SHA256_BYTES);
    return b;
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
    if (!admit(e, c, &o, field, &why)) {
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
    fire_start(r);
    return r->ticket;
}

/* ---- starting */

void fire_start(struct run *r)
{
    struct engine *e = r->e;
    unsigned runner = engine_idlest_runner(e);
    if (e->active[runner] >= e->config->runs_per_runner) {
        r->phase = RUN_QUEUED;
        list_add(&e->backlog, &r->link);
        r->linked = LINK_BACKLOG;
        e->backlog_count++;
        return;
    }
    r->phase = RUN_ADMITTING;
    run_place(r, runner, true, TEXT_NONE, buf_view(&r->acceptance->event));
}

void fire_next(struct engine *e)
{
    while (!list_empty(&e->backlog) &&
           e->active[engine_idlest_runner(e)] < e->config->runs_per_runner) {
        struct run *r = LIST_ENTRY(e->backlog.next, struct run, link);
        run_unlink(r);
        fire_start(r);
    }
}
