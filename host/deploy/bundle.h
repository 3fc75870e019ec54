/* SPDX-License-Identifier: MIT */
/* bundle.h - the files of one trigger version: its own file and the modules that it requires, found
 * by reading the sources for `require "lib.name"`. A project's lib/ wins over the root's. Symbolic
 * links are followed.
 * Owner: the caller. Thread: any; bundle_read blocks on files.
 * Limits: BUNDLE_FILE_BYTES a file, BUNDLE_MODULES modules, BUNDLE_BYTES in all. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"

enum {
    BUNDLE_FILE_BYTES = 64 << 10,
    BUNDLE_MODULES = 64,
    BUNDLE_BYTES = 1 << 20,
    BUNDLE_NAME = 64, /* characters of a project, key or module: letters, digits, _ and - */
};

struct bundle_file {
    char *name;   /* of the trigger's own file, the first, "support/refund.lua"; else "lib.mail" */
    char *path;   /* below the scripts folder: "lib/mail.lua" */
    char *source; /* size bytes and a NUL */
    size_t size;
};

struct bundle {
    char *project, *key;
    unsigned char hash[SHA256_BYTES]; /* of the encoding: names, sizes and contents */
    size_t count;
    struct bundle_file *files;
};

/* Reads a trigger's files; bundle_free frees *out. root: the scripts folder. Errors read
 * "support/refund.lua:3: module "lib.mail" not found: …". */
bool bundle_read(const char *root, const char *project, const char *key, struct bundle **out,
                 struct error *err) MUST_CHECK;
/* Makes a bundle of a script that only requires lib.MODULE, to see whether the module compiles. */
bool bundle_read_module(const char *root, const char *project, const char *module,
                        struct bundle **out, struct error *err) MUST_CHECK;
void bundle_free(struct bundle *b);

/* Appends the payload of a LOAD frame (wire/frame.h): u32 count, then path and source of each. */
void bundle_encode(const struct bundle *b, struct buf *out);
/* Makes a bundle of such a payload, as the store keeps it. NULL: the payload is damaged. */
struct bundle *bundle_decode(struct text encoded, struct error *err) MUST_CHECK;

/* True for a name of [A-Za-z0-9_-]{1,64}: a project, a key or a module. */
bool bundle_name_ok(struct text name);
