/* SPDX-License-Identifier: MIT */
/* manifest.h - a trigger's declaration, checked. The runner turns the table given to trigger{} into
 * JSON (functions become {"$function": LINE}); this file checks it against the schema of SCRIPTS
 * "The declaration, whole", fills the defaults and keeps what the host needs. Pure. Owner: the
 * registry. Thread: loop. Manifest JSON as sent by the runner: {"line": L, "declaration": {…}}: L
 * is the line of the trigger{} call. */
#pragma once
#include "base/error.h"
#include "base/json.h"
#include "domain/address/cidr.h"
#include <stdint.h>

struct filter;         /* domain/filter.h */
struct schema;         /* domain/schema.h */
struct signature_rule; /* domain/proof/signature_rule.h */

enum manifest_limits_default {
    MANIFEST_BODY = 1 << 20,
    MANIFEST_WAIT_MS = 60000,
    MANIFEST_CPU_MS = 250,
    MANIFEST_MEMORY = 16 << 20,
    MANIFEST_STEPS = 1000,
    MANIFEST_OUTPUT = 1 << 20,
    MANIFEST_RECORD = 64 << 10,
};

/* The most that any trigger may ask for where the host has no setting. */
enum {
    MANIFEST_WAIT_MAX_MS = 300000,
    MANIFEST_OUTPUT_MAX = 4 << 20,
    MANIFEST_RECORD_MAX = 1 << 20
};
#define MANIFEST_UNIQUE_MAX_MS (INT64_C(3650) * 86400000) /* ten years; `true` is for ever */

struct manifest {
    char *name;
    char *id;              /* "<project>.<key>" unless declared */
    cJSON *input;          /* as declared, or NULL */
    struct schema *schema; /* what it says; NULL when input is */
    cJSON *defaults;       /* object or NULL */
    struct filter *filter; /* data filter or NULL */
    bool filter_function;
    bool unique;
    int64_t unique_ms;      /* 0: for ever */
    int64_t wait_ms;        /* 0: never wait */
    bool instruction_given; /* template or function: the runner renders it; else the body's
                               instruction is used */
    bool paused;
    bool webhook_off;              /* `webhook = false`: no secret opens it */
    bool widget;                   /* pages of its origins may start it with a widget key */
    char *origins;                 /* domain/origin.h: pages that may read answers; NULL: none */
    struct signature_rule *verify; /* NULL: an API key is what is asked for */
    struct cidr_list allow, block;
    int64_t body_max;
    int64_t wall_ms; /* 0: the host's */
    uint32_t cpu_ms, memory_bytes, steps, output_bytes, record_bytes;
};

/* Ceilings of what a trigger may ask for (limits = {…}); from the host's config. */
struct manifest_ceilings {
    int64_t cpu_ms, memory_bytes, steps, wall_ms, body_bytes;
};

/* Fields of SCRIPTS that this version does not implement yet are refused by name ("not supported
 * yet"), unknown ones with the nearest known name. On error: *line is the best line to show (found
 * by looking for the field's name in source from the trigger{} line on), err the reason without
 * file and line. NULL on error. */
struct manifest *manifest_new(const char *project, const char *key, struct text json,
                              struct text source, const struct manifest_ceilings *ceilings,
                              int *line, struct error *err) MUST_CHECK;
void manifest_free(struct manifest *m);
