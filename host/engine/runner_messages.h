/* SPDX-License-Identifier: MIT */
/* runner_messages.h - what runners say, and what it does to runs. Owner: engine. Thread: loop. */
#pragma once
#include "engine/engine.h"

/* False: it breaks the contract of wire/frame.h. */
bool runner_messages_take(void *engine, unsigned runner, const struct frame *f);
/* A runner is gone: blames the culprit, rebuilds its neighbours. */
void runner_messages_lost(void *engine, unsigned runner, const struct pool_end *end);
