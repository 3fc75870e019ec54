/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/config/config.h"
#include "domain/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct config *make(const char *host_lua, const char *const *env, const char *const *flags,
                           struct error *err)
{
    cJSON *tree = host_lua ? json_parse(text_of(host_lua), err) : NULL;
    if (host_lua && !tree)
        fail_msg("%s: %s", host_lua, err->text);
    struct config *c = config_new(tree, (char *const *)env, flags, err);
    cJSON_Delete(tree); /* nothing of it is kept */
    return c;
}

static void defaults_are_the_documented_ones(void **state)
{
    (void)state;
    struct error err;
    struct config *c = make(NULL, NULL, NULL, &err);
    assert_string_equal(c->scripts, "scripts");
    assert_string_equal(c->data, "data");
    assert_string_equal(c->listen, "127.0.0.1:8080");
    assert_string_equal(c->log, "info");
    assert_int_equal(c->runners, 0);
    assert_int_equal(c->connections, 10000);
    assert_int_equal(c->connections_per_address, 1000);
    assert_int_equal(c->request_ms, 30000);
    assert_int_equal(c->drain_ms, 10000);
    assert_int_equal(c->backlog, 10000);
    assert_int_equal(c->cpu_ms, 10000);
    assert_int_equal(c->memory_bytes, 64 << 20);
    assert_int_equal(c->steps, 100000);
    assert_true(c->wall_ms == INT64_C(30) * 86400000);
    assert_int_equal(c->body_bytes, 4 << 20);
    assert_null(c->egress_allow);
    assert_null(c->tls_cert);
    config_free(c);
}

static void later_sources_win(void **state)
{
    (void)state;
    static const char script[] = "{\"listen\":\"127.0.0.1:1\",\"runners\":1,\"backlog\":1,"
                                 "\"limits\":{\"cpu\":\"1s\",\"body\":4096}}";
    static const char *const env[] = {"PATH=/bin",           "MOONTIDE_RUNNERS=2",
                                      "MOONTIDE_BACKLOG=2",  "MOONTIDE_LIMITS_CPU=2s",
                                      "MOONTIDE_TLS_CERT=c", NULL};
    static const char *const flags[] = {"backlog", "3", "limits-steps", "3", "tls-key", "k", NULL};
    struct error err;
    struct config *c = make(script, env, flags, &err);
    assert_non_null(c);
    assert_string_equal(c->listen, "127.0.0.1:1");
    assert_int_equal(c->runners, 2);
    assert_int_equal(c->backlog, 3);
    assert_int_equal(c->cpu_ms, 2000);
    assert_int_equal(c->body_bytes, 4096);
    assert_int_equal(c->steps, 3);
    assert_string_equal(c->tls_cert, "c");
    assert_string_equal(c->tls_key, "k");
    config_free(c);
}

static void check_list(const struct config *c, const char *first, const char *second)
{
    const cJSON *e = c->egress_allow->child;
    assert_string_equal(e->valuestring, first);
    assert_string_equal(e->next->valuestring, second);
    assert_null(e->next->next);
}

static void lists_come_from_every_source(void **state)
{
    (void)state;
    static const char *const env[] = {"MOONTIDE_EGRESS_ALLOW=c:1, 10.0.0.0/8", NULL};
    static const char *const flags[] = {"egress-allow", "[::1]:80,e", NULL};
    static const char script[] = "{\"egress\":{\"allow\":[\"a\",\"b\"]}}";
    struct error err;
    struct config *c = make(script, NULL, NULL, &err);
    check_list(c, "a", "b");
    config_free(c);
    c = make(script, env, NULL, &err);
    check_list(c, "c:1", "10.0.0.0/8");
    config_free(c);
    c = make(script, env, flags, &err);
    check_list(c, "[::1]:80", "e");
    config_free(c);
    c = make("{\"egress\":{\"allow\":{}},\"limits\":[]}", NULL, NULL, &err);
    assert_true(cJSON_IsArray(c->egress_allow) && !c->egress_allow->child);
    config_free(c);
}

/* What goes together may come from several sources; the folder is known before all have spoken. */
static void sources_complete_each_other(void **state)
{
    static const char *const env[] = {"MOONTIDE_JWT_KEYS=k.pem", NULL};
    static const char *const flags[] = {"scripts", "there", "jwt-algorithms", "ES256", NULL};
    struct error err;
    (void)state;
    char *scripts = config_scripts((char *const *)env, NULL, &err);
    assert_string_equal(scripts, "scripts");
    free(scripts);
    scripts = config_scripts((char *const *)env, flags, &err);
    assert_string_equal(scripts, "there");
    free(scripts);
    assert_null(make("{\"jwt\":{\"issuer\":\"i\"}}", env, NULL, &err));
    struct config *c = make("{\"jwt\":{\"issuer\":\"i\"}}", env, flags, &err);
    assert_non_null(c);
    assert_string_equal(c->jwt_issuer, "i");
    assert_string_equal(c->jwt_keys, "k.pem");
    config_free(c);
}

static void mistakes_in_the_script_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *script, *text;
    } rows[] = {
        {"7", "scripts/host.lua: a table of settings is needed, not a number"},
        {"{\"listn\":\"x\"}", "scripts/host.lua: listn: unknown setting, did you mean \"listen\"?"},
        {"{\"nothing_like_it\":1}", "scripts/host.lua: nothing_like_it: unknown setting"},
        {"{\"limits\":{\"cpuu\":\"1s\"}}",
         "scripts/host.lua: limits.cpuu: unknown setting, did you mean \"limits.cpu\"?"},
        {"{\"limits\":\"1s\"}",
         "scripts/host.lua: limits: a table of settings is needed, not a string"},
        {"{\"limits\":{\"cpu\":\"1d\"}}",
         "scripts/host.lua: limits.cpu: 1d is more than the limit of 10m"},
        {"{\"limits\":{\"body\":\"16MB\"}}",
         "scripts/host.lua: limits.body: 16MB is more than the limit of 6MB"},
        {"{\"runners\":\"2\"}",
         "scripts/host.lua: runners: a whole number is needed, not a string"},
        {"{\"runners\":65}", "scripts/host.lua: runners: 65 is more than the limit of 64"},
        {"{\"data\":\"\"}", "scripts/host.lua: data: a value is needed"},
        {"{\"data\":{\"$function\":3}}",
         "scripts/host.lua: data: a string is needed, not a function"},
        {"{\"log\":\"verbose\"}", "scripts/host.lua: log: debug, info, warn or error is needed, "
                                  "not \"verbose\""},
        {"{\"listen\":\":8080\"}",
         "scripts/host.lua: listen: \":8080\" names no address: write \"127.0.0.1:8080\" (this "
         "machine only) or \"0.0.0.0:8080\" (every address)"},
        {"{\"egress\":{\"allow\":\"a\"}}",
         "scripts/host.lua: egress.allow: a list of strings is needed, not a string"},
        {"{\"egress\":{\"allow\":[7]}}",
         "scripts/host.lua: egress.allow: a list of strings is needed, not of a number"},
        {"{\"egress\":{\"allow\":[\"\"]}}",
         "scripts/host.lua: egress.allow: an entry of the list is empty"},
        {"{\"scripts\":\"x\"}", "scripts/host.lua: scripts: this file lies in that folder: use "
                                "--scripts or MOONTIDE_SCRIPTS"},
        {"{\"models\":{}}", "scripts/host.lua: setting \"models\" is not supported yet"},
        {"{\"tls\":true}", "scripts/host.lua: tls: a table of settings is needed, not true"},
        {"{\"tls\":{\"crt\":\"a\"}}",
         "scripts/host.lua: tls.crt: unknown setting, did you mean \"tls.cert\"?"},
        {"{\"tls\":{\"key\":\"\"}}", "scripts/host.lua: tls.key: a value is needed"},
        {"{\"tls\":{\"cert\":\"a\"}}", "tls.cert is set and tls.key is not: HTTPS needs both"},
        {"{\"trusted_proxies\":[\"proxy\"]}",
         "scripts/host.lua: trusted_proxies: \"proxy\" is no address or network such as "
         "10.0.0.0/8 or 2001:db8::/32"},
        {"{\"proxy_protocol\":1}",
         "scripts/host.lua: proxy_protocol: true or false is needed, not a number"},
        {"{\"proxy_protocol\":true}",
         "proxy_protocol: trusted_proxies must name those who may speak it"},
        {"{\"jwt\":\"x\"}", "scripts/host.lua: jwt: a table of settings is needed, not a string"},
        {"{\"jwt\":{\"algorithm\":[\"RS256\"]}}",
         "scripts/host.lua: jwt.algorithm: unknown setting, did you mean \"jwt.algorithms\"?"},
        {"{\"jwt\":{\"algorithms\":[\"RS25\"]}}",
         "scripts/host.lua: jwt.algorithms: \"RS25\" is not supported, did you mean \"RS256\"?"},
        {"{\"jwt\":{\"algorithms\":[\"none\"]}}",
         "scripts/host.lua: jwt.algorithms: HS256, RS256, ES256 or EdDSA is needed, not \"none\""},
        {"{\"jwt\":{\"secret\":\"my secret\"}}",
         "scripts/host.lua: jwt.secret: the name of a secret is needed (capitals, digits and _), "
         "not its value"},
        {"{\"jwt\":{\"issuer\":[\"a\"]}}",
         "scripts/host.lua: jwt.issuer: a string is needed, not a list"},
        {"{\"jwt\":{\"algorithms\":[\"RS256\"]}}",
         "jwt: one of jwt.keys (a file of public keys) and jwt.secret (the name of a secret) is "
         "needed"},
        {"{\"jwt\":{\"issuer\":\"i\"}}",
         "jwt: one of jwt.keys (a file of public keys) and jwt.secret (the name of a secret) is "
         "needed"},
        {"{\"jwt\":{\"algorithms\":[\"RS256\"],\"keys\":\"k\",\"secret\":\"S\"}}",
         "jwt: one of jwt.keys (a file of public keys) and jwt.secret (the name of a secret) is "
         "needed, not both"},
        {"{\"jwt\":{\"algorithms\":[],\"secret\":\"S\"}}",
         "jwt.algorithms: name what is allowed: HS256"},
        {"{\"jwt\":{\"algorithms\":[\"ES256\",\"HS256\"],\"keys\":\"k\"}}",
         "jwt.algorithms: HS256 needs jwt.secret; jwt.keys holds public keys"},
        {"{\"jwt\":{\"algorithms\":[\"HS256\",\"RS256\"],\"secret\":\"S\"}}",
         "jwt.algorithms: with jwt.secret it is HS256 and nothing else"},
        {"{\"jwt\":{\"algorithms\":[\"RS256\"],\"secret\":\"S\"}}",
         "jwt.algorithms: with jwt.secret it is HS256 and nothing else"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        assert_null(make(rows[i].script, NULL, NULL, &err));
        assert_string_equal(err.text, rows[i].text);
    }
}

static void variables_are_checked_by_name_and_value(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *text; /* NULL: accepted */
    } rows[] = {
        {"MOONTIDE_URL=http://x", NULL},
        {"MOONTIDE_KEY=mt_x", NULL},
        {"MOONTIDE_WEBHOOK_SECRET=x", NULL},
        {"MOONTIDE_MASTER_KEY=x", NULL},
        {"MOONTIDE=x", NULL},
        {"MOONTIDES=x", NULL},
        {"MOONTIDE_LISTEN=", NULL}, /* as compose files leave them */
        {"MOONTIDE_LISTEN=[::1]:0", NULL},
        {"MOONTIDE_LISTEN=8080",
         "MOONTIDE_LISTEN: \"8080\" has no port from 0 to 65535: write \"127.0.0.1:8080\""},
        {"MOONTIDE_LISTN=x", "MOONTIDE_LISTN: unknown setting, did you mean \"MOONTIDE_LISTEN\"?"},
        {"MOONTIDE_limits_cpu=1s", "MOONTIDE_limits_cpu: unknown setting"},
        {"MOONTIDE_REQUEST_TIMEOUT=1ms", "MOONTIDE_REQUEST_TIMEOUT: 1ms is less than 1s"},
        {"MOONTIDE_RUNNERS=two", "MOONTIDE_RUNNERS: a whole number is needed, not \"two\""},
        {"MOONTIDE_TLS_KEY=x", "tls.key is set and tls.cert is not: HTTPS needs both"},
        {"MOONTIDE_CACERT=x", NULL},
        {"MOONTIDE_RETENTION=x", "MOONTIDE_RETENTION: this setting is not supported yet"},
        {"MOONTIDE_JWT_KEYS=k.pem",
         "jwt.algorithms: name what is allowed: one or more of RS256, ES256 and EdDSA"},
        {"MOONTIDE_JWT_KEY=k.pem",
         "MOONTIDE_JWT_KEY: unknown setting, did you mean \"MOONTIDE_JWT_KEYS\"?"},
        {"MOONTIDE_EGRESS_ALLOW=a,,b", "MOONTIDE_EGRESS_ALLOW: an entry of the list is empty"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const env[] = {rows[i].variable, NULL};
        struct error err;
        struct config *c = make(NULL, env, NULL, &err);
        if ((c != NULL) != (rows[i].text == NULL))
            fail_msg("%s", rows[i].variable);
        if (!c)
            assert_string_equal(err.text, rows[i].text);
        config_free(c);
    }
}

static void flags_are_checked_by_name_and_value(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *value, *text;
    } rows[] = {
        {"listn", "x", "--listn: unknown setting, did you mean \"--listen\"?"},
        {"listen", "x:1", "--listen: \"x\" is no numeric address such as 127.0.0.1"},
        {"connections_per_address", "1",
         "--connections_per_address: unknown setting, did you mean \"--connections-per-address\"?"},
        {"drain-timeout", "2m", "--drain-timeout: 2m is more than the limit of 1m"},
        {"models", "x", "--models: this setting is not supported yet"},
        {"data", "", "--data: a value is needed"},
        {"data", NULL, "--data: a value is needed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const flags[] = {rows[i].flag, rows[i].value, NULL};
        struct error err;
        assert_null(make(NULL, NULL, flags, &err));
        assert_string_equal(err.text, rows[i].text);
    }
}

static void addresses_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *listen, *host; /* NULL: refused */
        int port;
    } rows[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080},
        {"0.0.0.0:0", "0.0.0.0", 0},
        {"[::1]:8080", "::1", 8080},
        {"[::]:65535", "::", 65535},
        {"[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1},
        {"localhost:80", "127.0.0.1", 80},
        {"LocalHost:80", "127.0.0.1", 80},
        {"", NULL, 0},
        {":8080", NULL, 0},
        {"*:8080", NULL, 0},
        {"8080", NULL, 0},
        {"127.0.0.1", NULL, 0},
        {"127.0.0.1:", NULL, 0},
        {"127.0.0.1:65536", NULL, 0},
        {"127.0.0.1:-1", NULL, 0},
        {"127.0.0.1:80 ", NULL, 0},
        {"127.1:80", NULL, 0},
        {"::1:8080", NULL, 0},
        {"[::1]", NULL, 0},
        {"[::1]8080", NULL, 0},
        {"[::1", NULL, 0},
        {"[]:80", NULL, 0},
        {"[127.0.0.1]:80", NULL, 0},
        {"example.org:80", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char host[CONFIG_HOST];
        int port = -1;
        struct error err;
        bool ok = config_address(text_of(rows[i].listen), host, &port, &err);
        if (ok != (rows[i].host != NULL))
            fail_msg("%s", rows[i].listen);
        if (!ok)
            continue;
        assert_string_equal(host, rows[i].host);
        assert_int_equal(port, rows[i].port);
    }
}

/* The help shows the bounds as text; they must be those that are enforced. */
static void the_table_is_sound(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        enum value_measure measure;
    } numbers[] = {{"integer", VALUE_COUNT}, {"duration", VALUE_DURATION}, {"size", VALUE_SIZE}};
    for (const struct config_row *row = config_rows(); row->name; row++) {
        assert_true(strlen(row->help) > 5 && strlen(row->bounds) > 5);
        char name[CONFIG_NAME];
        config_env_name(row->name, name);
        assert_memory_equal(name, "MOONTIDE_", 9);
        config_flag_name(row->name, name);
        assert_null(strpbrk(name, "._"));
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
            if (strcmp(row->kind, numbers[i].kind) != 0)
                continue;
            char min[VALUE_TEXT], max[VALUE_TEXT], bounds[2 * VALUE_TEXT + 8];
            value_show(numbers[i].measure, row->min, min);
            value_show(numbers[i].measure, row->max, max);
            snprintf(bounds, sizeof bounds, "%s to %s", min, max);
            assert_string_equal(row->bounds, bounds);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_documented_ones),
        cmocka_unit_test(later_sources_win),
        cmocka_unit_test(lists_come_from_every_source),
        cmocka_unit_test(sources_complete_each_other),
        cmocka_unit_test(mistakes_in_the_script_are_named),
        cmocka_unit_test(variables_are_checked_by_name_and_value),
        cmocka_unit_test(flags_are_checked_by_name_and_value),
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(the_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
