/* SPDX-License-Identifier: MIT */
/* event.h - the `event` that scripts get: a table without fields of its own, in front of the one
 * with the fields, so that assigning to it fails. What its fields hold is the run's own copy.
 * Owner: the script. Thread: one. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <lua.h>

struct script;

/* Makes the table in front; the same for every run, so it may be part of an image. */
void event_open(lua_State *L);
/* Puts the fields of the event's JSON behind it, with runId and at, an empty body if none was sent,
 * and inputs = body if there are none. */
bool event_fill(struct script *s, struct text json, struct error *err) MUST_CHECK;
/* Sets event.instruction; absent: none. */
void event_set_instruction(struct script *s, struct text instruction);
/* The body's `instruction` if it is a text that is not empty, borrowed from the
 * event; else absent. */
struct text event_body_instruction(struct script *s);
