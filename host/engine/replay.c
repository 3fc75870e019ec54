/* SPDX-License-Identifier: MIT */
#include "engine/replay.h"
#include "base/mem.h"
#include "wire/frame.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    int64_t at_ms;
    uint32_t step;
    bool ok;
    char *json;
    size_t json_bytes;
};

struct replay {
    struct input *inputs;
    size_t input_count, input_cap;
    struct replay_expect *outputs;
    size_t output_count, output_cap, next;
    uint32_t steps;
};

struct replay *replay_new(void)
{
    return mem_zero(1, sizeof(struct replay));
}

void replay_free(struct replay *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->input_count; i++)
        free(p->inputs[i].json);
    free(p->inputs);
    free(p->outputs);
    free(p);
}

void replay_answered(struct replay *p, uint32_t step)
{
    /* From the end: an answer is nearly always to one of the last things asked. */
    for (size_t i = p->output_count; i-- > 0;)
        if (p->outputs[i].step == step && p->outputs[i].type == RECORD_STEP_STARTED) {
            p->outputs[i].answered = true;
            return;
        }
}

static void add_input(struct replay *p, const struct record *r)
{
    if (p->input_count == p->input_cap) {
        p->input_cap = p->input_cap ? p->input_cap * 2 : 16;
        p->inputs = mem_grow(p->inputs, p->input_cap * sizeof *p->inputs);
    }
    p->inputs[p->input_count++] = (struct input){
        .at_ms = r->at_ms,
        .step = r->step,
        .ok = r->type == RECORD_STEP_COMPLETED,
        .json = mem_text_n(r->data.data, r->data.len),
        .json_bytes = r->data.len,
    };
    replay_answered(p, r->step);
}

static void add_output(struct replay *p, const struct record *r)
{
    if (p->output_count == p->output_cap) {
        p->output_cap = p->output_cap ? p->output_cap * 2 : 16;
        p->outputs = mem_grow(p->outputs, p->output_cap * sizeof *p->outputs);
    }
    struct replay_expect *x = &p->outputs[p->output_count++];
    *x = (struct replay_expect){.type = r->type,
                                .step = r->step,
                                .attempt = r->attempt,
                                .hash = r->hash,
                                .at_ms = r->at_ms};
    snprintf(x->label, sizeof x->label, "%.*s%s%.*s", (int)r->kind.len,
             r->kind.data ? r->kind.data : "", r->kind.data && r->name.data ? " " : "",
             (int)(r->name.len > 60 ? 60 : r->name.len), r->name.data ? r->name.data : "");
    if (r->step > p->steps)
        p->steps = r->step;
}

void replay_add(struct replay *p, const struct record *r)
{
    if (r->flags & RECORD_INPUT)
        add_input(p, r);
    else if (r->flags & RECORD_OUTPUT)
        add_output(p, r);
    else if (r->type == RECORD_STEP_FAILED)
        replay_answered(p, r->step); /* given up by the script (op_cancel): nobody waits for it */
}

uint32_t replay_answers(const struct replay *p, struct buf *out, uint64_t tag)
{
    for (size_t i = 0; i < p->input_count; i++) {
        const struct input *in = &p->inputs[i];
        size_t mark = frame_begin(out, FRAME_ANSWER, tag);
        frame_put_u64(out, (uint64_t)in->at_ms);
        frame_put_u32(out, in->step);
        frame_put_u8(out, in->ok);
        frame_put_bytes(out, (struct text){in->json, in->json_bytes});
        frame_end(out, mark);
    }
    return (uint32_t)p->input_count;
}

const struct replay_expect *replay_next(const struct replay *p)
{
    return p->next < p->output_count ? &p->outputs[p->next] : NULL;
}

void replay_advance(struct replay *p)
{
    p->next++;
}

uint32_t replay_steps(const struct replay *p)
{
    return p->steps;
}
