/* SPDX-License-Identifier: MIT */
/* keyring.h - the API keys and the webhook secrets in memory, by hash. Read from the store at the
 * start and again whenever it says that they have changed (the CLI may do that). Owner: engine.
 * Thread: loop. */
#pragma once
#include "auth/webhooks.h"
#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timers.h"
#include "domain/proof/api_key.h"
#include "store/store.h"
#include <stdbool.h>

enum { KEYRING_USED_MS = 60000 }; /* when keys were used is written this often at most */

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
    bool open, loaded, reading, again;
};

bool keyring_open(struct keyring *k, struct timers *timers, struct store *store,
                  struct error *err) MUST_CHECK;
/* The living key of a presented secret, or NULL. Borrowed until the loop turns. Its time does not
 * depend on how much of a secret is right: only hashes are compared. Notes the use, which is
 * written later. */
const struct api_key *keyring_find(struct keyring *k, struct text secret);
/* One call of the key's rate; 0, or after how many microseconds there is one again. */
int64_t keyring_spend(struct keyring *k, const struct api_key *copy);
/* Calls fn once what the store holds now is in force here; err: reading it failed. */
void keyring_sync(struct keyring *k, void (*fn)(void *arg, const struct error *err), void *arg);
/* Hands the uses not yet written to the store: before it is closed. */
void keyring_flush(struct keyring *k);
/* Is told of changes no more: before the store is closed, which must not be asked after. */
void keyring_rest(struct keyring *k);
/* Whether it is a living webhook secret of that trigger; API keys never are. */
bool keyring_webhook_ok(const struct keyring *k, const char *project, const char *key,
                        struct text secret);
/* Once the store is closed, which ends what is under way. Harmless when it is not open. */
void keyring_close(struct keyring *k);
