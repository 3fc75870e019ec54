/* SPDX-License-Identifier: MIT */
#include "store/sqlite/writer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/sqlite/apply.h"
#include "store/sqlite/database.h"
#include "store/sqlite/host.h"
#include "store/sqlite/query.h"
#include "store/sqlite/thread.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Frames in the log after which it is copied into the database file: 16 MB. */
enum { CHECKPOINT_PAGES = 2000 };

struct writer {
    struct writer_options options;
    struct sqlite q;
    struct apply apply;
    char host[ID_BYTES];
    int log_pages; /* as of the last commit */
    _Atomic int64_t commit_us;

    struct thread thread; /* guards what follows */
    struct list orders, chores;
    bool crowd; /* the last commit carried several */
};

/* What one commit carries; also the letter that brings its orders back. */
struct group {
    struct letter letter;
    struct writer *writer;
    struct list orders, chores;
};

static void deliver_group(struct store *s, struct letter *letter);

static struct store_order *order_of(struct list *node)
{
    return LIST_ENTRY(node, struct store_order, link);
}

static struct chore *chore_of(struct list *node)
{
    return LIST_ENTRY(node, struct chore, letter.link);
}

/* ---- taking */

/* The caller holds the lock. */
static struct group *take_group(struct writer *w)
{
    struct group *g = mem_zero(1, sizeof *g);
    g->letter.deliver = deliver_group;
    g->writer = w;
    list_init(&g->orders);
    list_init(&g->chores);
    struct list *node;
    size_t room = w->options.group_max;
    for (; room > 0 && (node = list_pop(&w->chores)); room--)
        list_add(&g->chores, node);
    for (; room > 0 && (node = list_pop(&w->orders)); room--)
        list_add(&g->orders, node);
    w->crowd = w->options.group_max - room > 1;
    return g;
}

/* ---- applying */

static bool say(struct writer *w, enum sql_statement which, struct error *err)
{
    struct query s;
    query_begin(&s, &w->q, which);
    return query_do(&s, err);
}

static bool apply_one(struct writer *w, struct list *node, bool is_order, struct error *err)
{
    if (is_order)
        return apply_order(&w->apply, order_of(node), err);
    struct chore *chore = chore_of(node);
    return chore->apply(chore, &w->q, err);
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
        struct chore *chore = chore_of(node);
        chore->failed = true;
        chore->err = *err;
    }
}

/* The careful way: each in a savepoint, so that one that fails leaves its neighbours alone. False:
 * the transaction itself is broken. */
static bool apply_guarded(struct writer *w, struct list *node, bool is_order, struct error *err)
{
    struct error own = {0};
    if (!say(w, SQL_SAVEPOINT, err))
        return false;
    if (!apply_one(w, node, is_order, &own)) {
        if (sqlite_failed_badly(&w->q)) {
            if (err)
                *err = own;
            return false;
        }
        break_one(node, is_order, STORE_WRONG, &own);
        if (!say(w, SQL_SAVEPOINT_UNDO, err))
            return false;
    }
    return say(w, SQL_SAVEPOINT_DONE, err);
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
    bool ok = say(w, SQL_BEGIN, err) && apply_list(w, &g->chores, false, careful, err) &&
              apply_list(w, &g->orders, true, careful, err) && say(w, SQL_COMMIT, err);
    if (!ok)
        sqlite_rollback(&w->q);
    return ok;
}

static void break_group(struct group *g, const struct error *err)
{
    LIST_EACH(node, &g->chores)
    break_one(node, false, STORE_BROKEN, err);
    LIST_EACH(node, &g->orders)
    break_one(node, true, STORE_BROKEN, err);
}

static void commit_group(struct writer *w, struct group *g)
{
    struct error err = {0};
    int64_t start = clock_mono_us(&clock_system);
    bool ok = commit(w, g, false, &err);
    if (!ok && !sqlite_failed_badly(&w->q))
        ok = commit(w, g, true, &err);
    if (!ok)
        break_group(g, &err);
    atomic_store_explicit(&w->commit_us, clock_mono_us(&clock_system) - start,
                          memory_order_relaxed);
}

/* ---- giving back */

static void deliver_group(struct store *s, struct letter *letter)
{
    struct group *g = CONTAINER_OF(letter, struct group, letter);
    g->writer->options.orders_back(s, &g->orders);
    free(g);
}

static void post_chores(struct writer *w, struct group *g)
{
    struct list *node;
    while ((node = list_pop(&g->chores))) {
        struct chore *chore = chore_of(node);
        if (!chore->failed && chore->committed)
            chore->failed = !chore->committed(chore, &w->q, &chore->err);
        w->options.post(w->options.store, &chore->letter);
    }
}

static void post_group(struct writer *w, struct group *g)
{
    post_chores(w, g);
    if (list_empty(&g->orders))
        free(g);
    else
        w->options.post(w->options.store, &g->letter);
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
 * they go first, and one commit carries twice as many. Where another one is free, this costs
 * nothing. */
static void let_others_catch_up(struct writer *w)
{
    if (!w->crowd)
        return;
    thread_unlock(&w->thread);
    sched_yield();
    thread_lock(&w->thread);
}

static bool nothing_to_do(const struct writer *w)
{
    return list_empty(&w->orders) && list_empty(&w->chores);
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
        struct group *g = take_group(w);
        thread_unlock(&w->thread);
        commit_group(w, g);
        post_group(w, g);
        tidy_log(w);
        thread_lock(&w->thread);
    }
    thread_unlock(&w->thread);
}

/* ---- life */

static bool open_database(struct writer *w, struct error *err)
{
    if (!database_open(&w->q, w->options.data, DATABASE_WRITER, err) ||
        !host_name(&w->q, w->host, err))
        return false;
    apply_init(&w->apply, &w->q, w->host);
    /* Instead of SQLite's own checkpoint, which runs before a commit returns: see tidy_log. */
    sqlite3_wal_hook(w->q.db, on_commit, w);
    char pragma[64];
    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lu",
             (unsigned long)w->options.page_max);
    return w->options.page_max == 0 || sqlite_exec(&w->q, pragma, err);
}

struct writer *writer_new(const struct writer_options *options, struct error *err)
{
    struct writer *w = mem_zero(1, sizeof *w);
    w->options = *options;
    list_init(&w->orders);
    list_init(&w->chores);
    if (open_database(w, err) && thread_start(&w->thread, "store-writer", writer_run, w, err))
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
    apply_done(&w->apply);
    sqlite_close(&w->q);
    free(w);
}

void writer_order(struct writer *w, struct store_order *order)
{
    thread_lock(&w->thread);
    list_add(&w->orders, &order->link);
    thread_wake(&w->thread);
    thread_unlock(&w->thread);
}

void writer_chore(struct writer *w, struct chore *chore)
{
    thread_lock(&w->thread);
    list_add(&w->chores, &chore->letter.link);
    thread_wake(&w->thread);
    thread_unlock(&w->thread);
}

int64_t writer_commit_us(const struct writer *w)
{
    return atomic_load_explicit(&w->commit_us, memory_order_relaxed);
}

const char *writer_host(const struct writer *w)
{
    return w->host;
}
