/* SPDX-License-Identifier: MIT */
#include "base/id.h"

#include <assert.h>
#include <errno.h>
#define OPENSSL_SUPPRESS_DEPRECATED /* see id_sha256 */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ULID_TIME_BYTES = 6, ULID_RANDOM_BYTES = 10, PREFIX_MAX = 12, POOL_BYTES = 640 };

/* Random bytes bought in bulk: one system call serves 64 ids. A forked child starts with an empty
 * pool (below), or it would hand out its parent's ids. */
static _Thread_local struct {
    unsigned char bytes[POOL_BYTES];
    size_t left;
} pool;

void id_random(void *out, size_t bytes)
{
    unsigned char *at = out;
    while (bytes > 0) {
        ssize_t got = getrandom(at, bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            perror("moontide: getrandom");
            abort();
        }
        at += got;
        bytes -= (size_t)got;
    }
}

static void empty_pool(void)
{
    pool.left = 0;
}

static void watch_fork(void)
{
    pthread_atfork(NULL, NULL, empty_pool);
}

static void take_random(unsigned char *out, size_t bytes)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (pool.left < bytes) {
        pthread_once(&once, watch_fork);
        id_random(pool.bytes, sizeof pool.bytes);
        pool.left = sizeof pool.bytes;
    }
    pool.left -= bytes;
    memcpy(out, pool.bytes + pool.left, bytes);
    memset(pool.bytes + pool.left, 0, bytes);
}

uint64_t id_number(void)
{
    uint64_t number;
    take_random((unsigned char *)&number, sizeof number);
    return number;
}

/* The 128 bits as 26 digits of 5 bits, the first of which holds 3: https://github.com/ulid/spec */
static void write_ulid(char *out, const unsigned char bytes[16])
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned bits = 0;
    int have = 2; /* two leading zero bits make 130, a multiple of five */
    for (int i = 0; i < 16; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffff;
        for (have += 8; have >= 5; have -= 5)
            *out++ = digits[bits >> (have - 5) & 31];
    }
    *out = '\0';
}

void id_make(char out[ID_BYTES], const char *prefix, int64_t wall_ms)
{
    size_t len = strlen(prefix);
    assert(len <= PREFIX_MAX);
    assert(wall_ms >= 0);
    unsigned char bytes[ULID_TIME_BYTES + ULID_RANDOM_BYTES];
    for (int i = 0; i < ULID_TIME_BYTES; i++)
        bytes[i] = (unsigned char)(wall_ms >> (8 * (ULID_TIME_BYTES - 1 - i)));
    take_random(bytes + ULID_TIME_BYTES, ULID_RANDOM_BYTES);
    memcpy(out, prefix, len);
    out[len] = '_';
    write_ulid(out + len + 1, bytes);
}

uint64_t id_hash64(const void *data, size_t bytes)
{
    const unsigned char *at = data;
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ at[i]) * 0x100000001b3;
    return hash;
}

/* By the interface that OpenSSL 3 advises against: the other one looks the algorithm up by name,
 * under a lock and with a dozen allocations, for each message; that was ten times the hash. */
void id_sha256(const void *data, size_t bytes, unsigned char out[SHA256_BYTES])
{
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, bytes ? data : "", bytes);
    SHA256_Final(out, &hash);
}

bool id_equal_constant_time(const void *a, const void *b, size_t bytes)
{
    return CRYPTO_memcmp(a, b, bytes) == 0;
}
