/* SPDX-License-Identifier: MIT */
/* route.h - what a route is: a row that holds all facts of one address and method. The rows are in
 * serve/routes.c. What /openapi.json says of a route, its CORS headers, 405 with Allow and the
 * credential that it wants all follow from its row. Owner: nobody, constant. Thread: any. */
#pragma once
#include "serve/door/exchange.h"

struct refusal;
struct request;

/* Which credential lets a request in; credential.c has the rules of each. */
enum route_auth {
    AUTH_NONE,     /* nobody, or the route's own business: see webhook_head */
    AUTH_KEY,      /* x-api-key, or Authorization: Bearer with a key or a JSON Web Token */
    AUTH_BEARER,   /* Authorization: Bearer only, with a key */
    AUTH_FLOW,     /* Authorization: Bearer only, with a key or a token */
    AUTH_OPTIONAL, /* as AUTH_KEY if there is any, else nobody */
    AUTH_SIGNED,   /* x-api-key only; without one the body's signature decides: see signed.h */
    AUTH_STREAM,   /* as AUTH_KEY, or ?token= for this one run */
    AUTH_WIDGET,   /* x-api-key or Bearer, with a widget key and no other */
};

/* Whose list of `origins` opens a route to web pages of other origins (cors.h). */
enum route_cors {
    CORS_CLOSED,  /* nobody's: the credential is a secret of servers */
    CORS_TRIGGER, /* that of the trigger {project}/{key} */
    CORS_ID,      /* that of the trigger with the id in the path */
    CORS_WIDGET,  /* the same, if it is a widget */
    CORS_RUN,     /* that of the run's trigger */
};

/* The route's operation in /openapi.json. The schemas, parameters and security schemes that it
 * names are in serve/api/openapi.json; unit/serve/routes compares both ways. Lists are words with
 * blanks between them. */
struct route_doc {
    const char *id;  /* operationId, for generated clients */
    const char *tag; /* the heading that it stands under */
    const char *summary;
    const char *parameters; /* names of parameters; NULL: none but those of the path */
    const char *request;    /* schema of the body, '!' in front: it must be there; NULL: none */
    const char *answers;    /* "200:Run 202:Started 200:text/plain 204": status and its schema, or
                               its media type, or nothing */
    const char *errors;     /* "Problem 400 401": a schema, then statuses; NULL: none */
    const char *security;   /* names of security schemes; NULL: those of its `auth` */
};

struct route {
    enum http_method method;
    const char *pattern; /* "/v1/runs/{id}/events"; with a trailing '/' both forms match */
    enum route_auth auth;
    unsigned permission; /* enum permission, which the route checks against its project; 0: none */
    enum route_cors cors;
    void (*head)(struct request *q); /* optional: look up, permit, set the size limit */
    void (*body)(struct request *q);
    void (*refuse)(struct request *q, const struct refusal *r); /* NULL: problem+json */
    struct route_doc doc;
};
