/* SPDX-License-Identifier: MIT */
#include "deploy/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "deploy/reload.h"
#include "engine/engine.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOST_LUA_MAX = 64 << 10 };

/* ---- triggers: an engine with nothing but runners and a registry */

static bool on_frame(void *arg, unsigned runner, const struct frame *f)
{
    if (f->type != FRAME_LOADED && f->type != FRAME_REFUSED)
        return false;
    reload_answer(arg, runner, f);
    return true;
}

static void on_lost(void *arg, unsigned runner, const struct pool_end *end)
{
    struct engine *e = arg;
    registry_forget_runner(&e->registry, runner);
    reload_lost(e, runner, end);
}

static void report_all(struct engine *e,
                       void (*report)(void *, const char *, const char *, const char *), void *arg)
{
    size_t count;
    struct trigger **list = registry_sorted(&e->registry, &count);
    for (size_t i = 0; i < count; i++)
        report(arg, list[i]->project, list[i]->key, list[i]->error);
    free(list);
}

/* Runs the loop until `done`, or for good. */
static void run_until(uv_loop_t *loop, struct pool *pool, bool (*done)(void *arg), void *arg)
{
    while (!done(arg)) {
        pool_flush(pool);
        uv_run(loop, UV_RUN_ONCE);
    }
}

static bool settled(void *arg)
{
    return reload_settled(arg);
}

bool check_scripts(const struct config *config,
                   void (*report)(void *arg, const char *project, const char *key,
                                  const char *error),
                   void *arg, struct error *err)
{
    uv_loop_t loop;
    struct engine *e = mem_zero(1, sizeof *e);
    uv_loop_init(&loop);
    e->loop = &loop;
    e->clock = &clock_system;
    e->config = config;
    registry_init(&e->registry);
    e->registry.host_keys = strcmp(e->config->trigger_keys, "host") == 0;
    struct pool_options pool = {
        .loop = &loop, .clock = e->clock, .count = 1, .frame = on_frame, .lost = on_lost, .arg = e};
    enum log_level level = log_level_get();
    bool ok = access(config->scripts, R_OK | X_OK) == 0 ||
              error_errno(err, errno, "reading the scripts folder %s", config->scripts);
    ok = ok && (e->pool = pool_new(&pool, err));
    if (ok) {
        log_level_set(LOG_OFF); /* what is wrong is reported, not logged */
        reload_scan(e);
        run_until(&loop, e->pool, settled, e);
        report_all(e, report, arg);
        log_level_set(level);
        pool_close(e->pool, NULL, NULL);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    registry_done(&e->registry);
    free(e);
    return ok;
}

/* ---- host.lua */

struct answer {
    bool came, ok;
    char *text;
};

static bool on_table(void *arg, unsigned runner, const struct frame *f)
{
    struct answer *a = arg;
    struct frame_reader in;
    (void)runner;
    frame_read(&in, f);
    struct text text = frame_get_bytes(&in);
    if (!text.data || !frame_read_ok(&in) || (f->type != FRAME_LOADED && f->type != FRAME_REFUSED))
        return false;
    if (!a->came)
        *a = (struct answer){true, f->type == FRAME_LOADED, mem_text_n(text.data, text.len)};
    return true;
}

static void on_table_lost(void *arg, unsigned runner, const struct pool_end *end)
{
    struct answer *a = arg;
    char why[STATUS_PAGE_AT + 64];
    (void)runner;
    snprintf(why, sizeof why, "%s: evaluating it killed the runner",
             *end->at ? end->at : "host.lua:1");
    if (!a->came)
        *a = (struct answer){true, false, mem_text(why)};
}

static bool came(void *arg)
{
    return ((struct answer *)arg)->came;
}

static bool read_file(const char *path, struct buf *out, bool *missing, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *missing = fd < 0 && errno == ENOENT;
    if (*missing)
        return true;
    if (fd < 0)
        return error_errno(err, errno, "reading %s", path);
    ssize_t n = 1;
    while (n > 0 && buf_reserve(out, 4096)) {
        n = read(fd, out->data + out->len, 4096);
        out->len += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return n == 0 ||
           error_set(err, ERROR_LIMIT, "reading %s: it must be a file of at most 64 KB", path);
}

static bool evaluate(struct text source, cJSON **table, struct error *err)
{
    uv_loop_t loop;
    struct answer answer = {0};
    uv_loop_init(&loop);
    struct pool_options options = {.loop = &loop,
                                   .clock = &clock_system,
                                   .count = 1,
                                   .frame = on_table,
                                   .lost = on_table_lost,
                                   .arg = &answer};
    struct pool *pool = pool_new(&options, err);
    if (pool) {
        struct buf *out = pool_out(pool, 0);
        size_t mark = frame_begin(out, FRAME_LOAD, 1);
        frame_put_u32(out, 1);
        frame_put_bytes(out, TEXT("host.lua"));
        frame_put_bytes(out, source);
        frame_end(out, mark);
        run_until(&loop, pool, came, &answer);
        pool_close(pool, NULL, NULL);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (!pool)
        return false;
    cJSON *whole = answer.ok ? json_parse(text_of(answer.text), err) : NULL;
    if (!answer.ok)
        error_set(err, ERROR_INVALID, "scripts/%s", answer.text); /* as the settings are named */
    *table = cJSON_DetachItemFromObjectCaseSensitive(whole, "declaration");
    cJSON_Delete(whole);
    free(answer.text);
    return *table != NULL;
}

bool check_host_lua(const char *scripts, cJSON **table, struct error *err)
{
    char path[4096];
    struct buf source;
    bool missing;
    *table = NULL;
    snprintf(path, sizeof path, "%s/host.lua", scripts);
    buf_init(&source, HOST_LUA_MAX);
    bool ok = read_file(path, &source, &missing, err) &&
              (missing || evaluate(buf_view(&source), table, err));
    buf_done(&source);
    return ok;
}
