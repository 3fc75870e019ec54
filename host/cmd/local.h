/* SPDX-License-Identifier: MIT */
/* local.h - what the commands share that work on the data folder. Thread: main. */
#pragma once
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* *data is what --data gave, or NULL: then MOONTIDE_DATA, else "data". False: there is no such
 * folder; a mistyped one would be made and hold what no host knows. */
bool local_data(const char **data, struct error *err) MUST_CHECK;
/* All of standard input, at most cap bytes, without stdio, whose buffers would keep a copy; one
 * line end behind it is taken away. line: to the end of the first line, from a terminal. */
bool local_input(char *out, size_t cap, bool line, size_t *len, struct error *err) MUST_CHECK;
/* --secret-stdin: a secret made elsewhere, NUL-terminated. */
enum { LOCAL_SECRET = 256 };
bool local_given_secret(char out[LOCAL_SECRET], struct error *err) MUST_CHECK;
