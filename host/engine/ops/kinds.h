/* SPDX-License-Identifier: MIT */
/* kinds.h - the table of op kinds: one line here and one file beside it make a kind. ops.c alone
 * includes it. Thread: loop. */
#pragma once
#include "engine/ops.h"

extern const struct op_kind op_agent, op_http, op_session, op_sleep;

static const struct op_kind *const op_kinds[] = {&op_agent, &op_http, &op_session, &op_sleep};
