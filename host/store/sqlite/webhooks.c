/* SPDX-License-Identifier: MIT */
/* The table of secrets that open the webhook address of one trigger. */
#include "base/mem.h"
#include "store/sqlite/store.h"
#include "store/sqlite/whole_table.h"

static const char webhook_insert[] =
    "INSERT INTO webhook(id, project, trigger, hash, created_ms, revoked_ms)"
    " VALUES(?1, ?2, ?3, ?4, ?5, 0)";
/* Revokes all but the newest of the living. */
static const char webhook_make_room[] =
    "UPDATE webhook SET revoked_ms = ?3 WHERE project = ?1 AND trigger = ?2"
    " AND revoked_ms = 0 AND id NOT IN (SELECT id FROM webhook WHERE project = ?1"
    " AND trigger = ?2 AND revoked_ms = 0 ORDER BY created_ms DESC, id DESC LIMIT 1)";
static const char webhook_revoke[] = "UPDATE webhook SET revoked_ms = ?1 WHERE revoked_ms = 0"
                                     " AND (?2 = '' OR id = ?2) AND (?3 = '' OR project = ?3)"
                                     " AND (?4 = '' OR trigger = ?4)";
static const char webhook_rows[] =
    "SELECT id, project, trigger, hash, created_ms, revoked_ms FROM webhook"
    " ORDER BY project, trigger, created_ms, id";
/* 1: an API key has this value, 2: the trigger has it alive. */
static const char webhook_known[] =
    "SELECT 1 FROM api_key WHERE hash = ?1 UNION ALL SELECT 2 FROM webhook"
    " WHERE hash = ?1 AND project = ?2 AND trigger = ?3 AND revoked_ms = 0";

struct webhook_write {
    struct write write;
    struct store_webhook webhook; /* of a revocation: which */
    int64_t now_ms;
    size_t revoked;
    store_webhook_fn done;
    void *arg;
};

static bool check_new(struct connection *q, const struct store_webhook *h, struct error *err)
{
    struct query s;
    int64_t known = 0;
    query_begin(&s, q, webhook_known);
    query_blob(&s, h->hash, SHA256_BYTES);
    query_text(&s, text_of(h->project));
    query_text(&s, text_of(h->trigger));
    if (!query_ask_int(&s, &known, err))
        return false;
    if (known == 1)
        return error_set(err, ERROR_EXISTS,
                         "this value is an API key; a webhook's secret opens nothing else");
    return !known ||
           error_set(err, ERROR_EXISTS, "%s/%s has this secret already", h->project, h->trigger);
}

static bool make_room(struct webhook_write *w, struct connection *q, struct error *err)
{
    struct query s;
    query_begin(&s, q, webhook_make_room);
    query_text(&s, text_of(w->webhook.project));
    query_text(&s, text_of(w->webhook.trigger));
    query_int(&s, w->webhook.created_ms);
    if (!query_do(&s, err))
        return false;
    w->revoked = (size_t)sqlite3_changes(q->db);
    return true;
}

static bool insert_webhook(struct write *write, struct connection *q, struct error *err)
{
    struct webhook_write *w = CONTAINER_OF(write, struct webhook_write, write);
    const struct store_webhook *h = &w->webhook;
    struct query s;
    if (!check_new(q, h, err) || !make_room(w, q, err))
        return false;
    query_begin(&s, q, webhook_insert);
    query_text(&s, text_of(h->id));
    query_text(&s, text_of(h->project));
    query_text(&s, text_of(h->trigger));
    query_blob(&s, h->hash, SHA256_BYTES);
    query_int(&s, h->created_ms);
    return query_do(&s, err);
}

static bool revoke_webhooks(struct write *write, struct connection *q, struct error *err)
{
    struct webhook_write *w = CONTAINER_OF(write, struct webhook_write, write);
    const struct store_webhook *h = &w->webhook;
    struct query s;
    query_begin(&s, q, webhook_revoke);
    query_int(&s, w->now_ms);
    query_text(&s, text_of(h->id));
    query_text(&s, text_of(h->project));
    query_text(&s, text_of(h->trigger));
    if (!query_do(&s, err))
        return false;
    w->revoked = (size_t)sqlite3_changes(q->db);
    if (w->revoked > 0)
        return true;
    if (h->id[0])
        return error_set(err, ERROR_MISSING, "there is no living webhook secret %s", h->id);
    return error_set(err, ERROR_MISSING, "%s/%s has no webhook secret", h->project, h->trigger);
}

static void answer_write(struct write *write)
{
    struct webhook_write *w = CONTAINER_OF(write, struct webhook_write, write);
    if (w->done)
        w->done(w->arg, write->failed ? 0 : w->revoked, write_error(write));
}

static struct webhook_write *write_new(const struct store_webhook *webhook, store_webhook_fn done,
                                       void *arg)
{
    struct webhook_write *w = mem_zero(1, sizeof *w);
    w->write.answer = answer_write;
    w->write.announced = true;
    w->webhook = *webhook;
    w->done = done;
    w->arg = arg;
    return w;
}

void sqlite_webhook_create(struct store *s, const struct store_webhook *webhook,
                           const struct store_audit *audit, store_webhook_fn done, void *arg)
{
    struct webhook_write *w = write_new(webhook, done, arg);
    w->write.apply = insert_webhook;
    write_start(s, &w->write, audit, NULL, NULL);
}

void sqlite_webhook_revoke(struct store *s, const struct store_webhook *which, int64_t now_ms,
                           const struct store_audit *audit, store_webhook_fn done, void *arg)
{
    struct webhook_write *w = write_new(which, done, arg);
    w->write.apply = revoke_webhooks;
    w->now_ms = now_ms;
    write_start(s, &w->write, audit, NULL, NULL);
}

/* ---- the list, by trigger */

struct webhook_list {
    struct whole_table table;
    store_webhooks_fn fn;
    void *arg;
};

static void read_webhook(const struct query *s, struct keep *keep, void *row)
{
    (void)keep;
    struct store_webhook *webhook = row;
    *webhook = (struct store_webhook){
        .created_ms = query_column_int(s, 4),
        .revoked_ms = query_column_int(s, 5),
    };
    query_column_copy(s, 0, webhook->id, sizeof webhook->id);
    query_column_copy(s, 1, webhook->project, sizeof webhook->project);
    query_column_copy(s, 2, webhook->trigger, sizeof webhook->trigger);
    query_column_hash(s, 3, webhook->hash);
}

static void answer_webhooks(struct whole_table *t)
{
    struct webhook_list *l = CONTAINER_OF(t, struct webhook_list, table);
    l->fn(l->arg, t->rows, t->count, read_error(&t->read));
}

void sqlite_list_webhooks(struct store *s, store_webhooks_fn fn, void *arg)
{
    struct webhook_list *l = mem_zero(1, sizeof *l);
    l->table.sql = webhook_rows;
    l->table.row_bytes = sizeof(struct store_webhook);
    l->table.read_row = read_webhook;
    l->table.answer = answer_webhooks;
    l->fn = fn;
    l->arg = arg;
    whole_table_start(s, &l->table);
}
