/* SPDX-License-Identifier: MIT */
/* timezone.h - names of time zones, as the IANA database spells them. A name is only ever compared
 * with the list that the system's tzdata brings (tzdata.zi), never used as a path. Thread: any. */
#pragma once
#include "base/text.h"

/* The canonical spelling: case and links resolved ("asia/calcutta" is "Asia/Kolkata"). NULL: no
 * zone of that name; offsets such as "+02:00" are none. The list is read at the first call and
 * stays. On a system without it any name of the right shape passes,
 * as it is (then it is the returned one). */
const char *timezone_canonical(const char *name);

/* The list itself; the text is that of a tzdata.zi: lines "Z NAME …" and "L TARGET NAME". */
struct timezones;
struct timezones *timezones_parse(struct text zi);
void timezones_free(struct timezones *z);
const char *timezones_find(const struct timezones *z, const char *name);
bool timezone_shape_ok(const char *name);
