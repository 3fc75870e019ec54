/* SPDX-License-Identifier: MIT */
/* vault.h - the secrets in memory. They are read from the store at the start and again whenever it
 * says that they have changed, as after a command of the CLI. Values lie in locked pages and leave
 * them only by secret_write: no other function shows one. From the first secret on, the process
 * leaves no core dumps.
 * Owner: engine. Thread: loop. Limits: SECRET_BYTES a value, SECRET_HOSTS_BYTES its hosts
 * (domain/proof/secret.h). */
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

/* Reads the secrets; blocks. NULL: the master key is missing or another one, or a row is damaged;
 * err says what to do. data: the data folder. */
struct vault *vault_open(struct store *store, const char *data, struct error *err) MUST_CHECK;
/* Stops following changes. To be called before the store closes, as it must not be asked then. */
void vault_rest(struct vault *v);
/* Frees the vault, which may be NULL. To be called when the store has closed, which ends what is
 * under way. */
void vault_close(struct vault *v);

/* The secret of that name, borrowed until the loop turns; NULL: there is none. */
const struct secret *vault_find(const struct vault *v, struct text name);
const char *secret_name(const struct secret *s);
const char *secret_hosts(const struct secret *s); /* comma-separated: domain/proof/secret.h */
size_t secret_bytes(const struct secret *s);
/* Appends the value in that form, for a request that is about to leave for one of the secret's
 * hosts and for nothing else. The caller zeroes the buffer. */
void secret_write(const struct secret *s, enum secret_form form, struct buf *out);
/* Adds the value to what a scrub looks for, so that it is taken out of what comes back. */
void secret_scrub(const struct secret *s, struct scrub *into);

/* Takes the values of all secrets of SCRUB_ENCODED bytes or more out of a text from outside;
 * answers as scrub_text does. */
bool vault_scrub(const struct vault *v, struct text in, struct buf *out);

/* A secret to be stored; domain/proof/secret.h says what each may hold. */
struct vault_entry {
    const char *name, *hosts;
    struct text value;
};
typedef void (*vault_done_fn)(void *arg, const struct error *err); /* err NULL: done */
/* Stores a secret and calls fn: without an error, the secret is on disk and in force. audit: at_ms
 * is the time of the change; action, target and detail are filled in here. False: there is no key
 * to seal the secret with, and fn is not called. */
bool vault_put(struct vault *v, const struct vault_entry *entry, const struct store_audit *audit,
               vault_done_fn fn, void *arg, struct error *err) MUST_CHECK;
/* The same for removing one; fn gets ERROR_MISSING when there is none of that name. */
void vault_remove(struct vault *v, const char *name, const struct store_audit *audit,
                  vault_done_fn fn, void *arg);
/* When the secret was made and last changed, wall clock; false: there is none. */
bool vault_times(const struct vault *v, const char *name, int64_t *created_ms, int64_t *updated_ms);

/* ---- for the CLI, with a host running or without one: these block until the change is on disk */
bool vault_put_blocking(const char *data, const struct vault_entry *entry, int64_t now_ms,
                        struct error *err) MUST_CHECK;
bool vault_remove_blocking(const char *data, const char *name, int64_t now_ms,
                           struct error *err) MUST_CHECK;
