/* SPDX-License-Identifier: MIT */
/* mem.h - allocation that never returns NULL. Running out of memory aborts with a message: the
 * journal makes a restart harmless, half-handled exhaustion does not. Everything a peer can size
 * has its own limit. Thread: any. */
#pragma once
#include <stddef.h>

void *mem_alloc(size_t bytes);              /* uninitialised */
void *mem_zero(size_t count, size_t bytes); /* zeroed, overflow-checked */
void *mem_grow(void *old, size_t bytes);    /* realloc */
void *mem_dup(const void *data, size_t bytes);
char *mem_text(const char *text);                 /* strdup; NULL stays NULL */
char *mem_text_n(const char *data, size_t bytes); /* bytes copied and a NUL */
