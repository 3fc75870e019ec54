/* SPDX-License-Identifier: MIT */
/* id.h - identifiers and random bytes. Thread: any. */
#pragma once
#include "base/text.h"

/* Room for "prefix_" + 26 characters + NUL; prefixes have at most 12 characters. */
enum { ID_BYTES = 40 };

/* "run_01kbk3v0w8…": prefix, '_', a ULID in lower-case Crockford base 32 (48 bits of wall_ms, 80
 * random bits), so that ids sort by time. */
void id_make(char out[ID_BYTES], const char *prefix, int64_t wall_ms);
void id_random(void *out, size_t bytes); /* getrandom(2); aborts if the kernel has none */
/* From the pool that ids come from: a system call for every 80. Not for secrets. */
uint64_t id_number(void);
/* FNV-1a, stable for ever, not for hostile keys. */
uint64_t id_hash64(const void *data, size_t bytes);

enum { SHA256_BYTES = 32, SHA256_HEX = 65 };
void id_sha256(const void *data, size_t bytes, unsigned char out[SHA256_BYTES]);
/* Compares without a timing that depends on the content. */
bool id_equal_constant_time(const void *a, const void *b, size_t bytes);
