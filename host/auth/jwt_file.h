/* SPDX-License-Identifier: MIT */
/* jwt_file.h - the file that `jwt.keys` names, followed: looked at before each signature is judged,
 * and for tokens that are known already once in JWT_FILE_LOOK_MS. A new content that makes no keys
 * changes nothing and is logged once. Owner: one struct jwt. Thread: loop (it blocks: the file is
 * small and local). Limit: JWT_FILE_BYTES. */
#pragma once
#include "auth/jwt_keys.h"
#include "base/clock.h"
#include <sys/stat.h>

enum { JWT_FILE_BYTES = 256 << 10, JWT_FILE_LOOK_MS = 1000 };

struct jwt_file {
    char *path;
    const struct clock *clock;
    unsigned allowed; /* bits (1 << enum jwt_algorithm) */
    struct jwt_keys *keys;
    struct stat seen;
    unsigned char hash[SHA256_BYTES]; /* of the content last read */
    int64_t looked_ms;                /* mono */
    char *complaint;                  /* the last one logged, while it holds; NULL: none */
    bool fresh; /* changed so shortly before it was read that its next change may not show */
};

/* path: taken over. */
bool jwt_file_open(struct jwt_file *f, char *path, const struct clock *clock, unsigned allowed,
                   struct error *err) MUST_CHECK;
void jwt_file_done(struct jwt_file *f);
/* True: there are other keys than before. */
bool jwt_file_look(struct jwt_file *f);
/* Whether it is time to look although nothing needs the keys. */
bool jwt_file_due(const struct jwt_file *f);
