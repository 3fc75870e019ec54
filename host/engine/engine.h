/* SPDX-License-Identifier: MIT */
/* engine.h - the heart: turns calls into runs, runs into journal records and effects. It holds one
 * part for each of its files; what is in a part is that file's business.
 * Owner: serve's app. Thread: loop, all of it. */
#pragma once
#include "auth/jwt.h"
#include "auth/keyring.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timers.h"
#include "deploy/reload.h"
#include "domain/config/config.h"
#include "engine/backlog.h"
#include "engine/commit.h"
#include "engine/hub.h"
#include "engine/loading.h"
#include "engine/pause.h"
#include "engine/placement.h"
#include "engine/pool.h"
#include "engine/rebuild.h"
#include "engine/recovery.h"
#include "engine/store_outage.h"
#include "net/http.h"
#include "secrets/vault.h"
#include "store/store.h"

enum {
    ENGINE_REBUILDS = 64,   /* runs being rebuilt at once */
    ENGINE_PARK_MS = 5000,  /* a run that only sleeps, for longer than this, leaves memory */
    ENGINE_EVICT_MS = 5000, /* a run that waits longer than this for an answer leaves its runner */
    ENGINE_RESIDENT = 512,  /* runs on one runner beyond which those that wait leave it soon: */
    ENGINE_CROWDED_MS = 50,
    ENGINE_FOLDER_WAIT_MS = 2000, /* for another host to leave the data folder */
    ENGINE_FOLDER_LOOK_MS = 20,
    ENGINE_STORE_RETRY_MS = 500, /* between tries when the disk refuses a run that was accepted */
    ENGINE_JOURNAL_MAX = FRAME_JOURNAL_MAX,
    ENGINE_CHUNK_MAX = 4 << 20, /* bytes of one commit, unless a single record is larger */
};

struct engine {
    uv_loop_t *loop;
    const struct clock *clock;
    const struct config *config;
    struct timers timers;
    struct store *store;
    struct pool *pool;
    struct http *http;
    struct reload reload;   /* the triggers and their versions */
    struct loading loading; /* which runner has which version */
    struct keyring keyring;
    struct vault *vault;
    struct jwt *jwt; /* NULL: no token counts */

    struct map runs; /* id -> struct run: those in memory */
    struct hub hub;
    struct pauses pauses;
    struct placements placements;
    struct backlog backlog;
    struct commits commits;
    struct rebuilds rebuilds;
    struct recovery recovery;
    struct outage outage;
    struct list cancels; /* of cancel.c: who waits for a run to be cancelled */
    size_t tickets;      /* callers who wait for an outcome */

    uv_prepare_t turn; /* the end of a turn of the loop: commits and frames go out */
    bool draining, closing;
    int parts; /* still closing */
    void (*closed)(void *arg);
    void *closed_arg;
};

struct engine_options {
    uv_loop_t *loop;
    const struct clock *clock;
    const struct config *config;
    unsigned runners;
    bool watch; /* follow changes of the scripts folder */
};

/* Opens the store, starts the runners, loads every trigger, resumes what was under way. It is ready
 * when engine_ready() says so; triggers that do not load are logged and listed. */
struct engine *engine_open(const struct engine_options *options, struct error *err) MUST_CHECK;
bool engine_ready(const struct engine *e);
/* Why it will never be ready: the store opened but cannot be read. NULL: nothing is known against
 * it. */
const struct error *engine_unfit(const struct engine *e);
/* Stops taking calls. Runs in memory go on; what they do is in the journal as always. */
void engine_drain(struct engine *e);
/* True when nobody waits for a run to end and no commit is under way. */
bool engine_quiet(const struct engine *e);
/* Commits what is pending, ends runners and store. Runs that have not ended resume at the next
 * start. */
void engine_close(struct engine *e, void (*closed)(void *arg), void *arg);

/* Commits what dirty runs have, and sends what runners shall get. Called at the end of each turn of
 * the loop. */
void engine_flush(struct engine *e);
