/* SPDX-License-Identifier: MIT */
/* hub.h - who follows which run. A follower hears of every committed chunk of its run, from the
 * moment that it joined; what was before it reads from the store. Nothing is queued here. Owner:
 * engine. Thread: loop. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "store/store.h"

struct hub {
    struct map topics; /* run id -> struct topic */
};

/* What was committed. Borrowed during the call. */
struct hub_news {
    const char *run;
    uint64_t first;
    uint32_t count;
    struct text chunk;              /* records, domain/record.h */
    const struct store_update *end; /* status, result, error if the run ends with this; or NULL */
};

struct follower {
    struct list link;
    struct topic *topic;
    /* It may leave the hub and free itself. */
    void (*hear)(struct follower *f, const struct hub_news *news);
};

void hub_init(struct hub *h);
void hub_done(struct hub *h);
void hub_join(struct hub *h, const char *run, struct follower *f,
              void (*hear)(struct follower *, const struct hub_news *));
void hub_leave(struct hub *h, struct follower *f); /* harmless twice */
void hub_publish(struct hub *h, const struct hub_news *news);
