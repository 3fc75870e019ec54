/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p, size_t bytes)
{
    if (p)
        return p;
    fprintf(stderr, "moontide: out of memory (%zu bytes wanted)\n", bytes);
    abort();
}

/* malloc(0) may return NULL, which would look like exhaustion. */
static size_t at_least_one(size_t bytes)
{
    return bytes ? bytes : 1;
}

void *mem_alloc(size_t bytes)
{
    return checked(malloc(at_least_one(bytes)), bytes);
}

void *mem_zero(size_t count, size_t bytes)
{
    if (count == 0 || bytes == 0)
        count = bytes = 1;
    return checked(calloc(count, bytes), bytes);
}

void *mem_grow(void *old, size_t bytes)
{
    return checked(realloc(old, at_least_one(bytes)), bytes);
}

void *mem_dup(const void *data, size_t bytes)
{
    void *copy = mem_alloc(bytes);
    if (bytes)
        memcpy(copy, data, bytes);
    return copy;
}

char *mem_text(const char *text)
{
    return text ? mem_dup(text, strlen(text) + 1) : NULL;
}

char *mem_text_n(const char *data, size_t bytes)
{
    if (bytes == SIZE_MAX)
        checked(NULL, bytes);
    char *copy = mem_alloc(bytes + 1);
    if (bytes)
        memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    return copy;
}
