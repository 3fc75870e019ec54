/* SPDX-License-Identifier: MIT */
#include "serve/door/door_body.h"

#include "base/hex.h"

enum { SIZE_DIGITS = 12 }; /* 256 TiB: far over every limit, far under an overflow */

void body_counted(struct body_framing *b, uint64_t length)
{
    *b = (struct body_framing){.step = length ? STEP_COUNTED : STEP_DONE, .left = length};
}

void body_chunked(struct body_framing *b)
{
    *b = (struct body_framing){.step = STEP_SIZE};
}

static bool on_size(struct body_framing *b, char c)
{
    int digit = hex_digit(c);
    if (digit >= 0) {
        b->left = b->left * 16 + (uint64_t)digit;
        return ++b->digits <= SIZE_DIGITS;
    }
    if (b->digits == 0)
        return false;
    b->line_bytes = 0;
    b->step = c == '\r' ? STEP_SIZE_LF : STEP_EXTENSION;
    return c == '\r' || c == ';' || c == ' ' || c == '\t';
}

static bool is_text(char c)
{
    return (unsigned char)c >= ' ' || c == '\t';
}

static bool on_extension(struct body_framing *b, char c)
{
    if (c == '\r')
        b->step = STEP_SIZE_LF;
    return (c == '\r' || is_text(c)) && ++b->line_bytes <= BODY_EXTENSION_BYTES;
}

static bool on_size_lf(struct body_framing *b, char c)
{
    b->step = b->left ? STEP_CHUNK : STEP_TRAILER_START;
    b->digits = 0;
    return c == '\n';
}

static bool on_chunk_cr(struct body_framing *b, char c)
{
    b->step = STEP_CHUNK_LF;
    return c == '\r';
}

static bool on_chunk_lf(struct body_framing *b, char c)
{
    b->step = STEP_SIZE;
    return c == '\n';
}

static bool on_trailer(struct body_framing *b, char c)
{
    bool start = b->step == STEP_TRAILER_START;
    if (c == '\r')
        b->step = start ? STEP_END_LF : STEP_TRAILER_LF;
    else
        b->step = STEP_TRAILER;
    return (c == '\r' || is_text(c)) && ++b->trailer_bytes <= BODY_TRAILER_BYTES;
}

static bool on_trailer_lf(struct body_framing *b, char c)
{
    b->step = STEP_TRAILER_START;
    return c == '\n';
}

static bool on_end_lf(struct body_framing *b, char c)
{
    b->step = STEP_DONE;
    return c == '\n';
}

static bool (*const steps[])(struct body_framing *b, char c) = {
    [STEP_SIZE] = on_size,         [STEP_EXTENSION] = on_extension,
    [STEP_SIZE_LF] = on_size_lf,   [STEP_CHUNK_CR] = on_chunk_cr,
    [STEP_CHUNK_LF] = on_chunk_lf, [STEP_TRAILER_START] = on_trailer,
    [STEP_TRAILER] = on_trailer,   [STEP_TRAILER_LF] = on_trailer_lf,
    [STEP_END_LF] = on_end_lf,
};

static enum body_state take_payload(struct body_framing *b, struct text *in, struct text *payload)
{
    size_t take = in->len < b->left ? in->len : (size_t)b->left;
    *payload = (struct text){in->data, take};
    in->data += take;
    in->len -= take;
    b->left -= take;
    if (b->left == 0)
        b->step = b->step == STEP_COUNTED ? STEP_DONE : STEP_CHUNK_CR;
    return BODY_DATA;
}

enum body_state body_next(struct body_framing *b, struct text *in, struct text *payload)
{
    while (b->step != STEP_DONE) {
        if (in->len == 0)
            return BODY_MORE;
        if (b->step == STEP_COUNTED || b->step == STEP_CHUNK)
            return take_payload(b, in, payload);
        char c = *in->data++;
        in->len--;
        if (!steps[b->step](b, c))
            return BODY_BAD;
    }
    return BODY_DONE;
}
