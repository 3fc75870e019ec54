/* SPDX-License-Identifier: MIT */
/* The table of secrets. Values are sealed before they come here. */
#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"

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
    struct read read;
    struct store_secret *rows; /* in `read.keep` */
    size_t count, room;
    store_secrets_fn fn;
    void *arg;
};

static bool read_secrets(struct read *r, struct connection *q, struct error *err)
{
    struct secret_list *l = CONTAINER_OF(r, struct secret_list, read);
    struct query s;
    int step;
    query_begin(&s, q, secret_rows);
    while ((step = query_step(&s, err)) > 0) {
        l->rows = keep_more(&r->keep, l->rows, l->count, &l->room, sizeof *l->rows);
        l->rows[l->count++] = (struct store_secret){
            .name = keep_text(&r->keep, query_column_text(&s, 0)).data,
            .hosts = keep_text(&r->keep, query_column_text(&s, 1)).data,
            .sealed = keep_text(&r->keep, query_column_text(&s, 2)),
            .created_ms = query_column_int(&s, 3),
            .updated_ms = query_column_int(&s, 4),
        };
    }
    return step == 0;
}

static void answer_secrets(struct read *r)
{
    struct secret_list *l = CONTAINER_OF(r, struct secret_list, read);
    l->fn(l->arg, r->failed ? NULL : l->rows, r->failed ? 0 : l->count, read_error(r));
}

void sqlite_list_secrets(struct store *s, store_secrets_fn fn, void *arg)
{
    struct secret_list *l = mem_zero(1, sizeof *l);
    l->read.run = read_secrets;
    l->read.answer = answer_secrets;
    l->fn = fn;
    l->arg = arg;
    read_start(s, &l->read);
}
