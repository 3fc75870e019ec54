/* SPDX-License-Identifier: MIT */
#include "serve/api/change.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

struct change {
    struct request *q; /* NULL: the client has gone */
    struct keyring *ring;
    struct buf json;
};

static void forget_client(struct request *q)
{
    ((struct change *)q->state)->q = NULL;
}

struct change *change_new(struct request *q, struct buf *json)
{
    struct change *c = mem_zero(1, sizeof *c);
    c->q = q;
    c->ring = &q->app->engine->keyring;
    if (json)
        c->json = *json;
    q->state = c;
    q->drop = forget_client;
    return c;
}

static enum verdict verdict_of(const struct error *err)
{
    return err->code == ERROR_EXISTS    ? VERDICT_CONFLICT
           : err->code == ERROR_MISSING ? VERDICT_NOT_FOUND
                                        : VERDICT_STORE;
}

static void answer(struct request *q, const struct change *c, const struct error *err)
{
    q->state = NULL;
    q->drop = NULL;
    if (err)
        request_no(q, verdict_of(err), err->text);
    else if (c->json.len > 0)
        request_json(q, 201, buf_view(&c->json));
    else
        exchange_answer(q->x, 204, NULL, TEXT_NONE);
}

static void answer_and_free(void *arg, const struct error *err)
{
    struct change *c = arg;
    if (c->q)
        answer(c->q, c, err);
    if (c->json.data)
        explicit_bzero(c->json.data, c->json.len);
    buf_done(&c->json);
    free(c);
}

void change_written(void *arg, const struct error *err)
{
    struct change *c = arg;
    if (err)
        answer_and_free(c, err);
    else
        keyring_sync(c->ring, answer_and_free, c);
}

bool change_given_secret(const cJSON *value, unsigned char hash[SHA256_BYTES], struct error *err)
{
    char *secret = cJSON_GetStringValue(value);
    if (!secret || !api_key_given_ok(text_of(secret)))
        return error_set(err, ERROR_INVALID, "secret: expected 16 to 200 visible ASCII characters");
    api_key_hash(text_of(secret), hash);
    explicit_bzero(secret, strlen(secret));
    return true;
}
