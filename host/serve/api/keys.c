/* SPDX-License-Identifier: MIT */
/* keys.c - GET, POST /v1/keys and DELETE /v1/keys/{id}. A key hands on, sees and revokes nothing
 * beyond what it may do itself. A change is answered once it is in force. */
#include "base/mem.h"
#include "serve/api/api.h"
#include "serve/api/key_form.h"
#include <stdlib.h>
#include <string.h>

static bool may_manage(struct request *q)
{
    if (api_key_allows(&q->key, PERMISSION_KEYS, NULL))
        return true;
    request_no(q, VERDICT_FORBIDDEN, "the key lacks key.manage");
    return false;
}

/* Keys of projects that the asker does not have are none of its business. */
static bool sees(const struct api_key *asker, const struct api_key *k)
{
    struct api_key any = *asker;
    any.permissions = PERMISSION_ALL;
    return api_key_covers(&any, k);
}

void keys_list_all(struct request *q)
{
    const struct keyring *ring = &q->app->engine->keyring;
    struct buf b;
    bool first = true;
    if (!may_manage(q))
        return;
    buf_init(&b, 64u << 20);
    buf_str(&b, "{\"items\":[");
    for (size_t i = ring->count; i-- > 0;) {
        if (!sees(&q->key, &ring->keys[i]))
            continue;
        if (!first)
            buf_char(&b, ',');
        first = false;
        key_form_put(&b, &ring->keys[i], NULL);
    }
    buf_str(&b, "],\"next\":null}");
    request_json(q, 200, buf_view(&b));
    buf_done(&b);
}

/* ---- a change on its way: to the store, then into the keyring */

struct key_change {
    struct request *q; /* NULL: the client has gone */
    struct keyring *ring;
    struct api_key key;
    char secret[API_KEY_BYTES]; /* "": a revocation */
};

static void drop(struct request *q)
{
    ((struct key_change *)q->state)->q = NULL;
}

static struct key_change *change_new(struct request *q)
{
    struct key_change *c = mem_zero(1, sizeof *c);
    c->q = q;
    c->ring = &q->app->engine->keyring;
    q->state = c;
    q->drop = drop;
    return c;
}

static void change_free(struct key_change *c)
{
    if (c->q) {
        c->q->state = NULL;
        c->q->drop = NULL;
    }
    explicit_bzero(c->secret, sizeof c->secret);
    free(c);
}

static void answer(struct key_change *c, const struct error *err)
{
    struct buf b;
    if (err) {
        request_no(c->q, VERDICT_STORE, err->text);
        return;
    }
    if (!c->secret[0]) {
        exchange_answer(c->q->x, 204, NULL, TEXT_NONE);
        return;
    }
    buf_init(&b, 64 << 10);
    key_form_put(&b, &c->key, c->secret);
    request_json(c->q, 201, buf_view(&b));
    explicit_bzero(b.data, b.len);
    buf_done(&b);
}

static void on_in_force(void *arg, const struct error *err)
{
    struct key_change *c = arg;
    if (c->q)
        answer(c, err);
    change_free(c);
}

static void on_written(void *arg, const struct error *err)
{
    struct key_change *c = arg;
    if (!err) {
        keyring_sync(c->ring, on_in_force, c);
        return;
    }
    if (c->q)
        answer(c, err);
    change_free(c);
}

/* ---- POST */

static bool read_key(struct request *q, struct api_key *k)
{
    char field[KEY_FIELD];
    struct error err = {0};
    cJSON *body;
    if (!request_media_ok(q) || !request_object(q, &body))
        return false;
    bool ok = key_form_read(body, clock_wall_ms(q->app->clock), k, field, &err);
    cJSON_Delete(body);
    if (!ok) {
        struct refusal r = {.verdict = VERDICT_INVALID, .detail = err.text, .field = field};
        request_refuse(q, &r);
        return false;
    }
    if (api_key_covers(&q->key, k))
        return true;
    request_no(q, VERDICT_FORBIDDEN,
               "a key cannot hand on permissions or projects that it lacks itself");
    return false;
}

static void note_key(struct buf *detail, const struct api_key *k)
{
    char words[256];
    api_key_permissions_text(k->permissions, words, sizeof words);
    buf_str(detail, "{\"name\":");
    json_put_cstr(detail, k->name);
    buf_str(detail, ",\"permissions\":");
    json_put_cstr(detail, words);
    buf_str(detail, ",\"projects\":");
    json_put_cstr(detail, k->projects);
    buf_char(detail, '}');
}

void keys_create(struct request *q)
{
    struct api_key k = {0};
    struct buf detail;
    if (!may_manage(q) || !read_key(q, &k))
        return;
    struct key_change *c = change_new(q);
    id_make(k.id, "key", k.created_ms);
    (api_key_is_widget(&k) ? api_key_publishable : api_key_secret)(c->secret);
    api_key_hash(text_of(c->secret), k.hash);
    c->key = k;
    buf_init(&detail, 4096);
    note_key(&detail, &k);
    struct store_audit audit = audit_of(q, "key.create", k.id);
    audit.detail = buf_view(&detail);
    store_key_create(q->app->engine->store, &k, &audit, on_written, c);
    buf_done(&detail);
}

/* ---- DELETE */

static const struct api_key *named(struct request *q)
{
    const struct keyring *ring = &q->app->engine->keyring;
    for (size_t i = 0; i < ring->count; i++)
        if (text_is(q->params[0], ring->keys[i].id) && sees(&q->key, &ring->keys[i]))
            return &ring->keys[i];
    request_no(q, VERDICT_NOT_FOUND, NULL);
    return NULL;
}

void keys_delete(struct request *q)
{
    const struct api_key *k = may_manage(q) ? named(q) : NULL;
    if (!k)
        return;
    if (!api_key_covers(&q->key, k)) {
        request_no(q, VERDICT_FORBIDDEN, "the key has permissions that yours lacks");
        return;
    }
    if (k->revoked_ms) {
        exchange_answer(q->x, 204, NULL, TEXT_NONE);
        return;
    }
    struct store_audit audit = audit_of(q, "key.revoke", k->id);
    store_key_revoke(q->app->engine->store, k->id, audit.at_ms, &audit, on_written, change_new(q));
}
