/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include "base/id.h"
#include "base/mem.h"
#include <assert.h>
#include <pthread.h>
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

static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void draw_secret(void)
{
    id_random(secret, sizeof secret);
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"). Words are read in the
 * machine's own order: the value never leaves the process. */
static uint64_t hash_of(struct text key)
{
    pthread_once(&secret_once, draw_secret);
    uint64_t v[4] = {secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
                     secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573};
    uint64_t word;
    size_t at = 0;
    for (; key.len - at >= 8; at += 8) {
        memcpy(&word, key.data + at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = 0;
    if (key.len > at)
        memcpy(&word, key.data + at, key.len - at);
    word ^= (uint64_t)key.len << 56;
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

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
    struct map_slot *s = find(m, hash_of(key), key);
    return s ? s->value : NULL;
}

void *map_put(struct map *m, struct text key, void *value)
{
    assert(value);
    uint64_t hash = hash_of(key);
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
    struct map_slot *s = find(m, hash_of(key), key);
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
