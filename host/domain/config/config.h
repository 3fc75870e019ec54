/* SPDX-License-Identifier: MIT */
/* config.h - the host's settings: one row each (name, kind, default, bounds, help).
 *
 * A value comes from, in rising order of weight: the default, scripts/host.lua (a table, as JSON),
 * the environment (MOONTIDE_NAME, dots as underscores; an empty variable counts as unset), the flag
 * (--name, dots and underscores as dashes). An unknown key is an error that names the nearest known
 * one. To add a setting: a row in config.c and its field here.
 * Pure. Owner: the caller. Thread: start-up. */
#pragma once
#include "base/error.h"
#include "base/json.h"

/* A field for each row of config.c, where its default and bounds stand. */
struct config {
    char *scripts, *data;     /* folders */
    char *listen;             /* "127.0.0.1:8080", "[::1]:8080"; see config_address */
    char *tls_cert, *tls_key; /* files; both, or none (NULL) for plain HTTP */
    int64_t runners;          /* 0: one per core */
    char *log;                /* "debug" "info" "warn" "error" */
    int64_t connections, connections_per_address;
    int64_t request_ms;                              /* a whole request must have arrived by then */
    int64_t drain_ms;                                /* from SIGTERM to the end */
    int64_t auth_failures, auth_failure_interval_ms; /* see domain/proof/penalty.h */
    int64_t runs_per_runner; /* on their way through a runner at once; more wait in the backlog */
    int64_t backlog;         /* runs that wait for a runner before a 503 */
    int64_t cpu_ms, memory_bytes, steps, wall_ms, body_bytes; /* limits.*: ceilings for triggers */
    int64_t flow_wait_ms, webhook_wait_ms;  /* how long these doors wait for a run */
    char *trigger_keys;                     /* "project" or "host": where a key is unique */
    int64_t heartbeat_ms, stall_ms;         /* of event streams */
    cJSON *allow, *block, *trusted_proxies; /* as cidr_list_read takes them, or NULL */
    bool proxy_protocol;   /* each connection begins with a PROXY header, version 2 */
    cJSON *egress_allow;   /* as egress_new takes it; NULL: none */
    cJSON *jwt_algorithms; /* names; NULL: no JWT counts. See config_jwt.h */
    char *jwt_secret, *jwt_keys, *jwt_issuer, *jwt_audience; /* NULL: none */
};

struct config_row {
    const char *name;     /* "limits.cpu" */
    const char *kind;     /* "text" "integer" "duration" "size" "list" "boolean" */
    const char *fallback; /* as written; NULL: none */
    const char *bounds;   /* for --help: "1 to 256", "a folder" */
    const char *help;
    /* the rest is for config.c */
    size_t offset;
    int64_t min, max;
    bool (*check)(struct text value, struct error *err); /* of a text, or of each entry */
};

/* The table, for --help; a row with name NULL ends it. */
const struct config_row *config_rows(void);
/* How a row is called in the environment ("MOONTIDE_LIMITS_CPU") and as a flag ("limits-cpu"). */
enum { CONFIG_NAME = 64 };
void config_env_name(const char *name, char out[CONFIG_NAME]);
void config_flag_name(const char *name, char out[CONFIG_NAME]);

/* host_lua: the table as JSON or NULL; env: environ, or NULL; flags: pairs {"listen", "…", …, NULL}
 * without the dashes in front, or NULL. NULL and err on a mistake: the text names the source
 * ("scripts/host.lua: limits.cpu: …", "MOONTIDE_LISTEN: …", "--listen: …"). `scripts` cannot be set
 * in host.lua, which lies there. */
struct config *config_new(const cJSON *host_lua, char *const *env, const char *const *flags,
                          struct error *err) MUST_CHECK;
void config_free(struct config *c);
/* The folder of the scripts alone, which must be known before its host.lua can be read: whether the
 * rest fits together shows only then. Free it. */
char *config_scripts(char *const *env, const char *const *flags, struct error *err) MUST_CHECK;

/* "127.0.0.1:8080" or "[::1]:8080" into parts; host gets the brackets removed, "localhost" becomes
 * 127.0.0.1. Port 0 lets the system choose. Other names, and ":8080", which leaves open what is
 * meant, are refused. */
enum { CONFIG_HOST = 64 };
bool config_address(struct text listen, char host[CONFIG_HOST], int *port,
                    struct error *err) MUST_CHECK;
