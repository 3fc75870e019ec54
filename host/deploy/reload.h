/* SPDX-License-Identifier: MIT */
/* reload.h - makes triggers of files: scans the scripts folder, has each changed file compiled in a
 * runner, checks its declaration, and only then puts it in place of the last good version. Which
 * runner compiles, and how it hears of that, is left to the callbacks of struct reload_options.
 * Owner: struct engine, or `moontide check`. Thread: loop; a scan blocks on files. */
#pragma once
#include "base/timers.h"
#include "deploy/registry.h"
#include "deploy/version_store.h"
#include "deploy/watch.h"
#include "domain/config/config.h"
#include <sys/stat.h>

/* git and editors delete a file and make it again: its trigger goes on serving for this long. */
enum { RELOAD_GONE_MS = 50 };

struct reload_options {
    const struct config *config; /* borrowed */
    const struct clock *clock;
    struct timers *timers; /* NULL: only one scan will be made */
    /* Has v compiled in a runner, which ends in reload_compiled or reload_killed, later. */
    void (*load)(void *arg, const struct version *v);
    /* Nothing uses v any more: the runners that have it may forget it. */
    void (*unload)(void *arg, const struct version *v);
    /* The store failed to keep a version (version_store.h). Not called when there is no store. */
    void (*refused)(void *arg, const struct error *err);
    void *arg;
};

struct reload {
    struct reload_options o;
    struct registry registry;
    struct version_store kept;
    struct watch *watch;  /* NULL: changes of the folder are not followed */
    struct timer rescan;  /* looks again for files that were missing at the last scan */
    struct stat settings; /* host.lua at the last scan; zero: it was not there */
    bool settings_seen;   /* there was a scan */
};

/* *options is copied; what it points to is borrowed. */
void reload_init(struct reload *r, const struct reload_options *options);
/* Follows the folder's changes from now on: each burst of them causes a scan. */
bool reload_watch(struct reload *r, uv_loop_t *loop, struct error *err) MUST_CHECK;
/* Ends the scans by itself. The loop must go on for a while, as the watch's handles close there. */
void reload_close(struct reload *r);
void reload_done(struct reload *r);

/* Looks at all files now and has those compiled that have changed. Logs what is wrong. */
void reload_scan(struct reload *r);
/* True when nothing is being loaded. */
bool reload_settled(const struct reload *r);
/* To be called when a runner has compiled the version of this tag, text being its
 * declaration (JSON), or, with ok false, has refused it, text saying why. Harmless when no
 * trigger waits for it any more. */
void reload_compiled(struct reload *r, uint64_t tag, bool ok, struct text text);
/* To be called when compiling the version killed its runner. at: the line of the script, or "".
 * detail: how the runner died. */
void reload_killed(struct reload *r, uint64_t tag, const char *at, const char *detail);
