/* SPDX-License-Identifier: MIT */
#include "domain/known_fields.h"
#include "serve/dialects/dialects.h"
#include "serve/request/signed.h"
#include <stdio.h>
#include <string.h>

static struct trigger *find(struct request *q)
{
    if (!api_key_name_ok(q->params[0]) || !api_key_name_ok(q->params[1]))
        return NULL;
    struct trigger *t = registry_find(&q->app->engine->reload.registry, q->params[0], q->params[1]);
    return t && trigger_serves(t) ? t : NULL;
}

void fire_head(struct request *q, enum verdict lacking)
{
    if (!q->authenticated) {
        /* The signature is judged when the body is in, whether there is such a trigger or not: the
         * limit is the same for all, or the moment of the 401 would tell them apart. */
        exchange_body_max(q->x, (size_t)q->app->config->body_bytes);
        return;
    }
    if (!api_key_allows(&q->key, PERMISSION_TRIGGER, q->params_text[0])) {
        request_no(q, lacking,
                   lacking == VERDICT_FORBIDDEN ? "the key lacks project.trigger on this project"
                                                : NULL);
        return;
    }
    struct trigger *t = find(q);
    if (!t) {
        request_no(q, VERDICT_NOT_FOUND, NULL);
        return;
    }
    if (address_list_admits(q, t->current->manifest))
        exchange_body_max(q->x, (size_t)t->current->manifest->body_max);
}

static bool idempotency_ok(struct request *q, struct text key)
{
    if (!key.data || (key.len >= 1 && key.len <= 255))
        return true;
    struct refusal r = {.verdict = VERDICT_INVALID,
                        .detail = "Idempotency-Key: expected 1 to 255 characters",
                        .field = "Idempotency-Key"};
    request_refuse(q, &r);
    return false;
}

static bool fields_ok(struct request *q, const cJSON *tree, struct known_fields *known)
{
    char field[256];
    struct error err;
    if (known_fields_check(tree, known, field, sizeof field, &err))
        return true;
    struct refusal r = {.verdict = VERDICT_INVALID, .detail = err.text, .field = field};
    request_refuse(q, &r);
    return false;
}

void fire_call(struct request *q, struct call *call, outcome_fn render)
{
    struct text key = exchange_header(q->x, "idempotency-key");
    char delivery[SIGNATURE_DELIVERY];
    if (signed_delivery(q, call->trigger, call->tree, delivery)) {
        key = text_of(delivery);
        call->caller = TEXT("signed"); /* whoever brings it: one delivery is one run */
        call->delivery = true;
    }
    if (!idempotency_ok(q, key))
        return;
    call->put_headers = request_put_headers;
    call->headers_from = q;
    call->idempotency_key = key;
    q->ticket = engine_fire(q->app->engine, call, render, q);
}

static void fire(struct request *q, struct trigger *t, const cJSON *tree, int64_t wait_ms,
                 outcome_fn render)
{
    struct known_fields known;
    if (!fields_ok(q, tree, &known))
        return;
    struct call call = {
        .trigger = t,
        .kind = "api",
        .body = tree ? exchange_body(q->x) : TEXT_NONE,
        .tree = tree,
        .session = text_of(known.session),
        .environment = text_of(known.environment),
        .language = text_of(known.language),
        .timezone = text_of(known.timezone),
        .instruction = text_of(known.instruction),
        .instruction_object = known.instruction_object,
        .customer = known.customer,
        .context = known.context,
        .caller = text_of(request_caller(q)),
        .wait_ms = wait_ms < 0 ? t->current->manifest->wait_ms : wait_ms,
    };
    fire_call(q, &call, render);
}

static void answer_challenge(struct request *q, const char *challenge)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    json_open(&b, NULL, '{');
    json_word(&b, "challenge", challenge);
    json_close(&b, '}');
    request_json(q, 200, buf_view(&b));
    buf_done(&b);
}

/* What a sender of webhooks calls `customer` or `language` is its own: the body is just the
 * body. */
static void fire_parcel(struct request *q, struct trigger *t, const cJSON *tree, struct text body,
                        int64_t wait_ms, outcome_fn render)
{
    const char *challenge = signature_challenge(t->current->manifest->verify, tree);
    if (challenge) {
        answer_challenge(q, challenge);
        return;
    }
    struct call call = {
        .trigger = t,
        .kind = "webhook",
        .body = body,
        .tree = tree,
        .environment = TEXT("api"),
        .caller = TEXT("signed"),
        .wait_ms = wait_ms < 0 ? t->current->manifest->wait_ms : wait_ms,
    };
    fire_call(q, &call, render);
}

/* The signature has held. */
static void fire_signed(struct request *q, struct trigger *t, int64_t wait_ms, outcome_fn render)
{
    const struct manifest *m = t->current->manifest;
    cJSON *tree = NULL;
    struct buf json;
    struct text body;
    if (!q->authenticated && !address_list_admits(q, m))
        return;
    if (exchange_body(q->x).len > (size_t)m->body_max) { /* see fire_head */
        request_no(q, VERDICT_TOO_LARGE, NULL);
        return;
    }
    buf_init(&json, 0);
    if (signed_body(q, &tree, &json, &body))
        fire_parcel(q, t, tree, body, wait_ms, render);
    buf_done(&json);
    cJSON_Delete(tree);
}

void fire_body(struct request *q, int64_t wait_ms, outcome_fn render)
{
    struct trigger *t = find(q); /* again: it may have gone while the body came in */
    cJSON *tree;
    if (!signed_ok(q, t))
        return;
    if (!t) {
        request_no(q, VERDICT_NOT_FOUND, NULL);
        return;
    }
    if (t->current->manifest->verify) {
        fire_signed(q, t, wait_ms, render);
        return;
    }
    if (!request_media_ok(q) || !request_object(q, &tree))
        return;
    fire(q, t, tree, wait_ms, render);
    cJSON_Delete(tree);
}

bool names_started_run(const struct outcome *o)
{
    static const bool started[VERDICTS] = {
        [VERDICT_ACCEPTED] = true,   [VERDICT_COMPLETED] = true, [VERDICT_WAIT_TIMEOUT] = true,
        [VERDICT_RUN_FAILED] = true, [VERDICT_CANCELLED] = true,
    };
    return started[o->why.verdict];
}

void open_run_answer(struct buf *b, const struct outcome *o)
{
    json_open(b, NULL, '{');
    json_word(b, "runId", o->why.run);
    json_word(b, "sessionId", o->session);
    json_word(b, "status", o->status);
}

void put_stream_url(struct buf *b, const struct request *q, const char *run)
{
    char token[STREAM_TOKEN_BYTES], url[STREAM_TOKEN_BYTES + ID_BYTES + 32];
    stream_token_make(&q->app->tokens, run, clock_wall_ms(q->app->clock), token);
    snprintf(url, sizeof url, "/v1/runs/%s/events?token=%s", run, token);
    json_word(b, "streamUrl", url);
}

void set_location(struct request *q, const char *run)
{
    char location[ID_BYTES + 16];
    snprintf(location, sizeof location, "/v1/runs/%s", run);
    exchange_set(q->x, "Location", location);
}
