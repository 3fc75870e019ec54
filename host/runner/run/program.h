/* SPDX-License-Identifier: MIT */
/* program.h - one version of a trigger as the runner has it: the trigger's file and its modules,
 * compiled once. It lives as long as the host has it loaded or a run uses it. Owner: the loop, and
 * each run by reference. Thread: one. Limits: PROGRAM_FILES files, CODE_SOURCE bytes each. */
#pragma once
#include "base/error.h"
#include "base/list.h"
#include "runner/run/code.h"
#include "runner/run/image.h"
#include "runner/run/lualib.h"
#include "runner/run/tag_map.h"
#include "wire/frame.h"

enum { PROGRAM_FILES = 256 };

struct program {
    struct tag_node node; /* of loop.programs */
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

/* Reads the fields of a LOAD frame. NULL: they are broken. */
struct program *program_new(const struct lualib *lualib, struct frame_reader *r);
struct program *program_ref(struct program *p);
/* Its images must be gone when the last reference goes. */
void program_unref(struct program *p);
/* Compiles all files on L, whose vm may be killed meanwhile. False: err has file, line, reason. */
bool program_compile(struct program *p, lua_State *L, struct error *err) MUST_CHECK;
/* Lua cuts long file names in its messages ("...nd.lua:12: why"). Writes the message with the whole
 * name to out, of so many bytes. */
void program_full_name(const struct program *p, const char *message, char *out, size_t bytes);
/* The index of the module "lib.name", or -1. */
int program_find(const struct program *p, const char *module);
