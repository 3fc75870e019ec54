/* SPDX-License-Identifier: MIT */
/* reload.h - from files to triggers: scans the scripts folder, has what changed compiled in a
 * runner, checks its declaration, and only then puts it in place of the last good version. Which
 * runner compiles, and how it is told, is the business of whoever gives the callbacks.
 * Owner: struct engine, or `moontide check`. Thread: loop. */
#pragma once
#include "base/timers.h"
#include "deploy/registry.h"
#include "deploy/version_store.h"
#include "deploy/watch.h"
#include "domain/config/config.h"
#include <sys/stat.h>

/* git and editors delete a file and make it again: that long its trigger serves on. */
enum { RELOAD_GONE_MS = 50 };

struct reload_options {
    const struct config *config; /* borrowed */
    const struct clock *clock;
    struct timers *timers; /* NULL: only one scan will be made */
    /* Has v compiled in a runner; the answer comes by reload_compiled or reload_killed, later. */
    void (*load)(void *arg, const struct version *v);
    /* v is not used any more: whoever has it forgets it. */
    void (*unload)(void *arg, const struct version *v);
    /* The store failed to keep a version; see version_store.h. Not told without a store. */
    void (*refused)(void *arg, const struct error *err);
    void *arg;
};

struct reload {
    struct reload_options o;
    struct registry registry;
    struct version_store kept;
    struct watch *watch;  /* NULL: nobody follows the folder's changes */
    struct timer rescan;  /* is a file that was missing still missing? */
    struct stat settings; /* host.lua, as it was at the last scan; zero: not there */
    bool settings_seen;   /* there was a scan */
};

void reload_init(struct reload *r, const struct reload_options *options);
/* Follows the folder's changes from now on. */
bool reload_watch(struct reload *r, uv_loop_t *loop, struct error *err) MUST_CHECK;
/* No more scans; run the loop on so that the watch's handles close. */
void reload_close(struct reload *r);
void reload_done(struct reload *r);

/* Looks at all files now; what has changed is loaded. */
void reload_scan(struct reload *r);
/* True when nothing is being loaded. */
bool reload_settled(const struct reload *r);
/* The runner has compiled the version of this tag: text is its declaration; or has refused it: text
 * says why. Harmless for a version that nobody waits for any more. */
void reload_compiled(struct reload *r, uint64_t tag, bool ok, struct text text);
/* Compiling it killed the runner (how: detail), at this line of the script, or "". */
void reload_killed(struct reload *r, uint64_t tag, const char *at, const char *detail);
