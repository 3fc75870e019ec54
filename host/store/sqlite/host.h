/* SPDX-License-Identifier: MIT */
/* host.h - the id of the host that owns this data folder. Owner: the writer. Thread: the
 * connection's. */
#pragma once
#include "base/id.h"
#include "store/sqlite/sqlite.h"

/* Reads the id, or makes it when the folder has none yet. */
bool host_name(struct sqlite *q, char out[ID_BYTES], struct error *err) MUST_CHECK;
