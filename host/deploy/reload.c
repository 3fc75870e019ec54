/* SPDX-License-Identifier: MIT */
#include "deploy/reload.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/manifest/lua_line.h"
#include "engine/placement.h"
#include "engine/store_outage.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct manifest_ceilings ceilings(const struct engine *e)
{
    return (struct manifest_ceilings){
        .cpu_ms = e->config->cpu_ms,
        .memory_bytes = e->config->memory_bytes,
        .steps = e->config->steps,
        .wall_ms = e->config->wall_ms,
        .body_bytes = e->config->body_bytes,
    };
}

/* ---- how a load ends */

static void stop_loading(struct engine *e, struct trigger *t)
{
    struct version *v = t->loading;
    t->loading = NULL;
    if (!v)
        return;
    v->loader = NULL;
    version_drop(&e->registry, e->pool, v);
}

static void broken(struct engine *e, struct trigger *t, const char *text)
{
    free(t->error);
    t->error = mem_text(text);
    stop_loading(e, t);
    log_error(NULL, "%s%s", text, t->current ? " (the last good version goes on serving)" : "");
}

/* What a run needs to come back after a restart: the declaration as the runner sent it, and the
 * files. */
static void keep(struct engine *e, const struct trigger *t, const struct version *v,
                 struct text manifest)
{
    if (!e->store) /* `moontide check` */
        return;
    struct buf kept;
    buf_init(&kept, 16u << 20);
    frame_put_bytes(&kept, manifest);
    bundle_encode(v->bundle, &kept);
    store_outage_keep_version(e, v->hash, t->project, t->key, buf_view(&kept));
    buf_done(&kept);
}

static void forget(struct engine *e, struct trigger *t);
static void retry_clashes(struct engine *e);

/* A file that was moved has its id and name at once: the trigger that it was yields. */
static void forget_moved(struct engine *e, const struct trigger *t, const struct manifest *m)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&e->registry.by_path, &pos, &key, &value)) {
        struct trigger *other = value;
        const struct manifest *old = other->current ? other->current->manifest : NULL;
        if (other == t || !old || other->missing_ms == 0)
            continue;
        bool same_name =
            strcmp(other->project, t->project) == 0 && text_is_fold(text_of(old->name), m->name);
        bool same_key = e->registry.host_keys && text_is_fold(text_of(other->key), t->key);
        if (same_name || same_key || strcmp(old->id, m->id) == 0)
            forget(e, other);
    }
}

/* False: *line and err say what is wrong. */
static bool put_in_place(struct engine *e, struct trigger *t, struct version *v, struct text json,
                         int *line, struct error *err)
{
    const struct manifest_ceilings limits = ceilings(e);
    struct text source = {v->bundle->files[0].source, v->bundle->files[0].size};
    const char *field;
    v->manifest = manifest_new(t->project, t->key, json, source, &limits, line, err);
    if (!v->manifest)
        return false;
    forget_moved(e, t, v->manifest);
    if (registry_serve(&e->registry, t, v, &field, err))
        return true;
    t->clashed = true;
    *line = lua_line_find(source, *line, field);
    return false;
}

static bool same_address(const struct version *a, const struct version *b)
{
    return strcmp(a->manifest->id, b->manifest->id) == 0 &&
           strcmp(a->manifest->name, b->manifest->name) == 0;
}

static void loaded(struct engine *e, struct trigger *t, struct version *v, struct text json)
{
    struct error err;
    char text[ERROR_TEXT + 256];
    int line = 1;
    struct version *old = t->current;
    if (!put_in_place(e, t, v, json, &line, &err)) {
        snprintf(text, sizeof text, "%s:%d: %s", v->bundle->files[0].name, line, err.text);
        broken(e, t, text);
        return;
    }
    bool moved = old && !same_address(old, v);
    t->loading = NULL;
    v->loader = NULL;
    version_drop(&e->registry, e->pool, old);
    free(t->error);
    t->error = NULL;
    t->loaded_ms = clock_wall_ms(e->clock);
    keep(e, t, v, json);
    char hex[SHA256_HEX];
    id_hex(v->hash, SHA256_BYTES, hex);
    log_info(NULL, "\"trigger %s\" trigger=%s/%s version=%.12s", old ? "replaced" : "loaded",
             t->project, t->key, hex);
    if (moved)
        retry_clashes(e);
}

void reload_answer(struct engine *e, unsigned runner, const struct frame *f)
{
    struct version *v = version_by_tag(&e->registry, f->tag);
    struct frame_reader in;
    if (!v || !v->loader || v->load_runner != runner)
        return; /* one more runner has it now */
    frame_read(&in, f);
    struct text text = frame_get_bytes(&in);
    struct trigger *t = v->loader;
    if (f->type == FRAME_LOADED) {
        loaded(e, t, v, text);
        return;
    }
    char *copy = mem_text_n(text.data ? text.data : "", text.len);
    broken(e, t, copy);
    free(copy);
}

static void killed(struct engine *e, struct trigger *t, const struct pool_end *end)
{
    char text[STATUS_PAGE_AT + 256], at[STATUS_PAGE_AT];
    snprintf(at, sizeof at, "%.*s:1", STATUS_PAGE_AT - 3, t->loading->bundle->files[0].name);
    snprintf(
        text, sizeof text,
        "%s: loading it killed the runner (%s): is there an endless loop outside of functions?",
        *end->at ? end->at : at, end->detail);
    broken(e, t, text);
}

void reload_lost(struct engine *e, unsigned runner, const struct pool_end *end)
{
    uint64_t culprit = end->kind == STATUS_PAGE_LOAD ? end->culprit : 0;
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&e->registry.by_path, &pos, &key, &value)) {
        struct trigger *t = value;
        if (!t->loading || t->loading->load_runner != runner)
            continue;
        if (t->loading->tag == culprit)
            killed(e, t, end);
        else
            version_ensure(t->loading, e->pool, runner);
    }
}

/* ---- how a load starts */

static void load(struct engine *e, struct trigger *t, struct bundle *adopted)
{
    memcpy(t->tried, adopted->hash, SHA256_BYTES);
    t->clashed = false;
    stop_loading(e, t);
    struct version *v = version_make(&e->registry, adopted);
    unsigned runner = engine_idlest_runner(e);
    t->loading = v;
    v->loader = t;
    v->load_runner = runner;
    version_ensure(v, e->pool, runner);
}

static bool already_tried(const struct trigger *t, const unsigned char hash[SHA256_BYTES])
{
    return (t->current || t->loading || t->error) && memcmp(t->tried, hash, SHA256_BYTES) == 0;
}

/* An id or a name has become free: who wanted it is looked at again. */
static void retry_clashes(struct engine *e)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&e->registry.by_path, &pos, &key, &value)) {
        struct trigger *t = value;
        struct bundle *b;
        struct error err;
        if (t->clashed && bundle_read(e->config->scripts, t->project, t->key, &b, &err))
            load(e, t, b);
    }
}

/* A file that cannot even be read: the same complaint is not logged at each scan. */
static void unreadable(struct engine *e, struct trigger *t, const struct error *err)
{
    memset(t->tried, 0, SHA256_BYTES);
    if (!t->error || strcmp(t->error, err->text) != 0)
        broken(e, t, err->text);
}

static void on_file(void *arg, const char *project, const char *key, const char *path)
{
    struct engine *e = arg;
    (void)path;
    struct trigger *t = registry_find(&e->registry, text_of(project), text_of(key));
    if (t && t->seen) {
        log_error(NULL, "%s/%s.lua: its address is taken by %s.lua: keys do not differ by case",
                  project, key, t->key);
        return;
    }
    if (!t)
        t = registry_add(&e->registry, project, key);
    t->seen = true;
    struct bundle *b = NULL;
    struct error err;
    if (!bundle_read(e->config->scripts, project, key, &b, &err))
        unreadable(e, t, &err);
    else if (already_tried(t, b->hash))
        bundle_free(b);
    else
        load(e, t, b);
}

static void on_bad_name(void *arg, const char *path, const char *why)
{
    (void)arg;
    log_warn(NULL, "%s is not a trigger: %s", path, why);
}

static void forget(struct engine *e, struct trigger *t)
{
    log_info(NULL, "\"trigger deleted\" trigger=%s/%s", t->project, t->key);
    stop_loading(e, t);
    struct version *old = t->current;
    registry_remove(&e->registry, t); /* before the version goes: its id is looked up there */
    version_drop(&e->registry, e->pool, old);
}

static void on_rescan(struct timer *timer)
{
    struct engine *e = CONTAINER_OF(timer, struct engine, rescan);
    if (!e->closing)
        reload_scan(e);
}

/* Whose file the scan did not see. */
static void forget_missing(struct engine *e)
{
    size_t pos = 0, before = e->registry.by_path.count;
    struct text key;
    void *value;
    int64_t now = clock_mono_ms(e->clock);
    bool waiting = false;
    while (map_next(&e->registry.by_path, &pos, &key, &value)) {
        struct trigger *t = value;
        if (t->seen)
            t->missing_ms = 0;
        else if (t->missing_ms == 0)
            t->missing_ms = now > 0 ? now : 1;
        if (!t->seen && now - t->missing_ms >= ENGINE_GONE_MS)
            forget(e, t);
        else
            waiting = waiting || !t->seen;
    }
    if (waiting)
        timers_set(&e->timers, &e->rescan, ENGINE_GONE_MS, on_rescan);
    if (e->registry.by_path.count < before)
        retry_clashes(e);
}

/* The settings are read at the start only; who saves them may wait for something to happen. */
static void look_at_settings(struct engine *e)
{
    char path[PATH_MAX];
    struct stat now = {0};
    snprintf(path, sizeof path, "%s/host.lua", e->config->scripts);
    if (stat(path, &now) != 0)
        now = (struct stat){0};
    bool same = now.st_ino == e->settings_inode && now.st_mtim.tv_sec == e->settings_saved.tv_sec &&
                now.st_mtim.tv_nsec == e->settings_saved.tv_nsec;
    if (e->settings_seen && !same)
        log_warn(NULL, "%s has changed: it is read at the start only, restart the host to apply it",
                 path);
    e->settings_seen = true;
    e->settings_inode = now.st_ino;
    e->settings_saved = now.st_mtim;
}

void reload_scan(struct engine *e)
{
    look_at_settings(e);
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&e->registry.by_path, &pos, &key, &value))
        ((struct trigger *)value)->seen = false;
    struct error err;
    if (!scan_triggers(e->config->scripts, on_file, on_bad_name, e, &err)) {
        log_error(NULL, "reading the scripts folder failed, the triggers known go on serving: %s",
                  err.text);
        return;
    }
    forget_missing(e);
}

bool reload_settled(const struct engine *e)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&e->registry.by_path, &pos, &key, &value))
        if (((struct trigger *)value)->loading)
            return false;
    return true;
}

struct version *reload_kept_version(struct engine *e, struct text kept, struct error *err)
{
    /* What was allowed when the run started stays allowed: ceilings lowered since then are for new
     * runs. */
    const struct manifest_ceilings limits = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    struct frame_reader in = {.rest = kept};
    struct text json = frame_get_bytes(&in);
    struct bundle *b = in.broken ? NULL : bundle_decode(in.rest, err);
    if (!b) {
        if (in.broken)
            error_set(err, ERROR_INVALID, "the script version in the store is damaged");
        return NULL;
    }
    int line;
    struct text source = {b->files[0].source, b->files[0].size};
    struct manifest *m = manifest_new(b->project, b->key, json, source, &limits, &line, err);
    if (!m) {
        bundle_free(b);
        return NULL;
    }
    struct version *v = version_make(&e->registry, b);
    v->manifest = m;
    return v;
}
