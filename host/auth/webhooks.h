/* SPDX-License-Identifier: MIT */
/* webhooks.h - the living webhook secrets in memory, by trigger. Pure but for its memory.
 * Owner: the keyring, which fills it. Thread: loop. Limit: STORE_WEBHOOKS_ALIVE
 * secrets a trigger. */
#pragma once
#include "base/map.h"
#include "store/store.h"
#include <stdbool.h>

struct webhooks {
    struct map by_trigger; /* "project/key", key in lower case -> struct webhook_slot */
    struct map by_id;      /* the ids of the living */
};

void webhooks_init(struct webhooks *w);
void webhooks_done(struct webhooks *w);
/* Replaces all that was there by these rows. Revoked secrets are left out. */
void webhooks_fill(struct webhooks *w, const struct store_webhook *rows, size_t count);
/* True when the secret with this public id has not been revoked. */
bool webhooks_alive(const struct webhooks *w, const char *id);
/* True when the secret opens the trigger's webhook. The time this takes depends neither on how much
 * of the secret is right nor on whether the trigger has one: always as many hashes are compared. */
bool webhooks_open(const struct webhooks *w, const char *project, const char *key,
                   struct text secret);
