/* SPDX-License-Identifier: MIT */
/* hosts.h - the table of hosts, which has one row here: the host that owns this data folder.
 * Thread: the connection's. */
#pragma once
#include "base/id.h"
#include "store/sqlite/connection.h"

/* Reads the id, or makes it when the folder has none yet. */
bool hosts_own(struct connection *q, char out[ID_BYTES], struct error *err) MUST_CHECK;
