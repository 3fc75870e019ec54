/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "domain/schema/schema_export.h"
#include "engine/pause.h"
#include "serve/api/api.h"
#include "serve/api/list_json.h"
#include "serve/api/pending.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_tree(struct buf *b, const char *name, const cJSON *value)
{
    if (value)
        json_tree(b, name, value);
    else
        json_word(b, name, NULL);
}

static void put_manifest(struct buf *b, const struct version *v)
{
    const struct manifest *m = v->manifest;
    char hex[SHA256_HEX];
    hex_encode(v->hash, SHA256_BYTES, hex);
    json_word(b, "id", m->id);
    json_word(b, "name", m->name);
    json_word(b, "version", hex);
    json_int(b, "waitMs", m->wait_ms);
    json_flag(b, "unique", m->unique);
    json_int(b, "bodyMax", m->body_max);
    json_open(b, "limits", '{');
    json_int(b, "cpuMs", m->cpu_ms);
    json_int(b, "memoryBytes", m->memory_bytes);
    json_int(b, "steps", m->steps);
    json_int(b, "outputBytes", m->output_bytes);
    json_int(b, "recordBytes", m->record_bytes);
    json_close(b, '}');
    json_flag(b, "widget", m->widget);
    list_json_words(b, "origins", m->origins);
    put_tree(b, "input", m->input);
    put_tree(b, "defaults", m->defaults);
}

/* What a form can be made of. */
static void put_form(struct buf *b, const struct manifest *m)
{
    struct buf schema;
    buf_init(&schema, 16u << 20);
    if (m->input)
        schema_export(m->input, &schema);
    json_raw(b, "inputSchema", m->input ? buf_view(&schema) : TEXT_NONE);
    buf_done(&schema);
}

/* Who and when: the operator's pause wins over the script's, as it can be ended here. */
static void put_paused(struct buf *b, const struct trigger *t)
{
    bool script = t->current && t->current->manifest->paused;
    if (!t->pause && !script) {
        json_word(b, "paused", NULL);
        return;
    }
    json_open(b, "paused", '{');
    json_word(b, "by", t->pause ? t->pause->by : "script");
    json_time(b, "at", t->pause ? t->pause->at_ms : 0);
    json_close(b, '}');
}

/* "serving", "paused", "loading" or "broken" (no good version yet); `error` tells what is wrong
 * with the newest file. whole: with what lists leave out. */
static void put_trigger(struct buf *b, const struct trigger *t, bool whole)
{
    const char *status = trigger_serves(t) ? "serving"
                         : t->current      ? "paused"
                         : t->loading      ? "loading"
                                           : "broken";
    json_open(b, NULL, '{');
    json_word(b, "project", t->project);
    json_word(b, "key", t->key);
    json_word(b, "status", status);
    put_paused(b, t);
    json_word(b, "error", trigger_error(t));
    if (t->loaded_ms)
        json_time(b, "loadedAt", t->loaded_ms);
    if (t->current)
        put_manifest(b, t->current);
    if (t->current && whole)
        put_form(b, t->current->manifest);
    json_close(b, '}');
}

void triggers_list(struct request *q)
{
    size_t count;
    struct trigger **list = registry_sorted(&q->app->engine->reload.registry, &count);
    struct buf b;
    list_json_open(&b, 256u << 20);
    for (size_t i = 0; i < count; i++) {
        if (api_key_allows(&q->key, PERMISSION_READ, list[i]->project))
            put_trigger(&b, list[i], false);
    }
    free(list);
    list_json_answer(q, &b, NULL);
}

static void answer_trigger(struct request *q, const struct trigger *t)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    put_trigger(&b, t, true);
    request_json(q, 200, buf_view(&b));
    buf_done(&b);
}

struct trigger *triggers_named(struct request *q, enum permission p)
{
    struct trigger *t = registry_find(&q->app->engine->reload.registry, q->params[0], q->params[1]);
    if (t && api_key_allows(&q->key, p, t->project))
        return t;
    bool seen = t && api_key_allows(&q->key, PERMISSION_READ, t->project);
    request_no(q, seen ? VERDICT_FORBIDDEN : VERDICT_NOT_FOUND, NULL);
    return NULL;
}

void triggers_get(struct request *q)
{
    const struct trigger *t = triggers_named(q, PERMISSION_READ);
    if (t)
        answer_trigger(q, t);
}

/* ---- POST /v1/triggers/{project}/{key}/pause and …/resume */

static void on_paused(void *arg, const struct error *err)
{
    struct request *q = pending_read(arg, err);
    if (!q)
        return;
    const struct trigger *t = triggers_named(q, PERMISSION_MANAGE); /* it may have gone meanwhile */
    if (t)
        answer_trigger(q, t);
}

static void set_paused(struct request *q, bool paused)
{
    const struct trigger *t = triggers_named(q, PERMISSION_MANAGE);
    char target[160];
    if (!t)
        return;
    if (!paused && !t->pause && t->current && t->current->manifest->paused) {
        request_no(q, VERDICT_CONFLICT, "its script has paused = true: take that out there");
        return;
    }
    if (paused == (t->pause != NULL)) {
        answer_trigger(q, t);
        return;
    }
    snprintf(target, sizeof target, "%s/%s", t->project, t->key);
    struct store_audit audit = audit_of(q, paused ? "trigger.pause" : "trigger.resume", target);
    engine_pause(q->app->engine, t, paused, request_caller(q), &audit, on_paused, pending_new(q));
}

void triggers_pause(struct request *q)
{
    set_paused(q, true);
}

void triggers_resume(struct request *q)
{
    set_paused(q, false);
}
