/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include "base/mem.h"
#include "store/keep.h"
#include "store/kind.h"
#include "store/sqlite/store.h"
#include <stdlib.h>
#include <string.h>

/* Every kind of store there is. */
static const struct store_kind *const kinds[] = {&sqlite_kind};

/* ---- a run's status */

static const char *const status_names[] = {
    [STORE_QUEUED] = "queued",       [STORE_RUNNING] = "running", [STORE_WAITING] = "waiting",
    [STORE_COMPLETED] = "completed", [STORE_FAILED] = "failed",   [STORE_CANCELLED] = "cancelled",
    [STORE_TIMED_OUT] = "timed_out",
};

const char *store_status_name(enum store_status s)
{
    size_t i = (size_t)s;
    return i < ARRAY_LEN(status_names) && status_names[i] ? status_names[i] : "unknown";
}

enum store_status store_status_of(struct text name)
{
    for (size_t i = STORE_QUEUED; i < ARRAY_LEN(status_names); i++)
        if (text_is(name, status_names[i]))
            return (enum store_status)i;
    return (enum store_status)0;
}

bool store_status_final(enum store_status s)
{
    return s >= STORE_COMPLETED && s <= STORE_TIMED_OUT;
}

/* ---- life */

/* A folder has no scheme. */
static bool has_scheme(const char *address, const char *scheme)
{
    const char *end = strstr(address, "://");
    if (!scheme)
        return !end;
    return end && strlen(scheme) == (size_t)(end - address) &&
           strncmp(address, scheme, strlen(scheme)) == 0;
}

struct store *store_open(const struct store_options *options, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!has_scheme(options->data, kinds[i]->scheme))
            continue;
        struct store *s = kinds[i]->open(options, err);
        if (s) {
            s->kind = kinds[i];
            list_init(&s->watchers);
        }
        return s;
    }
    error_set(err, ERROR_INVALID, "\"%s\" is not the address of a store that this moontide knows",
              options->data);
    return NULL;
}

void store_close(struct store *s, void (*closed)(void *arg), void *arg)
{
    while (list_pop(&s->watchers))
        ; /* nobody is told any more */
    s->kind->close(s, closed, arg);
}

void store_load(const struct store *s, size_t *waiting, int64_t *commit_us)
{
    s->kind->load(s, waiting, commit_us);
}

const char *store_host_id(const struct store *s)
{
    return s->kind->host_id(s);
}

/* ---- watchers */

bool store_watch(struct store *s, struct store_watcher *w, struct error *err)
{
    list_init(&w->link);
    return s->kind->watch(s, w, err);
}

void store_unwatch(struct store_watcher *w)
{
    if (w->link.next)
        list_del(&w->link);
}

void store_changed(struct store *s)
{
    LIST_EACH(node, &s->watchers)
    {
        struct store_watcher *w = LIST_ENTRY(node, struct store_watcher, link);
        w->changed(w);
    }
}

/* ---- writes */

void store_write(struct store *s, struct store_order *order)
{
    s->kind->write(s, order);
}

struct inbox_put {
    struct store_order order;
    struct store_inbox row; /* texts in `keep` */
    struct keep keep;
    store_inbox_put_fn fn;
    void *arg;
};

static void on_inbox_put(struct store_order *o)
{
    struct inbox_put *p = CONTAINER_OF(o, struct inbox_put, order);
    bool failed = o->outcome == STORE_BROKEN || o->outcome == STORE_WRONG;
    if (p->fn)
        p->fn(p->arg, failed ? STORE_BROKEN : o->outcome, o->inbox_id, o->ended,
              failed ? &o->err : NULL);
    keep_done(&p->keep);
    free(p);
}

void store_inbox_put(struct store *s, const struct store_inbox *row, store_inbox_put_fn fn,
                     void *arg)
{
    struct inbox_put *p = mem_zero(1, sizeof *p);
    p->row = (struct store_inbox){
        .run = keep_text(&p->keep, text_of(row->run)).data,
        .kind = keep_text(&p->keep, row->kind),
        .data = keep_text(&p->keep, row->data),
        .at_ms = row->at_ms,
    };
    p->order.inbox = &p->row;
    p->order.done = on_inbox_put;
    p->fn = fn;
    p->arg = arg;
    strncpy(p->order.run, row->run, sizeof p->order.run - 1);
    store_write(s, &p->order);
}

void store_put_version(struct store *s, const unsigned char hash[SHA256_BYTES], struct text project,
                       struct text trigger, struct text bundle, store_written_fn done, void *arg)
{
    s->kind->put_version(s, hash, project, trigger, bundle, done, arg);
}

void store_audit(struct store *s, const struct store_audit *a, store_written_fn done, void *arg)
{
    s->kind->audit(s, a, done, arg);
}

void store_key_create(struct store *s, const struct api_key *key, const struct store_audit *audit,
                      store_written_fn done, void *arg)
{
    s->kind->key_create(s, key, audit, done, arg);
}

void store_key_revoke(struct store *s, const char *id, int64_t now_ms,
                      const struct store_audit *audit, store_written_fn done, void *arg)
{
    s->kind->key_revoke(s, id, now_ms, audit, done, arg);
}

void store_keys_used(struct store *s, const struct api_key *keys, size_t count,
                     store_written_fn done, void *arg)
{
    s->kind->keys_used(s, keys, count, done, arg);
}

void store_pause(struct store *s, const struct store_pause *p, bool paused,
                 const struct store_audit *audit, store_written_fn done, void *arg)
{
    s->kind->pause(s, p, paused, audit, done, arg);
}

void store_secret_put(struct store *s, const struct store_secret *secret,
                      const struct store_audit *audit, store_written_fn done, void *arg)
{
    s->kind->secret_put(s, secret, audit, done, arg);
}

void store_secret_remove(struct store *s, const char *name, const struct store_audit *audit,
                         store_written_fn done, void *arg)
{
    s->kind->secret_remove(s, name, audit, done, arg);
}

void store_webhook_create(struct store *s, const struct store_webhook *webhook,
                          const struct store_audit *audit, store_webhook_fn done, void *arg)
{
    s->kind->webhook_create(s, webhook, audit, done, arg);
}

void store_webhook_revoke(struct store *s, const struct store_webhook *which, int64_t now_ms,
                          const struct store_audit *audit, store_webhook_fn done, void *arg)
{
    s->kind->webhook_revoke(s, which, now_ms, audit, done, arg);
}

void store_session_add(struct store *s, const struct store_turn *turn, store_written_fn done,
                       void *arg)
{
    s->kind->session_add(s, turn, done, arg);
}

/* ---- reads */

void store_get_run(struct store *s, const char *run, store_run_fn fn, void *arg)
{
    s->kind->get_run(s, run, fn, arg);
}

void store_find_repeat(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                       void *arg)
{
    s->kind->find_repeat(s, wanted, fn, arg);
}

void store_list_runs(struct store *s, const struct store_list *list, store_list_fn fn, void *arg)
{
    s->kind->list_runs(s, list, fn, arg);
}

void store_read_journal(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                        store_journal_fn fn, void *arg)
{
    s->kind->read_journal(s, run, from, max_bytes, fn, arg);
}

void store_read_inbox(struct store *s, const char *run, int64_t after, store_inbox_fn fn, void *arg)
{
    s->kind->read_inbox(s, run, after, fn, arg);
}

void store_due(struct store *s, int64_t now_ms, bool unfinished, struct text after, uint32_t limit,
               store_due_fn fn, void *arg)
{
    s->kind->due(s, now_ms, unfinished, after, limit, fn, arg);
}

void store_get_version(struct store *s, const unsigned char hash[SHA256_BYTES], store_version_fn fn,
                       void *arg)
{
    s->kind->get_version(s, hash, fn, arg);
}

void store_list_keys(struct store *s, store_keys_fn fn, void *arg)
{
    s->kind->list_keys(s, fn, arg);
}

void store_list_pauses(struct store *s, store_pauses_fn fn, void *arg)
{
    s->kind->list_pauses(s, fn, arg);
}

void store_list_audit(struct store *s, int64_t before, uint32_t limit, store_audits_fn fn,
                      void *arg)
{
    s->kind->list_audit(s, before, limit, fn, arg);
}

void store_list_secrets(struct store *s, store_secrets_fn fn, void *arg)
{
    s->kind->list_secrets(s, fn, arg);
}

void store_list_webhooks(struct store *s, store_webhooks_fn fn, void *arg)
{
    s->kind->list_webhooks(s, fn, arg);
}

void store_read_session(struct store *s, struct text project, struct text session, uint32_t limit,
                        store_session_fn fn, void *arg)
{
    s->kind->read_session(s, project, session, limit, fn, arg);
}
