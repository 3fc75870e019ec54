/* SPDX-License-Identifier: MIT */
#include "cmd/compile.h"
#include "base/log.h"
#include "base/mem.h"
#include "deploy/reload.h"
#include "engine/loading.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOST_LUA_MAX = 64 << 10 };

/* Runs the loop until `done`, or for good. */
static void run_until(uv_loop_t *loop, struct pool *pool, bool (*done)(void *arg), void *arg)
{
    while (!done(arg)) {
        pool_flush(pool);
        uv_run(loop, UV_RUN_ONCE);
    }
}

/* ---- triggers: what deploy/ needs of an engine, with one runner */

struct compiler {
    struct pool *pool;
    struct loading loading;
    struct reload reload;
};

static bool on_frame(void *arg, unsigned runner, const struct frame *f)
{
    struct compiler *c = arg;
    struct frame_reader in;
    frame_read(&in, f);
    struct text text = frame_get_bytes(&in);
    if (!text.data || !frame_read_ok(&in) || (f->type != FRAME_LOADED && f->type != FRAME_REFUSED))
        return false;
    if (loading_answered(&c->loading, runner, f->tag))
        reload_compiled(&c->reload, f->tag, f->type == FRAME_LOADED, text);
    return true;
}

static void on_lost(void *arg, unsigned runner, const struct pool_end *end)
{
    struct compiler *c = arg;
    uint64_t culprit = end->kind == STATUS_PAGE_LOAD ? end->culprit : 0;
    if (loading_lost(&c->loading, runner, culprit))
        reload_killed(&c->reload, culprit, end->at, end->detail);
}

static void on_load(void *arg, const struct version *v)
{
    loading_compile(&((struct compiler *)arg)->loading, v, 0);
}

static void on_unload(void *arg, const struct version *v)
{
    loading_unload(&((struct compiler *)arg)->loading, v);
}

static bool settled(void *arg)
{
    return reload_settled(&((struct compiler *)arg)->reload);
}

static void report_trigger(const struct trigger *t, compile_report_fn report, void *arg)
{
    char path[2 * BUNDLE_NAME + 8];
    const char *rest = t->rivals;
    snprintf(path, sizeof path, "%s/%s.lua", t->project, t->key);
    report(arg, path, t->error);
    for (char *line; (line = trigger_next_rival(&rest)); free(line)) {
        snprintf(path, sizeof path, "%.*s", (int)strcspn(line, ":"), line);
        report(arg, path, line);
    }
}

static void report_all(const struct registry *r, compile_report_fn report, void *arg)
{
    size_t count;
    struct trigger **list = registry_sorted(r, &count);
    for (size_t i = 0; i < count; i++)
        report_trigger(list[i], report, arg);
    free(list);
}

static bool compile_all(struct compiler *c, const struct config *config, struct error *err)
{
    uv_loop_t loop;
    const struct pool_options pool = {.loop = &loop,
                                      .clock = &clock_system,
                                      .count = 1,
                                      .frame = on_frame,
                                      .lost = on_lost,
                                      .arg = c};
    const struct reload_options reload = {
        .config = config, .clock = &clock_system, .load = on_load, .unload = on_unload, .arg = c};
    enum log_level level = log_level_get();
    uv_loop_init(&loop);
    reload_init(&c->reload, &reload);
    c->pool = pool_new(&pool, err);
    loading_init(&c->loading, c->pool);
    if (c->pool) {
        log_level_set(LOG_OFF); /* what is wrong is reported, not logged */
        reload_scan(&c->reload);
        run_until(&loop, c->pool, settled, c);
        log_level_set(level);
        pool_close(c->pool, NULL, NULL);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    loading_done(&c->loading);
    return c->pool != NULL;
}

bool compile_scripts(const struct config *config, compile_report_fn report, void *arg,
                     struct error *err)
{
    if (access(config->scripts, R_OK | X_OK) != 0)
        return error_errno(err, errno, "reading the scripts folder %s", config->scripts);
    struct compiler *c = mem_zero(1, sizeof *c);
    bool ok = compile_all(c, config, err);
    if (ok)
        report_all(&c->reload.registry, report, arg);
    reload_done(&c->reload);
    free(c);
    return ok;
}

/* ---- one piece of Lua: a runner is asked, and says LOADED or REFUSED */

struct answer {
    const char *name; /* "host.lua" */
    bool came, ok;
    char *text; /* the declaration, or what is wrong */
};

static bool on_answer(void *arg, unsigned runner, const struct frame *f)
{
    struct answer *a = arg;
    struct frame_reader in;
    (void)runner;
    frame_read(&in, f);
    struct text text = frame_get_bytes(&in);
    if (!text.data || !frame_read_ok(&in) || (f->type != FRAME_LOADED && f->type != FRAME_REFUSED))
        return false;
    if (!a->came)
        *a = (struct answer){a->name, true, f->type == FRAME_LOADED,
                             mem_text_n(text.data, text.len)};
    return true;
}

static void on_asked_lost(void *arg, unsigned runner, const struct pool_end *end)
{
    struct answer *a = arg;
    char why[STATUS_PAGE_AT + 64];
    (void)runner;
    if (a->came)
        return;
    if (*end->at)
        snprintf(why, sizeof why, "%s: evaluating it killed the runner", end->at);
    else
        snprintf(why, sizeof why, "%.*s:1: evaluating it killed the runner", STATUS_PAGE_AT,
                 a->name);
    *a = (struct answer){a->name, true, false, mem_text(why)};
}

static bool came(void *arg)
{
    return ((struct answer *)arg)->came;
}

/* payload: of a LOAD frame. False: there is no runner to be asked. */
static bool ask(struct answer *a, struct text payload, struct error *err)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    const struct pool_options options = {.loop = &loop,
                                         .clock = &clock_system,
                                         .count = 1,
                                         .frame = on_answer,
                                         .lost = on_asked_lost,
                                         .arg = a};
    struct pool *pool = pool_new(&options, err);
    if (pool) {
        struct buf *out = pool_out(pool, 0);
        size_t mark = frame_begin(out, FRAME_LOAD, 1);
        buf_text(out, payload);
        frame_end(out, mark);
        run_until(&loop, pool, came, a);
        pool_close(pool, NULL, NULL);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return pool != NULL;
}

/* ---- a module */

bool compile_module(const char *scripts, const char *project, const char *module, char **wrong,
                    struct error *err)
{
    struct answer answer = {.name = module};
    struct bundle *b = NULL;
    struct error why;
    struct buf payload;
    *wrong = NULL;
    if (!bundle_read_module(scripts, project, module, &b, &why)) {
        *wrong = mem_text(why.text);
        return true;
    }
    buf_init(&payload, FRAME_MAX);
    bundle_encode(b, &payload);
    bool asked = ask(&answer, buf_view(&payload), err);
    if (asked && !answer.ok)
        *wrong = mem_text(answer.text);
    free(answer.text);
    buf_done(&payload);
    bundle_free(b);
    return asked;
}

/* ---- host.lua */

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
    struct answer answer = {.name = "host.lua"};
    struct buf payload;
    buf_init(&payload, FRAME_MAX);
    frame_put_u32(&payload, 1);
    frame_put_bytes(&payload, TEXT("host.lua"));
    frame_put_bytes(&payload, source);
    bool asked = ask(&answer, buf_view(&payload), err);
    buf_done(&payload);
    if (!asked)
        return false;
    cJSON *whole = answer.ok ? json_parse(text_of(answer.text), err) : NULL;
    if (!answer.ok)
        error_set(err, ERROR_INVALID, "scripts/%s", answer.text); /* as the settings are named */
    *table = cJSON_DetachItemFromObjectCaseSensitive(whole, "declaration");
    cJSON_Delete(whole);
    free(answer.text);
    return *table != NULL;
}

bool compile_host_lua(const char *scripts, cJSON **table, struct error *err)
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
