/* SPDX-License-Identifier: MIT */
#include "engine/cancel.h"
#include "serve/api/api.h"
#include "serve/api/list_json.h"
#include "serve/api/pending.h"
#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 200, LIST_DEFAULT = 50, SESSION_PARAM = 4 * 256 + 1 }; /* 256 code points */

/* ---- GET /v1/runs/{id} */

static void on_run(void *arg, const struct store_run *row, const struct error *err)
{
    struct request *q = pending_read(arg, err);
    if (!q || !run_permitted(q, row, PERMISSION_READ))
        return;
    struct buf b;
    buf_init(&b, 64u << 20);
    run_json(&b, q->app->engine, row);
    request_names_run(q, row->run);
    request_json(q, 200, buf_view(&b));
    buf_done(&b);
}

void runs_get(struct request *q)
{
    if (run_id_ok(q))
        store_get_run(q->app->engine->store, q->params_text[0], on_run, pending_new(q));
}

/* ---- GET /v1/runs */

static void on_list(void *arg, const struct store_run *rows, size_t count, bool more,
                    const struct error *err)
{
    struct request *q = pending_read(arg, err);
    if (!q)
        return;
    struct buf b;
    list_json_open(&b, 512u << 20);
    for (size_t i = 0; i < count; i++)
        run_json(&b, q->app->engine, &rows[i]);
    list_json_answer(q, &b, more && count ? rows[count - 1].run : NULL);
}

/* One text parameter; absent when it is not given. False: refused. */
static bool text_param(struct request *q, const char *name, char *out, size_t cap,
                       struct text *value)
{
    int times = text_query(exchange_query(q->x), name, out, cap);
    *value = times ? text_of(out) : TEXT_NONE;
    if (times == 0 || times == 1)
        return true;
    char detail[96];
    snprintf(detail, sizeof detail, "%s: expected it once, at most %d bytes", name, (int)cap - 1);
    struct refusal r = {.verdict = VERDICT_INVALID, .detail = detail, .field = name};
    request_refuse(q, &r);
    return false;
}

static bool status_param(struct request *q, struct text word, enum store_status *status)
{
    *status = word.data ? store_status_of(word) : 0;
    if (!word.data || *status)
        return true;
    struct refusal r = {
        .verdict = VERDICT_INVALID,
        .detail =
            "status: expected one of queued running waiting completed failed cancelled timed_out",
        .field = "status"};
    request_refuse(q, &r);
    return false;
}

/* Both would be answered with something else than was meant, in silence. */
static bool page_ok(struct request *q, struct text before, uint64_t limit)
{
    bool cursor = !before.data || (before.len < ID_BYTES && text_starts(before, "run_"));
    if (cursor && limit > 0)
        return true;
    struct refusal r = {.verdict = VERDICT_INVALID,
                        .detail = cursor ? "limit: expected a whole number from 1 to 200"
                                         : "before: expected the `next` of a list, a run id",
                        .field = cursor ? "limit" : "before"};
    request_refuse(q, &r);
    return false;
}

void runs_list(struct request *q)
{
    char project[REQUEST_PARAM], trigger[REQUEST_PARAM], session[SESSION_PARAM],
        before[REQUEST_PARAM], status[REQUEST_PARAM];
    struct store_list list = {.projects = text_of(q->key.projects)};
    struct text word;
    uint64_t limit;
    if (!api_key_allows(&q->key, PERMISSION_READ, NULL)) {
        request_no(q, VERDICT_FORBIDDEN, "the key lacks run.read");
        return;
    }
    if (!text_param(q, "project", project, sizeof project, &list.project) ||
        !text_param(q, "trigger", trigger, sizeof trigger, &list.trigger) ||
        !text_param(q, "session", session, sizeof session, &list.session) ||
        !text_param(q, "before", before, sizeof before, &list.before) ||
        !text_param(q, "status", status, sizeof status, &word) ||
        !status_param(q, word, &list.status) ||
        !request_query_u64(q, "limit", LIST_DEFAULT, LIST_MAX, &limit) ||
        !page_ok(q, list.before, limit))
        return;
    list.limit = (uint32_t)limit;
    store_list_runs(q->app->engine->store, &list, on_list, pending_new(q));
}

/* ---- POST /v1/runs/{id}/cancel */

static void on_cancel_noted(void *arg, const struct error *err)
{
    struct request *q = pending_end(arg);
    struct buf b;
    (void)err; /* the run is cancelled and its journal says so */
    if (!q)
        return;
    buf_init(&b, 1024);
    json_open(&b, NULL, '{');
    json_word(&b, "runId", q->params_text[0]);
    json_word(&b, "status", "cancelling");
    json_close(&b, '}');
    request_names_run(q, q->params_text[0]);
    request_json(q, 202, buf_view(&b));
    buf_done(&b);
}

static void on_cancelled(void *arg, enum verdict v)
{
    struct request *q = pending_end(arg);
    if (!q)
        return;
    if (v != VERDICT_ACCEPTED) {
        request_no(q, v, v == VERDICT_CONFLICT ? "the run has ended already" : NULL);
        return;
    }
    struct store_audit audit = audit_of(q, "run.cancel", q->params_text[0]);
    store_audit(q->app->engine->store, &audit, on_cancel_noted, pending_new(q));
}

static void on_cancel_row(void *arg, const struct store_run *row, const struct error *err)
{
    struct request *q = pending_read(arg, err);
    if (!q || !run_permitted(q, row, PERMISSION_CONTROL))
        return;
    engine_cancel(q->app->engine, q->params_text[0], on_cancelled, pending_new(q));
}

void runs_cancel(struct request *q)
{
    if (run_id_ok(q))
        store_get_run(q->app->engine->store, q->params_text[0], on_cancel_row, pending_new(q));
}
