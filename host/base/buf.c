/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "base/mem.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void buf_init(struct buf *b, size_t max)
{
    assert(max < SIZE_MAX / 2); /* leaves room for doubling and the NUL */
    *b = (struct buf){.max = max};
}

void buf_done(struct buf *b)
{
    if (!b)
        return;
    free(b->data);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->full = false;
    if (b->data)
        b->data[0] = '\0';
}

char *buf_take(struct buf *b)
{
    char *data = b->data;
    *b = (struct buf){.max = b->max};
    return data;
}

bool buf_reserve(struct buf *b, size_t extra)
{
    if (b->full || extra > b->max - b->len) {
        b->full = true;
        return false;
    }
    size_t need = b->len + extra + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap * 2 : FIRST_CAP;
    if (cap > b->max + 1)
        cap = b->max + 1;
    if (cap < need)
        cap = need;
    b->data = mem_grow(b->data, cap);
    b->cap = cap;
    b->data[b->len] = '\0';
    return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (!buf_reserve(b, len))
        return;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_text(struct buf *b, struct text t)
{
    buf_add(b, t.data, t.len);
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    if (!buf_reserve(b, 1))
        return;
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_int(struct buf *b, int64_t n)
{
    char digits[20]; /* 19 digits and a sign */
    char *end = digits + sizeof digits, *p = end;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0)
        *--p = '-';
    buf_add(b, p, (size_t)(end - p));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !buf_reserve(b, (size_t)len)) {
        b->full = true;
        return;
    }
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void buf_drop_front(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (len == 0)
        return;
    memmove(b->data, b->data + len, b->len - len + 1);
    b->len -= len;
}

struct text buf_view(const struct buf *b)
{
    return (struct text){b->data ? b->data : "", b->len};
}
