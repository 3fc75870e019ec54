/* SPDX-License-Identifier: MIT */
#include "engine/acceptance.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "domain/inputs.h"
#include "domain/known_fields.h"
#include "engine/fire.h"
#include "engine/run.h"
#include "wire/frame.h"
#include <stdlib.h>
#include <string.h>

enum {
    EVENT_MAX = FRAME_MAX - (1 << 20), /* the rest of the frame is for the instruction */
    USUAL_REST = 700                   /* what an event has beside the body, about */
};

static void put_text(struct buf *b, const char *name, struct text value)
{
    if (value.data)
        json_text(b, name, value);
}

static void put_object(struct buf *b, const char *name, const cJSON *object)
{
    if (object)
        json_tree(b, name, object);
}

/* The JSON writer sets commas by the last byte, which must not be white space. */
static struct text trim_end(struct text json)
{
    while (json.data && json.len > 0 && strchr(" \t\r\n", json.data[json.len - 1]))
        json.len--;
    return json;
}

/* Left out when the inputs would be the body itself. */
static void put_inputs(struct buf *b, const struct call *c)
{
    const cJSON *defaults = c->trigger->current->manifest->defaults;
    if (c->inputs || !defaults || (c->tree && !cJSON_IsObject(c->tree)))
        return;
    cJSON *inputs = inputs_merge(defaults, c->tree);
    json_tree(b, "inputs", inputs);
    cJSON_Delete(inputs);
}

static void put_event(struct buf *b, const struct call *c, struct text session)
{
    json_open(b, NULL, '{');
    json_word(b, "kind", c->kind);
    json_raw(b, "body", trim_end(c->body));
    put_inputs(b, c);
    put_text(b, "sessionId", session);
    put_text(b, "environment", c->environment);
    put_text(b, "language", c->language);
    put_text(b, "timezone", c->timezone);
    put_text(b, "instruction", c->instruction);
    put_object(b, "instruction", c->instruction_object);
    put_object(b, "customer", c->customer);
    if (c->context) {
        json_name(b, "context");
        known_fields_put_context(b, c->context);
    }
    json_name(b, "headers");
    if (c->put_headers)
        c->put_headers(b, c->headers_from);
    else
        buf_str(b, "{}");
    json_close(b, '}');
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

struct acceptance *acceptance_new(const struct call *c, const char *session)
{
    const struct manifest *m = c->trigger->current->manifest;
    struct acceptance *a = mem_zero(1, sizeof *a);
    a->project = mem_text(c->trigger->project);
    a->trigger = mem_text(c->trigger->key);
    a->kind = c->kind;
    a->session = mem_text(session);
    a->caller = text_copy(c->caller);
    a->idempotency_key = text_copy(c->idempotency_key);
    a->unique = m->unique && c->body.data && !c->unsent;
    a->unique_ms = m->unique_ms;
    buf_init(&a->event, EVENT_MAX);
    if (c->body.len < EVENT_MAX - USUAL_REST)
        buf_reserve(&a->event, c->body.len + USUAL_REST);
    put_event(&a->event, c, text_of(session));
    if (a->event.full) {
        acceptance_free(a);
        return NULL;
    }
    if (a->unique || a->idempotency_key)
        fingerprint(c->tree, a->fingerprint);
    if (!c->delivery)
        memcpy(a->body_hash, a->fingerprint, SHA256_BYTES);
    return a;
}

void acceptance_free(struct acceptance *a)
{
    if (!a)
        return;
    free(a->project);
    free(a->trigger);
    free(a->session);
    free(a->caller);
    free(a->idempotency_key);
    free(a->instruction);
    buf_done(&a->event);
    free(a);
}

const struct store_accept *acceptance_row(struct run *r)
{
    struct acceptance *a = r->acceptance;
    a->row = (struct store_accept){
        .project = text_of(a->project),
        .trigger = text_of(a->trigger),
        .kind = text_of(a->kind),
        .session = text_of(a->session),
        .instruction = text_of(a->instruction),
        .event = buf_view(&a->event),
        .seed = r->seed,
        .created_ms = r->created_ms,
        .unique = a->unique,
        .unique_until_ms = a->unique_ms ? r->created_ms + a->unique_ms : 0,
        .idempotency_key = text_of(a->idempotency_key),
        .caller = text_of(a->caller),
    };
    memcpy(a->row.version, r->version->hash, SHA256_BYTES);
    memcpy(a->row.fingerprint, a->fingerprint, SHA256_BYTES);
    memcpy(a->row.body_hash, a->body_hash, SHA256_BYTES);
    return &a->row;
}
