/* SPDX-License-Identifier: MIT */
/* jwt_file.h - the keys of the file that `jwt.keys` names, kept up to date with it. The caller has
 * the file looked at before each signature is checked, and once in JWT_FILE_LOOK_MS for tokens that
 * are known already. When the file changes to something that makes no keys, the keys known stay and
 * that is logged once.
 * Owner: one struct jwt. Thread: loop, which it blocks: the file is small and local.
 * Limit: JWT_FILE_BYTES. */
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
    struct stat seen;                 /* the file when it was last read */
    unsigned char hash[SHA256_BYTES]; /* of the content last read */
    int64_t looked_ms;                /* monotonic: when the file was last looked at */
    char *complaint;                  /* what is wrong with the file, as logged; NULL: nothing */
    /* The file changed so shortly before it was read that its next change may have the same time:
     * it is read again at the next look. */
    bool fresh;
};

/* Reads the file. path is the file's from here on, which jwt_file_done frees. */
bool jwt_file_open(struct jwt_file *f, char *path, const struct clock *clock, unsigned allowed,
                   struct error *err) MUST_CHECK;
void jwt_file_done(struct jwt_file *f);
/* Reads the file again if it has changed. True: the keys are others than before. */
bool jwt_file_look(struct jwt_file *f);
/* True when the last look was JWT_FILE_LOOK_MS ago or longer. */
bool jwt_file_due(const struct jwt_file *f);
