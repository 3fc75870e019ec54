/* SPDX-License-Identifier: MIT */
/* version.h - one version of a trigger: its file and its modules, compiled once. It lives as long
 * as the host has it loaded or a run uses it. Owner: the runner. Thread: one. Limits: VERSION_FILES
 * files, CODE_SOURCE bytes each. */
#pragma once
#include "base/error.h"
#include "base/list.h"
#include "runner/vm/code.h"
#include "runner/vm/image.h"
#include "runner/vm/table.h"
#include "wire/frame.h"

enum { VERSION_FILES = 256 };

struct version {
    struct table_node node;
    unsigned refs;        /* one for being loaded, one for each run */
    struct code *files;   /* the first is the trigger's own */
    struct text *sources; /* of the files, in `held`, until they are compiled */
    char *held;
    uint32_t count;
    const struct lualib *lualib;
    bool broken;   /* it did not compile */
    bool unloaded; /* only its runs still use it */
    struct image *images[IMAGE_SLOTS];
};

/* From the fields of a LOAD frame. NULL: they are broken. */
struct version *version_new(const struct lualib *lualib, struct frame_reader *r);
struct version *version_ref(struct version *v);
void version_unref(struct version *v); /* its images must be gone when the last one goes */
/* Compiles all files on L, whose vm may be killed meanwhile. False: err has file, line and reason.
 */
bool version_compile(struct version *v, lua_State *L, struct error *err) MUST_CHECK;
/* Lua cuts long file names in its messages ("...nd.lua:12: why"). Gives the message with the whole
 * name, in out (bytes). */
void version_full_name(const struct version *v, const char *message, char *out, size_t bytes);
/* The index of the module "lib.name", or -1. */
int version_find(const struct version *v, const char *module);
