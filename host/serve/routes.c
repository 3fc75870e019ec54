/* SPDX-License-Identifier: MIT */
#include "serve/api/api.h"
#include "serve/dialects/dialects.h"
#include "serve/request.h"
#include <stdio.h>
#include <string.h>

/* Every address of the host. The first row that matches path and method wins. */
static const struct route routes[] = {
    {METHOD_POST, "/api/v1.0/project/{project}/trigger/{key}/", AUTH_SIGNED, PERMISSION_TRIGGER,
     project_head, project_body, project_refuse},

    {METHOD_POST, "/api/agent/trigger/", AUTH_BEARER, PERMISSION_TRIGGER, agent_head, agent_body,
     agent_refuse},
    {METHOD_POST, "/api/scenario/{workflow_id}/trigger/", AUTH_BEARER, PERMISSION_TRIGGER,
     scenario_head, scenario_body, agent_refuse},

    {METHOD_POST, "/api/v1/flow/{id}", AUTH_FLOW, PERMISSION_TRIGGER, flow_head, flow_body,
     flow_refuse},
    {METHOD_POST, "/workflows/trigger", AUTH_NONE, 0, webhook_head, webhook_body, flow_refuse},

    {METHOD_POST, "/v1/projects/{project}/triggers/{key}/runs", AUTH_KEY, PERMISSION_TRIGGER,
     native_head, native_body, NULL},
    {METHOD_POST, "/v1/widget/{workflow_id}/runs", AUTH_WIDGET, PERMISSION_TRIGGER, widget_head,
     widget_body, NULL},
    {METHOD_GET, "/v1/runs", AUTH_KEY, PERMISSION_READ, NULL, runs_list, NULL},
    {METHOD_GET, "/v1/runs/{id}", AUTH_KEY, PERMISSION_READ, NULL, runs_get, NULL},
    {METHOD_GET, "/v1/runs/{id}/events", AUTH_STREAM, PERMISSION_READ, NULL, runs_events, NULL},
    {METHOD_POST, "/v1/runs/{id}/cancel", AUTH_KEY, PERMISSION_CONTROL, NULL, runs_cancel, NULL},
    {METHOD_GET, "/v1/triggers", AUTH_KEY, PERMISSION_READ, NULL, triggers_list, NULL},
    {METHOD_GET, "/v1/triggers/{project}/{key}", AUTH_KEY, PERMISSION_READ, NULL, triggers_get,
     NULL},
    {METHOD_GET, "/v1/triggers/{project}/{key}/snippets", AUTH_KEY, PERMISSION_READ, NULL,
     snippets_get, NULL},
    {METHOD_POST, "/v1/triggers/{project}/{key}/pause", AUTH_KEY, PERMISSION_MANAGE, NULL,
     triggers_pause, NULL},
    {METHOD_POST, "/v1/triggers/{project}/{key}/resume", AUTH_KEY, PERMISSION_MANAGE, NULL,
     triggers_resume, NULL},
    {METHOD_GET, "/v1/triggers/{project}/{key}/webhook", AUTH_KEY, PERMISSION_MANAGE, NULL,
     webhooks_list_all, NULL},
    {METHOD_POST, "/v1/triggers/{project}/{key}/webhook", AUTH_KEY, PERMISSION_MANAGE, NULL,
     webhooks_create, NULL},
    {METHOD_DELETE, "/v1/triggers/{project}/{key}/webhook", AUTH_KEY, PERMISSION_MANAGE, NULL,
     webhooks_delete_all, NULL},
    {METHOD_DELETE, "/v1/triggers/{project}/{key}/webhook/{id}", AUTH_KEY, PERMISSION_MANAGE, NULL,
     webhooks_delete, NULL},

    {METHOD_GET, "/v1/keys", AUTH_KEY, PERMISSION_KEYS, NULL, keys_list_all, NULL},
    {METHOD_POST, "/v1/keys", AUTH_KEY, PERMISSION_KEYS, NULL, keys_create, NULL},
    {METHOD_DELETE, "/v1/keys/{id}", AUTH_KEY, PERMISSION_KEYS, NULL, keys_delete, NULL},
    {METHOD_GET, "/v1/secrets", AUTH_KEY, PERMISSION_SECRETS, NULL, secrets_list_all, NULL},
    {METHOD_POST, "/v1/secrets", AUTH_KEY, PERMISSION_SECRETS, NULL, secrets_set, NULL},
    {METHOD_DELETE, "/v1/secrets/{name}", AUTH_KEY, PERMISSION_SECRETS, NULL, secrets_delete, NULL},
    {METHOD_GET, "/v1/audit", AUTH_KEY, PERMISSION_KEYS, NULL, audit_list, NULL},

    {METHOD_GET, "/healthz", AUTH_NONE, 0, NULL, health_alive, NULL},
    {METHOD_GET, "/readyz", AUTH_NONE, 0, NULL, health_ready, NULL},
    {METHOD_GET, "/openapi.json", AUTH_OPTIONAL, 0, NULL, openapi_get, NULL},
    {METHOD_GET, "/", AUTH_NONE, 0, NULL, page_get, NULL},
    {METHOD_GET, "/ui/{file}", AUTH_NONE, 0, NULL, page_get, NULL},
};

const struct route *route_at(size_t n)
{
    return n < ARRAY_LEN(routes) ? &routes[n] : NULL;
}

static const char *const method_names[] = {"GET",   "HEAD",   "POST",    "PUT",
                                           "PATCH", "DELETE", "OPTIONS", ""};

/* What cannot be decoded or is too long becomes "", which is nothing's name: the route says its own 404. */
static bool take_param(struct request *q, int n, struct text part)
{
    size_t len;
    if (n >= REQUEST_PARAMS || part.len == 0)
        return false;
    if (part.len >= REQUEST_PARAM || !text_percent_decode(part, q->params_text[n], &len))
        q->params_text[n][len = 0] = 0;
    q->params[n] = (struct text){q->params_text[n], len};
    return true;
}

/* Segment by segment: a decoded "/" or ".." is just a strange value that no trigger has. */
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
            if (!take_param(q, n++, h))
                return false;
        } else if (!text_eq(w, h)) {
            return false;
        }
    }
    return !want.data && !have.data;
}

const struct route *route_find(enum http_method method, struct text path, struct request *q,
                               char allow[64])
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
        snprintf(allow + used, 64 - used, "%s%s%s", used ? ", " : "",
                 method_names[routes[i].method], routes[i].method == METHOD_GET ? ", HEAD" : "");
    }
    return NULL;
}
