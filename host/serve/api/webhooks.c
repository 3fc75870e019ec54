/* SPDX-License-Identifier: MIT */
/* webhooks.c - the secrets of a trigger's webhook address: GET, POST
 * /v1/triggers/{project}/{key}/webhook and DELETE of all or of one. A value is shown once, when it
 * was made here. A change is answered once it is in force. */
#include "base/mem.h"
#include "serve/api/api.h"
#include "serve/api/change.h"
#include "serve/api/list_json.h"
#include "serve/api/pending.h"
#include <stdio.h>
#include <string.h>

/* The trigger's address as the store has it; false: refused. */
static bool address_of(struct request *q, struct store_webhook *w)
{
    const struct trigger *t = triggers_named(q, PERMISSION_MANAGE);
    if (!t)
        return false;
    snprintf(w->project, sizeof w->project, "%s", t->project);
    snprintf(w->trigger, sizeof w->trigger, "%s", t->key);
    text_lower(w->trigger);
    return true;
}

static void put_webhook(struct buf *b, const struct store_webhook *w, const char *secret)
{
    json_open(b, NULL, '{');
    json_word(b, "id", w->id);
    json_word(b, "project", w->project);
    json_word(b, "trigger", w->trigger);
    json_time(b, "createdAt", w->created_ms);
    json_time(b, "revokedAt", w->revoked_ms);
    if (secret)
        json_word(b, "secret", secret);
    json_close(b, '}');
}

/* ---- GET */

static void on_list(void *arg, const struct store_webhook *rows, size_t count,
                    const struct error *err)
{
    struct request *q = pending_read(arg, err);
    struct store_webhook of = {0};
    struct buf b;
    if (!q || !address_of(q, &of))
        return;
    list_json_open(&b, 64u << 20);
    for (size_t i = count; i-- > 0;) { /* the newest first */
        if (strcmp(rows[i].project, of.project) == 0 && strcmp(rows[i].trigger, of.trigger) == 0)
            put_webhook(&b, &rows[i], NULL);
    }
    list_json_answer(q, &b, NULL);
}

void webhooks_list_all(struct request *q)
{
    struct store_webhook of;
    if (address_of(q, &of))
        store_list_webhooks(q->app->engine->store, on_list, pending_new(q));
}

/* ---- POST */

/* *given: the value was brought along. */
static bool read_form(struct request *q, struct store_webhook *w, bool *given)
{
    struct refusal r = {.verdict = VERDICT_INVALID, .field = "/secret"};
    struct error err;
    cJSON *body;
    if (!request_media_ok(q) || !request_object(q, &body))
        return false;
    const cJSON *secret = json_get(body, "secret");
    const cJSON *other = body ? body->child : NULL;
    while (other && other == secret)
        other = other->next;
    *given = secret && !cJSON_IsNull(secret);
    if (*given && !change_given_secret(secret, w->hash, &err))
        r.detail = err.text;
    if (other) {
        r.field = "";
        r.detail = "unknown field: a webhook has only a secret";
    }
    if (r.detail)
        request_refuse(q, &r);
    cJSON_Delete(body);
    return !r.detail;
}

static void on_written(void *arg, size_t revoked, const struct error *err)
{
    (void)revoked;
    change_written(arg, err);
}

static void start(struct request *q, const struct store_webhook *w, struct buf *json,
                  const char *action)
{
    char target[sizeof w->project + sizeof w->trigger];
    snprintf(target, sizeof target, "%s/%s", w->project, w->trigger);
    struct store_audit audit = audit_of(q, action, w->id[0] && !json ? w->id : target);
    struct store *store = q->app->engine->store;
    struct change *c = change_new(q, json);
    if (json)
        store_webhook_create(store, w, &audit, on_written, c);
    else
        store_webhook_revoke(store, w, audit.at_ms, &audit, on_written, c);
}

void webhooks_create(struct request *q)
{
    struct store_webhook w = {.created_ms = clock_wall_ms(q->app->clock)};
    char secret[API_KEY_BYTES];
    struct buf json;
    bool given;
    if (!address_of(q, &w) || !read_form(q, &w, &given))
        return;
    id_make(w.id, "wh", w.created_ms);
    if (!given) {
        api_key_webhook(secret);
        api_key_hash(text_of(secret), w.hash);
    }
    buf_init(&json, 4096);
    put_webhook(&json, &w, given ? NULL : secret);
    explicit_bzero(secret, sizeof secret);
    start(q, &w, &json, "webhook.create");
}

/* ---- DELETE */

void webhooks_delete_all(struct request *q)
{
    struct store_webhook w = {0};
    if (address_of(q, &w))
        start(q, &w, NULL, "webhook.remove");
}

void webhooks_delete(struct request *q)
{
    struct store_webhook w = {0};
    if (!address_of(q, &w))
        return;
    bool fits = q->params[2].len > 0 && q->params[2].len < sizeof w.id;
    memcpy(w.id, fits ? q->params_text[2] : "-", fits ? q->params[2].len + 1 : 2);
    start(q, &w, NULL, "webhook.remove");
}
