/* SPDX-License-Identifier: MIT */
#include "serve/api/openapi_doc.h"
#include <string.h>

#define FIRE_ERRORS  "400 401 403 404 408 413 415 422 429 500 503"
#define READ_ERRORS  "Problem 400 401 403 404 429 503"
#define WRITE_ERRORS "Problem 400 401 403 404 409 413 415 429 503"

const struct openapi_doc openapi_docs[] = {
    {METHOD_POST, "/api/v1.0/project/{project}/trigger/{key}/", "fireProjectTrigger",
     "Fire a trigger and wait for its response", "dialects", "IdempotencyKey", "CallBody",
     "200:ProjectCompleted 200:Challenge 202:ProjectAccepted", "ProjectError " FIRE_ERRORS, NULL},
    {METHOD_POST, "/api/agent/trigger/", "fireAgent", "Send an instruction to the project's agent",
     "dialects", "IdempotencyKey", "!AgentBody", "202:AgentDispatched", "AgentError " FIRE_ERRORS,
     NULL},
    {METHOD_POST, "/api/scenario/{workflow_id}/trigger/", "fireScenario",
     "Start a scenario by its id", "dialects", "IdempotencyKey", "!ScenarioBody",
     "202:AgentDispatched", "AgentError " FIRE_ERRORS, NULL},
    {METHOD_POST, "/api/v1/flow/{id}", "runFlow", "Run a flow with inputs and wait for its result",
     "dialects", "IdempotencyKey", "FlowBody", "200:FlowAnswer 202:FlowRunning",
     "FlowError " FIRE_ERRORS, NULL},
    {METHOD_POST, "/workflows/trigger", "fireWebhook", "Start a workflow by its webhook secret",
     "dialects", "workflowId IdempotencyKey", "AnyObject", "200:FlowAnswer 202:FlowRunning",
     "FlowError " FIRE_ERRORS, "bearer workflowSecret"},

    {METHOD_POST, "/v1/projects/{project}/triggers/{key}/runs", "startRun", "Start a run", "runs",
     "IdempotencyKey Prefer", "CallBody",
     "200:RunCompleted 200:Challenge 200:text/event-stream 202:RunAccepted", "Problem " FIRE_ERRORS,
     NULL},
    {METHOD_POST, "/v1/widget/{workflow_id}/runs", "startWidgetRun",
     "Start a run from a web page, with a publishable key and from an origin that the trigger lists",
     "runs", "IdempotencyKey", "WidgetBody", "202:WidgetAccepted", "Problem " FIRE_ERRORS, NULL},
    {METHOD_GET, "/v1/runs", "listRuns", "List runs, newest first", "runs",
     "project trigger status session before limit", NULL, "200:RunList", READ_ERRORS, NULL},
    {METHOD_GET, "/v1/runs/{id}", "getRun", "Read one run", "runs", NULL, NULL, "200:Run",
     READ_ERRORS, NULL},
    {METHOD_GET, "/v1/runs/{id}/events", "readRunEvents",
     "Follow a run's records as server-sent events, or read them as a JSON array", "runs",
     "LastEventID last_event_id names", NULL, "200:text/event-stream 200:RecordList 204",
     READ_ERRORS, NULL},
    {METHOD_GET, "/v1/events", "readEvents", "Follow the records of many runs", "runs", "project",
     NULL, "200:text/event-stream", READ_ERRORS, NULL},
    {METHOD_GET, "/v1/ws", "openSocket", "Follow many runs over one WebSocket (moontide.v1)",
     "runs", NULL, NULL, "101", READ_ERRORS, NULL},
    {METHOD_POST, "/v1/runs/{id}/cancel", "cancelRun", "Cancel a run", "runs", NULL, NULL,
     "202:Cancelling", WRITE_ERRORS, NULL},
    {METHOD_POST, "/v1/runs/{id}/signals/{name}", "signalRun", "Answer what a run waits for",
     "runs", NULL, "Anything", "202:Anything", WRITE_ERRORS, NULL},

    {METHOD_GET, "/v1/triggers", "listTriggers", "List the triggers that the key may read",
     "triggers", NULL, NULL, "200:TriggerList", READ_ERRORS, NULL},
    {METHOD_GET, "/v1/triggers/{project}/{key}", "getTrigger", "Read one trigger", "triggers", NULL,
     NULL, "200:Trigger", READ_ERRORS, NULL},
    {METHOD_POST, "/v1/triggers/{project}/{key}/pause", "pauseTrigger",
     "Take a trigger out of service: it answers as an unknown one does", "triggers", NULL, NULL,
     "200:Trigger", WRITE_ERRORS, NULL},
    {METHOD_POST, "/v1/triggers/{project}/{key}/resume", "resumeTrigger",
     "Put a paused trigger back", "triggers", NULL, NULL, "200:Trigger", WRITE_ERRORS, NULL},
    {METHOD_GET, "/v1/triggers/{project}/{key}/webhook", "listWebhookSecrets",
     "List the secrets of a trigger's webhook address, without their values", "triggers", NULL,
     NULL, "200:WebhookList", READ_ERRORS, NULL},
    {METHOD_POST, "/v1/triggers/{project}/{key}/webhook", "createWebhookSecret",
     "Make a secret for the webhook address, shown this once; with a third alive the oldest ends",
     "triggers", NULL, "WebhookForm", "201:WebhookMade", WRITE_ERRORS, NULL},
    {METHOD_DELETE, "/v1/triggers/{project}/{key}/webhook", "removeWebhookSecrets",
     "Remove all secrets of the webhook address at once", "triggers", NULL, NULL, "204",
     WRITE_ERRORS, NULL},
    {METHOD_DELETE, "/v1/triggers/{project}/{key}/webhook/{id}", "removeWebhookSecret",
     "Remove one secret of the webhook address at once", "triggers", NULL, NULL, "204",
     WRITE_ERRORS, NULL},
    {METHOD_GET, "/v1/triggers/{project}/{key}/snippets", "getSnippets",
     "Code that starts a run of this trigger", "triggers", "lang literal", NULL,
     "200:SnippetList 200:text/plain", READ_ERRORS, NULL},

    {METHOD_GET, "/v1/keys", "listKeys", "List API keys, without their secrets", "keys", NULL, NULL,
     "200:KeyList", READ_ERRORS, NULL},
    {METHOD_POST, "/v1/keys", "createKey", "Make an API key; its secret is shown this once", "keys",
     NULL, "!KeyForm", "201:KeyMade", WRITE_ERRORS, NULL},
    {METHOD_DELETE, "/v1/keys/{id}", "revokeKey", "Revoke an API key at once", "keys", NULL, NULL,
     "204", WRITE_ERRORS, NULL},
    {METHOD_GET, "/v1/audit", "listAudit", "Read who did what, newest first", "keys",
     "before limit", NULL, "200:AuditList", READ_ERRORS, NULL},

    {METHOD_GET, "/v1/secrets", "listSecrets", "List secrets, without their values", "secrets",
     NULL, NULL, "200:SecretList", READ_ERRORS, NULL},
    {METHOD_POST, "/v1/secrets", "setSecret", "Set or replace a secret; no value ever comes back",
     "secrets", NULL, "!SecretForm", "201:Secret", WRITE_ERRORS, NULL},
    {METHOD_DELETE, "/v1/secrets/{name}", "removeSecret", "Remove a secret at once", "secrets",
     NULL, NULL, "204", WRITE_ERRORS, NULL},

    {METHOD_GET, "/healthz", "getHealth", "Whether the process answers", "host", NULL, NULL,
     "200:Health", NULL, NULL},
    {METHOD_GET, "/readyz", "getReadiness", "Whether the host takes calls", "host", NULL, NULL,
     "200:Readiness 503:Readiness", NULL, NULL},
    {METHOD_GET, "/metrics", "getMetrics", "Counters for a monitor", "host", NULL, NULL,
     "200:text/plain", NULL, NULL},
    {METHOD_GET, "/openapi.json", "getOpenapi",
     "This document; with a key, also the triggers that the key may fire", "host", NULL, NULL,
     "200:AnyObject", "Problem 401 429", "none apiKey bearer jwt"},
    {METHOD_GET, "/", "getPage", "The web page", "host", NULL, NULL, "200:text/html", NULL, NULL},
    {METHOD_GET, "/ui/{file}", "getPageFile", "A file of the web page, such as sdk.js", "host",
     NULL, NULL, "200:text/javascript 200:text/plain 200:text/css 200:image/svg+xml", "Problem 404",
     NULL},
    {0},
};

const struct openapi_doc *openapi_doc_of(enum http_method method, const char *pattern)
{
    for (const struct openapi_doc *d = openapi_docs; d->pattern; d++)
        if (d->method == method && strcmp(d->pattern, pattern) == 0)
            return d;
    return NULL;
}
