/* SPDX-License-Identifier: MIT */
#include "serve/routes.h"
#include "serve/api/api.h"
#include "serve/dialects/dialects.h"
#include "serve/door/door_head.h"
#include "serve/request/request.h"
#include <stdio.h>
#include <string.h>

#define FIRE_ERRORS  "400 401 403 404 408 413 415 422 429 500 503"
#define READ_ERRORS  "Problem 400 401 403 404 429 503"
#define WRITE_ERRORS "Problem 400 401 403 404 409 413 415 429 503"

/* The first row that matches path and method wins. A row: method, pattern, credential, permission,
 * handlers, operation of /openapi.json (route.h). */
static const struct route routes[] = {
    {METHOD_POST, "/api/v1.0/project/{project}/trigger/{key}/", AUTH_SIGNED, PERMISSION_TRIGGER,
     .head = project_head, .body = project_body, .refuse = project_refuse,
     .doc = {"fireProjectTrigger", "dialects", "Fire a trigger and wait for its response",
             .parameters = "IdempotencyKey", .request = "CallBody",
             .answers = "200:ProjectCompleted 200:Challenge 202:ProjectAccepted",
             .errors = "ProjectError " FIRE_ERRORS}},

    {METHOD_POST, "/api/agent/trigger/", AUTH_BEARER, PERMISSION_TRIGGER, .head = agent_head,
     .body = agent_body, .refuse = agent_refuse,
     .doc = {"fireAgent", "dialects", "Send an instruction to the project's agent",
             .parameters = "IdempotencyKey", .request = "!AgentBody",
             .answers = "202:AgentDispatched", .errors = "AgentError " FIRE_ERRORS}},
    {METHOD_POST, "/api/scenario/{workflow_id}/trigger/", AUTH_BEARER, PERMISSION_TRIGGER,
     .head = scenario_head, .body = scenario_body, .refuse = agent_refuse,
     .doc = {"fireScenario", "dialects", "Start a scenario by its id",
             .parameters = "IdempotencyKey", .request = "!ScenarioBody",
             .answers = "202:AgentDispatched", .errors = "AgentError " FIRE_ERRORS}},

    {METHOD_POST, "/api/v1/flow/{id}", AUTH_FLOW, PERMISSION_TRIGGER, .cors = CORS_ID,
     .head = flow_head, .body = flow_body, .refuse = flow_refuse,
     .doc = {"runFlow", "dialects", "Run a flow with inputs and wait for its result",
             .parameters = "IdempotencyKey", .request = "FlowBody",
             .answers = "200:FlowAnswer 202:FlowRunning", .errors = "FlowError " FIRE_ERRORS}},
    {METHOD_POST, "/workflows/trigger", AUTH_NONE, 0, .head = webhook_head, .body = webhook_body,
     .refuse = flow_refuse,
     .doc = {"fireWebhook", "dialects", "Start a workflow by its webhook secret",
             .parameters = "workflowId IdempotencyKey", .request = "AnyObject",
             .answers = "200:FlowAnswer 202:FlowRunning", .errors = "FlowError " FIRE_ERRORS,
             .security = "bearer workflowSecret"}},

    {METHOD_POST, "/v1/projects/{project}/triggers/{key}/runs", AUTH_KEY, PERMISSION_TRIGGER,
     .cors = CORS_TRIGGER, .head = native_head, .body = native_body,
     .doc = {"startRun", "runs", "Start a run", .parameters = "IdempotencyKey Prefer",
             .request = "CallBody",
             .answers = "200:RunCompleted 200:Challenge 200:text/event-stream 202:RunAccepted",
             .errors = "Problem " FIRE_ERRORS}},
    {METHOD_POST, "/v1/widget/{workflow_id}/runs", AUTH_WIDGET, PERMISSION_TRIGGER,
     .cors = CORS_WIDGET, .head = widget_head, .body = widget_body,
     .doc =
         {"startWidgetRun", "runs",
          "Start a run from a web page, with a publishable key and from an origin that the trigger lists",
          .parameters = "IdempotencyKey", .request = "WidgetBody", .answers = "202:WidgetAccepted",
          .errors = "Problem " FIRE_ERRORS}},
    {METHOD_GET, "/v1/runs", AUTH_KEY, PERMISSION_READ, .body = runs_list,
     .doc = {"listRuns", "runs", "List runs, newest first",
             .parameters = "project trigger status session before limit", .answers = "200:RunList",
             .errors = READ_ERRORS}},
    {METHOD_GET, "/v1/runs/{id}", AUTH_KEY, PERMISSION_READ, .cors = CORS_RUN, .body = runs_get,
     .doc = {"getRun", "runs", "Read one run", .answers = "200:Run", .errors = READ_ERRORS}},
    {METHOD_GET, "/v1/runs/{id}/events", AUTH_STREAM, PERMISSION_READ, .cors = CORS_RUN,
     .body = runs_events,
     .doc = {"readRunEvents", "runs",
             "Follow a run's records as server-sent events, or read them as a JSON array",
             .parameters = "LastEventID last_event_id names",
             .answers = "200:text/event-stream 200:RecordList 204", .errors = READ_ERRORS}},
    {METHOD_POST, "/v1/runs/{id}/cancel", AUTH_KEY, PERMISSION_CONTROL, .cors = CORS_RUN,
     .body = runs_cancel,
     .doc = {"cancelRun", "runs", "Cancel a run", .answers = "202:Cancelling",
             .errors = WRITE_ERRORS}},
    {METHOD_GET, "/v1/triggers", AUTH_KEY, PERMISSION_READ, .body = triggers_list,
     .doc = {"listTriggers", "triggers", "List the triggers that the key may read",
             .answers = "200:TriggerList", .errors = READ_ERRORS}},
    {METHOD_GET, "/v1/triggers/{project}/{key}", AUTH_KEY, PERMISSION_READ, .body = triggers_get,
     .doc = {"getTrigger", "triggers", "Read one trigger", .answers = "200:Trigger",
             .errors = READ_ERRORS}},
    {METHOD_GET, "/v1/triggers/{project}/{key}/snippets", AUTH_KEY, PERMISSION_READ,
     .body = snippets_get,
     .doc = {"getSnippets", "triggers", "Code that starts a run of this trigger",
             .parameters = "lang literal", .answers = "200:SnippetList 200:text/plain",
             .errors = READ_ERRORS}},
    {METHOD_POST, "/v1/triggers/{project}/{key}/pause", AUTH_KEY, PERMISSION_MANAGE,
     .body = triggers_pause,
     .doc = {"pauseTrigger", "triggers",
             "Take a trigger out of service: it answers as an unknown one does",
             .answers = "200:Trigger", .errors = WRITE_ERRORS}},
    {METHOD_POST, "/v1/triggers/{project}/{key}/resume", AUTH_KEY, PERMISSION_MANAGE,
     .body = triggers_resume,
     .doc = {"resumeTrigger", "triggers", "Put a paused trigger back", .answers = "200:Trigger",
             .errors = WRITE_ERRORS}},
    {METHOD_GET, "/v1/triggers/{project}/{key}/webhook", AUTH_KEY, PERMISSION_MANAGE,
     .body = webhooks_list_all,
     .doc = {"listWebhookSecrets", "triggers",
             "List the secrets of a trigger's webhook address, without their values",
             .answers = "200:WebhookList", .errors = READ_ERRORS}},
    {METHOD_POST, "/v1/triggers/{project}/{key}/webhook", AUTH_KEY, PERMISSION_MANAGE,
     .body = webhooks_create,
     .doc =
         {"createWebhookSecret", "triggers",
          "Make a secret for the webhook address, shown this once; with a third alive the oldest ends",
          .request = "WebhookForm", .answers = "201:WebhookMade", .errors = WRITE_ERRORS}},
    {METHOD_DELETE, "/v1/triggers/{project}/{key}/webhook", AUTH_KEY, PERMISSION_MANAGE,
     .body = webhooks_delete_all,
     .doc = {"removeWebhookSecrets", "triggers",
             "Remove all secrets of the webhook address at once", .answers = "204",
             .errors = WRITE_ERRORS}},
    {METHOD_DELETE, "/v1/triggers/{project}/{key}/webhook/{id}", AUTH_KEY, PERMISSION_MANAGE,
     .body = webhooks_delete,
     .doc = {"removeWebhookSecret", "triggers", "Remove one secret of the webhook address at once",
             .answers = "204", .errors = WRITE_ERRORS}},

    {METHOD_GET, "/v1/keys", AUTH_KEY, PERMISSION_KEYS, .body = keys_list_all,
     .doc = {"listKeys", "keys", "List API keys, without their secrets", .answers = "200:KeyList",
             .errors = READ_ERRORS}},
    {METHOD_POST, "/v1/keys", AUTH_KEY, PERMISSION_KEYS, .body = keys_create,
     .doc = {"createKey", "keys", "Make an API key; its secret is shown this once",
             .request = "!KeyForm", .answers = "201:KeyMade", .errors = WRITE_ERRORS}},
    {METHOD_DELETE, "/v1/keys/{id}", AUTH_KEY, PERMISSION_KEYS, .body = keys_delete,
     .doc = {"revokeKey", "keys", "Revoke an API key at once", .answers = "204",
             .errors = WRITE_ERRORS}},
    {METHOD_GET, "/v1/secrets", AUTH_KEY, PERMISSION_SECRETS, .body = secrets_list_all,
     .doc = {"listSecrets", "secrets", "List secrets, without their values",
             .answers = "200:SecretList", .errors = READ_ERRORS}},
    {METHOD_POST, "/v1/secrets", AUTH_KEY, PERMISSION_SECRETS, .body = secrets_set,
     .doc = {"setSecret", "secrets", "Set or replace a secret; no value ever comes back",
             .request = "!SecretForm", .answers = "201:Secret", .errors = WRITE_ERRORS}},
    {METHOD_DELETE, "/v1/secrets/{name}", AUTH_KEY, PERMISSION_SECRETS, .body = secrets_delete,
     .doc = {"removeSecret", "secrets", "Remove a secret at once", .answers = "204",
             .errors = WRITE_ERRORS}},
    {METHOD_GET, "/v1/audit", AUTH_KEY, PERMISSION_KEYS, .body = audit_list,
     .doc = {"listAudit", "keys", "Read who did what, newest first", .parameters = "before limit",
             .answers = "200:AuditList", .errors = READ_ERRORS}},

    {METHOD_GET, "/healthz", AUTH_NONE, 0, .body = health_alive,
     .doc = {"getHealth", "host", "Whether the process answers", .answers = "200:Health"}},
    {METHOD_GET, "/readyz", AUTH_NONE, 0, .body = health_ready,
     .doc = {"getReadiness", "host", "Whether the host takes calls",
             .answers = "200:Readiness 503:Readiness"}},
    {METHOD_GET, "/openapi.json", AUTH_OPTIONAL, 0, .body = openapi_get,
     .doc = {"getOpenapi", "host",
             "This document; with a key, also the triggers that the key may fire",
             .answers = "200:AnyObject", .errors = "Problem 401 429"}},
    {METHOD_GET, "/", AUTH_NONE, 0, .body = page_get,
     .doc = {"getPage", "host", "The web page", .answers = "200:text/html"}},
    {METHOD_GET, "/ui/{file}", AUTH_NONE, 0, .body = page_get,
     .doc = {"getPageFile", "host", "A file of the web page, such as sdk.js",
             .answers = "200:text/javascript 200:text/plain 200:text/css 200:image/svg+xml",
             .errors = "Problem 404"}},
};

const struct route *route_at(size_t n)
{
    return n < ARRAY_LEN(routes) ? &routes[n] : NULL;
}

/* What cannot be decoded or is too long becomes "", which is the name of nothing: the route says
 * its own 404. */
static bool decode_param(struct request *q, int n, struct text part)
{
    size_t len;
    if (n >= REQUEST_PARAMS || part.len == 0)
        return false;
    if (part.len >= REQUEST_PARAM || !text_percent_decode(part, q->params_text[n], &len))
        q->params_text[n][len = 0] = 0;
    q->params[n] = (struct text){q->params_text[n], len};
    return true;
}

/* Compares segment by segment: a decoded "/" or ".." is just a strange value that no trigger
 * has. */
static bool matches(const char *pattern, struct text path, struct request *q)
{
    struct text want = text_of(pattern), have = path;
    int n = 0;
    if (want.len > 1 && want.data[want.len - 1] == '/') { /* the slash at the end may be left out */
        want.len--;
        if (have.len > 1 && have.data[have.len - 1] == '/')
            have.len--;
    }
    while (want.data && have.data) {
        struct text w = text_cut(&want, '/'), h = text_cut(&have, '/');
        if (w.len > 0 && w.data[0] == '{') {
            if (!decode_param(q, n++, h))
                return false;
        } else if (!text_eq(w, h)) {
            return false;
        }
    }
    return !want.data && !have.data;
}

const struct route *route_find(enum http_method method, struct text path, struct request *q,
                               char allow[ROUTE_ALLOW])
{
    /* HEAD is GET; the door leaves the body away. */
    enum http_method as = method == METHOD_HEAD ? METHOD_GET : method;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!matches(routes[i].pattern, path, q))
            continue;
        if (routes[i].method == as)
            return &routes[i];
        q->near = &routes[i];
        size_t used = strlen(allow);
        snprintf(allow + used, ROUTE_ALLOW - used, "%s%s%s", used ? ", " : "",
                 http_method_name(routes[i].method),
                 routes[i].method == METHOD_GET ? ", HEAD" : "");
    }
    return NULL;
}
