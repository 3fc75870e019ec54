/* SPDX-License-Identifier: MIT */
/* penalty.h - slows down the guessing of credentials: says how long the answer to a wrong one
 * waits. The first few from an address are refused at once, each further one an interval after the
 * one before it. A right credential never waits, as a good caller may share the address (NAT). IPv6
 * counts by /64, which is what one customer has. Pure but for its memory; each call is O(1).
 * Owner: serve's app. Thread: loop. Limits: PENALTY_ADDRESSES, of which the one that was quiet for
 * longest is forgotten; no answer waits for longer than PENALTY_LONGEST_MS. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "domain/address/cidr.h"

enum { PENALTY_ADDRESSES = 4096, PENALTY_LONGEST_MS = 10000, PENALTY_REPORT_MS = 60000 };

struct penalty {
    int64_t at_once, interval_ms; /* at_once 0: nothing ever waits */
    struct map by_address;        /* -> struct offender */
    struct list quiet;            /* all offenders, the one that was quiet for longest first */
    size_t count;
};

struct penalty_answer {
    int64_t wait_ms; /* 0: answer at once; -1: too many wait already, answer 429 at once */
    int64_t report;  /* > 0: log that so many waited or were turned away since the last report */
};

void penalty_init(struct penalty *p, int64_t at_once, int64_t interval_ms);
void penalty_done(struct penalty *p);
/* To be called for each wrong credential from this address. now_ms: monotonic. */
struct penalty_answer penalty_add(struct penalty *p, const struct cidr_address *a, int64_t now_ms);
