/* SPDX-License-Identifier: MIT */
#include "deploy/reload.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "deploy/scan.h"
#include "domain/manifest/lua_line.h"
#include "wire/status_page.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct manifest_ceilings manifest_limits(const struct config *c)
{
    return (struct manifest_ceilings){
        .cpu_ms = c->cpu_ms,
        .memory_bytes = c->memory_bytes,
        .steps = c->steps,
        .wall_ms = c->wall_ms,
        .body_bytes = c->body_bytes,
    };
}

/* ---- how a load ends */

static void stop_loading(struct reload *r, struct trigger *t)
{
    struct version *v = t->loading;
    t->loading = NULL;
    if (!v)
        return;
    v->loader = NULL;
    version_drop(&r->registry, v);
}

/* The newest file of the trigger does not serve, for this reason. */
static void reject_load(struct reload *r, struct trigger *t, const char *text)
{
    free(t->error);
    t->error = mem_text(text);
    stop_loading(r, t);
    log_error(NULL, "%s%s", text, t->current ? " (the last good version goes on serving)" : "");
}

static void forget_trigger(struct reload *r, struct trigger *t);
static void retry_clashes(struct reload *r);

/* A file that was moved has its id and name at once, while the trigger of its old place still
 * serves for RELOAD_GONE_MS: that one is forgotten now. */
static void forget_moved(struct reload *r, const struct trigger *t, const struct manifest *m)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->registry.by_path, &pos, &key, &value)) {
        struct trigger *other = value;
        const struct manifest *old = other->current ? other->current->manifest : NULL;
        if (other == t || !old || other->missing_ms == 0)
            continue;
        bool same_name =
            strcmp(other->project, t->project) == 0 && text_is_fold(text_of(old->name), m->name);
        bool same_key = r->registry.host_keys && text_is_fold(text_of(other->key), t->key);
        if (same_name || same_key || strcmp(old->id, m->id) == 0)
            forget_trigger(r, other);
    }
}

/* Reads the declaration and has the trigger serve the version. False: *line and
 * err say what is wrong. */
static bool put_in_place(struct reload *r, struct trigger *t, struct version *v, struct text json,
                         int *line, struct error *err)
{
    const struct manifest_ceilings limits = manifest_limits(r->o.config);
    struct text source = {v->bundle->files[0].source, v->bundle->files[0].size};
    const char *field;
    v->manifest = manifest_new(t->project, t->key, json, source, &limits, line, err);
    if (!v->manifest)
        return false;
    forget_moved(r, t, v->manifest);
    if (registry_serve(&r->registry, t, v, &field, err))
        return true;
    t->clashed = true;
    *line = lua_line_find(source, *line, field);
    return false;
}

static bool same_names(const struct version *a, const struct version *b)
{
    return strcmp(a->manifest->id, b->manifest->id) == 0 &&
           strcmp(a->manifest->name, b->manifest->name) == 0;
}

static void finish_load(struct reload *r, struct trigger *t, struct version *v, struct text json)
{
    struct error err;
    char text[ERROR_TEXT + 256];
    int line = 1;
    struct version *old = t->current;
    if (!put_in_place(r, t, v, json, &line, &err)) {
        snprintf(text, sizeof text, "%s:%d: %s", v->bundle->files[0].name, line, err.text);
        reject_load(r, t, text);
        return;
    }
    bool moved = old && !same_names(old, v);
    t->loading = NULL;
    v->loader = NULL;
    version_drop(&r->registry, old);
    free(t->error);
    t->error = NULL;
    t->loaded_ms = clock_wall_ms(r->o.clock);
    version_store_put(&r->kept, v, json);
    char hex[SHA256_HEX];
    hex_encode(v->hash, SHA256_BYTES, hex);
    log_info(NULL, "\"trigger %s\" trigger=%s/%s version=%.12s", old ? "replaced" : "loaded",
             t->project, t->key, hex);
    if (moved)
        retry_clashes(r);
}

/* NULL: no trigger waits for the version any more. */
static struct trigger *find_waiting(const struct reload *r, uint64_t tag)
{
    const struct version *v = version_by_tag(&r->registry, tag);
    return v ? v->loader : NULL;
}

void reload_compiled(struct reload *r, uint64_t tag, bool ok, struct text text)
{
    struct trigger *t = find_waiting(r, tag);
    if (!t)
        return;
    if (ok) {
        finish_load(r, t, t->loading, text);
        return;
    }
    char *why = mem_text_n(text.data ? text.data : "", text.len);
    reject_load(r, t, why);
    free(why);
}

void reload_killed(struct reload *r, uint64_t tag, const char *at, const char *detail)
{
    char text[STATUS_PAGE_AT + 256], start[STATUS_PAGE_AT];
    struct trigger *t = find_waiting(r, tag);
    if (!t)
        return;
    snprintf(start, sizeof start, "%.*s:1", STATUS_PAGE_AT - 3, t->loading->bundle->files[0].name);
    snprintf(text, sizeof text,
             "%s: loading it killed the runner (%s): is there an endless loop outside of "
             "functions?",
             *at ? at : start, detail);
    reject_load(r, t, text);
}

/* ---- how a load starts */

static void start_load(struct reload *r, struct trigger *t, struct bundle *adopted)
{
    memcpy(t->tried, adopted->hash, SHA256_BYTES);
    t->clashed = false;
    stop_loading(r, t);
    t->loading = version_make(&r->registry, adopted);
    t->loading->loader = t;
    r->o.load(r->o.arg, t->loading);
}

static bool already_tried(const struct trigger *t, const unsigned char hash[SHA256_BYTES])
{
    return (t->current || t->loading || t->error) && memcmp(t->tried, hash, SHA256_BYTES) == 0;
}

/* An id or a name has become free: triggers that wanted one are loaded again. */
static void retry_clashes(struct reload *r)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->registry.by_path, &pos, &key, &value)) {
        struct trigger *t = value;
        struct bundle *b;
        struct error err;
        if (t->clashed && bundle_read(r->o.config->scripts, t->project, t->key, &b, &err))
            start_load(r, t, b);
    }
}

/* The file cannot even be read. The same reason is not logged at each scan. */
static void reject_unreadable(struct reload *r, struct trigger *t, const struct error *err)
{
    memset(t->tried, 0, SHA256_BYTES);
    if (!t->error || strcmp(t->error, err->text) != 0)
        reject_load(r, t, err->text);
}

static void on_file(void *arg, const char *project, const char *key, const char *path)
{
    struct reload *r = arg;
    (void)path;
    struct trigger *t = registry_find(&r->registry, text_of(project), text_of(key));
    if (t && t->seen) {
        trigger_add_rival(t, project, key);
        return;
    }
    if (!t)
        t = registry_add(&r->registry, project, key);
    trigger_set_key(t, key); /* the case of its name may have changed */
    t->seen = true;
    struct bundle *b = NULL;
    struct error err;
    if (!bundle_read(r->o.config->scripts, project, key, &b, &err))
        reject_unreadable(r, t, &err);
    else if (already_tried(t, b->hash))
        bundle_free(b);
    else
        start_load(r, t, b);
}

static void on_bad_name(void *arg, const char *path, const char *why)
{
    (void)arg;
    log_warn(NULL, "%s is not a trigger: %s", path, why);
}

static void forget_trigger(struct reload *r, struct trigger *t)
{
    log_info(NULL, "\"trigger deleted\" trigger=%s/%s", t->project, t->key);
    stop_loading(r, t);
    struct version *old = t->current;
    registry_remove(&r->registry, t); /* before the version goes: its id is looked up there */
    version_drop(&r->registry, old);
}

static void on_rescan(struct timer *timer)
{
    reload_scan(CONTAINER_OF(timer, struct reload, rescan));
}

/* Forgets the triggers whose file was not there for RELOAD_GONE_MS, and soon looks again for those
 * that were missing for a shorter time. */
static void forget_missing(struct reload *r)
{
    size_t pos = 0, before = r->registry.by_path.count;
    struct text key;
    void *value;
    int64_t now = clock_mono_ms(r->o.clock);
    bool waiting = false;
    while (map_next(&r->registry.by_path, &pos, &key, &value)) {
        struct trigger *t = value;
        if (t->seen)
            t->missing_ms = 0;
        else if (t->missing_ms == 0)
            t->missing_ms = now > 0 ? now : 1;
        if (!t->seen && now - t->missing_ms >= RELOAD_GONE_MS)
            forget_trigger(r, t);
        else
            waiting = waiting || !t->seen;
    }
    if (waiting && r->o.timers)
        timers_set(r->o.timers, &r->rescan, RELOAD_GONE_MS, on_rescan);
    if (r->registry.by_path.count < before)
        retry_clashes(r);
}

/* The settings are read at the start only. Whoever saves them shall not wait in vain,
 * so a change is logged. */
static void check_settings(struct reload *r)
{
    char path[PATH_MAX];
    struct stat now = {0};
    snprintf(path, sizeof path, "%s/host.lua", r->o.config->scripts);
    if (stat(path, &now) != 0)
        now = (struct stat){0};
    const struct stat *old = &r->settings;
    bool same = now.st_ino == old->st_ino && now.st_mtim.tv_sec == old->st_mtim.tv_sec &&
                now.st_mtim.tv_nsec == old->st_mtim.tv_nsec;
    if (r->settings_seen && !same)
        log_warn(NULL, "%s has changed: it is read at the start only, restart the host to apply it",
                 path);
    r->settings_seen = true;
    r->settings = now;
}

static void begin_scan(struct registry *r)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->by_path, &pos, &key, &value)) {
        struct trigger *t = value;
        t->seen = false;
        free(t->rivals_seen);
        t->rivals_seen = NULL;
    }
}

/* Logs each rival once, however often the folder is scanned. */
static void log_rivals(const struct registry *r)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->by_path, &pos, &key, &value)) {
        const struct trigger *t = value;
        const char *rest = trigger_take_rivals(value) ? t->rivals : NULL;
        for (char *line; (line = trigger_next_rival(&rest)); free(line))
            log_error(NULL, "%s", line);
    }
}

void reload_scan(struct reload *r)
{
    struct error err;
    check_settings(r);
    begin_scan(&r->registry);
    if (!scan_triggers(r->o.config->scripts, on_file, on_bad_name, r, &err)) {
        log_error(NULL, "reading the scripts folder failed, the triggers known go on serving: %s",
                  err.text);
        return;
    }
    log_rivals(&r->registry);
    forget_missing(r);
}

bool reload_settled(const struct reload *r)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->registry.by_path, &pos, &key, &value))
        if (((struct trigger *)value)->loading)
            return false;
    return true;
}

/* ---- life */

static void on_unused(void *arg, const struct version *v)
{
    const struct reload *r = arg;
    r->o.unload(r->o.arg, v);
}

void reload_init(struct reload *r, const struct reload_options *options)
{
    *r = (struct reload){.o = *options};
    registry_init(&r->registry, strcmp(options->config->trigger_keys, "host") == 0, on_unused, r);
    version_store_init(&r->kept);
    r->kept.refused = options->refused;
    r->kept.arg = options->arg;
}

static void on_scripts_changed(void *arg)
{
    reload_scan(arg);
}

bool reload_watch(struct reload *r, uv_loop_t *loop, struct error *err)
{
    r->watch = watch_new(loop, r->o.config->scripts, on_scripts_changed, r, err);
    return r->watch != NULL;
}

void reload_close(struct reload *r)
{
    watch_free(r->watch);
    r->watch = NULL;
    if (r->o.timers)
        timers_drop(r->o.timers, &r->rescan);
}

void reload_done(struct reload *r)
{
    registry_done(&r->registry);
    version_store_done(&r->kept);
}
