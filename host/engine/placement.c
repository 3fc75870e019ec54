/* SPDX-License-Identifier: MIT */
#include "engine/placement.h"
#include "engine/run.h"

void placements_init(struct placements *p)
{
    map_init(&p->tags);
    p->next_tag = 1;
}

void placements_done(struct placements *p)
{
    map_done(&p->tags);
}

static struct text tag_key(const uint64_t *tag)
{
    return (struct text){(const char *)tag, sizeof *tag};
}

struct run *run_by_tag(const struct engine *e, uint64_t tag)
{
    return map_get(&e->placements.tags, tag_key(&tag));
}

struct buf *run_out(struct run *r)
{
    return pool_out(r->e->pool, r->runner);
}

unsigned engine_idlest_runner(const struct engine *e)
{
    const struct placements *p = &e->placements;
    unsigned best = 0;
    for (unsigned i = 1; i < pool_count(e->pool); i++)
        if (p->computing[i] < p->computing[best] ||
            (p->computing[i] == p->computing[best] && p->all[i] < p->all[best]))
            best = i;
    return best;
}

void placement_count(const struct run *r, bool computes)
{
    unsigned *count = &r->e->placements.computing[r->runner];
    *count = computes ? *count + 1 : *count - 1;
}

static void put_start(struct run *r, bool admit, struct text instruction, struct text event)
{
    const struct manifest *m = r->version->manifest;
    struct frame_start s = {
        .version = r->version->tag,
        .seed = r->seed,
        .at_ms = r->created_ms,
        .cpu_ms = m->cpu_ms,
        .memory_bytes = m->memory_bytes,
        .steps = m->steps,
        .output_bytes = m->output_bytes,
        .record_bytes = m->record_bytes,
        .admit = admit,
        .run_id = text_of(r->id),
        .instruction = instruction,
        .event = event,
    };
    frame_put_start(run_out(r), r->tag, &s);
}

void run_place(struct run *r, unsigned runner, bool admit, struct text instruction,
               struct text event)
{
    struct placements *p = &r->e->placements;
    r->tag = p->next_tag++;
    r->runner = runner;
    r->answers_sent = 0;
    p->all[runner]++;
    map_put(&p->tags, tag_key(&r->tag), r);
    loading_ensure(&r->e->loading, r->version, runner);
    put_start(r, admit, instruction, event);
}

void run_unplace(struct run *r, bool tell)
{
    struct placements *p = &r->e->placements;
    if (r->tag == 0)
        return;
    p->all[r->runner]--;
    if (tell) {
        struct buf *out = run_out(r);
        frame_end(out, frame_begin(out, FRAME_DROP, r->tag));
    }
    map_del(&p->tags, tag_key(&r->tag));
    r->tag = 0;
}
