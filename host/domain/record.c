/* SPDX-License-Identifier: MIT */
#include "domain/record.h"

#include "base/json.h"
#include <string.h>

enum {
    FIXED = 1 + 1 + 8 + 4 + 4 + 8, /* the fields before the three byte strings */
    LENGTHS = 3 * 4,
    ENVELOPE = 256, /* of a rendered event without its texts, about */
};

static void put_le(unsigned char **at, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *(*at)++ = (unsigned char)(v >> (8 * i));
}

static void put_bytes(unsigned char **at, struct text t)
{
    put_le(at, t.data ? t.len : UINT32_MAX, 4);
    if (t.data && t.len)
        memcpy(*at, t.data, t.len);
    *at += t.data ? t.len : 0;
}

static size_t size_of(struct text t)
{
    return t.data ? t.len : 0;
}

void record_write(struct buf *chunk, const struct record *r)
{
    size_t rest = FIXED + LENGTHS + size_of(r->name) + size_of(r->kind) + size_of(r->data);
    if (rest >= UINT32_MAX) {
        chunk->full = true;
        return;
    }
    if (!buf_reserve(chunk, 4 + rest))
        return;
    unsigned char *at = (unsigned char *)chunk->data + chunk->len;
    put_le(&at, rest, 4);
    put_le(&at, (uint64_t)r->type, 1);
    put_le(&at, r->flags, 1);
    put_le(&at, (uint64_t)r->at_ms, 8);
    put_le(&at, r->step, 4);
    put_le(&at, r->attempt, 4);
    put_le(&at, r->hash, 8);
    put_bytes(&at, r->name);
    put_bytes(&at, r->kind);
    put_bytes(&at, r->data);
    chunk->len += 4 + rest;
    chunk->data[chunk->len] = '\0';
}

/* The caller has made sure that the bytes are there. */
static uint64_t take_le(struct text *in, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v |= (uint64_t)(unsigned char)in->data[i] << (8 * i);
    in->data += bytes;
    in->len -= (size_t)bytes;
    return v;
}

static bool take_bytes(struct text *in, struct text *out)
{
    if (in->len < 4)
        return false;
    size_t len = (size_t)take_le(in, 4);
    if (len == UINT32_MAX) {
        *out = TEXT_NONE;
        return true;
    }
    if (len > in->len)
        return false;
    *out = (struct text){in->data, len};
    in->data += len;
    in->len -= len;
    return true;
}

bool record_next(struct text *chunk, struct record *r)
{
    struct text in = *chunk;
    if (in.len < 4)
        return false;
    size_t len = (size_t)take_le(&in, 4);
    if (len > in.len || len < FIXED + LENGTHS)
        return false;
    struct text behind = {in.data + len, in.len - len};
    in.len = len;
    uint64_t type = take_le(&in, 1);
    if (type == RECORD_NONE || type >= RECORD_TYPES)
        return false;
    struct record got = {.type = (enum record_type)type};
    got.flags = (uint8_t)take_le(&in, 1);
    got.at_ms = (int64_t)take_le(&in, 8);
    got.step = (uint32_t)take_le(&in, 4);
    got.attempt = (uint32_t)take_le(&in, 4);
    got.hash = take_le(&in, 8);
    if (!take_bytes(&in, &got.name) || !take_bytes(&in, &got.kind) || !take_bytes(&in, &got.data))
        return false;
    if (in.len)
        return false;
    *r = got;
    *chunk = behind;
    return true;
}

static void render_step(struct buf *out, const struct record *r)
{
    buf_add(out, ",\"step\":{\"n\":", 13);
    buf_int(out, r->step);
    if (r->name.data) {
        buf_add(out, ",\"name\":", 8);
        json_put_string(out, r->name);
    }
    if (r->kind.data) {
        buf_add(out, ",\"kind\":", 8);
        json_put_string(out, r->kind);
    }
    buf_add(out, ",\"attempt\":", 11);
    buf_int(out, r->attempt);
    buf_char(out, '}');
}

/* Valid JSON has line ends between tokens only, where a blank is as good; one that got through to
 * an event stream would let the data forge fields of it. */
static void render_data(struct buf *out, struct text data)
{
    buf_add(out, ",\"data\":", 8);
    size_t start = out->len;
    buf_text(out, data);
    if (!memchr(data.data, '\n', data.len) && !memchr(data.data, '\r', data.len))
        return;
    for (size_t i = start; i < out->len; i++) {
        if (out->data[i] == '\n' || out->data[i] == '\r')
            out->data[i] = ' ';
    }
}

/* By hand, not by json_out.h:
 * this is done anew for each reader of each record, and takes 40 % longer there. */
void record_render(struct buf *out, const char *run_id, uint64_t seq, const struct record *r)
{
    char at[TEXT_TIME];
    text_time(r->at_ms, at);
    if (!buf_reserve(out, ENVELOPE + size_of(r->name) + size_of(r->kind) + size_of(r->data)))
        return;
    buf_add(out, "{\"v\":1,\"run\":\"", 14);
    buf_str(out, run_id);
    buf_add(out, "\",\"seq\":", 8);
    buf_int(out, (int64_t)seq);
    buf_add(out, ",\"at\":\"", 7);
    buf_str(out, at);
    buf_add(out, "\",\"type\":\"", 10);
    buf_str(out, record_type_name(r->type));
    buf_char(out, '"');
    if (r->step)
        render_step(out, r);
    if (size_of(r->data))
        render_data(out, r->data);
    buf_char(out, '}');
}

void record_render_sse(struct buf *out, const char *run_id, uint64_t seq, const struct record *r,
                       bool names)
{
    buf_add(out, "id: ", 4);
    buf_int(out, (int64_t)seq);
    if (names) {
        buf_add(out, "\nevent: ", 8);
        buf_str(out, record_type_name(r->type));
    }
    buf_add(out, "\ndata: ", 7);
    record_render(out, run_id, seq, r);
    buf_add(out, "\n\n", 2);
}

bool record_is_final(enum record_type type)
{
    switch (type) {
    case RECORD_RUN_COMPLETED:
    case RECORD_RUN_FAILED:
    case RECORD_RUN_CANCELLED:
    case RECORD_RUN_TIMED_OUT:
        return true;
    default:
        return false;
    }
}
