/* SPDX-License-Identifier: MIT */
#include "deploy/registry.h"
#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_KEY = 160, RIVALS_MAX = 16 << 10 };

static struct text tag_key(const uint64_t *tag)
{
    return (struct text){(const char *)tag, sizeof *tag};
}

/* "support/refund", the key in lower case. Absent when a part is too long to be a name. */
static struct text path_key(char out[PATH_KEY], struct text project, struct text key)
{
    if (project.len > 64 || key.len > 64)
        return TEXT_NONE;
    size_t n = 0;
    memcpy(out, project.data, project.len);
    n = project.len;
    out[n++] = '/';
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return (struct text){out, n};
}

void registry_init(struct registry *r, bool host_keys,
                   void (*unused)(void *arg, const struct version *v), void *arg)
{
    *r = (struct registry){.next_tag = 1, .host_keys = host_keys, .unused = unused, .arg = arg};
    map_init(&r->by_path);
    map_init(&r->by_id);
    map_init(&r->pauses);
    map_init(&r->versions);
}

static void version_free(struct version *v)
{
    manifest_free(v->manifest);
    bundle_free(v->bundle);
    free(v);
}

static void trigger_free(struct trigger *t)
{
    free(t->project);
    free(t->key);
    free(t->error);
    free(t->rivals);
    free(t->rivals_seen);
    free(t);
}

void registry_done(struct registry *r)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->by_path, &pos, &key, &value))
        trigger_free(value);
    for (pos = 0; map_next(&r->versions, &pos, &key, &value);)
        version_free(value);
    for (pos = 0; map_next(&r->pauses, &pos, &key, &value);)
        free(value);
    map_done(&r->by_path);
    map_done(&r->by_id);
    map_done(&r->pauses);
    map_done(&r->versions);
}

struct trigger *registry_find(const struct registry *r, struct text project, struct text key)
{
    char path[PATH_KEY];
    struct text at = path_key(path, project, key);
    return at.data ? map_get(&r->by_path, at) : NULL;
}

struct trigger *registry_find_id(const struct registry *r, struct text id)
{
    return map_get(&r->by_id, id);
}

static int by_address(const void *a, const void *b)
{
    const struct trigger *x = *(struct trigger *const *)a, *y = *(struct trigger *const *)b;
    int order = strcmp(x->project, y->project);
    return order ? order : strcmp(x->key, y->key);
}

struct trigger **registry_sorted(const struct registry *r, size_t *count)
{
    struct trigger **list = mem_zero(r->by_path.count + 1, sizeof *list);
    size_t pos = 0;
    struct text key;
    void *value;
    *count = 0;
    while (map_next(&r->by_path, &pos, &key, &value))
        list[(*count)++] = value;
    qsort(list, *count, sizeof *list, by_address);
    return list;
}

struct trigger *registry_add(struct registry *r, const char *project, const char *key)
{
    char path[PATH_KEY];
    struct trigger *t = mem_zero(1, sizeof *t);
    t->project = mem_text(project);
    t->key = mem_text(key);
    t->pause = map_get(&r->pauses, path_key(path, text_of(project), text_of(key)));
    map_put(&r->by_path, path_key(path, text_of(project), text_of(key)), t);
    return t;
}

void registry_remove(struct registry *r, struct trigger *t)
{
    char path[PATH_KEY];
    if (t->current && t->current->manifest &&
        registry_find_id(r, text_of(t->current->manifest->id)) == t)
        map_del(&r->by_id, text_of(t->current->manifest->id));
    map_del(&r->by_path, path_key(path, text_of(t->project), text_of(t->key)));
    trigger_free(t);
}

bool trigger_serves(const struct trigger *t)
{
    return t->current && !t->current->manifest->paused && !t->pause;
}

/* ---- files that are one key */

void trigger_set_key(struct trigger *t, const char *key)
{
    if (strcmp(t->key, key) == 0)
        return;
    free(t->key);
    t->key = mem_text(key);
}

void trigger_add_rival(struct trigger *t, const char *project, const char *key)
{
    struct buf lines;
    buf_init(&lines, RIVALS_MAX); /* the rest is cut: it is shown and nothing else */
    if (t->rivals_seen)
        buf_printf(&lines, "%s\n", t->rivals_seen);
    buf_printf(&lines,
               "%s/%s.lua:1: its key is that of %s/%s.lua, which comes first: case does not count, "
               "rename one of them",
               project, key, t->project, t->key);
    free(t->rivals_seen);
    t->rivals_seen = buf_take(&lines);
}

bool trigger_take_rivals(struct trigger *t)
{
    bool news = t->rivals_seen && (!t->rivals || strcmp(t->rivals, t->rivals_seen) != 0);
    free(t->rivals);
    t->rivals = t->rivals_seen;
    t->rivals_seen = NULL;
    return news;
}

char *trigger_next_rival(const char **rest)
{
    if (!*rest)
        return NULL;
    size_t len = strcspn(*rest, "\n");
    char *line = mem_text_n(*rest, len);
    *rest = (*rest)[len] ? *rest + len + 1 : NULL;
    return line;
}

const char *trigger_error(const struct trigger *t)
{
    return t->error ? t->error : t->rivals;
}

/* ---- pauses, and what serves */

void registry_pause(struct registry *r, const char *project, const char *key, const char *by,
                    int64_t at_ms)
{
    char path[PATH_KEY];
    struct text at = path_key(path, text_of(project), text_of(key));
    if (!at.data)
        return;
    struct pause *p = map_get(&r->pauses, at);
    if (by && !p) {
        p = mem_zero(1, sizeof *p);
        p->at_ms = at_ms;
        memcpy(p->by, by, strnlen(by, sizeof p->by - 1));
        map_put(&r->pauses, at, p);
    } else if (!by && p) {
        free(map_del(&r->pauses, at));
        p = NULL;
    }
    struct trigger *t = map_get(&r->by_path, at);
    if (t)
        t->pause = p;
}

static bool name_is_free(const struct registry *r, const struct trigger *t, const char *name,
                         struct error *err)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->by_path, &pos, &key, &value)) {
        const struct trigger *other = value;
        if (other == t || !other->current || strcmp(other->project, t->project) != 0)
            continue;
        if (text_is_fold(text_of(other->current->manifest->name), name))
            return error_set(err, ERROR_EXISTS,
                             "name \"%s\" is taken by %s/%s.lua: names are unique in a project",
                             name, other->project, other->key);
    }
    return true;
}

static bool key_is_free(const struct registry *r, const struct trigger *t, struct error *err)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (r->host_keys && map_next(&r->by_path, &pos, &key, &value)) {
        const struct trigger *other = value;
        if (other != t && other->current && text_is_fold(text_of(other->key), t->key))
            return error_set(err, ERROR_EXISTS,
                             "key \"%s\" is taken by %s/%s.lua: keys are unique in this host "
                             "(trigger_keys = \"host\")",
                             t->key, other->project, other->key);
    }
    return true;
}

bool registry_serve(struct registry *r, struct trigger *t, struct version *v, const char **field,
                    struct error *err)
{
    *field = "id";
    const struct trigger *owner = registry_find_id(r, text_of(v->manifest->id));
    if (owner && owner != t)
        return error_set(err, ERROR_EXISTS,
                         "id \"%s\" is taken by %s/%s.lua: ids are unique in a host",
                         v->manifest->id, owner->project, owner->key);
    *field = "name";
    if (!name_is_free(r, t, v->manifest->name, err))
        return false;
    *field = "";
    if (!key_is_free(r, t, err))
        return false;
    if (t->current)
        map_del(&r->by_id, text_of(t->current->manifest->id));
    map_put(&r->by_id, text_of(v->manifest->id), t);
    t->current = v;
    return true;
}

struct version *version_make(struct registry *r, struct bundle *adopted)
{
    struct version *v = mem_zero(1, sizeof *v);
    v->tag = r->next_tag++;
    v->refs = 1;
    v->bundle = adopted;
    memcpy(v->hash, adopted->hash, SHA256_BYTES);
    map_put(&r->versions, tag_key(&v->tag), v);
    return v;
}

struct version *version_hold(struct version *v)
{
    v->refs++;
    return v;
}

void version_drop(struct registry *r, struct version *v)
{
    if (!v || --v->refs > 0)
        return;
    if (r->unused)
        r->unused(r->arg, v);
    map_del(&r->versions, tag_key(&v->tag));
    version_free(v);
}

struct version *version_by_tag(const struct registry *r, uint64_t tag)
{
    return map_get(&r->versions, tag_key(&tag));
}

struct version *version_by_hash(const struct registry *r, const unsigned char hash[SHA256_BYTES])
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&r->versions, &pos, &key, &value))
        if (memcmp(((struct version *)value)->hash, hash, SHA256_BYTES) == 0)
            return value;
    return NULL;
}
