/* SPDX-License-Identifier: MIT */
/* engine.h - the heart: turns calls into runs, runs into journal records and effects. All its state
 * belongs to the loop thread. Its files: fire (a call becomes a run), run (records and commits),
 * runner_messages (what runners say), ops (effects), revive (replay, recovery, waking), hub (who
 * follows a run), registry + reload (triggers and their versions), pause, keyring, pool. */
#pragma once
#include "auth/jwt.h"
#include "auth/keyring.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/timers.h"
#include "deploy/registry.h"
#include "domain/config/config.h"
#include "engine/hub.h"
#include "engine/pool.h"
#include "net/http.h"
#include "secrets/vault.h"
#include "store/store.h"

enum {
    ENGINE_REVIVALS = 64,   /* runs being rebuilt at once */
    ENGINE_PARK_MS = 5000,  /* a run that only sleeps, for longer than this, leaves memory */
    ENGINE_EVICT_MS = 5000, /* a run that waits longer than this for an answer leaves its runner */
    ENGINE_GONE_MS =
        50, /* git and editors delete a file and make it again: that long it serves on */
    ENGINE_RESIDENT = 512, /* runs on one runner beyond which those that wait leave it soon: */
    ENGINE_CROWDED_MS = 50,
    ENGINE_FOLDER_WAIT_MS = 2000, /* for another host to leave the data folder */
    ENGINE_FOLDER_LOOK_MS = 20,
    ENGINE_STORE_RETRY_MS = 500, /* between tries when the disk refuses a run that was accepted */
    ENGINE_JOURNAL_MAX = FRAME_JOURNAL_MAX,
    ENGINE_CHUNK_MAX =
        4 << 20, /* a chunk is committed when it gets this large; a record always fits */
};

struct engine {
    uv_loop_t *loop;
    const struct clock *clock;
    const struct config *config;
    struct timers timers;
    struct store *store;
    struct pool *pool;
    struct http *http;
    struct registry registry;
    struct hub hub;
    bool pauses_known; /* triggers that were paused before the start are */
    struct error pauses_unread;
    struct keyring keyring;
    struct vault *vault;
    struct jwt *jwt; /* NULL: no token counts */

    struct map runs; /* id -> struct run: those in memory */
    struct map tags; /* 8-byte tag -> struct run: those on a runner */
    uint64_t next_tag;
    unsigned active[POOL_RUNNERS]; /* runs on each runner that are not idle */
    unsigned live[POOL_RUNNERS];   /* all runs on each runner */
    struct list backlog;           /* runs waiting for a runner */
    size_t backlog_count;
    struct list dirty; /* runs with records to commit at the end of this turn */

    struct list revive_queue; /* struct run: to be rebuilt */
    unsigned reviving;
    struct timer wake; /* the next parked run */
    bool waking, recovered, look_again;
    struct list cancels; /* revive.c: who waits for a run to be cancelled */

    uv_prepare_t turn; /* the end of a turn of the loop: commits and frames go out */
    bool draining, store_broken;
    struct timer probe; /* while it is broken */
    struct list unkept; /* versions not yet in the store: store_outage.c */
    size_t writes;      /* orders under way */
    size_t tickets;     /* callers who wait for an outcome */
    bool resuming;      /* revive_open was called */
    struct watch *watch;
    struct timer rescan; /* is a file that was missing still missing? */
    bool settings_seen;  /* host.lua, as it was at the last scan */
    ino_t settings_inode;
    struct timespec settings_saved;
    bool closing;
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
