/* SPDX-License-Identifier: MIT */
#include "base/json_out.h"
#include "serve/api/api.h"

/* The process answers: that is all that it says. */
void health_alive(struct request *q)
{
    request_json(q, 200, TEXT("{\"status\":\"ok\"}"));
}

/* Ready: runners are up, every trigger file has been looked at, keys are known, the disk takes
 * writes, no drain. */
void health_ready(struct request *q)
{
    const struct engine *e = q->app->engine;
    struct buf b;
    bool ready = engine_ready(e) && !e->outage.broken;
    size_t waiting;
    int64_t commit_us;
    store_load(e->store, &waiting, &commit_us);
    buf_init(&b, 4096);
    json_open(&b, NULL, '{');
    json_word(&b, "status", ready ? "ready" : "not ready");
    json_flag(&b, "draining", e->draining);
    json_word(&b, "store", e->outage.broken ? "refuses writes" : "ok");
    json_int(&b, "runners", pool_count(e->pool));
    json_int(&b, "runsInMemory", (int64_t)e->runs.count);
    json_int(&b, "backlog", (int64_t)e->backlog.count);
    json_int(&b, "commitMicroseconds", commit_us);
    json_close(&b, '}');
    if (!ready)
        exchange_set(q->x, "Retry-After", "1");
    request_json(q, ready ? 200 : 503, buf_view(&b));
    buf_done(&b);
}
