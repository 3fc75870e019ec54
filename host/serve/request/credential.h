/* SPDX-License-Identifier: MIT */
/* credential.h - whether a request bears what its route asks for: an API key, a JSON Web Token, a
 * stream token. Owner: the request. Thread: loop. */
#pragma once
#include "serve/request/route.h"
#include <stdbool.h>

/* True: q->key has what may be done, q->subject whom a token speaks for, and q->authenticated says
 * whether there was a key or a token at all. False: refused with 401. */
bool credential_holds(struct request *q);
/* The security schemes of /openapi.json that stand for it, with blanks between them; "" for
 * nobody. */
const char *credential_schemes(enum route_auth auth);
