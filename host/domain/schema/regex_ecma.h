/* SPDX-License-Identifier: MIT */
/* regex_ecma.h - from the syntax of ECMA-262 (with the u flag) to that of PCRE2. Nothing that only
 * PCRE2 knows gets through: what ECMA-262 has no meaning for is refused. Pure.
 * Only regex.c includes this. */
#pragma once
#include "base/buf.h"
#include "base/error.h"

/* pattern: valid UTF-8. */
bool regex_translate(struct text pattern, struct buf *out, struct error *err) MUST_CHECK;
