/* SPDX-License-Identifier: MIT */
/* check_target.h - what a word of `moontide check` stands for: which scripts folder, and what in
 * it. Looks at the disk. Owner: cmd. Thread: any. */
#pragma once
#include "base/error.h"
#include <limits.h>

enum check_kind {
    CHECK_SCRIPTS, /* a scripts folder: SCRIPTS/PROJECT/KEY.lua */
    CHECK_PROJECT, /* the folder of a project: SCRIPTS/PROJECT */
    CHECK_TRIGGER, /* a file SCRIPTS/PROJECT/KEY.lua */
    CHECK_LIB,     /* a folder of modules: lib or PROJECT/lib */
    CHECK_MODULE,  /* a file in there */
};

struct check_target {
    enum check_kind kind;
    char scripts[PATH_MAX];
    char path[PATH_MAX]; /* below scripts: "", "support", "support/refund.lua", "lib" */
};

/* scripts: the folder that the settings name. False: there is no such file, or it is nothing that
 * can be checked; err says what was seen and what to do. */
bool check_target_find(const char *word, const char *scripts, struct check_target *out,
                       struct error *err) MUST_CHECK;
/* What a folder holds, for an error: "2 folders, 1 .lua file and 3 other files". */
void check_target_describe(const char *folder, char *out, size_t cap);
