/* SPDX-License-Identifier: MIT */
/* origin.h - web origins (RFC 6454): scheme://host[:port], as browsers write them in the Origin
 * header. A list is one text with commas between, which no origin has. Pure. Thread: any. Limits:
 * ORIGIN_BYTES an origin, ORIGIN_LIST of them in a list.
 * No wildcards: a page that may start runs is named. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

enum { ORIGIN_BYTES = 256, ORIGIN_LIST = 64 };

/* http or https, in lower case, without the scheme's own port; err says what is wrong. */
bool origin_read(struct text t, char out[ORIGIN_BYTES], struct error *err) MUST_CHECK;
/* json: one string or an array of them; an empty table is the empty list. err names the entry. */
bool origin_list_read(const cJSON *json, struct buf *list, struct error *err) MUST_CHECK;
/* Byte for byte: browsers write an origin in one way only.
 * list NULL or "", and an absent origin or "null": false. */
bool origin_list_has(const char *list, struct text origin);
