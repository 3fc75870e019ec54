/* SPDX-License-Identifier: MIT */
/* known_fields.h - the body fields that a project trigger's contract gives a meaning (CONTRACTS,
 * dialect 3). All are optional, and null is as good as absent; whatever else a body holds is not
 * looked at. Pure but for the list of time zones (timezone.h). Thread: any. */
#pragma once
#include "base/error.h"
#include "base/json.h"

struct known_fields {                /* borrowed from the body or constant; NULL: absent */
    const char *instruction;         /* when it is a string */
    const cJSON *instruction_object; /* when it is an object */
    const char *session;             /* 1 to 256 characters */
    const char *environment;         /* 1 to 256 characters; "api" when absent */
    const char *language;            /* ISO 639-1, lower case */
    const char *timezone;            /* IANA, canonical */
    const cJSON *customer;           /* flat object */
    const cJSON *context;            /* flat object; its nulls are to be dropped, see below */
};

/* body: the parsed body or NULL.
 * False: field (cap bytes) is the JSON pointer ("/context/a"), err the reason. */
bool known_fields_check(const cJSON *body, struct known_fields *out, char *field, size_t cap,
                        struct error *err) MUST_CHECK;
/* Writes the context as scripts see it, without its nulls. */
void known_fields_put_context(struct buf *b, const cJSON *context);
/* "de" for "DE"; NULL when it is no code of ISO 639-1. */
const char *known_fields_language(const char *code);
