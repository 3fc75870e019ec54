/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "domain/schema/schema_export.h"
#include "engine/pause.h"
#include "serve/api/api.h"
#include "serve/api/pending.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_string(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, ",\"%s\":", name);
    json_put_cstr(b, value);
}

static void put_tree(struct buf *b, const char *name, const cJSON *value)
{
    buf_printf(b, ",\"%s\":", name);
    if (value)
        json_put_tree(b, value);
    else
        buf_str(b, "null");
}

static void put_manifest(struct buf *b, const struct version *v)
{
    const struct manifest *m = v->manifest;
    char hex[SHA256_HEX];
    hex_encode(v->hash, SHA256_BYTES, hex);
    put_string(b, "id", m->id);
    put_string(b, "name", m->name);
    put_string(b, "version", hex);
    buf_printf(b, ",\"waitMs\":%lld,\"unique\":%s,\"bodyMax\":%lld", (long long)m->wait_ms,
               m->unique ? "true" : "false", (long long)m->body_max);
    buf_printf(
        b,
        ",\"limits\":{\"cpuMs\":%u,\"memoryBytes\":%u,\"steps\":%u,\"outputBytes\":%u,\"recordBytes\":%u}",
        m->cpu_ms, m->memory_bytes, m->steps, m->output_bytes, m->record_bytes);
    buf_printf(b, ",\"widget\":%s,\"origins\":[", m->widget ? "true" : "false");
    for (struct text rest = text_of(m->origins), one; rest.data;) {
        one = text_cut(&rest, ',');
        json_put_string(b, one);
        buf_str(b, rest.data ? "," : "");
    }
    buf_char(b, ']');
    put_tree(b, "input", m->input);
    put_tree(b, "defaults", m->defaults);
}

/* What a form can be made of. */
static void put_form(struct buf *b, const struct manifest *m)
{
    buf_str(b, ",\"inputSchema\":");
    if (m->input)
        schema_export(m->input, b);
    else
        buf_str(b, "null");
}

/* Who and when: the operator's pause wins over the script's, as it can be ended here. */
static void put_paused(struct buf *b, const struct trigger *t)
{
    char at[TEXT_TIME];
    bool script = t->current && t->current->manifest->paused;
    buf_str(b, ",\"paused\":");
    if (t->pause) {
        text_time(t->pause->at_ms, at);
        buf_str(b, "{\"by\":");
        json_put_cstr(b, t->pause->by);
        buf_printf(b, ",\"at\":\"%s\"}", at);
    } else {
        buf_str(b, script ? "{\"by\":\"script\",\"at\":null}" : "null");
    }
}

/* "serving", "paused", "loading" or "broken" (no good version yet); `error` tells what is wrong
 * with the newest file. whole: with what lists leave out. */
static void put_trigger(struct buf *b, const struct trigger *t, bool whole)
{
    const char *status = trigger_serves(t) ? "serving"
                         : t->current      ? "paused"
                         : t->loading      ? "loading"
                                           : "broken";
    buf_str(b, "{\"project\":");
    json_put_cstr(b, t->project);
    put_string(b, "key", t->key);
    put_string(b, "status", status);
    put_paused(b, t);
    put_string(b, "error", trigger_error(t));
    if (t->loaded_ms) {
        char at[TEXT_TIME];
        text_time(t->loaded_ms, at);
        put_string(b, "loadedAt", at);
    }
    if (t->current)
        put_manifest(b, t->current);
    if (t->current && whole)
        put_form(b, t->current->manifest);
    buf_char(b, '}');
}

void triggers_list(struct request *q)
{
    size_t count, shown = 0;
    struct trigger **list = registry_sorted(&q->app->engine->reload.registry, &count);
    struct buf b;
    buf_init(&b, 256u << 20);
    buf_str(&b, "{\"items\":[");
    for (size_t i = 0; i < count; i++) {
        if (!api_key_allows(&q->key, PERMISSION_READ, list[i]->project))
            continue;
        if (shown++)
            buf_char(&b, ',');
        put_trigger(&b, list[i], false);
    }
    buf_str(&b, "],\"next\":null}");
    free(list);
    request_json(q, 200, buf_view(&b));
    buf_done(&b);
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
