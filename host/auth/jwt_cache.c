/* SPDX-License-Identifier: MIT */
#include "auth/jwt_cache.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

/* The texts of most grants are short: they follow the entry instead of taking all of their room. */
struct entry {
    struct list link;
    unsigned char hash[SHA256_BYTES];
    unsigned permissions;
    int64_t from_ms, until_ms;
    size_t projects, subject; /* bytes, with a NUL each */
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

static void drop(struct jwt_cache *c, struct entry *e)
{
    map_del(&c->by_hash, key_of(e->hash));
    list_del(&e->link);
    free(e);
}

void jwt_cache_clear(struct jwt_cache *c)
{
    LIST_EACH(node, &c->by_age)
    {
        drop(c, LIST_ENTRY(node, struct entry, link));
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
    const struct entry *e = map_get(&c->by_hash, key_of(hash));
    if (!e)
        return false;
    out->permissions = e->permissions;
    out->from_ms = e->from_ms;
    out->until_ms = e->until_ms;
    memcpy(out->projects, e->texts, e->projects);
    memcpy(out->subject, e->texts + e->projects, e->subject);
    return true;
}

void jwt_cache_drop(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES])
{
    struct entry *e = map_get(&c->by_hash, key_of(hash));
    if (e)
        drop(c, e);
}

void jwt_cache_put(struct jwt_cache *c, const unsigned char hash[SHA256_BYTES],
                   const struct jwt_grant *grant)
{
    size_t projects = strlen(grant->projects) + 1, subject = strlen(grant->subject) + 1;
    jwt_cache_drop(c, hash);
    if (c->by_hash.count == JWT_CACHE_TOKENS)
        drop(c, LIST_ENTRY(c->by_age.next, struct entry, link));
    struct entry *e = mem_alloc(sizeof *e + projects + subject);
    memcpy(e->hash, hash, sizeof e->hash);
    e->permissions = grant->permissions;
    e->from_ms = grant->from_ms;
    e->until_ms = grant->until_ms;
    e->projects = projects;
    e->subject = subject;
    memcpy(e->texts, grant->projects, projects);
    memcpy(e->texts + projects, grant->subject, subject);
    list_add(&c->by_age, &e->link);
    map_put(&c->by_hash, key_of(e->hash), e);
}
