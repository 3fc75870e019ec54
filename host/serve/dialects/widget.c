/* SPDX-License-Identifier: MIT */
/* widget.c - POST /v1/widget/{workflow_id}/runs: a web page starts a run with a publishable key.
 * The key stands in the page's source, so that nothing here trusts it further than to the trigger:
 * a trigger that is unknown, paused, no widget, of another project or not for this page is one and
 * the same 404, and what a stranger could guess (a session, an Idempotency-Key, the run of a
 * duplicate) leads to nobody else's run. Always 202. */
#include "base/id.h"
#include "domain/address/origin.h"
#include "domain/inputs.h"
#include "serve/dialects/dialects.h"
#include <stdio.h>
#include <string.h>

enum { GUESS_MIN = 20 /* characters of an Idempotency-Key */, SESSION_CHARS = 26 };

/* ---- who may */

static struct trigger *find(const struct request *q)
{
    struct text origin = exchange_header(q->x, "origin");
    struct trigger *t = registry_find_id(&q->app->engine->reload.registry, q->params[0]);
    if (!t || !trigger_serves(t) || !t->current->manifest->widget ||
        !origin_list_has(t->current->manifest->origins, origin))
        return NULL;
    bool key_ok = api_key_allows(&q->key, PERMISSION_WIDGET, t->project) &&
                  (!*q->key.origins || origin_list_has(q->key.origins, origin));
    return key_ok ? t : NULL;
}

static void not_found(struct request *q)
{
    q->page_ok = false; /* an answer that the page may read would be another answer */
    request_no(q, VERDICT_NOT_FOUND, NULL);
}

void widget_head(struct request *q)
{
    const struct trigger *t = find(q);
    if (!t)
        not_found(q);
    else if (address_list_admits(q, t->current->manifest))
        exchange_body_max(q->x, (size_t)t->current->manifest->body_max);
}

/* ---- what it says */

struct wish {
    const cJSON *variables; /* NULL: none */
    struct text session;    /* absent: a fresh one */
};

static bool wrong(struct request *q, const char *field, const char *detail)
{
    struct refusal r = {.verdict = VERDICT_INVALID, .detail = detail, .field = field};
    request_refuse(q, &r);
    return false;
}

static bool all_known(struct request *q, const cJSON *tree)
{
    static const char *const names[] = {"variables", "sessionId", NULL};
    for (const cJSON *v = tree ? tree->child : NULL; v; v = v->next) {
        char field[80], detail[120];
        if (strcmp(v->string, names[0]) == 0 || strcmp(v->string, names[1]) == 0)
            continue;
        const char *near = text_nearest(text_of(v->string), names);
        snprintf(field, sizeof field, "/%.70s", v->string);
        field[text_utf8_whole(text_of(field))] = '\0';
        snprintf(detail, sizeof detail, "unknown field%s%s; expected variables and sessionId",
                 near ? ", did you mean " : "", near ? near : "");
        return wrong(q, field, detail);
    }
    return true;
}

/* Only the host's own ids, which nobody guesses, lead back into a conversation. */
static bool session_ok(struct text id)
{
    return id.len == strlen("ses_") + SESSION_CHARS && text_starts(id, "ses_");
}

static bool read_wish(struct request *q, const cJSON *tree, struct wish *w)
{
    const cJSON *variables = json_get(tree, "variables"), *session = json_get(tree, "sessionId");
    struct text key = exchange_header(q->x, "idempotency-key");
    *w = (struct wish){0};
    if (!all_known(q, tree))
        return false;
    if (variables && !cJSON_IsNull(variables) && !cJSON_IsObject(variables))
        return wrong(q, "/variables", "/variables must be an object");
    w->variables = cJSON_IsObject(variables) ? variables : NULL;
    if (session && !cJSON_IsNull(session)) {
        w->session = text_of(cJSON_GetStringValue(session));
        if (!session_ok(w->session))
            return wrong(q, "/sessionId",
                         "/sessionId must be one that an earlier answer gave (ses_…)");
    }
    if (key.data && key.len < GUESS_MIN)
        return wrong(q, "Idempotency-Key",
                     "Idempotency-Key: expected 20 characters or more that nobody can guess, such "
                     "as a random UUID");
    return true;
}

/* ---- the answer */

static void render(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    q->ticket = NULL;
    if (!names_started_run(o)) {
        struct refusal r = o->why;
        r.run = NULL; /* of a duplicate: it is somebody else's */
        request_refuse(q, &r);
        return;
    }
    struct buf b;
    buf_init(&b, 64 << 10);
    open_run_answer(&b, o);
    put_stream_url(&b, q, o->why.run);
    json_close(&b, '}');
    request_names_run(q, o->why.run);
    request_json(q, verdict_status(VERDICT_ACCEPTED), buf_view(&b));
    buf_done(&b);
}

static void fire(struct request *q, struct trigger *t, const struct wish *w)
{
    cJSON *inputs = inputs_merge(t->current->manifest->defaults, w->variables);
    struct buf body;
    buf_init(&body, 16u << 20);
    json_put_tree(&body, inputs);
    struct call call = {
        .trigger = t,
        .kind = "widget",
        .body = buf_view(&body),
        .tree = inputs,
        .inputs = true,
        .unsent = !w->variables,
        .session = w->session,
        .environment = TEXT("api"),
        .caller = text_of(q->key.id),
    };
    fire_call(q, &call, render);
    buf_done(&body);
    cJSON_Delete(inputs);
}

void widget_body(struct request *q)
{
    struct trigger *t = find(q); /* again: it may have gone while the body came in */
    struct wish wish;
    cJSON *tree;
    if (!t) {
        not_found(q);
        return;
    }
    if (!request_media_ok(q) || !request_object(q, &tree))
        return;
    if (read_wish(q, tree, &wish))
        fire(q, t, &wish);
    cJSON_Delete(tree);
}
