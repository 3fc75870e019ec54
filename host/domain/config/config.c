/* SPDX-License-Identifier: MIT */
#include "domain/config/config.h"

#include "base/mem.h"
#include "domain/config/config_check.h"
#include "domain/config/config_fits.h"
#include "domain/config/config_jwt.h"
#include "domain/value.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char script_source[] = "scripts/host.lua";
static const char env_prefix[] = "MOONTIDE_";

#define AT(member) offsetof(struct config, member)
#define DAY        INT64_C(86400000)
static const struct config_row rows[] = {
    {"scripts", "text", "scripts", "a folder", "folder of the triggers", AT(scripts), 0, 0, NULL},
    {"data", "text", "data", "a folder", "folder of the journal", AT(data), 0, 0, NULL},
    {"listen", "text", "127.0.0.1:8080", "ADDRESS:PORT", "where HTTP is served; port 0: any free",
     AT(listen), 0, 0, config_check_listen},
    {"tls.cert", "text", NULL, "a file",
     "certificate chain, PEM: serves HTTPS; relative to where serve starts", AT(tls_cert), 0, 0,
     NULL},
    {"tls.key", "text", NULL, "a file", "its key, PEM, without a pass phrase", AT(tls_key), 0, 0,
     NULL},
    {"runners", "integer", "0", "0 to 64", "processes that run scripts; 0: one per core",
     AT(runners), 0, 64, NULL},
    {"log", "text", "info", "debug, info, warn or error", "the least level that is logged", AT(log),
     0, 0, config_check_log},
    {"connections", "integer", "10000", "1 to 1000000", "open connections", AT(connections), 1,
     1000000, NULL},
    {"connections_per_address", "integer", "1000", "1 to 1000000",
     "open connections of one peer address", AT(connections_per_address), 1, 1000000, NULL},
    {"request_timeout", "duration", "30s", "1s to 10m", "a whole request must have arrived by then",
     AT(request_ms), 1000, 600000, NULL},
    {"auth_failures", "integer", "20", "0 to 10000",
     "wrong credentials of an address answered at once; 0: all", AT(auth_failures), 0, 10000, NULL},
    {"auth_failure_interval", "duration", "1s", "10ms to 1m", "between the answers to those beyond",
     AT(auth_failure_interval_ms), 10, 60000, NULL},
    {"drain_timeout", "duration", "10s", "1s to 1m", "from SIGTERM to the end", AT(drain_ms), 1000,
     60000, NULL},
    {"runs_per_runner", "integer", "2048", "1 to 4096",
     "runs that compute on one runner at once; more wait", AT(runs_per_runner), 1, 4096, NULL},
    {"backlog", "integer", "10000", "1 to 1000000", "runs that wait for a runner before a 503",
     AT(backlog), 1, 1000000, NULL},
    {"limits.cpu", "duration", "10s", "1ms to 10m", "most CPU a trigger may ask for between steps",
     AT(cpu_ms), 1, 600000, NULL},
    /* A runner reserves 64 MB of addresses a run (VM_MEMORY_MAX). */
    {"limits.memory", "size", "64MB", "1MB to 64MB", "most memory a trigger may ask for",
     AT(memory_bytes), 1 << 20, 64 << 20, NULL},
    {"limits.steps", "integer", "100000", "1 to 10000000", "most steps a trigger may ask for",
     AT(steps), 1, 10000000, NULL},
    {"limits.wall", "duration", "30d", "1s to 3650d", "longest life of a run", AT(wall_ms), 1000,
     3650 * DAY, NULL},
    /* A body reaches a runner in one frame and the journal in one chunk, of 8 MiB each. */
    {"limits.body", "size", "4MB", "1KB to 6MB", "largest body a trigger may ask for",
     AT(body_bytes), 1 << 10, 6 << 20, NULL},
    {"limits.flow_wait", "duration", "290s", "1ms to 290s",
     "how long POST /api/v1/flow waits for a run", AT(flow_wait_ms), 1, 290000, NULL},
    {"limits.webhook_wait", "duration", "55s", "1ms to 290s",
     "how long POST /workflows/trigger waits", AT(webhook_wait_ms), 1, 290000, NULL},
    {"trigger_keys", "text", "project", "project or host",
     "where a trigger's key is its alone: in its project, or in the whole host", AT(trigger_keys),
     0, 0, config_check_trigger_keys},
    {"stream.heartbeat", "duration", "15s", "10ms to 1m",
     "an idle event stream shows life so often", AT(heartbeat_ms), 10, 60000, NULL},
    {"stream.stall", "duration", "30s", "10ms to 10m",
     "a reader that takes nothing for so long is closed; looked at with each heartbeat",
     AT(stall_ms), 10, 600000, NULL},
    {"allow", "list", NULL, "address or CIDR", "the only clients that are let in", AT(allow), 0, 0,
     config_check_network},
    {"block", "list", NULL, "address or CIDR", "clients that are not let in", AT(block), 0, 0,
     config_check_network},
    {"trusted_proxies", "list", NULL, "address or CIDR",
     "whose X-Forwarded-For, Forwarded or PROXY header counts", AT(trusted_proxies), 0, 0,
     config_check_network},
    {"proxy_protocol", "boolean", "false", "true or false",
     "connections begin with a PROXY header, version 2", AT(proxy_protocol), 0, 0, NULL},
    {"egress.allow", "list", NULL, "host, host:port, address or CIDR",
     "private targets that scripts may call", AT(egress_allow), 0, 0, NULL},
    {"jwt.algorithms", "list", NULL, "HS256, or RS256, ES256, EdDSA",
     "which JSON Web Tokens count as credentials", AT(jwt_algorithms), 0, 0, config_jwt_algorithm},
    {"jwt.secret", "text", NULL, "name of a secret", "what HS256 tokens are signed with",
     AT(jwt_secret), 0, 0, config_jwt_secret},
    {"jwt.keys", "text", NULL, "a file, PEM or JWKS",
     "public keys of the others; relative to the scripts folder", AT(jwt_keys), 0, 0, NULL},
    {"jwt.issuer", "text", NULL, "a text", "what `iss` of a token must be", AT(jwt_issuer), 0, 0,
     config_jwt_claim},
    {"jwt.audience", "text", NULL, "a text", "what `aud` must be or hold; none: it must be absent",
     AT(jwt_audience), 0, 0, config_jwt_claim},
    {0},
};

/* Settings of SCRIPTS that this version does not have. */
static const char *const later[] = {"models", "retention"};
/* Variables of the command line tools. */
static const char *const not_settings[] = {"URL", "KEY", "WEBHOOK_SECRET", "MASTER_KEY", "CACERT"};
enum { NAMES_MAX = ARRAY_LEN(rows) };

const struct config_row *config_rows(void)
{
    return rows;
}

void config_env_name(const char *name, char out[CONFIG_NAME])
{
    int len = snprintf(out, CONFIG_NAME, "%s%s", env_prefix, name);
    assert(len < CONFIG_NAME);
    for (char *c = out; len > 0 && *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (*c == '.')
            *c = '_';
    }
}

void config_flag_name(const char *name, char out[CONFIG_NAME])
{
    int len = snprintf(out, CONFIG_NAME, "%s", name);
    assert(len < CONFIG_NAME);
    for (char *c = out; len > 0 && *c; c++) {
        if (*c == '.' || *c == '_')
            *c = '-';
    }
}

/* ---- values */

static void *field_of(struct config *c, const struct config_row *row)
{
    return (char *)c + row->offset;
}

static bool set_text(struct config *c, const struct config_row *row, struct text value,
                     struct error *err)
{
    char **field = field_of(c, row);
    if (value.len == 0)
        return error_set(err, ERROR_INVALID, "a value is needed");
    if (row->check && !row->check(value, err))
        return false;
    free(*field);
    *field = mem_text_n(value.data, value.len);
    return true;
}

static bool set_text_json(struct config *c, const struct config_row *row, const cJSON *v,
                          struct error *err)
{
    if (!cJSON_IsString(v))
        return error_set(err, ERROR_INVALID, "a string is needed, not %s", value_kind(v));
    return set_text(c, row, text_of(v->valuestring), err);
}

static enum value_measure measure_of(const struct config_row *row);

static bool set_measure(struct config *c, const struct config_row *row, struct text value,
                        struct error *err)
{
    return value_from_text(measure_of(row), value, row->min, row->max, field_of(c, row), err);
}

static bool set_measure_json(struct config *c, const struct config_row *row, const cJSON *v,
                             struct error *err)
{
    return value_from_json(measure_of(row), v, row->min, row->max, field_of(c, row), err);
}

/* Takes list over. What an entry may look like is for its user to say (net/egress.h). */
static bool set_list(struct config *c, const struct config_row *row, cJSON *list, struct error *err)
{
    cJSON **field = field_of(c, row);
    for (const cJSON *e = list->child; e; e = e->next) {
        if (!e->valuestring[0]) {
            cJSON_Delete(list);
            return error_set(err, ERROR_INVALID, "an entry of the list is empty");
        }
        if (row->check && !row->check(text_of(e->valuestring), err)) {
            cJSON_Delete(list);
            return false;
        }
    }
    cJSON_Delete(*field);
    *field = list;
    return true;
}

/* "a,b, c" */
static bool set_list_text(struct config *c, const struct config_row *row, struct text value,
                          struct error *err)
{
    cJSON *list = cJSON_CreateArray();
    while (value.data) {
        struct text part = text_trim(text_cut(&value, ','));
        char *copy = mem_text_n(part.data, part.len);
        cJSON_AddItemToArray(list, cJSON_CreateString(copy));
        free(copy);
    }
    return set_list(c, row, list, err);
}

static bool set_list_json(struct config *c, const struct config_row *row, const cJSON *v,
                          struct error *err)
{
    bool empty = cJSON_IsObject(v) && !v->child; /* Lua's {} may come as either */
    if (!cJSON_IsArray(v) && !empty)
        return error_set(err, ERROR_INVALID, "a list of strings is needed, not %s", value_kind(v));
    for (const cJSON *e = v->child; e; e = e->next) {
        if (!cJSON_IsString(e))
            return error_set(err, ERROR_INVALID, "a list of strings is needed, not of %s",
                             value_kind(e));
    }
    return set_list(c, row, empty ? cJSON_CreateArray() : cJSON_Duplicate(v, true), err);
}

static bool set_boolean(struct config *c, const struct config_row *row, struct text value,
                        struct error *err)
{
    bool *field = field_of(c, row);
    *field = text_is(value, "true");
    return *field || text_is(value, "false") ||
           error_set(err, ERROR_INVALID, "true or false is needed");
}

static bool set_boolean_json(struct config *c, const struct config_row *row, const cJSON *v,
                             struct error *err)
{
    bool *field = field_of(c, row);
    *field = cJSON_IsTrue(v);
    return cJSON_IsBool(v) ||
           error_set(err, ERROR_INVALID, "true or false is needed, not %s", value_kind(v));
}

static const struct kind {
    const char *name;
    enum value_measure measure; /* of numbers */
    bool (*from_text)(struct config *c, const struct config_row *row, struct text value,
                      struct error *err);
    bool (*from_json)(struct config *c, const struct config_row *row, const cJSON *v,
                      struct error *err);
} kinds[] = {
    {"text", 0, set_text, set_text_json},
    {"integer", VALUE_COUNT, set_measure, set_measure_json},
    {"duration", VALUE_DURATION, set_measure, set_measure_json},
    {"size", VALUE_SIZE, set_measure, set_measure_json},
    {"list", 0, set_list_text, set_list_json},
    {"boolean", 0, set_boolean, set_boolean_json},
};

static const struct kind *kind_of(const struct config_row *row)
{
    size_t i = 0;
    while (strcmp(kinds[i].name, row->kind) != 0)
        i++;
    return &kinds[i];
}

static enum value_measure measure_of(const struct config_row *row)
{
    return kind_of(row)->measure;
}

/* ---- scripts/host.lua */

static bool is_later(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(later); i++) {
        if (strcmp(later[i], name) == 0)
            return true;
    }
    return false;
}

static bool unknown(struct error *err, const char *source, struct text name,
                    const char *const *names, const char *dashes)
{
    const char *near = text_nearest(name, names);
    if (near)
        return error_set(err, ERROR_INVALID, "%s: unknown setting, did you mean \"%s%s\"?", source,
                         dashes, near);
    return error_set(err, ERROR_INVALID, "%s: unknown setting", source);
}

/* v->string, below the group `prefix` ("limits." or ""). */
static bool unknown_in_script(const cJSON *v, const char *prefix, struct error *err)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    char source[2 * CONFIG_NAME + 32];
    size_t count = 0, len = strlen(prefix);
    for (size_t i = 0; rows[i].name; i++) {
        if (strncmp(rows[i].name, prefix, len) == 0)
            names[count++] = rows[i].name + len;
    }
    snprintf(source, sizeof source, "%s: %s%.60s", script_source, prefix, v->string);
    return unknown(err, source, text_of(v->string), names, prefix);
}

static bool take_table(struct config *c, const cJSON *table, const char *prefix, struct error *err);

static bool take_entry(struct config *c, const cJSON *v, const char *prefix, struct error *err)
{
    char name[CONFIG_NAME], group[CONFIG_NAME + 1];
    int len = snprintf(name, sizeof name, "%s%s", prefix, v->string);
    if (len >= CONFIG_NAME)
        return unknown_in_script(v, prefix, err);
    if (is_later(name))
        return error_set(err, ERROR_INVALID, "%s: setting \"%s\" is not supported yet",
                         script_source, name);
    snprintf(group, sizeof group, "%s.", name);
    for (const struct config_row *row = rows; row->name; row++) {
        if (strncmp(row->name, group, strlen(group)) == 0)
            return take_table(c, v, group, err);
        if (strcmp(row->name, name) != 0)
            continue;
        if (row->offset == AT(scripts))
            return error_set(err, ERROR_INVALID,
                             "%s: scripts: this file lies in that folder: use --scripts or "
                             "MOONTIDE_SCRIPTS",
                             script_source);
        return kind_of(row)->from_json(c, row, v, err) ||
               error_context(err, "%s: %s", script_source, name);
    }
    return unknown_in_script(v, prefix, err);
}

static bool take_table(struct config *c, const cJSON *table, const char *prefix, struct error *err)
{
    bool empty = cJSON_IsArray(table) && !table->child;
    if (!empty && (!cJSON_IsObject(table) || value_is_function(table))) {
        error_set(err, ERROR_INVALID, "a table of settings is needed, not %s", value_kind(table));
        if (prefix[0])
            error_context(err, "%.*s", (int)strlen(prefix) - 1, prefix);
        return error_context(err, "%s", script_source);
    }
    for (const cJSON *v = table->child; v; v = v->next) {
        if (!take_entry(c, v, prefix, err))
            return false;
    }
    return true;
}

/* ---- environment and flags */

/* All names as one source spells them, NULL behind; `spelt` keeps them. */
static void spell(void (*as)(const char *name, char out[CONFIG_NAME]),
                  char spelt[NAMES_MAX][CONFIG_NAME], const char *names[NAMES_MAX + 1])
{
    size_t count = 0;
    for (; rows[count].name; count++) {
        as(rows[count].name, spelt[count]);
        names[count] = spelt[count];
    }
    names[count] = NULL;
}

/* source: how the setting was given, for errors; name: what is looked up among `names`. */
static bool take_named(struct config *c, struct text name, struct text value, const char *source,
                       const char *const *names, const char *dashes, struct error *err)
{
    for (size_t i = 0; names[i]; i++) {
        if (text_is(name, names[i]))
            return kind_of(&rows[i])->from_text(c, &rows[i], value, err) ||
                   error_context(err, "%s", source);
    }
    return unknown(err, source, name, names, dashes);
}

/* Is it the setting, or something below it ("MOONTIDE_TLS_CERT")? */
static bool names_later(struct text name, void (*as)(const char *name, char out[CONFIG_NAME]),
                        char below)
{
    for (size_t i = 0; i < ARRAY_LEN(later); i++) {
        char spelt[CONFIG_NAME];
        as(later[i], spelt);
        size_t len = strlen(spelt);
        if (text_starts(name, spelt) && (name.len == len || name.data[len] == below))
            return true;
    }
    return false;
}

static bool take_variable(struct config *c, const char *variable, const char *const *names,
                          struct error *err)
{
    struct text value = text_of(variable), name = text_cut(&value, '=');
    if (!text_starts(name, env_prefix) || value.len == 0)
        return true;
    size_t prefix = sizeof env_prefix - 1;
    for (size_t i = 0; i < ARRAY_LEN(not_settings); i++) {
        if (text_is((struct text){name.data + prefix, name.len - prefix}, not_settings[i]))
            return true;
    }
    char source[2 * CONFIG_NAME];
    snprintf(source, sizeof source, "%.*s", (int)name.len, name.data);
    if (names_later(name, config_env_name, '_'))
        return error_set(err, ERROR_INVALID, "%s: this setting is not supported yet", source);
    return take_named(c, name, value, source, names, "", err);
}

static bool take_env(struct config *c, char *const *env, struct error *err)
{
    char spelt[NAMES_MAX][CONFIG_NAME];
    const char *names[NAMES_MAX + 1];
    spell(config_env_name, spelt, names);
    for (; env && *env; env++) {
        if (!take_variable(c, *env, names, err))
            return false;
    }
    return true;
}

static bool take_flags(struct config *c, const char *const *flags, struct error *err)
{
    char spelt[NAMES_MAX][CONFIG_NAME];
    const char *names[NAMES_MAX + 1];
    spell(config_flag_name, spelt, names);
    for (; flags && flags[0]; flags += 2) {
        char source[2 * CONFIG_NAME];
        snprintf(source, sizeof source, "--%s", flags[0]);
        if (!flags[1])
            return error_set(err, ERROR_INVALID, "%s: a value is needed", source);
        if (names_later(text_of(flags[0]), config_flag_name, '-'))
            return error_set(err, ERROR_INVALID, "%s: this setting is not supported yet", source);
        if (!take_named(c, text_of(flags[0]), text_of(flags[1]), source, names, "--", err))
            return false;
    }
    return true;
}

static bool take_fallbacks(struct config *c, struct error *err)
{
    for (const struct config_row *row = rows; row->name; row++) {
        if (row->fallback && !kind_of(row)->from_text(c, row, text_of(row->fallback), err))
            return error_context(err, "the default of %s", row->name);
    }
    return true;
}

static bool take_all(struct config *c, const cJSON *host_lua, char *const *env,
                     const char *const *flags, struct error *err)
{
    return take_fallbacks(c, err) && (!host_lua || take_table(c, host_lua, "", err)) &&
           take_env(c, env, err) && take_flags(c, flags, err);
}

char *config_scripts(char *const *env, const char *const *flags, struct error *err)
{
    struct config *c = mem_zero(1, sizeof *c);
    char *scripts = take_all(c, NULL, env, flags, err) ? mem_text(c->scripts) : NULL;
    config_free(c);
    return scripts;
}

struct config *config_new(const cJSON *host_lua, char *const *env, const char *const *flags,
                          struct error *err)
{
    struct config *c = mem_zero(1, sizeof *c);
    if (take_all(c, host_lua, env, flags, err) && config_fits(c, err))
        return c;
    config_free(c);
    return NULL;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (const struct config_row *row = rows; row->name; row++) {
        if (strcmp(row->kind, "text") == 0)
            free(*(char **)field_of(c, row));
        if (strcmp(row->kind, "list") == 0)
            cJSON_Delete(*(cJSON **)field_of(c, row));
    }
    free(c);
}
