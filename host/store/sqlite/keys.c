/* SPDX-License-Identifier: MIT */
/* The table of API keys. */
#include "base/mem.h"
#include "store/sqlite/store.h"
#include "store/sqlite/whole_table.h"
#include <string.h>

static const char key_insert[] =
    "INSERT INTO api_key(id, name, hash, permissions, projects, default_project,"
    " created_ms, revoked_ms, expires_ms, origins, per_minute)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
/* Revoking twice keeps the first time. */
static const char key_revoke[] = "UPDATE api_key SET revoked_ms = CASE revoked_ms WHEN 0 THEN ?2"
                                 " ELSE revoked_ms END WHERE id = ?1";
static const char key_used[] = "UPDATE api_key SET used_ms = ?2 WHERE id = ?1 AND used_ms < ?2";
static const char key_rows[] = "SELECT id, name, hash, permissions, projects, default_project,"
                               " created_ms, revoked_ms, expires_ms, used_ms, origins, per_minute"
                               " FROM api_key ORDER BY created_ms, id";
/* 1: an API key has this value, 2: a living webhook secret. */
static const char key_known[] = "SELECT 1 FROM api_key WHERE hash = ?1 UNION ALL"
                                " SELECT 2 FROM webhook WHERE hash = ?1 AND revoked_ms = 0";

/* ---- changes */

/* A value opens one door only. */
static bool check_new(struct connection *q, const struct api_key *key, struct error *err)
{
    struct query s;
    int64_t known = 0;
    query_begin(&s, q, key_known);
    query_blob(&s, key->hash, SHA256_BYTES);
    if (!query_ask_int(&s, &known, err))
        return false;
    if (known)
        return error_set(err, ERROR_EXISTS,
                         known == 1
                             ? "this value is an API key already, perhaps a revoked one"
                             : "this value is a webhook's secret; an API key must be another");
    return true;
}

struct key_write {
    struct write write;
    struct api_key key; /* of a revocation only the id */
    int64_t now_ms;
};

static bool insert_key(struct write *w, struct connection *q, struct error *err)
{
    const struct api_key *key = &CONTAINER_OF(w, struct key_write, write)->key;
    struct query s;
    if (!check_new(q, key, err))
        return false;
    query_begin(&s, q, key_insert);
    query_text(&s, text_of(key->id));
    query_text(&s, text_of(key->name));
    query_blob(&s, key->hash, SHA256_BYTES);
    query_int(&s, key->permissions);
    query_text(&s, text_of(key->projects));
    query_text(&s, text_of(key->default_project));
    query_int(&s, key->created_ms);
    query_int(&s, key->revoked_ms);
    query_int(&s, key->expires_ms);
    query_text(&s, text_of(key->origins));
    query_int(&s, key->per_minute);
    return query_do(&s, err) || error_context(err, "key %s", key->id);
}

static bool revoke_key(struct write *w, struct connection *q, struct error *err)
{
    const struct key_write *k = CONTAINER_OF(w, struct key_write, write);
    struct query s;
    query_begin(&s, q, key_revoke);
    query_text(&s, text_of(k->key.id));
    query_int(&s, k->now_ms);
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(q->db) > 0 ||
           error_set(err, ERROR_MISSING, "there is no key %s", k->key.id);
}

void sqlite_key_create(struct store *s, const struct api_key *key, const struct store_audit *audit,
                       store_written_fn done, void *arg)
{
    struct key_write *k = mem_zero(1, sizeof *k);
    k->write.apply = insert_key;
    k->write.announced = true;
    k->key = *key;
    write_start(s, &k->write, audit, done, arg);
}

void sqlite_key_revoke(struct store *s, const char *id, int64_t now_ms,
                       const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct key_write *k = mem_zero(1, sizeof *k);
    k->write.apply = revoke_key;
    k->write.announced = true;
    strncpy(k->key.id, id, sizeof k->key.id - 1);
    k->now_ms = now_ms;
    write_start(s, &k->write, audit, done, arg);
}

/* ---- last use */

struct keys_used {
    struct write write;
    struct api_key *keys; /* in `write.keep` */
    size_t count;
};

/* Only ever forward; an unknown key is none's business. */
static bool update_used(struct write *w, struct connection *q, struct error *err)
{
    const struct keys_used *u = CONTAINER_OF(w, struct keys_used, write);
    for (size_t i = 0; i < u->count; i++) {
        struct query s;
        query_begin(&s, q, key_used);
        query_text(&s, text_of(u->keys[i].id));
        query_int(&s, u->keys[i].used_ms);
        if (!query_do(&s, err))
            return false;
    }
    return true;
}

void sqlite_keys_used(struct store *s, const struct api_key *keys, size_t count,
                      store_written_fn done, void *arg)
{
    struct keys_used *u = mem_zero(1, sizeof *u);
    u->write.apply = update_used;
    u->keys = keep_alloc(&u->write.keep, count * sizeof *keys);
    for (; u->count < count; u->count++)
        u->keys[u->count] = keys[u->count];
    write_start(s, &u->write, NULL, done, arg);
}

/* ---- the list, oldest first */

struct key_list {
    struct whole_table table;
    store_keys_fn fn;
    void *arg;
};

static void read_key(const struct query *s, struct keep *keep, void *row)
{
    (void)keep;
    struct api_key *key = row;
    *key = (struct api_key){
        .permissions = (unsigned)query_column_int(s, 3),
        .created_ms = query_column_int(s, 6),
        .revoked_ms = query_column_int(s, 7),
        .expires_ms = query_column_int(s, 8),
        .used_ms = query_column_int(s, 9),
        .per_minute = query_column_int(s, 11),
    };
    query_column_copy(s, 0, key->id, sizeof key->id);
    query_column_copy(s, 1, key->name, sizeof key->name);
    query_column_hash(s, 2, key->hash);
    query_column_copy(s, 4, key->projects, sizeof key->projects);
    query_column_copy(s, 5, key->default_project, sizeof key->default_project);
    query_column_copy(s, 10, key->origins, sizeof key->origins);
}

static void answer_keys(struct whole_table *t)
{
    struct key_list *l = CONTAINER_OF(t, struct key_list, table);
    l->fn(l->arg, t->rows, t->count, read_error(&t->read));
}

void sqlite_list_keys(struct store *s, store_keys_fn fn, void *arg)
{
    struct key_list *l = mem_zero(1, sizeof *l);
    l->table.sql = key_rows;
    l->table.row_bytes = sizeof(struct api_key);
    l->table.read_row = read_key;
    l->table.answer = answer_keys;
    l->fn = fn;
    l->arg = arg;
    whole_table_start(s, &l->table);
}
