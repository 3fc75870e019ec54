/* SPDX-License-Identifier: MIT */
/* store.h - runs, journals, inboxes, keys and what else outlives the process: the interface that
 * every kind of store fulfils (kind.h; tests/unit/store/conformance says what that means).
 *
 * Writes: an order (of a run) or a small change is handed over and returns at once; what is waiting
 * is committed as a group, and then `done` is called on the loop thread, in the order of the calls.
 * An order is atomic: all of it or nothing. Orders of one run are applied in the order given.
 * Changes may overtake orders.
 *
 * Reads: answers come on the loop thread. A read sees every write whose `done` has been called.
 *
 * Owner: engine. Thread: loop.
 * Limits: chunk 8 MiB; 16,777,215 records a run; journal reads return at most max_bytes (at least
 * one chunk); lists leave out long texts (STORE_LIST_TEXT); STORE_INBOX_MAX rows in an inbox. */
#pragma once
#include "base/error.h"
#include "base/id.h"
#include "base/list.h"
#include "base/text.h"
#include "domain/proof/api_key.h"
#include <uv.h>

struct store;

/* Of a run; the numbers are on disk. */
enum store_status {
    STORE_QUEUED = 1,
    STORE_RUNNING = 2,
    STORE_WAITING = 3,
    STORE_COMPLETED = 4,
    STORE_FAILED = 5,
    STORE_CANCELLED = 6,
    STORE_TIMED_OUT = 7,
};
const char *store_status_name(enum store_status s); /* "queued" … */
/* 0 for an unknown word. */
enum store_status store_status_of(struct text name);
bool store_status_final(enum store_status s);

/* ---- writes */

struct store_accept {                   /* of a new run */
    struct text project, trigger, kind; /* kind: "api" … of the event */
    struct text session, instruction;   /* instruction may be absent */
    struct text event;                  /* JSON as the runner gets it */
    uint64_t seed;
    unsigned char version[SHA256_BYTES]; /* content hash of the script version */
    struct text parent;                  /* absent: none */
    int64_t created_ms;
    /* dedup: claim "trigger address + fingerprint" or be refused */
    bool unique;
    unsigned char fingerprint[SHA256_BYTES];
    int64_t unique_until_ms; /* 0: for ever */
    /* Idempotency-Key: claim (caller, trigger, key) or be refused */
    struct text idempotency_key, caller; /* absent: none */
    unsigned char body_hash[SHA256_BYTES];
};

struct store_update { /* fields of the run row; zero / absent: unchanged */
    enum store_status status;
    int64_t started_ms, finished_ms;
    int64_t wake_ms; /* > 0: when a parked run must go on; -1: never by itself (clears it) */
    uint32_t steps;  /* > 0: count so far */
    struct text instruction;
    struct text result; /* JSON */
    struct text error_code, error_message, error_at;
    struct text owner;   /* id of the host that owns the run; absent in a new run: this host */
    struct text waiting; /* why it waits, a JSON object (CONTRACTS, run object); "": clears it */
};

enum store_outcome {
    STORE_DONE,
    /* In all of these nothing was written. */
    STORE_DUPLICATE,  /* unique claim taken: `existing` names the run */
    STORE_REPEATED,   /* idempotency key known with the same body: `existing` names the run */
    STORE_KEY_REUSED, /* idempotency key known with another body */
    STORE_WRONG,      /* it does not fit what the file holds, and never will: err says why */
    STORE_BROKEN,     /* disk full, I/O error …: trying again may help; err says what */
    /* Of a row for the inbox alone. */
    STORE_NO_RUN, /* there is no such run */
    STORE_ENDED,  /* the run has ended: `ended` says how */
    STORE_FULL,   /* STORE_INBOX_MAX rows wait for the run to take them */
};

/* What has reached a run from outside and waits until the run's owner takes it. */
struct store_inbox {
    int64_t id; /* the store's, rising; in what is read */
    const char *run;
    struct text kind; /* "cancel", "signal" … */
    struct text data; /* JSON; absent: none */
    int64_t at_ms;
};
enum { STORE_INBOX_MAX = 1000 }; /* rows of one run */

struct store_order { /* the caller's storage, borrowed with all texts until done */
    char run[ID_BYTES];
    const struct store_accept *accept; /* NULL: the run exists */
    uint64_t first;                    /* sequence number of the first record, from 1 */
    uint32_t count;                    /* 0: no chunk */
    struct text chunk;                 /* count records, see domain/record.h */
    struct store_update update;
    int64_t inbox_taken; /* > 0: the run's inbox rows up to this id go with what is written */
    const struct store_inbox *inbox;         /* store_inbox_put's: a row to put, and nothing else */
    void (*done)(struct store_order *order); /* loop thread */
    void *arg;
    /* the answer */
    enum store_outcome outcome;
    char existing[ID_BYTES];
    enum store_status ended;
    int64_t inbox_id; /* of the row put */
    struct error err;
    struct list link; /* the store's */
};

/* A chunk must go on where the run's journal ends (first = last sequence number + 1) or the order
 * is STORE_WRONG. A final status clears wake_ms and waiting, and deletes what is in the inbox. */
void store_write(struct store *s, struct store_order *order);

/* Puts a row in the inbox of a run, decided in the write transaction, in order with the orders of
 * the run: STORE_DONE (it is on disk, as row `id`), STORE_NO_RUN, STORE_ENDED (`ended` is the run's
 * status), STORE_FULL or STORE_BROKEN with err. The row is copied; fn may be NULL. */
typedef void (*store_inbox_put_fn)(void *arg, enum store_outcome outcome, int64_t id,
                                   enum store_status ended, const struct error *err);
void store_inbox_put(struct store *s, const struct store_inbox *row, store_inbox_put_fn fn,
                     void *arg);

typedef void (*store_written_fn)(void *arg, const struct error *err); /* err NULL: it is on disk */

/* Keeps the files of a script version for as long as runs need it (idempotent). Copies the
 * arguments; done may be NULL. */
void store_put_version(struct store *s, const unsigned char hash[SHA256_BYTES], struct text project,
                       struct text trigger, struct text bundle, store_written_fn done, void *arg);
/* Who did what, when: one row for each change that an operator may ask about. Texts are copied. */
struct store_audit {
    int64_t at_ms;
    struct text actor;   /* id of a key, or "cli", "host" */
    struct text action;  /* "key.create" "trigger.pause" … */
    struct text target;  /* "key_…", "support/refund", "run_…" */
    struct text detail;  /* a JSON object; absent: none */
    struct text request; /* X-Request-Id; absent: none */
};
/* For what has no change of its own to go with. done may be NULL. */
void store_audit(struct store *s, const struct store_audit *a, store_written_fn done, void *arg);

/* The arguments are copied; done may be NULL. The key as it is (id, hash and times filled in).
 * Revoking a key twice keeps the first time; of an unknown one: ERROR_MISSING. A value that a key
 * or a living webhook secret has already: ERROR_EXISTS. audit: written in the same transaction;
 * NULL: none. Watchers are told. */
void store_key_create(struct store *s, const struct api_key *key, const struct store_audit *audit,
                      store_written_fn done, void *arg);
void store_key_revoke(struct store *s, const char *id, int64_t now_ms,
                      const struct store_audit *audit, store_written_fn done, void *arg);
/* When keys were last used: id and used_ms of each count. Watchers are not told. */
void store_keys_used(struct store *s, const struct api_key *keys, size_t count,
                     store_written_fn done, void *arg);

/* A trigger that an operator has paused; key is folded to lower case. */
struct store_pause {
    const char *project, *key, *by; /* by: id of a key */
    int64_t at_ms;
};
/* Pausing what is paused keeps the first; resuming what is not is fine. by and at_ms count for
 * pausing only. audit as above. */
void store_pause(struct store *s, const struct store_pause *p, bool paused,
                 const struct store_audit *audit, store_written_fn done, void *arg);

/* A secret as the store has it: the value only sealed (secrets/seal.h). Texts are borrowed. */
struct store_secret {
    const char *name;
    const char *hosts; /* comma-separated */
    struct text sealed;
    int64_t created_ms, updated_ms;
};
/* As with keys: copied, done may be NULL, watchers are told. Putting what is there replaces it and
 * keeps created_ms (updated_ms is the time of both otherwise). Removing an unknown one:
 * ERROR_MISSING. */
void store_secret_put(struct store *s, const struct store_secret *secret,
                      const struct store_audit *audit, store_written_fn done, void *arg);
void store_secret_remove(struct store *s, const char *name, const struct store_audit *audit,
                         store_written_fn done, void *arg);

/* A secret that opens the webhook address of one trigger: only its hash is kept. */
struct store_webhook {
    char id[ID_BYTES];             /* "wh_…", public */
    char project[65], trigger[65]; /* the trigger's key in lower case */
    unsigned char hash[SHA256_BYTES];
    int64_t created_ms;
    int64_t revoked_ms; /* 0: alive */
};
enum { STORE_WEBHOOKS_ALIVE = 2 }; /* of one trigger, so that callers can change over */
/* revoked: how many; of a creation those that made room. */
typedef void (*store_webhook_fn)(void *arg, size_t revoked, const struct error *err);
/* As with keys. With STORE_WEBHOOKS_ALIVE alive the oldest is revoked. The value of an API key, or
 * of a living secret of the same trigger: ERROR_EXISTS. */
void store_webhook_create(struct store *s, const struct store_webhook *webhook,
                          const struct store_audit *audit, store_webhook_fn done, void *arg);
/* The living one of which->id ("": any), which->project and which->trigger ("": any); there is
 * none: ERROR_MISSING. */
void store_webhook_revoke(struct store *s, const struct store_webhook *which, int64_t now_ms,
                          const struct store_audit *audit, store_webhook_fn done, void *arg);

/* One turn of a conversation: what a run's step was told, what it answered. Texts are borrowed. */
struct store_turn {
    struct text project, session, run;
    uint32_t step;
    struct text user, assistant;
    int64_t at_ms;
};
/* Copied; done may be NULL. The turn of a step that is there already is replaced. */
void store_session_add(struct store *s, const struct store_turn *turn, store_written_fn done,
                       void *arg);

/* ---- reads
 * Every callback gets err != NULL on failure. Rows and texts are borrowed during the callback. */

struct store_run {
    char run[ID_BYTES];
    struct text project, trigger, kind, session, instruction, event, result, parent;
    struct text error_code, error_message, error_at;
    struct text owner;   /* id of the host that owns the run */
    struct text waiting; /* JSON; absent: it waits for nothing that was named */
    unsigned char version[SHA256_BYTES];
    enum store_status status;
    uint64_t seed;
    int64_t created_ms, started_ms, finished_ms, wake_ms; /* 0: not yet / none */
    uint32_t steps;
    uint64_t seq; /* last committed sequence number */
    bool cut;     /* in a list: event or result is absent, being longer than STORE_LIST_TEXT */
};

typedef void (*store_run_fn)(void *arg, const struct store_run *row /* NULL: no such run */,
                             const struct error *err);
void store_get_run(struct store *s, const char *run, store_run_fn fn, void *arg);

/* Judges the Idempotency-Key of an accept order that is not going to be (of which project, trigger,
 * caller, idempotency_key and body_hash count; copied): STORE_DONE (new; nothing is claimed),
 * STORE_REPEATED or STORE_KEY_REUSED (`existing` names the run), STORE_BROKEN with err. */
typedef void (*store_repeat_fn)(void *arg, enum store_outcome outcome, const char *existing,
                                const struct error *err);
void store_find_repeat(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                       void *arg);

enum { STORE_LIST_TEXT = 16 << 10 }; /* bytes */

struct store_list {
    struct text project, trigger, session; /* absent: any */
    enum store_status status;              /* 0: any */
    struct text before;                    /* a run id: only older ones; absent: from the newest */
    struct text projects; /* comma-separated allowed projects, or "*"; absent: none */
    uint32_t limit;       /* 1 to 200 */
};
/* rows newest first, by the order in which they were accepted; more: there are older ones. The
 * list's texts are copied. */
typedef void (*store_list_fn)(void *arg, const struct store_run *rows, size_t count, bool more,
                              const struct error *err);
void store_list_runs(struct store *s, const struct store_list *list, store_list_fn fn, void *arg);

struct store_chunk {
    uint64_t first;
    uint32_t count;
    struct text bytes;
};
/* Chunks that hold records with sequence numbers >= from, in order, at most max_bytes of them (one
 * at least). `end`: the last committed sequence number of the run (0: there is no such run).
 * `status`: that of the run. */
typedef void (*store_journal_fn)(void *arg, const struct store_chunk *chunks, size_t count,
                                 uint64_t end, enum store_status status, const struct error *err);
void store_read_journal(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                        store_journal_fn fn, void *arg);

/* The rows of a run's inbox with ids > after, oldest first, as many as fit STORE_INBOX_BYTES (one
 * at least): read again behind the last of them, until there are none. */
enum { STORE_INBOX_BYTES = 1 << 20 };
typedef void (*store_inbox_fn)(void *arg, const struct store_inbox *rows, size_t count,
                               const struct error *err);
void store_read_inbox(struct store *s, const char *run, int64_t after, store_inbox_fn fn,
                      void *arg);

/* Ids of runs whose wake_ms <= now_ms, or that have rows in their inbox, or (with `unfinished`)
 * that are queued or running; oldest first, by the order in which they were accepted; after: a run
 * id to page on (absent: from the start). next_wake_ms: the earliest wake_ms beyond now (0: none).
 */
typedef void (*store_due_fn)(void *arg, const char (*runs)[ID_BYTES], size_t count,
                             int64_t next_wake_ms, const struct error *err);
void store_due(struct store *s, int64_t now_ms, bool unfinished, struct text after, uint32_t limit,
               store_due_fn fn, void *arg);

/* The bundle kept by store_put_version; absent text: unknown version. */
typedef void (*store_version_fn)(void *arg, struct text bundle, const struct error *err);
void store_get_version(struct store *s, const unsigned char hash[SHA256_BYTES], store_version_fn fn,
                       void *arg);

/* All living and revoked keys; rows borrowed during the callback. */
typedef void (*store_keys_fn)(void *arg, const struct api_key *keys, size_t count,
                              const struct error *err);
void store_list_keys(struct store *s, store_keys_fn fn, void *arg);

/* All pauses; rows borrowed during the callback. */
typedef void (*store_pauses_fn)(void *arg, const struct store_pause *pauses, size_t count,
                                const struct error *err);
void store_list_pauses(struct store *s, store_pauses_fn fn, void *arg);

struct store_audit_row {
    int64_t num;
    struct store_audit a;
};
/* The newest first, those below `before` (INT64_MAX: all), at most limit of them.
 * The rows are borrowed during the callback. */
typedef void (*store_audits_fn)(void *arg, const struct store_audit_row *rows, size_t count,
                                bool more, const struct error *err);
void store_list_audit(struct store *s, int64_t before, uint32_t limit, store_audits_fn fn,
                      void *arg);

/* All secrets, by name; rows borrowed during the callback. */
typedef void (*store_secrets_fn)(void *arg, const struct store_secret *secrets, size_t count,
                                 const struct error *err);
void store_list_secrets(struct store *s, store_secrets_fn fn, void *arg);

/* All webhook secrets, living and revoked, by trigger; rows borrowed during the callback. */
typedef void (*store_webhooks_fn)(void *arg, const struct store_webhook *rows, size_t count,
                                  const struct error *err);
void store_list_webhooks(struct store *s, store_webhooks_fn fn, void *arg);

/* The newest messages of a session, oldest of them first, at most `limit`. */
struct store_message {
    struct text role, text, run; /* role: "user", "assistant" */
    uint32_t step;
    int64_t at_ms;
};
typedef void (*store_session_fn)(void *arg, const struct store_message *messages, size_t count,
                                 const struct error *err);
void store_read_session(struct store *s, struct text project, struct text session, uint32_t limit,
                        store_session_fn fn, void *arg);

/* ---- life */

struct store_options {
    const char *data;  /* the data folder, made if it is missing (0700) */
    bool existing;     /* a store that is missing is ERROR_MISSING instead of made */
    uv_loop_t *loop;   /* NULL: see store_open_blocking */
    size_t group_max;  /* most orders a commit; 0: 512 */
    uint32_t page_max; /* largest database in pages (8 KB), to test a full disk; 0: no limit */
};
/* Takes the folder for this process; held by another one: ERROR_BUSY "data folder … is in use by
 * process N". Makes the store or brings it up to date; refuses a newer one. *options is borrowed
 * for the call. */
struct store *store_open(const struct store_options *options, struct error *err) MUST_CHECK;
/* Finishes all that was ordered (also what the callbacks order meanwhile), delivers the callbacks,
 * joins the threads, closes its uv handles (run the loop on after). Blocks for that long. May be
 * called from a callback. */
void store_close(struct store *s, void (*closed)(void *arg), void *arg);
/* How many orders wait, and the time of the last commit in microseconds (for /metrics, drain). */
void store_load(const struct store *s, size_t *waiting, int64_t *commit_us);
/* "host_…": made once for a data folder, the owner of the runs accepted in it. */
const char *store_host_id(const struct store *s);

/* Who wants to know when keys, secrets or webhooks were changed, by this process or another (the
 * CLI). Told on the loop thread, soon after the change, once or several times. The caller's
 * storage, until store_unwatch or store_close. */
struct store_watcher {
    void (*changed)(struct store_watcher *w);
    struct list link; /* the store's */
};
bool store_watch(struct store *s, struct store_watcher *w, struct error *err) MUST_CHECK;
void store_unwatch(struct store_watcher *w); /* harmless when it does not watch */

/* ---- for start-up and the CLI, with a host running on the same store or not */

/* A store without threads and loop: every function of this file does its work and calls back before
 * it returns (and blocks for that long). Takes no folder: several processes may have it open.
 * existing: as in the options. */
struct store *store_open_blocking(const char *data, bool existing, struct error *err) MUST_CHECK;
void store_close_blocking(struct store *s); /* harmless with NULL */

/* The functions above with their answer as result, of a store opened so. actor: "cli" or "host",
 * for the audit row that goes with the change. Lists are malloc'ed. */
bool store_key_create_blocking(struct store *s, const struct api_key *key, const char *actor,
                               struct error *err) MUST_CHECK;
bool store_key_revoke_blocking(struct store *s, const char *id, int64_t now_ms, const char *actor,
                               struct error *err) MUST_CHECK;
bool store_keys_blocking(struct store *s, struct api_key **keys, size_t *count,
                         struct error *err) MUST_CHECK;
bool store_webhook_create_blocking(struct store *s, const struct store_webhook *webhook,
                                   size_t *revoked, struct error *err) MUST_CHECK;
bool store_webhook_revoke_blocking(struct store *s, const struct store_webhook *which,
                                   int64_t now_ms, size_t *revoked, struct error *err) MUST_CHECK;
bool store_webhooks_blocking(struct store *s, struct store_webhook **webhooks, size_t *count,
                             struct error *err) MUST_CHECK;
bool store_secret_put_blocking(struct store *s, const struct store_secret *secret,
                               const struct store_audit *audit, struct error *err) MUST_CHECK;
bool store_secret_remove_blocking(struct store *s, const char *name,
                                  const struct store_audit *audit, struct error *err) MUST_CHECK;
bool store_secrets_blocking(struct store *s, struct store_secret **secrets, size_t *count,
                            struct error *err) MUST_CHECK;
void store_secrets_free(struct store_secret *secrets, size_t count); /* what that one gave */
