/* SPDX-License-Identifier: MIT */
/* value.h - values as people write them in scripts and settings: counts, durations and sizes with
 * bounds, and what a value is called in an error. Pure. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/json.h"

enum value_measure { VALUE_COUNT, VALUE_DURATION, VALUE_SIZE }; /* a number, milliseconds, bytes */

/* "10m is more than the limit of 5m"; err never names the field: add it by error_context. */
bool value_from_text(enum value_measure kind, struct text in, int64_t min, int64_t max,
                     int64_t *out, struct error *err) MUST_CHECK;
/* Counts are JSON numbers, durations strings, sizes either (a number is bytes). */
bool value_from_json(enum value_measure kind, const cJSON *in, int64_t min, int64_t max,
                     int64_t *out, struct error *err) MUST_CHECK;

/* The way it would be written: "5m", "16MB", "1000". */
enum { VALUE_TEXT = 32 };
void value_show(enum value_measure kind, int64_t value, char out[VALUE_TEXT]);

/* The runner turns a function into {"$function": LINE}. */
bool value_is_function(const cJSON *v);
const char *value_kind(const cJSON *v); /* "a string", "a table", "a function", "null" */
