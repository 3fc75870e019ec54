/* SPDX-License-Identifier: MIT */
/* vault.h - the secrets in memory. Read from the store at the start and again whenever it says
 * that they have changed (the CLI may do that). Values lie in locked pages and leave them only by
 * secret_write; there is no other function that shows one. With the first secret the process stops
 * leaving core dumps. Owner: engine. Thread: loop. */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "secrets/scrub.h"
#include "secrets/secret_form.h"

struct store;
struct store_audit;
struct vault;
struct secret;

/* Blocks. False with err: the master key is missing or another one, or a row is damaged; the text
 * says what to do. */
struct vault *vault_open(struct store *store, const char *data, struct error *err) MUST_CHECK;
/* Is told of changes no more: before the store is closed, which must not be asked after. */
void vault_rest(struct vault *v);
/* Once the store is closed, which ends what is under way. */
void vault_close(struct vault *v); /* harmless with NULL */

/* NULL: there is none of that name. Borrowed until the loop turns. */
const struct secret *vault_find(const struct vault *v, struct text name);
const char *secret_name(const struct secret *s);
const char *secret_hosts(const struct secret *s); /* comma-separated, domain/secret.h */
size_t secret_bytes(const struct secret *s);
/* For what is about to leave for one of its hosts, and nothing else. Whoever has the buffer zeroes
 * it. */
void secret_write(const struct secret *s, enum secret_form form, struct buf *out);
/* So that the value is taken out of what comes back. */
void secret_scrub(const struct secret *s, struct scrub *into);

/* Takes the values of all secrets (of SCRUB_ENCODED bytes or more) out of a text from outside: as
 * scrub_text. */
bool vault_scrub(const struct vault *v, struct text in, struct buf *out);

/* As domain/secret.h has them. */
struct vault_entry {
    const char *name, *hosts;
    struct text value;
};
typedef void (*vault_done_fn)(void *arg, const struct error *err); /* err NULL: done */
/* When fn is called without an error, it is on the disk and in force. audit: at_ms is the time of
 * the change; action, target and detail are filled in here. Fails at once, without fn, when there
 * is no key to seal it with. */
bool vault_put(struct vault *v, const struct vault_entry *entry, const struct store_audit *audit,
               vault_done_fn fn, void *arg, struct error *err) MUST_CHECK;
void vault_remove(struct vault *v, const char *name, const struct store_audit *audit,
                  vault_done_fn fn, void *arg);
/* When it was made and changed; false: there is none. */
bool vault_times(const struct vault *v, const char *name, int64_t *created_ms, int64_t *updated_ms);

/* ---- for the CLI, beside a host or without one: seals and stores. */
bool vault_put_blocking(const char *data, const struct vault_entry *entry, int64_t now_ms,
                        struct error *err) MUST_CHECK;
bool vault_remove_blocking(const char *data, const char *name, int64_t now_ms,
                           struct error *err) MUST_CHECK;
