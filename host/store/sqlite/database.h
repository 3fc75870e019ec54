/* SPDX-License-Identifier: MIT */
/* database.h - opens DATA/moontide.db the way each of its users needs it. Owner: the caller.
 * Thread: one at a time. */
#pragma once
#include "store/sqlite/sqlite.h"

enum database_use {
    DATABASE_WRITER,  /* made if missing, brought up to date */
    DATABASE_READER,  /* of a file that the writer has opened; cannot write */
    DATABASE_ONCE,    /* as WRITER, for one command beside a host or without one */
    DATABASE_EXISTING /* as ONCE, but a missing file is ERROR_MISSING */
};

bool database_open(struct sqlite *q, const char *data, enum database_use use,
                   struct error *err) MUST_CHECK;
