/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* key NULL and value NULL: never used. key NULL and value set: a tombstone. */
struct map_slot {
    uint64_t hash;
    char *key;
    size_t key_len;
    void *value;
};

enum { FIRST_CAP = 16 };

static char tombstone;

void map_init(struct map *m)
{
    *m = (struct map){0};
}

void map_done(struct map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->cap; i++)
        free(m->slots[i].key);
    free(m->slots);
    map_init(m);
}

static struct map_slot *find(const struct map *m, uint64_t hash, struct text key)
{
    if (m->cap == 0)
        return NULL;
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct map_slot *s = &m->slots[i];
        if (!s->value)
            return NULL;
        if (s->key && s->hash == hash && s->key_len == key.len &&
            memcmp(s->key, key.data ? key.data : "", key.len) == 0)
            return s;
    }
}

static struct map_slot *first_unused(struct map_slot *slots, size_t cap, uint64_t hash)
{
    size_t i = hash & (cap - 1);
    while (slots[i].key)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

/* Into a table where at most half the slots are entries and none is a tombstone. */
static void rehash(struct map *m)
{
    size_t cap = FIRST_CAP;
    while (cap < (m->count + 1) * 2)
        cap *= 2;
    struct map_slot *slots = mem_zero(cap, sizeof *slots);
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].key)
            *first_unused(slots, cap, m->slots[i].hash) = m->slots[i];
    }
    free(m->slots);
    m->slots = slots;
    m->cap = cap;
    m->used = m->count;
}

void *map_get(const struct map *m, struct text key)
{
    if (m->count == 0)
        return NULL;
    struct map_slot *s = find(m, hash_keyed(key), key);
    return s ? s->value : NULL;
}

void *map_put(struct map *m, struct text key, void *value)
{
    assert(value);
    uint64_t hash = hash_keyed(key);
    struct map_slot *s = find(m, hash, key);
    if (s) {
        void *old = s->value;
        s->value = value;
        return old;
    }
    if ((m->used + 1) * 4 > m->cap * 3)
        rehash(m);
    s = first_unused(m->slots, m->cap, hash);
    if (!s->value)
        m->used++; /* else a tombstone is reused, which is counted already */
    *s = (struct map_slot){hash, mem_text_n(key.data, key.len), key.len, value};
    m->count++;
    return NULL;
}

void *map_del(struct map *m, struct text key)
{
    if (m->count == 0)
        return NULL;
    struct map_slot *s = find(m, hash_keyed(key), key);
    if (!s)
        return NULL;
    void *old = s->value;
    free(s->key);
    *s = (struct map_slot){.value = &tombstone};
    m->count--;
    return old;
}

bool map_next(const struct map *m, size_t *pos, struct text *key, void **value)
{
    while (*pos < m->cap) {
        const struct map_slot *s = &m->slots[(*pos)++];
        if (!s->key)
            continue;
        if (key)
            *key = (struct text){s->key, s->key_len};
        if (value)
            *value = s->value;
        return true;
    }
    return false;
}
