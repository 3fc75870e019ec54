/* SPDX-License-Identifier: MIT */
#include "auth/jwt_cache.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

/* The texts of most grants are short, so they follow the entry instead of having fixed room. */
struct grant_entry {
    struct list link;
    unsigned char hash[SHA256_BYTES];
    unsigned permissions;
    int64_t from_ms, until_ms;
    size_t projects_bytes, subject_bytes; /* with a NUL each */
    char texts[];
};

static struct text key_of(const unsigned char hash[SHA256_BYTES])
{
    return (struct text){(const char *)hash, SHA256_BYTES};
}

void jwt_cache_init(struct jwt_cache *c)
{
    map_init(&c->by_hash);
    list_init(&c->by_age);
}

static void drop_entry(struct jwt_cache *c, struct grant_entry *e)
{
    map_del(&c->by_hash, key_of(e->hash));
    list_del(&e->link);
    free(e);
}

void jwt_cache_clear(struct jwt_cache *c)
{
    LIST_EACH(node, &c->by_age)
    {
        drop_entry(c, LIST_ENTRY(node, struct grant_entry, link));
    }
}

void jwt_cache_done(struct jwt_cache *c)
{
    jwt_cache_clear(c);
    map_done(&c->by_hash);
}

bool jwt_cache_find(const struct jwt_cache *c, const unsigned char hash[SHA256_BYTES],
                    struct jwt_grant *out)
{
    const struct grant_entry *e = map_get(&c->by_hash, key_of(hash));
    if (!e)
        return false;
    out->permissions = e->permissions;
    out->from_ms = e->from_ms;
    out->until_ms = e->until_ms;
    memcpy(out->projects, e->texts, e->projects_bytes);
    memcpy(out->subject, e->texts + e->projects_bytes, e->subject_bytes);
    return true;
}

void jwt_cache_drop(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES])
{
    struct grant_entry *e = map_get(&c->by_hash, key_of(hash));
    if (e)
        drop_entry(c, e);
}

void jwt_cache_put(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES],
                   const struct jwt_grant *grant)
{
    size_t projects_bytes = strlen(grant->projects) + 1;
    size_t subject_bytes = strlen(grant->subject) + 1;
    jwt_cache_drop(c, hash);
    if (c->by_hash.count == JWT_CACHE_TOKENS)
        drop_entry(c, LIST_ENTRY(c->by_age.next, struct grant_entry, link));
    struct grant_entry *e = mem_alloc(sizeof *e + projects_bytes + subject_bytes);
    memcpy(e->hash, hash, sizeof e->hash);
    e->permissions = grant->permissions;
    e->from_ms = grant->from_ms;
    e->until_ms = grant->until_ms;
    e->projects_bytes = projects_bytes;
    e->subject_bytes = subject_bytes;
    memcpy(e->texts, grant->projects, projects_bytes);
    memcpy(e->texts + projects_bytes, grant->subject, subject_bytes);
    list_add(&c->by_age, &e->link);
    map_put(&c->by_hash, key_of(e->hash), e);
}
