/* SPDX-License-Identifier: MIT */
#include "engine/pause.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/engine.h"
#include <stdlib.h>
#include <string.h>

static void on_pauses(void *arg, const struct store_pause *pauses, size_t count,
                      const struct error *err)
{
    struct engine *e = arg;
    if (err) {
        e->pauses.unread = *err;
        error_context(&e->pauses.unread, "reading which triggers are paused");
        return;
    }
    for (size_t i = 0; i < count; i++)
        registry_pause(&e->reload.registry, pauses[i].project, pauses[i].key, pauses[i].by,
                       pauses[i].at_ms);
    e->pauses.known = true;
}

void pauses_read(struct engine *e)
{
    store_list_pauses(e->store, on_pauses, e);
}

struct change {
    struct engine *e;
    char *project, *key; /* the trigger may go meanwhile */
    char by[JWT_CALLER];
    int64_t at_ms;
    bool paused;
    store_written_fn fn;
    void *arg;
};

static void on_written(void *arg, const struct error *err)
{
    struct change *c = arg;
    if (!err) {
        registry_pause(&c->e->reload.registry, c->project, c->key, c->paused ? c->by : NULL,
                       c->at_ms);
        log_info(NULL, "\"trigger %s\" trigger=%s/%s by=\"%s\"", c->paused ? "paused" : "resumed",
                 c->project, c->key, c->by);
    }
    c->fn(c->arg, err);
    free(c->project);
    free(c->key);
    free(c);
}

static char *folded(const char *key)
{
    char *out = mem_text(key);
    text_lower(out);
    return out;
}

void engine_pause(struct engine *e, const struct trigger *t, bool paused, const char *by,
                  const struct store_audit *audit, store_written_fn fn, void *arg)
{
    struct change *c = mem_zero(1, sizeof *c);
    *c = (struct change){
        .e = e,
        .project = mem_text(t->project),
        .key = folded(t->key),
        .at_ms = clock_wall_ms(e->clock),
        .paused = paused,
        .fn = fn,
        .arg = arg,
    };
    memcpy(c->by, by, strnlen(by, sizeof c->by - 1));
    const struct store_pause row = {c->project, c->key, c->by, c->at_ms};
    store_pause(e->store, &row, paused, audit, on_written, c);
}
