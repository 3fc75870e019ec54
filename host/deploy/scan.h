/* SPDX-License-Identifier: MIT */
/* scan.h - which files of a scripts folder are triggers. Owner: the caller. Thread: any; it blocks
 * on files. Symbolic links are followed. */
#pragma once
#include "base/error.h"

/* Calls found for each <root>/<project>/<key>.lua, sorted by project and key; path is
 * relative to root. What lies in lib/, host.lua, hidden files and files that do not end in ".lua"
 * are no triggers. bad (may be NULL) is called for what looks like a trigger but cannot be one,
 * with a clause that says why. False: a folder could not be read, so there may be more. */
bool scan_triggers(const char *root,
                   void (*found)(void *arg, const char *project, const char *key, const char *path),
                   void (*bad)(void *arg, const char *path, const char *why), void *arg,
                   struct error *err) MUST_CHECK;
