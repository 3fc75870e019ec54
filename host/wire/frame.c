/* SPDX-License-Identifier: MIT */
#include "wire/frame.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

static void put_le32(char *at, uint32_t v)
{
    v = htole32(v);
    memcpy(at, &v, sizeof v);
}

static uint32_t get_le32(const char *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return le32toh(v);
}

static uint64_t get_le64(const char *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return le64toh(v);
}

size_t frame_begin(struct buf *out, enum frame_type type, uint64_t tag)
{
    size_t mark = out->len;
    char header[FRAME_HEADER] = {0};
    header[4] = (char)type;
    tag = htole64(tag);
    memcpy(header + 8, &tag, sizeof tag);
    buf_add(out, header, sizeof header);
    return mark;
}

void frame_end(struct buf *out, size_t mark)
{
    if (out->full)
        return;
    assert(mark + FRAME_HEADER <= out->len);
    size_t bytes = out->len - mark - FRAME_HEADER;
    if (bytes > FRAME_MAX) { /* the peer would refuse it: better nothing than a broken stream */
        out->len = mark;
        out->data[mark] = '\0';
        out->full = true;
        return;
    }
    put_le32(out->data + mark, (uint32_t)bytes);
}

void frame_put_u8(struct buf *out, uint8_t v)
{
    buf_char(out, (char)v);
}

void frame_put_u32(struct buf *out, uint32_t v)
{
    v = htole32(v);
    buf_add(out, &v, sizeof v);
}

void frame_put_u64(struct buf *out, uint64_t v)
{
    v = htole64(v);
    buf_add(out, &v, sizeof v);
}

void frame_put_bytes(struct buf *out, struct text t)
{
    if (!t.data) {
        frame_put_u32(out, FRAME_ABSENT);
        return;
    }
    if (t.len > FRAME_MAX) {
        out->full = true;
        return;
    }
    frame_put_u32(out, (uint32_t)t.len);
    buf_text(out, t);
}

void frame_put_start(struct buf *out, uint64_t run, const struct frame_start *s)
{
    size_t mark = frame_begin(out, FRAME_START, run);
    frame_put_u64(out, s->version);
    frame_put_u64(out, s->seed);
    frame_put_u64(out, (uint64_t)s->at_ms);
    frame_put_u32(out, s->cpu_ms);
    frame_put_u32(out, s->memory_bytes);
    frame_put_u32(out, s->steps);
    frame_put_u32(out, s->output_bytes);
    frame_put_u32(out, s->record_bytes);
    frame_put_u8(out, s->admit);
    frame_put_bytes(out, s->run_id);
    frame_put_bytes(out, s->instruction);
    frame_put_bytes(out, s->event);
    frame_end(out, mark);
}

static bool type_known(uint8_t type)
{
    return (type >= FRAME_LOAD && type <= FRAME_DROP) ||
           (type >= FRAME_READY && type <= FRAME_IDLE);
}

int frame_next(const char *in, size_t len, struct frame *f, size_t *used)
{
    if (len < FRAME_HEADER)
        return 0;
    uint32_t bytes = get_le32(in);
    uint8_t type = (uint8_t)in[4];
    if (bytes > FRAME_MAX || !type_known(type) || in[5] || in[6] || in[7])
        return -1;
    if (len - FRAME_HEADER < bytes)
        return 0;
    f->type = type;
    f->tag = get_le64(in + 8);
    f->payload = (struct text){in + FRAME_HEADER, bytes};
    *used = FRAME_HEADER + (size_t)bytes;
    return 1;
}

void frame_read(struct frame_reader *r, const struct frame *f)
{
    r->rest = f->payload;
    r->broken = false;
}

/* The next `bytes` of the payload, or NULL (and broken for good) when there are not so many. */
static const char *take_bytes(struct frame_reader *r, size_t bytes)
{
    if (r->broken || r->rest.len < bytes) {
        r->broken = true;
        return NULL;
    }
    const char *at = r->rest.data;
    r->rest.data += bytes;
    r->rest.len -= bytes;
    return at;
}

uint8_t frame_get_u8(struct frame_reader *r)
{
    const char *at = take_bytes(r, 1);
    return at ? (uint8_t)*at : 0;
}

uint32_t frame_get_u32(struct frame_reader *r)
{
    const char *at = take_bytes(r, sizeof(uint32_t));
    return at ? get_le32(at) : 0;
}

uint64_t frame_get_u64(struct frame_reader *r)
{
    const char *at = take_bytes(r, sizeof(uint64_t));
    return at ? get_le64(at) : 0;
}

struct text frame_get_bytes(struct frame_reader *r)
{
    uint32_t len = frame_get_u32(r);
    if (r->broken || len == FRAME_ABSENT)
        return TEXT_NONE;
    const char *at = take_bytes(r, len);
    return at ? (struct text){at, len} : TEXT_NONE;
}

void frame_get_start(struct frame_reader *r, struct frame_start *s)
{
    s->version = frame_get_u64(r);
    s->seed = frame_get_u64(r);
    s->at_ms = (int64_t)frame_get_u64(r);
    s->cpu_ms = frame_get_u32(r);
    s->memory_bytes = frame_get_u32(r);
    s->steps = frame_get_u32(r);
    s->output_bytes = frame_get_u32(r);
    s->record_bytes = frame_get_u32(r);
    s->admit = frame_get_u8(r);
    s->run_id = frame_get_bytes(r);
    s->instruction = frame_get_bytes(r);
    s->event = frame_get_bytes(r);
    if (s->admit > 1)
        r->broken = true;
}

bool frame_read_ok(const struct frame_reader *r)
{
    return !r->broken && r->rest.len == 0;
}
