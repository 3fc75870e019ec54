/* SPDX-License-Identifier: MIT */
/* emit.h - the frames that a run sends. Each is appended whole or not at all: nothing here calls
 * into Lua while a frame is open, so a kill cannot leave half of one. Owner: the run on the
 * processor. Thread: one. Limits: EMIT_HIGH unsent bytes end the run's slice; EMIT_MAX, or
 * FRAME_JOURNAL_MAX of records and ops in all, kill it. */
#pragma once
#include "base/buf.h"
#include "wire/record_type.h"
#include <lua.h>
#include <stdint.h>

struct script;

enum { EMIT_HIGH = 1 << 20, EMIT_MAX = 64 << 20 };

/* The JSON of the value at idx, borrowed until the next call; absent for nil. Kills with the code
 * `limit` when it is larger than max. What cannot be written raises an error that begins with the
 * caller's name. */
struct text emit_json(lua_State *L, int idx, uint32_t max, const char *limit, const char *kind);

void emit_op(lua_State *L, uint32_t step, struct text kind, struct text name, struct text args);
void emit_op_cancel(struct script *s, uint32_t step);
void emit_record(lua_State *L, enum record_type type, uint32_t step, uint32_t attempt,
                 struct text name, struct text data);

/* Counts bytes that the host will write into the run's journal beside these records: an answer. */
void emit_count(struct script *s, size_t bytes);
void emit_idle(struct script *s, uint32_t answers);

/* The first and the last frames, for which there may be no script. */
void emit_admitted(struct buf *out, uint64_t run, struct text instruction);
void emit_dropped(struct buf *out, uint64_t run, struct text reason);
void emit_finished(struct buf *out, uint64_t run, struct text result);
void emit_failed(struct buf *out, uint64_t run, struct text code, struct text message,
                 struct text at);
void emit_loaded(struct buf *out, uint64_t version, struct text manifest);
void emit_refused(struct buf *out, uint64_t version, struct text why);
