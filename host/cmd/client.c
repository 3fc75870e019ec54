/* SPDX-License-Identifier: MIT */
#include "cmd/client.h"
#include "domain/proof/api_key.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char default_url[] = "http://127.0.0.1:8080";

/* The first of the variables that is set; *name is it. NULL: none is. */
static const char *first_env(const char *const *names, const char **name)
{
    for (; *names; names++) {
        const char *value = getenv(*names);
        *name = *names;
        if (value && *value)
            return value;
    }
    return NULL;
}

/* "https://host:port" of a whole address. */
static struct text origin_of(struct text url)
{
    struct text rest = url;
    text_cut(&rest, '/');
    text_cut(&rest, '/');
    struct text authority = text_cut(&rest, '/');
    return (struct text){url.data, (size_t)(authority.data - url.data) + authority.len};
}

static bool read_url(struct client *c, const char *const *names, struct error *err)
{
    const char *name = *names;
    const char *given = first_env(names, &name);
    struct text url = text_of(given ? given : default_url);
    if (!text_starts(url, "http://") && !text_starts(url, "https://"))
        return error_set(err, ERROR_INVALID,
                         "%s is \"%s\"; it must start with http:// or https://, such as %s", name,
                         given, default_url);
    if (given && text_starts(text_of(name), "WISEBOT_"))
        url = origin_of(url);
    while (url.len && url.data[url.len - 1] == '/')
        url.len--;
    if (url.len >= sizeof c->url)
        return error_set(err, ERROR_INVALID, "%s is longer than %d bytes", name, CLIENT_URL - 1);
    memcpy(c->url, url.data, url.len);
    c->url[url.len] = '\0';
    return true;
}

/* Of our own form, or one that was brought along. */
static bool can_be_key(struct text key)
{
    return text_starts(key, "mt_") ? api_key_form_ok(key) : api_key_given_ok(key);
}

static bool read_key(struct client *c, struct error *err)
{
    const char *given = getenv("MOONTIDE_KEY");
    if (!given || !*given)
        return error_set(err, ERROR_MISSING,
                         "MOONTIDE_KEY is not set. It holds an API key; to make one: export "
                         "MOONTIDE_KEY=$(moontide key create --name me --allow "
                         "project.trigger,run.read,run.control)");
    if (!can_be_key(text_of(given)))
        return error_set(err, ERROR_INVALID,
                         "MOONTIDE_KEY holds no API key: one is mt_ and 43 letters, digits, _ or -"
                         " (or a value that `key create` was given; a JWT is none)");
    snprintf(c->key_header, sizeof c->key_header, "x-api-key: %s", given);
    return true;
}

static void read_cacert(struct client *c, const char *given)
{
    static const char *const names[] = {"MOONTIDE_CACERT", NULL};
    const char *name;
    c->ca_file = given ? given : first_env(names, &name);
}

bool client_init(struct client *c, const char *cacert, struct error *err)
{
    read_cacert(c, cacert);
    return read_url(c, (const char *const[]){"MOONTIDE_URL", NULL}, err) && read_key(c, err);
}

static const char *const secret_names[] = {"MOONTIDE_WEBHOOK_SECRET", "WISEBOT_WORKFLOW_SECRET",
                                           NULL};

bool client_has_webhook(void)
{
    const char *name;
    return first_env(secret_names, &name) != NULL;
}

bool client_init_webhook(struct client *c, const char *cacert, struct error *err)
{
    const char *trigger = getenv("WISEBOT_WORKFLOW_TRIGGER"); /* an id, or a whole address */
    bool whole = trigger && strstr(trigger, "://");
    const char *const url_names[] = {"MOONTIDE_URL", "WISEBOT_WORKFLOW_TRIGGER_ORIGIN",
                                     whole ? "WISEBOT_WORKFLOW_TRIGGER" : NULL, NULL};
    const char *name;
    const char *secret = first_env(secret_names, &name);
    if (!secret || !api_key_given_ok(text_of(secret)))
        return error_set(err, ERROR_INVALID,
                         "%s holds no webhook secret: one is 16 to 200 visible ASCII characters; "
                         "`moontide webhook create PROJECT/KEY` makes one",
                         secret ? name : secret_names[0]);
    snprintf(c->key_header, sizeof c->key_header, "X-Workflow-Secret: %s", secret);
    read_cacert(c, cacert);
    return read_url(c, url_names, err);
}

static bool parse_body(const struct fetch_answer *answer, struct client_reply *reply,
                       const struct client *c, struct error *err)
{
    if (answer->body.len == 0)
        return true;
    struct error why;
    reply->json = json_parse_own(buf_view(&answer->body), &why);
    if (!reply->json)
        return error_set(err, ERROR_INTERNAL,
                         "%s answered %d and no JSON: is it a moontide host? (%s)", c->url,
                         answer->status, why.text);
    return true;
}

bool client_send(const struct client *c, const struct client_call *call, struct client_reply *reply,
                 struct error *err)
{
    char url[CLIENT_URL + CLIENT_PATH];
    const char *const headers[] = {
        c->key_header,
        call->on_data ? "Accept: text/event-stream" : "Accept: application/json",
        call->header ? call->header : (call->body.data ? "Content-Type: application/json" : NULL),
        call->header && call->body.data ? "Content-Type: application/json" : NULL,
        NULL,
    };
    const int64_t timeout_ms = call->timeout_ms ? call->timeout_ms : CLIENT_TIMEOUT_MS;
    const struct fetch f = {
        .method = call->method,
        .url = url,
        .ca_file = c->ca_file,
        .headers = headers,
        .body = call->body,
        .timeout_ms = call->on_data ? 0 : timeout_ms,
        .on_data = call->on_data,
        .arg = call->arg,
    };
    struct fetch_answer answer;
    snprintf(url, sizeof url, "%s%s", c->url, call->path);
    *reply = (struct client_reply){.retry_after_s = -1};
    bool ok = fetch(&f, &answer, err);
    reply->status = answer.status;
    if (ok) {
        reply->retry_after_s = answer.retry_after_s;
        ok = parse_body(&answer, reply, c, err);
    }
    fetch_answer_done(&answer);
    return ok;
}

bool client_ask(const struct client *c, const struct client_call *call, struct client_reply *reply,
                struct error *err)
{
    return client_send(c, call, reply, err) && (reply->status < 300 || client_refusal(reply, err));
}

void client_reply_done(struct client_reply *reply)
{
    cJSON_Delete(reply->json);
    reply->json = NULL;
}

static const char *first_string(const cJSON *json, const char *const *names)
{
    for (; *names; names++) {
        const char *found = json_string(json, *names);
        if (found && *found)
            return found;
    }
    return NULL;
}

static const struct {
    int status;
    const char *advice;
} advices[] = {
    {401, "MOONTIDE_KEY must hold a living key with that permission on that project; `moontide key "
          "list` shows them"},
    {403, "the key in MOONTIDE_KEY lacks the permission; `moontide key list` shows what it has"},
    {503, "try again in a moment"},
};

bool client_refusal(const struct client_reply *reply, struct error *err)
{
    const char *code = json_string(reply->json, "code");
    const char *text = first_string(
        reply->json, (const char *const[]){"message", "detail", "title", "error", NULL});
    const char *field = json_string(reply->json, "field");
    const char *advice = NULL;
    for (size_t i = 0; i < ARRAY_LEN(advices); i++)
        if (advices[i].status == reply->status)
            advice = advices[i].advice;
    if (reply->status == 429 && reply->retry_after_s > 0)
        error_set(err, ERROR_BUSY, "429 %s: try again in %lld s", code ? code : "rate_limited",
                  (long long)reply->retry_after_s);
    else
        error_set(err, reply->status == 404 ? ERROR_MISSING : ERROR_INVALID, "%d%s%s%s%s%s%s%s%s%s",
                  reply->status, code ? " " : "", code ? code : "", text ? ": " : "",
                  text ? text : "", field ? " (field " : "", field ? field : "", field ? ")" : "",
                  advice ? "; " : "", advice ? advice : "");
    return false;
}

bool client_run_id_ok(const char *id, struct error *err)
{
    size_t len = strlen(id);
    if (strncmp(id, "run_", 4) == 0 && len < ID_BYTES &&
        strspn(id + 4, "0123456789abcdefghijklmnopqrstuvwxyz") == len - 4 && len > 4)
        return true;
    return error_set(err, ERROR_INVALID,
                     "\"%s\" is no run id: one is run_ and 26 digits or small letters", id);
}
