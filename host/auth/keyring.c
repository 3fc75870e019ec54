/* SPDX-License-Identifier: MIT */
#include "auth/keyring.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/rate.h"
#include <stdlib.h>
#include <string.h>

static void reload_keys(struct keyring *k);

static const struct api_key *find_known(const struct keyring *k, const char *id)
{
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->keys[i].id, id) == 0)
            return &k->keys[i];
    return NULL;
}

/* Logs from which moment on a key counts, or no longer does. */
static void log_changes(const struct keyring *k, const struct api_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_key *before = find_known(k, keys[i].id);
        bool alive = keys[i].revoked_ms == 0, was_alive = before && before->revoked_ms == 0;
        if (alive != was_alive)
            log_info(NULL, "\"API key %s\" id=%s name=\"%s\"", alive ? "added" : "revoked",
                     keys[i].id, keys[i].name);
    }
}

/* ---- callbacks that wait for a reading */

struct sync {
    struct list link;
    void (*fn)(void *arg, const struct error *err);
    void *arg;
};

static void call_waiting(struct keyring *k, const struct error *err)
{
    struct list now, *node; /* a callback may ask again, which is for another reading */
    list_init(&now);
    while ((node = list_pop(&k->waiting)))
        list_add(&now, node);
    while ((node = list_pop(&now))) {
        struct sync *s = LIST_ENTRY(node, struct sync, link);
        s->fn(s->arg, err);
        free(s);
    }
}

void keyring_sync(struct keyring *k, void (*fn)(void *arg, const struct error *err), void *arg)
{
    struct sync *s = mem_zero(1, sizeof *s);
    s->fn = fn;
    s->arg = arg;
    list_add(&k->waiting_next, &s->link);
    reload_keys(k);
}

/* ---- reading */

/* A reading has ended. If the keys have changed meanwhile, another one follows. */
static void end_reading(struct keyring *k, const struct error *err)
{
    call_waiting(k, err);
    if (k->again)
        reload_keys(k);
}

/* When a later reading fails, the keys known stay. At the start there are none, and `unread` says
 * why. */
static void fail_reading(struct keyring *k, const char *what, const struct error *err)
{
    k->reading = false;
    if (k->loaded) {
        log_error(NULL, "reading %s failed, the ones known stay: %s", what, err->text);
    } else {
        k->unread = *err;
        error_context(&k->unread, "reading %s", what);
    }
    end_reading(k, err);
}

/* Carries over the uses that the store does not know yet, and what was spent of each rate. */
static void keep_used(const struct keyring *k, struct api_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_key *before = find_known(k, keys[i].id);
        if (before && before->used_ms > keys[i].used_ms)
            keys[i].used_ms = before->used_ms;
        if (before)
            keys[i].spent_us = before->spent_us;
    }
}

static void log_webhook(const struct store_webhook *row, bool was_alive)
{
    bool alive = row->revoked_ms == 0;
    if (alive != was_alive)
        log_info(NULL, "\"webhook secret %s\" id=%s trigger=%s/%s", alive ? "added" : "revoked",
                 row->id, row->project, row->trigger);
}

static void on_webhooks(void *arg, const struct store_webhook *rows, size_t count,
                        const struct error *err)
{
    struct keyring *k = arg;
    k->reading = false;
    if (err) {
        fail_reading(k, "webhook secrets", err);
        return;
    }
    for (size_t i = 0; k->loaded && i < count; i++)
        log_webhook(&rows[i], webhooks_alive(&k->webhooks, rows[i].id));
    webhooks_fill(&k->webhooks, rows, count);
    k->loaded = true;
    end_reading(k, NULL);
}

static void index_keys(struct keyring *k)
{
    map_done(&k->by_hash);
    map_init(&k->by_hash);
    for (size_t i = 0; i < k->count; i++) {
        struct text hash = {(const char *)k->keys[i].hash, SHA256_BYTES};
        if (k->keys[i].revoked_ms == 0)
            map_put(&k->by_hash, hash, &k->keys[i]);
    }
}

static void on_keys(void *arg, const struct api_key *keys, size_t count, const struct error *err)
{
    struct keyring *k = arg;
    if (err) {
        fail_reading(k, "API keys", err);
        return;
    }
    if (k->loaded)
        log_changes(k, keys, count);
    struct api_key *fresh = mem_dup(keys, count * sizeof *keys);
    keep_used(k, fresh, count);
    free(k->keys);
    k->keys = fresh;
    k->count = count;
    index_keys(k);
    store_list_webhooks(k->store, on_webhooks, k); /* still one reading */
}

static void reload_keys(struct keyring *k)
{
    k->again = k->reading; /* changed while we read: what we read may be the old state */
    if (k->reading)
        return;
    k->reading = true;
    struct list *node;
    while ((node = list_pop(&k->waiting_next)))
        list_add(&k->waiting, node);
    store_list_keys(k->store, on_keys, k);
}

static void on_change(struct store_watcher *w)
{
    reload_keys(CONTAINER_OF(w, struct keyring, watcher));
}

bool keyring_open(struct keyring *k, struct timers *timers, struct store *store, struct error *err)
{
    *k = (struct keyring){.store = store, .timers = timers, .open = true};
    list_init(&k->waiting);
    list_init(&k->waiting_next);
    map_init(&k->by_hash);
    webhooks_init(&k->webhooks);
    k->watcher.changed = on_change;
    if (!store_watch(store, &k->watcher, err))
        return false;
    reload_keys(k);
    return true;
}

void keyring_rest(struct keyring *k)
{
    store_unwatch(&k->watcher);
}

/* ---- finding a key, and noting its use */

static void on_used_written(void *arg, const struct error *err)
{
    (void)arg;
    if (err)
        log_warn(NULL, "writing when API keys were used failed: %s", err->text);
}

void keyring_flush(struct keyring *k)
{
    int64_t from_ms = k->used_from_ms;
    if (from_ms == 0)
        return;
    k->used_from_ms = 0;
    timers_drop(k->timers, &k->used_timer);
    struct api_key *used = mem_zero(k->count + 1, sizeof *used);
    size_t count = 0;
    for (size_t i = 0; i < k->count; i++)
        if (k->keys[i].used_ms >= from_ms)
            used[count++] = k->keys[i];
    store_keys_used(k->store, used, count, on_used_written, k);
    free(used);
}

static void on_used_due(struct timer *t)
{
    keyring_flush(CONTAINER_OF(t, struct keyring, used_timer));
}

static void note_use(struct keyring *k, struct api_key *key, int64_t now_ms)
{
    key->used_ms = now_ms;
    if (k->used_from_ms)
        return;
    k->used_from_ms = now_ms;
    timers_set(k->timers, &k->used_timer, KEYRING_USED_MS, on_used_due);
}

const struct api_key *keyring_find(struct keyring *k, struct text secret)
{
    unsigned char hash[SHA256_BYTES];
    if (!secret.data)
        return NULL;
    api_key_hash(secret, hash);
    struct api_key *key = map_get(&k->by_hash, (struct text){(char *)hash, sizeof hash});
    if (!key || !id_equal_constant_time(key->hash, hash, sizeof hash))
        return NULL;
    int64_t now_ms = clock_wall_ms(k->timers->clock);
    if (key->expires_ms && key->expires_ms <= now_ms)
        return NULL;
    note_use(k, key, now_ms);
    return key;
}

int64_t keyring_spend(struct keyring *k, const struct api_key *copy)
{
    struct text hash = {(const char *)copy->hash, SHA256_BYTES};
    struct api_key *key = copy->per_minute ? map_get(&k->by_hash, hash) : NULL;
    return key ? rate_take(&key->spent_us, key->per_minute, clock_mono_us(k->timers->clock)) : 0;
}

bool keyring_webhook_ok(const struct keyring *k, const char *project, const char *key,
                        struct text secret)
{
    return webhooks_open(&k->webhooks, project, key, secret);
}

void keyring_close(struct keyring *k)
{
    if (!k->open)
        return;
    k->open = false;
    free(k->keys);
    map_done(&k->by_hash);
    webhooks_done(&k->webhooks);
}
