/* SPDX-License-Identifier: MIT */
/* openapi.c - GET /openapi.json (OpenAPI 3.1): a path for each route, made from its row, and for
 * who asks with a key one more for each trigger that the key may fire, with its input schema. The
 * components are in openapi.json beside it. */
#include "base/embed.h"
#include "domain/schema/schema_export.h"
#include "serve/api/api.h"
#include "serve/door/door_head.h"
#include "serve/request/credential.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 256, WORD_MAX = 64 };

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {101, "The connection is a WebSocket."},
    {200, "Done."},
    {201, "Made."},
    {202, "Accepted; it goes on."},
    {204, "Done; there is nothing to say."},
    {400, "The request is wrong; the code says how."},
    {401, "The credential is missing, wrong or does not allow this."},
    {403, "The key lacks the permission or the project."},
    {404, "There is nothing at this address."},
    {408, "Not done in time."},
    {409, "The state does not allow this."},
    {413, "The body is larger than the limit."},
    {415, "The body is not JSON."},
    {422, "The Idempotency-Key was used before with another body."},
    {429, "Too many requests: try again after Retry-After."},
    {500, "The run failed, or the host made a mistake."},
    {503, "Not now: try again after Retry-After."},
};

static const char *status_text(const char *status)
{
    char number[8];
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        snprintf(number, sizeof number, "%d", statuses[i].status);
        if (strcmp(number, status) == 0)
            return statuses[i].text;
    }
    return "An answer.";
}

/* The next word of a list by blanks; "" at its end. */
static const char *next_word(struct text *rest, char out[WORD_MAX])
{
    struct text word = rest->data ? text_cut(rest, ' ') : TEXT_NONE;
    assert(word.len < WORD_MAX);
    memcpy(out, word.data ? word.data : "", word.len);
    out[word.len] = '\0';
    return out;
}

static void add_ref(cJSON *to, const char *kind, const char *name)
{
    char ref[PATH_MAX_BYTES + 64];
    snprintf(ref, sizeof ref, "#/components/%s/%s", kind, name);
    cJSON_AddStringToObject(to, "$ref", ref);
}

static cJSON *schema_ref(const char *name)
{
    cJSON *schema = cJSON_CreateObject();
    add_ref(schema, "schemas", name);
    return schema;
}

static cJSON *member(cJSON *object, const char *name)
{
    cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);
    return v ? v : cJSON_AddObjectToObject(object, name);
}

/* ---- one operation */

/* what: the name of a schema, or a media type, which has a '/'. */
static void add_answer(cJSON *answers, const char *status, const char *what, const char *media)
{
    cJSON *answer = member(answers, status);
    if (!cJSON_HasObjectItem(answer, "description"))
        cJSON_AddStringToObject(answer, "description", status_text(status));
    if (!*what)
        return;
    bool is_media = strchr(what, '/') != NULL;
    cJSON *content = member(member(answer, "content"), is_media ? what : media);
    cJSON *before = cJSON_DetachItemFromObject(content, "schema");
    if (is_media) {
        cJSON_Delete(before);
        cJSON_AddStringToObject(cJSON_AddObjectToObject(content, "schema"), "type", "string");
    } else if (!before) {
        cJSON_AddItemToObject(content, "schema", schema_ref(what));
    } else { /* the second one of this status: either will do */
        cJSON *either = cJSON_AddArrayToObject(cJSON_AddObjectToObject(content, "schema"), "anyOf");
        cJSON_AddItemToArray(either, before);
        cJSON_AddItemToArray(either, schema_ref(what));
    }
}

static void add_answers(cJSON *op, const struct route_doc *d)
{
    cJSON *answers = cJSON_AddObjectToObject(op, "responses");
    struct text rest = text_of(d->answers);
    char word[WORD_MAX], schema[WORD_MAX];
    while (*next_word(&rest, word)) {
        char *colon = strchr(word, ':');
        if (colon)
            *colon = '\0';
        add_answer(answers, word, colon ? colon + 1 : "", "application/json");
    }
    rest = text_of(d->errors);
    next_word(&rest, schema);
    const char *media =
        strcmp(schema, "Problem") == 0 ? "application/problem+json" : "application/json";
    while (*next_word(&rest, word))
        add_answer(answers, word, schema, media);
}

static void add_path_parameters(cJSON *list, const char *pattern)
{
    for (const char *at = pattern; (at = strchr(at, '{'));) {
        const char *end = strchr(at, '}');
        char name[WORD_MAX];
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 1), at + 1);
        cJSON *p = cJSON_CreateObject();
        cJSON_AddStringToObject(p, "name", name);
        cJSON_AddStringToObject(p, "in", "path");
        cJSON_AddTrueToObject(p, "required");
        cJSON_AddStringToObject(cJSON_AddObjectToObject(p, "schema"), "type", "string");
        cJSON_AddItemToArray(list, p);
        at = end;
    }
}

static void add_parameters(cJSON *op, const struct route_doc *d, const char *pattern)
{
    cJSON *list = cJSON_CreateArray();
    struct text rest = text_of(d->parameters);
    char word[WORD_MAX];
    add_path_parameters(list, pattern);
    while (*next_word(&rest, word)) {
        cJSON *p = cJSON_CreateObject();
        add_ref(p, "parameters", word);
        cJSON_AddItemToArray(list, p);
    }
    if (cJSON_GetArraySize(list))
        cJSON_AddItemToObject(op, "parameters", list);
    else
        cJSON_Delete(list);
}

/* Takes the schema. */
static void add_body(cJSON *op, cJSON *schema, bool required)
{
    cJSON *body = cJSON_AddObjectToObject(op, "requestBody");
    cJSON_AddBoolToObject(body, "required", required);
    cJSON *media =
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(body, "content"), "application/json");
    cJSON_AddItemToObject(media, "schema", schema);
}

/* Any one of them will do; "none" is a way too. */
static void add_security(cJSON *op, const char *schemes)
{
    cJSON *list = cJSON_AddArrayToObject(op, "security");
    struct text rest = text_of(schemes);
    char word[WORD_MAX];
    while (*next_word(&rest, word)) {
        cJSON *way = cJSON_CreateObject();
        if (strcmp(word, "none") != 0)
            cJSON_AddArrayToObject(way, word);
        cJSON_AddItemToArray(list, way);
    }
}

static cJSON *operation(const struct route_doc *d, const char *id, const char *summary,
                        const char *tag)
{
    cJSON *op = cJSON_CreateObject();
    cJSON_AddStringToObject(op, "operationId", id);
    cJSON_AddStringToObject(op, "summary", summary);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(op, "tags"), cJSON_CreateString(tag));
    add_answers(op, d);
    return op;
}

/* ---- all of them */

static void add_operation(cJSON *paths, const char *path, enum http_method method, cJSON *op)
{
    char name[WORD_MAX];
    snprintf(name, sizeof name, "%s", http_method_name(method));
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    cJSON_AddItemToObject(member(paths, path), name, op);
}

static void add_route(cJSON *paths, const struct route *r)
{
    const struct route_doc *d = &r->doc;
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "%s", r->pattern);
    size_t len = strlen(path);
    if (len > 1 && path[len - 1] == '/') /* with it or without: one path is enough to know */
        path[len - 1] = '\0';
    cJSON *op = operation(d, d->id, d->summary, d->tag);
    add_parameters(op, d, r->pattern);
    if (d->request)
        add_body(op, schema_ref(d->request + (*d->request == '!')), *d->request == '!');
    add_security(op, d->security ? d->security : credential_schemes(r->auth));
    add_operation(paths, path, r->method, op);
}

static cJSON *input_schema(const cJSON *input)
{
    struct buf json;
    struct error err;
    buf_init(&json, 4u << 20);
    schema_export(input, &json);
    cJSON *schema = json_parse_own(buf_view(&json), &err);
    buf_done(&json);
    return schema ? schema : cJSON_CreateObject();
}

static cJSON *body_of_trigger(cJSON *doc, const struct trigger *t)
{
    char name[PATH_MAX_BYTES];
    snprintf(name, sizeof name, "Input.%s.%s", t->project, t->key);
    cJSON *schemas = member(member(doc, "components"), "schemas");
    cJSON_AddItemToObject(schemas, name, input_schema(t->current->manifest->input));
    cJSON *schema = cJSON_CreateObject();
    cJSON *all = cJSON_AddArrayToObject(schema, "allOf");
    cJSON_AddItemToArray(all, schema_ref("CallBody"));
    cJSON_AddItemToArray(all, schema_ref(name));
    return schema;
}

/* The route that starts a run, once more, with its trigger's own path and schema. */
static void add_trigger(cJSON *doc, const struct route *start, const struct trigger *t)
{
    char path[PATH_MAX_BYTES], id[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "/v1/projects/%s/triggers/%s/runs", t->project, t->key);
    snprintf(id, sizeof id, "run.%s.%s", t->project, t->key);
    cJSON *op = operation(&start->doc, id, t->current->manifest->name, "triggers");
    add_parameters(op, &start->doc, path);
    add_body(op, body_of_trigger(doc, t), t->current->manifest->input != NULL);
    add_security(op, credential_schemes(start->auth));
    add_operation(member(doc, "paths"), path, start->method, op);
}

static void add_triggers(struct request *q, const struct route *start, cJSON *doc)
{
    const struct map *all = &q->app->engine->reload.registry.by_path;
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(all, &pos, &key, &value)) {
        const struct trigger *t = value;
        if (trigger_serves(t) && api_key_allows(&q->key, PERMISSION_TRIGGER, t->project))
            add_trigger(doc, start, t);
    }
}

void openapi_get(struct request *q)
{
    struct error err;
    struct buf b;
    const struct route *r, *start = NULL;
    cJSON *doc = json_parse_own((struct text){openapi_files[0].data, openapi_files[0].size}, &err);
    assert(doc);
    cJSON_ReplaceItemInObject(member(doc, "info"), "version", cJSON_CreateString(MOONTIDE_VERSION));
    for (size_t i = 0; (r = q->app->route_at(i)); i++) {
        add_route(member(doc, "paths"), r);
        if (strcmp(r->doc.id, "startRun") == 0)
            start = r;
    }
    assert(start);
    if (q->authenticated)
        add_triggers(q, start, doc);
    buf_init(&b, 64u << 20);
    json_put_tree(&b, doc);
    cJSON_Delete(doc);
    request_json(q, 200, buf_view(&b));
    buf_done(&b);
}
