/* SPDX-License-Identifier: MIT */
/* dialect_fakes.h - the ends between which a request travels for dialect_fuzz.c: in place of the
 * door an exchange that notes what is answered, in place of the engine one that looks at the call
 * and gives an outcome at once, in place of the store one API key, one widget key and one secret.
 */
#pragma once
#include "fuzz.h"

#include "auth/verify.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/fire.h"
#include "serve/door/door_head.h"
#include "serve/request/request.h"
#include "serve/routes.h"
#include "serve/serve.h"

enum { FAKE_HEADERS = 1024 };

struct exchange {
    struct head head;
    char *bytes; /* of the head */
    struct text body;
    void *data;
    void (*gone)(struct exchange *x, void *data);
    void (*refuse)(struct exchange *x, int verdict, const char *detail);
    size_t body_max;
    int status; /* 0: not answered */
    struct buf answer;
    unsigned joined_count;
    char *joined[FAKE_HEADERS]; /* what exchange_header gave away */
};

struct fake_engine {
    uint8_t how; /* the outcome */
    unsigned fired;
    struct api_key key, widget;
};
static struct fake_engine fake;

/* ---- the exchange */

static struct text fake_span(const struct exchange *x, struct head_span s)
{
    return (struct text){x->bytes + s.at, s.len};
}

enum http_method exchange_method(const struct exchange *x)
{
    return x->head.method;
}

struct text exchange_method_name(const struct exchange *x)
{
    return fake_span(x, x->head.method_name);
}

struct text exchange_path(const struct exchange *x)
{
    return fake_span(x, x->head.path);
}

struct text exchange_query(const struct exchange *x)
{
    return x->head.has_query ? fake_span(x, x->head.query) : TEXT_NONE;
}

struct text exchange_header(const struct exchange *x, const char *name)
{
    struct exchange *own = (struct exchange *)x; /* where the door keeps joined values too */
    struct buf all;
    unsigned lines = 0;
    buf_init(&all, 2 * HEAD_BYTES);
    buf_str(&all, "");
    for (unsigned i = 0; i < x->head.count; i++) {
        const struct head_field *f = &x->head.fields[i];
        if (!text_is(fake_span(x, f->name), name))
            continue;
        buf_str(&all, lines++ ? ", " : "");
        buf_text(&all, fake_span(x, f->value));
    }
    if (lines == 0 || !all.data) {
        buf_done(&all);
        return lines ? TEXT("") : TEXT_NONE;
    }
    FUZZ_CHECK(own->joined_count < FAKE_HEADERS, "headers");
    struct text found = buf_view(&all);
    own->joined[own->joined_count++] = buf_take(&all);
    return found;
}

void exchange_headers(const struct exchange *x,
                      void (*fn)(void *arg, struct text name, struct text value), void *arg)
{
    for (unsigned i = 0; i < x->head.count; i++) {
        struct text name = fake_span(x, x->head.fields[i].name);
        unsigned first = 0;
        while (!text_eq(fake_span(x, x->head.fields[first].name), name))
            first++;
        if (first < i)
            continue;
        char *copy = mem_text_n(name.data, name.len);
        fn(arg, name, exchange_header(x, copy));
        free(copy);
    }
}

struct text exchange_body(const struct exchange *x)
{
    return x->body;
}

const char *exchange_peer(const struct exchange *x)
{
    (void)x;
    return "10.0.0.1";
}

const char *exchange_request_id(const struct exchange *x)
{
    (void)x;
    return "req_1";
}

void exchange_body_max(struct exchange *x, size_t bytes)
{
    x->body_max = bytes;
}

void exchange_on_refuse(struct exchange *x,
                        void (*refuse)(struct exchange *x, int verdict, const char *detail))
{
    x->refuse = refuse;
}

void exchange_own(struct exchange *x, void *data, void (*gone)(struct exchange *x, void *data))
{
    x->data = data;
    x->gone = gone;
}

void *exchange_data(const struct exchange *x)
{
    return x->data;
}

void exchange_set(struct exchange *x, const char *name, const char *value)
{
    (void)x;
    FUZZ_CHECK(name[0], "a header without a name");
    FUZZ_CHECK(!strpbrk(value, "\r\n"), "%s: %s", name, value);
}

void exchange_answer(struct exchange *x, int status, const char *content_type, struct text body)
{
    struct error err;
    FUZZ_CHECK(x->status == 0, "answered %d, then %d", x->status, status);
    x->status = status;
    if (status == 204 && body.len == 0)
        return;
    FUZZ_CHECK(content_type && strstr(content_type, "json"), "%s", content_type);
    cJSON *tree = json_parse_own(body, &err);
    FUZZ_CHECK(tree, "%s: %.*s", err.text, (int)body.len, body.data);
    cJSON_Delete(tree);
    buf_text(&x->answer, body);
}

bool exchange_answered(const struct exchange *x)
{
    return x->status != 0;
}

/* ---- the engine */

static void fake_text(const char *what, struct text t)
{
    FUZZ_CHECK(!t.data || text_utf8_ok(t), "%s is not UTF-8", what);
}

static void fake_check_call(const struct call *c)
{
    struct error err;
    fake_text("session", c->session);
    fake_text("instruction", c->instruction);
    fake_text("environment", c->environment);
    FUZZ_CHECK(trigger_serves(c->trigger), "a trigger that does not serve");
    FUZZ_CHECK(!c->session.data || (c->session.len > 0 && text_utf8_count(c->session) <= 256),
               "session of %zu", c->session.len);
    FUZZ_CHECK(c->idempotency_key.len <= 255, "key of %zu", c->idempotency_key.len);
    FUZZ_CHECK(!c->tree || cJSON_IsObject(c->tree), "a body that is no object");
    FUZZ_CHECK(!c->tree == !c->body.data, "half a body");
    FUZZ_CHECK(c->wait_ms >= 0 && c->caller.data, "wait %lld", (long long)c->wait_ms);
    struct buf written;
    buf_init(&written, 1 << 20);
    c->put_headers(&written, c->headers_from);
    cJSON *headers = json_parse(buf_view(&written), &err), *body = NULL;
    FUZZ_CHECK(headers, "headers: %s", err.text);
    FUZZ_CHECK(!json_get(headers, "authorization") && !json_get(headers, "x-api-key"), "a key");
    if (c->body.data) {
        body = json_parse(c->body, &err);
        FUZZ_CHECK(body && json_equal(body, c->tree), "the body and its tree differ");
    }
    buf_done(&written);
    cJSON_Delete(headers);
    cJSON_Delete(body);
}

struct ticket *engine_fire(struct engine *e, const struct call *call, outcome_fn fn, void *arg)
{
    static const enum verdict verdicts[] = {
        VERDICT_COMPLETED,  VERDICT_ACCEPTED,  VERDICT_WAIT_TIMEOUT, VERDICT_RUN_FAILED,
        VERDICT_CANCELLED,  VERDICT_DUPLICATE, VERDICT_FILTERED,     VERDICT_INVALID,
        VERDICT_OVERLOADED, VERDICT_STORE,     VERDICT_DRAINING};
    static const char *const statuses[] = {"completed", "queued", "running", "failed", "cancelled"};
    enum verdict v = verdicts[fake.how % ARRAY_LEN(verdicts)];
    bool born = fake.how % ARRAY_LEN(verdicts) < ARRAY_LEN(statuses);
    (void)e;
    fake.fired++;
    fake_check_call(call);
    char session[1100] = "s\"1";
    if (call->session.data)
        snprintf(session, sizeof session, "%.*s", (int)call->session.len, call->session.data);
    struct outcome o = {.why.verdict = v,
                        .why.run = born || v == VERDICT_DUPLICATE ? "run_1" : NULL,
                        .session = born ? session : NULL,
                        .status = born ? statuses[fake.how % ARRAY_LEN(verdicts)] : NULL,
                        .result = fake.how & 0x80 ? TEXT("{\"a\":[1,\"\\n\"]}") : TEXT_NONE,
                        .why.field = v == VERDICT_INVALID ? "/a~1b" : NULL,
                        .why.detail = fake.how & 0x40 ? "it \"broke\"" : NULL,
                        .why.code = v == VERDICT_RUN_FAILED ? "script.error" : NULL,
                        .why.at = v == VERDICT_RUN_FAILED ? "p/k.lua:3" : NULL};
    fn(arg, &o);
    return NULL;
}

void ticket_forget(struct ticket *t)
{
    FUZZ_CHECK(!t, "a ticket");
}

const struct api_key *keyring_find(struct keyring *k, struct text secret)
{
    (void)k;
    return text_is(secret, "good") ? &fake.key : text_is(secret, "page") ? &fake.widget : NULL;
}

int64_t keyring_spend(struct keyring *k, const struct api_key *copy)
{
    (void)k;
    (void)copy;
    return fake.how == 0xff ? 1500000 : 0;
}

bool keyring_webhook_ok(const struct keyring *k, const char *project, const char *key,
                        struct text secret)
{
    (void)k;
    return *project && *key && text_is(secret, "hook");
}

enum signature verify_request(const struct vault *v, const struct signature_rule *rule,
                              const struct signature_request *q, struct signature_proof *proof,
                              const char **missing)
{
    struct text secret = TEXT("s");
    (void)v;
    *missing = NULL;
    enum signature got = signature_check(rule, q, &secret, 1, proof);
    if (got != SIGNATURE_HOLDS && fake.how & 0x20) { /* one cannot guess a signature */
        memset(proof, 7, sizeof *proof);
        proof->mac_bytes = 32;
        return SIGNATURE_HOLDS;
    }
    return got;
}

/* ---- what else would need a process around it */

bool auth_delay_takes(struct request *q, const struct refusal *r)
{
    (void)q;
    (void)r;
    return false;
}

void auth_delay_forget(struct request *q)
{
    (void)q;
}

void stream_token_make(const struct stream_token_key *k, const char *run, int64_t now_ms,
                       char out[STREAM_TOKEN_BYTES])
{
    (void)k;
    (void)run;
    (void)now_ms;
    snprintf(out, STREAM_TOKEN_BYTES, "token");
}
