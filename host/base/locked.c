/* SPDX-License-Identifier: MIT */
#include "base/locked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *locked_new(size_t bytes)
{
    size_t size = bytes ? bytes : 1;
    void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) {
        fputs("moontide: out of memory\n", stderr);
        abort();
    }
    /* Each of these may be denied (RLIMIT_MEMLOCK is often 64 KB); the value works all the same. */
    (void)!mlock(data, size);
    (void)!madvise(data, size, MADV_DONTDUMP);
    (void)!madvise(data, size, MADV_WIPEONFORK);
    return data;
}

void locked_free(void *data, size_t bytes)
{
    if (!data)
        return;
    size_t size = bytes ? bytes : 1;
    explicit_bzero(data, size);
    munmap(data, size);
}
