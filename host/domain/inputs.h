/* SPDX-License-Identifier: MIT */
/* inputs.h - what a trigger works on: its stored defaults with a request's own values over them.
 * Pure. Thread: any. */
#pragma once
#include "base/json.h"

/* Shallow: a name that is given replaces the default of that name whole, also when it is null.
 * Either may be NULL. A new object: free with cJSON_Delete. */
cJSON *inputs_merge(const cJSON *defaults, const cJSON *given);
