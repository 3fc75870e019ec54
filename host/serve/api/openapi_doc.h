/* SPDX-License-Identifier: MIT */
/* openapi_doc.h - what /openapi.json says about each route, in one table; schemas and parameters
 * that it names are in openapi.json beside it. A route without a row fails
 * tests/unit/serve/openapi_test.c. Constant. */
#pragma once
#include "serve/request.h"

struct openapi_doc {
    enum http_method method;
    const char *pattern; /* as in routes.c */
    const char *id;      /* operationId, for generated clients */
    const char *summary;
    const char *tag;
    const char
        *parameters;     /* names, by blanks, of components.parameters; NULL: none but the path's */
    const char *request; /* schema of the body; NULL: none. A '!' in front: it must be there */
    const char *answers; /* "200:Run 202:Started 200:text/plain 204": status and its schema, or
                            media type, or nothing */
    const char *errors;  /* "Problem 400 401": schema, then statuses; NULL: none */
    const char *security; /* names of security schemes, by blanks; NULL: as its `auth` has it */
};

extern const struct openapi_doc openapi_docs[]; /* a row without a pattern ends them */
/* NULL: there is none. */
const struct openapi_doc *openapi_doc_of(enum http_method method, const char *pattern);
