/* SPDX-License-Identifier: MIT */
/* routes.h - every address of the host, in one table. Owner: nobody, constant. Thread: any. */
#pragma once
#include "base/text.h"
#include "serve/request/route.h"

enum { ROUTE_ALLOW = 64 };

/* The n-th route; NULL behind the last. */
const struct route *route_at(size_t n);
/* The first route of this method and path; HEAD finds that of GET. It decodes the path's parameters
 * into q->params. NULL: there is none; if the path exists with other methods, these are in `allow`
 * as the header Allow has them, and q->near is one of their routes. */
const struct route *route_find(enum http_method method, struct text path, struct request *q,
                               char allow[ROUTE_ALLOW]);
