/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/cancel.h"
#include "engine/run.h"
#include "engine/runner_messages.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void on_turn(uv_prepare_t *turn)
{
    struct engine *e = turn->data;
    /* Runs of the last host come back once the triggers are known, as most of them still have their
     * version. */
    if (!e->recovery.begun && reload_settled(&e->reload))
        recovery_begin(e);
    engine_flush(e);
}

void engine_flush(struct engine *e)
{
    commits_flush(e);
    if (!e->closing)
        pool_flush(e->pool);
}

/* ---- what deploy/ asks of the engine */

static void on_load(void *arg, const struct version *v)
{
    struct engine *e = arg;
    loading_compile(&e->loading, v, engine_idlest_runner(e));
}

static void on_unload(void *arg, const struct version *v)
{
    struct engine *e = arg;
    loading_unload(&e->loading, v);
}

static void on_version_refused(void *arg, const struct error *err)
{
    store_outage_failed(arg, NULL, err);
}

static void init_reload(struct engine *e)
{
    const struct reload_options options = {
        .config = e->config,
        .clock = e->clock,
        .timers = &e->timers,
        .load = on_load,
        .unload = on_unload,
        .refused = on_version_refused,
        .arg = e,
    };
    reload_init(&e->reload, &options);
}

/* Whoever starts a host again the moment it was killed meets the last of the old one, which holds
 * the folder until the system has taken it apart. */
static struct store *open_store(const struct engine_options *o, struct error *err)
{
    const struct store_options store = {.data = o->config->data, .loop = o->loop};
    const struct timespec nap = {.tv_nsec = ENGINE_FOLDER_LOOK_MS * 1000000L};
    int64_t until_ms = clock_mono_ms(o->clock) + ENGINE_FOLDER_WAIT_MS;
    struct store *s;
    bool told = false;
    while (!(s = store_open(&store, err)) && err->code == ERROR_BUSY &&
           clock_mono_ms(o->clock) < until_ms) {
        if (!told)
            log_warn(NULL, "another host is still there, waiting for it to end: %s", err->text);
        told = true;
        nanosleep(&nap, NULL);
    }
    return s;
}

static bool open_parts(struct engine *e, const struct engine_options *o, struct error *err)
{
    struct pool_options pool = {
        .loop = o->loop,
        .clock = o->clock,
        .count = o->runners,
        .frame = runner_messages_take,
        .lost = runner_messages_lost,
        .arg = e,
    };
    if (!(e->store = open_store(o, err)))
        return false;
    e->reload.kept.store = e->store;
    if (!keyring_open(&e->keyring, &e->timers, e->store, err))
        return false;
    pauses_read(e);
    if (!(e->vault = vault_open(e->store, o->config->data, err)))
        return false;
    if (!jwt_open(&e->jwt, o->config, e->vault, o->clock, err))
        return false;
    if (!(e->pool = pool_new(&pool, err)))
        return false;
    e->loading.pool = e->pool;
    if (!(e->http = http_new(o->loop, o->config->egress_allow, err)))
        return false;
    return !o->watch || reload_watch(&e->reload, o->loop, err);
}

struct engine *engine_open(const struct engine_options *o, struct error *err)
{
    struct engine *e = mem_zero(1, sizeof *e);
    e->loop = o->loop;
    e->clock = o->clock;
    e->config = o->config;
    map_init(&e->runs);
    placements_init(&e->placements);
    backlog_init(&e->backlog);
    commits_init(&e->commits);
    rebuilds_init(&e->rebuilds);
    list_init(&e->cancels);
    hub_init(&e->hub);
    timers_init(&e->timers, o->loop, o->clock);
    init_reload(e);
    loading_init(&e->loading, NULL);
    uv_prepare_init(o->loop, &e->turn);
    e->turn.data = e;
    if (!open_parts(e, o, err)) {
        engine_close(e, NULL, NULL);
        return NULL;
    }
    uv_prepare_start(&e->turn, on_turn);
    reload_scan(&e->reload);
    return e;
}

const struct error *engine_unfit(const struct engine *e)
{
    const struct error *first = &e->keyring.unread;
    return first->code ? first : e->pauses.unread.code ? &e->pauses.unread : NULL;
}

bool engine_ready(const struct engine *e)
{
    return pool_ready(e->pool) && e->keyring.loaded && e->pauses.known &&
           reload_settled(&e->reload) && !e->draining;
}

void engine_drain(struct engine *e)
{
    e->draining = true;
}

bool engine_quiet(const struct engine *e)
{
    return e->tickets == 0 && commits_quiet(e);
}

/* ---- closing: every part says when it is done; what has not ended resumes at the next start */

static void free_runs(struct engine *e)
{
    size_t pos = 0;
    struct text key;
    void *value;
    loading_done(&e->loading);
    e->pool = NULL; /* nobody to be told any more */
    e->http = NULL;
    while (map_next(&e->runs, &pos, &key, &value)) {
        struct run *r = value;
        run_commit_abandon(r);
        run_abandon(r);
    }
}

static void on_part_closed(void *arg)
{
    struct engine *e = arg;
    if (--e->parts > 0)
        return;
    cancels_close(e);
    free_runs(e);
    reload_done(&e->reload);
    jwt_free(e->jwt);
    keyring_close(&e->keyring);
    vault_close(e->vault);
    hub_done(&e->hub);
    map_done(&e->runs);
    placements_done(&e->placements);
    void (*closed)(void *) = e->closed;
    void *closed_arg = e->closed_arg;
    free(e);
    if (closed)
        closed(closed_arg);
}

static void on_handle_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

/* The store goes first, with runners and all still there for the last callbacks; nothing is written
 * after it. */
static void on_store_closed(void *arg)
{
    struct engine *e = arg;
    e->parts = 2;
    uv_close((uv_handle_t *)&e->turn, on_handle_closed);
    if (e->http)
        e->parts++, http_close(e->http, on_part_closed, e);
    if (e->pool)
        e->parts++, pool_close(e->pool, on_part_closed, e);
    timers_close(&e->timers, on_part_closed, e);
}

void engine_close(struct engine *e, void (*closed)(void *arg), void *arg)
{
    if (e->pool)
        engine_flush(e);
    if (e->keyring.loaded)
        keyring_flush(&e->keyring);
    uv_prepare_stop(&e->turn);
    e->closing = true;
    e->closed = closed;
    e->closed_arg = arg;
    reload_close(&e->reload);
    keyring_rest(&e->keyring);
    if (e->vault)
        vault_rest(e->vault);
    if (e->store)
        store_close(e->store, on_store_closed, e);
    else
        on_store_closed(e);
}
