/* SPDX-License-Identifier: MIT */
#include "domain/rate.h"

int64_t rate_take(int64_t *until_us, int64_t per_minute, int64_t now_us)
{
    const int64_t minute_us = 60000000, interval_us = minute_us / per_minute;
    int64_t from_us = *until_us > now_us ? *until_us : now_us;
    int64_t wait_us = from_us + interval_us - now_us - minute_us;
    if (wait_us > 0)
        return wait_us;
    *until_us = from_us + interval_us;
    return 0;
}
