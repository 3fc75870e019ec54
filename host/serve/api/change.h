/* SPDX-License-Identifier: MIT */
/* change.h - a change of keys or webhook secrets on its way: to the store, then into the keyring,
 * and only then the answer that was prepared. The client may go meanwhile. Thread: loop. */
#pragma once
#include "serve/request/request.h"

struct change;

/* The answer: 204, or 201 with *json, which is taken over and zeroed when done with (it may hold a
 * secret). */
struct change *change_new(struct request *q, struct buf *json);
/* The store's callback; arg is the change. */
void change_written(void *arg, const struct error *err);
/* {"secret": …} of a form: a value made elsewhere. True: *hash is its hash, and the text is zeroed.
 * False: err says what it must be. */
bool change_given_secret(const cJSON *value, unsigned char hash[SHA256_BYTES],
                         struct error *err) MUST_CHECK;
