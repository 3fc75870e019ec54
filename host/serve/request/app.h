/* SPDX-License-Identifier: MIT */
/* app.h - what all requests share. Owner: cmd/serve. Thread: loop. */
#pragma once
#include "auth/stream_token.h"
#include "engine/engine.h"
#include "serve/request/address_list.h"
#include "serve/request/auth_delay.h"

struct route;

struct app {
    struct engine *engine;
    const struct clock *clock;
    const struct config *config;
    const struct route *(*route_at)(size_t n); /* of serve/routes.h, for openapi.c below it */
    struct stream_token_key tokens;
    struct list streams; /* open event streams, for the drain */
    struct address_list address_list;
    struct auth_delay auth_delay;
    int64_t warned_ms; /* signed.c: when it last said that a secret is missing; 0: never */
    bool draining;
};
