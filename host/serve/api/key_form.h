/* SPDX-License-Identifier: MIT */
/* key_form.h - the body of POST /v1/keys as a key, and a key as JSON. Pure. Thread: loop. */
#pragma once
#include "base/json.h"
#include "domain/proof/api_key.h"

enum { KEY_FIELD = 64 };

/* *given: it brings a secret of its own, which k->hash is of then. Fills name, permissions,
 * projects, default project, created and expiry of *k. False: field gets the JSON pointer of what
 * is wrong. */
bool key_form_read(const cJSON *body, int64_t now_ms, struct api_key *k, bool *given,
                   char field[KEY_FIELD], struct error *err) MUST_CHECK;
/* The key object of the API; secret: shown once, else NULL. */
void key_form_put(struct buf *b, const struct api_key *k, const char *secret);
