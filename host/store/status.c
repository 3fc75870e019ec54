/* SPDX-License-Identifier: MIT */
#include "store/store.h"

static const char *const names[] = {
    [STORE_QUEUED] = "queued",       [STORE_RUNNING] = "running", [STORE_WAITING] = "waiting",
    [STORE_COMPLETED] = "completed", [STORE_FAILED] = "failed",   [STORE_CANCELLED] = "cancelled",
    [STORE_TIMED_OUT] = "timed_out",
};

const char *store_status_name(enum store_status s)
{
    size_t i = (size_t)s;
    return i < ARRAY_LEN(names) && names[i] ? names[i] : "unknown";
}

enum store_status store_status_of(struct text name)
{
    for (size_t i = STORE_QUEUED; i < ARRAY_LEN(names); i++)
        if (text_is(name, names[i]))
            return (enum store_status)i;
    return (enum store_status)0;
}

bool store_status_final(enum store_status s)
{
    return s >= STORE_COMPLETED && s <= STORE_TIMED_OUT;
}
