/* SPDX-License-Identifier: MIT */
/* keyring.h - the API keys and the webhook secrets in memory, by hash. They are read from the store
 * at the start and again whenever it says that they have changed, as after a command of the CLI.
 * Owner: engine. Thread: loop. */
#pragma once
#include "auth/webhooks.h"
#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timers.h"
#include "domain/proof/api_key.h"
#include "store/store.h"
#include <stdbool.h>

enum { KEYRING_USED_MS = 60000 }; /* the times of use are written this often at most */

struct keyring {
    struct store *store;
    struct api_key *keys;
    size_t count;
    struct map by_hash; /* 32 bytes -> struct api_key: the living */
    struct webhooks webhooks;
    struct timers *timers;
    struct timer used_timer;
    int64_t used_from_ms;              /* the first use not yet written; 0: all are */
    struct list waiting, waiting_next; /* for the reading under way, for the one after it */
    struct store_watcher watcher;
    struct error unread; /* why the first reading failed; code 0: it did not */
    bool open;
    bool loaded;  /* the first reading has succeeded */
    bool reading; /* the store is asked */
    bool again;   /* they have changed during the reading under way: another one follows */
};

/* Begins to read the keys and to follow their changes. */
bool keyring_open(struct keyring *k, struct timers *timers, struct store *store,
                  struct error *err) MUST_CHECK;
/* The living key of a presented secret, or NULL; borrowed until the loop turns. The time this takes
 * does not depend on how much of the secret is right, as only hashes are compared. Notes that the
 * key was used, which is written to the store later. */
const struct api_key *keyring_find(struct keyring *k, struct text secret);
/* Takes one call from the key's rate. 0: it was there; else after how many microseconds there is
 * one again. copy: the key, perhaps from before the last reading. */
int64_t keyring_spend(struct keyring *k, const struct api_key *copy);
/* Reads the store, then calls fn once: what the store holds at this moment is in force then, or err
 * says why reading it failed. */
void keyring_sync(struct keyring *k, void (*fn)(void *arg, const struct error *err), void *arg);
/* Writes the times of use that are not in the store yet. To be called before the store closes. */
void keyring_flush(struct keyring *k);
/* Stops following changes. To be called before the store closes, as it must not be asked then. */
void keyring_rest(struct keyring *k);
/* True when the secret is a living webhook secret of that trigger. API keys never are. */
bool keyring_webhook_ok(const struct keyring *k, const char *project, const char *key,
                        struct text secret);
/* Frees the keys. To be called when the store has closed, which ends what is under way. Harmless
 * when the keyring is not open. */
void keyring_close(struct keyring *k);
