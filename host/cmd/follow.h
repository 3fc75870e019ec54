/* SPDX-License-Identifier: MIT */
/* follow.h - prints the records of a run as they come, until the run ends. A connection that breaks
 * and a host that restarts cost nothing: it asks again from the last record that was whole.
 * Thread: main; blocks. Limits: FOLLOW_TRIES connections in a row without a new record. */
#pragma once
#include "cmd/client.h"

enum { FOLLOW_TRIES = 30, FOLLOW_DATA_CHARACTERS = 160 };

/* after: the sequence number to go on behind; 0: from the start. json: each record as it came, one
 * line each; else "TIME TYPE STEP DATA" with the data cut at FOLLOW_DATA_CHARACTERS. */
bool follow_run(const struct client *c, const char *run, uint64_t after, bool json,
                struct error *err) MUST_CHECK;
/* One such line for people, without the line break. record: the parsed event. Exposed for tests. */
void follow_line(struct buf *b, const cJSON *record);
