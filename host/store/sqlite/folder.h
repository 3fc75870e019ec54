/* SPDX-License-Identifier: MIT */
/* folder.h - the data folder: making it, one host at a time in it, and the file that tells of
 * changes made by another process. Thread: any. */
#pragma once
#include "base/error.h"

/* DATA/name, malloc'ed. */
char *folder_path(const char *data, const char *name);
/* Makes it with mode 0700 unless it is there. Its parent must exist. */
bool folder_make(const char *data, struct error *err) MUST_CHECK;
/* Makes DATA/name, empty, mode 0600, unless it is there. Never opens one that is: closing a
 * database file behind SQLite's back would drop the locks of the whole process. */
bool folder_make_file(const char *data, const char *name, struct error *err) MUST_CHECK;
/* Takes DATA/lock for this process until the descriptor is closed; -1 and ERROR_BUSY when another
 * has it. */
int folder_lock(const char *data, struct error *err) MUST_CHECK;
/* The file that is touched after each change of keys, secrets and webhooks, for a running host to
 * see: SQLite tells no other process. */
#define FOLDER_STAMP "keys.stamp"
bool folder_stamp(const char *data, struct error *err) MUST_CHECK;
