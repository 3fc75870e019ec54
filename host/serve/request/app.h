/* SPDX-License-Identifier: MIT */
/* app.h - what the routes share. Owner: cmd/serve. Thread: loop. */
#pragma once
#include "auth/stream_token.h"
#include "engine/engine.h"
#include "serve/address_list.h"
#include "serve/auth_delay.h"
#include "serve/door/door.h"

struct app {
    struct engine *engine;
    const struct clock *clock;
    const struct config *config;
    struct stream_token_key tokens;
    struct list streams; /* open event streams, for the drain */
    struct address_list address_list;
    struct auth_delay auth_delay;
    int64_t warned_ms; /* signed.c: when it last said that a secret is missing; 0: never */
    bool draining;
};

/* The door's callbacks; arg is the app. */
void app_head(void *arg, struct exchange *x);
void app_body(void *arg, struct exchange *x);
/* No new work is taken; event streams are closed so that their readers come back to the next host.
 */
void app_drain(struct app *app);
