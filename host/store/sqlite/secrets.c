/* SPDX-License-Identifier: MIT */
/* The table of secrets. Values are sealed before they come here. */
#include "base/mem.h"
#include "store/sqlite/store.h"
#include "store/sqlite/whole_table.h"

/* A new value under an old name keeps the time when the name was made. */
static const char secret_insert[] =
    "INSERT INTO secret(name, hosts, sealed, created_ms, updated_ms)"
    " VALUES(?1, ?2, ?3, ?4, ?4) ON CONFLICT DO UPDATE"
    " SET hosts = excluded.hosts, sealed = excluded.sealed,"
    " updated_ms = excluded.updated_ms";
static const char secret_delete[] = "DELETE FROM secret WHERE name = ?1";
static const char secret_rows[] =
    "SELECT name, hosts, sealed, created_ms, updated_ms FROM secret ORDER BY name";

struct secret_write {
    struct write write;
    struct store_secret secret; /* of a removal only the name; texts in `write.keep` */
};

static bool insert_secret(struct write *w, struct connection *q, struct error *err)
{
    const struct store_secret *secret = &CONTAINER_OF(w, struct secret_write, write)->secret;
    struct query s;
    query_begin(&s, q, secret_insert);
    query_text(&s, text_of(secret->name));
    query_text(&s, text_of(secret->hosts));
    query_blob(&s, secret->sealed.data, secret->sealed.len);
    query_int(&s, secret->updated_ms);
    return query_do(&s, err) || error_context(err, "secret %s", secret->name);
}

static bool delete_secret(struct write *w, struct connection *q, struct error *err)
{
    const char *name = CONTAINER_OF(w, struct secret_write, write)->secret.name;
    struct query s;
    query_begin(&s, q, secret_delete);
    query_text(&s, text_of(name));
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(q->db) > 0 ||
           error_set(err, ERROR_MISSING, "there is no secret %s", name);
}

static struct secret_write *write_new(const char *name)
{
    struct secret_write *w = mem_zero(1, sizeof *w);
    w->write.announced = true;
    w->secret.name = keep_text(&w->write.keep, text_of(name)).data;
    return w;
}

void sqlite_secret_put(struct store *s, const struct store_secret *secret,
                       const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct secret_write *w = write_new(secret->name);
    w->write.apply = insert_secret;
    w->secret.hosts = keep_text(&w->write.keep, text_of(secret->hosts)).data;
    w->secret.sealed = keep_text(&w->write.keep, secret->sealed);
    w->secret.updated_ms = secret->updated_ms;
    write_start(s, &w->write, audit, done, arg);
}

void sqlite_secret_remove(struct store *s, const char *name, const struct store_audit *audit,
                          store_written_fn done, void *arg)
{
    struct secret_write *w = write_new(name);
    w->write.apply = delete_secret;
    write_start(s, &w->write, audit, done, arg);
}

struct secret_list {
    struct whole_table table;
    store_secrets_fn fn;
    void *arg;
};

static void read_secret(const struct query *s, struct keep *keep, void *row)
{
    *(struct store_secret *)row = (struct store_secret){
        .name = keep_text(keep, query_column_text(s, 0)).data,
        .hosts = keep_text(keep, query_column_text(s, 1)).data,
        .sealed = keep_text(keep, query_column_text(s, 2)),
        .created_ms = query_column_int(s, 3),
        .updated_ms = query_column_int(s, 4),
    };
}

static void answer_secrets(struct whole_table *t)
{
    struct secret_list *l = CONTAINER_OF(t, struct secret_list, table);
    l->fn(l->arg, t->rows, t->count, read_error(&t->read));
}

void sqlite_list_secrets(struct store *s, store_secrets_fn fn, void *arg)
{
    struct secret_list *l = mem_zero(1, sizeof *l);
    l->table.sql = secret_rows;
    l->table.row_bytes = sizeof(struct store_secret);
    l->table.read_row = read_secret;
    l->table.answer = answer_secrets;
    l->fn = fn;
    l->arg = arg;
    whole_table_start(s, &l->table);
}
