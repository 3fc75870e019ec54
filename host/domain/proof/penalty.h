/* SPDX-License-Identifier: MIT */
/* penalty.h - how long the answer to a wrong credential waits, by the address it came from: so many
 * are answered at once, the rest one an interval, in a line. Nothing but the no waits: what is
 * right passes at once, for a good caller may share the address (NAT). IPv6 counts by /64, which is
 * what one customer has. Pure but for its memory, O(1) a call. Owner: the app. Thread: loop.
 * Limits: PENALTY_ADDRESSES, of which the one that was quiet for longest is forgotten; a line of
 * PENALTY_LONGEST_MS. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "domain/address/cidr.h"

enum { PENALTY_ADDRESSES = 4096, PENALTY_LONGEST_MS = 10000, PENALTY_REPORT_MS = 60000 };

struct penalty {
    int64_t at_once, interval_ms; /* at_once 0: nothing ever waits */
    struct map by_address;
    struct list quiet; /* all of them, the one that was quiet for longest first */
    size_t count;
};

struct penalty_answer {
    int64_t wait_ms; /* 0: at once; -1: the line is full, which does not make it longer */
    int64_t report;  /* > 0: so many waited or were turned away since the last report: say so */
};

void penalty_init(struct penalty *p, int64_t at_once, int64_t interval_ms);
void penalty_done(struct penalty *p);
/* A wrong credential came from this address. */
struct penalty_answer penalty_add(struct penalty *p, const struct cidr_address *a, int64_t now_ms);
