/* SPDX-License-Identifier: MIT */
/* lualib.h - the modules of lualib/, which are embedded in the binary and compiled once at the
 * start of a runner. Owner: the loop. Thread: one. Limits: those of code.h. */
#pragma once
#include "runner/run/code.h"

struct lualib {
    struct code *modules;
    size_t count;
};

bool lualib_init(struct lualib *lib, struct error *err) MUST_CHECK;
void lualib_done(struct lualib *lib);
/* NULL: there is no module of that name. */
const struct code *lualib_find(const struct lualib *lib, const char *name);
