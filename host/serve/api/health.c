/* SPDX-License-Identifier: MIT */
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
    buf_printf(
        &b,
        "{\"status\":\"%s\",\"draining\":%s,\"store\":\"%s\",\"runners\":%u,\"runsInMemory\":%zu,\"backlog\":%zu,"
        "\"commitMicroseconds\":%lld}",
        ready ? "ready" : "not ready", e->draining ? "true" : "false",
        e->outage.broken ? "refuses writes" : "ok", pool_count(e->pool), e->runs.count,
        e->backlog.count, (long long)commit_us);
    if (!ready)
        exchange_set(q->x, "Retry-After", "1");
    request_json(q, ready ? 200 : 503, buf_view(&b));
    buf_done(&b);
}
