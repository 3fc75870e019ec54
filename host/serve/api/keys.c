/* SPDX-License-Identifier: MIT */
/* keys.c - GET, POST /v1/keys and DELETE /v1/keys/{id}. A key hands on, sees and revokes nothing
 * beyond what it may do itself. A change is answered once it is in force. */
#include "serve/api/api.h"
#include "serve/api/change.h"
#include "serve/api/key_form.h"
#include "serve/api/list_json.h"
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
    if (!may_manage(q))
        return;
    list_json_open(&b, 64u << 20);
    for (size_t i = ring->count; i-- > 0;) {
        if (sees(&q->key, &ring->keys[i]))
            key_form_put(&b, &ring->keys[i], NULL);
    }
    list_json_answer(q, &b, NULL);
}

/* ---- POST */

/* *given: the key was brought along, and k has its hash. */
static bool read_key(struct request *q, struct api_key *k, bool *given)
{
    char field[KEY_FIELD];
    struct error err = {0};
    cJSON *body;
    if (!request_media_ok(q) || !request_object(q, &body))
        return false;
    bool ok = key_form_read(body, clock_wall_ms(q->app->clock), k, given, field, &err);
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
    json_open(detail, NULL, '{');
    json_word(detail, "name", k->name);
    json_word(detail, "permissions", words);
    json_word(detail, "projects", k->projects);
    json_close(detail, '}');
}

void keys_create(struct request *q)
{
    struct api_key k = {0};
    struct buf detail, json;
    char secret[API_KEY_BYTES] = "";
    bool given;
    if (!may_manage(q) || !read_key(q, &k, &given))
        return;
    id_make(k.id, "key", k.created_ms);
    if (!given) {
        (api_key_is_widget(&k) ? api_key_publishable : api_key_secret)(secret);
        api_key_hash(text_of(secret), k.hash);
    }
    buf_init(&json, 64 << 10);
    key_form_put(&json, &k, given ? NULL : secret);
    explicit_bzero(secret, sizeof secret);
    buf_init(&detail, 4096);
    note_key(&detail, &k);
    struct store_audit audit = audit_of(q, "key.create", k.id);
    audit.detail = buf_view(&detail);
    store_key_create(q->app->engine->store, &k, &audit, change_written, change_new(q, &json));
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
    store_key_revoke(q->app->engine->store, k->id, audit.at_ms, &audit, change_written,
                     change_new(q, NULL));
}
