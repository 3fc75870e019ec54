/* SPDX-License-Identifier: MIT */
/* registry.h - the triggers and their versions. A version is the content of a trigger's files; it
 * lives as long as a trigger serves it or a run uses it. Filled by reload.c.
 * Owner: struct reload. Thread: loop. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "deploy/bundle.h"
#include "domain/manifest/manifest.h"
#include "domain/proof/jwt.h"

struct version {
    uint64_t tag;  /* its name on the border to the runners */
    unsigned refs; /* one of the trigger that serves it, one of each run */
    unsigned char hash[SHA256_BYTES];
    struct bundle *bundle;
    struct manifest *manifest; /* NULL while it is being compiled */
    struct trigger *loader;    /* the trigger that waits for it to be compiled; NULL: none */
};

/* An operator's, as against `paused = true` in the script. It is of an address: it outlives the
 * file. */
struct pause {
    int64_t at_ms;
    char by[JWT_CALLER]; /* id of a key, or a token's subject */
};

struct trigger {
    char *project, *key;
    const struct pause *pause; /* the registry's; NULL: none */
    struct version *current;   /* the last good one; NULL: none yet */
    struct version *loading;   /* being compiled in a runner */
    char *error;               /* why the newest file does not serve; NULL: it does */
    char *rivals;              /* files of the same key that do not serve; one error a line */
    char *rivals_seen;         /* the same, as the scan under way finds them */
    /* The content that `current`, `loading` or `error` came from. */
    unsigned char tried[SHA256_BYTES];
    bool seen;          /* by the scan under way */
    int64_t missing_ms; /* monotonic: since when its file is not there; 0: it is */
    bool clashed;       /* its newest file is fine but for an id or name that another one has */
    int64_t loaded_ms;
};

struct registry {
    struct map by_path;  /* "project/key", key folded -> struct trigger */
    struct map by_id;    /* manifest id -> struct trigger */
    struct map pauses;   /* as by_path -> struct pause */
    struct map versions; /* 8-byte tag -> struct version, those alive */
    uint64_t next_tag;
    bool host_keys; /* a key is unique in the host, not only in its project: setting trigger_keys */
    void (*unused)(void *arg, const struct version *v); /* the last holder of v has dropped it */
    void *arg;
};

/* unused may be NULL. */
void registry_init(struct registry *r, bool host_keys,
                   void (*unused)(void *arg, const struct version *v), void *arg);
void registry_done(struct registry *r);
/* The trigger at an address, serving or not; NULL: none. The key's case does not count, the
 * project's does. */
struct trigger *registry_find(const struct registry *r, struct text project, struct text key);
struct trigger *registry_find_id(const struct registry *r, struct text id);
/* All of them, serving or not, by project and key; the array is the caller's to free. */
struct trigger **registry_sorted(const struct registry *r, size_t *count);
struct trigger *registry_add(struct registry *r, const char *project, const char *key);
void registry_remove(struct registry *r, struct trigger *t);
/* by NULL: ends the pause. Pausing what is paused keeps the first. */
void registry_pause(struct registry *r, const char *project, const char *key, const char *by,
                    int64_t at_ms);
/* True when a request may start it: it has a good version that is not paused. */
bool trigger_serves(const struct trigger *t);
/* key: as before, but for the case of its letters. */
void trigger_set_key(struct trigger *t, const char *key);
/* Two files whose names differ by case only are one key: the first by bytes serves. Notes the file
 * PROJECT/KEY.lua as one that does not. */
void trigger_add_rival(struct trigger *t, const char *project, const char *key);
/* The scan is over: what it saw counts. Returns true when that is news. */
bool trigger_take_rivals(struct trigger *t);
/* Walks over the errors of rivals, "support/fOO.lua:1: what is wrong": *rest is t->rivals first.
 * NULL: there are no more; else the text is the caller's to free. */
char *trigger_next_rival(const char **rest);
/* What is wrong with its files, one line of text each; NULL: nothing. */
const char *trigger_error(const struct trigger *t);
/* Puts a loaded version in place. False: its id, its name or its key (*field says which) belongs to
 * another trigger, which err names. */
bool registry_serve(struct registry *r, struct trigger *t, struct version *v, const char **field,
                    struct error *err) MUST_CHECK;

/* A new version of these files; the reference is the caller's. */
struct version *version_make(struct registry *r, struct bundle *adopted);
struct version *version_hold(struct version *v);
/* The last one to drop it frees it, after `unused` was told. NULL is fine. */
void version_drop(struct registry *r, struct version *v);
struct version *version_by_tag(const struct registry *r, uint64_t tag);
struct version *version_by_hash(const struct registry *r, const unsigned char hash[SHA256_BYTES]);
