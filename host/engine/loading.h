/* SPDX-License-Identifier: MIT */
/* loading.h - which runner has which version: sends LOAD to a runner that needs one, UNLOAD when
 * nobody uses it any more. Owner: struct engine, or `moontide check`. Thread: loop. */
#pragma once
#include "deploy/registry.h"
#include "engine/pool.h"

struct loading {
    struct pool *pool;
    struct map places; /* 8-byte tag of a version -> struct place */
};

void loading_init(struct loading *l, struct pool *pool);
/* The runners are gone, or going: nobody is told anything any more. */
void loading_done(struct loading *l);

/* Sends LOAD to a runner that does not have it yet. */
void loading_ensure(struct loading *l, const struct version *v, unsigned runner);
/* The same for a version that is new: this runner's answer decides whether it will serve. */
void loading_compile(struct loading *l, const struct version *v, unsigned runner);
/* LOADED or REFUSED has come. True when it answers loading_compile; what a runner says of one more
 * copy decides nothing. */
bool loading_answered(struct loading *l, unsigned runner, uint64_t tag);
/* Nobody uses v any more. */
void loading_unload(struct loading *l, const struct version *v);
/* The runner was replaced: it has nothing any more. What it was compiling is sent to it again, but
 * not what killed it: true when that is `culprit`. */
bool loading_lost(struct loading *l, unsigned runner, uint64_t culprit);
