/* SPDX-License-Identifier: MIT */
/* frames.h - what runners say, and what it does to runs. Owner: engine. Thread: loop. */
#pragma once
#include "engine/engine.h"

/* False: it breaks the contract of wire/frame.h. */
bool frames_take(void *engine, unsigned runner, const struct frame *f);
/* A runner is gone: blames the culprit, rebuilds its neighbours. */
void frames_lost(void *engine, unsigned runner, const struct pool_end *end);
