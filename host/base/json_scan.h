/* SPDX-License-Identifier: MIT */
/* json_scan.h - the words of JSON: one number or string at a time. Only json_parse.c includes this.
 * Owner: one json_parse. Thread: any. */
#pragma once
#include "base/json.h"

struct json_scan {
    const char *start, *at, *end; /* at: the next byte */
    int depth, max_depth;
    size_t values, max_values; /* max_values 0: any number */
    struct error *err;
};

void *json_scan_memory(void *p); /* aborts on NULL */

/* Fill err and return false: "byte 5: expected a value but found 'x'", "byte 5: lone surrogate". */
bool json_scan_unexpected(struct json_scan *s, const char *wanted);
bool json_scan_refuse(struct json_scan *s, const char *at, const char *what);

/* at stands on the first digit or '-'. */
bool json_scan_number(struct json_scan *s, cJSON *item) MUST_CHECK;
/* at stands on the opening quote. *out is malloc'ed, on failure as well if it is not NULL. */
bool json_scan_string(struct json_scan *s, char **out) MUST_CHECK;
