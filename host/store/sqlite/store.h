/* SPDX-License-Identifier: MIT */
/* store.h - the store in one file, DATA/moontide.db (SQLite, WAL, synchronous=FULL): its kind, and
 * what the tables do for it. One writer thread, which commits what is waiting as a group; one
 * reader thread. DATA/lock (flock) keeps it to one host. The CLI beside it takes no lock: SQLite's
 * own locking serves, and DATA/keys.stamp tells of its changes.
 * Owner: store.c. Thread: loop. */
#pragma once
#include "store/kind.h"

extern const struct store_kind sqlite_kind;

/* Each where its table is; store.h and kind.h say what they do. */
void sqlite_audit(struct store *s, const struct store_audit *a, store_written_fn done, void *arg);
void sqlite_list_audit(struct store *s, int64_t before, uint32_t limit, store_audits_fn fn,
                       void *arg);
void sqlite_due(struct store *s, int64_t now_ms, bool unfinished, struct text after, uint32_t limit,
                store_due_fn fn, void *arg);
void sqlite_read_inbox(struct store *s, const char *run, int64_t after, store_inbox_fn fn,
                       void *arg);
void sqlite_read_journal(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                         store_journal_fn fn, void *arg);
void sqlite_key_create(struct store *s, const struct api_key *key, const struct store_audit *audit,
                       store_written_fn done, void *arg);
void sqlite_key_revoke(struct store *s, const char *id, int64_t now_ms,
                       const struct store_audit *audit, store_written_fn done, void *arg);
void sqlite_keys_used(struct store *s, const struct api_key *keys, size_t count,
                      store_written_fn done, void *arg);
void sqlite_list_keys(struct store *s, store_keys_fn fn, void *arg);
void sqlite_list_runs(struct store *s, const struct store_list *list, store_list_fn fn, void *arg);
void sqlite_find_repeat(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                        void *arg);
void sqlite_pause(struct store *s, const struct store_pause *p, bool paused,
                  const struct store_audit *audit, store_written_fn done, void *arg);
void sqlite_list_pauses(struct store *s, store_pauses_fn fn, void *arg);
void sqlite_get_run(struct store *s, const char *run, store_run_fn fn, void *arg);
void sqlite_secret_put(struct store *s, const struct store_secret *secret,
                       const struct store_audit *audit, store_written_fn done, void *arg);
void sqlite_secret_remove(struct store *s, const char *name, const struct store_audit *audit,
                          store_written_fn done, void *arg);
void sqlite_list_secrets(struct store *s, store_secrets_fn fn, void *arg);
void sqlite_session_add(struct store *s, const struct store_turn *turn, store_written_fn done,
                        void *arg);
void sqlite_read_session(struct store *s, struct text project, struct text session, uint32_t limit,
                         store_session_fn fn, void *arg);
void sqlite_put_version(struct store *s, const unsigned char hash[SHA256_BYTES],
                        struct text project, struct text trigger, struct text bundle,
                        store_written_fn done, void *arg);
void sqlite_get_version(struct store *s, const unsigned char hash[SHA256_BYTES],
                        store_version_fn fn, void *arg);
void sqlite_webhook_create(struct store *s, const struct store_webhook *webhook,
                           const struct store_audit *audit, store_webhook_fn done, void *arg);
void sqlite_webhook_revoke(struct store *s, const struct store_webhook *which, int64_t now_ms,
                           const struct store_audit *audit, store_webhook_fn done, void *arg);
void sqlite_list_webhooks(struct store *s, store_webhooks_fn fn, void *arg);
