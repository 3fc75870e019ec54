/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/follow.h"
#include "cmd/options.h"
#include "cmd/out.h"
#include "domain/proof/api_key.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DATA_MAX = 16 << 20,
    WAIT_MAX_S = 300,     /* what the host accepts */
    GRACE_S = 15,         /* over the wait that the host was asked for */
    TRIGGER_WAIT_S = 300, /* the most a trigger can ask for; without --wait its own `wait` counts */
    ADDRESS_MAX = 64,     /* of a project or a key */
};

static int run(int argc, char **argv);

const struct command command_trigger = {
    .name = "trigger",
    .summary = "fire a trigger of a running host and print what came of it",
    .run = run,
    .help =
        "usage: moontide trigger PROJECT/KEY|ID [OPTIONS]\n"
        "\n"
        "Fires scripts/PROJECT/KEY.lua of a running host, or the trigger whose declaration has\n"
        "`id = \"ID\"`, and prints the answer as JSON. An ID goes to the trigger's webhook when\n"
        "MOONTIDE_WEBHOOK_SECRET is set (and neither --follow nor --wait is given).\n"
        "\n"
        "  --data JSON    the body of the request; @FILE reads it from a file, - from standard input\n"
        "  --follow       start the run and print its records as they come, then its result\n"
        "  --wait N       wait at most N seconds for the run (\"30\" or \"30s\", up to 5m); 0: do not\n"
        "                 wait. Without it the trigger's own `wait` decides\n"
        "  --json         programs read this: one line of JSON; with --follow one line a record\n"
        "                 and nothing else\n"
        "  --cacert FILE  the certificate, PEM, that vouches for an https host, in place of the\n"
        "                 system's\n"
        "\n"
        "environment\n"
        "  MOONTIDE_URL   where the host is; default http://127.0.0.1:8080\n"
        "  MOONTIDE_KEY   an API key with project.trigger on the project; --follow needs run.read\n"
        "                 too, an ID too. It is never an argument: arguments are public\n"
        "  MOONTIDE_WEBHOOK_SECRET\n"
        "                 the secret of the trigger's webhook (see moontide webhook); no key is needed\n"
        "  MOONTIDE_CACERT\n"
        "                 as --cacert\n"
        "  WISEBOT_WORKFLOW_TRIGGER_ORIGIN, WISEBOT_WORKFLOW_SECRET, WISEBOT_WORKFLOW_TRIGGER\n"
        "                 understood in place of MOONTIDE_URL, MOONTIDE_WEBHOOK_SECRET and ID, for\n"
        "                 scripts that have them\n"
        "\n"
        "exit status\n"
        "  0  the run completed, or was accepted and not waited for\n"
        "  1  the host refused it or cannot be reached, the run failed, or it was not done in time\n"
        "     (then it goes on; the JSON names it)\n"
        "  2  the command was called wrongly\n"
        "\n"
        "examples\n"
        "  moontide trigger default/hello --data '{\"name\":\"Ada\"}'\n"
        "  moontide trigger ops/slow --follow\n"
        "  moontide trigger github/push --data @push.json --wait 2m\n",
};

struct options {
    bool follow, json;
    const char *data, *wait, *cacert;
    long wait_s; /* -1: not given */
};

struct target {
    char project[ADDRESS_MAX + 1], key[ADDRESS_MAX + 1];
};

/* ---- the body */

static bool read_all(int fd, struct buf *b, struct error *err)
{
    for (;;) {
        if (!buf_reserve(b, 64 << 10))
            return error_set(err, ERROR_LIMIT, "more than %d MiB", DATA_MAX >> 20);
        ssize_t n = read(fd, b->data + b->len, 64 << 10);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "reading");
        if (n == 0)
            return true;
        b->len += (size_t)n;
        b->data[b->len] = '\0';
    }
}

static bool read_file(const char *name, struct buf *b, struct error *err)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, errno, "opening");
    bool ok = read_all(fd, b, err);
    close(fd);
    return ok;
}

/* Checked here already: the error is nearer to its cause, and nothing is sent. */
static bool check_json(struct text body, struct error *err)
{
    cJSON *value = json_parse(body, err);
    bool ok = value != NULL;
    cJSON_Delete(value);
    return ok;
}

static bool read_data(const char *data, struct buf *body, struct error *err)
{
    bool ok = true;
    const char *from = data;
    if (strcmp(data, "-") == 0) {
        from = "standard input";
        ok = read_all(STDIN_FILENO, body, err);
    } else if (data[0] == '@') {
        from = data + 1;
        ok = read_file(from, body, err);
    } else {
        from = "its value";
        buf_str(body, data);
        if (body->full)
            ok = error_set(err, ERROR_LIMIT, "more than %d MiB", DATA_MAX >> 20);
    }
    ok = ok && check_json(body->data ? buf_view(body) : TEXT(""), err);
    return ok || error_context(err, "--data, %s", from);
}

/* ---- the address */

static bool split(struct text address, struct target *t, struct error *err)
{
    struct text key = address;
    struct text project = text_cut(&key, '/');
    if (!api_key_name_ok(project) || !api_key_name_ok(key))
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" is no PROJECT/KEY: both are 1 to 64 letters, digits, _ or -",
                         (int)address.len, address.data);
    snprintf(t->project, sizeof t->project, "%.*s", (int)project.len, project.data);
    snprintf(t->key, sizeof t->key, "%.*s", (int)key.len, key.data);
    return true;
}

static bool take_if_id(const cJSON *item, const char *id, struct target *t)
{
    const char *has = json_string(item, "id");
    const char *project = json_string(item, "project");
    const char *key = json_string(item, "key");
    if (!has || !project || !key || strcmp(has, id) != 0)
        return false;
    snprintf(t->project, sizeof t->project, "%s", project);
    snprintf(t->key, sizeof t->key, "%s", key);
    return true;
}

static bool look_up(const struct client *c, const char *id, struct target *t, struct error *err)
{
    const struct client_call call = {.method = "GET", .path = "/v1/triggers"};
    struct client_reply reply;
    bool found = false;
    bool asked = client_ask(c, &call, &reply, err);
    const cJSON *items = json_get(reply.json, "items");
    for (const cJSON *item = items ? items->child : NULL; item && !found; item = item->next)
        found = take_if_id(item, id, t);
    if (asked && !found)
        error_set(err, ERROR_MISSING,
                  "no trigger that this key may see has the id \"%s\" (an address is written "
                  "PROJECT/KEY)",
                  id);
    client_reply_done(&reply);
    return found;
}

static bool resolve(const struct client *c, const char *word, struct target *t, struct error *err)
{
    return strchr(word, '/') ? split(text_of(word), t, err) : look_up(c, word, t, err);
}

/* ---- firing */

/* 0 when the status is one of a run that is well, and there is no error. */
static int outcome(const struct client_reply *reply)
{
    static const char *const bad[] = {"failed", "cancelled", "timed_out"};
    const char *status = json_string(reply->json, "status");
    for (size_t i = 0; status && i < ARRAY_LEN(bad); i++)
        if (strcmp(status, bad[i]) == 0)
            return 1;
    return reply->status >= 300 || !json_bool(reply->json, "ok", true);
}

static void hint(const struct client_reply *reply)
{
    const char *id = json_string(reply->json, "runId");
    struct error err;
    bool goes_on = reply->status == 202 || reply->status == 408;
    if (goes_on && id && client_run_id_ok(id, &err))
        fprintf(stderr, "moontide: the run goes on; moontide runs follow %s\n", id);
}

static bool send_it(const struct client *c, const struct target *t, const struct options *o,
                    struct text body, struct client_reply *reply, struct error *err)
{
    char path[CLIENT_PATH];
    char prefer[CLIENT_HEADER];
    long wait_s = o->follow ? 0 : o->wait_s;
    bool own = wait_s < 0;
    snprintf(path, sizeof path,
             own ? "/api/v1.0/project/%s/trigger/%s" : "/v1/projects/%s/triggers/%s/runs",
             t->project, t->key);
    if (wait_s > 0)
        snprintf(prefer, sizeof prefer, "Prefer: wait=%ld", wait_s);
    else
        snprintf(prefer, sizeof prefer, "Prefer: respond-async");
    const struct client_call call = {
        .method = "POST",
        .path = path,
        .header = own ? NULL : prefer,
        .body = body,
        .timeout_ms = ((own ? TRIGGER_WAIT_S : wait_s) + GRACE_S) * INT64_C(1000),
    };
    return client_send(c, &call, reply, err);
}

/* Prints what was answered, whatever it was; a refusal is also said in a sentence. */
static int print_reply(const struct client_reply *reply, const struct options *o)
{
    struct error err;
    if (reply->json)
        out_json(reply->json, !o->json);
    int status = outcome(reply);
    if (reply->status >= 300) {
        client_refusal(reply, &err);
        out_fail(command_trigger.name, &err);
    }
    hint(reply);
    int printed = out_end(command_trigger.name);
    return status ? status : printed;
}

static void print_result(const cJSON *row)
{
    static const char *const fields[] = {"runId", "sessionId", "status", "result", "error"};
    cJSON *shown = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        cJSON *value = cJSON_GetObjectItemCaseSensitive(row, fields[i]);
        if (value)
            cJSON_AddItemReferenceToObject(shown, fields[i], value);
    }
    out_json(shown, true);
    cJSON_Delete(shown);
}

static int follow(const struct client *c, const char *id, const struct options *o)
{
    struct error err = {0};
    struct client_reply reply = {0};
    char path[CLIENT_PATH];
    snprintf(path, sizeof path, "/v1/runs/%s", id);
    const struct client_call call = {.method = "GET", .path = path};
    int status = 1;
    if (!client_run_id_ok(id, &err) || !follow_run(c, id, 0, o->json, &err) ||
        !client_ask(c, &call, &reply, &err)) {
        out_fail(command_trigger.name, &err);
    } else {
        if (!o->json)
            print_result(reply.json);
        status = outcome(&reply);
        int printed = out_end(command_trigger.name);
        status = status ? status : printed;
    }
    client_reply_done(&reply);
    return status;
}

static int fire(const struct client *c, const char *word, const struct options *o, struct text body)
{
    struct error err = {0};
    struct target target;
    struct client_reply reply = {0};
    int status;
    if (!resolve(c, word, &target, &err) || !send_it(c, &target, o, body, &reply, &err))
        status = out_fail(command_trigger.name, &err);
    else if (o->follow && reply.status < 300 && json_string(reply.json, "runId"))
        status = follow(c, json_string(reply.json, "runId"), o);
    else
        status = print_reply(&reply, o);
    client_reply_done(&reply);
    return status;
}

/* ---- a webhook */

enum { WEBHOOK_WAIT_S = 300 }; /* no host keeps it waiting for longer */

static bool check_id(const char *id, struct error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    size_t len = strlen(id);
    return (len >= 1 && len <= 128 && strspn(id, allowed) == len) ||
           error_set(err, ERROR_INVALID,
                     "\"%s\" is no id of a trigger: one is 1 to 128 letters, digits or . _ : -",
                     id);
}

static int print_webhook(const struct client_reply *reply, const struct options *o)
{
    struct error err;
    const char *code = json_string(reply->json, "code"), *text = json_string(reply->json, "error");
    if (reply->json)
        out_json(reply->json, !o->json);
    if (outcome(reply)) {
        error_set(&err, ERROR_INVALID, "%d%s%s%s%s%s", reply->status, code ? " " : "",
                  code ? code : "", text ? ": " : "", text ? text : "",
                  reply->status == 401
                      ? "; MOONTIDE_WEBHOOK_SECRET must hold a living secret of this "
                        "trigger's webhook; `moontide webhook list` shows them"
                      : "");
        out_fail(command_trigger.name, &err);
    }
    hint(reply);
    int printed = out_end(command_trigger.name);
    return outcome(reply) ? 1 : printed;
}

static int fire_webhook(const char *id, const struct options *o, struct text body)
{
    struct error err = {0};
    struct client client;
    struct client_reply reply = {0};
    char path[CLIENT_PATH];
    int status;
    if (!check_id(id, &err))
        return out_usage(command_trigger.name, &err);
    snprintf(path, sizeof path, "/workflows/trigger?workflowId=%s", id);
    const struct client_call call = {
        .method = "POST",
        .path = path,
        .body = body,
        .timeout_ms = (WEBHOOK_WAIT_S + GRACE_S) * INT64_C(1000),
    };
    if (client_init_webhook(&client, o->cacert, &err) && client_send(&client, &call, &reply, &err))
        status = print_webhook(&reply, o);
    else
        status = out_fail(command_trigger.name, &err);
    client_reply_done(&reply);
    return status;
}

static bool is_webhook(const char *word, const struct options *o)
{
    return !strchr(word, '/') && !o->follow && o->wait_s < 0 && client_has_webhook();
}

/* ---- the command */

/* Without a word the environment of another product's scripts may name one: the id, or the address
 * that it is fired at. */
static const char *named_by_environment(char out[CLIENT_PATH])
{
    const char *given = getenv("WISEBOT_WORKFLOW_TRIGGER");
    const char *query = given ? strchr(given, '?') : NULL;
    if (!given || !*given)
        return NULL;
    if (!query)
        return given;
    return text_query(text_of(query + 1), "workflowId", out, CLIENT_PATH) == 1 ? out : NULL;
}

static int fire_word(const char *word, const struct options *o, struct text body)
{
    struct error err = {0};
    struct client client;
    if (is_webhook(word, o))
        return fire_webhook(word, o, body);
    if (!client_init(&client, o->cacert, &err))
        return out_fail(command_trigger.name, &err);
    return fire(&client, word, o, body);
}

static bool read_wait(struct options *o, struct error *err)
{
    int64_t ms;
    o->wait_s = -1;
    if (!o->wait)
        return true;
    if (text_duration_ms(text_of(o->wait), &ms) && ms <= WAIT_MAX_S * INT64_C(1000)) {
        o->wait_s = (long)((ms + 999) / 1000);
        return true;
    }
    return options_int("--wait", o->wait, 0, WAIT_MAX_S, &o->wait_s, err);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    struct strings words = {0};
    const struct option_row rows[] = {
        {.name = "--data", .value = &o.data},     {.name = "--wait", .value = &o.wait},
        {.name = "--follow", .flag = &o.follow},  {.name = "--json", .flag = &o.json},
        {.name = "--cacert", .value = &o.cacert}, {0},
    };
    struct error err = {0};
    struct buf body;
    if (options_read(argc, argv, rows, &words) != 0)
        return 2;
    if (!read_wait(&o, &err))
        return out_usage(argv[0], &err);
    char named[CLIENT_PATH];
    const char *word = words.count ? words.at[0] : named_by_environment(named);
    if (words.count > 1 || !word) {
        error_set(&err, ERROR_INVALID, "say one trigger, as PROJECT/KEY or by its id");
        return out_usage(argv[0], &err);
    }
    buf_init(&body, DATA_MAX);
    int status;
    if (o.data && !read_data(o.data, &body, &err))
        status = out_usage(argv[0], &err);
    else
        status = fire_word(word, &o, o.data ? buf_view(&body) : TEXT_NONE);
    buf_done(&body);
    return status;
}
