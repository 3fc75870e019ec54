/* SPDX-License-Identifier: MIT */
/* auth_delay.h - whoever tries credentials is answered ever later: a 401 waits its time in the line
 * of its address (domain/proof/penalty.h), and is a 429 once that line is full. No thread waits,
 * what is right passes at once. Which trigger, key or secret was meant plays no part, so the
 * waiting tells nothing either. Owner: the app. Thread: loop.
 * Limit: AUTH_DELAY_HELD answers wait at a time. */
#pragma once
#include "domain/proof/penalty.h"

enum { AUTH_DELAY_HELD = 1000 };

struct config;
struct refusal;
struct request;

struct auth_delay {
    struct penalty penalty;
    struct list held; /* requests whose 401 is still to be said */
    size_t count;
    int64_t logged_ms;
};

void auth_delay_open(struct auth_delay *delay, const struct config *config);
void auth_delay_done(struct auth_delay *delay);
/* The request is about to be refused with 401. True: its answer is said later, by this file. */
bool auth_delay_takes(struct request *q, const struct refusal *r);
/* The request has ended, answered or not. */
void auth_delay_forget(struct request *q);
/* Says all that waits now: before the end. */
void auth_delay_release(struct auth_delay *delay);
