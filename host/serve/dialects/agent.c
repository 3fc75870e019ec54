/* SPDX-License-Identifier: MIT */
/* agent.c - the agent and scenario dialect: always 202
 * {"error":false,"reason":"dispatched","data"}, errors
 * {"error":true,"reason":CODE,"data":{"message","field"?}}. A trigger that is unknown, not allowed
 * or paused is one and the same 404. */
#include "serve/dialects/dialects.h"
#include "serve/request/signed.h"
#include <stdio.h>

enum { SESSION_MAX = 256, INSTRUCTION_MAX = 2000 }; /* code points */

void agent_refuse(struct request *q, const struct refusal *r)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    json_open(&b, NULL, '{');
    json_flag(&b, "error", true);
    json_word(&b, "reason", verdict_code(r->verdict));
    json_open(&b, "data", '{');
    json_word(&b, "message", r->detail ? r->detail : verdict_text(r->verdict));
    if (r->field)
        json_word(&b, "field", r->field);
    json_close(&b, '}');
    json_close(&b, '}');
    request_json(q, verdict_status(r->verdict), buf_view(&b));
    buf_done(&b);
}

static void render(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    q->ticket = NULL;
    if (!names_started_run(o)) {
        request_refuse(q, &o->why);
        return;
    }
    struct buf b;
    buf_init(&b, 64 << 10);
    json_open(&b, NULL, '{');
    json_flag(&b, "error", false);
    json_word(&b, "reason", "dispatched");
    json_open(&b, "data", '{');
    json_word(&b, "run_id", o->why.run);
    json_word(&b, "session_id", o->session);
    json_close(&b, '}');
    json_close(&b, '}');
    request_names_run(q, o->why.run);
    request_json(q, verdict_status(VERDICT_ACCEPTED), buf_view(&b));
    buf_done(&b);
}

/* ---- the two addresses */

static struct trigger *allowed(const struct request *q, struct trigger *t)
{
    return t && trigger_serves(t) && api_key_allows(&q->key, PERMISSION_TRIGGER, t->project) ? t
                                                                                             : NULL;
}

/* scripts/<default project of the token>/agent.lua */
static struct trigger *find_agent(const struct request *q)
{
    const char *project = q->key.default_project;
    return allowed(q, *project ? registry_find(&q->app->engine->reload.registry, text_of(project),
                                               TEXT("agent"))
                               : NULL);
}

static struct trigger *find_scenario(const struct request *q)
{
    return allowed(q, registry_find_id(&q->app->engine->reload.registry, q->params[0]));
}

static void head(struct request *q, const struct trigger *t)
{
    if (!t)
        request_no(q, VERDICT_NOT_FOUND, NULL);
    else if (address_list_admits(q, t->current->manifest))
        exchange_body_max(q->x, (size_t)t->current->manifest->body_max);
}

void agent_head(struct request *q)
{
    head(q, find_agent(q));
}

void scenario_head(struct request *q)
{
    head(q, find_scenario(q));
}

/* ---- the body */

static bool wrong(struct request *q, const char *field, const char *must)
{
    char detail[160];
    snprintf(detail, sizeof detail, "%s must be %s", field + 1, must);
    struct refusal r = {.verdict = VERDICT_INVALID, .detail = detail, .field = field};
    request_refuse(q, &r);
    return false;
}

static bool read_session(struct request *q, const cJSON *tree, struct text *out)
{
    *out = text_of(json_string(tree, "session_id"));
    size_t count = out->data ? text_utf8_count(*out) : 0;
    return (count >= 1 && count <= SESSION_MAX) ||
           wrong(q, "/session_id", "a string of 1 to 256 characters");
}

/* Empty and null are none. */
static bool read_instruction(struct request *q, const cJSON *tree, struct text *out)
{
    const cJSON *v = json_get(tree, "instruction");
    *out = TEXT_NONE;
    if (!v || cJSON_IsNull(v))
        return true;
    if (!cJSON_IsString(v) || text_utf8_count(text_of(v->valuestring)) > INSTRUCTION_MAX)
        return wrong(q, "/instruction", "a string of at most 2000 characters");
    if (v->valuestring[0])
        *out = text_of(v->valuestring);
    return true;
}

static void fire(struct request *q, struct trigger *t, const cJSON *tree, const char *kind,
                 struct text session, struct text instruction)
{
    struct call call = {
        .trigger = t,
        .kind = kind,
        .body = exchange_body(q->x),
        .tree = tree,
        .session = session,
        .environment = TEXT("api"),
        .instruction = instruction,
        .caller = text_of(request_caller(q)),
    };
    fire_call(q, &call, render);
}

/* True: *tree is what was sent, NULL when that is nothing. Free it. */
static bool parse(struct request *q, const struct trigger *t, cJSON **tree)
{
    *tree = NULL;
    if (!t) { /* it may have gone while the body came in */
        request_no(q, VERDICT_NOT_FOUND, NULL);
        return false;
    }
    return signed_ok(q, t) && request_media_ok(q) && request_object(q, tree);
}

void agent_body(struct request *q)
{
    struct trigger *t = find_agent(q);
    struct text session, instruction;
    cJSON *tree;
    if (!parse(q, t, &tree))
        return;
    if (read_session(q, tree, &session) && read_instruction(q, tree, &instruction))
        fire(q, t, tree, "agent", session, instruction);
    cJSON_Delete(tree);
}

/* Its `instruction`, if it has one, is just part of the body. */
void scenario_body(struct request *q)
{
    struct trigger *t = find_scenario(q);
    struct text session;
    cJSON *tree;
    if (!parse(q, t, &tree))
        return;
    if (read_session(q, tree, &session))
        fire(q, t, tree, "scenario", session, TEXT_NONE);
    cJSON_Delete(tree);
}
