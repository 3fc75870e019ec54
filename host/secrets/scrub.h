/* SPDX-License-Identifier: MIT */
/* scrub.h - takes the values of secrets out of a text from outside before anything of it is
 * journaled: a server may echo what it was sent. Each value is looked for as it is and in the forms
 * that servers and scripts make of it (secret_form.h), in one pass over the text whatever the
 * number of values. A value that a server has changed in other ways is not recognised.
 * Owner: the vault, or one request. Thread: the owner's. */
#pragma once
#include "base/buf.h"

/* Shorter values are not looked for in hex and base64, where anything may look like them. */
enum { SCRUB_ENCODED = 8 };

struct scrub;

struct scrub *scrub_new(void);
void scrub_free(struct scrub *s); /* zeroes what it held; NULL is fine */
/* Copies the value, to look for it from now on. "[secret NAME]" will stand in its place. */
void scrub_add(struct scrub *s, const char *name, struct text value);
/* True: the text had values, and the text without them is appended to out. False: the text is clean
 * as it is, and out is left alone. s may be NULL: it looks for nothing then. */
bool scrub_text(const struct scrub *s, struct text in, struct buf *out);
