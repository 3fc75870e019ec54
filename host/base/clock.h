/* SPDX-License-Identifier: MIT */
/* clock.h - the only source of time. Tests inject their own.
 * Thread: any (the source must be thread-safe). */
#pragma once
#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *arg); /* Unix time in milliseconds; may jump */
    int64_t (*mono_us)(void *arg); /* microseconds since some start; never goes back */
    void *arg;
};

extern const struct clock clock_system;

int64_t clock_wall_ms(const struct clock *c);
int64_t clock_mono_ms(const struct clock *c);
int64_t clock_mono_us(const struct clock *c);
