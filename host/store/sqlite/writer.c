/* SPDX-License-Identifier: MIT */
#include "store/sqlite/writer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/sqlite/audit.h"
#include "store/sqlite/folder.h"
#include "store/sqlite/hosts.h"
#include "store/sqlite/orders.h"
#include "store/sqlite/query.h"
#include "store/sqlite/thread.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Frames in the log after which it is copied into the database file: 16 MB. */
enum { CHECKPOINT_PAGES = 2000 };

static const char begin_write[] = "BEGIN IMMEDIATE";
static const char commit_write[] = "COMMIT";
static const char savepoint[] = "SAVEPOINT one";
static const char savepoint_undo[] = "ROLLBACK TO one";
static const char savepoint_done[] = "RELEASE one";

struct writer {
    struct writer_options options;
    struct connection q;
    struct orders applying;
    char host[ID_BYTES];
    int log_pages; /* as of the last commit */
    _Atomic int64_t commit_us;

    struct thread thread; /* guards what follows */
    struct list orders, writes;
    bool crowd; /* the last commit carried several */
};

/* What one commit carries; also the message that brings its orders back. */
struct group {
    struct message message;
    struct writer *writer;
    struct list orders, writes;
};

static void deliver_group(struct sqlite_store *s, struct message *m);

static struct store_order *order_of(struct list *node)
{
    return LIST_ENTRY(node, struct store_order, link);
}

static struct write *write_of(struct list *node)
{
    return LIST_ENTRY(node, struct write, message.link);
}

/* ---- taking */

/* The caller holds the lock. */
static struct group *take_group(struct writer *w)
{
    struct group *g = mem_zero(1, sizeof *g);
    g->message.deliver = deliver_group;
    g->writer = w;
    list_init(&g->orders);
    list_init(&g->writes);
    struct list *node;
    size_t room = w->options.group_max;
    for (; room > 0 && (node = list_pop(&w->writes)); room--)
        list_add(&g->writes, node);
    for (; room > 0 && (node = list_pop(&w->orders)); room--)
        list_add(&g->orders, node);
    w->crowd = w->options.group_max - room > 1;
    return g;
}

/* ---- applying */

static bool apply_write(struct write *write, struct connection *q, struct error *err)
{
    return (!write->apply || write->apply(write, q, err)) && audit_put(q, &write->audit, err);
}

static bool apply_one(struct writer *w, struct list *node, bool is_order, struct error *err)
{
    return is_order ? orders_apply(&w->applying, order_of(node), err)
                    : apply_write(write_of(node), &w->q, err);
}

static void break_one(struct list *node, bool is_order, enum store_outcome outcome,
                      const struct error *err)
{
    if (is_order) {
        struct store_order *o = order_of(node);
        o->outcome = outcome;
        o->existing[0] = '\0';
        o->err = *err;
    } else {
        struct write *write = write_of(node);
        write->failed = true;
        write->err = *err;
    }
}

/* The careful way: each in a savepoint, so that one that fails leaves its neighbours alone. False:
 * the transaction itself is broken. */
static bool apply_guarded(struct writer *w, struct list *node, bool is_order, struct error *err)
{
    struct error own = {0};
    if (!query_run(&w->q, savepoint, err))
        return false;
    if (!apply_one(w, node, is_order, &own)) {
        if (connection_failed_badly(&w->q)) {
            if (err)
                *err = own;
            return false;
        }
        break_one(node, is_order, STORE_WRONG, &own);
        if (!query_run(&w->q, savepoint_undo, err))
            return false;
    }
    return query_run(&w->q, savepoint_done, err);
}

static bool apply_list(struct writer *w, struct list *nodes, bool are_orders, bool careful,
                       struct error *err)
{
    LIST_EACH(node, nodes)
    {
        bool ok =
            careful ? apply_guarded(w, node, are_orders, err) : apply_one(w, node, are_orders, err);
        if (!ok)
            return false;
    }
    return true;
}

static bool commit(struct writer *w, struct group *g, bool careful, struct error *err)
{
    w->q.code = SQLITE_OK;
    bool ok = query_run(&w->q, begin_write, err) &&
              apply_list(w, &g->writes, false, careful, err) &&
              apply_list(w, &g->orders, true, careful, err) && query_run(&w->q, commit_write, err);
    if (!ok)
        connection_rollback(&w->q);
    return ok;
}

static void break_group(struct group *g, const struct error *err)
{
    LIST_EACH(node, &g->writes)
    break_one(node, false, STORE_BROKEN, err);
    LIST_EACH(node, &g->orders)
    break_one(node, true, STORE_BROKEN, err);
}

static void commit_group(struct writer *w, struct group *g)
{
    struct error err = {0};
    int64_t start = clock_mono_us(&clock_system);
    bool ok = commit(w, g, false, &err);
    if (!ok && !connection_failed_badly(&w->q))
        ok = commit(w, g, true, &err);
    if (!ok)
        break_group(g, &err);
    atomic_store_explicit(&w->commit_us, clock_mono_us(&clock_system) - start,
                          memory_order_relaxed);
}

/* ---- giving back */

static void deliver_group(struct sqlite_store *s, struct message *m)
{
    struct group *g = CONTAINER_OF(m, struct group, message);
    g->writer->options.orders_back(s, &g->orders);
    free(g);
}

/* Other processes and this one's watchers look when the stamp is touched. */
static void announce(struct writer *w, struct write *write)
{
    write->failed = !folder_stamp(w->q.data, &write->err);
    if (write->failed)
        error_context(&write->err,
                      "the change is made, but a running host must be restarted to see it");
}

static void post_writes(struct writer *w, struct group *g)
{
    struct list *node;
    while ((node = list_pop(&g->writes))) {
        struct write *write = write_of(node);
        if (!write->failed && write->announced)
            announce(w, write);
        w->options.post(w->options.store, &write->message);
    }
}

static void post_group(struct writer *w, struct group *g)
{
    post_writes(w, g);
    if (list_empty(&g->orders))
        free(g);
    else
        w->options.post(w->options.store, &g->message);
}

/* After the answers have been posted, so that nobody waits for it but the next group. A failure is
 * no loss: all is in the log, and it is tried again after the next commit. */
static void tidy_log(struct writer *w)
{
    if (w->log_pages < CHECKPOINT_PAGES)
        return;
    int left = 0, copied = 0;
    sqlite3_wal_checkpoint_v2(w->q.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &left, &copied);
    w->log_pages = left - copied;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    struct writer *w = arg;
    w->log_pages = pages;
    return SQLITE_OK;
}

/* What the loop and the runners are at now may well end in orders: where they need this processor,
 * they go first, and one commit carries twice as many.
 * Where another one is free, this costs nothing. */
static void let_others_catch_up(struct writer *w)
{
    if (!w->crowd)
        return;
    thread_unlock(&w->thread);
    sched_yield();
    thread_lock(&w->thread);
}

/* Takes what waits, as much as one group holds. The caller holds the lock. */
static void commit_next(struct writer *w)
{
    struct group *g = take_group(w);
    thread_unlock(&w->thread);
    commit_group(w, g);
    post_group(w, g);
    tidy_log(w);
    thread_lock(&w->thread);
}

static bool nothing_to_do(const struct writer *w)
{
    return list_empty(&w->orders) && list_empty(&w->writes);
}

static void writer_run(void *arg)
{
    struct writer *w = arg;
    thread_lock(&w->thread);
    for (;;) {
        if (nothing_to_do(w)) {
            if (!thread_wait(&w->thread))
                break;
            continue;
        }
        let_others_catch_up(w);
        commit_next(w);
    }
    thread_unlock(&w->thread);
}

/* ---- life */

static bool open_database(struct writer *w, struct error *err)
{
    enum connection_use use = w->options.existing ? CONNECTION_EXISTING : CONNECTION_WRITER;
    if (!connection_open(&w->q, w->options.data, use, err) || !hosts_own(&w->q, w->host, err))
        return false;
    orders_init(&w->applying, &w->q);
    /* Instead of SQLite's own checkpoint, which runs before a commit returns: see tidy_log. */
    sqlite3_wal_hook(w->q.db, on_commit, w);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lu",
             (unsigned long)w->options.page_max);
    return w->options.page_max == 0 || connection_exec(&w->q, pragma, err);
}

struct writer *writer_new(const struct writer_options *options, struct error *err)
{
    struct writer *w = mem_zero(1, sizeof *w);
    w->options = *options;
    list_init(&w->orders);
    list_init(&w->writes);
    thread_init(&w->thread, writer_run, w);
    if (open_database(w, err) &&
        (options->blocking || thread_start(&w->thread, "store-writer", err)))
        return w;
    writer_free(w);
    return NULL;
}

void writer_stop(struct writer *w)
{
    if (w)
        thread_stop(&w->thread);
}

void writer_free(struct writer *w)
{
    if (!w)
        return;
    orders_done(&w->applying);
    connection_close(&w->q);
    thread_done(&w->thread);
    free(w);
}

static void hand_over(struct writer *w, struct list *queue, struct list *node)
{
    thread_lock(&w->thread);
    list_add(queue, node);
    if (w->options.blocking)
        commit_next(w);
    else
        thread_wake(&w->thread);
    thread_unlock(&w->thread);
}

void writer_order(struct writer *w, struct store_order *order)
{
    hand_over(w, &w->orders, &order->link);
}

void writer_write(struct writer *w, struct write *write)
{
    hand_over(w, &w->writes, &write->message.link);
}

int64_t writer_commit_us(const struct writer *w)
{
    return atomic_load_explicit(&w->commit_us, memory_order_relaxed);
}

const char *writer_host(const struct writer *w)
{
    return w->host;
}
