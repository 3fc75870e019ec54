/* SPDX-License-Identifier: MIT */
/* config.h - the host's settings: one row each (name, kind, default, bounds, help). A value comes from, in rising order of
 * weight: the default, scripts/host.lua (a table, as JSON), the environment (MOONTIDE_NAME, dots as underscores), the
 * flag (--name, dots as dashes). An unknown key is an error that names the nearest known one. Pure. Thread: start-up. */
#pragma once
#include "base/error.h"
#include "base/json.h"

struct config {
    char *scripts; /* folder, default "scripts" */
    char *data;    /* folder, default "data" */
    char *listen;  /* "127.0.0.1:8080", "[::1]:8080", ":8080" is refused with the two ways to say it right */
    int64_t runners; /* 0: one per core */
    char *log;       /* "debug" "info" "warn" "error" */
    int64_t connections;             /* total, 10000 */
    int64_t connections_per_address; /* 1000 */
    int64_t request_ms;  /* whole request must have arrived, "30s" */
    int64_t drain_ms;    /* SIGTERM to exit, "10s" bound: 1s to 60s */
    int64_t backlog;     /* runs that wait for a runner before 503 */
    int64_t cpu_ms, memory_bytes, steps, wall_ms, body_bytes; /* limits.*: ceilings for triggers */
    cJSON *egress_allow; /* egress.allow: array of "host", "host:port", "CIDR", "ip:port"; NULL: none */
    cJSON *trusted_proxies; /* array of CIDR; NULL */
};

struct config_row {
    const char *name;    /* "limits.cpu" */
    const char *kind;    /* "text" "integer" "duration" "size" "list" */
    const char *fallback; /* as written */
    const char *bounds;  /* for --help: "1 to 256" */
    const char *help;
};

/* The table, for --help; a row with name NULL ends it. */
const struct config_row *config_rows(void);
/* host_lua: the table as JSON or NULL; env: environ; flags: pairs {"listen", "…", …, NULL}. NULL and err on a mistake: the
 * text names the source ("scripts/host.lua: limits.cpu: …", "MOONTIDE_LISTEN: …", "--listen: …"). */
struct config *config_new(const cJSON *host_lua, char *const *env, const char *const *flags, struct error *err) MUST_CHECK;
void config_free(struct config *c);
/* "127.0.0.1:8080" into parts; host gets brackets removed. */
bool config_address(struct text listen, char host[64], int *port, struct error *err) MUST_CHECK;
