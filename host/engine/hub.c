/* SPDX-License-Identifier: MIT */
#include "engine/hub.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

struct topic {
    char run[ID_BYTES];
    struct list followers;
    bool publishing; /* then an empty topic is freed by hub_publish, not by hub_leave */
};

void hub_init(struct hub *h)
{
    map_init(&h->topics);
}

static void topic_drop(struct hub *h, struct topic *t)
{
    map_del(&h->topics, text_of(t->run));
    free(t);
}

void hub_done(struct hub *h)
{
    size_t pos = 0;
    struct text key;
    void *topic;
    while (map_next(&h->topics, &pos, &key, &topic))
        free(topic);
    map_done(&h->topics);
}

void hub_join(struct hub *h, const char *run, struct follower *f,
              void (*hear)(struct follower *, const struct hub_news *))
{
    struct topic *t = map_get(&h->topics, text_of(run));
    if (!t) {
        t = mem_zero(1, sizeof *t);
        strcpy(t->run, run);
        list_init(&t->followers);
        map_put(&h->topics, text_of(run), t);
    }
    f->topic = t;
    f->hear = hear;
    list_add(&t->followers, &f->link);
}

void hub_leave(struct hub *h, struct follower *f)
{
    struct topic *t = f->topic;
    if (!t)
        return;
    f->topic = NULL;
    list_del(&f->link);
    if (list_empty(&t->followers) && !t->publishing)
        topic_drop(h, t);
}

void hub_publish(struct hub *h, const struct hub_news *news)
{
    struct topic *t = map_get(&h->topics, text_of(news->run));
    if (!t)
        return;
    t->publishing = true;
    /* A follower may leave, and others may join or leave, from within hear(): walk a list of our
     * own. */
    struct list now;
    list_init(&now);
    struct list *node;
    while ((node = list_pop(&t->followers)))
        list_add(&now, node);
    while ((node = list_pop(&now))) {
        list_add(&t->followers, node);
        struct follower *f = LIST_ENTRY(node, struct follower, link);
        f->hear(f, news);
    }
    t->publishing = false;
    if (list_empty(&t->followers))
        topic_drop(h, t);
}
