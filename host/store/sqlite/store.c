/* SPDX-License-Identifier: MIT */
#include "store/sqlite/store.h"

#include "base/mailbox.h"
#include "base/mem.h"
#include "store/sqlite/audit.h"
#include "store/sqlite/folder.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/reader.h"
#include "store/sqlite/writer.h"
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

enum { GROUP_MAX = 512 };

struct sqlite_store {
    struct store store;
    char *data;
    int lock; /* the descriptor of DATA/lock */
    struct writer *writer;
    struct reader *reader;
    uv_loop_t *loop; /* NULL: no threads, every call blocks */
    struct mailbox mailbox;
    uv_fs_event_t stamp;
    bool watching; /* `stamp` is a handle of the loop */
    /* Loop thread only. */
    struct list ready;  /* orders that are back, done not yet called */
    size_t orders;      /* handed over, done not yet called */
    size_t messages;    /* reads and writes likewise */
    uint64_t delivered; /* messages taken */
    bool closing;       /* the threads are gone */
    int handles;        /* that are yet to close */
    void (*closed)(void *arg);
    void *closed_arg;
    /* How closing waits for messages without turning the loop. */
    pthread_mutex_t post_lock;
    pthread_cond_t post_more;
    uint64_t posted; /* guarded by post_lock */
};

static struct sqlite_store *own(struct store *s)
{
    return CONTAINER_OF(s, struct sqlite_store, store);
}

/* ---- messages that come back */

static void post(struct sqlite_store *s, struct message *m) /* the store's threads */
{
    if (!s->loop) {
        m->deliver(s, m);
        return;
    }
    mailbox_post(&s->mailbox, &m->link);
    pthread_mutex_lock(&s->post_lock);
    s->posted++;
    pthread_cond_signal(&s->post_more);
    pthread_mutex_unlock(&s->post_lock);
}

static void deliver_posted(void *arg, struct list *node)
{
    struct sqlite_store *s = arg;
    struct message *m = LIST_ENTRY(node, struct message, link);
    s->delivered++;
    m->deliver(s, m);
}

static void deliver_read(struct sqlite_store *s, struct message *m)
{
    struct read *r = CONTAINER_OF(m, struct read, message);
    s->messages--;
    r->answer(r);
    keep_done(&r->keep);
    free(r);
}

static void deliver_write(struct sqlite_store *s, struct message *m)
{
    struct write *w = CONTAINER_OF(m, struct write, message);
    s->messages--;
    if (w->answer)
        w->answer(w);
    else if (w->done)
        w->done(w->arg, write_error(w));
    keep_done(&w->keep);
    free(w);
}

/* From the store's own list, not the group's: a callback may close the store, which delivers the
 * rest of this group first and then the later ones. */
static void call_ready(struct sqlite_store *s)
{
    struct list *node;
    while ((node = list_pop(&s->ready))) {
        struct store_order *o = LIST_ENTRY(node, struct store_order, link);
        s->orders--;
        o->done(o);
    }
}

static void orders_back(struct sqlite_store *s, struct list *orders)
{
    struct list *node;
    while ((node = list_pop(orders)))
        list_add(&s->ready, node);
    call_ready(s);
}

/* ---- handing over */

static void write_order(struct store *store, struct store_order *order)
{
    struct sqlite_store *s = own(store);
    assert(!s->closing);
    s->orders++;
    writer_order(s->writer, order);
}

void read_start(struct store *store, struct read *r)
{
    struct sqlite_store *s = own(store);
    assert(!s->closing);
    s->messages++;
    r->message.deliver = deliver_read;
    reader_read(s->reader, r);
}

void write_start(struct store *store, struct write *w, const struct store_audit *audit,
                 store_written_fn done, void *arg)
{
    struct sqlite_store *s = own(store);
    assert(!s->closing);
    s->messages++;
    w->message.deliver = deliver_write;
    w->audit = audit_copy(&w->keep, audit);
    w->done = done;
    w->arg = arg;
    writer_write(s->writer, w);
}

static void load(const struct store *store, size_t *waiting, int64_t *commit_us)
{
    const struct sqlite_store *s = CONTAINER_OF(store, struct sqlite_store, store);
    *waiting = s->orders;
    *commit_us = writer_commit_us(s->writer);
}

static const char *host_id(const struct store *store)
{
    return writer_host(CONTAINER_OF(store, struct sqlite_store, store)->writer);
}

/* ---- changes by others */

static void on_stamp(uv_fs_event_t *stamp, const char *name, int events, int status)
{
    (void)name;
    (void)events;
    struct sqlite_store *s = CONTAINER_OF(stamp, struct sqlite_store, stamp);
    if (status == 0 && !s->closing)
        store_changed(&s->store);
}

static bool watch_stamp(struct sqlite_store *s, struct error *err)
{
    if (!folder_make_file(s->data, FOLDER_STAMP, err))
        return false;
    char *path = folder_path(s->data, FOLDER_STAMP);
    uv_fs_event_init(s->loop, &s->stamp);
    s->watching = true;
    int status = uv_fs_event_start(&s->stamp, on_stamp, path, 0);
    if (status != 0)
        error_set(err, ERROR_IO, "watching %s: %s", path, uv_strerror(status));
    free(path);
    return status == 0;
}

static bool watch(struct store *store, struct store_watcher *w, struct error *err)
{
    struct sqlite_store *s = own(store);
    assert(s->loop);
    if (!s->watching && !watch_stamp(s, err))
        return false;
    list_add(&store->watchers, &w->link);
    return true;
}

/* ---- life */

static bool start(struct sqlite_store *s, const struct store_options *o, struct error *err)
{
    const struct writer_options writing = {
        .data = s->data,
        .existing = o->existing,
        .blocking = !o->loop,
        .group_max = o->group_max ? o->group_max : GROUP_MAX,
        .page_max = o->page_max,
        .post = post,
        .orders_back = orders_back,
        .store = s,
    };
    const struct reader_options reading = {
        .data = s->data, .blocking = !o->loop, .post = post, .store = s};
    if (o->loop) { /* one host a folder; the CLI may be beside it */
        if (!folder_make(s->data, err) || (s->lock = folder_lock(s->data, err)) < 0)
            return false;
    }
    s->writer = writer_new(&writing, err);
    if (!s->writer)
        return false;
    s->reader = reader_new(&reading, err);
    return s->reader != NULL;
}

/* Everything but the uv handles. */
static void stop(struct sqlite_store *s)
{
    writer_stop(s->writer);
    reader_stop(s->reader);
    /* The writer last: the last connection to go copies the log into the file and removes it. */
    reader_free(s->reader);
    writer_free(s->writer);
    if (s->lock >= 0)
        close(s->lock);
    pthread_mutex_destroy(&s->post_lock);
    pthread_cond_destroy(&s->post_more);
}

static void store_free(struct sqlite_store *s)
{
    free(s->data);
    free(s);
}

static struct store *open_store(const struct store_options *options, struct error *err)
{
    struct sqlite_store *s = mem_zero(1, sizeof *s);
    s->data = mem_text(options->data);
    s->loop = options->loop;
    s->lock = -1;
    list_init(&s->ready);
    pthread_mutex_init(&s->post_lock, NULL);
    pthread_cond_init(&s->post_more, NULL);
    if (!start(s, options, err)) {
        stop(s);
        store_free(s);
        return NULL;
    }
    /* Only now: it cannot be undone without turning the loop. The threads post nothing unasked. */
    if (s->loop)
        mailbox_init(&s->mailbox, s->loop, deliver_posted, s);
    return &s->store;
}

static void wait_for_message(struct sqlite_store *s)
{
    pthread_mutex_lock(&s->post_lock);
    while (s->posted == s->delivered)
        pthread_cond_wait(&s->post_more, &s->post_lock);
    pthread_mutex_unlock(&s->post_lock);
}

static void finish_closing(struct sqlite_store *s)
{
    if (s->closed)
        s->closed(s->closed_arg);
    store_free(s);
}

static void on_mailbox_closed(void *arg)
{
    struct sqlite_store *s = arg;
    if (--s->handles == 0)
        finish_closing(s);
}

static void on_stamp_closed(uv_handle_t *handle)
{
    on_mailbox_closed(CONTAINER_OF((uv_fs_event_t *)handle, struct sqlite_store, stamp));
}

static void close_handles(struct sqlite_store *s)
{
    s->handles = 1 + s->watching;
    if (s->watching)
        uv_close((uv_handle_t *)&s->stamp, on_stamp_closed);
    mailbox_close(&s->mailbox, on_mailbox_closed);
}

static void close_store(struct store *store, void (*closed)(void *arg), void *arg)
{
    struct sqlite_store *s = own(store);
    assert(!s->closing);
    /* Callbacks may order more; that is finished as well. */
    for (;;) {
        call_ready(s);
        if (s->loop)
            mailbox_drain(&s->mailbox);
        if (s->orders == 0 && s->messages == 0)
            break;
        wait_for_message(s);
    }
    s->closing = true;
    stop(s);
    s->closed = closed;
    s->closed_arg = arg;
    if (s->loop)
        close_handles(s);
    else
        finish_closing(s);
}

const struct store_kind sqlite_kind = {
    .open = open_store,
    .close = close_store,
    .load = load,
    .host_id = host_id,
    .watch = watch,
    .write = write_order,
    .put_version = sqlite_put_version,
    .audit = sqlite_audit,
    .key_create = sqlite_key_create,
    .key_revoke = sqlite_key_revoke,
    .keys_used = sqlite_keys_used,
    .pause = sqlite_pause,
    .secret_put = sqlite_secret_put,
    .secret_remove = sqlite_secret_remove,
    .webhook_create = sqlite_webhook_create,
    .webhook_revoke = sqlite_webhook_revoke,
    .session_add = sqlite_session_add,
    .get_run = sqlite_get_run,
    .find_repeat = sqlite_find_repeat,
    .list_runs = sqlite_list_runs,
    .read_journal = sqlite_read_journal,
    .read_inbox = sqlite_read_inbox,
    .due = sqlite_due,
    .get_version = sqlite_get_version,
    .list_keys = sqlite_list_keys,
    .list_pauses = sqlite_list_pauses,
    .list_audit = sqlite_list_audit,
    .list_secrets = sqlite_list_secrets,
    .list_webhooks = sqlite_list_webhooks,
    .read_session = sqlite_read_session,
};
