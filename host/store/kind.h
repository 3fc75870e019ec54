/* SPDX-License-Identifier: MIT */
/* kind.h - what a kind of store provides: one function for each of store.h that is not made from
 * others. Its own struct begins with a struct store. Included by the stores alone; callers include
 * store.h, which says what each function does.
 * Owner: the store. Thread: as store.h says. */
#pragma once
#include "store/store.h"

struct store_kind {
    const char *scheme; /* of the address that store_open gets, "postgresql"; NULL: a folder */
    struct store *(*open)(const struct store_options *options, struct error *err);
    void (*close)(struct store *s, void (*closed)(void *arg), void *arg);
    void (*load)(const struct store *s, size_t *waiting, int64_t *commit_us);
    const char *(*host_id)(const struct store *s);
    bool (*watch)(struct store *s, struct store_watcher *w, struct error *err);

    void (*write)(struct store *s, struct store_order *order);
    void (*put_version)(struct store *s, const unsigned char hash[SHA256_BYTES],
                        struct text project, struct text trigger, struct text bundle,
                        store_written_fn done, void *arg);
    void (*audit)(struct store *s, const struct store_audit *a, store_written_fn done, void *arg);
    void (*key_create)(struct store *s, const struct api_key *key, const struct store_audit *audit,
                       store_written_fn done, void *arg);
    void (*key_revoke)(struct store *s, const char *id, int64_t now_ms,
                       const struct store_audit *audit, store_written_fn done, void *arg);
    void (*keys_used)(struct store *s, const struct api_key *keys, size_t count,
                      store_written_fn done, void *arg);
    void (*pause)(struct store *s, const struct store_pause *p, bool paused,
                  const struct store_audit *audit, store_written_fn done, void *arg);
    void (*secret_put)(struct store *s, const struct store_secret *secret,
                       const struct store_audit *audit, store_written_fn done, void *arg);
    void (*secret_remove)(struct store *s, const char *name, const struct store_audit *audit,
                          store_written_fn done, void *arg);
    void (*webhook_create)(struct store *s, const struct store_webhook *webhook,
                           const struct store_audit *audit, store_webhook_fn done, void *arg);
    void (*webhook_revoke)(struct store *s, const struct store_webhook *which, int64_t now_ms,
                           const struct store_audit *audit, store_webhook_fn done, void *arg);
    void (*session_add)(struct store *s, const struct store_turn *turn, store_written_fn done,
                        void *arg);

    void (*get_run)(struct store *s, const char *run, store_run_fn fn, void *arg);
    void (*find_repeat)(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                        void *arg);
    void (*list_runs)(struct store *s, const struct store_list *list, store_list_fn fn, void *arg);
    void (*read_journal)(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                         store_journal_fn fn, void *arg);
    void (*read_inbox)(struct store *s, const char *run, int64_t after, store_inbox_fn fn,
                       void *arg);
    void (*due)(struct store *s, int64_t now_ms, bool unfinished, struct text after, uint32_t limit,
                store_due_fn fn, void *arg);
    void (*get_version)(struct store *s, const unsigned char hash[SHA256_BYTES],
                        store_version_fn fn, void *arg);
    void (*list_keys)(struct store *s, store_keys_fn fn, void *arg);
    void (*list_pauses)(struct store *s, store_pauses_fn fn, void *arg);
    void (*list_audit)(struct store *s, int64_t before, uint32_t limit, store_audits_fn fn,
                       void *arg);
    void (*list_secrets)(struct store *s, store_secrets_fn fn, void *arg);
    void (*list_webhooks)(struct store *s, store_webhooks_fn fn, void *arg);
    void (*read_session)(struct store *s, struct text project, struct text session, uint32_t limit,
                         store_session_fn fn, void *arg);
};

struct store {
    const struct store_kind *kind;
    struct list watchers; /* struct store_watcher; a kind tells them with store_changed */
};

/* Tells the watchers. Loop thread. */
void store_changed(struct store *s);
