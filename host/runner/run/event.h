/* SPDX-License-Identifier: MIT */
/* event.h - the `event` that scripts get: a table without fields of its own, in front of the real
 * one, so that assigning to it fails. What lies in its fields is the run's own copy. Owner: the vm.
 * Thread: one. */
#pragma once
#include "base/error.h"
#include "base/text.h"
#include <lua.h>

struct vm;

/* Makes the table in front; the same for every run, so it may be part of an image. */
void event_open(lua_State *L);
/* Puts the fields of the event's JSON behind it, with runId, at, and inputs = body if it has none.
 */
bool event_fill(struct vm *vm, struct text json, struct error *err) MUST_CHECK;
void event_set_instruction(struct vm *vm, struct text instruction); /* absent: none */
/* The body's `instruction` if it is a text that is not empty, borrowed from the event; else absent.
 */
struct text event_body_instruction(struct vm *vm);
