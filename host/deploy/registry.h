/* SPDX-License-Identifier: MIT */
/* registry.h - the triggers and their versions. A version is the content of a trigger's files; it
 * lives as long as a trigger serves it or a run uses it. reload.c fills the registry.
 * Owner: struct reload. Thread: loop. Limit: the files of the scripts folder. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "deploy/bundle.h"
#include "domain/manifest/manifest.h"
#include "domain/proof/jwt.h"

struct version {
    uint64_t tag;  /* its name in frames to and from the runners */
    unsigned refs; /* one for the trigger that serves it, one for each run */
    unsigned char hash[SHA256_BYTES];
    struct bundle *bundle;
    struct manifest *manifest; /* NULL while it is being compiled */
    struct trigger *loader;    /* the trigger that waits for it to be compiled; NULL: none */
};

/* A pause that an operator has made, unlike `paused = true` in the script. It belongs to an
 * address, so it stays when the file is deleted and made again. */
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
    unsigned char tried[SHA256_BYTES]; /* the content that current, loading or error came from */
    bool seen;                         /* the scan under way has come upon its file */
    int64_t missing_ms;                /* monotonic: since when its file is gone; 0: it is there */
    bool clashed;      /* its newest file is fine but for an id or name that another one has */
    int64_t loaded_ms; /* wall clock: when `current` began to serve */
};

struct registry {
    struct map by_path;  /* "project/key", the key in lower case -> struct trigger */
    struct map by_id;    /* manifest id -> struct trigger */
    struct map pauses;   /* as by_path -> struct pause */
    struct map versions; /* 8-byte tag -> struct version, those alive */
    uint64_t next_tag;
    bool host_keys; /* a key is unique in the host, not only in its project: setting trigger_keys */
    void (*unused)(void *arg, const struct version *v); /* the last holder of v has dropped it */
    void *arg;
};

/* unused is called when the last holder of a version drops it, before it is freed; may be NULL. */
void registry_init(struct registry *r, bool host_keys,
                   void (*unused)(void *arg, const struct version *v), void *arg);
void registry_done(struct registry *r);
/* The trigger at an address, serving or not; NULL: none. The key's case does not count, the
 * project's does. */
struct trigger *registry_find(const struct registry *r, struct text project, struct text key);
/* The trigger that serves under a manifest id; NULL: none does. */
struct trigger *registry_find_id(const struct registry *r, struct text id);
/* All triggers, serving or not, by project and key. The caller frees the array. */
struct trigger **registry_sorted(const struct registry *r, size_t *count);
/* Adds a trigger without a version; it is paused if its address is. */
struct trigger *registry_add(struct registry *r, const char *project, const char *key);
void registry_remove(struct registry *r, struct trigger *t);
/* Pauses the address, whether a trigger is there or not; by NULL: ends the pause. When it is paused
 * already, the first pause stays. */
void registry_pause(struct registry *r, const char *project, const char *key, const char *by,
                    int64_t at_ms);
/* True when a request may start the trigger: it has a good version and is not paused. */
bool trigger_serves(const struct trigger *t);
/* Renames the trigger; key differs from its own in the case of letters at most. */
void trigger_set_key(struct trigger *t, const char *key);
/* Two files whose names differ by case alone have one key, and the first of them by bytes serves.
 * Notes that the file PROJECT/KEY.lua does not. */
void trigger_add_rival(struct trigger *t, const char *project, const char *key);
/* To be called when a scan is over: the rivals that it saw replace those known. True: there are
 * rivals, and others than before. */
bool trigger_take_rivals(struct trigger *t);
/* Walks over the errors of rivals, "support/fOO.lua:1: what is wrong": *rest is t->rivals first.
 * The caller frees each text. NULL: there are no more. */
char *trigger_next_rival(const char **rest);
/* What is wrong with the trigger's files, one line for each; NULL: nothing. Borrowed. */
const char *trigger_error(const struct trigger *t);
/* Makes v the version that the trigger serves. False: v's id, name or key belongs to another
 * trigger, which err names; *field is "id", "name" or, for the key, "". */
bool registry_serve(struct registry *r, struct trigger *t, struct version *v, const char **field,
                    struct error *err) MUST_CHECK;

/* Makes a version of these files. The caller holds a reference to it. */
struct version *version_make(struct registry *r, struct bundle *adopted);
/* Takes one more reference. */
struct version *version_hold(struct version *v);
/* Gives a reference back. Without references the version is freed, after `unused` was
 * called. v may be NULL. */
void version_drop(struct registry *r, struct version *v);
/* A living version, borrowed; NULL: there is none. */
struct version *version_by_tag(const struct registry *r, uint64_t tag);
struct version *version_by_hash(const struct registry *r, const unsigned char hash[SHA256_BYTES]);
