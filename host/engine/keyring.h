/* SPDX-License-Identifier: MIT */
/* keyring.h - the API keys in memory, by hash. Read from the store at the start and again whenever DATA/keys.stamp is touched (the
 * CLI does that). Owner: engine. Thread: loop. */
#pragma once
#include "base/map.h"
#include "base/error.h"
#include "domain/api_key.h"
#include <stdbool.h>
#include <uv.h>

struct store;

struct keyring {
    struct store *store;
    struct api_key *keys;
    size_t count;
    struct map by_hash; /* 32 bytes -> struct api_key: the living */
    uv_fs_event_t watch;
    bool watching, loaded, reading, again;
};

/* data: the folder that holds keys.stamp (made if it is missing). */
bool keyring_open(struct keyring *k, uv_loop_t *loop, struct store *store, const char *data, struct error *err) MUST_CHECK;
/* The living key of a presented secret, or NULL. Borrowed until the loop turns. Its time does not depend on how much of a
 * secret is right: only hashes are compared. */
const struct api_key *keyring_find(const struct keyring *k, struct text secret);
void keyring_close(struct keyring *k, void (*closed)(void *arg), void *arg);
