/* SPDX-License-Identifier: MIT */
/* blocking.c - the functions for the CLI: those of store.h, on a store that answers before
 * they return. */
#include "base/json_out.h"
#include "base/mem.h"
#include "store/store.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* What a callback has said. */
struct answer {
    bool done, ok;
    size_t revoked;
    void *rows; /* malloc'ed */
    size_t count;
    struct error *err;
};

static void take_answer(struct answer *a, const struct error *err)
{
    a->done = true;
    a->ok = err == NULL;
    if (err && a->err)
        *a->err = *err;
}

static bool answer_ok(const struct answer *a)
{
    assert(a->done); /* a store with a loop has no place here */
    return a->ok;
}

static void on_written(void *arg, const struct error *err)
{
    take_answer(arg, err);
}

static struct store_audit audit_of(const char *actor, const char *action, struct text target,
                                   int64_t at_ms)
{
    return (struct store_audit){
        .at_ms = at_ms, .actor = text_of(actor), .action = text_of(action), .target = target};
}

/* ---- life */

struct store *store_open_blocking(const char *data, bool existing, struct error *err)
{
    const struct store_options options = {.data = data, .existing = existing};
    return store_open(&options, err);
}

void store_close_blocking(struct store *s)
{
    if (s)
        store_close(s, NULL, NULL);
}

/* ---- keys */

enum { DETAIL_MAX = 4096 };

bool store_key_create_blocking(struct store *s, const struct api_key *key, const char *actor,
                               struct error *err)
{
    struct answer a = {.err = err};
    struct store_audit audit = audit_of(actor, "key.create", text_of(key->id), key->created_ms);
    struct buf detail;
    buf_init(&detail, DETAIL_MAX);
    json_open(&detail, NULL, '{');
    json_word(&detail, "name", key->name);
    json_close(&detail, '}');
    audit.detail = buf_view(&detail);
    store_key_create(s, key, &audit, on_written, &a);
    buf_done(&detail);
    return answer_ok(&a);
}

bool store_key_revoke_blocking(struct store *s, const char *id, int64_t now_ms, const char *actor,
                               struct error *err)
{
    struct answer a = {.err = err};
    struct store_audit audit = audit_of(actor, "key.revoke", text_of(id), now_ms);
    store_key_revoke(s, id, now_ms, &audit, on_written, &a);
    return answer_ok(&a);
}

static void on_keys(void *arg, const struct api_key *keys, size_t count, const struct error *err)
{
    struct answer *a = arg;
    take_answer(a, err);
    if (err)
        return;
    a->rows = mem_dup(keys, count * sizeof *keys);
    a->count = count;
}

bool store_keys_blocking(struct store *s, struct api_key **keys, size_t *count, struct error *err)
{
    struct answer a = {.err = err};
    store_list_keys(s, on_keys, &a);
    *keys = a.rows;
    *count = a.count;
    return answer_ok(&a);
}

/* ---- webhooks */

static void on_webhook(void *arg, size_t revoked, const struct error *err)
{
    struct answer *a = arg;
    take_answer(a, err);
    a->revoked = revoked;
}

static struct text address_of(const struct store_webhook *w, char *out, size_t cap)
{
    snprintf(out, cap, "%s/%s", w->project, w->trigger);
    return text_of(out);
}

bool store_webhook_create_blocking(struct store *s, const struct store_webhook *webhook,
                                   size_t *revoked, struct error *err)
{
    struct answer a = {.err = err};
    char address[sizeof webhook->project + sizeof webhook->trigger];
    struct text target = address_of(webhook, address, sizeof address);
    struct store_audit audit = audit_of("cli", "webhook.create", target, webhook->created_ms);
    store_webhook_create(s, webhook, &audit, on_webhook, &a);
    *revoked = a.revoked;
    return answer_ok(&a);
}

bool store_webhook_revoke_blocking(struct store *s, const struct store_webhook *which,
                                   int64_t now_ms, size_t *revoked, struct error *err)
{
    struct answer a = {.err = err};
    char address[sizeof which->project + sizeof which->trigger];
    struct text target =
        which->id[0] ? text_of(which->id) : address_of(which, address, sizeof address);
    struct store_audit audit = audit_of("cli", "webhook.remove", target, now_ms);
    store_webhook_revoke(s, which, now_ms, &audit, on_webhook, &a);
    *revoked = a.revoked;
    return answer_ok(&a);
}

static void on_webhooks(void *arg, const struct store_webhook *rows, size_t count,
                        const struct error *err)
{
    struct answer *a = arg;
    take_answer(a, err);
    if (err)
        return;
    a->rows = mem_dup(rows, count * sizeof *rows);
    a->count = count;
}

bool store_webhooks_blocking(struct store *s, struct store_webhook **webhooks, size_t *count,
                             struct error *err)
{
    struct answer a = {.err = err};
    store_list_webhooks(s, on_webhooks, &a);
    *webhooks = a.rows;
    *count = a.count;
    return answer_ok(&a);
}

/* ---- secrets */

bool store_secret_put_blocking(struct store *s, const struct store_secret *secret,
                               const struct store_audit *audit, struct error *err)
{
    struct answer a = {.err = err};
    store_secret_put(s, secret, audit, on_written, &a);
    return answer_ok(&a);
}

bool store_secret_remove_blocking(struct store *s, const char *name,
                                  const struct store_audit *audit, struct error *err)
{
    struct answer a = {.err = err};
    store_secret_remove(s, name, audit, on_written, &a);
    return answer_ok(&a);
}

static void on_secrets(void *arg, const struct store_secret *rows, size_t count,
                       const struct error *err)
{
    struct answer *a = arg;
    take_answer(a, err);
    if (err)
        return;
    struct store_secret *copies = mem_zero(count + 1, sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = (struct store_secret){
            .name = mem_text(rows[i].name),
            .hosts = mem_text(rows[i].hosts),
            .sealed = {mem_text_n(rows[i].sealed.data, rows[i].sealed.len), rows[i].sealed.len},
            .created_ms = rows[i].created_ms,
            .updated_ms = rows[i].updated_ms,
        };
    a->rows = copies;
    a->count = count;
}

bool store_secrets_blocking(struct store *s, struct store_secret **secrets, size_t *count,
                            struct error *err)
{
    struct answer a = {.err = err};
    store_list_secrets(s, on_secrets, &a);
    *secrets = a.rows;
    *count = a.count;
    return answer_ok(&a);
}

void store_secrets_free(struct store_secret *secrets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((void *)secrets[i].name);
        free((void *)secrets[i].hosts);
        free((void *)secrets[i].sealed.data);
    }
    free(secrets);
}
