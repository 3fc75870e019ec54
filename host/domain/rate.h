/* SPDX-License-Identifier: MIT */
/* rate.h - so many calls a minute: all of them at once if nothing came for a minute, evenly after
 * that (the generic cell rate algorithm, ITU-T I.371: one number is the whole state).
 * Pure. Thread: any. */
#pragma once
#include <stdint.h>

enum { RATE_MOST = 1000000 }; /* calls a minute that can be asked for */

/* Takes one call out of per_minute (1 to RATE_MOST). *until_us begins as 0. Gives 0, or for how
 * many microseconds there is none left (then nothing is taken). */
int64_t rate_take(int64_t *until_us, int64_t per_minute, int64_t now_us);
