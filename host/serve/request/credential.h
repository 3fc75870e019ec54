/* SPDX-License-Identifier: MIT */
/* bearer.h - a JSON Web Token as a request's credential, where an API key does not hold. Owner: the
 * request. Thread: loop. */
#pragma once
#include <stdbool.h>

struct request;

/* On routes that take one. True: q->key has what the token grants, and q->subject whom it speaks
 * for. */
bool bearer_holds(struct request *q);
