/* SPDX-License-Identifier: MIT */
/* secret_text.h - texts with secrets in them, as the arguments of an op have them (lualib/http.lua
 * makes them): a string, or {"$secret": ["Bearer ", {"name": "API_KEY"}]}. secret_text_fill puts
 * the values in, as the last thing before the request leaves.
 * Owner: an op. Thread: loop. Limit: SECRET_TEXT_PARTS parts. */
#pragma once
#include "base/json.h"
#include "domain/proof/secret.h"
#include "secrets/vault.h"

enum { SECRET_TEXT_PARTS = 64 };

/* True when the text is well-formed, as every string is. Whether its secrets exist is not asked. */
bool secret_text_ok(const cJSON *text, struct error *err) MUST_CHECK;
/* True when the text has secrets in it. text may be NULL: it has none. */
bool secret_text_is(const cJSON *text);
/* The part before the first secret; the whole string when there is none. Borrowed. */
const char *secret_text_front(const cJSON *text);
/* Walks over the literal parts, borrowed: *pos is 0 first. NULL: there are no more. */
const char *secret_text_next(const cJSON *text, int *pos);
/* Appends the text as it may be shown, with "[secret NAME]" in place of the values. */
void secret_text_show(const cJSON *text, struct buf *out);

/* The values used in one request. */
struct secret_use {
    const struct vault *vault;
    struct secret_target target;
    struct scrub *sent; /* the values put in so far; NULL: none */
    const char *code;   /* of a failure: "secret.missing", "secret.host", "too_large" */
};

enum secret_place { PLACE_PLAIN, PLACE_URL };
/* Appends the text with its values, which are percent-encoded in a URL. False: a secret is missing
 * or may not go to use->target, or out is full; use->code and err say so. */
bool secret_text_fill(const cJSON *text, enum secret_place place, struct secret_use *use,
                      struct buf *out, struct error *err) MUST_CHECK;
/* Zeroes and frees a buffer that held values. */
void secret_text_wipe(struct buf *b);
