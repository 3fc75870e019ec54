/* SPDX-License-Identifier: MIT */
/* fuzz.h - what every fuzz target includes first. A target is one function over bytes; a failed
 * FUZZ_CHECK aborts, which libFuzzer keeps as a crash and replay.c as a failed test.
 *
 * Inputs that have parts are text with form feeds between them, so that seeds can be written and
 * read by people. Owner: the target. Thread: one. */
#pragma once
#include "base/buf.h"
#include "base/text.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(fact, ...)                                                  \
    do {                                                                       \
        if (!(fact)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s: ", __FILE__, __LINE__, #fact); \
            fprintf(stderr, __VA_ARGS__);                                      \
            fputc('\n', stderr);                                               \
            abort();                                                           \
        }                                                                      \
    } while (0)

static inline struct text fuzz_text(const uint8_t *data, size_t size)
{
    return (struct text){data ? (const char *)data : "", size};
}

/* The part before the next form feed; empty when there is none left. */
static inline struct text fuzz_part(struct text *in)
{
    if (!in->data)
        return TEXT("");
    return text_cut(in, '\f');
}

/* Numbers off the front; 0 behind the end. */
static inline uint8_t fuzz_u8(struct text *in)
{
    if (!in->data || in->len == 0)
        return 0;
    in->len--;
    return (uint8_t)*in->data++;
}

static inline uint64_t fuzz_number(struct text *in, int bytes)
{
    uint64_t n = 0;
    for (int i = 0; i < bytes; i++)
        n |= (uint64_t)fuzz_u8(in) << (8 * i);
    return n;
}

/* At most `most` bytes off the front. */
static inline struct text fuzz_bytes(struct text *in, size_t most)
{
    struct text t = {in->data, in->len < most ? in->len : most};
    if (!in->data)
        return TEXT("");
    in->data += t.len;
    in->len -= t.len;
    return t;
}

/* A copy of exactly these bytes, so that AddressSanitizer sees a read behind them. */
static inline char *fuzz_copy(struct text t)
{
    char *copy = malloc(t.len ? t.len : 1);
    FUZZ_CHECK(copy, "out of memory");
    memcpy(copy, t.data, t.len);
    return copy;
}

static inline void fuzz_same(struct text a, struct text b, const char *what)
{
    FUZZ_CHECK(text_eq(a, b), "%s: '%.*s' and '%.*s'", what, (int)a.len, a.data, (int)b.len,
               b.data);
}
