/* SPDX-License-Identifier: MIT */
#include "domain/proof/penalty.h"

#include "base/mem.h"
#include <stdlib.h>

struct offender {
    struct list link;
    struct cidr_address net;
    int64_t paid_ms;     /* when its wrong credentials so far are paid for, one interval each */
    int64_t reported_ms; /* monotonic */
    int64_t unreported;  /* answers that waited or were turned away since then */
};

static struct text key_of(const struct cidr_address *net)
{
    return (struct text){(const char *)net->bytes, sizeof net->bytes};
}

void penalty_init(struct penalty *p, int64_t at_once, int64_t interval_ms)
{
    *p = (struct penalty){.at_once = at_once, .interval_ms = interval_ms};
    map_init(&p->by_address);
    list_init(&p->quiet);
}

void penalty_done(struct penalty *p)
{
    struct list *node;
    while ((node = list_pop(&p->quiet)))
        free(LIST_ENTRY(node, struct offender, link));
    map_done(&p->by_address);
}

/* When there are too many, the one that was quiet for longest makes room. */
static struct offender *add_offender(struct penalty *p, const struct cidr_address *net)
{
    struct offender *o;
    if (p->count < PENALTY_ADDRESSES) {
        o = mem_zero(1, sizeof *o);
        p->count++;
    } else {
        o = LIST_ENTRY(list_pop(&p->quiet), struct offender, link);
        map_del(&p->by_address, key_of(&o->net));
        *o = (struct offender){0};
    }
    list_init(&o->link);
    o->net = *net;
    o->reported_ms = -PENALTY_REPORT_MS;
    map_put(&p->by_address, key_of(net), o);
    return o;
}

static void count_delayed(struct offender *o, int64_t now_ms, struct penalty_answer *answer)
{
    o->unreported++;
    if (now_ms - o->reported_ms < PENALTY_REPORT_MS)
        return;
    answer->report = o->unreported;
    o->reported_ms = now_ms;
    o->unreported = 0;
}

struct penalty_answer penalty_add(struct penalty *p, const struct cidr_address *a, int64_t now_ms)
{
    struct penalty_answer answer = {0};
    if (p->at_once == 0)
        return answer;
    struct cidr_address net = cidr_customer(a);
    struct offender *o = map_get(&p->by_address, key_of(&net));
    if (!o)
        o = add_offender(p, &net);
    list_del(&o->link);
    list_add(&p->quiet, &o->link);
    int64_t from_ms = o->paid_ms > now_ms ? o->paid_ms : now_ms;
    int64_t wait_ms = from_ms - now_ms - (p->at_once - 1) * p->interval_ms;
    if (wait_ms > 0)
        count_delayed(o, now_ms, &answer);
    if (wait_ms > PENALTY_LONGEST_MS) {
        answer.wait_ms = -1;
        return answer;
    }
    o->paid_ms = from_ms + p->interval_ms;
    answer.wait_ms = wait_ms > 0 ? wait_ms : 0;
    return answer;
}
