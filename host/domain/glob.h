/* SPDX-License-Identifier: MIT */
/* glob.h - `*` any run of characters, `?` one character, the rest itself; the whole text must
 * match. Linear time: all the ways to match are followed at once as bits of a few words, so no text
 * makes it go back. Owner: the caller. Thread: any. Limit: patterns of GLOB_BYTES. */
#pragma once
#include "base/text.h"

enum { GLOB_BYTES = 255 };

struct glob;

struct glob *glob_new(struct text pattern); /* NULL: longer than GLOB_BYTES or not UTF-8 */
void glob_free(struct glob *g);
bool glob_match(const struct glob *g, struct text subject);
