/* SPDX-License-Identifier: MIT */
#include "secrets/vault.h"

#include "base/json_out.h"
#include "base/locked.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "secrets/master_key.h"
#include "store/store.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { DETAIL_BYTES = 16 << 10 };

struct secret {
    char *name, *hosts;
    char *value; /* locked */
    size_t bytes;
    char seal[SEAL_HEAD]; /* of the row it came from */
    int64_t created_ms, updated_ms;
};

struct vault {
    struct store *store;
    char *data;
    struct seal_key *key; /* NULL until there is something to seal or to open */
    struct map secrets;   /* name -> struct secret */
    struct scrub *scrub;
    struct store_watcher watcher;
    bool reading; /* the store is asked */
    bool again;   /* they have changed during the reading under way: another one follows */
    bool stale;   /* what is being read may be older than what was put meanwhile */
};

/* ---- one secret */

static void secret_free(struct secret *s)
{
    if (!s)
        return;
    locked_free(s->value, s->bytes);
    free(s->name);
    free(s->hosts);
    free(s);
}

static struct secret *secret_new(const char *name, const char *hosts, size_t bytes)
{
    struct secret *s = mem_zero(1, sizeof *s);
    s->name = mem_text(name);
    s->hosts = mem_text(hosts);
    s->value = locked_new(bytes);
    s->bytes = bytes;
    return s;
}

const char *secret_name(const struct secret *s)
{
    return s->name;
}

const char *secret_hosts(const struct secret *s)
{
    return s->hosts;
}

size_t secret_bytes(const struct secret *s)
{
    return s->bytes;
}

void secret_write(const struct secret *s, enum secret_form form, struct buf *out)
{
    secret_form_put(out, (struct text){s->value, s->bytes}, form);
}

void secret_scrub(const struct secret *s, struct scrub *into)
{
    scrub_add(into, s->name, (struct text){s->value, s->bytes});
}

/* ---- all of them */

static void secrets_free(struct map *secrets)
{
    size_t pos = 0;
    struct text name;
    void *value;
    while (map_next(secrets, &pos, &name, &value))
        secret_free(value);
    map_done(secrets);
}

static void put_secret(struct map *secrets, struct secret *adopted)
{
    secret_free(map_put(secrets, text_of(adopted->name), adopted));
}

/* A limit of 0 would still let the kernel pipe dumps to a handler; a limit of 1 forbids those too
 * (fs/coredump.c). */
static void forbid_core_dumps(void)
{
    struct rlimit none = {.rlim_cur = 1, .rlim_max = 1}, now;
    if (getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_max < none.rlim_max)
        none.rlim_cur = none.rlim_max = now.rlim_max;
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        log_warn(NULL, "core dumps could not be forbidden; one would show the secrets");
}

/* To be called after each change of the map. */
static void secrets_changed(struct vault *v)
{
    size_t pos = 0;
    struct text name;
    void *value;
    scrub_free(v->scrub);
    v->scrub = v->secrets.count > 0 ? scrub_new() : NULL;
    while (map_next(&v->secrets, &pos, &name, &value))
        if (secret_bytes(value) >= SCRUB_ENCODED)
            secret_scrub(value, v->scrub);
    if (v->secrets.count > 0)
        forbid_core_dumps();
}

/* Reads the master key unless it is known, and makes one when there is no secret yet. */
static bool ensure_key(struct vault *v, size_t existing, struct error *err)
{
    enum master_key_make make = existing > 0 ? MASTER_KEY_EXISTING : MASTER_KEY_MAKE;
    if (v->key)
        return true;
    if (!master_key_open(&v->key, v->data, make, err))
        return false;
    return v->key || error_set(err, ERROR_MISSING,
                               "%s/master.key is missing, and with it the key of %zu secret%s; put "
                               "it back, set MOONTIDE_MASTER_KEY, or `moontide secret remove` them "
                               "and set them anew",
                               v->data, existing, existing == 1 ? "" : "s");
}

static struct secret *open_row(const struct seal_key *key, const struct store_secret *row,
                               struct error *err)
{
    struct secret *s = secret_new(row->name, row->hosts, seal_value_bytes(row->sealed));
    s->created_ms = row->created_ms;
    s->updated_ms = row->updated_ms;
    if (seal_open(key, row->name, row->hosts, row->sealed, s->value, err)) {
        memcpy(s->seal, row->sealed.data, sizeof s->seal);
        return s;
    }
    secret_free(s);
    return NULL;
}

/* Replaces the secrets known by those of the rows; when one cannot be opened, nothing changes. */
static bool replace_secrets(struct vault *v, const struct store_secret *rows, size_t count,
                            struct error *err)
{
    struct map fresh;
    if (count > 0 && !ensure_key(v, count, err))
        return false;
    map_init(&fresh);
    for (size_t i = 0; i < count; i++) {
        struct secret *s = open_row(v->key, &rows[i], err);
        if (!s) {
            secrets_free(&fresh);
            return false;
        }
        put_secret(&fresh, s);
    }
    secrets_free(&v->secrets);
    v->secrets = fresh;
    secrets_changed(v);
    return true;
}

static bool all_known(const struct vault *v, const struct store_secret *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct secret *s = map_get(&v->secrets, text_of(rows[i].name));
        struct text sealed = rows[i].sealed;
        if (!s || sealed.len < SEAL_HEAD || memcmp(s->seal, sealed.data, SEAL_HEAD) != 0)
            return false;
    }
    return count == v->secrets.count;
}

const struct secret *vault_find(const struct vault *v, struct text name)
{
    return map_get(&v->secrets, name);
}

bool vault_scrub(const struct vault *v, struct text in, struct buf *out)
{
    return scrub_text(v->scrub, in, out);
}

bool vault_times(const struct vault *v, const char *name, int64_t *created_ms, int64_t *updated_ms)
{
    const struct secret *s = map_get(&v->secrets, text_of(name));
    if (!s)
        return false;
    *created_ms = s->created_ms;
    *updated_ms = s->updated_ms;
    return true;
}

/* ---- changes made by others */

static void reload_secrets(struct vault *v);

static void on_rows(void *arg, const struct store_secret *rows, size_t count,
                    const struct error *err)
{
    struct vault *v = arg;
    struct error why;
    bool again = v->again || v->stale;
    v->reading = false;
    if (err)
        log_error(NULL, "reading secrets failed, the ones known stay: %s", err->text);
    else if (v->stale || all_known(v, rows, count))
        log_debug(NULL, "secrets are as they were");
    else if (replace_secrets(v, rows, count, &why))
        log_info(NULL, "\"secrets loaded\" count=%zu", count);
    else
        log_error(NULL, "secrets have changed but cannot be opened, the ones known stay: %s",
                  why.text);
    v->stale = false;
    if (again)
        reload_secrets(v);
}

static void reload_secrets(struct vault *v)
{
    v->again = v->reading; /* changed while we read: what we read may be the old state */
    if (v->reading)
        return;
    v->reading = true;
    store_list_secrets(v->store, on_rows, v);
}

static void on_change(struct store_watcher *w)
{
    reload_secrets(CONTAINER_OF(w, struct vault, watcher));
}

/* ---- changes made here */

struct change {
    struct vault *v;
    struct secret *secret; /* NULL: `name` is removed */
    char *name;
    vault_done_fn fn;
    void *arg;
};

static void on_changed(void *arg, const struct error *err)
{
    struct change *c = arg;
    struct vault *v = c->v;
    if (!err) {
        v->stale = v->reading;
        if (c->secret)
            put_secret(&v->secrets, c->secret);
        else
            secret_free(map_del(&v->secrets, text_of(c->name)));
        secrets_changed(v);
    } else {
        secret_free(c->secret);
    }
    c->fn(c->arg, err);
    free(c->name);
    free(c);
}

static struct change *change_new(struct vault *v, const char *name, vault_done_fn fn, void *arg)
{
    struct change *c = mem_zero(1, sizeof *c);
    *c = (struct change){.v = v, .name = mem_text(name), .fn = fn, .arg = arg};
    return c;
}

/* "secret.set" with its hosts, or "secret.remove"; never the value. */
static void fill_audit(struct store_audit *a, const char *name, const char *hosts,
                       struct buf *detail)
{
    buf_init(detail, DETAIL_BYTES);
    if (hosts) {
        json_open(detail, NULL, '{');
        json_word(detail, "hosts", hosts);
        json_close(detail, '}');
        a->detail = buf_view(detail);
    }
    a->action = hosts ? TEXT("secret.set") : TEXT("secret.remove");
    a->target = text_of(name);
}

static struct secret *secret_from_entry(const struct vault *v, const struct vault_entry *e,
                                        int64_t now_ms)
{
    int64_t before_ms;
    struct secret *s = secret_new(e->name, e->hosts, e->value.len);
    memcpy(s->value, e->value.data, e->value.len);
    s->created_ms = s->updated_ms = now_ms;
    vault_times(v, e->name, &s->created_ms, &before_ms);
    return s;
}

static struct store_secret seal_row(const struct seal_key *key, const struct vault_entry *e,
                                    int64_t now_ms, struct buf *sealed)
{
    buf_init(sealed, e->value.len + SEAL_OVERHEAD);
    seal_close(key, e->name, e->hosts, e->value, sealed);
    return (struct store_secret){
        .name = e->name, .hosts = e->hosts, .sealed = buf_view(sealed), .updated_ms = now_ms};
}

bool vault_put(struct vault *v, const struct vault_entry *entry, const struct store_audit *audit,
               vault_done_fn fn, void *arg, struct error *err)
{
    struct buf sealed, detail;
    struct store_audit a = *audit;
    if (!ensure_key(v, v->secrets.count, err))
        return false;
    struct change *c = change_new(v, entry->name, fn, arg);
    struct store_secret row = seal_row(v->key, entry, a.at_ms, &sealed);
    c->secret = secret_from_entry(v, entry, a.at_ms);
    memcpy(c->secret->seal, sealed.data, sizeof c->secret->seal);
    fill_audit(&a, entry->name, entry->hosts, &detail);
    store_secret_put(v->store, &row, &a, on_changed, c);
    buf_done(&sealed);
    buf_done(&detail);
    return true;
}

void vault_remove(struct vault *v, const char *name, const struct store_audit *audit,
                  vault_done_fn fn, void *arg)
{
    struct buf detail;
    struct store_audit a = *audit;
    fill_audit(&a, name, NULL, &detail);
    store_secret_remove(v->store, name, &a, on_changed, change_new(v, name, fn, arg));
    buf_done(&detail);
}

/* ---- life */

/* Blocks: the first runs want their secrets before the loop turns. */
static bool load_secrets(struct vault *v, struct error *err)
{
    struct store_secret *rows = NULL;
    size_t count = 0;
    struct store *now = NULL;
    if (!master_key_from_environment(&v->key, err) ||
        !(now = store_open_blocking(v->data, true, err)))
        return false;
    bool ok =
        store_secrets_blocking(now, &rows, &count, err) && replace_secrets(v, rows, count, err);
    store_secrets_free(rows, count);
    store_close_blocking(now);
    return ok;
}

void vault_rest(struct vault *v)
{
    store_unwatch(&v->watcher);
}

void vault_close(struct vault *v)
{
    if (!v)
        return;
    secrets_free(&v->secrets);
    scrub_free(v->scrub);
    seal_key_free(v->key);
    free(v->data);
    free(v);
}

struct vault *vault_open(struct store *store, const char *data, struct error *err)
{
    struct vault *v = mem_zero(1, sizeof *v);
    v->store = store;
    v->data = mem_text(data);
    map_init(&v->secrets);
    v->watcher.changed = on_change;
    if (store_watch(store, &v->watcher, err) && load_secrets(v, err))
        return v;
    vault_rest(v);
    vault_close(v);
    return NULL;
}

/* ---- the CLI */

/* All secrets have one master key: the host could not read those sealed with another. */
static bool key_fits(const struct seal_key *key, const struct store_secret *rows, size_t count,
                     const char *replaced, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, replaced) == 0)
            continue;
        struct secret *s = open_row(key, &rows[i], err);
        if (!s)
            return false;
        secret_free(s);
    }
    return true;
}

static bool put_row(struct store *store, const struct seal_key *key, const struct vault_entry *e,
                    int64_t now_ms, struct error *err)
{
    struct buf sealed, detail;
    struct store_audit a = {.at_ms = now_ms, .actor = TEXT("cli")};
    struct store_secret row = seal_row(key, e, now_ms, &sealed);
    fill_audit(&a, e->name, e->hosts, &detail);
    bool ok = store_secret_put_blocking(store, &row, &a, err);
    buf_done(&sealed);
    buf_done(&detail);
    return ok;
}

bool vault_put_blocking(const char *data, const struct vault_entry *entry, int64_t now_ms,
                        struct error *err)
{
    struct vault v = {.data = (char *)data};
    struct store_secret *rows = NULL;
    size_t count = 0;
    struct store *store = store_open_blocking(data, true, err);
    if (!store)
        return false;
    bool ok = store_secrets_blocking(store, &rows, &count, err) && ensure_key(&v, count, err) &&
              key_fits(v.key, rows, count, entry->name, err) &&
              put_row(store, v.key, entry, now_ms, err);
    store_secrets_free(rows, count);
    seal_key_free(v.key);
    store_close_blocking(store);
    return ok;
}

bool vault_remove_blocking(const char *data, const char *name, int64_t now_ms, struct error *err)
{
    struct buf detail;
    struct store_audit a = {.at_ms = now_ms, .actor = TEXT("cli")};
    struct store *store = store_open_blocking(data, true, err);
    if (!store)
        return false;
    fill_audit(&a, name, NULL, &detail);
    bool ok = store_secret_remove_blocking(store, name, &a, err);
    buf_done(&detail);
    store_close_blocking(store);
    return ok;
}
