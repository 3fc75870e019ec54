/* SPDX-License-Identifier: MIT */
/* run_end.h - the ends of a run. Each writes the last record, takes the run off its runner and
 * drops its ops; each is harmless on a run that has ended. Owner: the run. Thread: loop. */
#pragma once
#include "base/text.h"

struct run;

void run_complete(struct run *r, struct text result);
/* at: the script line, absent when it is not known. */
void run_end_failed(struct run *r, const char *code, struct text message, struct text at);
void run_cancel(struct run *r);
void run_time_out(struct run *r);
