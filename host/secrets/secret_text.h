/* SPDX-License-Identifier: MIT */
/* secret_text.h - texts with secrets in them, as op arguments have them (lualib/http.lua makes
 * them): a string, or {"$secret": ["Bearer ", {"name": "API_KEY"}]}. The values are put in here,
 * last thing before the request leaves. Owner: an op. Thread: loop. Limit: SECRET_TEXT_PARTS parts.
 */
#pragma once
#include "base/json.h"
#include "domain/proof/secret.h"
#include "secrets/vault.h"

enum { SECRET_TEXT_PARTS = 64 };

/* Well-formed, that is; a string is. */
bool secret_text_ok(const cJSON *text, struct error *err) MUST_CHECK;
bool secret_text_is(const cJSON *text); /* has secrets; NULL has none */
/* What stands before the first secret; the whole string when there is none. */
const char *secret_text_front(const cJSON *text);
/* Every literal part, one after the other; *pos starts with 0. NULL: no more. */
const char *secret_text_next(const cJSON *text, int *pos);
/* "[secret NAME]" in place of the values. */
void secret_text_show(const cJSON *text, struct buf *out);

/* One request. */
struct secret_use {
    const struct vault *vault;
    struct secret_target target;
    struct scrub *sent; /* the values put in so far; NULL: none */
    const char *code;   /* of a failure: "secret.missing" "secret.host" */
};

enum secret_place { PLACE_PLAIN, PLACE_URL };
/* Appends the text with its values. In a URL they are percent-encoded. False: use->code and err. */
bool secret_text_fill(const cJSON *text, enum secret_place place, struct secret_use *use,
                      struct buf *out, struct error *err) MUST_CHECK;
/* Zeroes and frees a buffer that held values. */
void secret_text_wipe(struct buf *b);
