/* SPDX-License-Identifier: MIT */
#include "auth/webhooks.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

struct webhook_slot {
    unsigned char hash[STORE_WEBHOOKS_ALIVE][SHA256_BYTES];
    unsigned count;
};

enum { ADDRESS_BYTES = 160 };

/* "project/key", the key in lower case. Absent when one of them is too long to be a name. */
static struct text address_of(char out[ADDRESS_BYTES], const char *project, const char *key)
{
    size_t project_len = strlen(project), key_len = strlen(key);
    if (project_len > 64 || key_len > 64)
        return TEXT_NONE;
    memcpy(out, project, project_len);
    out[project_len] = '/';
    for (size_t i = 0; i < key_len; i++)
        out[project_len + 1 + i] = (char)(key[i] >= 'A' && key[i] <= 'Z' ? key[i] + 32 : key[i]);
    return (struct text){out, project_len + 1 + key_len};
}

void webhooks_init(struct webhooks *w)
{
    map_init(&w->by_trigger);
    map_init(&w->by_id);
}

void webhooks_done(struct webhooks *w)
{
    size_t pos = 0;
    struct text key;
    void *value;
    while (map_next(&w->by_trigger, &pos, &key, &value))
        free(value);
    map_done(&w->by_trigger);
    map_done(&w->by_id);
    webhooks_init(w);
}

void webhooks_fill(struct webhooks *w, const struct store_webhook *rows, size_t count)
{
    char address[ADDRESS_BYTES];
    webhooks_done(w);
    for (size_t i = 0; i < count; i++) {
        struct text at = address_of(address, rows[i].project, rows[i].trigger);
        if (rows[i].revoked_ms || !at.data)
            continue;
        struct webhook_slot *slot = map_get(&w->by_trigger, at);
        if (!slot) {
            slot = mem_zero(1, sizeof *slot);
            map_put(&w->by_trigger, at, slot);
        }
        map_put(&w->by_id, text_of(rows[i].id), slot);
        if (slot->count < STORE_WEBHOOKS_ALIVE)
            memcpy(slot->hash[slot->count++], rows[i].hash, SHA256_BYTES);
    }
}

bool webhooks_alive(const struct webhooks *w, const char *id)
{
    return map_get(&w->by_id, text_of(id)) != NULL;
}

bool webhooks_open(const struct webhooks *w, const char *project, const char *key,
                   struct text secret)
{
    static const struct webhook_slot nobody; /* what is compared when there is no such trigger */
    char address[ADDRESS_BYTES];
    unsigned char hash[SHA256_BYTES];
    struct text at = address_of(address, project, key);
    const struct webhook_slot *slot = at.data ? map_get(&w->by_trigger, at) : NULL;
    if (!slot)
        slot = &nobody;
    id_sha256(secret.data ? secret.data : "", secret.len, hash);
    bool open = false;
    for (unsigned i = 0; i < STORE_WEBHOOKS_ALIVE; i++) {
        bool same = id_equal_constant_time(slot->hash[i], hash, SHA256_BYTES);
        open = open | (same & (i < slot->count));
    }
    return open && secret.data;
}
