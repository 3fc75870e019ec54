/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

static int64_t system_wall_ms(void *arg)
{
    (void)arg;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_mono_us(void *arg)
{
    (void)arg;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const struct clock clock_system = {system_wall_ms, system_mono_us, 0};

int64_t clock_wall_ms(const struct clock *c)
{
    return c->wall_ms(c->arg);
}

int64_t clock_mono_ms(const struct clock *c)
{
    return c->mono_us(c->arg) / 1000;
}

int64_t clock_mono_us(const struct clock *c)
{
    return c->mono_us(c->arg);
}
